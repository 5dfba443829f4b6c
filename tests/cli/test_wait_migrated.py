"""A user who may not migrate: found out before anything is done, and with --wait-migrated the wait for who may."""

import signal

import pytest

from support.waiting import until


@pytest.fixture
def two(users, dunlin, invoices, tmp_path):
    """The migration user has applied nothing yet; the application's user is let in by [grants]."""
    (tmp_path / "dunlin.toml").write_text(f'[grants]\n"{users.app}" = "readwrite"\n')
    return users


def waits(dunlin, users, *options):
    """A run of the application's user that is known to wait."""
    log = dunlin.directory / "wait.log"
    run = dunlin.start("migrate", "--wait-migrated", "60s", "--log-file", log, *options, url=users.url(users.app))
    until(lambda: log.exists() and "waiting for" in log.read_text(), "the application's run says that it waits")
    return run


def test_refused_before_anything_is_done(two, dunlin):
    said = dunlin("migrate", url=two.url(two.app)).ok(3).stderr
    assert f'user "{two.app}" cannot apply 20260101000000 initial_schema and 2 more' in said
    assert 'may not make tables in schema "public"' in said
    assert f"MIGRATION_DATABASE_URL=postgres://{two.migrator}@127.0.0.1:{two.database.server.port}/{two.database.name}" in said
    assert "--wait-migrated 60s" in said
    assert two.database.tables() == []


def test_the_owner_of_the_history_is_named(two, dunlin, invoices):
    dunlin("migrate", "--steps", "1", url=two.url(two.migrator)).ok()
    two.database.execute(f'alter database "{two.database.name}" owner to postgres')
    said = dunlin("migrate", url=two.url(two.app)).ok(3).stderr
    assert "may not write to _sqlx_migrations" in said and f'"{two.migrator}" may' in said
    report = dunlin("migrate", "--json", url=two.url(two.app)).ok(3).json()
    assert report["outcome"] == "refused" and report["error"]["kind"] == "pending" and report["pending_left"] == 2


def test_the_printed_command_works(two, dunlin):
    said = dunlin("migrate", url=two.url(two.app)).ok(3).stderr
    url = said.split("MIGRATION_DATABASE_URL=")[1].split()[0]
    dunlin("migrate", env={"MIGRATION_DATABASE_URL": url}).ok()
    assert "Nothing to apply" in dunlin("migrate", url=two.url(two.app)).ok().stdout


def test_it_waits_and_goes_on(two, dunlin):
    run = waits(dunlin, two)
    dunlin("upgrade", url=two.url(two.migrator)).ok()
    said = run.end().ok().stdout
    assert "Nothing to apply: the migration user has applied 3 migrations" in said
    assert "The schema is at 20261120093000." in said


def test_it_takes_no_lock_while_it_waits(two, dunlin):
    run = waits(dunlin, two)
    assert "Nobody holds" in dunlin("lock", "status", url=two.url(two.app)).ok().stdout
    run.process.send_signal(signal.SIGTERM)
    run.end().ok(143)


def test_the_document_of_a_wait(two, dunlin):
    run = waits(dunlin, two, "--json")
    dunlin("upgrade", url=two.url(two.migrator)).ok()
    report = run.end().ok().json()
    assert report["outcome"] == "nothing" and report["pending_left"] == 0 and report["at_version"] == "20261120093000"


def test_it_survives_a_broken_connection(two, dunlin):
    run = waits(dunlin, two)
    two.terminate("dunlin")
    dunlin("upgrade", url=two.url(two.migrator)).ok()
    run.end().ok()


def test_nobody_comes(two, dunlin):
    said = dunlin("migrate", "--wait-migrated", "300ms", url=two.url(two.app)).ok(3).stderr
    assert "nobody has succeeded in migrating within 300 ms" in said and "3 migrations" in said.replace("and 2 more", "3 migrations")
    assert "MIGRATION_DATABASE_URL=" in said and "--wait-migrated" not in said.split("error:")[1]


def test_a_history_that_may_not_be_read_yet(two, dunlin, tmp_path):
    """An installation that gets its [grants] with the run that is waited for."""
    grants = (tmp_path / "dunlin.toml").read_text()
    (tmp_path / "dunlin.toml").write_text("")
    dunlin("migrate", "--steps", "1", url=two.url(two.migrator)).ok()
    said = dunlin("migrate", url=two.url(two.app)).ok(1).stderr
    assert f'as "{two.migrator}": GRANT SELECT ON "public"."_sqlx_migrations" TO "{two.app}"' in said
    assert "MIGRATION_DATABASE_URL=" in said
    (tmp_path / "dunlin.toml").write_text(grants)
    run = waits(dunlin, two)
    dunlin("migrate", url=two.url(two.migrator)).ok()
    run.end().ok()


def test_who_may_migrate_does_not_wait(two, dunlin):
    assert "Applied 3 migrations" in dunlin("migrate", "--wait-migrated", "1h", url=two.url(two.migrator)).ok().stdout
    assert "Nothing to apply" in dunlin("migrate", "--wait-migrated", "1h", url=two.url(two.app)).ok().stdout


def test_by_the_environment(two, dunlin):
    env = {"DUNLIN_WAIT_MIGRATED": "200ms"}
    assert "nobody has succeeded in migrating" in dunlin("upgrade", url=two.url(two.app), env=env).ok(3).stderr


def test_a_down_is_refused_too(two, dunlin):
    dunlin("migrate", "--to", "20260315080000", url=two.url(two.migrator)).ok()
    said = dunlin("down", "--yes", "--wait-migrated", "1h", url=two.url(two.app)).ok(8).stderr
    assert "cannot undo 20260315080000 add_invoices" in said and "dunlin down" in said


@pytest.mark.parametrize("content, code", [("CREATE TABLE later (id int);", 3), ("INSERT INTO customers VALUES (7);", 0)])
def test_a_user_who_may_write_the_history_but_make_nothing(users, dunlin, migrations, content, code):
    """Privileges given by hand, as GRANT ... ON ALL TABLES does it. Migrations of rows alone are nobody's business."""
    migrations.add("0001_customers", "CREATE TABLE customers (id int);")
    dunlin("migrate", url=users.url(users.migrator)).ok()
    users.database.execute(f'grant all on all tables in schema public to "{users.app}"')
    migrations.add("0002_later", content)
    result = dunlin("migrate", url=users.url(users.app)).ok(code)
    assert (code == 0) == ("may make nothing in this database" not in result.stderr)
    assert users.database.value("select count(*) from _sqlx_migrations") == (2 if code == 0 else 1)


def test_a_member_of_the_owner_may(users, dunlin, migrations):
    migrations.add("0001_customers", "CREATE TABLE customers (id int);")
    dunlin("migrate", url=users.url(users.migrator)).ok()
    users.database.execute(f'grant "{users.migrator}" to "{users.app}"')
    migrations.add("0002_wider", "ALTER TABLE customers ADD COLUMN name text;")
    dunlin("migrate", url=users.url(users.app)).ok()
