"""A migration user and the application's users, none of them a superuser."""

from contextlib import contextmanager

import psycopg2


class Users:
    """A database that belongs to a migration user, with an application user and a reporting user beside it."""

    def __init__(self, server):
        self.database = server.database()
        name = self.database.name
        self.migrator, self.app, self.reporting = f"m_{name}", f"App {name}", f"r_{name}"
        for role in (self.migrator, self.app, self.reporting):
            self.database.execute(f'create role "{role}" login')
        self.database.execute(f'alter database "{name}" owner to "{self.migrator}"; revoke create on schema public from public;'
                              f' grant create on schema public to "{self.migrator}"')

    def url(self, role):
        return self.database.server.url(self.database.name, role.replace(" ", "%20"))

    @contextmanager
    def acting_as(self, role):
        connection = psycopg2.connect(self.url(role))
        connection.autocommit = True
        try:
            yield connection.cursor()
        finally:
            connection.close()

    def terminate(self, application):
        self.database.server.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s"
                                   " and datname = %s", application, self.database.name)

    def may(self, role, sql):
        with self.acting_as(role) as cursor:
            try:
                cursor.execute(sql)
                return True
            except psycopg2.errors.InsufficientPrivilege:
                return False

    def privileges(self, role, relation):
        kinds = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]
        row = self.database.query("select " + ", ".join(f"has_table_privilege(%s, %s, '{kind}')" for kind in kinds),
                                  *[value for _ in kinds for value in (role, relation)])[0]
        return [kind for kind, held in zip(kinds, row) if held]

    def close(self):
        self.database.server.drop_database(self.database.name)
        for role in (self.app, self.reporting, self.migrator):
            self.database.server.query(f'drop role "{role}"')
