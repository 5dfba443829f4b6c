"""What sqlx does to a database, statement by statement, so that dunlin can be compared with it and take turns with it.

It sends a file whole, as sqlx does, and refuses what sqlx refuses: a dirty row, a file that is gone or has changed.
"""

import hashlib
import re
import sqlite3
import time

DDL = """
CREATE TABLE IF NOT EXISTS {table} (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on {time},
    success BOOLEAN NOT NULL,
    checksum {bytes} NOT NULL,
    execution_time BIGINT NOT NULL
);
                """


class Refused(Exception):
    pass


def files_of(directory):
    """(version, description, content, kind) in the order of sqlx."""
    found = []
    for path in directory.iterdir():
        version, _, rest = path.name.partition("_")
        if not rest.endswith(".sql"):
            continue
        suffix = next(suffix for suffix in (".up.sql", ".down.sql", ".sql") if rest.endswith(suffix))
        description = re.sub(f"({re.escape(suffix)})+$", "", rest).replace("_", " ")
        found.append((int(version), description, path.read_bytes(), suffix))
    return sorted(found)


class Tool:
    def run(self, directory, limit=None):
        """`sqlx migrate run`; gives the versions it applied."""
        self.execute(DDL.format(table=self.table, **self.types))
        if self.rows(f"SELECT version FROM {self.table} WHERE success = false"):
            raise Refused("dirty")
        applied = {version: bytes(checksum)
                   for version, checksum in self.rows(f"SELECT version, checksum FROM {self.table} ORDER BY version")}
        files = files_of(directory)
        if missing := set(applied) - {version for version, *_ in files}:
            raise Refused(f"missing {missing}")
        done = []
        for version, description, content, suffix in files:
            checksum = hashlib.sha384(content).digest()
            if suffix == ".down.sql" or version in applied and applied[version] == checksum:
                continue
            if version in applied:
                raise Refused(f"changed {version}")
            if limit is not None and len(done) == limit:
                break
            began = time.monotonic_ns()
            self.apply(content.decode(), version, description, checksum)
            self.execute(f"UPDATE {self.table} SET execution_time = {time.monotonic_ns() - began} WHERE version = {version}")
            done.append(version)
        return done

    def revert(self, directory):
        """`sqlx migrate revert`: the newest that has a down file."""
        applied = {version for version, in self.rows(f"SELECT version FROM {self.table}")}
        for version, _, content, suffix in reversed(files_of(directory)):
            if suffix == ".down.sql" and version in applied:
                self.execute("BEGIN")
                self.script(content.decode())
                self.execute(f"DELETE FROM {self.table} WHERE version = {version}")
                self.execute("COMMIT")
                return version
        return None


class PostgresTool(Tool):
    types = {"time": "TIMESTAMPTZ NOT NULL DEFAULT now()", "bytes": "BYTEA"}

    def __init__(self, database, table="_sqlx_migrations"):
        self.connection = database.connect()
        self.table = table

    def execute(self, sql, *parameters):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    rows = script = execute

    def apply(self, sql, version, description, checksum):
        alone = sql.startswith("-- no-transaction")
        if not alone:
            self.execute("BEGIN")
        self.execute(sql)
        self.execute(f"INSERT INTO {self.table} ( version, description, success, checksum, execution_time )"
                     " VALUES ( %s, %s, TRUE, %s, -1 )", version, description, checksum)
        if not alone:
            self.execute("COMMIT")


class SqliteTool(Tool):
    types = {"time": "TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP", "bytes": "BLOB"}

    def __init__(self, path, table="_sqlx_migrations"):
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.table = table

    def execute(self, sql, *parameters):
        return self.connection.execute(sql, parameters).fetchall()

    rows = execute

    def script(self, sql):
        statement = ""
        for line in sql.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                self.execute(statement)
                statement = ""
        self.execute(statement)

    def apply(self, sql, version, description, checksum):
        self.execute("BEGIN")
        self.script(sql)
        self.execute(f"INSERT INTO {self.table} ( version, description, success, checksum, execution_time )"
                     " VALUES ( ?1, ?2, TRUE, ?3, -1 )", version, description, checksum)
        self.execute("COMMIT")
