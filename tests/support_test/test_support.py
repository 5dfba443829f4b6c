"""The tools that other tests stand on do what they say."""

import time

import psycopg2
import pytest

from support.postgres import PASSWORD, PASSWORD_USER, Postgres
from support.proxy import Proxy
from support.tls import Certificates


def test_a_database_is_new_and_empty(database):
    assert database.tables() == []
    database.execute("create table t (id int)")
    assert database.tables() == ["public.t"]
    assert "CREATE TABLE public.t" in database.dump()


def test_the_plain_role_needs_its_password(postgres, database):
    psycopg2.connect(postgres.url(database.name, PASSWORD_USER, PASSWORD)).close()
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(postgres.url(database.name, PASSWORD_USER, "wrong"))


def test_a_killed_server_comes_back_with_what_was_committed():
    with Postgres() as server:
        database = server.database()
        database.execute("create table t (id int); insert into t values (7)")
        server.kill()
        with pytest.raises(psycopg2.OperationalError):
            database.query("select 1")
        server.start()
        assert database.query("select id from t") == [(7,)]


def test_tls_is_verified():
    certificates = Certificates("localhost")
    with Postgres(fast=True, certificates=certificates) as server:
        def connect(host):
            psycopg2.connect(server.url("postgres", host=host, sslmode="verify-full",
                                        sslrootcert=certificates.authority)).close()
        connect("localhost")
        with pytest.raises(psycopg2.OperationalError, match="does not match host name"):
            connect("127.0.0.1")
    certificates.close()


def test_pgbouncer_shares_server_connections(database, pgbouncer):
    first = psycopg2.connect(pgbouncer.url(database.name))
    with first.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        assert cursor.fetchone()[0] != first.info.backend_pid
    first.close()


def test_postgres_18(database18):
    assert database18.server.version >= 180000
    assert database18.value("select 1") == 1


def test_the_proxy_delays_each_way(postgres, database):
    with Proxy(postgres.port, delay=0.02) as proxy:
        connection = psycopg2.connect(proxy.url(database.url))
        cursor = connection.cursor()
        before = time.monotonic()
        cursor.execute("select 1")  # with the BEGIN of psycopg2: two round trips
        assert 0.08 <= time.monotonic() - before < 0.5
        connection.close()


def test_the_proxy_cuts_before_a_commit(database, proxy):
    rule = proxy.before_client(b"commit", Proxy.cut)
    connection = psycopg2.connect(proxy.url(database.url))
    connection.cursor().execute("create table t (id int)")
    with pytest.raises(psycopg2.OperationalError):
        connection.commit()
    rule.wait()
    assert database.tables() == []


def test_the_proxy_loses_the_answer_to_a_commit(database, proxy):
    rule = proxy.after_client(b"commit", Proxy.partition)
    connection = psycopg2.connect(proxy.url(database.url))
    connection.cursor().execute("create table t (id int)")
    with pytest.raises(psycopg2.OperationalError):
        connection.commit()
    rule.wait()
    deadline = time.monotonic() + 10
    while database.tables() != ["public.t"]:
        assert time.monotonic() < deadline


def test_the_proxy_acts_on_the_nth_answer(database, proxy):
    tags = []
    rule = proxy.after_server(b"CREATE TABLE", lambda link: tags.append(database.tables()), nth=2)
    connection = psycopg2.connect(proxy.url(database.url))
    connection.autocommit = True
    for number in (1, 2, 3):
        connection.cursor().execute(f"create table t{number} (id int)")
    rule.wait()
    assert tags == [["public.t1", "public.t2"]]
