#!/usr/bin/python3
"""Runs pytest, and asks what failed a second time, alone.

    tests/support/run_pytest.py NAME FLAKY_FILE word-of-pytest...

These tests start servers, control planes and hundreds of processes on whatever two cores there are. A test that fails again has failed.
One that passes is flaky: it is printed, and written into FLAKY_FILE, which `make test` shows at its end (docs/decisions/0015).
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

# pytest's own exit codes.
PASSED, SOME_FAILED = 0, 1
# Of what went wrong; a long difference is in the log beside.
MOST_LINES = 20


def main(name, flaky_file, *words):
    with tempfile.TemporaryDirectory(prefix="dunlin-pytest-") as cache:
        def run(*more):
            return printed([sys.executable, "-m", "pytest", "-q", "-o", f"cache_dir={cache}", "--durations=5", *more, *words])
        first, said = run()
        if first != SOME_FAILED:
            return first
        failed = last_failed(Path(cache))
        print(f"\nasked again, alone: {', '.join(failed)}", flush=True)
        second, _ = run("--last-failed", "--last-failed-no-failures=none")
        if second == PASSED:
            report(name, failed, said, Path(flaky_file))
        return second


def printed(words):
    """The exit code, and the lines, which are printed as they come."""
    said = []
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            said.append(line)
    return process.returncode, said


def last_failed(cache):
    """The names of tests, as pytest keeps them."""
    return sorted(json.loads((cache / "v" / "cache" / "lastfailed").read_text()))


def report(name, failed, said, flaky_file):
    """What the first try said is kept whole beside the file; what went wrong in it, in the file."""
    flaky_file.parent.mkdir(parents=True, exist_ok=True)
    (flaky_file.parent / f"flaky-{name}.log").write_text("".join(said))
    with open(flaky_file, "a") as file:
        for test in failed:
            line = f"FLAKY: {name}: {test} failed, and passed when it was asked again alone"
            print(line)
            file.write(line + "\n")
        file.writelines([line for line in said if line.startswith("E  ")][:MOST_LINES])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
