"""CREATE INDEX CONCURRENTLY and its relatives, killed half-way: invalid indexes are dropped and built again."""

import psycopg2
import pytest

from support.waiting import until

TABLE = "CREATE TABLE words (id int, word text);\nINSERT INTO words SELECT n, 'w' || n FROM generate_series(1, 500) n;\n"


@pytest.fixture
def words(scene):
    scene.migrations.add("0001_words", TABLE)
    scene.migrate().ok()
    return scene


def writer(scene, table="words"):
    """A session that has written to the table and not committed: an index build on it waits for the session's end."""
    connection = psycopg2.connect(scene.database.url)
    connection.cursor().execute(f"update {table} set id = id where id = 1")
    return connection


def building(scene):
    return scene.database.query("select pid from pg_stat_activity where query ilike 'create index concurrently%%'"
                                " and state = 'active' and wait_event_type = 'Lock'")


def killed_while_building(scene):
    """Kills dunlin inside the index build, and waits until the server has given up on it."""
    blocker = writer(scene)
    running = scene.start()
    until(lambda: building(scene), "the build waits for the writer")
    running.kill()
    assert running.end().code == -9
    until(lambda: not building(scene), "the server ends the build of a dead client")
    blocker.close()
    scene.quiet()


def test_an_index_left_invalid_is_dropped_and_built_again(words):
    words.migrations.add("0002_word", "-- no-transaction\nCREATE INDEX CONCURRENTLY words_word ON words (word);\n")
    killed_while_building(words)
    assert words.invalid_indexes() == [("words_word",)]
    assert words.versions() == [1]
    words.migrate().ok()
    assert words.invalid_indexes() == []
    assert words.database.query("select indexname from pg_indexes where tablename = 'words'") == [("words_word",)]
    assert words.versions() == [1, 2]
    assert words.journal_is_empty()


def test_an_unnamed_index_is_not_built_twice(words):
    words.migrations.add("0002_word", "-- no-transaction\nCREATE INDEX CONCURRENTLY ON words (word);\n")
    killed_while_building(words)
    words.migrate().ok()
    assert words.database.query("select indexname from pg_indexes where tablename = 'words'") == [("words_word_idx",)]
    assert words.invalid_indexes() == []


def test_if_not_exists_does_not_believe_an_invalid_index(words):
    words.migrations.add("0002_word",
                         "-- no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS words_word ON words (word);\n")
    killed_while_building(words)
    words.migrate().ok()
    assert words.invalid_indexes() == []
    assert words.versions() == [1, 2]


def test_a_unique_index_that_fails_is_cleared_away_and_can_be_corrected(words):
    words.database.execute("insert into words values (1, 'w1')")
    path = words.migrations.add("0002_unique", "-- no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY u ON words (word);\n")
    failed = words.migrate()
    assert failed.code in (1, 7)
    assert "23505" in failed.output
    words.database.execute("delete from words where ctid in (select max(ctid) from words where word = 'w1')")
    words.migrate().ok()
    assert words.invalid_indexes() == []
    assert words.versions() == [1, 2]
    assert path.exists()


def test_dropping_an_index_concurrently_goes_on(words):
    words.database.execute("create index words_word on words (word)")
    words.migrations.add("0002_drop", "-- no-transaction\nDROP INDEX CONCURRENTLY words_word;\n"
                                      "CREATE INDEX CONCURRENTLY words_id ON words (id);\n")
    blocker = writer(words)
    running = words.start()
    until(lambda: words.database.query("select 1 from pg_stat_activity where query ilike 'drop index concurrently%%'"
                                       " and wait_event_type = 'Lock'"), "the drop waits for the writer")
    running.kill()
    running.end()
    until(lambda: not words.database.query("select 1 from pg_stat_activity where query ilike 'drop index concurrently%%'"
                                           " and state = 'active'"), "the server ends the drop of a dead client")
    blocker.close()
    words.quiet()
    words.migrate().ok()
    assert words.database.query("select indexname from pg_indexes where tablename = 'words'") == [("words_id",)]


def test_a_live_build_of_somebody_else_is_not_disturbed(words):
    """The lock is taken by another runner that builds: we wait for it, and then there is nothing to do."""
    words.migrations.add("0002_word", "-- no-transaction\nCREATE INDEX CONCURRENTLY words_word ON words (word);\n")
    blocker = writer(words)
    first = words.start()
    until(lambda: building(words), "the build waits for the writer")
    second = words.start("--json")
    until(lambda: len(words.database.query("select 1 from pg_stat_activity where datname = current_database()")) >= 4,
          "the second has connected", pause=0.1)
    blocker.rollback()
    blocker.close()
    first.end().ok()
    assert second.end().ok().json()["applied"] == []
    assert words.invalid_indexes() == []
