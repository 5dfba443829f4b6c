"""What the node agent runs for an image's name."""

import hashlib
from dataclasses import dataclass, field

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Image:
    """`root` holds the image's files; with "/" they are those of the machine, so that a program is called by its path there.

    `digest` is what imageID ends with. Without one it is made of the name: who gives a name to another image tells them apart.
    """

    entrypoint: list = field(default_factory=list)
    cmd: list = field(default_factory=list)
    root: str = "/"
    env: dict = field(default_factory=dict)
    user: str = ""
    directory: str = "/"
    digest: str = ""

    def words(self, command, args):
        """A pod's command takes the place of the entrypoint, and then of cmd, too."""
        if command:
            return [*command, *(args or [])]
        return [*map(str, self.entrypoint), *(args if args else map(str, self.cmd))]


class Images(dict):
    """Names to Images, or to functions of (pod, container) that give one. The name "*" stands for all others."""

    def of(self, pod, container):
        """None where there is no such image."""
        found = self.get(container["image"]) or self.get("*")
        return found(pod, container) if callable(found) else found


def image_id(name, image):
    """As containerd writes it: repository@sha256:..."""
    repository, _, digest = name.partition("@")
    folder, slash, last = repository.rpartition("/")
    digest = image.digest or digest or "sha256:" + hashlib.sha256(name.encode()).hexdigest()
    return f"{folder}{slash}{last.partition(':')[0]}@{digest}"
