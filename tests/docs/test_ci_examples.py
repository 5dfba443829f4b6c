"""examples/ci: the commands of their jobs do on a real server what they are there for."""

import os
import re
import shlex
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from scenes import BASE, branch, two_users
from support.program import REPOSITORY, clean_environment
from support.service import Service

EXAMPLES = REPOSITORY / "examples" / "ci"

# Stands for docker where a registry and a builder would be needed: what is run in the image is run with the program under test,
# with the variables that it is given and no others.
DOCKER = """#!/usr/bin/python3
import os, sys
words = sys.argv[1:]
command = words.pop(0)
if command == "create":
    print("container")
elif command == "cp":
    assert words[0] == "container:/usr/local/bin/dunlin"
    os.symlink({program!r}, words[1])
elif command == "login":
    assert sys.stdin.read().strip()
elif command == "run":
    kept = {{name: value for name, value in os.environ.items() if name in ("PATH", "PGHOSTADDR", "PGPORT")}}
    while words[0].startswith("-"):
        option = words.pop(0)
        if option == "-e":
            name = words.pop(0)
            kept[name] = os.environ[name]
        else:
            assert option == "--rm", option
    os.execve({program!r}, ["dunlin", *words[1:]], kept)
else:
    assert command in ("build", "push"), command
"""


@pytest.fixture
def github():
    return yaml.safe_load((EXAMPLES / "github-actions.yml").read_text())


@pytest.fixture
def gitlab():
    return yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text())


class Runner:
    """Runs the scripts of a job one after the other, as a runner of GitHub does with `shell: bash`."""

    def __init__(self, dunlin, everywhere):
        self.directory = dunlin.directory
        self.temporary = dunlin.directory / "runner"
        (self.temporary / "bin").mkdir(parents=True)
        docker = self.temporary / "bin" / "docker"
        docker.write_text(DOCKER.format(program=str(dunlin.program)))
        docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
        self.files = {name: self.temporary / name for name in ("GITHUB_PATH", "GITHUB_ENV", "GITHUB_STEP_SUMMARY")}
        for file in self.files.values():
            file.touch()
        self.environment = {**everywhere, "RUNNER_TEMP": str(self.temporary), "GITHUB_BASE_REF": "main", "GITHUB_ACTOR": "me",
                            **{name: str(file) for name, file in self.files.items()}}

    def run(self, script, **environment):
        lines = [line.split("=", 1) for line in self.files["GITHUB_ENV"].read_text().splitlines()]
        path = [*self.files["GITHUB_PATH"].read_text().splitlines(), str(self.temporary / "bin"), os.environ["PATH"]]
        return subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=self.directory, text=True, timeout=60,
                              env=clean_environment({**self.environment, **dict(lines), **environment, "PATH": ":".join(path)}),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture
def runner(dunlin, everywhere):
    return Runner(dunlin, everywhere)


@pytest.fixture
def throw_away(server, dunlin):
    """A merge request with a migration, and a database for it; the superuser's password is believed."""
    two_users(server)
    branch(dunlin.directory)
    server.query("create database ci")
    return {"DATABASE_URL": "postgres://postgres:ci@db/ci"}


@pytest.fixture
def real(server, dunlin):
    """What a deployment has: the variables of an environment, for a database that is at the first of two migrations."""
    two_users(server)
    branch(dunlin.directory)
    url = server.url("app", "migrator", "migrator-secret")
    dunlin("migrate", "--steps", "1", env={"MIGRATION_DATABASE_URL": url, "DUNLIN_GRANTS": "app=readwrite"}).ok()
    app = Service(dunlin, url=server.url("app", "app", "app-secret")).url
    return {"MIGRATION_DATABASE_URL": "postgres://migrator:migrator-secret@db/app",
            "APP_DATABASE_URL": "postgres://app:app-secret@db/app", "APP": app}


def steps(job):
    return [step for step in job["steps"] if "run" in step]


def filled_in(values, secrets):
    """With the ${{ }} of a workflow replaced."""
    context = {"secrets.GITHUB_TOKEN": "token", "github.repository_owner": "me", "github.sha": "abc", "vars.APP": secrets["APP"],
               **{f"secrets.{name}": value for name, value in secrets.items()}}
    return {name: re.sub(r"\${{ (\S+) }}", lambda match: context[match[1]], value) for name, value in values.items()}


def test_github_checks_a_pull_request(github, runner, throw_away, server):
    assert github["defaults"] == {"run": {"shell": "bash"}}  # which is how Runner runs it
    job = github["jobs"]["check"]
    assert job["services"]["db"]["env"]["POSTGRES_DB"] == "ci"
    environment = {**job["env"], "DATABASE_URL": job["env"]["DATABASE_URL"].replace(":5432", "")}
    for step in steps(job):
        done = runner.run(step["run"], **environment)
        assert done.returncode == 0, done.stdout
    assert "CREATE TABLE invoices" in (runner.directory / "plan.sql").read_text()
    assert "1 migration to apply" in runner.files["GITHUB_STEP_SUMMARY"].read_text()
    assert "Reverted 1 migration" in done.stdout


