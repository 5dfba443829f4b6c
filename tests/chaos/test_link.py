"""The link to the server is cut, or its answers get lost, before and after a COMMIT."""

import time

import pytest

from support.proxy import Proxy
from support.waiting import until


@pytest.fixture
def counted(scene):
    """Migrations whose second run would show: nothing but dunlin keeps a row from being written again."""
    scene.migrations.add("0001_log", "CREATE TABLE log (entry text);\n")
    scene.migrations.add("0002_first", "INSERT INTO log VALUES ('first');\n")
    scene.migrations.add("0003_second", "INSERT INTO log VALUES ('second');\n")
    return scene


def check(scene, expected=("first", "second")):
    assert [entry for (entry,) in scene.database.query("select entry from log")] == list(expected)
    assert scene.versions() == [1, 2, 3]
    until(scene.unlocked, "the lock is free")


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("moment", ["before_client", "after_client", "before_server", "after_server"])
def test_cut_around_a_commit(counted, proxy, moment, nth):
    rule = getattr(proxy, moment)(b"COMMIT", Proxy.cut, nth=nth)
    counted.migrate(url=proxy.url(counted.database.url)).ok()
    rule.wait()
    check(counted)


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_the_session_is_ended_behind_a_commit(counted, proxy, nth):
    """The server's last word stands where the end of its answer should: nothing else will come."""
    rule = proxy.after_server(b"COMMIT", Proxy.end_session, nth=nth)
    counted.migrate(url=proxy.url(counted.database.url)).ok()
    rule.wait()
    check(counted)


@pytest.mark.parametrize("pattern", [b"BEGIN", b"INSERT INTO log VALUES ('first')", b"INSERT INTO log VALUES ('second')"])
def test_cut_inside_a_transaction(counted, proxy, pattern):
    rule = proxy.before_client(pattern, Proxy.cut)
    counted.migrate(url=proxy.url(counted.database.url)).ok()
    rule.wait()
    check(counted)


def test_a_commit_that_lands_seconds_after_the_reconnect_is_not_run_twice(counted, proxy):
    """The server never learns that the link is gone: it works on, and commits, while dunlin is connected anew."""
    counted.migrations.add("0003_second", "INSERT INTO log VALUES ('second');\nSELECT pg_sleep(3);\n")
    # Everything of 0003 has been forwarded, its COMMIT too, when the client's side breaks.
    rule = proxy.after_client(b"COMMIT", Proxy.partition, nth=_commits_before_third(counted))
    began = time.monotonic()
    counted.migrate(url=proxy.url(counted.database.url)).ok()
    rule.wait()
    assert time.monotonic() - began >= 2.5 or proxy.connections >= 2
    check(counted)


def _commits_before_third(scene):
    """How many COMMITs a run sends until 0003's, counted on a database of its own."""
    server = scene.database.server
    other = server.database()
    with Proxy(server.port) as counter:
        seen = []
        for nth in range(1, 10):
            counter.after_client(b"COMMIT", lambda link, nth=nth: seen.append(nth), nth=nth)
        third = counter.before_client(b"INSERT INTO log VALUES ('second')", lambda link: seen.append("third"))
        scene.migrate(url=counter.url(other.url)).ok()
        third.wait()
    server.drop_database(other.name)
    return seen.index("third") + 1


@pytest.mark.parametrize("pattern", [b"INSERT INTO log VALUES ('second')", b"COMMIT"])
def test_answers_are_lost_and_then_the_link(counted, proxy, pattern):
    """Silence first; the link breaks seconds later."""
    # dunlin reads in transactions of its own before: their COMMITs are not the one that is meant.
    nth = _commits_before_third(counted) if pattern == b"COMMIT" else 1
    rule = proxy.after_client(pattern, Proxy.drop_answers, nth=nth)
    running = counted.start(url=proxy.url(counted.database.url))
    rule.wait()
    until(lambda: 3 in counted.versions(), "the server has done all the same")
    proxy.heal()
    proxy.cut_all()
    running.end().ok()
    check(counted)


def test_the_server_cannot_be_reached_again(counted, proxy):
    """No answer and no way back: dunlin says that it does not know, and the next run finds out."""
    def cut_for_good(link):
        proxy.refusing = True
        link.cut()
    rule = proxy.after_client(b"COMMIT", cut_for_good, nth=2)
    result = counted.migrate("--json", url=proxy.url(counted.database.url), timeout=120)
    rule.wait()
    assert result.code in (6, 7), result.output
    assert result.json()["outcome"] in ("error", "failed")
    counted.quiet()
    counted.migrate().ok()
    check(counted)


def test_a_slow_link_is_no_broken_link(counted):
    with Proxy(counted.database.server.port, delay=0.1) as slow:
        counted.migrate(url=slow.url(counted.database.url)).ok()
    check(counted)
