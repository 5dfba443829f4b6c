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


def main(name, flaky_file, *words):
    with tempfile.TemporaryDirectory(prefix="dunlin-pytest-") as cache:
        def run(*more):
            return subprocess.run([sys.executable, "-m", "pytest", "-q", "-o", f"cache_dir={cache}", "--durations=5", *more, *words]).returncode
        first = run()
        if first != SOME_FAILED:
            return first
        failed = last_failed(Path(cache))
        print(f"\nasked again, alone: {', '.join(failed)}", flush=True)
        second = run("--last-failed", "--last-failed-no-failures=none")
        if second == PASSED:
            report(name, failed, Path(flaky_file))
        return second


def last_failed(cache):
    """The names of tests, as pytest keeps them."""
    return sorted(json.loads((cache / "v" / "cache" / "lastfailed").read_text()))


def report(name, failed, flaky_file):
    flaky_file.parent.mkdir(parents=True, exist_ok=True)
    with open(flaky_file, "a") as file:
        for test in failed:
            line = f"FLAKY: {name}: {test} failed, and passed when it was asked again alone"
            print(line)
            file.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
