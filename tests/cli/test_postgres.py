"""The commands on PostgreSQL."""

import time
import urllib.parse
import zlib

import pytest

from support.postgres import PASSWORD, PASSWORD_USER
from support.waiting import until

PIECES = (PASSWORD, urllib.parse.quote(PASSWORD, safe=""))


@pytest.fixture
def secret(postgres, database):
    """A URL with a password, and who owns the database."""
    postgres.query(f'alter database "{database.name}" owner to {PASSWORD_USER}')
    return postgres.url(database.name, user=PASSWORD_USER, password=PASSWORD)


def test_a_whole_life(dunlin, database, invoices, golden):
    def run(*words):
        return dunlin(*words, url=database.url)

    golden("postgres-info-pending", run("info").ok().stdout)
    run("migrate", "--steps", "1").ok()
    golden("postgres-plan", run("plan").ok().stdout)
    run("migrate").ok()
    golden("postgres-info", run("info").ok().stdout)
    assert run("validate").ok().stdout == "Valid: 3 migrations applied, no file has changed.\n"
    info = run("info", "--json").ok().json()
    assert (info["database"], info["driver"], info["history_table"]) == (database.name, "postgres", "public._sqlx_migrations")
    assert "CREATE TABLE public.customers" in run("dump").ok().stdout
    run("redo", "--yes").ok(8)


def test_an_error_has_its_place_and_what_the_server_adds(dunlin, database, invoices, golden):
    invoices.add("20261121000000_bad", "-- a comment\nCREATE TABLE a (id integer PRIMARY KEY);\n\n"
                                       "ALTER TABLE invoices ALTER stauts SET NOT NULL;\n")
    golden("postgres-failed", dunlin("migrate", url=database.url).ok(1).stderr)
    invoices.add("20261121000000_bad", "CREATE TABLE a (id integer PRIMARY KEY);\nINSERT INTO a VALUES (1), (1);\n")
    golden("postgres-failed-detail", dunlin("migrate", url=database.url).ok(1).stderr)
    failed = dunlin("migrate", "--json", url=database.url).ok(1).json()["failed"]
    assert failed["error"]["sqlstate"] == "23505" and "(1)" not in failed["error"]["message"]


def test_a_plan_with_a_concurrent_index(dunlin, database, invoices, golden):
    dunlin("migrate", url=database.url).ok()
    invoices.add("20261121000000_index", "-- no-transaction\nSET search_path = public;\n"
                                         "CREATE INDEX CONCURRENTLY i ON invoices (total);\n")
    golden("postgres-plan-concurrently", dunlin("plan", url=database.url).ok().stdout)


def test_a_wrong_password_an_absent_database_and_an_absent_role(dunlin, postgres, invoices, golden):
    wrong = dunlin("migrate", url=postgres.url("postgres", user=PASSWORD_USER, password="not it at all"))
    golden("wrong-password", wrong.ok(6).stderr)
    golden("absent-database", dunlin("migrate", url=postgres.url("no_such_database")).ok(6).stderr)
    golden("absent-role", dunlin("migrate", url=postgres.url("postgres", user="nobody_here")).ok(6).stderr)


def test_a_malformed_url_repeats_no_password(dunlin, invoices):
    for url in ("postgres://me:hunter2hunter2@[::1/app", "postgres://me:hunter2hunter2@host:99999999/app",
                "postgres://me:hunter2hunter2@host/app?sslmod=require"):
        result = dunlin("migrate", url=url)
        assert result.code in (2, 6) and "hunter2" not in result.output


def test_create_and_drop(dunlin, postgres):
    url = postgres.url("made_by_dunlin")
    assert "was created" in dunlin("create", url=url).ok().stdout
    assert "exists already" in dunlin("create", url=url).ok().stdout
    dunlin("drop", url=url).ok(2)
    assert "was deleted" in dunlin("drop", "--yes", url=url).ok().stdout
    assert "does not exist" in dunlin("drop", "--yes", url=url).ok().stdout


def test_reset(dunlin, database, invoices):
    dunlin("migrate", url=database.url).ok()
    database.query("insert into customers values (1, 'x')")
    dunlin("reset", "--yes", url=database.url).ok()
    assert database.value("select count(*) from customers") == 0


