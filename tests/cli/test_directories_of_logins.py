"""What libpq does with a company's own directories: logging in with Kerberos, and asking LDAP where a database is. The
released program loads their libraries only then (cmake/libpq_on_demand.c)."""

import pytest

from support.kerberos import Kerberos
from support.ldap import Ldap
from support.postgres import Postgres


@pytest.fixture(scope="module")
def realm():
    with Kerberos() as realm:
        yield realm


@pytest.fixture(scope="module")
def kerberised(realm):
    """A server that lets nobody in over TCP without Kerberos."""
    keys = realm.keytab("postgres/localhost")
    with Postgres(fast=True, settings={"krb_server_keyfile": str(keys)}) as server:
        server.query("create role deployer superuser login")
        (server.data / "pg_hba.conf").write_text(
            "local all all trust\n"
            "hostgssenc all deployer 127.0.0.1/32 gss include_realm=0\n"
            "hostnogssenc encrypted all 127.0.0.1/32 reject\n"
            "hostnogssenc all deployer 127.0.0.1/32 gss include_realm=0\n"
            "host all postgres 127.0.0.1/32 trust\n")
        server.query("select pg_reload_conf()")
        yield server


@pytest.mark.parametrize("encryption", ["require", "disable"])
def test_logging_in_with_kerberos(dunlin, realm, kerberised, migrations, encryption):
    migrations.add("1_a", "CREATE TABLE a ();\n")
    database = kerberised.database()
    url = kerberised.url(database.name, user="deployer", host="localhost", gssencmode=encryption)
    environment = {**realm.environment, "KRB5_CLIENT_KTNAME": str(realm.keytab("deployer"))}
    dunlin("migrate", url=url, env=environment).ok()
    assert "public.a" in database.tables()


def test_without_a_ticket_the_error_says_so(dunlin, realm, kerberised, migrations):
    migrations.add("1_a", "CREATE TABLE a ();\n")
    url = kerberised.url("postgres", user="deployer", host="localhost")
    refused = dunlin("migrate", url=url, env=realm.environment).ok(6)
    assert "wants a Kerberos login" in refused.stderr and "kinit" in refused.stderr


def test_a_service_file_that_asks_ldap(dunlin, database, migrations, tmp_path):
    migrations.add("1_a", "CREATE TABLE a ();\n")
    settings = ["host=127.0.0.1", f"port={database.server.port}", f"dbname={database.name}", "user=postgres"]
    with Ldap(settings) as ldap:
        (tmp_path / "services").write_text(f"[app]\n{ldap.service}\n")
        environment = {"PGSERVICEFILE": str(tmp_path / "services")}
        dunlin("migrate", url="postgres://?service=app", env=environment).ok()
    assert "public.a" in database.tables()
