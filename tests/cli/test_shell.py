"""dunlin shell, without a terminal: -c and through a pipe. What a terminal adds is in test_shell_terminal.py."""

import csv
import io
import json
import os
import re
import subprocess

import pytest

from support.program import clean_environment


@pytest.fixture(params=["postgres", "sqlite"])
def shell(request, dunlin, invoices):
    """The console on a migrated database of each kind; `query` looks into the database from outside."""
    if request.param == "sqlite":
        base = request.getfixturevalue("sqlite")
        url, query = base.url, base.query
    else:
        database = request.getfixturevalue("database")
        url, query = database.url, lambda sql: [" | ".join(map(str, row)) for row in database.query(sql)]
    dunlin("migrate", url=url).ok()

    def run(*arguments, **options):
        return dunlin("shell", *arguments, url=url, **options)

    run.query = query
    run.url = url
    run.kind = request.param
    run("--write", "-c", "INSERT INTO customers VALUES (1, 'Ann'), (2, NULL)").ok()
    return run


def test_results_go_to_standard_output_and_nothing_else(shell):
    result = shell("-c", "SELECT id, name FROM customers ORDER BY id").ok()
    assert result.stdout == " id | name\n----+--------\n  1 | Ann\n  2 | (null)\n(2 rows)\n"
    assert result.stderr == ""


def test_several_commands_and_several_statements_in_one(shell):
    result = shell("-t", "-c", "SELECT 1; SELECT 2", "-c", "SELECT 'a;b'").ok()
    assert result.stdout.split() == ["1", "2", "a;b"]


def test_the_formats(shell):
    query = "SELECT id, name FROM customers ORDER BY id"
    rows = list(csv.reader(io.StringIO(shell("-o", "csv", "-c", query).ok().stdout)))
    assert rows == [["id", "name"], ["1", "Ann"], ["2", ""]]
    assert json.loads(shell("-o", "json", "-c", query).ok().stdout) == [{"id": 1, "name": "Ann"}, {"id": 2, "name": None}]
    assert "-[ 2 ]--" in shell("-o", "expanded", "-c", query).ok().stdout
    assert '"xml" is no format' in shell("-o", "xml", "-c", query).ok(2).stderr


def test_one_document_with_json(shell):
    document = shell("--json", "-c", "SELECT 1 AS a", "-c", "\\dt").ok().json()
    assert document["results"][0] == {"rows": [{"a": 1}], "command": document["results"][0]["command"]}
    assert "customers" in [row["Name"] for row in document["results"][1]["rows"]]
    failed = shell("--json", "-c", "SELECT 1 AS a; SELECT nothing_there").ok(1).json()
    assert len(failed["results"]) == 2 and failed["error"]["kind"] == "sql"


def test_a_pipe_is_read_line_by_line(shell):
    script = "-- a comment; with a semicolon\nSELECT 'a\n;b' AS x;\n\\t on\nSELECT 41\n + 1;\nSELECT 'last'"
    result = shell(stdin=script).ok()
    assert " a +\n ;b\n" in result.stdout and " 42\n" in result.stdout
    assert result.stdout.endswith(" last\n")


def test_the_first_error_ends_it_and_says_where(shell):
    result = shell(stdin="SELECT 1;\nSELECT id,\n  nothing_there FROM customers;\nSELECT 'never';\n").ok(1)
    assert "never" not in result.output
    assert "stdin:3:3" in result.stderr and "nothing_there" in result.stderr and "^~~~~~~~~~~~~" in result.stderr
    result = shell("-c", "SELECT 1", "-c", "SELECT 1; SELEC 2").ok(1)
    assert "-c 2:1:11" in result.stderr


def test_it_only_reads_unless_told_otherwise(shell):
    for statement in ("INSERT INTO customers VALUES (3, 'x')", "DROP TABLE invoices", "UPDATE customers SET name = 'x'",
                      "CREATE TABLE t (a integer)"):
        result = shell("-c", statement).ok(8)
        assert "dunlin shell --write" in result.stderr
    assert shell.query("SELECT count(*) FROM customers") == ["2"]
    shell("--write", "-c", "INSERT INTO customers VALUES (3, 'x')").ok()
    assert shell.query("SELECT count(*) FROM customers") == ["3"]


