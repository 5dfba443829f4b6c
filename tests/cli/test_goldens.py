"""A golden file that no test compares with is a file nobody looks at."""

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_every_golden_file_is_compared_with():
    used = set()
    for path in HERE.glob("test_*.py"):
        used.update(re.findall(r"golden\(\"([^\"]+)\"", path.read_text()))
    assert {path.stem for path in (HERE / "golden").glob("*.txt")} == used
