"""Golden output: tests/cli/golden/<name>.txt holds what a command printed, without what differs from run to run.

DUNLIN_UPDATE_GOLDEN=1 writes them anew; look at the difference before you commit it.
"""

import os
from pathlib import Path

import pytest

from support.normal import normalised
from support.users import Users

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden(tmp_path):
    def compare(name, text):
        path = GOLDEN / f"{name}.txt"
        text = normalised(text, tmp_path)
        if os.environ.get("DUNLIN_UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} does not exist; DUNLIN_UPDATE_GOLDEN=1 makes it of\n{text}"
        assert text == path.read_text(encoding="utf-8"), f"not as in {path}"

    return compare


@pytest.fixture
def users(postgres):
    """A database with a migration user, an application user and a reporting user."""
    users = Users(postgres)
    yield users
    users.close()


@pytest.fixture
def invoices(migrations):
    """Three migrations; the first two can be undone."""
    migrations.add("20260101000000_initial_schema.up", "CREATE TABLE customers (id integer PRIMARY KEY, name text);\n")
    migrations.add("20260101000000_initial_schema.down", "DROP TABLE customers;\n")
    migrations.add("20260315080000_add_invoices.up", "CREATE TABLE invoices (id integer PRIMARY KEY, total integer);\n")
    migrations.add("20260315080000_add_invoices.down", "DROP TABLE invoices;\n")
    migrations.add("20261120093000_invoice_status", "ALTER TABLE invoices ADD COLUMN status text;\n")
    return migrations


@pytest.fixture
def sqlite(dunlin, sqlite_dir):
    """dunlin on one SQLite database that exists."""
    url = sqlite_dir.url()
    dunlin("create", url=url).ok()

    def run(*arguments, **options):
        return dunlin(*arguments, url=url, **options)

    run.dunlin = dunlin
    run.url = url
    run.query = sqlite_dir.query
    run.path = sqlite_dir.path
    return run
