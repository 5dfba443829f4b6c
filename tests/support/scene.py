"""What every chaos test asks in the end: is the database as it must be?"""

import zlib

from .waiting import until


def lock_key(database_name):
    """The advisory key that sqlx takes for a database."""
    return 0x3D32AD9E * zlib.crc32(database_name.encode())


class Scene:
    """A database, a directory of migrations and the program, and the questions asked of them."""

    def __init__(self, database, migrations, dunlin):
        self.database = database
        self.migrations = migrations
        self.dunlin = dunlin

    def migrate(self, *arguments, url=None, **options):
        return self.dunlin("migrate", *arguments, url=url or self.database.url, **options)

    def start(self, *arguments, url=None, **options):
        return self.dunlin.start("migrate", *arguments, url=url or self.database.url, **options)

    def kill_last(self, link=None):
        """For proxy rules: kill -9 of the dunlin that was started last; nothing it had still to say arrives."""
        self.dunlin.started[-1].kill()
        if link is not None:
            link.cut()

    def versions(self):
        if "public._sqlx_migrations" not in self.database.tables():
            return []
        return [version for (version,) in self.database.query("select version from _sqlx_migrations order by version")]

    def quiet(self):
        """Waits until the server has noticed that its client is gone."""
        until(lambda: not self.database.query(
            "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"),
            "the server ends the sessions of a killed client")

    def unlocked(self):
        return not self.database.query("select 1 from pg_locks where locktype = 'advisory' and database ="
                                       " (select oid from pg_database where datname = current_database())")

    def invalid_indexes(self):
        return self.database.query("select indexrelid::regclass::text from pg_index where not indisvalid")

    def journal_is_empty(self):
        tables = [name for name in self.database.tables() if name.endswith(".dunlin_journal")]
        return all(self.database.value(f"select count(*) from {table}") == 0 for table in tables)
