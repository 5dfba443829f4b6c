"""dunlin doctor: every finding is provoked, and its fix is typed where it can be."""

import socket
import threading
from contextlib import suppress

import psycopg2
import pytest

from support.diagnosis import Diagnosis
from support.postgres import PASSWORD, PASSWORD_USER, Postgres
from support.tls import Certificates
from support.waiting import until


class Doctor:
    """dunlin doctor as the two users of a database see it."""

    def __init__(self, dunlin, users):
        self.dunlin, self.users = dunlin, users
        self.env = {"MIGRATION_DATABASE_URL": users.url(users.migrator), "DATABASE_URL": users.url(users.app)}

    def __call__(self, code=0, *options, **env):
        return Diagnosis(self.dunlin("doctor", "--json", *options, env={**self.env, **env}).ok(code).json())

    def of_long(self):
        return self(0, "--older-than", "0s").of("long-transactions")

    def text(self, *options, code=0):
        return self.dunlin("doctor", *options, env=self.env).ok(code).stdout


@pytest.fixture
def doctor(users, dunlin, migrations, tmp_path):
    """A migrated database in which all is well."""
    (tmp_path / "dunlin.toml").write_text(f'[grants]\n"{users.app}" = "readwrite"\n')
    migrations.add("0001_notes", "CREATE TABLE notes (id int PRIMARY KEY, text text);")
    dunlin("upgrade", url=users.url(users.migrator)).ok()
    return Doctor(dunlin, users)


def test_all_is_well(doctor):
    diagnosis = doctor()
    assert diagnosis.troubles() == [] and diagnosis.document["well"] is True
    for check in ("migration-user", "application-user", "migration-ddl", "application-ddl", "application-history", "grants",
                  "version", "connections", "clock", "files", "history"):
        assert diagnosis.one(check, "ok"), check
    assert [one["level"] for one in diagnosis.of("tls")] == ["ok", "ok"]
    text = doctor.text()
    assert "All is well: " in text and "by MIGRATION_DATABASE_URL" in text and "by DATABASE_URL" in text
    assert doctor.text("--quiet") == ""


def test_it_writes_nothing(doctor):
    before = doctor.users.database.dump()
    doctor()
    assert doctor.users.database.dump() == before


def fixed(doctor, finding):
    """Types the fix as the administrator."""
    doctor.users.database.execute("\n".join(finding["fix"]))


def test_everybody_may_make_tables(doctor):
    doctor.users.database.execute("grant create on schema public to public")
    finding = doctor(8).one("application-ddl", "error")
    assert finding["fix"] == ['REVOKE CREATE ON SCHEMA "public" FROM PUBLIC;'] and "as everybody may" in finding["message"]
    fixed(doctor, finding)
    doctor()


def test_the_application_may_make_tables(doctor):
    users = doctor.users
    users.database.execute(f'grant create on schema public to "{users.app}"')
    finding = doctor(8).one("application-ddl", "error")
    assert f'"{users.app}" may make tables in schema "public"' in finding["message"]
    fixed(doctor, finding)
    users.database.execute(f'grant create on database "{users.database.name}" to "{users.app}"')
    finding = doctor(8).one("application-ddl", "error")
    assert "may make schemas" in finding["message"]
    fixed(doctor, finding)
    doctor()


def test_the_application_owns_tables(doctor):
    users = doctor.users
    users.database.execute(f'alter table notes owner to "{users.app}"')
    diagnosis = doctor(8)
    finding = diagnosis.one("application-ddl", "error")
    assert "public.notes" in finding["message"] and finding["fix"][0] == f'REASSIGN OWNED BY "{users.app}" TO "{users.migrator}";'
    assert diagnosis.one("migration-owner", "warning")["fix"] == [f'ALTER TABLE public.notes OWNER TO "{users.migrator}";']
    fixed(doctor, finding)
    assert doctor().of("application-tables") == []


