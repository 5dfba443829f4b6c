"""What `make install` installs is enough for somebody else's program, once this checkout is gone."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.building import build, run

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
@pytest.fixture(scope="module")
def consumer(prefix, tmp_path_factory):
    source = tmp_path_factory.mktemp("consumer") / "source"
    shutil.copytree(HERE / "consumer", source)
    return build(source, prefix) / "consumer"


def test_the_installed_program_runs(prefix):
    version = (REPOSITORY / "VERSION").read_text().strip()
    assert version in run(prefix / "bin" / "dunlin", "--version")


def test_public_headers_stand_alone(prefix, tmp_path):
    """Each compiles by itself, without any library's headers but the standard's."""
    for header in sorted((prefix / "include" / "dunlin").glob("*.h")):
        run("g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", prefix / "include", "-x", "c++",
            "-include", header, os.devnull)


def test_nothing_installed_names_the_build(prefix):
    for path in (prefix / "lib").rglob("*.cmake"):
        assert str(REPOSITORY) not in path.read_text(), path


def test_embedded_migrations(consumer, tmp_path):
    lines = run(consumer, f"sqlite:{tmp_path / 'app.db'}?mode=rwc", "embedded").splitlines()
    assert lines[1:] == ["planned 2", "up applied 2", "again nothing", "1 applied", "2 applied", "newest 2", "findings 0",
                         "health reachable pending 0 last 2", "down applied 1"]
    people = run("sqlite3", tmp_path / "app.db", "select name from people; select count(*) from _sqlx_migrations")
    assert people.splitlines() == ['Ann "the \\ first"', "Bjørn", "1"]


def test_migrations_in_code(consumer, tmp_path):
    lines = run(consumer, f"sqlite:{tmp_path / 'app.db'}?mode=rwc", "callbacks").splitlines()
    assert lines[1:3] == ["planned 2", "up applied 2"]
    assert lines[-1] == "down applied 1"
    assert run("sqlite3", tmp_path / "app.db", "select count(*) from words; select name from sqlite_master"
               " where name = 'count_of_words'").splitlines() == ["3"]


def test_a_value_that_a_program_encrypts_is_decrypted_by_the_command(consumer, prefix):
    key = "kek-v1:" + "A" * 43 + "="
    payload, plaintext = run(consumer, key, "secret").splitlines()
    assert plaintext == "from a program"
    environment = {"SECRETS_ENCRYPTION_KEY": key, "PATH": os.environ["PATH"]}
    assert subprocess.run([prefix / "bin" / "dunlin", "decrypt"], input=payload, env=environment, text=True,
                          stdout=subprocess.PIPE, check=True).stdout == plaintext


def test_a_migration_added_later_is_embedded_by_the_next_build(consumer, tmp_path):
    source = consumer.parent.parent / "source"
    (source / "migrations" / "0003_rivers.sql").write_text("CREATE TABLE rivers (id INTEGER PRIMARY KEY);\n")
    try:
        run("cmake", "--build", consumer.parent)
        assert "up applied 3" in run(consumer, f"sqlite:{tmp_path / 'app.db'}?mode=rwc", "embedded")
    finally:
        (source / "migrations" / "0003_rivers.sql").unlink()
        run("cmake", "--build", consumer.parent)
