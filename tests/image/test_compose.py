"""examples/docker-compose: each file is what docker-compose reads, and its services do what they are there for."""

import os
import re
import shutil
import subprocess

import pytest

from support import compose, images
from support.account import free_port
from support.postgres import Postgres
from support.waiting import until

EXAMPLES = images.REPOSITORY / "examples" / "docker-compose"
PASSWORDS = {"DB_PASSWORD": "0superuser", "MIGRATION_PASSWORD": "0migration", "APP_PASSWORD": "0application"}
PRODUCTION = {"MIGRATIONS_IMAGE": "everruns-admin", "APP_IMAGE": "myapp:latest"}


@pytest.fixture(scope="module")
def server():
    """As the postgres image makes one: nobody comes in without a password."""
    with Postgres(fast=True) as server:
        server.query("alter role postgres password '0superuser'")
        hba = server.data / "pg_hba.conf"
        hba.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        subprocess.run(["psql", "-qX", server.socket_url("postgres"), "-c", "select pg_reload_conf()"], check=True,
                       stdout=subprocess.DEVNULL)
        yield server


@pytest.fixture
def database(server):
    """Its databases are made and looked into by the superuser, over the socket."""
    def sql(name, text):
        result = subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", server.socket_url(name)], input=text,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert result.returncode == 0, result.stdout
        return result.stdout.splitlines()

    made = []

    def make(name):
        made.append(name)
        sql("postgres", f"create database {name}")
        return lambda text: sql(name, text)

    yield make
    for name in made:
        sql("postgres", f"drop database {name} with (force)")
    sql("postgres", "drop role if exists migration_user, app_user")


def make_users(server, name, **environment):
    """What the postgres image does with the scripts of /docker-entrypoint-initdb.d."""
    subprocess.run(["sh", EXAMPLES / "initdb" / "users.sh"], check=True,
                   env={"PATH": os.environ["PATH"], "PGHOST": str(server.directory), "PGPORT": str(server.port),
                        "POSTGRES_USER": "postgres", "POSTGRES_DB": name, **environment})


