"""kill -9 at every step that dunlin takes with PostgreSQL, and at every answer: the next run finishes.

The long runs kill at every single message instead: --every-message.
"""

import shutil

import pytest

from support.proxy import STEPS, Proxy

# Each row of `log` must be there exactly once in the end; there is no key that would hide a second one.
TRANSACTIONAL = {
    "0001_log.sql": "CREATE TABLE log (entry text);\nINSERT INTO log VALUES ('first');\n",
    "0002_orders.sql": "CREATE TABLE orders (id int PRIMARY KEY, total numeric);\nINSERT INTO orders VALUES (1, 9.5);\n"
                       "CREATE INDEX orders_total ON orders (total);\nINSERT INTO log VALUES ('second');\n",
    "0003_paid.sql": "ALTER TABLE orders ADD paid boolean NOT NULL DEFAULT false;\nINSERT INTO log VALUES ('third');\n",
}
# The third cannot run in a transaction; its SET decides which table its index is made for, and two of its statements
# come before and after those that the server refuses in a block.
NON_TRANSACTIONAL = {
    "0001_log.sql": "CREATE TABLE log (entry text);\nINSERT INTO log VALUES ('first');\n",
    "0002_words.sql": "CREATE TABLE words (a int, b int);\nCREATE SCHEMA other;\nCREATE TABLE other.words (a int, b int);\n"
                      "INSERT INTO log VALUES ('second');\n",
    "0003_indexes.sql": "-- no-transaction\nSET search_path = other, public;\nINSERT INTO log VALUES ('third');\n"
                        "CREATE INDEX CONCURRENTLY words_a ON words (a);\nCREATE INDEX CONCURRENTLY words_b ON words (b);\n"
                        "INSERT INTO log VALUES ('fourth');\n",
    "0004_after.sql": "CREATE TABLE after (id int);\nINSERT INTO log VALUES ('fifth');\n",
}


class Case:
    def __init__(self, scene, files, expected_log, counted=STEPS):
        self.scene = scene
        self.counted = counted
        self.expected_log = expected_log
        for name, content in files.items():
            scene.migrations.add(name, content)

    def fresh_database(self):
        database = self.scene.database.server.database()
        self.scene.database = database
        return database

    def count_messages(self):
        """How many messages an undisturbed run takes, each way."""
        database = self.fresh_database()
        with Proxy(database.server.port) as proxy:
            proxy.counting, proxy.counted = True, self.counted
            self.scene.migrate(url=proxy.url(database.url)).ok()
            self.check_end()
            counts = dict(proxy.messages)
        database.server.drop_database(database.name)
        return counts

    def kill_at(self, side, number):
        """Kills at this message, then migrates again. False when the run had ended before it came."""
        database = self.fresh_database()
        with Proxy(database.server.port) as proxy:
            proxy.counted = self.counted
            proxy.at_message(side, number, self.scene.kill_last)
            first = self.scene.migrate(url=proxy.url(database.url))
        killed = first.code == -9
        self.scene.quiet()
        self.check_between()
        self.scene.migrate().ok()
        self.check_end()
        assert self.scene.migrate("--json").ok().json()["outcome"] == "nothing"
        database.server.drop_database(database.name)
        return killed

    def check_between(self):
        """A migration that is recorded is there; one that is transactional and not recorded is not."""
        scene, versions = self.scene, self.scene.versions()
        tables = scene.database.tables()
        assert ("public.log" in tables) == (1 in versions)
        entries = [entry for (entry,) in scene.database.query("select entry from log")] if 1 in versions else []
        assert ("second" in entries) == (2 in versions)
        assert len(entries) == len(set(entries))

    def check_end(self):
        scene = self.scene
        assert [entry for (entry,) in scene.database.query("select entry from log")] == self.expected_log
        assert len(scene.versions()) == len(list(scene.migrations.directory.iterdir()))
        assert scene.invalid_indexes() == []
        assert scene.journal_is_empty()
        if "other.words" in scene.database.tables():
            indexes = scene.database.query("select schemaname, indexname from pg_indexes where tablename = 'words'"
                                           " order by indexname")
            assert indexes == [("other", "words_a"), ("other", "words_b")]


@pytest.mark.parametrize("files, log", [
    (TRANSACTIONAL, ["first", "second", "third"]),
    (NON_TRANSACTIONAL, ["first", "second", "third", "fourth", "fifth"]),
], ids=["transactional", "non_transactional"])
@pytest.mark.parametrize("side", ["client", "server"])
def test_killed_at_every_step(scene, files, log, side, request):
    case = Case(scene, files, log, None if request.config.getoption("--every-message") else STEPS)
    original = scene.database
    total = case.count_messages()[side]
    assert total > 10
    killed = sum(case.kill_at(side, number) for number in range(1, total + 1))
    # Nearly all of them hit: a message may go missing only where polling made the counted run longer than this one.
    assert killed >= total * 0.8
    scene.database = original


def test_killed_behind_the_last_commit(scene):
    """Everything is committed and nobody was told: the next run has nothing to do."""
    case = Case(scene, TRANSACTIONAL, ["first", "second", "third"])
    with Proxy(scene.database.server.port) as proxy:
        rule = proxy.before_server(b"COMMIT", scene.kill_last, nth=4)
        running = scene.start(url=proxy.url(scene.database.url))
        running.end()
        if not rule.fired.is_set():  # the history table was made in the same transaction as the first migration
            assert running.process.returncode == 0
    scene.quiet()
    scene.migrate().ok()
    case.check_end()


def test_the_directory_may_change_between_the_crash_and_the_next_run(scene, tmp_path):
    """What was not applied may be corrected; what was not recorded may be removed."""
    case = Case(scene, TRANSACTIONAL, ["first", "second"])
    with Proxy(scene.database.server.port) as proxy:
        rule = proxy.before_client(b"ALTER TABLE orders", scene.kill_last)
        scene.start(url=proxy.url(scene.database.url)).end()
        rule.wait()
    scene.quiet()
    shutil.move(str(scene.migrations.directory / "0003_paid.sql"), str(tmp_path / "gone.sql"))
    scene.migrate().ok()
    case.check_end()
