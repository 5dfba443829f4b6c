"""A program that does with client-go what dunlin-operator does with a client of its own, so that tests can compare what they send.

It is built from the tree that the control plane is built from (recipe.py), and kept beside it. `do(server, actions)` runs it.
"""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

from . import binaries, recipe

SOURCE = Path(__file__).with_name("client_go") / "main.go"
PROGRAM = "client-go-traffic"
NAME = f"client-go-{recipe.VERSION}-{hashlib.sha256(binaries.DIGEST.encode() + SOURCE.read_bytes()).hexdigest()[:16]}"


class Build(recipe.Build):
    def run(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)
        self._unpack(self._download())
        self._replace_reflect2()
        # Inside the tree, so that its vendored packages are found.
        command = self.tree / "cmd" / PROGRAM
        command.mkdir(parents=True)
        shutil.copy(SOURCE, command)
        programs = self.folder / "bin"
        shutil.rmtree(programs, ignore_errors=True)
        programs.mkdir()
        self._go("build", "-trimpath", "-ldflags", "-s -w", "-o", programs / PROGRAM, f"{recipe.NAME}/cmd/{PROGRAM}")
        return programs


def ensure():
    return binaries.ensure(Build, of=NAME) / PROGRAM


def do(server, actions, timeout=300):
    """Each is an object as main.go's `action`, spelled in JSON."""
    done = subprocess.run([str(ensure()), server], input="".join(json.dumps(one) + "\n" for one in actions), timeout=timeout,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [one["do"] for one in actions]
