"""Each way of not getting to a database has its own words, and its exit code: 2 is a setting, 6 is the database."""

import socket
import threading
import urllib.parse
from contextlib import suppress

import pytest

from support.postgres import PASSWORD, PASSWORD_USER, Postgres
from support.tls import Certificates

# What is wrong with it: the parts, the exit code, and what is said.
WRONG = {
    "malformed": ({"port": "99999"}, 2, "port"),
    "refused": ({"port": "1"}, 6, "nothing listens at 127.0.0.1:1: connection refused"),
    "unknown host": ({"host": "no-such-host.invalid"}, 6, "the host name in no-such-host.invalid"),
    "no such database": ({"name": "no_such_database"}, 6, 'database "no_such_database" does not exist'),
}
MALFORMED = [
    "postgres://app:secret-word@db:99999/app", "postgres://app:secret-word@db:0/app", "postgres://app:secret-word@db:54x2/app",
    "postgres://app:secret-word@[::1/app", "postgres://app:secret-word@d b/app",
    "postgres://app:secret%zzword@db/app", "postgres://app:secret-word@db/app?connect_timeout=soon",
    "postgres://app:secret-word@db/app?sslmode=on", "postgres://app:secret-word@db/app?target_session_attrs=some",
    "postgres://app:secret-word@127.0.0.1/app?keepalives_idle=x", "postgres://app:secret-word@db/app?hostaddr=nowhere",
    "postgres://app:secret-word@a,b/app?port=1,2,3", "postgres://app:secret-word@db/app?hostaddr=10.0.0.1,10.0.0.2",
    "postgres://app:secret-word@db/app?ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2",
    "postgres://app:secret-word@db/app?service=none-of-that-name", "postgrs://app:secret-word@db/app",
    "app:secret-word@db/app", "host=db port=99999 password=secret-word", "host=db password='secret-word",
]


def named_by(way, parts):
    """Arguments and environment that name the database so."""
    url = f"postgres://postgres@{parts['host']}:{parts['port']}/{parts['name']}"
    if way == "DATABASE_URL":
        return [], {"DATABASE_URL": url}
    if way == "--url":
        return ["--url", url], {}
    return [], {"DB__DRIVER": "postgres", "DB__USER": "postgres",
                **{f"DB__{name.upper()}": value for name, value in parts.items()}}


@pytest.fixture
def server_parts(database, migrations):
    migrations.tables(1)
    place = urllib.parse.urlsplit(database.url)
    return {"host": "127.0.0.1", "port": str(place.port), "name": database.name}


@pytest.mark.parametrize("way", ["DATABASE_URL", "--url", "parts"])
@pytest.mark.parametrize("wrong", WRONG)
def test_each_failure_has_its_own_words(dunlin, server_parts, wrong, way):
    parts, code, says = WRONG[wrong]
    arguments, env = named_by(way, server_parts | parts)
    result = dunlin("info", *arguments, env=env).ok(code)
    assert says in result.stderr and "Next: " in result.stderr
    document = dunlin("info", "--json", *arguments, env=env).ok(code).json()
    assert says in document["error"]["message"]
    arguments, env = named_by(way, server_parts)
    dunlin("info", *arguments, env=env).ok()


def test_a_line_end_behind_a_value_is_no_part_of_it(dunlin, server_parts, database):
    """As Secrets made of files have it."""
    assert dunlin("info", "--json", env={"DATABASE_URL": database.url + "\n"}).ok().json()["database"] == database.name
    _, parts = named_by("parts", server_parts)
    assert dunlin("info", "--json", env={name: value + "\r\n" for name, value in parts.items()}).ok().json()["database"] == database.name