def test_the_application_owns_what_is_no_table(doctor):
    users = doctor.users
    for what in ("sequence numbers", "type mood as enum ('well')", "function f() returns int language sql as 'select 1'"):
        users.database.execute(f'create {what}')
        name = "f()" if what.startswith("function") else what.split()[1]
        users.database.execute(f'alter {what.split()[0]} {name} owner to "{users.app}"')
        finding = doctor(8).one("application-ddl", "error")
        assert f"may alter and drop {what.split()[0]} public.{name}, which belongs to" in finding["message"]
        assert len(finding["fix"]) == 1
        fixed(doctor, finding)
        doctor()


def test_the_application_owns_the_history_too(doctor):
    users = doctor.users
    users.database.execute(f'alter table notes owner to "{users.app}"; alter table _sqlx_migrations owner to "{users.app}"')
    fixed(doctor, Diagnosis(doctor.dunlin("doctor", "--json", env=doctor.env).json()).one("application-ddl", "error"))
    diagnosis = doctor()
    assert diagnosis.troubles() == [] and diagnosis.one("application-history", "ok")
    assert users.privileges(users.app, "notes") == ["SELECT", "INSERT", "UPDATE", "DELETE"]


def test_rights_through_a_group(doctor):
    users = doctor.users
    group = f"g_{users.database.name}"
    users.database.execute(f'create role {group}; grant {group} to "{users.app}";'
                           f' grant create on database "{users.database.name}" to {group}')
    try:
        finding = doctor(8).one("application-ddl", "error")
        assert f'through "{group}"' in finding["message"]
        fixed(doctor, finding)
        doctor()
        users.database.execute(f'revoke {group} from "{users.app}"; create table theirs (id int);'
                               f' alter table theirs owner to {group}; alter table notes owner to "{users.reporting}"')
        found = doctor().of("migration-owner", "warning")
        assert sorted(one["message"].split("owned by ")[1] for one in found) == [f'"{group}"', f'"{users.reporting}"']
        for finding in found:
            fixed(doctor, finding)
        assert doctor().of("migration-owner") == []
    finally:
        users.database.execute(f"drop owned by {group}; drop role {group}")


def of_level(diagnosis, level):
    return [one for one in diagnosis.findings if one["level"] == level]


def check_well(doctor, migrations):
    """Of doctor and of the next migration, which the fixes must not have broken."""
    assert doctor().troubles() == []
    migrations.add("0002_more", "CREATE TABLE more (id int);")
    doctor.dunlin("migrate", url=doctor.users.url(doctor.users.migrator)).ok()
    assert doctor().troubles() == []


def test_a_member_of_the_migration_user(doctor, migrations):
    users = doctor.users
    users.database.execute(f'grant "{users.migrator}" to "{users.app}"')
    diagnosis = doctor(8)
    [finding] = diagnosis.troubles()
    assert finding["fix"] == [f'REVOKE "{users.migrator}" FROM "{users.app}";']
    for right in ('make tables in schema "public"', "make schemas in this database", "alter and drop", "public.notes"):
        assert finding["message"].count(right) == 1, finding
    assert f'"{users.app}" is a member of "{users.migrator}", who migrates' in finding["message"]
    fixed(doctor, finding)
    check_well(doctor, migrations)


def test_a_member_who_has_nothing_of_its_own_keeps_its_tables(doctor, migrations):
    users = doctor.users
    users.database.execute(f'revoke all on notes, _sqlx_migrations from "{users.app}"; grant "{users.migrator}" to "{users.app}"')
    [finding] = of_level(doctor(8), "error")
    assert len(finding["fix"]) == 3 and finding["fix"][0].startswith("REVOKE")
    fixed(doctor, finding)
    assert users.privileges(users.app, "notes") == ["SELECT", "INSERT", "UPDATE", "DELETE"]
    assert users.privileges(users.app, "_sqlx_migrations") == ["SELECT"]
    check_well(doctor, migrations)


