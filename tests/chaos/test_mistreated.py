"""Random migrations under everything at once: kill -9, SIGTERM, cut and silent links, ended sessions, several runners.

Three rounds here; `make soak` runs rounds with new seeds for SOAK_MINUTES. A round that fails is repeated with --seed.
"""

import random
import time

from support.proxy import Proxy

# What a run that is left alone, or that only its server treats badly, may end with: done, or the database could not be
# reached in time.
CALM = {0, 6}


def make_migrations(migrations, chance):
    """Each writes its numbers to `log`, which has no key that would hide a second time. Gives how many there are."""
    migrations.add("0001_log", "CREATE TABLE log (n int);\nINSERT INTO log VALUES (1);\n")
    tables = ["log"]
    count = chance.randrange(8, 20)
    for number in range(2, count + 1):
        entry = f"INSERT INTO log VALUES ({number});\n"
        pause = f"SELECT pg_sleep({chance.uniform(0, 0.05):.3f});\n" if chance.random() < 0.5 else ""
        kind = chance.choice(["table", "rows", "index", "outside", "column"])
        column = "n" if tables[-1] == "log" else "a"
        if kind == "table":
            tables.append(f"t{number}")
            text = f"CREATE TABLE t{number} (a int, b text);\n{pause}{entry}"
        elif kind == "rows":
            text = "".join(f"INSERT INTO log VALUES ({number});\n" for _ in range(chance.randrange(1, 300))) + pause
        elif kind == "index":
            text = (f"-- no-transaction\n{entry}CREATE INDEX CONCURRENTLY i{number} ON {tables[-1]} ({column});\n"
                    f"CREATE INDEX CONCURRENTLY j{number} ON log (n);\n")
        elif kind == "outside":
            text = f"-- no-transaction\nSET search_path = public;\n{entry}{pause}VACUUM {tables[-1]};\n{entry}"
        else:
            text = f"ALTER TABLE {tables[-1]} ADD c{number} int DEFAULT {number};\n{pause}{entry}"
        migrations.add(f"{number:04}_{kind}", text)
    return count


def state(database):
    """What has to be equal: the schema, what was written, and the history without its times."""
    history = database.query("select version, description, success, checksum from _sqlx_migrations order by 1")
    log = database.query("select n, count(*) from log group by 1 order by 1")
    return database.dump("--schema-only"), log, [(*row[:3], bytes(row[3])) for row in history]


def mistreat(scene, proxy, chance):
    """Starts a few runners and does things to them until all have ended."""
    running = [scene.start("--wait", "5s", url=proxy.url(scene.database.url)) for _ in range(chance.randrange(1, 4))]
    harmed = set()
    while any(one.process.poll() is None for one in running):
        time.sleep(chance.uniform(0, 0.25))
        one = chance.choice(running)
        deed = chance.choice(["kill", "terminate", "cut", "silence", "end session", "nothing"])
        if deed in ("kill", "terminate"):
            harmed.add(one.pid)
            one.kill() if deed == "kill" else one.terminate()
        elif deed == "cut":
            proxy.cut_all()
        elif deed == "silence":
            proxy.partition_all()
            time.sleep(chance.uniform(0, 0.3))
            proxy.heal()
        elif deed == "end session":
            scene.database.query("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                                 " and datname = current_database() and application_name like 'dunlin%%'")
    for one in running:
        result = one.end(timeout=90)
        allowed = CALM | ({-9, 143} if one.pid in harmed else set())
        assert result.code in allowed, f"exit code {result.code}\n{result.output}"


def one_round(scene, seed):
    chance = random.Random(seed)
    for file in scene.migrations.directory.iterdir():
        file.unlink()
    count = make_migrations(scene.migrations, chance)
    server = scene.database.server
    wanted, scene.database = server.database(), server.database()
    scene.dunlin("migrate", url=wanted.url).ok()
    with Proxy(server.port) as proxy:
        for _ in range(chance.randrange(3, 10)):
            mistreat(scene, proxy, chance)
    scene.quiet()
    scene.migrate().ok()
    assert scene.versions() == list(range(1, count + 1))
    assert state(scene.database) == state(wanted)
    assert scene.unlocked() and scene.journal_is_empty() and scene.invalid_indexes() == []
    for database in (wanted, scene.database):
        server.drop_database(database.name)


def test_whatever_happens_each_migration_is_applied_once(scene, request):
    original = scene.database
    minutes, given = request.config.getoption("--minutes"), request.config.getoption("--seed")
    began, rounds = time.monotonic(), 0
    seeds = [given] if given else [1, 2, 3]
    while seeds or time.monotonic() - began < minutes * 60:
        seed = seeds.pop() if seeds else random.randrange(1 << 32)
        print(f"round {rounds}: --seed {seed}", flush=True)  # pytest shows it when the round fails
        one_round(scene, seed)
        rounds += 1
    scene.database = original
