"""The operator's image for the node agent: the executable under its three names, and nothing else."""

import os
import shutil
import tempfile
from pathlib import Path

from support.program import REPOSITORY

from .image import Image

PATHS = ("dunlin-operator", "manager", "waiter")


def executable():
    """build/dunlin-operator, beside the program that $DUNLIN names."""
    beside = Path(os.environ.get("DUNLIN") or REPOSITORY / "build" / "dunlin").resolve().parent / "dunlin-operator"
    found = beside if beside.exists() else REPOSITORY / "build" / "dunlin-operator"
    if not found.exists():
        raise RuntimeError(f"{found} does not exist: run `make build`")
    return found


class OperatorImage(Image):
    """Its folder goes with close()."""

    def __init__(self):
        folder = Path(tempfile.mkdtemp(prefix="dunlin-operator-image-"))
        folder.chmod(0o755)
        shutil.copy(executable(), folder / PATHS[0])
        for name in PATHS[1:]:
            (folder / name).symlink_to(PATHS[0])
        super().__init__(entrypoint=["/manager"], root=str(folder), user="65532:65532")

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)
