#!/usr/bin/python3
"""Runs a command with servers of its own:  with_servers.py postgres [pgbouncer] [postgres18] -- command...

The command finds them in its environment:
  DUNLIN_TEST_POSTGRES_URL           a database of a new cluster, as its superuser
  DUNLIN_TEST_POSTGRES_PASSWORD_URL  the same database as a plain role that must give a password
  DUNLIN_TEST_POSTGRES_LOG           the server's log
  DUNLIN_TEST_PGBOUNCER_URL          the same database through PgBouncer in transaction mode
  DUNLIN_TEST_PGBOUNCER_SESSION_URL  and in session mode
  DUNLIN_TEST_POSTGRES18_URL         a database of a PostgreSQL 18 cluster
They end with the command; DUNLIN_KEEP_TEST_DB=1 leaves them running and says where they are.
"""

import contextlib
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.pgbouncer import PgBouncer  # noqa: E402
from support.postgres import PASSWORD, PASSWORD_USER, Postgres, postgres18  # noqa: E402
from support.program import clean_environment  # noqa: E402

DATABASE = "dunlin_test"


def main(arguments):
    if "--" not in arguments:
        print(__doc__, file=sys.stderr)
        return 2
    wanted, command = arguments[:arguments.index("--")], arguments[arguments.index("--") + 1:]
    unknown = set(wanted) - {"postgres", "pgbouncer", "postgres18"}
    if unknown or not command:
        print(__doc__, file=sys.stderr)
        return 2
    environment = clean_environment()
    with contextlib.ExitStack() as servers:
        if "postgres" in wanted or "pgbouncer" in wanted:
            postgres = servers.enter_context(Postgres())
            database = postgres.database(DATABASE, owner=PASSWORD_USER)
            environment["DUNLIN_TEST_POSTGRES_URL"] = database.url
            environment["DUNLIN_TEST_POSTGRES_PASSWORD_URL"] = postgres.url(DATABASE, PASSWORD_USER, PASSWORD)
            environment["DUNLIN_TEST_POSTGRES_LOG"] = str(postgres.log)
            if "pgbouncer" in wanted:
                for mode, name in (("transaction", "PGBOUNCER"), ("session", "PGBOUNCER_SESSION")):
                    bouncer = servers.enter_context(PgBouncer(postgres, mode))
                    environment[f"DUNLIN_TEST_{name}_URL"] = bouncer.url(DATABASE)
        if "postgres18" in wanted:
            newer = servers.enter_context(postgres18())
            environment["DUNLIN_TEST_POSTGRES18_URL"] = newer.database(DATABASE).url
        return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
