"""The image `admin`, built for real, and its program against a real PostgreSQL."""

import json
import re
import subprocess

import pytest

from support import images
from support.account import free_port
from support.postgres import PASSWORD, PASSWORD_USER, Postgres
from support.tls import Certificates
from support.waiting import until

PENDING = """20240101000000/pending: 001_initial_schema (NEW)
20240115000000/pending: 002_llm_providers (NEW)
20240201000000/pending: 003_new_feature (NEW)
"""
INSTALLED = re.sub(r"pending(.*) \(NEW\)", r"installed\1", PENDING)


def url(database):
    return {"DATABASE_URL": database.url}


def test_without_a_word_it_prints_help(docker, admin_image):
    usage = docker("run", "--rm", admin_image).ok().stdout
    assert "Usage: dunlin COMMAND" in usage
    assert docker("run", "--rm", admin_image, "help").ok().stdout == usage
    assert docker("run", "--rm", admin_image, "dunlin").ok().stdout == usage


@pytest.mark.parametrize("words", [["migrate-info"], ["dunlin", "migrate-info"], ["./upgrade_schema.sh", "migrate-info"],
                                   ["/app/upgrade_schema.sh", "migrate-info"], ["/usr/local/bin/dunlin", "migrate-info"]])
def test_every_way_to_call_it(docker, everruns_admin, database, words):
    result = docker("run", "--rm", "-e", "DATABASE_URL", everruns_admin, *words, env=url(database)).ok()
    assert result.stdout == PENDING and result.stderr == ""


def test_it_migrates_and_its_exit_code_is_the_program_s(docker, everruns_admin, database, everruns_files):
    docker("run", "--rm", "-e", "DATABASE_URL", everruns_admin, "migrate", env=url(database)).ok()
    info = docker("run", "--rm", "-e", f"DATABASE_URL={database.url}", everruns_admin, "migrate-info").ok()
    assert info.stdout == INSTALLED
    everruns_files.add("20240301000000_004_wrong", "CREATE TABEL wrong (id int);\n")
    failed = docker("run", "--rm", "-e", "DATABASE_URL", "-v", "./migrations:/app/migrations:ro", everruns_admin, "migrate",
                    env=url(database)).ok(1)
    assert "migrations/20240301000000_004_wrong.sql:1:8" in failed.stderr


def test_the_schema_script_with_a_file_of_variables(docker, everruns_admin, postgres, tmp_path):
    database = postgres.database(owner=PASSWORD_USER)
    (tmp_path / ".env").write_text(f"# the migration user\nDB__DRIVER=postgresql\nDB__HOST=127.0.0.1\nDB__PORT={postgres.port}\n"
                                   f"DB__NAME={database.name}\nDB__USER={PASSWORD_USER}\nDB__PASSWORD={PASSWORD}\n")
    for _ in range(2):  # twice is harmless
        result = docker("run", "--rm", "--env-file", ".env", everruns_admin, "./upgrade_schema.sh", "upgrade").ok()
        assert PASSWORD not in result.output
    assert len(database.sqlx_history()) == 3
    postgres.drop_database(database.name)


@pytest.fixture
def backend(docker, everruns_admin, database):
    """A container that is up, as a backend's would be."""
    docker("run", "-d", "--name", "backend", "-e", "DATABASE_URL", "--entrypoint", "sleep", everruns_admin, "infinity",
           env=url(database)).ok()
    return "backend"


def test_the_schema_script_in_a_running_container(docker, backend, database):
    docker("exec", backend, "./upgrade_schema.sh", "upgrade").ok()
    assert len(database.sqlx_history()) == 3
    assert docker("exec", backend, "dunlin", "migrate-info").ok().stdout == INSTALLED
    assert docker("exec", backend, "dunlin", "migrate", "--to", "7").code == 2


def test_it_needs_no_shell(docker, everruns_admin, database, tmp_path):
    (tmp_path / "no-shell").write_text("")
    docker("run", "-d", "--name", "bare", "-e", "DATABASE_URL", "-v", "./no-shell:/usr/bin/dash:ro", "--entrypoint", "sleep",
           everruns_admin, "infinity", env=url(database)).ok()
    assert docker("exec", "bare", "sh", "-c", "true").code == 126
    docker("exec", "bare", "./upgrade_schema.sh", "upgrade").ok()
    assert len(database.sqlx_history()) == 3


@pytest.mark.parametrize("user", ["10001:10001", "1234567:0"])
def test_read_only_and_as_nobody_in_particular(docker, everruns_admin, database, user):
    options = ["--rm", "--read-only", "--user", user, "--cap-drop", "ALL", "-e", "DATABASE_URL"]
    refused = docker("run", *options, "--entrypoint", "touch", everruns_admin, "/tmp/file", env=url(database))
    assert refused.code == 1 and "Read-only file system" in refused.stderr
    result = docker("run", *options, everruns_admin, "migrate", env=url(database)).ok()
    assert "warning" not in result.stderr
    assert docker("run", *options, everruns_admin, "migrate-info", env=url(database)).ok().stdout == INSTALLED


def test_its_user_owns_nothing_it_could_change(docker, admin_image):
    assert docker("run", "--rm", "--entrypoint", "id", admin_image).ok().stdout.startswith("uid=10001(dunlin) gid=10001")
    writable = docker("run", "--rm", "--entrypoint", "find", admin_image, "/usr", "/etc", "/app", "-xdev", "-writable", "-not",
                      "-type", "l").ok(1)  # some it may not even read
    assert writable.stdout == ""


