"""The commands of dunlin-operator that carry migrations into a Job's pod."""

import hashlib
import subprocess

import pytest

from support.kubernetes.operator_image import executable
from support.program import Result, clean_environment


def run(program, *words):
    done = subprocess.run([str(program), *map(str, words)], env=clean_environment(), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def operator():
    return lambda *words: run(executable(), *words)


def identity_of(files):
    """As files_identity.h says."""
    digest = hashlib.sha256()
    for name, content in sorted((name.encode(), content.encode()) for name, content in files.items()):
        digest.update(b"%d:%s,%d:%s," % (len(name), name, len(content), content))
    return "files-" + digest.hexdigest()[:16]


def test_it_goes_into_a_volume_and_copies_from_there(operator, tmp_path, migrations):
    """The installed one is the only file that the second container has from us."""
    migrations.tables(12)
    helper = tmp_path / "tools" / "helper"
    installed = operator("install", helper).ok()
    assert installed.stdout.endswith(f"as {helper}\n") and helper.stat().st_mode & 0o7777 == 0o555
    copied = run(helper, "copy", migrations.directory, tmp_path / "volume").ok()
    assert copied.stdout == f"Copied 12 files from {migrations.directory}\n" and copied.stderr == ""
    assert {file.name: file.read_bytes() for file in (tmp_path / "volume").iterdir()} == {
        file.name: file.read_bytes() for file in migrations.directory.iterdir()}


def test_one_that_runs_is_replaced(operator, tmp_path):
    """A volume may hold the one of a container that was killed and run again."""
    helper = tmp_path / "helper"
    operator("install", helper).ok()
    run(helper, "install", helper).ok()
    assert run(helper, "version").ok().stdout.startswith("dunlin-operator ")
    assert [file.name for file in tmp_path.iterdir()] == ["helper"]


def test_an_image_without_the_directory_is_an_error_that_says_so(operator, tmp_path):
    refused = operator("copy", "/no/migrations", tmp_path / "volume").ok(2)
    assert refused.stderr == ("dunlin-operator: error: the image has no directory /no/migrations\n"
                              "  next: name the directory that its migrations are in, or put them there where the image is built\n")
    assert refused.stdout == "" and list(tmp_path.iterdir()) == []


def test_config_maps_are_collected_if_they_are_the_ones_of_the_job(operator, tmp_path):
    files = {"1_users.sql": "CREATE TABLE users (id int);\n", "2_gruss.sql": "SELECT 'ä';\n"}
    for number, (name, content) in enumerate(files.items()):
        mount = tmp_path / f"mount{number}"
        (mount / "..data").mkdir(parents=True)
        (mount / "..data" / name).write_text(content)
        (mount / name).symlink_to(f"..data/{name}")
    mounts = [tmp_path / "mount0", tmp_path / "mount1"]
    collected = operator("collect", "--identity", identity_of(files), *mounts, tmp_path / "all").ok()
    assert collected.stdout == "Collected 2 files from 2 ConfigMaps\n"
    assert {file.name: file.read_text() for file in (tmp_path / "all").iterdir()} == files

    (mounts[0] / "..data" / "1_users.sql").write_text("CREATE TABLE users (id bigint);\n")
    changed = operator("collect", "--identity", identity_of(files), *mounts, tmp_path / "later").ok(5)
    assert "the ConfigMaps have changed since this Job was made" in changed.stderr
    assert not (tmp_path / "later").exists()


@pytest.mark.parametrize("words", [["install"], ["install", "a", "b"], ["install", ""], ["copy", "a"], ["copy", "", "b"],
                                   ["copy", "a", "b", "c"], ["collect", "--identity", "files-1", "from"],
                                   ["collect", "from", "from", "from", "to"]])
def test_other_words_are_refused(operator, words, tmp_path):
    refused = operator(*words).ok(2)
    assert f"error: {words[0]} wants " in refused.stderr and "next: dunlin-operator help" in refused.stderr


def test_help_names_them(operator):
    shown = operator("help").ok().stdout
    _, _, section = shown.partition("In the pods of spec.database Jobs:\n")
    for command in ("install FILE", "copy FROM TO", "collect --identity IDENTITY FROM... TO"):
        assert f"  dunlin-operator {command}" in section
