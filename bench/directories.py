"""The same migrations as each tool wants them, and as plain scripts for the shells that are the floor."""

from pathlib import Path

FIRST_VERSION = 20240101000000


def statements(number):
    """What a migration of everyday does, in the dialect that PostgreSQL and SQLite share."""
    table = f"t{(number + 3) // 4}"
    return {
        1: f"CREATE TABLE {table} (id integer PRIMARY KEY, name text NOT NULL);",
        2: f"ALTER TABLE {table} ADD COLUMN price numeric;",
        3: f"CREATE INDEX {table}_name ON {table} (name);",
        0: f"INSERT INTO {table} (id, name, price) VALUES (1, 'first', 9.5);",
    }[number % 4] + "\n"


class Directories:
    """`count` migrations under `root`: sqlx/, dbmate/, node-pg-migrate/, and each.sql and all.sql."""

    def __init__(self, root, count):
        self.root = Path(root)
        self.count = count
        for folder in ("sqlx", "dbmate", "node-pg-migrate"):
            (self.root / folder).mkdir(parents=True)
        bodies = []
        for number in range(1, count + 1):
            version, body = FIRST_VERSION + number, statements(number)
            bodies.append(body)
            self._write("sqlx", f"{version}_m{number}.sql", body)
            self._write("dbmate", f"{version}_m{number}.sql", f"-- migrate:up\n{body}\n-- migrate:down\n")
            self._write("node-pg-migrate", f"{version}_m{number}.sql", f"-- Up Migration\n{body}\n-- Down Migration\n")
        (self.root / "all.sql").write_text("".join(bodies))
        (self.root / "each.sql").write_text("".join(f"BEGIN;\n{body}COMMIT;\n" for body in bodies))

    def _write(self, folder, name, text):
        (self.root / folder / name).write_text(text)

    def __truediv__(self, name):
        return self.root / name
