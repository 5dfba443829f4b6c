"""Through PgBouncer in transaction mode, where a session is not a session."""

import psycopg2
import pytest

from support.pgbouncer import PgBouncer
from support.waiting import until


@pytest.fixture
def pooled(scene, pgbouncer):
    return pgbouncer.url(scene.database.name)


def test_migrations_are_applied_and_listed(scene, pooled):
    scene.migrations.tables(20)
    scene.migrate(url=pooled).ok()
    assert scene.versions() == list(range(1, 21))
    listed = scene.dunlin("info", "--json", url=pooled).ok().json()
    assert listed["summary"]["applied"] == 20
    assert scene.migrate("--json", url=pooled).ok().json()["outcome"] == "nothing"


def test_no_lock_stays_behind_on_the_pool(scene, pooled):
    scene.migrations.tables(3)
    scene.migrate(url=pooled).ok()
    assert scene.unlocked()


def test_no_setting_stays_behind_on_the_pool(scene, pgbouncer, pooled):
    with PgBouncer(scene.database.server, pool_size=1) as bouncer:
        scene.migrations.add("0001_set", "SET LOCAL search_path = pg_catalog;\nSET statement_timeout = '5s';\n"
                                         "CREATE TABLE public.a (id int);\n")
        scene.migrate(url=bouncer.url(scene.database.name)).ok()
        with psycopg2.connect(bouncer.url(scene.database.name)) as connection, connection.cursor() as cursor:
            cursor.execute("select current_setting('search_path'), current_setting('statement_timeout'),"
                           " current_setting('lock_timeout')")
            assert cursor.fetchone() == ('"$user", public', "0", "0")


def test_twenty_at_once(scene, pooled):
    scene.migrations.tables(10)
    scene.migrations.add("0011_log", "CREATE TABLE log (n int);\nINSERT INTO log VALUES (1);\n")
    results = [one.end(timeout=120) for one in [scene.start("--json", url=pooled) for _ in range(20)]]
    assert [result.code for result in results] == [0] * 20, [result.stderr for result in results if result.code]
    assert scene.versions() == list(range(1, 12))
    assert scene.database.query("select n from log") == [(1,)]


def test_an_index_is_built_concurrently_past_the_pooler(scene, pooled):
    """It needs a session, which a transaction pooler does not give: refused with the flag that helps, and then done."""
    scene.migrations.add("0001_words", "CREATE TABLE words (id int);\n")
    scene.migrations.add("0002_index", "-- no-transaction\nCREATE INDEX CONCURRENTLY words_id ON words (id);\n")
    refused = scene.migrate(url=pooled)
    assert refused.code == 1 and "--direct-url" in refused.output
    assert scene.versions() == [1] and scene.invalid_indexes() == []
    scene.migrate("--direct-url", scene.database.url, url=pooled).ok()
    assert scene.invalid_indexes() == [] and scene.versions() == [1, 2]
    assert scene.journal_is_empty()


def test_killed_through_the_pooler(scene, pooled):
    scene.migrations.add("0001_log", "CREATE TABLE log (n int);\n")
    scene.migrations.add("0002_slow", "INSERT INTO log VALUES (2);\nSELECT pg_sleep(1);\n")
    scene.migrations.add("0003_more", "INSERT INTO log VALUES (3);\n")
    running = scene.start(url=pooled)
    until(lambda: scene.database.query("select 1 from pg_stat_activity where query ilike '%%pg_sleep(1)%%'"
                                       " and state = 'active' and pid <> pg_backend_pid()"), "the statement runs")
    running.kill()
    running.end()
    scene.migrate(url=pooled).ok()
    assert scene.database.query("select n from log order by 1") == [(2,), (3,)]
    assert scene.versions() == [1, 2, 3]


def test_a_failed_migration_leaves_nothing(scene, pooled):
    scene.migrations.tables(2)
    scene.migrations.add("0003_wrong", "CREATE TABLE a (id int);\nSELECT 1 / 0;\n")
    result = scene.migrate(url=pooled)
    assert result.code == 1, result.output
    assert scene.versions() == [1, 2] and "public.a" not in scene.database.tables()


def test_session_mode(scene, database):
    with PgBouncer(database.server, "session") as bouncer:
        scene.migrations.tables(5)
        scene.migrate(url=bouncer.url(database.name)).ok()
        assert scene.versions() == [1, 2, 3, 4, 5]
