"""TLS with a real certificate: verified when asked for, refused when it is somebody else's."""

import pytest

from support.postgres import PASSWORD, PASSWORD_USER, Postgres
from support.tls import Certificates


@pytest.fixture(scope="module")
def certificates():
    made = Certificates("localhost")
    yield made
    made.close()


@pytest.fixture(scope="module")
def tls_server(certificates):
    with Postgres(fast=True, certificates=certificates) as server:
        yield server


def test_verify_full(tls_server, certificates, migrations, dunlin):
    database = tls_server.database()
    migrations.tables(3)
    dunlin("migrate", url=tls_server.url(database.name, host="localhost", sslmode="verify-full",
                                         sslrootcert=certificates.authority)).ok()
    assert database.query("select version from _sqlx_migrations order by 1") == [(1,), (2,), (3,)]


def test_verify_full_with_a_password_and_from_variables(tls_server, certificates, migrations, dunlin):
    database = tls_server.database(owner=PASSWORD_USER)
    migrations.tables(1)
    dunlin("migrate", url=tls_server.url(database.name, PASSWORD_USER, PASSWORD, host="localhost"),
           env={"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(certificates.authority)}).ok()


def test_another_name_than_the_certificate_s_is_refused(tls_server, certificates, migrations, dunlin):
    migrations.tables(1)
    result = dunlin("migrate", url=tls_server.url("postgres", host="127.0.0.1", sslmode="verify-full",
                                                  sslrootcert=certificates.authority))
    assert result.code == 6, result.output
    assert "certificate" in result.output
    assert tls_server.query("select to_regclass('_sqlx_migrations')") == [(None,)]


def test_another_authority_is_refused(tls_server, migrations, dunlin):
    migrations.tables(1)
    other = Certificates("localhost")
    result = dunlin("migrate", url=tls_server.url("postgres", host="localhost", sslmode="verify-ca",
                                                  sslrootcert=other.authority))
    assert result.code == 6, result.output
    assert "certificate verify failed" in result.output
    other.close()


def test_a_server_that_wants_tls_is_not_talked_to_without(tls_server, migrations, dunlin):
    migrations.tables(1)
    assert dunlin("migrate", url=tls_server.url("postgres", host="localhost", sslmode="disable")).code == 6
