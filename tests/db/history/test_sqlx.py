"""dunlin and sqlx take turns on one database, and neither can tell what the other has done."""

import sqlite3
import zlib

import pytest

from sqlx_tool import PostgresTool, Refused, SqliteTool

COLUMNS = "version, description, success, checksum"


@pytest.fixture
def directory(migrations):
    migrations.add("0001_first_table", "CREATE TABLE a (id integer PRIMARY KEY);\r\nINSERT INTO a VALUES (1);\r\n")
    migrations.add("2__odd__name_", "CREATE TABLE b (id integer PRIMARY KEY)")
    migrations.add("10_pair.up", "CREATE TABLE c (id integer);\n")
    migrations.add("10_pair.down", "DROP TABLE c;\n")
    migrations.add("20260101000000_it's.here.sql.sql", "INSERT INTO a VALUES (2);\n-- done\n")
    migrations.add("20260102000000_last.up", "CREATE TABLE d (id integer);")
    migrations.add("20260102000000_last.down", "DROP TABLE d;")
    return migrations.directory


VERSIONS = [1, 2, 10, 20260101000000, 20260102000000]


class OnPostgres:
    def __init__(self, postgres):
        self.postgres = postgres
        self.databases = []

    def new(self):
        self.databases.append(self.postgres.database())
        database = self.databases[-1]
        return database.url, PostgresTool(database), database.query

    def close(self):
        for database in self.databases:
            self.postgres.drop_database(database.name)


class OnSqlite:
    def __init__(self, tmp_path):
        self.path = tmp_path
        self.count = 0

    def new(self):
        self.count += 1
        path = self.path / f"{self.count}.db"
        path.touch()
        return f"sqlite:{path}", SqliteTool(path), lambda sql: sqlite3.connect(path).execute(sql).fetchall()

    def close(self):
        pass


@pytest.fixture(params=["postgres", "sqlite"])
def engine(request, tmp_path):
    engine = OnPostgres(request.getfixturevalue("postgres")) if request.param == "postgres" else OnSqlite(tmp_path)
    yield engine
    engine.close()


def as_bytes(rows):
    return [tuple(bytes(value) if isinstance(value, memoryview) else value for value in row) for row in rows]


def history(query):
    return as_bytes(query(f"SELECT {COLUMNS} FROM _sqlx_migrations ORDER BY version"))


def test_the_rows_are_those_that_sqlx_writes(engine, dunlin, directory):
    url, _, ours = engine.new()
    _, sqlx, theirs = engine.new()
    assert sqlx.run(directory) == VERSIONS
    dunlin("migrate", url=url).ok()
    assert history(ours) == history(theirs)
    assert [description for _, description, *_ in history(ours)] == [
        "first table", " odd  name ", "pair", "it's.here", "last"]


def test_they_take_turns(engine, dunlin, directory):
    url, sqlx, query = engine.new()
    assert sqlx.run(directory, limit=1) == [1]
    dunlin("migrate", "--steps", "2", url=url).ok()
    assert sqlx.run(directory, limit=1) == [20260101000000]
    dunlin("migrate", url=url).ok()
    assert sqlx.run(directory) == []
    assert [row[0] for row in history(query)] == VERSIONS

    assert sqlx.revert(directory) == 20260102000000
    assert sqlx.run(directory) == [20260102000000]
    dunlin("down", "--yes", url=url).ok()
    assert [row[0] for row in history(query)] == VERSIONS[:-1]
    assert sqlx.run(directory) == [20260102000000]
    info = dunlin("info", "--json", url=url).ok().json()
    assert [migration["state"] for migration in info["migrations"]] == ["applied"] * 5
    assert not any(migration["flags"] for migration in info["migrations"])


def test_sqlx_takes_the_checksums_that_dunlin_blesses(engine, dunlin, directory):
    url, sqlx, _ = engine.new()
    assert sqlx.run(directory) == VERSIONS
    file = directory / "0001_first_table.sql"
    file.write_bytes(file.read_bytes().replace(b"\r\n", b"\n"))
    with pytest.raises(Refused, match="changed 1"):
        sqlx.run(directory)
    assert "line-endings" in dunlin("validate", "--json", url=url).output
    dunlin("validate", "--fix-checksums", url=url).ok()
    assert sqlx.run(directory) == []
    dunlin("validate", url=url).ok()


def test_a_time_that_sqlx_never_came_to_fill_in_is_null(engine, dunlin, directory):
    url, sqlx, _ = engine.new()
    sqlx.run(directory)
    sqlx.execute("UPDATE _sqlx_migrations SET execution_time = -1 WHERE version = 2")
    migrations = dunlin("info", "--json", url=url).ok().json()["migrations"]
    assert [migration["execution_ms"] is None for migration in migrations] == [False, True, False, False, False]
    assert all(migration["applied_at"] for migration in migrations)


