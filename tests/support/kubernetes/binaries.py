"""kube-apiserver and kube-controller-manager, built from Debian's sources once and then kept.

They are in build/kubernetes (or where TEST_KUBERNETES_CACHE says, which several checkouts may share), in a folder for each
recipe. `python3 -m support.kubernetes.binaries` in tests/ builds what is missing, client_go.py's program besides, and prints where
it is.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import sys
import time
from pathlib import Path

from . import recipe, source

REPOSITORY = Path(__file__).resolve().parents[3]
# Of the recipe that this process runs, whatever becomes of its file meanwhile.
DIGEST = hashlib.sha256(platform.machine().encode() + Path(recipe.__file__).read_bytes()).hexdigest()


def cache():
    return Path(os.environ.get("TEST_KUBERNETES_CACHE") or REPOSITORY / "build" / "kubernetes").resolve()


def name():
    return f"{recipe.VERSION}-{DIGEST[:16]}"


def found(of=None):
    """The folder of the programs, if they have been built."""
    folder = cache() / (of or name())
    return folder if folder.is_dir() else None


def ensure(build=recipe.Build, say=lambda text: print(text, file=sys.stderr, flush=True), of=None):
    """The folder of the programs; built where they are not there yet, which takes minutes. `of` names what another recipe makes."""
    return found(of) or _build(build, say, of or name())


def _build(build, say, of):
    with _locked(say):
        if found(of):  # by whom we waited for
            return found(of)
        say(f"building {of} of Kubernetes {recipe.VERSION} in {cache()}: some minutes, once")
        began, work = time.monotonic(), cache() / ("work" if of == name() else f"work-{of}")
        # Complete at once or not there: it appears under its name by one rename.
        build(work).run().rename(cache() / of)
        shutil.rmtree(work, ignore_errors=True)
        _forget_others()
        say(f"built in {time.monotonic() - began:.0f} s")
        return found(of)


@contextlib.contextmanager
def _locked(say):
    """One builder at a time; the lock of one that was killed is gone with it."""
    cache().mkdir(parents=True, exist_ok=True)
    with open(cache() / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("somebody else builds Kubernetes: waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _forget_others():
    """What older recipes made and nobody used for a month."""
    for folder in cache().iterdir():
        if folder.is_dir() and folder.name != name() and time.time() - folder.stat().st_atime > 30 * 86400:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    from . import client_go

    try:
        print(ensure())
        print(client_go.ensure())
    except (recipe.BuildError, source.SourceError) as problem:
        sys.exit(f"Kubernetes was not built: {problem}")