def test_a_stopped_container_leaves_nothing_behind(docker, everruns_admin, everruns_files, database):
    everruns_files.add("20240301000000_004_slow", "CREATE TABLE slow (id int);\nSELECT pg_sleep(600);\n")
    docker("run", "-d", "--name", "slow", "-e", "DATABASE_URL", "-v", "./migrations:/app/migrations:ro", everruns_admin,
           "migrate", env=url(database)).ok()
    until(lambda: database.query("select 1 from pg_stat_activity where query ~ 'pg_sleep' and state = 'active'"
                                 " and pid <> pg_backend_pid()"), "the migration runs")
    docker("stop", "slow").ok()
    assert docker("wait", "slow").ok().stdout == "143\n"
    assert "interrupted" in docker("logs", "slow").ok().stdout
    assert database.value("select to_regclass('slow')") is None and len(database.sqlx_history()) == 3


def test_an_image_without_migrations_fails(docker, admin_image, database):
    result = docker("run", "--rm", "-e", "DATABASE_URL", admin_image, "migrate", env=url(database)).ok(2)
    assert "there is no directory ./migrations" in result.stderr


def test_a_url_from_a_secret_file(docker, everruns_admin, database, tmp_path):
    (tmp_path / "secret").write_text(database.url + "\n")
    docker("run", "--rm", "-v", "./secret:/run/secrets/migration_url:ro", "-e",
           "MIGRATION_DATABASE_URL_FILE=/run/secrets/migration_url", everruns_admin, "migrate").ok()
    assert len(database.sqlx_history()) == 3


def test_a_word_for_a_shell_is_answered(docker, admin_image):
    assert "--entrypoint sh" in docker("run", "--rm", admin_image, "sh").ok(2).stderr


def test_tls_with_the_authorities_of_the_image(docker, everruns_admin):
    certificates = Certificates("localhost")
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    with Postgres(fast=True, certificates=certificates) as server:
        database = server.database()
        address = server.url(database.name, host="localhost", sslmode="verify-full", sslrootcert=bundle)
        unknown = docker("run", "--rm", "-e", "DATABASE_URL", everruns_admin, "migrate", env={"DATABASE_URL": address}).ok(6)
        assert "certificate verify failed" in unknown.stderr and "No such file" not in unknown.stderr
        docker("run", "--rm", "-e", "DATABASE_URL", "-v", f"{certificates.authority}:{bundle}:ro", everruns_admin, "migrate",
               env={"DATABASE_URL": address}).ok()
        assert len(database.sqlx_history()) == 3
    certificates.close()


def test_its_health_is_asked_by_the_program_itself(docker, everruns_admin, database):
    check = json.loads(docker("inspect", everruns_admin).ok().stdout)[0]["Config"]["Healthcheck"]["Test"]
    assert check == ["CMD", "dunlin", "healthcheck", "--quiet"]
    address = f"127.0.0.1:{free_port()}"
    docker("run", "-d", "--name", "status", "--read-only", "-e", "DATABASE_URL", "-e", f"DUNLIN_LISTEN={address}",
           everruns_admin, "serve", env=url(database)).ok()
    until(lambda: docker("exec", "status", *check[1:]).code == 0, "it is healthy")
    assert docker("exec", "status", "dunlin", "healthcheck", f"http://{address}/nothing").code == 1
    docker("stop", "status").ok()
    # Nothing answers any longer.
    assert docker("run", "--rm", "-e", f"DUNLIN_LISTEN={address}", everruns_admin, "healthcheck", "--quiet").code == 1


def test_what_the_image_says_of_itself(docker, admin_image):
    config = json.loads(docker("inspect", admin_image).ok().stdout)[0]["Config"]
    assert config["Entrypoint"] == ["dunlin"] and config["Cmd"] == ["help"]
    assert config["WorkingDir"] == "/app" and config["User"] == "10001:10001"
    version = (images.REPOSITORY / "VERSION").read_text().strip()
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert labels["version"] == version and labels["licenses"] == "Apache-2.0" and labels["title"] == "dunlin"
    assert version in docker("run", "--rm", admin_image, "--version").ok().stdout


def test_its_bill_of_materials(docker, admin_image):
    def components(name):
        text = docker("run", "--rm", "--entrypoint", "cat", admin_image, f"/usr/share/doc/dunlin/{name}.cdx.json").ok().stdout
        bill = json.loads(text)
        assert bill["bomFormat"] == "CycloneDX"
        for component in bill["components"]:
            assert re.fullmatch(r"pkg:deb/debian/[\w.%+-]+@[\w.%+~-]+\?arch=\w+&distro=debian-12", component["purl"])
        return {component["name"]: component["version"] for component in bill["components"]}

    inside, beside = components("dunlin"), components("image")
    assert {"libpq-dev", "libssl-dev", "libsqlite3-dev", "libstdc++-12-dev"} <= set(inside)
    assert {"libc6", "ca-certificates"} <= set(beside) and "g++" not in beside
    installed = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "libpq-dev"], stdout=subprocess.PIPE, text=True).stdout
    assert inside["libpq-dev"] == installed


def test_it_is_small(admin_image):
    def size(name):
        return json.loads(images.buildah("images", "--json", name))[0]["size"]

    def megabytes(text):
        number, unit = text.split()
        return float(number) * {"KB": 0.001, "MB": 1, "GB": 1000}[unit]

    assert megabytes(size(admin_image)) - megabytes(size(images.BASE)) < 60
