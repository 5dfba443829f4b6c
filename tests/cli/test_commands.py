"""Each command doing its work, on SQLite."""

import json
import re
import subprocess

import pytest

from support.program import clean_environment


def test_without_a_word_it_prints_help(dunlin, golden):
    result = dunlin().ok()
    golden("help", result.stdout)
    assert dunlin("help").stdout == dunlin("--help").stdout == result.stdout
    assert result.stderr == ""


def test_help_of_a_command(dunlin, golden):
    golden("help-migrate", dunlin("help", "migrate").ok().stdout)
    assert dunlin("migrate", "--help").stdout == dunlin("help", "up").stdout == dunlin("help", "migrate").stdout


def test_version_names_version_and_commit(dunlin):
    assert re.fullmatch(r"dunlin \d+\.\d+\.\d+ \(\w+\)\n", dunlin("--version").ok().stdout)
    assert set(dunlin("--version", "--json").ok().json()) == {"version", "commit"}


def test_init_makes_a_project_that_works_at_once(dunlin, tmp_path, golden):
    result = dunlin("init").ok()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["app.db", "dunlin.toml", "migrations"]
    first, = (tmp_path / "migrations").iterdir()
    assert re.fullmatch(r"\d{14}_create_greetings\.sql", first.name)
    golden("init", result.stdout.replace(first.name, "VERSION_create_greetings.sql"))
    assert "Applied 1 migration" in dunlin("migrate").ok().stdout
    again = dunlin("init").ok()
    assert again.stdout.count("kept ") == 3 and "created" not in again.stdout
    assert (tmp_path / "dunlin.toml").read_text().count("sqlite:app.db") == 1


def test_init_overwrites_nothing(dunlin, tmp_path):
    (tmp_path / "dunlin.toml").write_text('url = "sqlite:mine.db"\n')
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_mine.sql").write_text("SELECT 1;\n")
    dunlin("init").ok()
    assert (tmp_path / "dunlin.toml").read_text() == 'url = "sqlite:mine.db"\n'
    assert [path.name for path in (tmp_path / "migrations").iterdir()] == ["0001_mine.sql"]
    assert (tmp_path / "mine.db").exists()


def test_init_writes_no_password(dunlin, tmp_path):
    result = dunlin("init", "--no-create", "--url", "postgres://me:hunter2hunter2@db.example/app").ok()
    assert "hunter2" not in (tmp_path / "dunlin.toml").read_text() + result.output
    assert "DATABASE_URL" in (tmp_path / "dunlin.toml").read_text()


def test_new_numbers_as_the_directory_does(dunlin, migrations):
    made = dunlin("new", "add", "invoices").ok().stdout.strip()
    assert re.fullmatch(r"\./migrations/\d{14}_add_invoices\.sql", made)
    two = dunlin("add", "-r", "more").ok().stdout.split()
    assert [name.split("more")[1] for name in two] == [".up.sql", ".down.sql"]


def test_new_continues_plain_numbers(dunlin, migrations):
    migrations.tables(2)
    assert dunlin("new", "third", "--json").ok().json() == {"created": ["./migrations/0003_third.sql"]}


def test_a_whole_life(sqlite, invoices, golden):
    golden("info-pending", sqlite("info").ok().stdout)
    golden("plan", sqlite("plan").ok().stdout)
    run = sqlite("migrate").ok()
    golden("migrate", run.stdout)
    golden("migrate-log", run.stderr)
    golden("info-applied", sqlite("info").ok().stdout)
    golden("migrate-info", sqlite("migrate-info").ok().stdout)
    assert sqlite.query("select count(*) from _sqlx_migrations") == ["3"]
    assert sqlite("migrate").ok().stdout == "Nothing to apply. The schema is at 20261120093000.\n"
    assert sqlite("validate").ok().stdout == "Valid: 3 migrations applied, no file has changed.\n"


def test_migrate_stops_where_it_is_told(sqlite, invoices):
    one = sqlite("migrate", "--steps", "1").ok()
    assert "The schema is at 20260101000000. Still pending: 2." in one.stdout
    sqlite("migrate", "--to", "20260315080000").ok()
    assert sqlite("info", "--json").json()["summary"]["pending"] == 1


