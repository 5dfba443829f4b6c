"""Fixtures of every test that runs the real program. See tests/support for what they give."""

import os
import shutil
import subprocess

import pytest

from support import images
from support.docker import Docker, NAMES
from support.pgbouncer import PgBouncer
from support.postgres import Postgres, postgres18 as make_postgres18
from support.program import Dunlin, Migrations
from support.proxy import Proxy


def pytest_addoption(parser):
    parser.addoption("--every-message", action="store_true", help="kill at every message, which takes long")
    parser.addoption("--minutes", type=float, default=float(os.environ.get("SOAK_MINUTES", 0)),
                     help="how long random rounds go on")
    parser.addoption("--values", type=int, default=20_000, help="how many values a key is changed for")
    parser.addoption("--seed", type=int, help="the one random round to run")


@pytest.fixture(scope="session")
def postgres():
    """One cluster for all tests that do not harm it; who does starts a Postgres of their own."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres18():
    with make_postgres18() as server:
        yield server


@pytest.fixture(scope="session")
def pgbouncer(postgres):
    """Transaction mode."""
    with PgBouncer(postgres) as bouncer:
        yield bouncer


@pytest.fixture
def database(postgres):
    """A new, empty database."""
    database = postgres.database()
    yield database
    _drop(database)


@pytest.fixture
def database18(postgres18):
    database = postgres18.database()
    yield database
    _drop(database)


def _drop(database):
    from support import account
    if account.keep_servers():
        print(f"\nkept: psql '{database.url}'\n  log  {database.server.log}")
    else:
        database.server.drop_database(database.name)


@pytest.fixture
def proxy(postgres):
    with Proxy(postgres.port) as proxy:
        yield proxy


@pytest.fixture
def sqlite_dir(tmp_path):
    """A directory for SQLite files, with a shell for looking into them."""
    return SqliteDirectory(tmp_path / "sqlite")


class SqliteDirectory:
    def __init__(self, path):
        path.mkdir()
        self.path = path

    def url(self, name="app.db"):
        return f"sqlite:{self.path / name}"

    def query(self, sql, name="app.db"):
        """What the sqlite3 shell answers, one row a line."""
        result = subprocess.run(["sqlite3", "-batch", str(self.path / name), sql], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        assert result.returncode == 0, result.stdout
        return result.stdout.splitlines()


@pytest.fixture
def migrations(tmp_path):
    """./migrations of the directory that `dunlin` runs in."""
    return Migrations(tmp_path / "migrations")


@pytest.fixture
def dunlin(tmp_path):
    program = Dunlin(tmp_path)
    yield program
    program.close()


@pytest.fixture(scope="session")
def admin_image():
    """The image of this checkout, under the name that documents call it by."""
    images.buildah("tag", images.image("admin"), "dunlin:latest")
    yield "dunlin"
    shutil.rmtree(NAMES, ignore_errors=True)


@pytest.fixture
def docker(tmp_path, admin_image):
    """A docker that is called in the directory above `migrations`."""
    docker = Docker(tmp_path)
    yield docker
    docker.close()


@pytest.fixture(scope="session")
def image_with_migrations(admin_image, tmp_path_factory):
    directory = tmp_path_factory.mktemp("everruns")
    everruns_migrations(directory)
    (directory / "Dockerfile").write_text("FROM dunlin\nCOPY migrations/ migrations/\n")
    docker = Docker(directory)
    docker("build", "-t", "with-migrations", ".").ok()
    docker.close()
    return "with-migrations"


@pytest.fixture
def everruns_admin(docker, image_with_migrations):
    """An image with the three migrations of everruns_migrations in it, made as docs/admin-container.md says."""
    docker("tag", image_with_migrations, "everruns-admin").ok()
    return "everruns-admin"


def everruns_migrations(directory):
    """The migrations of the production runbook, as files in `directory`/migrations."""
    migrations = Migrations(directory / "migrations")
    migrations.add("20240101000000_001_initial_schema", "CREATE TABLE users (id int);\n")
    migrations.add("20240115000000_002_llm_providers", "CREATE TABLE llm_providers (id int);\n")
    migrations.add("20240201000000_003_new_feature", "CREATE TABLE features (id int);\n")
    return migrations


@pytest.fixture
def everruns_files(tmp_path):
    """The same in a directory of the test's own, to which it may add."""
    return everruns_migrations(tmp_path)