@pytest.fixture
def copied(tmp_path):
    """The examples with what their README has people make."""
    shutil.copytree(images.REPOSITORY / "examples" / "quickstart", tmp_path / "quickstart")
    folder = tmp_path / "docker-compose"
    shutil.copytree(EXAMPLES, folder)
    script, = re.findall(r"^(mkdir -m 700 secrets\n.*?^done)$", (folder / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    subprocess.run(["sh", "-ec", script], cwd=folder, check=True)
    return folder


FILES = [("development.yml", {}), ("production.yml", PRODUCTION), ("separate-service.yml", PASSWORDS),
         ("one-image/docker-compose.yml", {"MIGRATION_DATABASE_URL": "postgres://a@b/c", "APP_DATABASE_URL": "postgres://d@b/c"})]


@pytest.mark.parametrize("name, environment", FILES)
def test_the_application_waits_for_migrations_of_another_service(name, environment):
    services = compose.config(EXAMPLES / name, **environment)["services"]
    assert services["app"]["depends_on"] == {"migrations": {"condition": "service_completed_successfully"}}
    assert services["migrations"]["command"][0] == "migrate"
    if "db" in services:
        assert services["migrations"]["depends_on"] == {"db": {"condition": "service_healthy"}}
        assert "pg_isready" in services["db"]["healthcheck"]["test"][1]
    if name != "development.yml":
        assert services["app"]["healthcheck"]["test"]
        assert services["app"]["environment"] != services["migrations"]["environment"]


def test_every_file_is_tested():
    assert {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*.yml")} == {name for name, _ in FILES}


@pytest.mark.parametrize("name, environment", FILES)
def test_what_must_be_given_is_asked_for(name, environment):
    if environment:
        with pytest.raises(AssertionError, match="(?i)" + "|".join(environment)):
            compose.config(EXAMPLES / name)


def test_production_has_its_passwords_in_files_only(copied):
    document = compose.config(copied / "production.yml", **PRODUCTION)
    for file in (copied / "secrets").iterdir():
        assert file.read_text().strip() not in str(document)
    assert [secret["source"] for secret in document["services"]["app"]["secrets"]] == ["app_password"]
    assert document["networks"]["backend"]["internal"] and "ports" not in document["services"]["db"]


def test_development(docker, admin_image, server, database, copied):
    sql = database("app")
    document = compose.config(copied / "development.yml", DB_PASSWORD="0superuser")
    docker(*compose.words(document, "migrations", server)).ok()
    assert len(sql("select 1 from _sqlx_migrations")) == 3
    assert "3 applied" in docker(*compose.words(document, "migrations", server, "info")).ok().stdout


def test_production(docker, everruns_admin, server, database, copied):
    sql = database("app")
    make_users(server, "app", SECRETS=str(copied / "secrets"))
    document = compose.config(copied / "production.yml", **PRODUCTION)
    plan = docker(*compose.words(document, "migrations", server, "plan")).ok()
    assert "001_initial_schema" in plan.stdout and sql("select to_regclass('users')") == [""]
    docker(*compose.words(document, "migrations", server)).ok()
    assert sql("select tableowner from pg_tables where tablename = 'users'") == ["migration_user"]
    # The application's service, with our image in the place of its own.
    document["services"]["app"].update(image="everruns-admin", command=["wait", "--for", "migrated", "--timeout", "0s"])
    docker(*compose.words(document, "app", server)).ok()
    refused = docker(*compose.words(document, "app", server, "down", "--yes"))
    assert refused.code != 0 and len(sql("select 1 from _sqlx_migrations")) == 3
    assert sql("set role app_user; insert into users values (1); select * from users") == ["1"]
    status = document["services"]["status"]
    assert status["command"][0] == "serve" and status["healthcheck"]["test"] == ["CMD", "dunlin", "healthcheck", "--quiet"]
    address = f"127.0.0.1:{free_port()}"
    run, remove, *words = compose.words(document, "status", server, "serve", "--listen", address)
    docker(run, "-d", "--name", "status", *words).ok()
    until(lambda: docker("exec", "status", "dunlin", "healthcheck", f"http://{address}/ready").code == 0, "it is ready")


def test_a_separate_service(docker, admin_image, server, database, copied):
    sql = database("mydb")
    make_users(server, "mydb", MIGRATION_PASSWORD="0migration", APP_PASSWORD="0application")
    document = compose.config(copied / "separate-service.yml", **PASSWORDS)
    for _ in range(2):
        docker(*compose.words(document, "migrations", server)).ok()
    assert len(sql("select 1 from _sqlx_migrations")) == 3
    assert sql("set role app_user; select count(*) from customers") == ["0"]


def test_one_image_with_two_commands(docker, admin_image, server, database, copied):
    sql = database("mydb")
    make_users(server, "mydb", MIGRATION_PASSWORD="0migration", APP_PASSWORD="0application")
    docker.directory = copied / "one-image"
    docker("build", "-t", "myapp:latest", ".").ok()
    document = compose.config(copied / "one-image" / "docker-compose.yml",
                              MIGRATION_DATABASE_URL="postgres://migration_user:0migration@db:5432/mydb",
                              APP_DATABASE_URL="postgres://app_user:0application@db:5432/mydb")
    document["services"]["migrations"]["environment"]["DUNLIN_GRANTS"] = "app_user=readwrite"
    run, remove, *words = compose.words(document, "app", server)
    docker(run, "-d", "--name", "app", *words).ok()
    until(lambda: "3 migrations still pending" in docker("logs", "app").ok().stdout, "it says what it waits for")
    assert sql("select to_regclass('customers')") == [""] and "serving" not in docker("logs", "app").ok().stdout
    said = docker(*compose.words(document, "migrations", server)).ok().stdout
    assert said.startswith("Running migrations...\n") and said.endswith("Migrations completed successfully\n")
    until(lambda: "serving" in docker("logs", "app").ok().stdout, "the application starts")
    docker("stop", "app").ok()
    assert docker("wait", "app").ok().stdout == "0\n"