def test_a_dry_run_changes_nothing(sqlite, invoices):
    result = sqlite("migrate", "--dry-run").ok()
    assert "CREATE TABLE customers" in result.stdout and "Nothing was changed." in result.stdout
    assert sqlite.query("select count(*) from sqlite_master") == ["0"]


def test_a_failed_migration_says_where(sqlite, invoices, golden):
    invoices.add("20261121000000_broken", "-- first\nCREATE TABLE a (id integer);\n\nINSERT INTO b VALUES (1);\n")
    failed = sqlite("migrate").ok(1)
    golden("migrate-failed", failed.stderr)
    assert failed.stdout == ""
    assert sqlite.query("select count(*) from _sqlx_migrations") == ["3"]
    assert sqlite.query("select name from sqlite_master where name = 'a'") == []


def test_down_needs_a_yes(sqlite, invoices, golden):
    sqlite("migrate", "--steps", "2").ok()
    refused = sqlite("down").ok(2)
    assert "Next: add --yes" in refused.stderr
    golden("down-plan", sqlite("down", "--all", "--dry-run").ok().stdout)
    done = sqlite("down", "--yes").ok()
    golden("down", done.stdout)
    assert sqlite.query("select version from _sqlx_migrations") == ["20260101000000"]
    sqlite("down", "--yes", "--all").ok()
    assert sqlite("down", "--yes").ok().stdout == "Nothing to revert. No migration is applied.\n"


def test_down_without_a_down_file_is_refused_before_anything_runs(sqlite, invoices):
    sqlite("migrate").ok()
    refused = sqlite("down", "--all", "--yes").ok(8)
    assert "20261120093000 has no down file" in refused.stderr
    assert sqlite.query("select count(*) from _sqlx_migrations") == ["3"]


def test_redo_undoes_and_applies_again(sqlite, invoices):
    sqlite("migrate", "--steps", "2").ok()
    sqlite("redo").ok(2)
    redone = sqlite("redo", "--yes").ok()
    assert redone.stdout.splitlines()[0].startswith("Reverted 1 migration")
    assert redone.stdout.splitlines()[1].startswith("Applied 1 migration")
    assert sqlite.query("select count(*) from _sqlx_migrations") == ["2"]


def test_redo_does_not_apply_what_was_pending_before(sqlite, invoices):
    sqlite("migrate", "--to", "20260315080000").ok()
    invoices.add("20260201000000_late", "CREATE TABLE late (id integer);\n")
    refused = sqlite("redo", "--yes").ok(2)
    assert "20260201000000 is pending and older" in refused.stderr


def test_changed_and_missing_files(sqlite, invoices, golden):
    sqlite("migrate").ok()
    invoices.add("20260315080000_add_invoices.up", "CREATE TABLE invoices (id integer);\n")
    (invoices.directory / "20260101000000_initial_schema.up.sql").unlink()
    (invoices.directory / "20260101000000_initial_schema.down.sql").unlink()
    golden("info-changed", sqlite("info").ok().stdout)
    golden("migrate-info-changed", sqlite("migrate-info").ok().stdout)
    assert sqlite("info", "--exit-code").code == 5
    golden("validate-changed", sqlite("validate").ok(5).stdout)


def test_exit_code_of_info(sqlite, invoices):
    assert sqlite("info", "--exit-code").code == 3
    assert sqlite("info").code == 0
    sqlite("migrate").ok()
    assert sqlite("info", "--exit-code").code == 0


def test_a_newer_version_was_here(sqlite, invoices):
    invoices.add("20270101000000_newer", "CREATE TABLE newer (id integer);\n")
    sqlite("migrate").ok()
    (invoices.directory / "20270101000000_newer.sql").unlink()
    status = sqlite("info", "--exit-code").ok()
    assert "ahead" in status.stdout and "applied by a newer version" in status.stdout
    assert "20270101000000/ahead: newer\n" in sqlite("migrate-info").ok().stdout
    sqlite("migrate").ok()


