"""--summary-file: what a run leaves for whoever watches its container."""

import json
import socket

import pytest


@pytest.fixture
def summary(tmp_path):
    """Reads it, and checks what is true of each."""
    path = tmp_path / "termination-log"
    path.touch()

    class Summary:
        def read(self):
            text = path.read_text()
            assert text.count("\n") == 1 and len(text.encode()) <= 2000
            document = json.loads(text)
            assert document["outcome"] == ("succeeded" if document["exit_code"] == 0 else "failed")
            assert ("error" in document) == (document["exit_code"] != 0)
            del document["dunlin"]
            return document

    result = Summary()
    result.path = path
    result.env = {"DUNLIN_SUMMARY_FILE": str(path)}
    return result


@pytest.fixture(params=["sqlite", "postgres"])
def url(request):
    return request.getfixturevalue("sqlite_dir").url() if request.param == "sqlite" else request.getfixturevalue("database").url


@pytest.fixture
def run(dunlin, url, summary):
    dunlin("create", url=url).ok() if url.startswith("sqlite") else None
    return lambda *words, code=0: dunlin(*words, url=url, env=summary.env).ok(code)


def test_success_and_nothing_to_do(run, summary, invoices):
    after = {"outcome": "succeeded", "exit_code": 0, "current": "20261120093000",
             "applied": ["20261120093000", "20260315080000", "20260101000000"], "applied_total": 3, "pending": [],
             "pending_total": 0}
    run("migrate", "--steps", "2")
    assert summary.read() == after | {"current": "20260315080000", "applied": after["applied"][1:], "applied_total": 2,
                                      "pending": ["20261120093000"], "pending_total": 1}
    run("migrate")
    assert summary.read() == after
    summary.path.write_text("x" * 5000)
    run("migrate")
    assert summary.read() == after


def test_going_back(run, summary, invoices):
    run("migrate", "--to", "20260315080000")
    run("redo", "--yes")
    assert summary.read()["current"] == "20260315080000"
    run("down", "--all", "--yes")
    gone = summary.read()
    assert (gone["current"], gone["applied"], gone["pending_total"]) == (None, [], 3)


def test_a_migration_that_fails(run, summary, invoices):
    invoices.add("20261201000000_broken", "SELECT 1;\nSELECT * FROM nowhere;\n")
    invoices.add("20261202000000_later", "SELECT 1;\n")
    run("migrate", code=1)
    failed = summary.read()
    assert failed["exit_code"] == 1 and failed["current"] == "20261120093000" and failed["applied_total"] == 3
    assert failed["pending"] == ["20261201000000", "20261202000000"]
    assert failed["error"].startswith("20261201000000 broken: ") and "nowhere" in failed["error"]
    assert "migrations/20261201000000_broken.sql:2" in failed["error"]


def test_a_dry_run_says_what_is_there_and_what_it_would_be_refused_for(run, summary, invoices):
    run("migrate", "--steps", "1")
    run("migrate", "--dry-run")
    assert summary.read() == {"outcome": "succeeded", "exit_code": 0, "dry_run": True, "current": "20260101000000",
                              "applied": ["20260101000000"], "applied_total": 1,
                              "pending": ["20260315080000", "20261120093000"], "pending_total": 2}
    invoices.add("20260101000000_initial_schema.up", "SELECT 'another';\n")
    run("migrate", "--dry-run", code=5)
    refused = summary.read()
    assert refused["dry_run"] is True and "20260101000000" in refused["error"] and refused["applied_total"] == 1


@pytest.mark.parametrize("words", [["migrate"], ["migrate", "--dry-run"], ["down", "--yes"]])
def test_a_database_that_cannot_be_reached(dunlin, summary, migrations, words):
    migrations.tables(1)
    with socket.socket() as nobody:  # it does not listen, and while it is there nobody else does
        nobody.bind(("127.0.0.1", 0))
        url = f"postgres://someone:very-secret-word@127.0.0.1:{nobody.getsockname()[1]}/app"
        dunlin(*words, url=url, env=summary.env).ok(6)
    text = summary.path.read_text()
    assert "very-secret-word" not in text
    assert summary.read().keys() == {"outcome", "exit_code", "error"} | ({"dry_run"} if "--dry-run" in words else set())


def test_a_wrong_password_is_not_told(dunlin, summary, migrations, database):
    """The server's own words may hold what it was given."""
    migrations.add("0001_leak", "DO $$ BEGIN RAISE EXCEPTION 'cannot log in to postgres://app:other-secret@db/x'; END $$;\n")
    dunlin("migrate", url=database.url, env=summary.env).ok(1)
    failed = summary.read()
    assert "cannot log in to postgres://app:***@db/x" in failed["error"] and "other-secret" not in json.dumps(failed)


def test_settings_that_are_wrong_are_told_too(dunlin, summary, migrations, sqlite_dir):
    migrations.tables(1)
    dunlin("migrate", url=sqlite_dir.url(), env=summary.env | {"DUNLIN_LOCK_WAIT": "soon"}).ok(2)
    assert "DUNLIN_LOCK_WAIT" in summary.read()["error"]
    dunlin("migrate", "--summary-file", summary.path, env={"DUNLIN_LOCK_WAIT": "later"}, url=sqlite_dir.url()).ok(2)
    assert "later" in summary.read()["error"]


def test_the_flag_and_the_file_of_settings_name_it(sqlite, summary, migrations, tmp_path):
    migrations.tables(1)
    sqlite("migrate", "--summary-file", summary.path).ok()
    assert summary.read()["applied_total"] == 1
    summary.path.write_text("")
    (tmp_path / "dunlin.toml").write_text('summary_file = "termination-log"\n')
    sqlite("migrate").ok()
    assert summary.read()["applied_total"] == 1


def test_one_that_cannot_be_written_is_a_warning(sqlite, migrations):
    migrations.tables(1)
    for path in ("/dev/full", "/no/such/folder/file"):
        result = sqlite("migrate", env={"DUNLIN_SUMMARY_FILE": path}).ok()
        assert f"the summary of this run is lost: cannot write {path}" in result.stderr
    assert sqlite.query("SELECT name FROM sqlite_schema WHERE name = 't1'") == ["t1"]


def test_commands_that_run_nothing_leave_it_alone(run, summary, invoices):
    for words in (["info"], ["plan"], ["validate"], ["migrate", "--help"]):
        run(*words)
    assert summary.path.read_text() == ""
