"""What a person sees who got something wrong, each with the command that helps."""

import json

import pytest


@pytest.mark.parametrize("words, message, next_line", [
    (["migrat"], 'there is no command "migrat"', "did you mean migrate?"),
    (["migrate", "--dry-rum"], "dunlin migrate has no flag --dry-rum", "did you mean --dry-run?"),
    (["info", "--steps", "3"], "dunlin info has no flag --steps", "--steps is for dunlin migrate"),
    (["--no-colour"], "there is no flag --no-colour", "did you mean --no-color?"),
    (["migrate", "--lock-wait", "30"], '"30" is not a duration', "2s"),
    (["migrate", "--transaction", "eahc"], "not one of each, all, none", "did you mean each?"),
    (["migrate", "--url"], "--url needs a value", "dunlin help"),
    (["migrate", "--to", "1", "--steps", "1"], "each set the limit", ""),
    (["baseline"], "needs the newest version", "dunlin baseline --version VERSION"),
    (["resolve", "1", "--done"], "--done and --not-done are said of a statement", "--statement NUMBER --done"),
    (["resolve", "1", "--applied", "--rolled-back"], "exclude each other", ""),
    (["lock", "relase"], 'does not know "relase"', "did you mean release?"),
    (["completion", "tcsh"], 'no completion for "tcsh"', ""),
    (["wait", "--for", "reachabel"], "not one of reachable, migrated", "did you mean reachable?"),
    (["help", "migrat"], 'there is no command "migrat"', "did you mean migrate?"),
    (["new"], "needs a name", "dunlin new add_invoices"),
])
def test_wrong_words(dunlin, words, message, next_line):
    result = dunlin(*words).ok(2)
    assert message in result.stderr
    assert next_line in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("words, next_line", [
    (["goto", "5"], "dunlin migrate --to V"),
    (["force", "5"], "dunlin resolve V --applied"),
    (["version"], "dunlin info shows the schema's version"),
    (["repair"], "dunlin validate --fix-checksums"),
    (["clean"], "dunlin drop"),
    (["migrate", "3"], "dunlin migrate --steps 3"),
    (["migrate", "20240101000000"], "dunlin migrate --to 20240101000000"),
    (["down", "1"], "dunlin down --steps 1"),
    (["migrate", "revert"], "dunlin revert"),
    (["migrate", "info"], "dunlin info"),
    (["create", "add_users"], "dunlin new add_users makes a migration"),
    (["-path", "x", "migrate"], "dunlin calls it --dir"),
    (["migrate", "--database-url", "x"], "dunlin calls it --url"),
])
def test_words_of_other_tools_are_answered(dunlin, words, next_line):
    assert next_line in dunlin(*words).ok(2).stderr


@pytest.mark.parametrize("words", [["run"], ["migrate", "run"], ["migrate", "up"], ["up"], ["upgrade"], ["apply"],
                                   ["up-to", "20261120093000"], ["up-to", "20261120093000", "--json"]])
def test_words_of_other_tools_are_done(sqlite, invoices, words):
    sqlite(*words).ok()
    assert sqlite("info", "--json").json()["summary"]["applied"] == 3


def test_one_step_and_back_in_other_tools_words(sqlite, invoices):
    sqlite("up-by-one").ok()
    sqlite("up-by-one").ok()
    sqlite("down-to", "20260101000000", "--yes").ok()
    sqlite("rollback", "--yes").ok()
    assert sqlite("status", "--json").json()["summary"]["applied"] == 0
    assert sqlite("-version").code == sqlite("list").code == 0


def test_no_database_is_named(dunlin, migrations, tmp_path, golden):
    golden("no-database", dunlin("migrate").ok(2).stderr)
    assert dunlin("info").ok(2).stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["migrations"]


def test_a_malformed_url(dunlin, migrations):
    assert "the database URL has no scheme" in dunlin("migrate", url="app").ok(2).stderr
    assert "no driver for mongodb:// databases" in dunlin("migrate", url="mongodb://x/y").ok(2).stderr
    # A value of libpq's keyword form is no scheme.
    assert "tern" not in dunlin("migrate", url="password=tern://x host=127.0.0.1 port=1").output