def test_an_open_transaction_at_the_end_is_an_error_and_rolled_back(shell):
    result = shell("--write", stdin="BEGIN;\nDELETE FROM customers;\n").ok(1)
    assert "the input ended in a transaction" in result.stderr
    assert shell.query("SELECT count(*) FROM customers") == ["2"]
    shell("--write", stdin="BEGIN; DELETE FROM customers; COMMIT;").ok()
    assert shell.query("SELECT count(*) FROM customers") == ["0"]


def test_the_catalogue(shell):
    tables = shell("-c", "\\dt").ok().stdout
    assert "customers" in tables and "_sqlx_migrations" in tables
    described = shell("-c", "\\d customers").ok().stdout
    assert re.search(r"table (public\.)?customers", described) and "id" in described and "name" in described
    assert "invoices" not in shell("-c", "\\dt cust*").ok().stdout
    assert "there is no table" in shell("-c", "\\d nowhere").ok(2).stderr
    assert shell("-c", "\\dn").ok().stdout
    assert "customers" in shell("-c", "\\di", "-c", "\\dv", "-c", "\\d").ok().stdout


def test_dunlins_own_commands(shell, invoices, dunlin):
    lines = shell("-c", "\\migrate-info").ok().stdout
    assert lines == dunlin("migrate-info", url=shell.url).ok().stdout
    assert "20261120093000  invoice_status" in shell("-c", "\\info").ok().stdout
    invoices.add("20270101000000_more", "CREATE TABLE more (id integer);\n")
    assert "CREATE TABLE more" in shell("-c", "\\plan").ok().stdout
    for refused in ("\\migrate", "\\validate --fix-checksums"):
        assert "dunlin shell --write" in shell("-c", refused).ok(8).stderr
    shell("--write", "-c", "\\migrate").ok()
    assert shell.query("SELECT count(*) FROM more") == ["0"]
    assert shell("-c", "\\validate").ok().code == 0
    refused = shell("--write", "-c", "BEGIN", "-c", "\\down --yes").ok(2)
    assert "would wait for the transaction" in refused.stderr


def test_an_unknown_command_has_a_nearest_one(shell):
    assert "did you mean \\timing?" in shell("-c", "\\timin").ok(2).stderr


def test_a_file_is_run_by_name(shell, tmp_path):
    (tmp_path / "some.sql").write_text("SELECT 'from a file';\nSELECT nothing_there;\n")
    result = shell("-c", "\\i some.sql").ok(1)
    assert "from a file" in result.stdout and "some.sql:2:8" in result.stderr


def test_control_characters_are_harmless(shell):
    character = "chr(27)" if shell.kind == "postgres" else "char(27)"
    result = shell("-c", f"SELECT {character} || '[2J' AS x").ok()
    assert "\x1b" not in result.stdout and "\\x1b[2J" in result.stdout


def test_many_rows_take_no_memory(shell, dunlin):
    series = ("SELECT n, repeat('x', 100) FROM generate_series(1, 300000) n" if shell.kind == "postgres" else
              "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 300000)"
              " SELECT n, printf('%.100c', 'x') FROM s")
    for output in ("aligned", "json"):
        result, _, peak = dunlin.measured("shell", "-o", output, "-c", series, url=shell.url)
        assert result.ok().stdout.count("x" * 100) == 300_000
        assert peak < 40_000


def test_a_closed_pipe_ends_a_long_result(shell, dunlin, tmp_path):
    endless = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 2000000000) SELECT n FROM s"
    process = subprocess.Popen([str(dunlin.program), "shell", "-c", endless], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, cwd=tmp_path, env=clean_environment({"DATABASE_URL": shell.url}))
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b"" and process.wait(timeout=30) == 141