def test_reset_deletes_nothing_that_it_could_not_make_again(dunlin, postgres, invoices):
    database = postgres.database("kept")
    database.execute(f'create role owner_of_one login; alter database "{database.name}" owner to owner_of_one')
    refused = dunlin("reset", "--yes", url=postgres.url(database.name, user="owner_of_one")).ok(8)
    assert 'user "owner_of_one" could not create database' in refused.stderr and "CREATEDB" in refused.stderr
    assert database.value("select 1") == 1
    postgres.drop_database(database.name)


def test_the_lock_names_its_holder_and_is_released(dunlin, database, invoices):
    assert "Nobody holds the migration lock" in dunlin("lock", "status", url=database.url).ok().stdout
    holder = database.connect()
    key = 0x3d32ad9e * zlib.crc32(database.name.encode())
    with holder.cursor() as cursor:
        cursor.execute("set application_name = 'old tool'")
        cursor.execute("select pg_advisory_lock(%s), pg_backend_pid()", (key,))
        pid = cursor.fetchone()[1]
    shown = dunlin("lock", "status", url=database.url).ok().stdout
    assert f"pid {pid}" in shown and '"old tool"' in shown and "since" in shown
    status = dunlin("lock", "status", "--json", url=database.url).ok().json()
    assert status["held"] and status["holders"][0]["pid"] == pid
    busy = dunlin("migrate", "--lock-wait", "0", url=database.url).ok(4)
    assert f"pid {pid}" in busy.stderr and "dunlin lock" in busy.stderr
    dunlin("lock", "release", url=database.url).ok(2)
    with holder.cursor() as cursor:
        holder.autocommit = False
        cursor.execute("select 1")
        refused = dunlin("lock", "release", "--yes", url=database.url).ok(8)
        assert "is at work" in refused.stderr
    released = dunlin("lock", "release", "--yes", "--force", "--json", url=database.url).ok()
    assert released.json()["released"]
    dunlin("migrate", "--lock-wait", "10s", url=database.url).ok()


def test_the_script_of_a_plan_does_by_hand_what_dunlin_would(dunlin, postgres, database, invoices):
    invoices.add("20261121000000_index", "-- no-transaction\nCREATE INDEX CONCURRENTLY i ON invoices (total);\n")
    invoices.add("20261122000000_own", "BEGIN ISOLATION LEVEL SERIALIZABLE;\nINSERT INTO customers VALUES (1, E'a\\'b;');\nCOMMIT;\n")
    invoices.add("20261123000000_function",
                 "SET search_path = pg_catalog;\nCREATE FUNCTION public.f() RETURNS int LANGUAGE sql\n"
                 "AS $$ SELECT 1; -- done; $$; -- the end\n")
    invoices.add("20261124000000_two", "BEGIN;\nCREATE TABLE x1 (id int);\nCOMMIT;\nBEGIN;\nCREATE TABLE x2 (id int);\nCOMMIT;\n")
    script = dunlin("plan", "--sql", url=database.url).ok().stdout
    code, output = database.psql(script)
    assert code == 0, output
    assert dunlin("validate", url=database.url).ok().stdout == "Valid: 7 migrations applied, no file has changed.\n"
    assert dunlin("info", "--exit-code", url=database.url).code == 0
    other = postgres.database()
    dunlin("migrate", url=other.url).ok()
    columns = "select version, description, success, checksum from _sqlx_migrations order by version"
    assert [list(map(bytes_of, row)) for row in database.query(columns)] == [list(map(bytes_of, row)) for row in other.query(columns)]
    # Only a runner that can be killed needs a journal.
    schema = ("--schema-only", "--exclude-table=dunlin_journal")
    assert database.dump(*schema) == other.dump(*schema)
    postgres.drop_database(other.name)


def bytes_of(value):
    return bytes(value) if isinstance(value, memoryview) else value


