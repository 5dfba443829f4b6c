"""The guides: every command in them is run against a real server."""

import re

import pytest

from scenes import ADDED, BASE, branch, two_users
from support.doc_commands import blocks, run_page
from support.program import Migrations, REPOSITORY
from support.service import Service

DOCS = REPOSITORY / "docs"


def project(server, dunlin):
    two_users(server)
    migrations = Migrations(dunlin.directory / "migrations")
    migrations.add(BASE, "CREATE TABLE customers (id int PRIMARY KEY);\n")
    migrations.add(ADDED, "CREATE TABLE invoices (id int PRIMARY KEY);\n")
    return {}


def pipeline(server, dunlin):
    """A throw-away database, and a real one that is at the first of two migrations."""
    two_users(server)
    branch(dunlin.directory)
    server.query("create role ci login password 'ci-secret'")
    server.query("create database ci owner ci")
    migrator = server.url("app", "migrator", "migrator-secret")
    dunlin("migrate", "--steps", "1", env={"MIGRATION_DATABASE_URL": migrator, "DUNLIN_GRANTS": "app=readwrite"}).ok()
    return {"APP": Service(dunlin, url=server.url("app", "app", "app-secret")).url}


SCENES = {"environment.md": project, "ci-cd.md": pipeline, "cli-or-library.md": project}
# What cannot be run here, and why.
NOT_RUN = {}


@pytest.mark.parametrize("page", SCENES)
def test_every_command_does_what_the_page_says(page, server, everywhere, tmp_path, dunlin):
    scene = SCENES[page](server, dunlin)
    executed = run_page(DOCS / page, tmp_path, {**everywhere, **scene}, dunlin.program)
    left_out = [block.not_run for block in blocks(DOCS / page) if block.not_run]
    assert left_out == NOT_RUN.get(page, []) and len(executed) + len(left_out) == len(blocks(DOCS / page))


def test_code_in_the_comparison_is_that_of_the_example():
    service = REPOSITORY / "examples" / "service"
    sources = "\n".join(file.read_text() for file in [*service.glob("*.cc"), service / "CMakeLists.txt"])
    parts = re.findall(r"^```(?:cpp|cmake)\n(.*?)^```", (DOCS / "cli-or-library.md").read_text(), re.MULTILINE | re.DOTALL)
    assert len(parts) == 3
    assert [line for part in parts for line in part.splitlines() if line not in sources.splitlines()] == []