@pytest.mark.parametrize("through", ["a group of both", "a group in the migration user"])
def test_rights_through_a_group_of_the_migration_user(doctor, migrations, through):
    users = doctor.users
    group = f"g_{users.database.name}"
    users.database.execute(f'create role {group}; grant {group} to "{users.app}"')
    if through == "a group of both":
        users.database.execute(f'grant {group} to "{users.migrator}"; grant create on schema public to {group};'
                               f' grant insert on _sqlx_migrations to {group};'
                               f' revoke create on schema public from "{users.migrator}"')
        revoke = f'REVOKE "{group}" FROM "{users.app}";'
    else:
        users.database.execute(f'grant "{users.migrator}" to {group}')
        revoke = f'REVOKE "{users.migrator}" FROM "{group}";'
    try:
        [finding] = doctor(8).troubles()
        assert finding["fix"] == [revoke]
        fixed(doctor, finding)
        check_well(doctor, migrations)
    finally:
        users.database.execute(f"drop owned by {group}; drop role {group}")


def test_the_application_owns_the_database(doctor, migrations):
    users = doctor.users
    users.database.execute(f'alter database "{users.database.name}" owner to "{users.app}"')
    [finding] = doctor(8).troubles()
    assert finding["fix"] == [f'ALTER DATABASE "{users.database.name}" OWNER TO "{users.migrator}";']
    fixed(doctor, finding)
    check_well(doctor, migrations)


def test_the_application_owns_a_schema_without_any_right_in_it(doctor, migrations):
    users = doctor.users
    users.database.execute(f'alter schema public owner to "{users.app}"; revoke create on schema public from "{users.app}"')
    [finding] = doctor(8).troubles()
    assert "may drop all that is in it" in finding["message"]
    assert finding["fix"] == [f'ALTER SCHEMA "public" OWNER TO "{users.migrator}";']
    fixed(doctor, finding)
    check_well(doctor, migrations)


def test_the_migration_user_may_make_tables_only_as_everybody(doctor, migrations):
    users = doctor.users
    users.database.execute(f'alter database "{users.database.name}" owner to postgres;'
                           f' revoke create on schema public from "{users.migrator}"; grant create on schema public to public')
    finding = doctor(8).one("application-ddl", "error")
    assert finding["fix"] == [f'GRANT CREATE ON SCHEMA "public" TO "{users.migrator}";',
                              'REVOKE CREATE ON SCHEMA "public" FROM PUBLIC;']
    fixed(doctor, finding)
    check_well(doctor, migrations)


def test_the_migration_user_may_make_nothing(doctor, migrations):
    users = doctor.users
    users.database.execute(f'alter database "{users.database.name}" owner to postgres;'
                           f' revoke create on schema public from "{users.migrator}"')
    diagnosis = doctor(8)
    finding = diagnosis.one("migration-ddl", "error")
    assert finding["message"] == f'"{users.migrator}" may not make tables in schema "public"'
    assert "may make no schemas" in diagnosis.one("migration-schemas", "note")["message"]
    migrations.add("0002_more", "CREATE TABLE more (id int);")
    refused = doctor.dunlin("migrate", url=users.url(users.migrator)).ok(1).stderr
    assert "permission denied for schema public" in refused and "correct the file" not in refused
    assert refused.rstrip().endswith(f'Next: GRANT USAGE, CREATE ON SCHEMA "public" TO "{users.migrator}"; then: dunlin migrate')
    fixed(doctor, finding)
    doctor.dunlin("migrate", url=users.url(users.migrator)).ok()


def test_a_right_that_a_statement_lacks(doctor, migrations):
    users = doctor.users
    users.database.execute("create table theirs (id int)")
    migrations.add("0002_more", "-- no-transaction\nALTER TABLE theirs ADD COLUMN more int;")
    refused = doctor.dunlin("migrate", url=users.url(users.migrator)).ok(1).stderr
    assert f'Next: make "{users.migrator}" the owner of table theirs' in refused and "then: dunlin migrate" in refused
    migrations.add("0002_more", "SELECT * FROM theirs;")
    refused = doctor.dunlin("migrate", url=users.url(users.migrator)).ok(1).stderr
    assert f'Next: grant the right to "{users.migrator}", then: dunlin migrate' in refused