def test_out_of_order(sqlite, invoices):
    sqlite("migrate").ok()
    invoices.add("20260201000000_late", "CREATE TABLE late (id integer);\n")
    assert "20260201000000/out-of-order: late (NEW)\n" in sqlite("migrate-info").ok().stdout
    sqlite("migrate", "--allow-out-of-order=false").ok(5)
    sqlite("migrate").ok()


def test_line_endings_are_reblessed_without_a_question(sqlite, invoices):
    sqlite("migrate").ok()
    path = invoices.directory / "20261120093000_invoice_status.sql"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = sqlite("validate").ok()
    assert "warning" in before.stdout and "validate --fix-checksums" in before.stdout
    fixed = sqlite("validate", "--fix-checksums").ok()
    assert "the recorded checksum of 20261120093000 was replaced" in fixed.stderr
    assert sqlite("validate").ok().stdout == "Valid: 3 migrations applied, no file has changed.\n"


def test_other_contents_are_reblessed_only_after_a_yes(sqlite, invoices):
    sqlite("migrate").ok()
    invoices.add("20261120093000_invoice_status", "ALTER TABLE invoices ADD COLUMN state text;\n")
    refused = sqlite("validate", "--fix-checksums").ok(5)
    assert "--fix-checksums --yes" in refused.stdout
    fixed = sqlite("validate", "--fix-checksums", "--yes", "--json").ok()
    assert fixed.json()["fixed"] == ["20261120093000"] and fixed.json()["valid"]


def test_baseline_adopts_a_schema(sqlite, invoices, golden):
    sqlite.query("create table customers (id integer); create table invoices (id integer)")
    shown = sqlite("baseline", "--version", "20260315080000", "--dry-run").ok()
    golden("baseline-dry-run", shown.stdout)
    sqlite("baseline", "--version", "20260315080000").ok(2)
    golden("baseline", sqlite("baseline", "--version", "20260315080000", "--yes").ok().stdout)
    assert sqlite("migrate").ok().stdout.startswith("Applied 1 migration")


def test_resolve_settles_what_another_tool_left(sqlite, invoices, golden):
    sqlite("migrate").ok()
    sqlite.query("update _sqlx_migrations set success = 0 where version = 20261120093000")
    assert sqlite("migrate").code == 7
    assert sqlite("info", "--exit-code").code == 7
    assert sqlite("validate").code == 7
    golden("info-failed", sqlite("info").ok().stdout)
    golden("resolve-list", sqlite("resolve").ok(7).stdout)
    sqlite("resolve", "20261120093000", "--applied").ok()
    sqlite("info", "--exit-code").ok()
    assert sqlite("resolve").ok().stdout == "Nothing has to be settled.\n"


def test_create_and_drop(dunlin, sqlite_dir):
    url = sqlite_dir.url()
    assert "was created" in dunlin("create", url=url).ok().stdout
    assert "exists already" in dunlin("create", url=url).ok().stdout
    refused = dunlin("drop", url=url).ok(2)
    assert "add --yes" in refused.stderr and (sqlite_dir.path / "app.db").exists()
    assert "was deleted" in dunlin("drop", "--yes", url=url).ok().stdout
    assert not (sqlite_dir.path / "app.db").exists()
    assert "does not exist" in dunlin("drop", "--yes", url=url).ok().stdout


def test_reset_begins_anew(sqlite, invoices):
    sqlite("migrate").ok()
    sqlite.query("insert into customers values (1, 'x')")
    sqlite("reset").ok(2)
    sqlite("reset", "--yes").ok()
    assert sqlite.query("select count(*) from customers") == ["0"]


def test_reset_looks_at_the_files_before_it_deletes(sqlite, invoices):
    sqlite("migrate").ok()
    sqlite.query("insert into customers values (1, 'x')")
    invoices.add("20270101000000_broken", "SELECT 'never closed;\n")
    assert sqlite("reset", "--yes").code != 0
    assert sqlite.query("select count(*) from customers") == ["1"]


def test_dump_gives_the_schema(sqlite, invoices, tmp_path):
    sqlite("migrate").ok()
    schema = sqlite("dump").ok().stdout
    assert "CREATE TABLE customers" in schema
    sqlite("dump", "--output", "schema.sql").ok()
    assert (tmp_path / "schema.sql").read_text() == schema
    assert sqlite("dump", "--json").ok().json() == {"schema": schema, "file": None}


