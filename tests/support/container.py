"""A container's processes: what a container engine does around chroot, for machines on which none can run.

The process is number 1 of a process namespace of its own, sees the image's files, the volumes and nothing else, and has the
image's environment, user and working directory and no more. The network is the machine's. Needs root.
"""

import ctypes
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWPID = 0x20000, 0x4000000, 0x20000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1
FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1)

libc = ctypes.CDLL(None, use_errno=True)


@dataclass
class Volume:
    source: str
    target: str
    read_only: bool = False


@dataclass
class Process:
    words: list
    environment: dict
    user: str = ""  # as in an image: name or number, of a group too behind a colon
    directory: str = "/"
    groups: list = field(default_factory=list)  # numbers of further ones


@dataclass
class Container:
    root: Path
    process: Process
    volumes: list = field(default_factory=list)
    temporary: list = field(default_factory=list)  # folders that are a file system in memory
    read_only: bool = False
    hostname: str = "container"

    def mount_all(self):
        """Called once in the mount namespace: `root` is complete afterwards."""
        _mount_all(self)


def checked(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source, target, kind=None, flags=0, options=None):
    checked(libc.mount(str(source).encode(), str(target).encode(), kind and kind.encode(), flags,
                       options and options.encode()), f"mount {target}")


def run(container, started):
    """Runs it to its end, handing on the signals that arrive, and gives the exit code. `started` is told its process, once it
    is the program."""
    reader, writer = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        os.close(reader)
        _leave(lambda: _keep(container, writer))
    os.close(writer)
    with os.fdopen(reader) as pipe:
        number = pipe.read().strip()
    if number:
        started(int(number))
        for one in FORWARDED:
            signal.signal(one, lambda received, _: _send(int(number), received))
    return _exit_code(os.waitpid(keeper, 0)[1])


def execute(pid, process):
    """Runs one more process in the container whose first process has this number; gives the exit code."""
    root = os.open(f"/proc/{pid}/root", os.O_RDONLY | os.O_DIRECTORY)
    namespaces = [(os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY), kind)
                  for name, kind in (("uts", CLONE_NEWUTS), ("pid", CLONE_NEWPID), ("mnt", CLONE_NEWNS))]
    for descriptor, kind in namespaces:
        checked(libc.setns(descriptor, kind), "setns")
    child = os.fork()
    if child == 0:
        os.fchdir(root)
        _leave(lambda: _become(".", process))
    for one in FORWARDED:
        signal.signal(one, lambda received, _: _send(child, received))
    return _exit_code(os.waitpid(child, 0)[1])


def _leave(work):
    """The end of a forked process, which must not go on as its parent."""
    try:
        os._exit(work() or 0)
    except BaseException as problem:  # whatever it is, it has to be said here
        os.write(2, f"docker: {problem}\n".encode())
        os._exit(127 if isinstance(problem, FileNotFoundError) else 126)


def _keep(container, writer):
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    checked(libc.unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS), "unshare")
    checked(libc.sethostname(container.hostname.encode(), len(container.hostname)), "sethostname")
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    container.mount_all()
    first = os.fork()
    if first == 0:  # its `writer` is closed by exec
        _leave(lambda: mount("proc", container.root / "proc", "proc") or _become(container.root, container.process))
    os.write(writer, f"{first}\n".encode())
    os.close(writer)
    for one in FORWARDED:  # a terminal sends them to all; the container's process decides
        signal.signal(one, signal.SIG_IGN)
    return _exit_code(os.waitpid(first, 0)[1])


def _mount_all(container):
    root = container.root
    mount(root, root, flags=MS_BIND)
    for name in ("dev", "proc"):
        (root / name).mkdir(exist_ok=True)
    mount("/dev", root / "dev", flags=MS_BIND | MS_REC)
    volumes = [Volume(file, file, True) for file in ("/etc/resolv.conf", "/etc/hosts")] + container.volumes
    for volume in volumes:
        place = root / volume.target.lstrip("/")
        if os.path.isdir(volume.source):
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
    for folder in container.temporary:
        (root / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
    if container.read_only:
        mount("none", root, flags=MS_REMOUNT | MS_BIND | MS_RDONLY)
    for volume in volumes:
        place = root / volume.target.lstrip("/")
        mount(volume.source, place, flags=MS_BIND)
        if volume.read_only:
            mount("none", place, flags=MS_REMOUNT | MS_BIND | MS_RDONLY)
    for folder in container.temporary:
        mount("tmpfs", root / folder.lstrip("/"), "tmpfs")


def _become(root, process):
    os.chroot(root)
    os.chdir(process.directory)
    user, group, home = _account(process.user)
    os.setgroups(process.groups)
    os.setgid(group)
    os.setuid(user)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for one in (*FORWARDED, signal.SIGPIPE):
        signal.signal(one, signal.SIG_DFL)
    os.umask(0o022)
    os.execvpe(process.words[0], process.words, {"HOME": home, **process.environment})


def _account(text):
    """(user, group, home) as the image's own /etc/passwd has them, where it has one."""
    name, _, group = (text or "0").partition(":")
    known = Path("/etc/passwd")
    rows = [line.split(":") for line in known.read_text().splitlines()] if known.exists() else []
    row = next((row for row in rows if name in (row[0], row[2])), None)
    if row is None and not name.isdigit():
        raise RuntimeError(f"the image has no user {name}")
    return int(row[2] if row else name), int(group or (row[3] if row else 0)), row[5] if row else "/"


def _send(pid, received):
    try:
        os.kill(pid, received)
    except ProcessLookupError:
        pass


def _exit_code(status):
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
