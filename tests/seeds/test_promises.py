"""Counts what is kept of tests/seeds/promises.toml, and sees that each case that it names is there."""

import re
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DOCUMENTS = tomllib.loads((HERE / "promises.toml").read_text())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_promise_has_its_case(document, capsys):
    promises = DOCUMENTS[document]["promises"]
    for promise in promises:
        assert ("test" in promise) != ("later" in promise), promise
    named = [promise["test"] for promise in promises if "test" in promise]
    file = HERE / f"test_{document}.py"
    written = re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE) if file.exists() else []
    assert sorted(named) == sorted(written)
    with capsys.disabled():
        print(f"\n{DOCUMENTS[document]['title']}: {len(named)} of {len(promises)}", end="")
