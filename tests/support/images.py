"""Container images, built for real with buildah: no engine and no registry are needed, root is.

They are kept in build/images (or where DUNLIN_IMAGES says), so that only the first run has to make Debian's base image and
ours.
"""

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("DUNLIN_IMAGES") or REPOSITORY / "build" / "images")
BASE = "docker.io/library/debian:bookworm-slim"
# What each target with PROGRAM=prebuilt is made of.
COMMON = ("docker/Dockerfile.unified", ".dockerignore")
INGREDIENTS = {"admin": (*COMMON, "scripts/sbom", "LICENSE", "build/dunlin", "build/dunlin.cdx.json"),
               "operator": (*COMMON, "build/dunlin-operator")}


class ImageError(RuntimeError):
    pass


@functools.cache
def storage():
    """How images are stored: as layers over each other where the kernel and the disk can, in copies where they cannot."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        for name in "luwm":
            os.mkdir(f"{folder}/{name}")
        probe = subprocess.run(["unshare", "--mount", "mount", "-t", "overlay", "overlay", "-o",
                                f"lowerdir={folder}/l,upperdir={folder}/u,workdir={folder}/w", f"{folder}/m"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return "overlay" if probe.returncode == 0 else "vfs"


def buildah(*words, **options):
    """What buildah printed, once it has succeeded."""
    if not shutil.which("buildah"):
        raise ImageError("no buildah here: run  scripts/setup test")
    command = ["buildah", "--root", str(FOLDER / storage()), "--runroot", str(FOLDER / "run"), "--storage-driver", storage(),
               *map(str, words)]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            **options)
    if result.returncode != 0:
        raise ImageError(f"buildah {' '.join(map(str, words))} failed:\n{result.stdout}{result.stderr}")
    return result.stdout.strip()


@contextlib.contextmanager
def locked():
    """One maker of the base image at a time."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def exists(name):
    return bool(buildah("images", "--quiet", "--filter", f"reference={name}"))


def ensure_base():
    """Debian's base image, under the name that it has in its registry, made from Debian's packages."""
    if exists(BASE):
        return
    archive = FOLDER / "base.tar"
    options = ["--variant=minbase", "--mode=root", "--quiet", '--aptopt=Acquire::Check-Valid-Until "false"',
               '--aptopt=Acquire::Check-Date "false"',
               *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("doc", "man", "locale", "info"))]
    # The packages' source is the machine's own, and so are its settings: the Dockerfile names none.
    sources = [path for path in (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
               if path.exists()][:1]
    made = subprocess.run(["mmdebstrap", *options, "bookworm", str(archive), *map(str, sources)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode != 0:
        raise ImageError(f"mmdebstrap failed:\n{made.stdout}")
    container = buildah("from", "scratch")
    buildah("add", "--quiet", container, archive, "/")
    buildah("config", "--cmd", "bash", "--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            container)
    buildah("commit", "--quiet", "--rm", container, BASE)
    archive.unlink()


def build(context, *options):
    """Builds an image as `docker build` does; gives what was printed."""
    with locked():
        ensure_base()
    return buildah("bud", "--isolation", "chroot", "--network", "host", "--format", "docker", "--pull-never", "--layers",
                   *options, context)


def image(target):
    """The name of this checkout's image of a target ("admin", "operator"), with what `make build` made in it; built where it is
    not there yet."""
    digest = hashlib.sha256()
    for name in INGREDIENTS[target]:
        digest.update((REPOSITORY / name).read_bytes())
    repository = f"localhost/dunlin-{target}-under-test"
    name = f"{repository}:{digest.hexdigest()[:16]}"
    if not exists(name):
        build(REPOSITORY, "--target", target, "--build-arg", "PROGRAM=prebuilt", "--file",
              REPOSITORY / "docker" / "Dockerfile.unified", "--tag", name)
        _forget_others(repository, name)
    return name


def _forget_others(repository, kept):
    """An image of every build of the program would fill the disk. One that a container still uses stays."""
    for image in json.loads(buildah("images", "--json") or "[]"):
        names = image.get("names") or []
        if not names or any(name.startswith(repository + ":") and name != kept for name in names):
            with contextlib.suppress(ImageError):
                buildah("rmi", image["id"])


if __name__ == "__main__":
    for one in INGREDIENTS:
        print(image(one))