def test_what_hangs_up_is_called_so(dunlin, migrations):
    """A port behind which something else listens, or a server that ends just now."""
    migrations.tables(1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        def hang_up():
            with suppress(OSError):
                while True:
                    server.accept()[0].close()
        threading.Thread(target=hang_up, daemon=True).start()
        place = f"127.0.0.1:{server.getsockname()[1]}"
        said = dunlin("info", url=f"postgres://app@{place}/app").ok(6).stderr
        server.shutdown(socket.SHUT_RDWR)
    assert f"error: {place} closed the connection before it answered\nNext: check that a PostgreSQL server listens there" in said


@pytest.mark.parametrize("arguments, env, says", [
    ([], {"DATABASE_URL": ""}, "DATABASE_URL is set but empty"),
    (["--url", ""], {}, "the database URL is empty"),
    (["--url", " "], {}, "the database URL is empty"),
    ([], {"DB__DRIVER": "postgres", "DB__HOST": "", "DB__NAME": "app"}, "DB__HOST is set but empty"),
    ([], {"DB__DRIVER": "postgres", "DB__HOST": "db", "DB__NAME": ""}, "DB__NAME is set but empty"),
])
def test_an_empty_setting_is_named(dunlin, migrations, arguments, env, says):
    migrations.tables(1)
    assert says in dunlin("info", *arguments, env=env).ok(2).stderr


@pytest.mark.parametrize("url", MALFORMED)
def test_a_url_that_is_malformed_is_a_setting(dunlin, migrations, url):
    migrations.tables(1)
    for arguments, env in (["info"], {"DATABASE_URL": url}), (["info", "--url", url], {}):
        result = dunlin(*arguments, env=env).ok(2)
        assert "database URL" in result.stderr or "no driver for" in result.stderr
        assert "secret" not in result.output
    # Waiting cannot heal it.
    dunlin("wait", "--timeout", "60s", env={"DATABASE_URL": url}, timeout=30).ok(2)


def test_waiting_for_a_file_that_nobody_makes_says_how_to_make_it(dunlin, migrations, sqlite_dir):
    migrations.tables(1)
    for goal in ("reachable", "migrated"):
        result = dunlin("wait", "--for", goal, "--timeout", "1s", url=sqlite_dir.url("none.db")).ok(6)
        assert "none.db does not exist" in result.stderr and "Next: dunlin create" in result.stderr
        assert "server" not in result.stderr


def test_waiting_for_what_refuses_us_says_what_to_do_about_it(dunlin, migrations, postgres):
    migrations.tables(1)
    absent = dunlin("wait", "--timeout", "1s", url=postgres.url("no_such_database")).ok(6)
    assert "create it: dunlin create" in absent.stderr
    away = dunlin("wait", "--timeout", "1s", url="postgres://postgres@127.0.0.1:1/app").ok(6)
    assert "check that the server runs" in away.stderr
    wrong = dunlin("wait", "--timeout", "1s", url=postgres.url("postgres", user="app", password=PASSWORD + "x")).ok(6)
    assert "check the password" in wrong.stderr


def test_a_malformed_url_says_where_it_comes_from(dunlin, migrations, tmp_path):
    migrations.tables(1)
    url = "postgres://app:secret-word@127.0.0.1:5432x/app"
    what = "the database URL is malformed: what stands in the place of its port is no number"
    assert f"error: DATABASE_URL: {what}\n" in dunlin("info", env={"DATABASE_URL": url}).ok(2).stderr
    assert f"error: --url: {what}\n" in dunlin("shell", "-c", "SELECT 1", "--url", url).ok(2).stderr
    assert f"error: MIGRATION_DATABASE_URL: {what}\n" in dunlin("migrate", env={"MIGRATION_DATABASE_URL": url}).ok(2).stderr
    (tmp_path / ".env").write_text(f"\nDATABASE_URL={url}\n")
    assert f"error: DATABASE_URL in .env:2: {what}\n" in dunlin("info").ok(2).stderr
    (tmp_path / ".env").unlink()
    (tmp_path / "dunlin.toml").write_text(f'url = "{url}"\n')
    assert f"error: dunlin.toml:1: {what}\n" in dunlin("info").ok(2).stderr


def test_a_refused_password_is_looked_for_where_it_came_from(dunlin, server_parts, tmp_path):
    _, env = named_by("parts", server_parts)
    env["DB__USER"] = PASSWORD_USER
    missing = dunlin("info", env=env).ok(6).stderr
    assert "Next: put it into DB__PASSWORD, PGPASSWORD or ~/.pgpass" in missing
    refused = dunlin("info", env={**env, "DB__PASSWORD": "not it at all"}).ok(6).stderr
    assert "Next: check the password in DB__PASSWORD, PGPASSWORD" in refused
    (tmp_path / "password").write_text("not it at all")
    for command in ("info", "migrate", "doctor"):
        refused = dunlin(command, env={**env, "DB__PASSWORD_FILE": str(tmp_path / "password")}).ok(6).output
        assert "check the password in DB__PASSWORD_FILE, PGPASSWORD" in refused, command


def test_a_role_that_may_not_log_in(dunlin, database, migrations):
    migrations.tables(1)
    role = f"n_{database.name}"
    database.execute(f"create role {role}")
    try:
        refused = dunlin("info", url=database.server.url(database.name, role)).ok(6).stderr
        fix = f'ALTER ROLE "{role}" LOGIN'
        assert refused.endswith(f"Next: {fix}\n")
        database.execute(fix)
        dunlin("info", url=database.server.url(database.name, role)).ok()
    finally:
        database.execute(f"drop role {role}")


def test_a_database_that_takes_no_connections(dunlin, database, migrations):
    migrations.tables(1)
    database.server.query(f'alter database "{database.name}" allow_connections false')
    refused = dunlin("info", url=database.url).ok(6).stderr
    fix = f'ALTER DATABASE "{database.name}" ALLOW_CONNECTIONS true;'
    assert f'database "{database.name}" takes no connections' in refused and f"Next: {fix}" in refused
    database.server.query(fix)
    dunlin("info", url=database.url).ok()


def test_the_certificate_file_that_is_missing_is_named(dunlin, migrations):
    migrations.tables(1)
    certificates = Certificates()
    with Postgres(fast=True, certificates=certificates) as server:
        url = server.url(server.database().name, sslmode="verify-full", sslrootcert="/none/of/it.crt")
        refused = dunlin("info", url=url).ok(6).stderr
    certificates.close()
    assert 'could not be verified: root certificate file "/none/of/it.crt" does not exist\n' in refused
