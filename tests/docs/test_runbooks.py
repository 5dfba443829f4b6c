"""The runbooks, typed line by line against a real PostgreSQL and the real image."""

import subprocess
from pathlib import Path

import pytest

from support.account import free_port
from support.doc_commands import blocks, run_page
from support.postgres import PASSWORD, PASSWORD_USER
from support.program import clean_environment

RUNBOOKS = Path(__file__).resolve().parents[2] / "docs" / "runbooks"
# What no machine without an engine, a registry or a cluster can do.
NOT_RUN = {"private-registries.md": ["no engine that saves and loads"]}


class Scene:
    """Where a page finds itself: a directory with migrations and a Dockerfile, an image of them, a database."""

    def __init__(self, directory, docker, dunlin, database, migrations):
        self.directory, self.docker, self.dunlin, self.database, self.migrations = (
            directory, docker, dunlin, database, migrations)
        self.environment = {"DATABASE_URL": database.url}
        (directory / "Dockerfile").write_text("FROM dunlin\nCOPY migrations/ migrations/\n")

    def add(self, name, content):
        self.migrations.add(name, content)

    def build(self):
        self.docker("build", "-t", "everruns-admin", ".").ok()

    def migrate(self, *words):
        self.dunlin("migrate", *words, url=self.database.url).ok()

    def everruns(self):
        self.add("20240101000000_001_initial_schema", "CREATE TABLE users (id int);\n")
        self.add("20240115000000_002_llm_providers", "CREATE TABLE llm_providers (id int);\n")
        self.add("20240201000000_003_new_feature", "CREATE TABLE features (id int);\n")


def write_variables(scene, file, **variables):
    (scene.directory / file).write_text("".join(f"{name}={value}\n" for name, value in variables.items()))


def production_migrations(scene):
    scene.everruns()
    scene.migrate("--steps", "2")
    scene.build()


def breaking_changes(scene):
    scene.add("20240101000000_users", "CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);\n")
    scene.migrate()
    scene.database.execute("INSERT INTO users (name) VALUES ('Ada')")


def rollback(scene):
    scene.everruns()
    scene.migrate()
    scene.build()


def failed_midway(scene):
    scene.everruns()
    scene.migrate("--steps", "2")
    scene.add("20240201000000_003_new_feature", "CREATE TABLE features (id int);\nALTER TABLE absent ADD x int;\n")
    scene.build()


def timeouts(scene):
    scene.everruns()
    scene.build()


def emergency(scene):
    rollback(scene)
    write_variables(scene, ".env", DATABASE_URL=scene.database.url, DUNLIN_LISTEN=f"127.0.0.1:{free_port()}")


def blue_green(scene):
    scene.everruns()
    place = {"DB__DRIVER": "postgresql", "DB__HOST": "127.0.0.1", "DB__PORT": scene.database.server.port,
             "DB__NAME": scene.database.name}
    write_variables(scene, ".env", **place, DB__USER="postgres", DUNLIN_GRANTS=f"{PASSWORD_USER}=readwrite")
    write_variables(scene, "app.env", **place, DB__USER=PASSWORD_USER, DB__PASSWORD=PASSWORD,
                    DUNLIN_LISTEN=f"127.0.0.1:{free_port()}")
    scene.build()
    scene.docker("run", "-d", "--name", "backend", "--env-file", ".env", "--entrypoint", "sleep", "everruns-admin",
                 "infinity").ok()


def private_registries(scene):
    scene.everruns()
    scene.build()
    scene.docker("tag", "everruns-admin", "025066246552.dkr.ecr.us-east-1.amazonaws.com/everruns-admin:2.1").ok()
    programs = scene.directory / "programs"
    programs.mkdir()
    for name, script in [("aws", 'test "$*" = "ecr get-login-password --region us-east-1" && echo a-token'),
                         ("kubectl", 'test "$1 $2 $3" = "create secret generic"')]:
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    scene.environment.update(GHCR_PAT="a-token", GITHUB_ACTOR="octocat", PATH=f"{programs}:{scene.docker.environment['PATH']}")


def key_rotation(scene):
    scene.everruns()
    scene.build()
    old = scene.dunlin("keygen", "kek-v1").ok().stdout
    (scene.directory / "kek-v1.key").write_text(old)
    scene.database.execute("CREATE TABLE accounts (id int PRIMARY KEY, token_encrypted bytea)")
    sealed = subprocess.run([scene.dunlin.program, "encrypt"], input="a token", capture_output=True, text=True, check=True,
                            env=clean_environment({"SECRETS_ENCRYPTION_KEY": old})).stdout
    scene.database.execute("INSERT INTO accounts SELECT n, convert_to(%s, 'UTF8') FROM generate_series(1, 42) n", sealed)


SCENES = {"production-migrations.md": production_migrations, "breaking-changes.md": breaking_changes,
          "rollback.md": rollback, "failed-midway.md": failed_midway, "timeouts.md": timeouts, "emergency.md": emergency,
          "blue-green.md": blue_green, "private-registries.md": private_registries, "key-rotation.md": key_rotation}


def test_every_runbook_is_here():
    assert {path.name for path in RUNBOOKS.glob("*.md")} == SCENES.keys() | {"README.md"}
    assert all(f"]({name})" in (RUNBOOKS / "README.md").read_text() for name in SCENES)


def test_what_is_not_run():
    not_run = {name: [block.not_run for block in blocks(RUNBOOKS / name) if block.not_run] for name in SCENES}
    assert {name: reasons for name, reasons in not_run.items() if reasons} == NOT_RUN


@pytest.mark.parametrize("page", SCENES)
def test_runbook(page, tmp_path, docker, dunlin, database, migrations):
    scene = Scene(tmp_path, docker, dunlin, database, migrations)
    SCENES[page](scene)
    executed = run_page(RUNBOOKS / page, tmp_path, scene.environment, dunlin.program, docker=docker)
    assert executed