def test_a_dirty_row_is_not_run_over(engine, dunlin, directory):
    url, sqlx, _ = engine.new()
    sqlx.run(directory, limit=2)
    sqlx.execute("UPDATE _sqlx_migrations SET success = false WHERE version = 2")
    assert dunlin("migrate", url=url).code == 7
    with pytest.raises(Refused, match="dirty"):
        sqlx.run(directory)


def test_the_table_is_sqlxs_on_postgres(postgres, database, dunlin, directory):
    other = postgres.database()
    PostgresTool(other).run(directory)
    dunlin("migrate", url=database.url).ok()
    assert database.dump("--schema-only") == other.dump("--schema-only")
    types = database.query("select pg_typeof(version)::text, pg_typeof(installed_on)::text, pg_typeof(checksum)::text,"
                           " octet_length(checksum), execution_time between 1 and 60e9,"
                           " installed_on between now() - interval '1 minute' and now() from _sqlx_migrations")
    assert set(types) == {("bigint", "timestamp with time zone", "bytea", 48, True, True)}
    postgres.drop_database(other.name)


def test_the_table_is_sqlxs_on_sqlite(tmp_path, dunlin, directory):
    engine = OnSqlite(tmp_path)
    url, _, ours = engine.new()
    _, sqlx, theirs = engine.new()
    sqlx.run(directory)
    dunlin("migrate", url=url).ok()
    schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
    assert ours(schema) == theirs(schema), "letter by letter, as SQLite keeps the text"
    types = ("SELECT DISTINCT typeof(version), typeof(description), typeof(installed_on), typeof(success), typeof(checksum),"
             " length(checksum), typeof(execution_time), length(installed_on) FROM _sqlx_migrations")
    assert ours(types) == theirs(types)
    assert ours("SELECT count(*) FROM _sqlx_migrations WHERE execution_time BETWEEN 1 AND 60e9"
                " AND julianday('now') - julianday(installed_on) BETWEEN -0.001 AND 0.01") == [(5,)]


def test_a_table_of_another_name_in_another_schema(database, dunlin, directory):
    database.execute('CREATE SCHEMA "My Schema"')
    table = '"My Schema"."odd ""table"""'
    dunlin("migrate", "--history-table", table, url=database.url).ok()
    assert PostgresTool(database, table).run(directory) == []
    assert database.value("SELECT to_regclass('_sqlx_migrations')") is None
    info = dunlin("info", "--json", "--history-table", table, url=database.url).ok().json()
    assert info["summary"]["pending"] == 0
    dunlin("down", "--yes", "--history-table", table, url=database.url).ok()
    assert database.value(f"SELECT count(*) FROM {table}") == 4


def test_strange_operators_and_functions_in_the_search_path_change_nothing(database, dunlin, directory):
    database.execute("""
        CREATE SCHEMA evil;
        CREATE FUNCTION evil.never(bigint, integer) RETURNS boolean LANGUAGE sql AS 'SELECT false';
        CREATE OPERATOR evil.= (LEFTARG = bigint, RIGHTARG = integer, FUNCTION = evil.never);
        CREATE FUNCTION evil.never(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT false';
        CREATE OPERATOR evil.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = evil.never);
        CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$SELECT timestamptz '1999-01-01'$$;
        CREATE FUNCTION evil.count(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint';
        CREATE FUNCTION evil.encode(bytea, text) RETURNS text LANGUAGE sql AS $$SELECT 'ff'$$;
        CREATE FUNCTION evil.to_char(timestamp, text) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$;
        CREATE FUNCTION evil.concat(bigint, text, bigint, text) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$""")
    database.execute(f'ALTER DATABASE "{database.name}" SET search_path = evil, public, pg_catalog')
    dunlin("migrate", "--history-table", "public._sqlx_migrations", url=database.url).ok()
    dunlin("down", "--yes", "--history-table", "public._sqlx_migrations", url=database.url).ok()
    info = dunlin("info", "--json", "--history-table", "public._sqlx_migrations", url=database.url).ok().json()
    assert [migration["state"] for migration in info["migrations"]] == ["applied"] * 4 + ["pending"]
    assert all(migration["applied_at"] for migration in info["migrations"][:4])
    assert database.value("SELECT pg_catalog.min(execution_time) > 0 FROM public._sqlx_migrations")


def test_sqlxs_own_lock_keeps_dunlin_out(database, dunlin, directory):
    key = 0x3d32ad9e * zlib.crc32(database.name.encode())
    sqlx = PostgresTool(database)
    sqlx.execute("SELECT pg_advisory_lock(%s)", key)
    dunlin("migrate", "--lock-wait", "0", url=database.url).ok(4)
    sqlx.execute("SELECT pg_advisory_unlock(%s)", key)
    dunlin("migrate", "--lock-wait", "0", url=database.url).ok()
