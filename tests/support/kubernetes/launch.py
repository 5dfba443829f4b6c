#!/usr/bin/python3
"""Runs a container of a pod in the foreground, or a further process in it. A program of its own, because a process with threads
must not fork and go on.

    launch.py run SPEC DESCRIPTOR       writes the number of the container's first process to the descriptor once that runs
    launch.py exec SPEC NUMBER WORD...

SPEC is a file that write_spec() writes.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from support import container
from support.kubernetes.sandbox import Sandbox

# No site packages and nobody's variables: it starts in a twentieth of a second.
LAUNCH = ["/usr/bin/python3", "-sSE", __file__]


def write_spec(path, *, root, image, process, volumes, hostname, read_only):
    path.write_text(json.dumps({"root": str(root), "image": str(image), "process": vars(process), "hostname": hostname,
                                "volumes": [vars(volume) for volume in volumes], "read_only": read_only}))


def start(spec, log):
    """(process, number of the container's first process). Without a number it has not come so far; its end says why."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as said, open(log, "ab") as output:
        process = subprocess.Popen([*LAUNCH, "run", str(spec), str(writer)], stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=output, cwd="/", start_new_session=True, pass_fds=[writer])
        os.close(writer)
        return process, int(said.readline() or 0)


def execute(spec, number, words, timeout):
    """Its exit code; None when it took longer."""
    try:
        return subprocess.run([*LAUNCH, "exec", str(spec), str(number), *words], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=timeout).returncode
    except subprocess.TimeoutExpired:
        return None


def main(how, spec, number, *words):
    container.libc.prctl(container.PR_SET_PDEATHSIG, signal.SIGKILL)
    wanted = json.loads(Path(spec).read_text())
    process = container.Process(**wanted["process"])
    if how == "exec":
        process.words = words
        return container.execute(int(number), process)
    os.set_inheritable(int(number), False)
    volumes = [container.Volume(**volume) for volume in wanted["volumes"]]
    one = Sandbox(Path(wanted["root"]), process, volumes, read_only=wanted["read_only"], hostname=wanted["hostname"],
                  image=wanted["image"])
    return container.run(one, lambda first: os.write(int(number), f"{first}\n".encode()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
