"""Runs the dunlin program as a user would, with nothing of our own environment that it listens to."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LISTENED_TO = ("DUNLIN_", "PG", "DB__", "DATABASE_URL", "MIGRATION_DATABASE_URL", "APP_DATABASE_URL", "RUST_LOG",
               "NO_COLOR")


def clean_environment(extra=None):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(LISTENED_TO)}
    environment.update(LC_ALL="C.UTF-8", TZ="UTC", HOME="/nonexistent")
    environment.update(extra or {})
    return environment


@dataclass
class Result:
    code: int
    stdout: str
    stderr: str

    def json(self):
        return json.loads(self.stdout)

    @property
    def output(self):
        return self.stdout + self.stderr

    def ok(self, code=0):
        """This result, after checking its exit code; everything it said is in the failure."""
        assert self.code == code, f"exit code {self.code}, not {code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        return self


# Runs a program and writes its exit code and its peak resident KiB to a descriptor.
MEASURE = """
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
os.write(int(sys.argv[1]), b"%d %d" % (os.waitstatus_to_exitcode(status), usage.ru_maxrss))
"""


class Running:
    """A dunlin in the background. `end` waits for it."""

    def __init__(self, process, stdin=None):
        self.process = process
        self.pid = process.pid
        self.stdin = stdin

    def kill(self):
        self.process.send_signal(signal.SIGKILL)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def end(self, timeout=60):
        try:
            stdout, stderr = self.process.communicate(self.stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            stdout, stderr = self.process.communicate()
            raise AssertionError(f"dunlin still ran after {timeout} s\n--- stdout\n{stdout}\n--- stderr\n{stderr}") from None
        return Result(self.process.returncode, stdout, stderr)


class Dunlin:
    """Each call runs in `directory`. `DUNLIN` names the program; without it, build/dunlin."""

    def __init__(self, directory, program=None):
        self.directory = Path(directory)
        self.program = Path(program or os.environ.get("DUNLIN") or REPOSITORY / "build" / "dunlin").resolve()
        self.started = []
        if not self.program.exists():
            raise RuntimeError(f"{self.program} does not exist: run `make build`, or set DUNLIN")

    def start(self, *arguments, url=None, env=None, directory=None, stdin=None):
        """`stdin` is a text; without it there is nothing to read."""
        environment = clean_environment(env)
        if url:
            environment["DATABASE_URL"] = url
        process = subprocess.Popen([str(self.program), *map(str, arguments)], cwd=directory or self.directory,
                                   env=environment, stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
        self.started.append(Running(process, stdin))
        return self.started[-1]

    def __call__(self, *arguments, url=None, env=None, directory=None, timeout=60, stdin=None):
        return self.start(*arguments, url=url, env=env, directory=directory, stdin=stdin).end(timeout)

    def measured(self, *arguments, url=None, env=None, directory=None):
        """(result, seconds, peak resident KiB) of a run."""
        environment = clean_environment(env)
        if url:
            environment["DATABASE_URL"] = url
        with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
            began = time.monotonic()
            # A child's peak begins at that of the process it was forked from: a bare interpreter stands in between.
            read_end, write_end = os.pipe()
            process = subprocess.Popen([sys.executable, "-ISc", MEASURE, str(write_end), str(self.program),
                                        *map(str, arguments)], cwd=directory or self.directory, env=environment,
                                       stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, pass_fds=[write_end])
            os.close(write_end)
            with os.fdopen(read_end) as answer:
                code, peak = map(int, answer.read().split())
            process.wait()
            seconds = time.monotonic() - began
            stdout.seek(0), stderr.seek(0)
            return Result(code, stdout.read(), stderr.read()), seconds, peak

    def close(self):
        """Nothing that a failed test started goes on running."""
        for running in self.started:
            if running.process.poll() is None:
                running.process.kill()
                running.process.communicate()


class Migrations:
    """A migrations directory that tests write."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)

    def add(self, name, content):
        path = self.directory / (name if name.endswith(".sql") else name + ".sql")
        path.write_text(content, encoding="utf-8")
        return path

    def tables(self, count, first=1):
        """`count` migrations that make a table each: t1, t2, ..."""
        for number in range(first, first + count):
            self.add(f"{number:04}_t{number}", f"CREATE TABLE t{number} (id int PRIMARY KEY);\n")
        return self