def test_an_absent_directory(dunlin, sqlite_dir):
    result = dunlin("info", "--dir", "nowhere", url=sqlite_dir.url())
    assert result.code in (2, 5) and "there is no directory nowhere" in result.stderr and "dunlin new" in result.stderr


def test_an_absent_sqlite_file_is_not_made(dunlin, migrations, sqlite_dir):
    migrations.tables(1)
    result = dunlin("info", url=sqlite_dir.url("none.db")).ok(6)
    assert "dunlin create" in result.stderr
    assert list(sqlite_dir.path.iterdir()) == []


def test_an_unreachable_server(dunlin, migrations):
    migrations.tables(1)
    result = dunlin("migrate", url="postgres://me@127.0.0.1:1/app").ok(6)
    assert "127.0.0.1:1" in result.stderr and "Next:" in result.stderr


JSON_COMMANDS = [["migrate"], ["down", "--yes"], ["redo", "--yes"], ["reset", "--yes"], ["info"], ["migrate-info"], ["plan"],
                 ["plan", "--sql"], ["validate"], ["baseline", "--version", "0001", "--yes"], ["resolve"],
                 ["lock", "status"], ["dump"], ["create"], ["drop", "--yes"], ["wait", "--timeout", "0"]]


@pytest.mark.parametrize("words", JSON_COMMANDS, ids=" ".join)
def test_json_is_one_document_also_for_exit_codes_2_and_6(dunlin, migrations, words):
    migrations.tables(1)
    unnamed = dunlin(*words, "--json").ok(2)
    assert json.loads(unnamed.stdout)["error"]["kind"] == "usage"
    unreachable = dunlin(*words, "--json", url="postgres://me@127.0.0.1:1/app").ok(6)
    assert json.loads(unreachable.stdout)["error"]["kind"] == "connect"
    wrong = dunlin(*words, "--json", "--no-such-flag").ok(2)
    assert json.loads(wrong.stdout)["error"]["kind"] == "usage"


@pytest.mark.parametrize("words", [["config"], ["help"], ["completion", "bash"], ["--version"], ["migrate", "--help"]],
                         ids=" ".join)
def test_json_of_commands_without_a_database(dunlin, words):
    assert isinstance(dunlin(*words, "--json").ok().json(), dict)


def test_the_documents_of_a_run(sqlite, invoices):
    done = sqlite("migrate", "--json").ok().json()
    assert list(done) == ["outcome", "applied", "failed", "pending_left", "duration_ms", "database", "at_version"]
    assert done["outcome"] == "applied" and done["failed"] is None and done["at_version"] == "20261120093000"
    assert list(done["applied"][0]) == ["version", "name", "execution_ms"]
    assert sqlite("migrate", "--json").ok().json()["outcome"] == "nothing"
    invoices.add("20270101000000_broken", "SELECT 1;\nINSERT INTO nowhere VALUES (1);\n")
    failed = sqlite("migrate", "--json").ok(1).json()
    assert failed["outcome"] == "failed" and failed["pending_left"] == 1
    assert list(failed["failed"]) == ["version", "name", "error", "remains", "resumable"]
    assert list(failed["failed"]["error"]) == ["kind", "message", "sqlstate", "file", "line", "column", "hint"]
    assert failed["failed"]["error"]["line"] == 2


def test_the_document_of_info(sqlite, invoices):
    sqlite("migrate", "--steps", "1").ok()
    info = sqlite("info", "--json").ok().json()
    assert list(info)[:2] == ["database", "location"]
    assert (info["database"], info["driver"], info["format"], info["history"]) == ("app.db", "sqlite", "sqlx", "sqlx")
    one, two, three = info["migrations"]
    assert list(one) == ["version", "name", "description", "kind", "state", "flags", "applied_at", "execution_ms",
                         "checksum", "reversible", "file"]
    assert (one["version"], one["name"], one["description"]) == ("20260101000000", "initial_schema", "initial schema")
    assert one["state"] == "applied" and one["reversible"] and len(one["checksum"]) == 96
    assert two["state"] == "pending" and two["applied_at"] is None and not three["reversible"]
    assert info["summary"] == {"applied": 1, "pending": 2, "missing": 0, "ahead": 0, "failed": 0, "held": 0,
                               "changed": 0, "out_of_order": 0}
