"""Runs the commands of a Markdown page as a reader would: in order, in one directory, each against what the page shows.

In a page:

    ```sh                    is run by `bash -e`. It has the working directory and the variables that the blocks before it left.
    ```text                  right behind it is what it prints, standard error included; without one that is not looked at.
                             `...` stands for anything: in a line for a part of it, alone for any number of lines.
    <!-- exit 3 -->          right before it is its exit code, else 0.
    <!-- not run: reason --> right before it says why it is not. Tests list the reasons of each page.

Blocks of other languages are not looked at. A block without a language is an error: it may be a command that nobody runs.
"""

import difflib
import os
import re
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .docker import Docker
from .normal import normalised
from .program import clean_environment

FENCE = re.compile(r"^```(.*)$")
NOTE = re.compile(r"^<!-- *(?:exit (?P<exit>\d+)|not run: *(?P<reason>.+?)) *-->$")
# The port that documents say, for the one that the server of the tests has.
DOCUMENTED_PORT = "5432"

# Leaves the directory and the variables for the next block; those that bash has by itself are not kept.
KEEP_STATE = r"""
keep_state() {
  pwd >"$1/directory"
  { declare -px
    comm -23 <(compgen -v | sort) <({ cat "$1/own"; compgen -e; } | sort -u) | while read -r name; do declare -p "$name"; done
  } >"$1/variables"
}
"""
LEFT_OUT = ["PATH", "name"]


@dataclass
class Block:
    script: str
    line: int
    expected: str = None
    exit_code: int = 0
    not_run: str = ""


def blocks(page):
    """The ```sh blocks of a page."""
    found = []
    note = {}
    after = None  # the block that a ```text would belong to
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        if fence := FENCE.match(line):
            content = []
            for _, inner in lines:
                if inner == "```":
                    break
                content.append(inner)
            else:
                raise AssertionError(f"{page.name}:{number}: a block without an end")
            text = "".join(one + "\n" for one in content)
            language = fence[1]
            assert language, f"{page.name}:{number}: a block without a language"
            if language == "text" and after:
                after.expected = text
                after = None
                continue
            after = None
            if language == "sh":
                after = Block(text, number + 1, exit_code=int(note.get("exit") or 0), not_run=note.get("reason") or "")
                found.append(after)
            else:
                assert not note, f"{page.name}:{number}: a note on a block that is not sh"
            note = {}
        elif match := NOTE.match(line.strip()):
            note = match.groupdict()
            after = None
        elif line.strip():
            assert not note, f"{page.name}:{number}: a note without a block"
            after = None
    return found


def matches(expected, printed):
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
                      for line in expected.splitlines())
    return re.fullmatch(pattern, printed) is not None


class _Reader:
    """Somebody who types the blocks of one page."""

    def __init__(self, directory, environment, scratch):
        self.environment = environment
        self.scratch = scratch
        self.port = environment.get("PGPORT")
        self.sessions = []
        own = subprocess.run(["bash", "-c", "compgen -v"], env={}, stdout=subprocess.PIPE, text=True, check=True)
        (scratch / "own").write_text(own.stdout + "".join(name + "\n" for name in LEFT_OUT))
        (scratch / "directory").write_text(f"{directory}\n")
        (scratch / "variables").write_text("")

    def run(self, script, timeout):
        """(exit code, what it printed)"""
        (self.scratch / "script").write_text(script)
        program = (KEEP_STATE + f'. {self.scratch}/variables\ntrap \'keep_state {self.scratch}\' EXIT\nset -e\n'
                   f". {self.scratch}/script\n")
        # A file and not a pipe: what runs on in the background holds it open.
        with open(self.scratch / "output", "w+") as output:
            process = subprocess.Popen(["bash", "-c", program], cwd=(self.scratch / "directory").read_text().rstrip("\n"),
                                       env=self.environment, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.STDOUT, start_new_session=True)
            self.sessions.append(process.pid)
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                code = f"none: it still ran after {timeout} s"
            output.seek(0)
            return code, output.read()

    def readable(self, text):
        if self.port:
            text = re.sub(rf":{self.port}\b", f":{DOCUMENTED_PORT}", text)
        text = text.replace(f"{self.scratch}/script: line ", "bash: line ")
        return "".join(line.rstrip() + "\n" for line in normalised(text).splitlines())

    def end(self):
        """Ends what the page left in the background."""
        for session in self.sessions:
            try:
                os.killpg(session, signal.SIGKILL)
            except ProcessLookupError:
                pass


def run_page(page: Path, directory: Path, environment: dict, program: Path, *, docker=False, timeout=120):
    """Runs the blocks of a page, and fails at the first that does not do what the page says; gives those that were run.

    With `docker`, the word means the one of tests/support/docker.py: True, with containers that go when the page is done, or
    a Docker of the caller's, with the containers it has.
    """
    executed = []
    engine = Docker(directory) if docker is True else docker or None
    with tempfile.TemporaryDirectory(prefix="dunlin-page-") as scratch:
        scratch = Path(scratch)
        programs = scratch / "bin"
        programs.mkdir()
        (programs / "dunlin").symlink_to(program)
        environment = clean_environment({**(engine.environment if engine else {}), **environment})
        environment["PATH"] = f"{programs}:{environment['PATH']}"
        reader = _Reader(directory, environment, scratch)
        try:
            for block in blocks(page):
                if block.not_run:
                    continue
                code, printed = reader.run(block.script, timeout)
                place = f"{page.name}:{block.line}"
                assert code == block.exit_code, f"{place}: exit code {code}, not {block.exit_code}\n{block.script}---\n{printed}"
                if block.expected is not None:
                    shown, said = reader.readable(block.expected), reader.readable(printed)
                    assert matches(shown, said), f"{place}: it printed\n{printed}\n" + "".join(
                        difflib.unified_diff(shown.splitlines(True), said.splitlines(True), "the page", "the program"))
                executed.append(block)
        finally:
            reader.end()
            if docker is True:
                engine.close()
    return executed
