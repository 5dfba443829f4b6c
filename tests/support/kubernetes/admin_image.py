"""The admin image for the node agent: dunlin with the machine's C library, in docker/Dockerfile.unified's place and with its user."""

import os
import shutil
import tempfile
from pathlib import Path

from support.program import REPOSITORY

from .image import Image


class AdminImage(Image):
    """Its folder goes with close()."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="dunlin-admin-image-"))
        self.folder.chmod(0o755)
        program = shutil.copy(os.environ.get("DUNLIN") or REPOSITORY / "build" / "dunlin", self.folder / "dunlin")
        super().__init__(entrypoint=[program], cmd=["help"], user="10001:10001", directory="/app")

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)