def test_github_finds_an_edited_migration(github, runner, throw_away):
    job = github["jobs"]["check"]
    file = runner.directory / "migrations" / f"{BASE}.up.sql"
    file.write_text(file.read_text() + "-- edited\n")
    environment = {**job["env"], **throw_away}
    codes = {step["name"]: runner.run(step["run"], **environment).returncode for step in steps(job)}
    assert codes["The schema as main has it"] == 0 and codes["Nothing that is out has been edited"] == 5


def test_github_deploys(github, runner, real, server):
    job = github["jobs"]["deploy"]
    assert job["concurrency"]["cancel-in-progress"] is False
    said = ""
    for step in steps(job):
        done = runner.run(step["run"], **filled_in({**job["env"], **step.get("env", {})}, real))
        assert done.returncode == 0, done.stdout
        said += done.stdout
    assert "1 migration to apply" in said and '"at_version": "20260201000000"' in (runner.directory / "report.json").read_text()
    assert not [secret for secret in ("migrator-secret", "app-secret") if secret in said]


def test_a_secret_of_github_is_in_the_steps_that_need_it_only(github):
    job = github["jobs"]["deploy"]
    named = [step["name"] for step in steps(job) if "MIGRATION_DATABASE_URL" in step.get("env", {})]
    assert named == ["What is pending", "Migrate"]
    assert "secrets" not in str(github["jobs"]["check"]) and "secrets" not in str(job["env"])
    # What others may choose is no part of a script's text.
    assert not [step for one in github["jobs"].values() for step in steps(one) if "${{" in step["run"]]


def together(job):
    return "\n".join(job["script"])


def test_gitlab_checks_a_merge_request(gitlab, runner, throw_away):
    runner.environment.update(CI_DEFAULT_BRANCH="main", CI_REGISTRY="registry", CI_REGISTRY_USER="me",
                              CI_REGISTRY_PASSWORD="secret", ADMIN_IMAGE="registry/everruns-admin")
    done = runner.run(together(gitlab["build"]))
    assert done.returncode == 0 and (runner.directory / "base" / "migrations" / f"{BASE}.up.sql").exists(), done.stdout
    (runner.temporary / "bin" / "dunlin").symlink_to(os.environ.get("DUNLIN") or REPOSITORY / "build" / "dunlin")
    done = runner.run(together(gitlab["check"]), **gitlab["check"]["variables"])
    assert done.returncode == 0 and "Reverted 1 migration" in done.stdout, done.stdout
    assert "CREATE TABLE invoices" in (runner.directory / "plan.sql").read_text()


def test_no_job_of_gitlab_has_a_keyword_for_a_name(gitlab):
    jobs = {name for name, value in gitlab.items() if isinstance(value, dict) and "script" in value}
    assert jobs == {"build", "check", "migrate", "ready"}
    assert all(gitlab[job]["stage"] in gitlab["stages"] for job in jobs)


def test_gitlab_deploys(gitlab, runner, real):
    (runner.temporary / "bin" / "dunlin").symlink_to(os.environ.get("DUNLIN") or REPOSITORY / "build" / "dunlin")
    environment = {**real, "DATABASE_URL": real["APP_DATABASE_URL"]}
    del environment["APP_DATABASE_URL"]
    for job in ("migrate", "ready"):
        assert gitlab[job]["rules"] == [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}]
        done = runner.run(together(gitlab[job]), **environment)
        assert done.returncode == 0, done.stdout
    assert '"outcome": "applied"' in (runner.directory / "report.json").read_text()


def test_the_program_is_where_the_examples_say():
    assert "COPY --from=program /src/build/dunlin /usr/local/bin/" in (REPOSITORY / "docker" / "Dockerfile.unified").read_text()


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_every_command_and_option_is_one_of_the_program(name, dunlin):
    reference = dunlin("help", "--markdown").ok().stdout
    known = set(re.findall(r"^## dunlin ([\w-]+)$", reference, re.MULTILINE))
    everybodys = dunlin("help").ok().stdout
    text = re.sub(r"\\\n\s*", " ", re.sub(r"^\s*#.*$", "", (EXAMPLES / name).read_text(), flags=re.MULTILINE))
    used = re.findall(r'(?:dunlin|"\$IMAGE") ([a-z-]+)((?: +(?:--?[a-z-]+|"[^"]*"|[\w:./$-]+))*)', text)
    used = [(command, words) for command, words in used if command in known or "--" in words]
    assert len(used) >= 8
    for command, words in used:
        assert command in known, command
        helped = dunlin("help", command).ok().stdout + everybodys
        assert not [flag for flag in shlex.split(words) if flag.startswith("--") and flag not in helped], (command, words)