def test_a_closed_pipe_ends_a_short_result(shell, dunlin, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    for arguments in (("-c", "SELECT 1"), ("--json", "-c", "SELECT 1")):
        process = subprocess.run([str(dunlin.program), "shell", *arguments], stdout=writing, stderr=subprocess.PIPE,
                                 cwd=tmp_path, env=clean_environment({"DATABASE_URL": shell.url}))
        assert process.stderr == b"" and process.returncode == 141
    os.close(writing)


def test_a_full_disk_is_said(shell, dunlin, tmp_path):
    endless = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 2000000000) SELECT n FROM s"
    with open("/dev/full", "wb") as full:
        process = subprocess.run([str(dunlin.program), "shell", "-c", endless], stdout=full, stderr=subprocess.PIPE,
                                 cwd=tmp_path, env=clean_environment({"DATABASE_URL": shell.url}))
    assert process.returncode == 2 and b"No space left on device" in process.stderr


def test_input_that_cannot_be_read_is_an_error(shell, dunlin, tmp_path):
    directory = os.open(tmp_path, os.O_RDONLY)
    process = subprocess.run([str(dunlin.program), "shell"], stdin=directory, capture_output=True, cwd=tmp_path,
                             env=clean_environment({"DATABASE_URL": shell.url}))
    os.close(directory)
    assert process.returncode == 2 and b"cannot read stdin: Is a directory" in process.stderr
    assert "cannot read .: Is a directory" in shell("-c", "\\i .").ok(2).stderr


def test_a_statement_of_very_many_lines(shell):
    rows = ",\n".join(f"({n}, 'a; b ''{n}'';')" for n in range(10, 100_000))
    shell("--write", stdin=f"INSERT INTO customers VALUES\n{rows};\n").ok()
    assert shell.query("SELECT count(*) FROM customers WHERE id >= 10") == ["99990"]
    lines = "a; b\n" * 200_000
    result = shell("-t", stdin=f"SELECT length('{lines}');\n").ok()
    assert result.stdout.split() == ["1000000"]


def test_a_system_shell(dunlin, tmp_path):
    result = dunlin("shell", "--sh", stdin="echo from $0; exit 5\n", env={"SHELL": "/bin/sh"})
    assert result.code == 5 and "from /bin/sh" in result.stdout


def test_a_system_shell_runs_what_it_is_given(dunlin):
    result = dunlin("shell", "--sh", "-c", "echo from $0; false || exit 6", env={"SHELL": "/bin/sh"})
    assert result.code == 6 and result.stdout == "from /bin/sh\n"
    result = dunlin("shell", "--sh", "-c", "greeting=hello", "-c", "echo $greeting", env={"SHELL": "/bin/sh"}).ok()
    assert result.stdout == "hello\n"


# What a reading console could be talked into, if it looked at words instead of asking the server.

@pytest.fixture
def reader(dunlin, database):
    dunlin("shell", "--write", "-c", "CREATE TABLE kept (id integer); INSERT INTO kept VALUES (1)", url=database.url).ok()
    return lambda script: dunlin("shell", stdin=script, url=database.url)


@pytest.mark.parametrize("script", [
    "SET default_transaction_read_only = off;\nDELETE FROM kept;",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE;\nDELETE FROM kept;",
    "BEGIN READ WRITE;\nDELETE FROM kept;\nCOMMIT;",
    "BEGIN;\nSET TRANSACTION READ WRITE;\nDELETE FROM kept;\nCOMMIT;",
    "BEGIN;\nSELECT set_config('transaction_read_only', 'off', false);\nDELETE FROM kept;\nCOMMIT;",
    "SELECT set_config('transaction_read_only', 'off', false);\nDELETE FROM kept;",
    "DO $$ BEGIN PERFORM set_config('transaction_read_only', 'off', false); DELETE FROM kept; END $$;",
    "DO $$ BEGIN COMMIT; SET TRANSACTION READ WRITE; DELETE FROM kept; COMMIT; END $$;",
    "BEGIN;\nCOMMIT AND CHAIN;\nSET TRANSACTION READ WRITE;\nDELETE FROM kept;\nCOMMIT;",
    "BEGIN;\nROLLBACK AND CHAIN;\nSELECT set_config('transaction_read_only', 'off', true);\nDELETE FROM kept;\nCOMMIT;",
    "BEGIN;\nSAVEPOINT a;\nSET TRANSACTION READ WRITE;\nDELETE FROM kept;\nCOMMIT;",
    "RESET ALL;\nDISCARD ALL;\nDELETE FROM kept;",
    "WITH gone AS (DELETE FROM kept RETURNING id) SELECT * FROM gone;",
    "EXPLAIN ANALYZE DELETE FROM kept;",
    "COPY kept FROM PROGRAM 'echo 2';",
    "SET standard_conforming_strings = off;\nSELECT '\\'; COMMIT; DELETE FROM kept; --';",
    "ALTER SYSTEM SET work_mem = '5MB';",
    "CREATE DATABASE other;",
    "VACUUM kept;",
])
def test_postgres_itself_keeps_the_console_from_writing(reader, database, script):
    result = reader(script)
    assert result.code != 0, result.output
    assert database.query("SELECT id FROM kept") == [(1,)]
    assert database.query("SELECT 1 FROM pg_file_settings WHERE name = 'work_mem'") == []


