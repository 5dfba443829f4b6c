"""Migrations that take away what dunlin stands on: its transaction, its lock, its role, its search path, its encoding."""

import pytest

from support.scene import lock_key
from support.waiting import until

AFTER = "CREATE TABLE after (id int);\nINSERT INTO after VALUES (1);\n"


def applied(scene):
    result = scene.migrate()
    result.ok()
    return result


@pytest.mark.parametrize("hostile", [
    "SELECT pg_advisory_unlock_all();",
    "SET search_path = pg_catalog;",
    "SELECT set_config('search_path', '', false);",
    "SET client_encoding = 'latin1';",
    "SET default_transaction_read_only = on;",
    "SET statement_timeout = '1ms'; RESET statement_timeout; SET lock_timeout = '1s';",
    "RESET ALL;",
    "CREATE ROLE hostile_{name}; SET ROLE hostile_{name};",
    "CREATE ROLE hostile_{name}; SET LOCAL ROLE hostile_{name};",
    "CREATE ROLE hostile_{name}; SET SESSION AUTHORIZATION hostile_{name};",
    "SET session_replication_role = replica;",
    "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German';",
    "CREATE TEMP TABLE _sqlx_migrations (version bigint);",
    "SET CONSTRAINTS ALL IMMEDIATE;",
], ids=lambda text: text[:40])
def test_what_one_migration_does_to_the_session_ends_with_it(scene, hostile):
    scene.migrations.add("0001_hostile", hostile.format(name=scene.database.name) + "\n")
    scene.migrations.add("0002_after", AFTER + "CREATE TABLE héé (text text);\nINSERT INTO héé VALUES ('héé');\n")
    applied(scene)
    assert scene.versions() == [1, 2]
    assert scene.database.query("select text from public.\"héé\"") == [("héé",)]
    assert scene.database.query("select id from public.after") == [(1,)]
    assert scene.unlocked()


@pytest.mark.parametrize("content", [
    "CREATE TABLE a (id int);\nCOMMIT;\n",
    "CREATE TABLE a (id int);\nCOMMIT;\nBEGIN;\nCREATE TABLE b (id int);\n",
    "BEGIN;\nCREATE TABLE a (id int);\nCOMMIT;\nBEGIN;\nCREATE TABLE b (id int);\nCOMMIT;\n",
    "CREATE TABLE a (id int);\nCOMMIT AND CHAIN;\nCREATE TABLE b (id int);\n",
], ids=["commit", "commit_begin", "two_transactions", "chain"])
def test_a_migration_that_commits_for_itself_is_recorded_with_what_it_did(scene, content):
    scene.migrations.add("0001_own", content)
    scene.migrations.add("0002_after", AFTER)
    applied(scene)
    assert scene.versions() == [1, 2]
    assert "public.a" in scene.database.tables()
    assert ("public.b" in scene.database.tables()) == ("TABLE b" in content)


@pytest.mark.parametrize("content", [
    "CREATE TABLE a (id int);\nROLLBACK;\n",
    "CREATE TABLE a (id int);\nPREPARE TRANSACTION 'x';\n",
    "CREATE TABLE a (id int);\nABORT;\nBEGIN;\n",
], ids=["rollback", "prepare", "abort_begin"])
def test_a_migration_that_undoes_itself_is_never_recorded(scene, content):
    scene.migrations.add("0001_own", content)
    result = scene.migrate()
    assert result.code not in (0, -6, -11), result.output
    assert scene.versions() == []
    assert "public.a" not in scene.database.tables()
    assert "0001_own.sql" in result.output


def test_a_failure_behind_an_own_commit_is_not_called_clean(scene):
    """Part of it stays: exit code 7, not 1; and it is not tried again behind the user's back."""
    scene.migrations.add("0001_own", "CREATE TABLE a (n int);\nINSERT INTO a VALUES (1);\nCOMMIT;\n"
                                     "INSERT INTO a VALUES (1 / 0);\n")
    result = scene.migrate("--json")
    assert result.code == 7, result.output
    report = result.json()
    assert report["outcome"] == "failed" and report["failed"]["remains"] is True
    assert scene.database.query("select n from a") == [(1,)]
    assert scene.versions() == []


def test_a_procedure_that_commits_is_refused_in_a_transaction(scene):
    scene.migrations.add("0001_procedure", "CREATE PROCEDURE work() LANGUAGE plpgsql AS $$ BEGIN\n"
                                           "  CREATE TABLE a (id int); COMMIT; END $$;\n")
    scene.migrations.add("0002_call", "CALL work();\n")
    result = scene.migrate()
    assert result.code == 1, result.output
    assert "2D000" in result.output and "no-transaction" in result.output
    assert scene.versions() == [1] and "public.a" not in scene.database.tables()


def test_a_guard_that_is_fooled_by_nobody(scene):
    """A function that releases every lock while another session takes the run's: the migration is not recorded."""
    key = lock_key(scene.database.name)
    thief = scene.database.connect()
    scene.migrations.add("0001_wait", "CREATE TABLE a (id int);\nSELECT pg_advisory_unlock_all();\n"
                                      "SELECT pg_advisory_lock(4711);\nSELECT pg_advisory_unlock(4711);\n")
    with thief.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(4711)")
        running = scene.start()
        until(lambda: scene.database.query("select 1 from pg_locks where not granted and objid = 4711"),
              "the migration waits")
        cursor.execute("select pg_try_advisory_lock(%s)", (key,))
        assert cursor.fetchone()[0] is True
        cursor.execute("select pg_advisory_unlock(4711)")
    result = running.end()
    assert result.code != 0, result.output
    assert scene.versions() == [] and "public.a" not in scene.database.tables()
    thief.close()
    scene.migrate().ok()
    assert scene.versions() == [1]
