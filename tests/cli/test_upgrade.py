"""First installation and every later upgrade with one command: `dunlin upgrade --create-database`."""

import uuid

import pytest


@pytest.fixture
def absent(postgres):
    """The URL of a database that nobody has made yet."""
    name = f"absent_{uuid.uuid4().hex[:8]}"
    yield postgres.url(name)
    postgres.drop_database(name)


def test_a_first_installation_and_the_next_upgrade(dunlin, absent, invoices):
    first = dunlin("upgrade", "--create-database", url=absent).ok()
    assert "was created" in first.stderr and "was created." in first.stdout and "Applied 3 migrations" in first.stdout
    again = dunlin("upgrade", "--create-database", url=absent).ok()
    assert "was created" not in again.stderr and "Nothing to apply" in again.stdout


def test_only_when_asked(dunlin, absent, invoices):
    result = dunlin("upgrade", url=absent).ok(6)
    assert "does not exist" in result.stderr and "dunlin create" in result.stderr


def test_nothing_is_made_for_a_dry_run_or_a_directory_that_cannot_be_read(dunlin, absent, invoices):
    planned = dunlin("upgrade", "--create-database", "--dry-run", url=absent).ok()
    assert "does not exist, and would be created" in planned.stdout
    assert "Next: dunlin upgrade --create-database\n" in planned.stdout
    for version in ("20260101000000", "20260315080000", "20261120093000"):
        assert version in planned.stdout
    dunlin("upgrade", "--create-database", "--dir", "elsewhere", url=absent).ok(2)
    dunlin("upgrade", url=absent).ok(6)


def test_ten_at_once_make_it_once(dunlin, absent, invoices):
    running = [dunlin.start("upgrade", "--create-database", "--json", url=absent) for _ in range(10)]
    results = [one.end() for one in running]
    assert sum(len(result.ok().json()["applied"]) for result in results) == 3
    assert sum("was created" in result.stderr for result in results) == 1


def test_who_may_not_make_databases_can_upgrade_one(dunlin, database, invoices):
    """The migration user of an installation, let into nothing but its own database."""
    name = f"migrator_{database.name}"
    database.execute(f"create role {name} login; create schema app authorization {name};"
                     f" alter role {name} set search_path = app")
    dunlin("upgrade", "--create-database", url=database.server.url(database.name, name)).ok()
    denied = dunlin("upgrade", "--create-database", url=database.server.url("absent_database", name))
    database.execute(f"drop owned by {name} cascade; drop role {name}")
    assert denied.code == 6 and f'"absent_database" does not exist, and user "{name}" may not create it' in denied.stderr
    assert f'ALTER ROLE "{name}" CREATEDB' in denied.stderr


def test_an_sqlite_file(dunlin, sqlite_dir, invoices):
    dunlin("upgrade", url=sqlite_dir.url()).ok(6)
    planned = dunlin("upgrade", "--create-database", "--dry-run", "--json", url=sqlite_dir.url()).ok()
    assert len(planned.json()["steps"]) == 3 and list(sqlite_dir.path.iterdir()) == []
    assert "was created" in dunlin("upgrade", "--create-database", url=sqlite_dir.url()).ok().stderr
    assert "was created" not in dunlin("upgrade", "--create-database", url=sqlite_dir.url()).ok().stderr
    assert sqlite_dir.query("select count(*) from _sqlx_migrations") == ["3"]