@pytest.mark.parametrize("script", [
    "COPY kept TO PROGRAM 'cat > {file}';",
    "COPY (SELECT 1) TO '{file}';",
    "BEGIN;\nCOPY kept (id) TO E'{file}' (FORMAT csv);\nCOMMIT;",
    "DO $$ BEGIN COPY kept TO '{file}'; END $$;",
    "BEGIN;\nPREPARE TRANSACTION 'left';",
    "SELECT lo_import('/etc/hostname');",
    "SELECT pg_catalog . \"lo_from_bytea\" /* so */ (0, 'x');",
    "BEGIN;\nSELECT 1;\nSELECT lo_create(0);\nCOMMIT;",
    "SELECT lo_creat(-1);",
    "SELECT lo_export(0, '{file}');",
    "SELECT pg_replication_origin_create('left');",
    "SELECT pg_create_physical_replication_slot('left', true);",
])
def test_what_postgres_allows_in_a_read_only_transaction_is_refused(reader, database, postgres, script):
    file = postgres.directory / "written"
    result = reader(script.format(file=file)).ok(8)
    assert "dunlin shell --write" in result.stderr
    assert not file.exists()
    for table in ("pg_prepared_xacts", "pg_largeobject_metadata", "pg_replication_origin", "pg_replication_slots"):
        assert database.value(f"SELECT count(*) FROM {table}") == 0


def test_words_that_only_look_like_writing(reader):
    assert reader("SELECT 'lo_import(1)' AS lo_create, 'COPY t TO PROGRAM' AS \"DO\";").ok().stdout
    assert reader("COPY kept TO STDOUT;").ok().stdout == "1\n"
    assert "42" in reader("PREPARE p AS SELECT 41 + 1;\nEXECUTE p;").ok().stdout


def test_hints_are_those_of_a_console(dunlin, database, reader):
    late = reader("BEGIN;\nSELECT 1;\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;").ok(1)
    assert "BEGIN ISOLATION LEVEL SERIALIZABLE" in late.stderr and "--write" not in late.stderr
    assert "--write" in reader("BEGIN;\nSELECT 1;\nSET TRANSACTION READ WRITE;").ok(8).stderr
    dunlin("shell", "--write", "-c", "CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'", url=database.url).ok()
    assert "dunlin shell --write" in reader("CALL p();").ok(8).stderr
    for script in ("BEGIN;\nCALL p();", "BEGIN;\nVACUUM;"):
        said = dunlin("shell", "--write", stdin=script, url=database.url).ok(1).stderr
        assert "COMMIT or ROLLBACK first" in said and "migration" not in said


@pytest.mark.parametrize("script", [
    "PRAGMA query_only = OFF; DELETE FROM customers;",
    "BEGIN IMMEDIATE; DELETE FROM customers; COMMIT;",
    "ATTACH 'other.db' AS other; CREATE TABLE other.t (a);",
    "VACUUM INTO 'copy.db';",
    "VACUUM;",
    "PRAGMA journal_mode = WAL;",
    "PRAGMA user_version = 7;",
    "PRAGMA writable_schema = ON;",
    "CREATE TEMP TABLE t (a);",
    "PRAGMA wal_checkpoint;",
])
def test_sqlite_itself_keeps_the_console_from_writing(dunlin, sqlite, invoices, script):
    sqlite("migrate").ok()
    sqlite("shell", "--write", "-c", "INSERT INTO customers VALUES (1, 'Ann')").ok()
    before = {path.name: path.read_bytes() for path in sqlite.path.iterdir()}
    assert sqlite("shell", stdin=script).code == 8
    assert {path.name: path.read_bytes() for path in sqlite.path.iterdir()} == before
    assert not (dunlin.directory / "copy.db").exists() and not (dunlin.directory / "other.db").exists()


