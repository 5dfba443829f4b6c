"""The document "Schema Migrations"."""

import psycopg2
import pytest

from support.postgres import PASSWORD, PASSWORD_USER
from support.service import Service
from support.waiting import until


@pytest.fixture
def files(migrations):
    migrations.tables(3)
    return migrations


@pytest.fixture
def variables(postgres):
    """A database whose migration user is `app`, as DB__ variables name it."""
    database = postgres.database(owner=PASSWORD_USER)
    yield database, {"DB__DRIVER": "postgresql", "DB__HOST": "127.0.0.1", "DB__PORT": str(postgres.port),
                     "DB__NAME": database.name, "DB__USER": PASSWORD_USER, "DB__PASSWORD": PASSWORD}
    postgres.drop_database(database.name)


def test_upgrade_installs_and_upgrades(database, dunlin, files):
    dunlin("upgrade", url=database.url).ok()
    files.tables(2, first=4)
    dunlin("upgrade", url=database.url).ok()
    assert [version for version, _, _ in database.sqlx_history()] == [1, 2, 3, 4, 5]


def test_the_database_of_the_db_variables(variables, dunlin, files):
    database, environment = variables
    dunlin("upgrade", env=environment).ok()
    assert len(database.sqlx_history()) == 3


def test_the_migration_user_migrates(variables, dunlin, files):
    database, environment = variables
    result = dunlin("upgrade", env=environment).ok()
    assert database.value("select tableowner from pg_tables where tablename = 't1'") == PASSWORD_USER
    assert PASSWORD not in result.output


def test_the_application_user_is_refused(database, dunlin, files):
    url = database.server.url(database.name, user=PASSWORD_USER, password=PASSWORD)
    database.execute("revoke create on schema public from public")
    result = dunlin("upgrade", url=url)
    assert result.code == 3 and f'user "{PASSWORD_USER}" cannot apply' in result.stderr and PASSWORD not in result.output
    assert "MIGRATION_DATABASE_URL=" in result.stderr
    assert database.tables() == []


def test_the_application_user_runs_the_application(postgres, dunlin, files, tmp_path):
    """Migrated by one user, used by the other: rows and nothing else."""
    migrator = f"migrator_{tmp_path.name.replace('-', '_')}"
    postgres.query(f"create role {migrator} login createdb password 'm'")
    name = f"two_users_{tmp_path.name}"
    (tmp_path / "dunlin.toml").write_text(f'[grants]\n{PASSWORD_USER} = "readwrite"\n')
    variables = {"DB__DRIVER": "postgresql", "DB__HOST": "127.0.0.1", "DB__PORT": str(postgres.port), "DB__NAME": name}
    as_migrator = {**variables, "DB__USER": migrator, "DB__PASSWORD": "m"}
    as_application = {**variables, "DB__USER": PASSWORD_USER, "DB__PASSWORD": PASSWORD}
    try:
        dunlin("upgrade", "--create-database", env=as_migrator).ok()
        files.add("0004_names", "CREATE TABLE names (id int GENERATED ALWAYS AS IDENTITY, name text);")
        dunlin("upgrade", "--create-database", env=as_migrator).ok()
        with psycopg2.connect(postgres.url(name, PASSWORD_USER, PASSWORD)) as connection, connection.cursor() as cursor:
            cursor.execute("insert into names (name) values ('a'); insert into t1 values (1); update t1 set id = 2; delete from t1")
        for statement in ("create table mine (id int)", "drop table t1", "alter table t1 add x int",
                          "delete from _sqlx_migrations"):
            with psycopg2.connect(postgres.url(name, PASSWORD_USER, PASSWORD)) as connection, connection.cursor() as cursor:
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(statement)
        for command in (["info"], ["migrate-info"], ["wait", "--timeout", "5s"], ["upgrade"]):
            dunlin(*command, env=as_application).ok()
    finally:
        postgres.drop_database(name)
        postgres.query(f"drop role {migrator}")


def test_a_single_user_creates_the_schema(variables, dunlin, files):
    """With all permissions in one user, the first start of the application may migrate; so may each of its replicas."""
    database, environment = variables
    assert [run.end().code for run in [dunlin.start("upgrade", env=environment) for _ in range(3)]] == [0, 0, 0]
    assert len(database.sqlx_history()) == 3


def test_upgrading_twice_is_harmless(database, dunlin, files):
    dunlin("upgrade", url=database.url).ok()
    before = database.dump()
    dunlin("upgrade", url=database.url).ok()
    assert database.dump() == before


def test_many_containers_one_upgrade(database, dunlin, files):
    results = [run.end() for run in [dunlin.start("upgrade", url=database.url) for _ in range(6)]]
    assert [result.code for result in results] == [0] * 6
    assert len(database.sqlx_history()) == 3


def test_the_script_in_the_image(variables, docker, everruns_admin):
    database, environment = variables
    (docker.directory / ".env").write_text("".join(f"{name}={value}\n" for name, value in environment.items()))
    docker("tag", everruns_admin, "025066246552.dkr.ecr.us-east-1.amazonaws.com/rustici-generator:2.1").ok()
    image = "025066246552.dkr.ecr.us-east-1.amazonaws.com/rustici-generator:2.1"
    docker("run", "--rm", "--env-file", ".env", image, "./upgrade_schema.sh", "upgrade").ok()
    assert len(database.sqlx_history()) == 3
    docker("run", "-d", "--name", "backend", "--env-file", ".env", "--entrypoint", "sleep", image, "infinity").ok()
    docker("exec", "backend", "./upgrade_schema.sh", "upgrade").ok()


def test_check_up(database, dunlin, migrations):
    """A container that was just spun up is verified before it gets traffic."""
    migrations.tables(1)
    service = Service(dunlin, url=database.url)
    before = service.get("/api/v1/health/check_up").json()
    assert before["status"] == "degraded" and before["checks"]["database"]["status"] == "ok"
    dunlin("upgrade", url=database.url).ok()
    until(lambda: service.get("/api/v1/health/check_up").json()["status"] == "ok", "all is well")