def test_the_script_of_a_plan_keeps_off_a_running_migration(dunlin, database, invoices):
    script = dunlin("plan", "--sql", url=database.url).ok().stdout
    holder = database.connect()
    with holder.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (0x3d32ad9e * zlib.crc32(database.name.encode()),))
    code, output = database.psql(script)
    assert code == 3 and "another runner holds the migration lock" in output
    assert database.tables() == []
    holder.close()


def test_wait_until_the_server_is_there(dunlin, proxy, postgres, invoices):
    result = dunlin("wait", "--for", "reachable", "--timeout", "300ms", "--json", url="postgres://postgres@127.0.0.1:1/postgres")
    assert result.ok(6).json()["reached"] is False
    dunlin("wait", "--for", "reachable", url=postgres.url("postgres")).ok()


def test_notices_of_the_server_are_shown(dunlin, database, migrations):
    migrations.add("0001_loud", "DO $$ BEGIN RAISE NOTICE 'half of it is done'; RAISE WARNING 'watch out'; END $$;\n")
    result = dunlin("migrate", url=database.url).ok()
    assert "NOTICE: half of it is done" in result.stderr and "WARNING: watch out" in result.stderr


def every_command():
    yield from (["migrate", "--steps", "1"], ["plan"], ["plan", "--sql"], ["migrate", "--dry-run"], ["migrate"], ["info"],
                ["migrate-info"], ["validate"], ["down", "--yes"], ["migrate", "--json"], ["redo"], ["lock", "status"],
                ["lock", "release", "--yes"], ["wait"], ["dump"], ["config"], ["resolve"], ["create"], ["init", "--no-create"],
                ["baseline", "--version", "20260315080000", "--yes"], ["migrate", "--transaction", "al"], ["migrat"],
                ["completion", "bash"], ["help"], ["new", "x"], ["drop"])


def test_no_output_of_any_command_holds_the_password(dunlin, secret, invoices, tmp_path):
    # Where people put passwords by mistake: into a migration that fails, too.
    for words in every_command():
        for options in ([], ["--json"], ["--verbose", "--log-format", "json", "--log-file", "log"], ["--verbose"]):
            result = dunlin(*words, *options, url=secret)
            assert not any(piece in result.output for piece in PIECES), (words, options)
        on_line = dunlin(*words, "--url", secret)
        assert not any(piece in on_line.output for piece in PIECES), words
    invoices.add("20270101000000_broken", f"CREATE ROLE someone LOGIN PASSWORD '{PASSWORD}' NONSENSE;\n")
    for options in ([], ["--json"], ["--log-format", "json"], ["--dry-run"]):
        assert PASSWORD not in dunlin("migrate", *options, url=secret).output
    assert not any(piece in path.read_text() for path in (tmp_path / "log", tmp_path / "dunlin.toml") for piece in PIECES)


def test_a_password_on_the_command_line_is_warned_about_and_hidden(dunlin, database, secret, invoices):
    holder = database.connect()
    with holder.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (0x3d32ad9e * zlib.crc32(database.name.encode()),))
    running = dunlin.start("migrate", "--url", secret)
    wait_until(lambda: database.server.sessions())
    with open(f"/proc/{running.pid}/cmdline") as file:
        assert not any(piece in file.read() for piece in PIECES)
    holder.close()
    result = running.end().ok()
    assert "a password on the command line can be seen by others" in result.stderr


def wait_until(condition):

    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)  # until the program is connected


def test_a_reconnect_that_fails_says_why(dunlin, postgres, database, migrations):
    migrations.add("0001_slow", "SELECT pg_sleep(60);\n")
    database.execute("create role runs_once login; grant all on schema public to runs_once")
    running = dunlin.start("migrate", "--reconnect-for", "2s", url=postgres.url(database.name, user="runs_once"))
    sleeping = "select pid from pg_stat_activity where usename = 'runs_once' and query like 'SELECT pg_sleep%%'"
    until(lambda: database.query(sleeping), "it runs")
    database.execute("alter role runs_once nologin")
    database.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'runs_once'")
    said = running.end().ok(7).stderr
    assert "the connection broke (" in said
    assert "reconnecting, try 2:" in said and 'role "runs_once" is not permitted to log in' in said.split("try 2:")[1].splitlines()[0]
    database.execute("drop owned by runs_once; drop role runs_once")
