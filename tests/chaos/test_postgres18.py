"""The same against PostgreSQL 18."""

import psycopg2

from support.proxy import Proxy
from support.waiting import until


def test_migrate_down_and_up_again(scene18):
    scene18.migrations.tables(5)
    scene18.migrations.add("0006_six.up", "CREATE TABLE six (id int);\n")
    scene18.migrations.add("0006_six.down", "DROP TABLE six;\n")
    scene18.migrate().ok()
    assert scene18.versions() == [1, 2, 3, 4, 5, 6]
    scene18.dunlin("down", "--yes", url=scene18.database.url).ok()
    assert scene18.versions() == [1, 2, 3, 4, 5] and "public.six" not in scene18.database.tables()
    scene18.migrate().ok()
    assert scene18.dunlin("validate", url=scene18.database.url).ok()


def test_an_index_left_invalid(scene18):
    scene18.migrations.add("0001_words", "CREATE TABLE words (id int, word text);\nINSERT INTO words VALUES (1, 'a');\n")
    scene18.migrate().ok()
    scene18.migrations.add("0002_word", "-- no-transaction\nCREATE INDEX CONCURRENTLY words_word ON words (word);\n")
    blocker = psycopg2.connect(scene18.database.url)
    blocker.cursor().execute("update words set id = 2")
    running = scene18.start()
    until(lambda: scene18.database.query("select 1 from pg_stat_activity where query ilike 'create index conc%%'"
                                         " and wait_event_type = 'Lock'"), "the build waits for the writer")
    running.kill()
    running.end()
    until(lambda: not scene18.database.query("select 1 from pg_stat_activity where query ilike 'create index conc%%'"
                                             " and state = 'active'"), "the server ends the build of a dead client")
    blocker.close()
    scene18.quiet()
    scene18.migrate().ok()
    assert scene18.invalid_indexes() == [] and scene18.versions() == [1, 2] and scene18.journal_is_empty()


def test_cut_after_a_commit(scene18):
    scene18.migrations.add("0001_log", "CREATE TABLE log (n int);\n")
    scene18.migrations.add("0002_first", "INSERT INTO log VALUES (1);\n")
    with Proxy(scene18.database.server.port) as proxy:
        rule = proxy.after_client(b"COMMIT", Proxy.cut, nth=2)
        scene18.migrate(url=proxy.url(scene18.database.url)).ok()
        rule.wait()
    assert scene18.database.query("select n from log") == [(1,)]


def test_twenty_at_once(scene18):
    scene18.migrations.tables(20)
    results = [one.end(timeout=120) for one in [scene18.start("--json") for _ in range(20)]]
    assert [result.code for result in results] == [0] * 20
    assert scene18.versions() == list(range(1, 21))


def test_a_transaction_timeout_of_the_role_does_not_end_a_long_run(scene18):
    """New in PostgreSQL 17; it would end the batch, or the lock's session."""
    server, name = scene18.database.server, scene18.database.name
    server.query(f"alter database \"{name}\" set transaction_timeout = '200ms'")
    scene18.migrations.add("0001_slow", "CREATE TABLE a (id int);\nSELECT pg_sleep(0.6);\n")
    scene18.migrate().ok()
    assert scene18.versions() == [1]
