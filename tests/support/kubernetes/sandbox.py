"""A pod's container: container.py's processes on a root that keeps nothing.

What the container writes outside of its volumes lies over the image's files in memory, and is gone when it ends. Its /dev is
its own, so that /dev/termination-log can be put there. The network is the machine's.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from support.container import MS_BIND, MS_RDONLY, MS_REC, MS_REMOUNT, Container, mount

DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
         "ptmx": "pts/ptmx"}
# Those are the container's own, or none of its business.
NOT_SHARED = ("/proc", "/sys", "/dev")


@dataclass
class Sandbox(Container):
    """`root` is an empty folder of its own; `image` the folder with the image's files, "/" for those of the machine."""

    image: str = "/"

    def mount_all(self):
        place = self.root
        mount("tmpfs", place, "tmpfs")
        self.root = place / "root"
        for name in ("upper", "work", "root"):
            (place / name).mkdir()
        mount("overlay", self.root, "overlay",
              options=f"lowerdir={self.image},upperdir={place}/upper,workdir={place}/work")
        if self.image == "/":
            self._share_other_disks()
        for name in ("proc", "dev"):
            (self.root / name).mkdir(exist_ok=True)
        self._mount_devices()
        for volume in self.volumes:
            mount_at(self.root, volume)
        if self.read_only:
            mount("none", self.root, flags=MS_REMOUNT | MS_BIND | MS_RDONLY)

    def _share_other_disks(self):
        """What is mounted below the machine's root is not seen through it."""
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            point = line.split()[4].encode().decode("unicode_escape")
            if point != "/" and not f"{point}/".startswith((*(f"{name}/" for name in NOT_SHARED), f"{self.root.parent}/")):
                target = inside(self.root, point)
                if target.exists():
                    mount(point, target, flags=MS_BIND)

    def _mount_devices(self):
        folder = self.root / "dev"
        mount("tmpfs", folder, "tmpfs", options="mode=755")
        for name in DEVICES:
            (folder / name).touch()
            mount(f"/dev/{name}", folder / name, flags=MS_BIND)
        for name, target in LINKS.items():
            (folder / name).symlink_to(target)
        for name, kind, options in (("pts", "devpts", "newinstance,ptmxmode=0666,mode=620"), ("shm", "tmpfs", "mode=1777")):
            (folder / name).mkdir()
            mount(kind, folder / name, kind, options=options)


def mount_at(root, volume):
    """Makes what is missing of the way to the volume's place, inside of `root` whatever links are on it."""
    place = inside(root, volume.target)
    if os.path.isdir(volume.source):
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    mount(volume.source, place, flags=MS_BIND | MS_REC)
    if volume.read_only:
        mount("none", place, flags=MS_REMOUNT | MS_BIND | MS_RDONLY)


def inside(root, path):
    """Where a process whose root is `root` finds this path: /var/run, a link to /run, does not lead out."""
    done, todo, links = [], [part for part in path.split("/") if part], 0
    while todo:
        part = todo.pop(0)
        if part == "..":
            done = done[:-1]
        elif part != ".":
            place = root.joinpath(*done, part)
            if place.is_symlink() and links < 40:
                links += 1
                target = os.readlink(place)
                done = [] if target.startswith("/") else done
                todo = [one for one in target.split("/") if one] + todo
            else:
                done.append(part)
    return root.joinpath(*done)
