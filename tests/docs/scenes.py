"""What the pages find when they begin."""

from support.building import run
from support.program import Migrations

# What main has, and what the branch adds.
BASE = "20260101000000_create_customers"
ADDED = "20260201000000_create_invoices"


def two_users(server):
    """A database with a migration user and an application user."""
    server.query("create role migrator login password 'migrator-secret'")
    server.query("alter role app password 'app-secret'")
    server.database("app", owner="migrator").query("alter schema public owner to migrator")
    server.ask_for_passwords()


def branch(directory):
    """A branch with a second migration, in a clone of a repository whose main has the first."""
    def git(*words):
        run("git", "-c", "user.name=ci", "-c", "user.email=ci@example.org", *words, cwd=directory)

    migrations = Migrations(directory / "migrations")
    (directory / ".gitignore").write_text("*.log\nbase/\n")
    git("init", "-q", "-b", "main")
    migrations.add(f"{BASE}.up", "CREATE TABLE customers (id int PRIMARY KEY);\n")
    migrations.add(f"{BASE}.down", "DROP TABLE customers;\n")
    git("add", ".")
    git("commit", "-qm", "Customers")
    git("clone", "-q", "--bare", ".", ".git/origin")
    git("remote", "add", "origin", ".git/origin")
    git("fetch", "-q", "origin")
    git("checkout", "-q", "-b", "invoices")
    migrations.add(f"{ADDED}.up", "CREATE TABLE invoices (id int PRIMARY KEY, customer int REFERENCES customers);\n")
    migrations.add(f"{ADDED}.down", "DROP TABLE invoices;\n")
    git("add", ".")
    git("commit", "-qm", "Invoices")