def test_reading_pragmas_and_a_written_ahead_log(sqlite, invoices):
    sqlite("migrate").ok()
    sqlite("shell", "--write", "-c", "PRAGMA journal_mode = WAL", "-c", "INSERT INTO customers VALUES (1, 'Ann')").ok()
    before = sorted(path.name for path in sqlite.path.iterdir())
    result = sqlite("shell", "-t", "-c", "PRAGMA table_info(customers)", "-c", "PRAGMA user_version",
                    "-c", "SELECT name FROM customers").ok()
    assert "Ann" in result.stdout
    assert sorted(path.name for path in sqlite.path.iterdir()) == before
    assert "Ann" in sqlite("shell", stdin="BEGIN;\nSELECT name FROM customers;\nCOMMIT;\n").ok().stdout


def test_copy(dunlin, database):
    result = dunlin("shell", "-c", "COPY (SELECT 1, 'a') TO STDOUT", url=database.url).ok()
    assert result.stdout == "1\ta\n"
    dunlin("shell", "--write", "-c", "CREATE TABLE t (a integer)", url=database.url).ok()
    result = dunlin("shell", "--write", stdin="COPY t FROM STDIN;\n1\n\\.\n", url=database.url)
    assert result.code != 0 and "this console sends none" in result.stderr


def test_which_database(dunlin, database, postgres):
    other = postgres.database()
    env = {"DATABASE_URL": database.url, "MIGRATION_DATABASE_URL": other.url}
    ask = ("shell", "-t", "-c", "SELECT current_database()")
    assert dunlin(*ask, env=env).ok().stdout.split() == [database.name]
    assert dunlin(*ask, "--write", env=env).ok().stdout.split() == [other.name]
    assert "no database is named" in dunlin(*ask).ok(2).stderr


def test_types_in_json(dunlin, database):
    query = "SELECT 1.50::numeric AS n, true AS b, '{\"x\": [1]}'::jsonb AS j, 'NaN'::float8 AS f, NULL AS nothing"
    result = dunlin("shell", "-o", "json", "-c", query, url=database.url).ok()
    assert result.json() == [{"n": 1.5, "b": True, "j": {"x": [1]}, "f": "NaN", "nothing": None}]


def test_more_of_the_catalogue(dunlin, database):
    dunlin("shell", "--write", url=database.url, stdin="""
        CREATE TYPE mood AS ENUM ('sad', 'happy');
        CREATE TABLE a (id integer PRIMARY KEY, m mood DEFAULT 'sad');
        CREATE TABLE b (a_id integer REFERENCES a (id) CHECK (a_id > 0));
        CREATE VIEW v AS SELECT 1 AS one;
        CREATE SCHEMA "Odd";
        CREATE TABLE "Odd"."A Table" (x integer);
    """).ok()
    ask = lambda command: dunlin("shell", "-c", command, url=database.url).ok().stdout
    described = ask("\\d a")
    assert "a_pkey" in described and "primary key" in described and "'sad'::mood" in described
    assert "Referenced by" in described and "Triggers" not in described
    assert "FOREIGN KEY (a_id) REFERENCES a(id)" in ask("\\d b") and "a_id > 0" in ask("\\d b")
    assert "sad, happy" in ask("\\dT mood")
    assert "A Table" in ask('\\dt "Odd".*') and "x" in ask('\\d "Odd"."A Table"')
    assert "SELECT 1 AS one" in ask("\\d v")
    assert "Odd" in ask("\\dn") and database.value("SELECT current_user") in ask("\\du") and database.name in ask("\\l")
    assert "plpgsql" in ask("\\dx") and "Size" in ask("\\dt+") and "a_pkey" in ask("\\di")
