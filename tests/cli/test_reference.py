"""Pages and scripts that are made from the program's own definitions."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def test_the_reference_of_commands_is_up_to_date(dunlin):
    page = dunlin("help", "--markdown").ok().stdout
    assert page == (REFERENCE / "commands.md").read_text(), "write it anew: dunlin help --markdown > docs/reference/commands.md"


def test_every_command_is_in_the_help(dunlin):
    commands = re.findall(r"^## dunlin (\S+)$", (REFERENCE / "commands.md").read_text(), re.MULTILINE)
    listed = re.findall(r"^  ([a-z][a-z-]*) ", dunlin("help").ok().stdout, re.MULTILINE)
    assert len(commands) > 20 and sorted(commands) == sorted(listed)


def test_every_setting_is_in_the_reference_of_settings(dunlin):
    page = (REFERENCE / "configuration.md").read_text()
    keys = [one["key"] for one in dunlin("config", "--json").ok().json()["settings"]]
    assert [key for key in keys if f"`{key}`" not in page] == []


def test_every_kind_of_error_has_its_place_in_the_reference():
    source = (REFERENCE.parents[1] / "src" / "base" / "exit_code.cc").read_text()
    rows = re.findall(r'KindRow\{ErrorKind::\w+, "(\w+)", ExitCode::\w+, "([\w-]+)"\}', source)
    assert len(rows) >= 15
    page = (REFERENCE / "errors.md").read_text()
    for kind, anchor in rows:
        heading = anchor.replace("-", " ")
        assert re.search(rf"^## {heading}$", page, re.MULTILINE | re.IGNORECASE), anchor
        assert f"`{kind}`" in page


@pytest.mark.parametrize("shell, check", [("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])])
def test_completion_is_a_script_of_its_shell(dunlin, tmp_path, shell, check):
    script = dunlin("completion", shell).ok().stdout
    for word in ("migrate", "migrate-info", "lock-wait", "status", "sqlx" if shell == "none" else "json"):
        assert word in script
    if shutil.which(check[0]):
        (tmp_path / "script").write_text(script)
        done = subprocess.run([*check, str(tmp_path / "script")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout


def completed(dunlin, tmp_path, *words):
    (tmp_path / "script").write_text(dunlin("completion", "bash").ok().stdout)
    program = (f"source {tmp_path}/script; COMP_WORDS=({' '.join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1};"
               ' _dunlin; printf "%s\\n" "${COMPREPLY[@]}"')
    return subprocess.run(["bash", "-c", program], stdout=subprocess.PIPE, text=True, check=True).stdout.split()


def test_bash_completes_commands_flags_and_values(dunlin, tmp_path):
    assert completed(dunlin, tmp_path, "dunlin", "migr") == ["migrate", "migrate-info"]
    assert completed(dunlin, tmp_path, "dunlin", "migrate", "--dry") == ["--dry-run"]
    assert completed(dunlin, tmp_path, "dunlin", "info", "--dry") == []
    assert completed(dunlin, tmp_path, "dunlin", "migrate", "--transaction", "a") == ["all"]
    assert completed(dunlin, tmp_path, "dunlin", "lock", "s") == ["status"]
