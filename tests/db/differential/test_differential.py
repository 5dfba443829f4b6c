"""dunlin and psql leave the same database: the same pg_dump, data included, from the same scripts."""

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from generate import script
from support.postgres import npm_package

HERE = Path(__file__).parent
GENERATED = 250
# What dunlin adds to a database, and psql does not.
OURS = ["--exclude-table=*._sqlx_migrations", "--exclude-table=*.dunlin_journal"]


def psql(database, path):
    """As the script's author would run it by hand: in one transaction, unless it says that it must not be."""
    text = path.read_bytes().decode("utf-8-sig").lstrip()
    alone = text.startswith("-- no-transaction") or re.match(r"(?i)(begin|start transaction)\b", text)
    return database.psql(None, "-f", str(path), "-o", "/dev/null", *([] if alone else ["-1"]))


def first_difference(ours, theirs):
    for number, (one, other) in enumerate(zip(ours.splitlines(), theirs.splitlines()), 1):
        if one != other:
            return f"line {number} of the dump\n  dunlin  {one}\n  psql    {other}"
    return "one dump is longer than the other" if ours != theirs else ""


def compare(postgres, dunlin, directory, count):
    """Runs a directory both ways and compares; gives dunlin's database."""
    ours, theirs = postgres.database(), postgres.database()
    assert len(dunlin("migrate", "--json", url=ours.url, timeout=300).ok().json()["applied"]) == count
    for path in sorted(directory.glob("*.sql")):
        code, output = psql(theirs, path)
        assert code == 0, f"psql does not run {path.name}: {output}"
    assert first_difference(ours.dump(*OURS), theirs.dump(*OURS)) == ""
    postgres.drop_database(theirs.name)
    return ours


def check_history(database, directory):
    """Row by row what sqlx would have written."""
    rows = database.query("select version, description, success, checksum, execution_time >= 0, installed_on <= now()"
                          " from _sqlx_migrations order by version")
    expected = []
    for path in sorted(directory.glob("*.sql"), key=lambda path: int(path.name.split("_")[0])):
        version, rest = path.stem.split("_", 1)
        expected.append((int(version), rest.replace("_", " "), True, hashlib.sha384(path.read_bytes()).digest(), True, True))
    assert [tuple(bytes(value) if isinstance(value, memoryview) else value for value in row) for row in rows] == expected


def test_generated_scripts(postgres, dunlin, migrations):
    for seed in range(GENERATED):
        migrations.add(f"{seed + 1:04}_generated_{seed}.sql", "")
        (migrations.directory / f"{seed + 1:04}_generated_{seed}.sql").write_bytes(script(seed).encode())
    database = compare(postgres, dunlin, migrations.directory, GENERATED)
    check_history(database, migrations.directory)
    postgres.drop_database(database.name)


def test_hand_picked_scripts(postgres, dunlin, migrations):
    scripts = sorted((HERE / "ok").glob("*.sql"))
    for number, path in enumerate(scripts, 1):
        shutil.copy(path, migrations.directory / f"{number:04}_{path.name}")
    database = compare(postgres, dunlin, migrations.directory, len(scripts))
    check_history(database, migrations.directory)
    postgres.drop_database(database.name)


# The server's word for it; dunlin knows before it sends anything.
NOT_IN_A_TRANSACTION = "25001"


@pytest.mark.parametrize("path", sorted((HERE / "error").glob("*.sql")), ids=lambda path: path.stem)
def test_scripts_that_fail(database, dunlin, migrations, path):
    """The first line names the SQLSTATE. Nothing is left, and the line that psql names is the line that dunlin names."""
    shutil.copy(path, migrations.directory / f"0001_{path.name}")
    sqlstate = path.read_text().split("\n")[0].removeprefix("-- ")
    before = database.dump(*OURS)
    result = dunlin("migrate", url=database.url)
    if sqlstate == NOT_IN_A_TRANSACTION:
        assert result.code == 5 and "cannot run inside a transaction" in result.output, result.output
    else:
        assert result.code == 1 and f"({sqlstate})" in result.output, result.output
    assert database.dump(*OURS) == before
    code, output = psql(database, path)
    assert code != 0
    line = re.search(r"^LINE (\d+): (.*)", output, re.MULTILINE)
    if line:
        # psql counts from the start of the statement, and the file's line stands before the message.
        text = line.group(2).strip().removesuffix("...").removeprefix("...")
        assert text[:40] in result.output


def test_a_public_project(postgres, dunlin, migrations):
    """graphile-worker's migrations, with its one placeholder filled in."""
    sql = npm_package("graphile-worker", "graphile-worker") / "sql"
    for path in sorted(sql.glob("*.sql")):
        migrations.add(f"{path.stem}_step", path.read_text().replace(":GRAPHILE_WORKER_SCHEMA", "graphile_worker"))
    schema = migrations.add("000000_schema", "CREATE SCHEMA graphile_worker;\n")
    count = len(list(migrations.directory.glob("*.sql")))
    assert count >= 19 and schema.exists()
    database = compare(postgres, dunlin, migrations.directory, count)
    check_history(database, migrations.directory)
    postgres.drop_database(database.name)


def test_a_public_project_on_postgres_18(database18, dunlin, migrations):
    sql = npm_package("graphile-worker", "graphile-worker") / "sql"
    migrations.add("000000_schema", "CREATE SCHEMA graphile_worker;\n")
    for path in sorted(sql.glob("*.sql")):
        migrations.add(f"{path.stem}_step", path.read_text().replace(":GRAPHILE_WORKER_SCHEMA", "graphile_worker"))
    dunlin("migrate", url=database18.url).ok()
    check_history(database18, migrations.directory)
    functions = database18.value("select count(*) from pg_proc where pronamespace = 'graphile_worker'::regnamespace")
    assert functions >= 5
