"""The document "Admin Container"."""

import subprocess
from pathlib import Path

import pytest

from support.postgres import Postgres
from support.terminal import Terminal
from support.tls import Certificates


@pytest.fixture
def two(migrations):
    migrations.add("1_users", "CREATE TABLE users (id int);\n")
    migrations.add("2_orders", "CREATE TABLE orders (id int);\n")


def test_migrate_runs_pending_migrations(database, dunlin, two):
    dunlin("migrate", url=database.url).ok()
    assert database.sqlx_history() == [(1, "users", True), (2, "orders", True)]


def test_migrate_info_shows_the_status(database, dunlin, two):
    dunlin("migrate", "--steps", "1", url=database.url).ok()
    assert dunlin("migrate-info", url=database.url).ok().stdout == "1/installed: users\n2/pending: orders (NEW)\n"


def test_help_shows_usage(dunlin):
    for words in [["help"], []]:
        usage = dunlin(*words).ok().stdout
        assert "Usage: dunlin" in usage and "migrate-info" in usage


def test_database_url_is_required(dunlin, two):
    result = dunlin("migrate").ok(2)
    assert "DATABASE_URL is not set" in result.stderr and "export DATABASE_URL=" in result.stderr


def test_rust_log_is_the_log_level(database, dunlin, two):
    assert " info " in dunlin("migrate", url=database.url).ok().stderr
    assert dunlin("migrate", url=database.url, env={"RUST_LOG": "error"}).ok().stderr == ""
    assert " info " in dunlin("migrate", url=database.url, env={"RUST_LOG": "sqlx=error,info"}).ok().stderr


def test_sslmode_require(dunlin, two):
    certificates = Certificates("localhost")
    try:
        with Postgres(fast=True, certificates=certificates) as server:
            dunlin("migrate", url=server.url(server.database().name, sslmode="require")).ok()
    finally:
        certificates.close()


def test_the_log_has_the_sql_error(database, dunlin, migrations):
    migrations.add("1_broken", "CREATE TABLE a (id int);\nALTER TABLE absent ADD x int;\n")
    result = dunlin("migrate", url=database.url).ok(1)
    assert 'relation "absent" does not exist' in result.stderr and "1_broken.sql:2:" in result.stderr
    assert database.tables() == ["public._sqlx_migrations"]


def test_a_fixed_file_is_applied_by_the_next_run(database, dunlin, migrations):
    file = migrations.add("1_broken", "CREATE TABL a (id int);\n")
    dunlin("migrate", url=database.url).ok(1)
    file.write_text("CREATE TABLE a (id int);\n")
    dunlin("migrate", url=database.url).ok()
    assert database.sqlx_history() == [(1, "broken", True)]


def test_a_reversible_migration_is_added(dunlin, migrations):
    assert "dunlin add -r fix_bad_migration" in dunlin("migrate", "add", "-r", "fix_bad_migration").ok(2).stderr
    dunlin("add", "-r", "fix_bad_migration").ok()
    names = sorted(path.name.partition("_")[2] for path in migrations.directory.iterdir())
    assert names == ["fix_bad_migration.down.sql", "fix_bad_migration.up.sql"]


def test_a_deleted_row_makes_a_migration_pending(database, dunlin, migrations):
    migrations.add("006_late", "CREATE TABLE IF NOT EXISTS late (id int);\n")
    dunlin("migrate", url=database.url).ok()
    database.execute("DELETE FROM _sqlx_migrations WHERE version = 006")
    assert "pending" in dunlin("migrate-info", url=database.url).ok().stdout
    dunlin("migrate", url=database.url).ok()
    assert database.sqlx_history() == [(6, "late", True)]


def test_no_migrations_on_the_server():
    """Where the service of the examples is started: here only that both cases are."""
    cases = (Path(__file__).parents[1] / "package" / "test_service.py").read_text()
    assert "def test_it_migrates_and_serves(" in cases and "def test_without_migrations_it_touches_nothing(" in cases


OLD, NEW = "kek-v1:" + "B" * 42 + "A=", "kek-v2:" + "C" * 42 + "A="


