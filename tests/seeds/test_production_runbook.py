"""The document "Production Database Migrations"."""

import socket

import pytest

NEW = 20240201000000


@pytest.fixture
def runbook(migrations):
    migrations.add("20240101000000_001_initial_schema", "CREATE TABLE users (id int PRIMARY KEY);\n")
    migrations.add("20240115000000_002_llm_providers", "CREATE TABLE providers (id int PRIMARY KEY);\n")
    migrations.add("20240201000000_003_new_feature", "ALTER TABLE users ADD feature text;\n")
    return migrations


def info(dunlin, database):
    return dunlin("migrate-info", url=database.url).ok().stdout.splitlines()


def test_the_expected_output_of_migrate_info(database, dunlin, runbook):
    dunlin("migrate", "--steps", "2", url=database.url).ok()
    assert info(dunlin, database) == ["20240101000000/installed: 001_initial_schema",
                                      "20240115000000/installed: 002_llm_providers",
                                      "20240201000000/pending: 003_new_feature (NEW)"]


def test_the_sql_can_be_reviewed(database, dunlin, runbook):
    dunlin("migrate", "--steps", "2", url=database.url).ok()
    shown = dunlin("plan", "--sql", url=database.url).ok().stdout
    assert "ALTER TABLE users ADD feature text" in shown and "providers" not in shown
    assert len(database.sqlx_history()) == 2


def test_applied_in_order_and_recorded(database, dunlin, runbook):
    dunlin("migrate", url=database.url).ok(0)
    assert database.query("select version, description from _sqlx_migrations order by installed_on, version") == [
        (20240101000000, "001 initial schema"), (20240115000000, "002 llm providers"), (NEW, "003 new feature")]


def test_all_show_as_installed(database, dunlin, runbook):
    dunlin("migrate", url=database.url).ok()
    assert all("/installed: " in line for line in info(dunlin, database))


def test_manual_rollback(database, dunlin, runbook):
    dunlin("migrate", url=database.url).ok()
    database.execute("ALTER TABLE users DROP feature")
    database.execute("DELETE FROM _sqlx_migrations WHERE version = 20240201000000")
    assert info(dunlin, database)[-1] == "20240201000000/pending: 003_new_feature (NEW)"
    dunlin("migrate", url=database.url).ok()
    assert len(database.sqlx_history()) == 3


def test_forward_fix(database, dunlin, runbook):
    dunlin("migrate", url=database.url).ok()
    runbook.add("20240202000000_004_without_feature", "ALTER TABLE users DROP feature;\n")
    dunlin("migrate", url=database.url).ok()
    assert database.query("select attname from pg_attribute where attrelid = 'users'::regclass and attnum > 0"
                          " and not attisdropped") == [("id",)]


def test_marked_as_applied_after_a_manual_fix(database, dunlin, runbook):
    dunlin("migrate", "--steps", "2", url=database.url).ok()
    database.execute("ALTER TABLE users ADD feature text")
    assert 'column "feature" of relation "users" already exists' in dunlin("migrate", url=database.url).ok(1).stderr
    dunlin("resolve", NEW, "--applied", "--yes", url=database.url).ok()
    assert info(dunlin, database)[-1] == "20240201000000/installed: 003_new_feature"
    dunlin("migrate", url=database.url).ok()


def test_the_history_can_be_read_by_hand(database, dunlin, runbook):
    dunlin("migrate", url=database.url).ok()
    code, output = database.psql("SELECT * FROM _sqlx_migrations ORDER BY version;", "-A", "-t")
    assert code == 0
    assert [line.split("|")[0] for line in output.splitlines()] == ["20240101000000", "20240115000000", "20240201000000"]


def test_a_database_that_is_not_reachable(dunlin, runbook):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        port = taken.getsockname()[1]
        result = dunlin("migrate", url=f"postgres://app:hunter2@127.0.0.1:{port}/app").ok(6)
    assert f"127.0.0.1:{port}" in result.stderr and "hunter2" not in result.output


def test_an_invalid_database_url(dunlin, runbook):
    result = dunlin("migrate", url="postgres://app:hunter2@db:port/app").ok(2)
    assert "the database URL is malformed" in result.stderr and "hunter2" not in result.output


def test_a_connection_that_times_out(dunlin, runbook):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()  # it accepts, and never answers
        port = silent.getsockname()[1]
        result = dunlin("migrate", "--connect-timeout", "1s", url=f"postgres://app@127.0.0.1:{port}/app").ok(6)
    assert f"127.0.0.1:{port}" in result.stderr