def test_output_that_does_not_arrive_is_an_error(dunlin, sqlite, invoices):
    sqlite("migrate").ok()
    with open("/dev/full", "w") as full:
        result = subprocess.run([str(dunlin.program), "dump"], stdout=full, stderr=subprocess.PIPE, text=True,
                                env=clean_environment({"DATABASE_URL": sqlite.url}))
    assert result.returncode == 2 and "standard output" in result.stderr


@pytest.mark.parametrize("goal", ["reachable", "migrated", "version=20261120093000"])
def test_wait_ends_when_it_is_so(sqlite, invoices, goal):
    sqlite("migrate").ok()
    assert sqlite("wait", "--for", goal, "--timeout", "10s", "--json").ok().json()["fulfilled"]


def test_wait_gives_up(sqlite, invoices):
    late = sqlite("wait", "--for", "migrated", "--timeout", "300ms", "--json").ok(3)
    assert late.json()["error"]["kind"] == "pending" and late.json()["pending"] == 3
    assert sqlite("wait", "--for", "version=20260315080000", "--timeout", "100ms").code == 3
    assert sqlite("wait", "--for", "version=99990101000000", "--timeout", "100ms").code == 3


def test_wait_ends_at_once_when_waiting_cannot_help(sqlite, invoices):
    sqlite("migrate").ok()
    invoices.add("20261120093000_invoice_status", "SELECT 1;\n")
    assert sqlite("wait", "--timeout", "60s", timeout=20).code == 5
    sqlite.query("update _sqlx_migrations set success = 0 where version = 20261120093000")
    assert sqlite("wait", "--timeout", "60s", timeout=20).code == 7


def test_lock_on_sqlite_says_that_there_is_none(sqlite, invoices):
    assert "has no migration lock" in sqlite("lock", "status").ok().stdout
    assert sqlite("lock", "release", "--yes", "--json").ok().json() == {"held": False, "released": False, "holders": []}


def test_the_script_of_a_plan_does_by_hand_what_dunlin_would(sqlite, invoices, tmp_path):
    invoices.add("20261121000000_trigger",
                 "CREATE TRIGGER t AFTER INSERT ON customers BEGIN UPDATE invoices SET total = 1; END; -- the end\n")
    script = sqlite("plan", "--sql").ok().stdout
    done = subprocess.run(["sqlite3", "-batch", str(sqlite.path / "app.db")], input=script, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    assert sqlite("validate").ok().stdout == "Valid: 4 migrations applied, no file has changed.\n"
    assert sqlite("migrate").ok().stdout.startswith("Nothing to apply.")
    sqlite("down", "--dry-run").ok(8)


def test_quiet_says_nothing_of_a_success(sqlite, invoices):
    assert sqlite("migrate", "--quiet").ok().output == ""
    assert "20261120093000/installed" in sqlite("migrate-info", "--quiet").ok().stdout


def test_log_lines_as_json(sqlite, invoices):
    result = sqlite("migrate", "--log-format", "json").ok()
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["run_started"] + 3 * ["step_finished"] + ["run_finished"]
    assert {"time", "level", "event", "message", "version", "name", "execution_ms"} <= set(lines[1])
    assert result.stdout == ""
    invoices.add("20270101000000_broken", "INSERT INTO nowhere VALUES (1);\n")
    failed = sqlite("migrate", "--log-format", "json").ok(1)
    lines = [json.loads(line) for line in failed.stderr.splitlines()]
    assert [line["event"] for line in lines if line["level"] == "error"] == ["step_failed"]


def test_the_log_file_has_the_lines_too(sqlite, invoices, tmp_path):
    sqlite("migrate", "--log-file", "run.log").ok()
    assert "20260101000000 initial_schema done in" in (tmp_path / "run.log").read_text()
    wrong = sqlite("migrate", "--log-file", "/dev/null/run.log").ok(2)
    assert "cannot write the log file" in wrong.stderr


def test_more_is_said_with_verbose(sqlite, invoices):
    assert "started" not in sqlite("migrate", "--steps", "1").stderr
    assert "20260315080000 add_invoices started" in sqlite("migrate", "--verbose").stderr
