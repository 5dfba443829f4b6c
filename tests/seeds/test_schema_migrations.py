"""The document "Schema Migrations"."""

import pytest

from support.postgres import PASSWORD, PASSWORD_USER


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
    assert result.code != 0 and "permission denied" in result.stderr and PASSWORD not in result.output
    assert database.tables() == []


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
