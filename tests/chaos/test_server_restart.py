"""The server is restarted, or crashes, in the middle of a run."""

import signal

import pytest

from support.postgres import Postgres
from support.scene import Scene
from support.waiting import until


@pytest.fixture
def own_scene(migrations, dunlin):
    with Postgres() as server:
        yield Scene(server.database(), migrations, dunlin)


def slow_migrations(scene):
    scene.migrations.add("0001_log", "CREATE TABLE log (entry int);\n")
    for number in range(2, 12):
        scene.migrations.add(f"{number:04}_step", f"INSERT INTO log VALUES ({number});\nSELECT pg_sleep(0.15);\n")


@pytest.mark.parametrize("how", ["fast", "immediate", "kill"])
def test_the_run_goes_on_after_the_restart(own_scene, how):
    slow_migrations(own_scene)
    server = own_scene.database.server
    running = own_scene.start("--json")
    until(lambda: len(own_scene.versions()) >= 3, "a few migrations are applied")
    if how == "kill":
        server.kill()
        server.start()
    else:
        server.restart(signal.SIGINT if how == "fast" else signal.SIGQUIT)
    running.end(timeout=90).ok()
    assert own_scene.versions() == list(range(1, 12))
    assert own_scene.database.query("select entry from log order by 1") == [(n,) for n in range(2, 12)]


def test_a_restart_inside_create_index_concurrently(own_scene):
    own_scene.migrations.add("0001_words", "CREATE TABLE words (id int, word text);\nINSERT INTO words VALUES (1, 'a');\n")
    own_scene.migrate().ok()
    own_scene.migrations.add("0002_word", "-- no-transaction\nCREATE INDEX CONCURRENTLY words_word ON words (word);\n")
    blocker = own_scene.database.connect()
    blocker.autocommit = False
    blocker.cursor().execute("update words set id = 2")
    running = own_scene.start()
    until(lambda: own_scene.database.query("select 1 from pg_stat_activity where query ilike 'create index conc%%'"
                                           " and wait_event_type = 'Lock'"), "the build waits for the writer")
    own_scene.database.server.kill()
    own_scene.database.server.start()
    first = running.end(timeout=90)
    if first.code != 0:
        own_scene.migrate().ok()
    assert own_scene.invalid_indexes() == []
    assert own_scene.versions() == [1, 2]
    assert own_scene.journal_is_empty()


def test_a_server_that_stays_away_is_said(own_scene):
    slow_migrations(own_scene)
    server = own_scene.database.server
    running = own_scene.start("--json")
    until(lambda: len(own_scene.versions()) >= 3, "a few migrations are applied")
    server.stop(signal.SIGQUIT)
    result = running.end(timeout=120)
    assert result.code in (6, 7), result.output
    assert len(result.json()["applied"]) >= 2
    server.start()
    own_scene.migrate().ok()
    assert own_scene.versions() == list(range(1, 12))
    assert own_scene.database.query("select entry from log order by 1") == [(n,) for n in range(2, 12)]