@pytest.fixture
def secrets(database, dunlin):
    """100 values, 42 of them under the old key."""
    def sealed(key):
        return subprocess.run([dunlin.program, "encrypt"], input="token", env={"SECRETS_ENCRYPTION_KEY": key},
                              capture_output=True, text=True, check=True).stdout

    database.execute("create table accounts (id int primary key, token_encrypted bytea)")
    database.execute("insert into accounts select n, convert_to(case when n <= 42 then %s else %s end, 'UTF8')"
                     " from generate_series(1, 100) n", sealed(OLD), sealed(NEW))
    return {"SECRETS_ENCRYPTION_KEY": NEW, "SECRETS_ENCRYPTION_KEY_PREVIOUS": OLD}


def test_reencrypt_dry_run(database, dunlin, secrets):
    result = dunlin("reencrypt", "--dry-run", url=database.url, env=secrets).ok()
    assert result.stdout.splitlines()[-1] == "DRY RUN: Would re-encrypt 42 of 100 records"


def test_reencrypt_in_batches_of_fifty(database, dunlin, secrets):
    result = dunlin("reencrypt", "--batch-size", "50", url=database.url, env=secrets).ok()
    assert result.stdout.splitlines()[-1] == "Re-encrypted 42 of 100 records"
    assert database.value("select count(*) from accounts where convert_from(token_encrypted, 'UTF8')::json->>'key_id'"
                          " = 'kek-v2'") == 100


def test_reencrypt_needs_the_primary_key(database, dunlin, secrets):
    assert "SECRETS_ENCRYPTION_KEY is not set" in dunlin("reencrypt", url=database.url).ok(2).stderr


def test_reencrypt_needs_the_previous_key_for_old_values(database, dunlin, secrets):
    del secrets["SECRETS_ENCRYPTION_KEY_PREVIOUS"]
    assert "not covered: public.accounts.token_encrypted" in dunlin("reencrypt", url=database.url, env=secrets).ok(9).stdout
    assert database.value("select count(*) from accounts where convert_from(token_encrypted, 'UTF8')::json->>'key_id'"
                          " = 'kek-v1'") == 42


def test_the_image_is_built_by_this_line(docker, database, two, tmp_path):
    docker.directory = Path(__file__).parents[2]
    # The program is the one of this checkout, not compiled once more: tests/image does that with `make soak`.
    docker("build", "--target", "admin", "-f", "docker/Dockerfile.unified", "-t", "everruns-admin", "--build-arg",
           "PROGRAM=prebuilt", ".").ok()
    docker.directory = tmp_path
    result = docker("run", "--rm", "-e", f"DATABASE_URL={database.url}", "-v", "./migrations:/app/migrations",
                    "everruns-admin", "migrate-info").ok()
    assert result.stdout == "1/pending: users (NEW)\n2/pending: orders (NEW)\n"


def test_there_is_a_one_off_task_for_each_platform():
    """What is in them is tested by tests/image."""
    examples = Path(__file__).parents[2] / "examples"
    page = (examples.parent / "docs" / "one-off-tasks.md").read_text()
    for file, command in [("kubectl-run.sh", "kubectl run "), ("job.yaml", "kind: Job"), ("ecs-run-task.sh", "aws ecs run-task"),
                          ("migrate.nomad.hcl", '"batch"')]:
        assert command in (examples / "one-off" / file).read_text() and f"examples/one-off/{file}" in page
    assert "docker compose -f production.yml run --rm migrations" in page


def test_shell_is_a_console_for_debugging(database, dunlin, two):
    dunlin("migrate", url=database.url).ok()
    terminal = Terminal([str(dunlin.program), "shell"], dunlin.directory, {"DATABASE_URL": database.url})
    try:
        terminal.expect("=> ")
        terminal.line("SELECT count(*) AS users FROM users;").expect(" 0\n.*=> ")
        terminal.line("\\migrate-info").expect("2/installed: orders")
        assert terminal.leave() == 0
    finally:
        terminal.close()
