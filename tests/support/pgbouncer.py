"""A PgBouncer in front of a test cluster."""

import os
import shutil
import signal
import time
from pathlib import Path

import psycopg2

from . import account


class PgBouncer:
    """`mode` is transaction, session or statement. Any database of `server` is reached by its own name."""

    def __init__(self, server, mode="transaction", pool_size=4):
        self.server = server
        self.directory = Path(account.server_directory("dunlin-bouncer-"))
        self.log = self.directory / "pgbouncer.log"
        self.mode = mode
        self.pool_size = pool_size
        self.port = 0
        self.process = None

    def start(self):
        program = shutil.which("pgbouncer", path=os.environ["PATH"] + ":/usr/sbin")
        if not program:
            raise RuntimeError("no pgbouncer here: apt-get install pgbouncer")
        users, settings = self.directory / "users.txt", self.directory / "pgbouncer.ini"
        users.write_text('"postgres" ""\n')
        for _ in range(10):
            self.port = account.free_port()
            settings.write_text(
                f"[databases]\n* = host=127.0.0.1 port={self.server.port}\n"
                f"[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={self.port}\nunix_socket_dir=\n"
                f"auth_type=trust\nauth_file={users}\npool_mode={self.mode}\ndefault_pool_size={self.pool_size}\n"
                "max_client_conn=200\nserver_reset_query_always=0\n")
            self.process = account.start_server([program, str(settings)], self.log, death_signal=signal.SIGTERM)
            if self._wait_until_ready():
                return self
        raise RuntimeError(f"pgbouncer did not start:\n{self.log.read_text()}")

    def _wait_until_ready(self):
        while self.process.poll() is None:
            try:
                psycopg2.connect(self.url("postgres"), connect_timeout=5).close()
                return True
            except psycopg2.OperationalError:
                time.sleep(0.02)  # until it listens, or has ended
        return False

    def url(self, database, **parameters):
        return self.server.url(database, port=self.port, **parameters)

    def close(self):
        if account.keep_servers():
            print(f"\nkept: {self.url('postgres')}  log {self.log}  kill {self.process.pid}")
            return
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=30)
        account.remove(self.directory)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()