def test_two_databases(doctor, database, tmp_path):
    users = doctor.users
    assert doctor().of("two-databases") == []
    elsewhere = database.server.url(database.name, users.app.replace(" ", "%20"))
    finding = doctor(0, DATABASE_URL=elsewhere).one("two-databases", "warning")
    assert f'"{users.database.name}" at' in finding["message"] and f'"{database.name}" at' in finding["message"]
    assert finding["fix"] == ["name the same database in MIGRATION_DATABASE_URL and DATABASE_URL"]
    # Another way to the same one.
    assert doctor(0, DATABASE_URL=users.url(users.app).replace("127.0.0.1", "localhost")).of("two-databases") == []
    for name in ("one.db", "two.db"):
        doctor.dunlin("create", url=f"sqlite:{tmp_path / name}").ok()
    found = doctor(0, MIGRATION_DATABASE_URL=f"sqlite:{tmp_path}/one.db", DATABASE_URL=f"sqlite:{tmp_path}/two.db")
    assert "two.db" in found.one("two-databases", "warning")["message"]


def test_who_migrates_is_known_by_the_history(doctor):
    """As in the application's own container."""
    users = doctor.users
    users.database.execute(f'alter table notes owner to "{users.app}"')
    found = Diagnosis(doctor.dunlin("doctor", "--json", env={"DATABASE_URL": users.url(users.app)}).ok(8).json())
    assert found.one("application-ddl", "error")["fix"][0] == f'REASSIGN OWNED BY "{users.app}" TO "{users.migrator}";'


def test_the_application_is_a_superuser(doctor):
    users = doctor.users
    users.database.execute(f'alter role "{users.app}" superuser')
    finding = doctor(8).one("application-ddl", "error")
    assert finding["fix"] == [f'ALTER ROLE "{users.app}" NOSUPERUSER;']
    fixed(doctor, finding)
    users.database.execute(f'alter role "{users.app}" createrole')
    assert doctor().of("application-ddl", "warning")[0]["fix"] == [f'ALTER ROLE "{users.app}" NOCREATEROLE;']


def test_the_application_and_the_history(doctor):
    users = doctor.users
    users.database.execute(f'revoke select on _sqlx_migrations from "{users.app}"')
    finding = doctor().one("application-history", "warning")
    assert "may not read _sqlx_migrations" in finding["message"]
    fixed(doctor, finding)
    users.database.execute(f'grant insert on _sqlx_migrations to "{users.app}"')
    finding = doctor().one("application-history", "warning")
    assert "may write to" in finding["message"]
    fixed(doctor, finding)
    assert doctor().one("application-history", "ok")


def test_tables_that_the_application_may_not_read(doctor):
    users = doctor.users
    users.database.execute(f'revoke all on notes from "{users.app}"')
    finding = doctor().one("application-tables", "note")
    assert "public.notes" in finding["message"]
    users.database.execute(finding["fix"][0].removeprefix("if it should: "))
    assert doctor().of("application-tables") == []


def test_the_migration_user_cannot_migrate(doctor):
    users = doctor.users
    users.database.execute(f'alter table _sqlx_migrations owner to postgres; revoke all on _sqlx_migrations from "{users.migrator}";'
                           f' grant select on _sqlx_migrations to "{users.migrator}"')
    finding = doctor(8).one("migration-ddl", "error")
    assert "may not write to _sqlx_migrations" in finding["message"]
    fixed(doctor, finding)
    doctor()


def test_before_the_first_migration(users, dunlin, migrations):
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    doctor = Doctor(dunlin, users)
    diagnosis = doctor()
    assert "nothing was migrated" in diagnosis.one("history", "note")["message"]
    users.database.execute(f'alter database "{users.database.name}" owner to postgres;'
                           f' revoke create on schema public from "{users.migrator}"')
    finding = doctor(8).one("migration-ddl", "error")
    assert finding["fix"] == [f'GRANT USAGE, CREATE ON SCHEMA "public" TO "{users.migrator}";']
    fixed(doctor, finding)
    doctor()


