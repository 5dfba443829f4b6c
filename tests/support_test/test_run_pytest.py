"""support/run_pytest.py: a failure stays one when it is one, and a test that only fails at times is named."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "support" / "run_pytest.py"
FLAKY = "import pathlib\ndef test_at_times():\n    seen = pathlib.Path(__file__).with_suffix('.seen')\n" \
        "    known = seen.exists()\n    seen.touch()\n    assert known\n"


def run(folder, **files):
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    done = subprocess.run([sys.executable, SCRIPT, "some.label", folder / "flaky.txt", folder], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, cwd=folder)
    flaky = folder / "flaky.txt"
    return done, flaky.read_text().splitlines() if flaky.exists() else []


def test_what_passes_is_asked_once(tmp_path):
    done, flaky = run(tmp_path, good="def test_good():\n    pass\n")
    assert (done.returncode, flaky) == (0, []) and done.stdout.count("1 passed") == 1


def test_what_passes_the_second_time_is_named(tmp_path):
    done, flaky = run(tmp_path, good="def test_good():\n    pass\n", flaky=FLAKY)
    assert done.returncode == 0, done.stdout
    assert flaky[0] == "FLAKY: some.label: test_flaky.py::test_at_times failed, and passed when it was asked again alone"
    assert flaky[1:] == ["E       assert False"] and "1 failed, 1 passed" in (tmp_path / "flaky-some.label.log").read_text()
    assert "1 failed, 1 passed" in done.stdout and flaky[0] in done.stdout


def test_what_fails_twice_has_failed(tmp_path):
    done, flaky = run(tmp_path, bad="def test_bad():\n    assert False\n", flaky=FLAKY)
    assert (done.returncode, flaky) == (1, [])


def test_what_cannot_be_run_is_not_asked_again(tmp_path):
    done, flaky = run(tmp_path, broken="import nothing_of_the_kind\n")
    assert done.returncode not in (0, 1) and flaky == []
    empty = tmp_path / "empty"
    empty.mkdir()
    done, flaky = run(empty)
    assert done.returncode not in (0, 1) and flaky == []
