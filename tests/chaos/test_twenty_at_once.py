"""Twenty dunlin processes started at once apply each migration exactly once, and all are content."""

import pytest

from support.waiting import until


def applied_by(results):
    return sorted(int(step["version"]) for result in results for step in result.ok().json()["applied"]
                  if not step.get("by_another"))


def run_twenty(scene, url):
    running = [scene.dunlin.start("migrate", "--json", url=url) for _ in range(20)]
    return [one.end(timeout=120) for one in running]


@pytest.mark.parametrize("round_number", range(3))
def test_postgres(scene, round_number):
    scene.migrations.tables(30)
    scene.migrations.add("0031_log", "CREATE TABLE log (n int);\nINSERT INTO log VALUES (1);\n")
    scene.migrations.add("0032_index", "-- no-transaction\nCREATE INDEX CONCURRENTLY log_n ON log (n);\n")
    results = run_twenty(scene, scene.database.url)
    assert applied_by(results) == list(range(1, 33))
    assert scene.versions() == list(range(1, 33))
    assert scene.database.query("select n from log") == [(1,)]
    assert scene.invalid_indexes() == []
    assert scene.unlocked()


def test_postgres_some_killed(scene):
    """Five of the twenty are killed on the way; the others finish the work."""
    scene.migrations.tables(60)
    running = [scene.dunlin.start("migrate", "--json", url=scene.database.url) for _ in range(20)]
    for one in running[::4]:
        one.kill()
    results = [one.end(timeout=120) for number, one in enumerate(running) if number % 4]
    assert all(result.code == 0 for result in results), [result.stderr for result in results if result.code]
    assert scene.versions() == list(range(1, 61))


def test_sqlite(migrations, dunlin, sqlite_dir):
    migrations.tables(30)
    migrations.add("0031_log", "CREATE TABLE log (n int);\nINSERT INTO log VALUES (1);\n")
    running = [dunlin.start("migrate", "--json", url=sqlite_dir.url()) for _ in range(20)]
    results = [one.end(timeout=120) for one in running]
    assert applied_by(results) == list(range(1, 32))
    assert sqlite_dir.query("select n from log; select count(*) from _sqlx_migrations; pragma integrity_check") == [
        "1", "31", "ok"]


def test_rule_1_17_a_tool_without_a_lock_makes_the_history_table_at_the_same_time(scene):
    """dunlin's CREATE TABLE waits for the other's, then fails with 23505: then it looks again, and goes on."""
    scene.migrations.tables(3)
    with scene.database.connect() as other, other.cursor() as cursor:
        cursor.execute("begin; create table _sqlx_migrations (version bigint primary key, description text not null,"
                       " installed_on timestamptz not null default now(), success boolean not null,"
                       " checksum bytea not null, execution_time bigint not null)")
        running = scene.start()
        until(lambda: scene.database.query("select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ilike"
                                           " 'create table%%_sqlx_migrations%%'"), "dunlin waits for the other's table")
        cursor.execute("commit")
    running.end().ok()
    assert scene.versions() == [1, 2, 3]
