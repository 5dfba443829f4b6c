"""The run lock is held by somebody who is dead, or by another tool."""

import psycopg2
import pytest

from support.proxy import Proxy
from support.scene import lock_key
from support.waiting import until


def test_a_dead_client_that_the_server_has_not_noticed(scene, proxy):
    """exit 4 names the holder; `lock release` ends it; then the run goes on."""
    scene.migrations.tables(2)
    holder = psycopg2.connect(proxy.url(scene.database.url), application_name="old-deploy")
    holder.autocommit = True
    with holder.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (lock_key(scene.database.name),))
    pid = holder.info.backend_pid
    proxy.partition_all()

    busy = scene.migrate("--lock-wait", "1s")
    assert busy.code == 4, busy.output
    assert str(pid) in busy.output and "old-deploy" in busy.output
    assert scene.database.tables() == []

    status = scene.dunlin("lock", "status", url=scene.database.url)
    assert str(pid) in status.output
    scene.dunlin("lock", "release", "--yes", url=scene.database.url).ok()
    until(scene.unlocked, "the holder is gone")
    scene.migrate().ok()
    assert scene.versions() == [1, 2]


def test_no_wait_at_all(scene):
    scene.migrations.tables(1)
    holder = scene.database.connect()
    holder.cursor().execute("select pg_advisory_lock(%s)", (lock_key(scene.database.name),))
    result, seconds, _ = scene.dunlin.measured("migrate", "--lock-wait", "0", url=scene.database.url)
    assert result.code == 4, result.output
    assert seconds < 2
    holder.close()


def test_the_lock_comes_free_while_we_wait(scene):
    scene.migrations.tables(2)
    holder = scene.database.connect()
    holder.cursor().execute("select pg_advisory_lock(%s)", (lock_key(scene.database.name),))
    running = scene.start("--json")
    until(lambda: len(scene.database.query("select 1 from pg_stat_activity where datname = current_database()")) >= 3,
          "it has connected")
    holder.close()
    assert len(running.end().ok().json()["applied"]) == 2


def test_nothing_pending_needs_no_lock(scene):
    scene.migrations.tables(2)
    scene.migrate().ok()
    holder = scene.database.connect()
    holder.cursor().execute("select pg_advisory_lock(%s)", (lock_key(scene.database.name),))
    scene.migrate("--lock-wait", "0").ok()
    holder.close()


def test_a_killed_run_does_not_hold_up_the_next(scene, proxy):
    """kill -9 with a backlog in flight and a server that is not told: the next run gets the lock by itself."""
    scene.migrations.add("0001_log", "CREATE TABLE log (n int);\n")
    scene.migrations.add("0002_slow", "SELECT pg_sleep(1.5);\nINSERT INTO log VALUES (2);\n")
    scene.migrations.add("0003_more", "INSERT INTO log VALUES (3);\n")
    def kill_and_part(link):
        scene.dunlin.started[-1].kill()
    rule = proxy.after_client(b"SELECT pg_sleep", kill_and_part)
    scene.start(url=proxy.url(scene.database.url)).end()
    rule.wait()
    scene.migrate().ok()
    assert scene.database.query("select n from log order by 1") == [(2,), (3,)]
    assert scene.versions() == [1, 2, 3]


@pytest.mark.parametrize("held", ["ACCESS EXCLUSIVE", "ROW EXCLUSIVE"])
def test_a_table_lock_is_waited_for_in_short_tries(scene, held):
    """The application's lock holds the migration up; it is tried again, and the one in the way is named."""
    scene.migrations.tables(1)
    scene.migrate().ok()
    scene.migrations.add("0002_column", "ALTER TABLE t1 ADD note text;\n")
    holder = psycopg2.connect(scene.database.url, application_name="nightly-report")
    holder.cursor().execute(f"lock table t1 in {held} mode")
    running = scene.start("--lock-timeout", "1500ms")
    until(lambda: scene.database.query("select 1 from pg_stat_activity where query ilike 'alter table t1%%'"
                                       " and wait_event_type = 'Lock'"), "it waits")
    # The first try ends, the next one begins: the waiting transaction is another.
    first = scene.database.value("select min(xact_start) from pg_stat_activity where query ilike 'alter table t1%%'")
    until(lambda: scene.database.query("select 1 from pg_stat_activity where query ilike 'alter table t1%%'"
                                       " and wait_event_type = 'Lock' and xact_start > %s", first), "it is tried again")
    holder.close()
    result = running.end().ok()
    assert "nightly-report" in result.output
    assert scene.versions() == [1, 2]


def test_proxy_partition_frees_its_lock_when_told(scene):
    """The server's own check of its client, which dunlin switches on, ends a session whose client is gone."""
    with Proxy(scene.database.server.port) as proxy:
        scene.migrations.add("0001_slow", "SELECT pg_sleep(30);\n")
        running = scene.start(url=proxy.url(scene.database.url))
        until(lambda: scene.database.query("select 1 from pg_stat_activity where query ilike '%%pg_sleep(30)%%'"
                                           " and state = 'active' and pid <> pg_backend_pid()"), "the statement runs")
        running.kill()
        running.end()
        proxy.cut_all()
        until(scene.unlocked, "the lock of the dead run is free", timeout=5)


def test_ending_the_session_of_a_run_that_is_alive_does_not_stop_it_and_says_so(scene):
    scene.migrations.tables(1)
    scene.migrations.add("0002_long", "SELECT pg_sleep(1);\n")
    running = scene.start()
    sleeping = ("select 1 from pg_stat_activity where datname = current_database() and query like 'SELECT pg_sleep%%'"
                " and state = 'active'")
    until(lambda: scene.database.query(sleeping), "it is at work")
    refused = scene.dunlin("lock", "release", "--yes", url=scene.database.url).ok(8)
    assert "stop it with SIGTERM" in refused.stderr
    released = scene.dunlin("lock", "release", "--force", "--yes", url=scene.database.url).ok()
    assert "A run that is alive connects again and goes on" in released.stdout
    running.end().ok()
    assert scene.versions() == [1, 2]


def test_tries_are_counted_as_they_are_announced(scene):
    scene.migrations.add("0001_orders", "CREATE TABLE orders (id int);\n")
    scene.migrate().ok()
    scene.migrations.add("0002_paid", "ALTER TABLE orders ADD paid boolean;\n")
    holder = scene.database.connect()
    holder.autocommit = False
    holder.cursor().execute("select * from orders")
    blocked = scene.migrate("--lock-timeout", "100ms", "--lock-retries", "2").ok(1)
    assert [word for word in ("try 2 of 3", "try 3 of 3", "try 4") if word in blocked.stderr] == ["try 2 of 3", "try 3 of 3"]
    holder.close()