def test_one_user_for_both(doctor):
    url = doctor.users.url(doctor.users.migrator)
    diagnosis = doctor(MIGRATION_DATABASE_URL=url, DATABASE_URL=url)
    assert "runs the application" in diagnosis.one("two-users", "note")["message"]
    assert len(diagnosis.of("tls")) == 1


def test_only_the_application_is_known(doctor):
    """As in the application's own container."""
    result = doctor.dunlin("doctor", env={"DATABASE_URL": doctor.users.url(doctor.users.app)}).ok()
    assert "none is named here" in result.stdout and "can make, alter and drop nothing" in result.stdout
    assert "two-users" not in result.stdout and "MIGRATION_DATABASE_URL=postgres://" in result.stdout


def test_the_application_has_a_variable_of_its_own(doctor):
    env = {"DATABASE_URL": doctor.users.url(doctor.users.migrator), "APP_DATABASE_URL": doctor.users.url(doctor.users.app)}
    result = doctor.dunlin("doctor", env=env).ok()
    assert "by APP_DATABASE_URL" in result.stdout and "two-users" not in result.stdout


def test_grants_that_are_not_in_place(doctor, tmp_path):
    (tmp_path / "dunlin.toml").write_text(f'[grants]\n"{doctor.users.app}" = "read"\n')
    assert "not in place yet" in doctor().one("grants", "note")["message"]
    (tmp_path / "dunlin.toml").write_text('[grants]\nnobody_at_all = "read"\n')
    finding = doctor(2).one("grants", "error")
    assert "dunlin.toml:2" in finding["message"] and "nobody_at_all" in finding["message"]


# The server.

def test_an_idle_transaction(doctor):
    users = doctor.users
    assert doctor().of("idle-transactions") == []
    connection = psycopg2.connect(users.url(users.app), application_name="worker-7")
    connection.cursor().execute("select 1")
    finding = doctor(0, "--older-than", "0s").one("idle-transactions", "warning")
    assert f'({users.app}, "worker-7") is idle in a transaction for ' in finding["message"]
    assert f'ALTER ROLE "{users.app}" SET idle_in_transaction_session_timeout' in finding["fix"][1]
    users.database.execute(finding["fix"][0])
    until(lambda: not doctor(0, "--older-than", "0s").of("idle-transactions"), "the session is gone")
    connection.close()


def test_an_idle_transaction_in_another_database(doctor, database):
    """It has no lock that a migration of ours waits for."""
    connection = psycopg2.connect(database.server.url(database.name, doctor.users.migrator))
    connection.cursor().execute("select 1")
    assert doctor(0, "--older-than", "0s").of("idle-transactions") == []
    connection.close()


def test_sessions_that_the_user_may_not_see(doctor):
    users = doctor.users
    def taken():
        return int(doctor().of("connections")[0]["message"].split()[0])

    before = taken()
    connections = [users.database.connect() for _ in range(10)]
    assert taken() >= before + 10
    finding = doctor().one("sessions", "note")
    assert f'"{users.migrator}" cannot see what sessions of "postgres" do' in finding["message"]
    fixed(doctor, finding)
    assert doctor().of("sessions") == []
    for connection in connections:
        connection.close()


def test_an_index_that_somebody_is_building(doctor):
    users = doctor.users
    writer = users.database.connect()
    writer.autocommit = False
    writer.cursor().execute("insert into notes values (1)")
    builder = threading.Thread(target=lambda: users.database.execute("create index concurrently building on notes (text)"))
    builder.start()
    try:
        until(lambda: users.database.query("select indexrelid from pg_index where not indisvalid"), "the index is there")
        finding = doctor().one("invalid-indexes", "note")
        assert "public.building is invalid, and may be being built" in finding["message"] and "REINDEX" not in finding["fix"][0]
    finally:
        writer.rollback()
        builder.join()
        writer.close()
    assert doctor().of("invalid-indexes") == []
    users.database.execute("alter index building rename to text_ccnew;"
                           " update pg_index set indisvalid = false where indexrelid = 'text_ccnew'::regclass")
    finding = doctor().one("invalid-indexes", "warning")
    assert finding["fix"] == ["DROP INDEX CONCURRENTLY public.text_ccnew;"]
    fixed(doctor, finding)
    assert doctor().of("invalid-indexes") == []


