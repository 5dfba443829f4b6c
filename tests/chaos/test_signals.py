"""SIGTERM and SIGINT, inside a long statement and inside a full pipeline: thirty times out of thirty."""

import random
import signal
import time

import psycopg2
import pytest

from support.scene import lock_key
from support.waiting import until

TIMES = 30


def stopped(scene, running, how=signal.SIGTERM):
    """Sends the signal and gives the result, after checking what must hold of every stopped run."""
    began = time.monotonic()
    running.process.send_signal(how)
    result = running.end(timeout=20)
    took = time.monotonic() - began
    assert result.code == 128 + how, result.output
    assert took < 5, f"took {took:.1f} s"
    assert scene.unlocked()
    assert not scene.database.query("select query from pg_stat_activity where datname = current_database()"
                                    " and pid <> pg_backend_pid() and state = 'active'")
    return result


def test_inside_a_long_statement(scene):
    scene.migrations.add("0001_slow", "CREATE TABLE slow (id int);\nSELECT pg_sleep(60);\n")
    for _ in range(TIMES):
        running = scene.start("--json")
        until(lambda: scene.database.query("select 1 from pg_stat_activity where query ilike '%%pg_sleep(60)%%'"
                                           " and datname = current_database() and state = 'active'"
                                           " and pid <> pg_backend_pid()"),
              "the statement runs", pause=0.01)
        report = stopped(scene, running).json()
        assert report["outcome"] == "interrupted" and report["applied"] == []
        assert "public.slow" not in scene.database.tables()


def test_inside_a_full_pipeline(scene):
    """Thousands of small migrations in flight: what is reported is what was committed."""
    scene.migrations.add("0001_log", "CREATE TABLE log (n int);\n")
    for number in range(2, 3000):
        scene.migrations.add(f"{number:04}_n", f"INSERT INTO log VALUES ({number});\n")
    chance = random.Random(20261120)
    before = 0
    for _ in range(TIMES):
        running = scene.start("--json")
        until(lambda: len(scene.versions()) > before, "it has begun", pause=0.005)
        time.sleep(chance.uniform(0, 0.05))  # any moment of the pipeline
        if running.process.poll() is not None:
            break
        report = stopped(scene, running).json()
        versions = scene.versions()
        assert len(versions) == before + len(report["applied"])
        assert versions == list(range(1, len(versions) + 1))
        assert scene.database.value("select count(*) from log") == len(versions) - 1
        if len(versions) > 2000:
            scene.database.execute("drop table _sqlx_migrations, log")
            versions = []
        before = len(versions)
    else:
        return
    pytest.fail("the machine was faster than the test: it ended before the signal")


def test_inside_create_index_concurrently(scene):
    scene.migrations.add("0001_words", "CREATE TABLE words (id int, word text);\nINSERT INTO words VALUES (1, 'a');\n")
    scene.migrate().ok()
    scene.migrations.add("0002_word", "-- no-transaction\nCREATE INDEX CONCURRENTLY words_word ON words (word);\n")
    blocker = psycopg2.connect(scene.database.url)
    blocker.cursor().execute("update words set id = 1")
    running = scene.start()
    until(lambda: scene.database.query("select 1 from pg_stat_activity where query ilike 'create index conc%%'"
                                       " and wait_event_type = 'Lock'"), "the build waits for the writer")
    began = time.monotonic()
    running.terminate()
    assert running.end(timeout=20).code == 143
    assert time.monotonic() - began < 5
    blocker.rollback()
    blocker.close()
    scene.migrate().ok()
    assert scene.invalid_indexes() == [] and scene.versions() == [1, 2]


def test_while_waiting_for_the_run_lock(scene):
    scene.migrations.tables(1)
    holder = scene.database.connect()
    holder.cursor().execute("select pg_advisory_lock(%s)", (lock_key(scene.database.name),))
    running = scene.start()
    until(lambda: len(scene.database.query("select 1 from pg_stat_activity where datname = current_database()")) >= 3,
          "it has connected")
    began = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    assert running.end(timeout=20).code == 130
    assert time.monotonic() - began < 5
    holder.close()
    assert scene.database.tables() == []


def test_a_second_signal_ends_it_at_once(scene, proxy):
    """Even when the server's answers do not arrive any more."""
    scene.migrations.add("0001_slow", "SELECT pg_sleep(60);\n")
    running = scene.start(url=proxy.url(scene.database.url))
    until(lambda: scene.database.query("select 1 from pg_stat_activity where query ilike '%%pg_sleep(60)%%'"
                                       " and state = 'active' and pid <> pg_backend_pid()"), "the statement runs")
    proxy.answers_dropped = True
    proxy.refusing = True
    running.terminate()
    time.sleep(0.2)  # between two presses of a key
    running.terminate()
    began = time.monotonic()
    assert running.end(timeout=20).code == 143
    assert time.monotonic() - began < 2