def test_a_long_transaction(doctor):
    users = doctor.users
    def sleep():
        with suppress(psycopg2.OperationalError):
            users.may(users.app, "select pg_sleep(600)")

    thread = threading.Thread(target=sleep)
    try:
        thread.start()
        until(lambda: doctor.of_long(), "the transaction is seen")
        finding = doctor.of_long()[0]
        assert users.app in finding["message"]
    finally:
        users.database.execute("select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep%'")
        thread.join()


def test_a_prepared_transaction_an_invalid_index_and_few_connections(dunlin, migrations):
    with Postgres(fast=True, settings={"max_prepared_transactions": 5, "max_connections": 10,
                                       "superuser_reserved_connections": 1}) as server:
        database = server.database()
        migrations.add("0001_notes", "CREATE TABLE notes (id int);")
        dunlin("migrate", url=database.url).ok()
        database.execute("insert into notes values (1), (1)")
        with pytest.raises(psycopg2.errors.UniqueViolation):
            database.execute("create unique index concurrently twice on notes (id)")
        database.execute("begin; create table two (id int); prepare transaction 'left over'")
        connections = [database.connect() for _ in range(8)]
        diagnosis = Diagnosis(dunlin("doctor", "--json", "--older-than", "0s", url=database.url).ok().json())
        for connection in connections:
            connection.close()
        prepared = diagnosis.one("prepared-transactions", "warning")
        assert "'left over'" in prepared["message"]
        database.execute(prepared["fix"][0].split("  or  ")[1])
        finding = diagnosis.one("invalid-indexes", "warning")
        assert "public.twice" in finding["message"]
        assert "of 10 connections are taken" in diagnosis.one("connections", "warning")["message"]
        database.execute("delete from notes")
        database.execute(finding["fix"][0])
        assert Diagnosis(dunlin("doctor", "--json", url=database.url).ok().json()).of("invalid-indexes") == []


def test_timeouts_of_the_role(doctor):
    users = doctor.users
    users.database.execute(f'alter role "{users.migrator}" set statement_timeout = \'30s\'')
    finding = doctor().one("timeouts", "note")
    assert "statement_timeout=30s" in finding["message"]
    fixed(doctor, finding)
    for whose in (f'role "{users.migrator}" in database "{users.database.name}"', f'database "{users.database.name}"'):
        users.database.execute(f"alter {whose} set statement_timeout = '30s'")
        fixed(doctor, doctor().one("timeouts", "note"))
    assert doctor().of("timeouts") == []


def test_a_read_only_role(doctor, migrations):
    users = doctor.users
    users.database.execute(f'alter role "{users.migrator}" set default_transaction_read_only = on')
    finding = doctor(8).one("read-only", "error")
    migrations.add("0002_more", "CREATE TABLE more (id int);")
    refused = doctor.dunlin("migrate", url=users.url(users.migrator)).ok(1).stderr
    assert "Next: dunlin doctor" in refused and "correct the file" not in refused
    fixed(doctor, finding)
    doctor()


# What is the matter with the files and the history.

def test_pending(doctor, migrations):
    migrations.add("0002_more", "CREATE TABLE more (id int);")
    finding = doctor().one("history", "note")
    assert finding["message"] == "at 1, 1 pending" and finding["fix"] == ["dunlin migrate"]


def test_a_changed_file(doctor, migrations):
    migrations.add("0001_notes", "CREATE TABLE notes (id bigint);")
    assert doctor(5).one("history", "error")["fix"] == ["dunlin validate"]


def test_a_migration_that_has_to_be_settled(doctor):
    doctor.users.database.execute("update _sqlx_migrations set success = false")
    assert doctor(7).one("unsettled", "error")["fix"] == ["dunlin resolve"]


def test_a_leftover_lock(doctor):
    from support.scene import lock_key
    with doctor.users.acting_as(doctor.users.migrator) as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [lock_key(doctor.users.database.name)])
        finding = doctor().one("lock", "note")
        assert doctor(0, "--older-than", "0s").one("lock", "warning")["fix"] == ["dunlin lock release"]
    assert f"({doctor.users.migrator}," in finding["message"] and "holds the migration lock" in finding["message"]


def test_no_directory(doctor, migrations):
    migrations.directory.rename(migrations.directory.with_name("elsewhere"))
    diagnosis = doctor(2)
    assert "migrations" in diagnosis.one("files", "error")["message"]
    assert diagnosis.one("application-ddl", "ok")


# Failures to connect: each has its own words.

def refusals(dunlin, url, **env):
    diagnosis = Diagnosis(dunlin("doctor", "--json", env={"DATABASE_URL": url, **env}).json())
    return diagnosis.one("user", "error")


def test_failures_to_connect(dunlin, database, migrations):
    server = database.server
    assert "nothing listens at 127.0.0.1:1" in refusals(dunlin, "postgres://app@127.0.0.1:1/app")["message"]
    wrong = refusals(dunlin, server.url(database.name, PASSWORD_USER, "wrong"))
    assert f'the password of user "{PASSWORD_USER}" was refused' in wrong["message"]
    absent = refusals(dunlin, server.url("no_such_database"))
    assert 'database "no_such_database" does not exist' in absent["message"] and absent["fix"] == ["create it: dunlin create"]
    assert "does not resolve" in refusals(dunlin, "postgres://app@no-such-host.invalid/app")["message"]
    assert "does not offer TLS" in refusals(dunlin, server.url(database.name, sslmode="require"))["message"]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answer = threading.Thread(target=lambda: listening.accept()[0].sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        answer.start()
        stranger = refusals(dunlin, f"postgres://app@127.0.0.1:{listening.getsockname()[1]}/app")
        answer.join()
    assert "is not PostgreSQL" in stranger["message"]
    odd = refusals(dunlin, "postgres://app@127.0.0.1:99999/app")["message"]
    assert odd.startswith("DATABASE_URL: ") and "cannot be understood" in odd
    assert "asks for a password" in refusals(dunlin, server.url(database.name, PASSWORD_USER))["message"]


def test_the_exit_code_of_a_user_who_does_not_get_in(doctor):
    users = doctor.users
    diagnosis = doctor(6, MIGRATION_DATABASE_URL=users.database.server.url(users.database.name, "no_such_role"))
    assert 'no role "no_such_role"' in diagnosis.one("migration-user", "error")["message"]
    assert diagnosis.one("application-ddl", "ok") and diagnosis.document["exit_code"] == 6


def test_a_malformed_url_and_none_at_all(dunlin, migrations):
    malformed = Diagnosis(dunlin("doctor", "--json", env={"DATABASE_URL": "postgrs://app@db/app"}).ok(2).json())
    assert malformed.troubles()
    assert "DATABASE_URL is not set" in dunlin("doctor").ok(2).stderr


def test_no_password_is_shown(dunlin, database, migrations):
    for url in (database.server.url(database.name, PASSWORD_USER, PASSWORD),
                database.server.url(database.name, PASSWORD_USER, PASSWORD + "x")):
        result = dunlin("doctor", env={"DATABASE_URL": url})
        assert PASSWORD not in result.output


def test_tls(dunlin, migrations):
    certificates = Certificates()
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    with Postgres(fast=True, certificates=certificates) as server:
        database = server.database()
        diagnosis = Diagnosis(dunlin("doctor", "--json", url=server.url(database.name, sslmode="require")).ok().json())
        assert "TLSv1" in diagnosis.one("tls", "ok")["message"]
    certificates.close()
