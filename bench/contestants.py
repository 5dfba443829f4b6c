"""What is run side by side: how each tool is called, and how to see that it did its work."""

import base64
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
NPM = REPOSITORY / "build" / "npm-bench"
CONNECT = REPOSITORY / "build" / "bench-connect"


@dataclass
class Contestant:
    """`command(url, directories)` gives the words to run; `table` is where it keeps its history, if it does."""

    name: str
    command: object
    table: str = ""
    environment: dict = field(default_factory=dict)

    def run(self, url, directories, peak=False):
        """Seconds, or with `peak` (seconds, peak resident KiB). Raises when the tool says that it failed."""
        words = [str(word) for word in self.command(url, directories)]
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "UTC",
                       "DATABASE_URL": url, **self.environment}
        with tempfile.NamedTemporaryFile("r") as usage:
            if peak:
                words = ["/usr/bin/time", "-o", usage.name, "-f", "%M", *words]
            began = time.perf_counter()
            result = subprocess.run(words, env=environment, cwd=directories.root, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            seconds = time.perf_counter() - began
            if result.returncode != 0:
                raise SystemExit(f"bench: {self.name} ended with {result.returncode}:\n{result.stdout[-2000:]}")
            return (seconds, int(usage.read())) if peak else seconds


def dunlin(*options, name="dunlin"):
    program = REPOSITORY / "build" / "dunlin"
    return Contestant(name, lambda url, at: [program, "migrate", "--dir", at / "sqlx", *options], "_sqlx_migrations")


# The keys of a bench hide nothing.
KEYS = {"KEY_OLD": "kek-v1:" + base64.b64encode(bytes(32)).decode(),
        "KEY_NEW": "kek-v2:" + base64.b64encode(bytes([1] * 32)).decode()}


def reencrypt(*options):
    program = REPOSITORY / "build" / "dunlin"
    return Contestant("dunlin reencrypt", lambda url, at: [program, "reencrypt", "--quiet", *options], environment={
        "SECRETS_ENCRYPTION_KEY": KEYS["KEY_NEW"], "SECRETS_ENCRYPTION_KEY_PREVIOUS": KEYS["KEY_OLD"]})


def rotate_js(*words):
    return Contestant("an UPDATE a row", lambda url, at: ["node", HERE / "rotate.js", *words],
                      environment={"NPM": str(NPM), **KEYS})


def dbmate():
    program = NPM / "node_modules" / "@dbmate" / "linux-x64" / "bin" / "dbmate"
    return Contestant("dbmate", lambda url, at: [program, "--no-dump-schema", "--migrations-dir", at / "dbmate", "migrate"],
                      "schema_migrations")


def node_pg_migrate():
    program = NPM / "node_modules" / ".bin" / "node-pg-migrate"
    return Contestant("node-pg-migrate", lambda url, at: [
        program, "up", "--migrations-dir", at / "node-pg-migrate", "--no-verbose", "--no-single-transaction"], "pgmigrations")


def psql(script, *options, name):
    return Contestant(name, lambda url, at: ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *options, "-f", at / script, url])


def sqlite3(script):
    return Contestant("sqlite3", lambda url, at: ["sqlite3", "-bail", url.removeprefix("sqlite:").partition("?")[0],
                                                  "-cmd", "PRAGMA foreign_keys = ON", f".read {at / script}"])


def connect():
    return Contestant("connect", lambda url, at: [CONNECT, url])


def install():
    """The peers of package-lock.json, and the program that only connects."""
    if not (NPM / "node_modules").is_dir():
        print("installing the peers from npm", file=sys.stderr)
        NPM.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, NPM / name)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], cwd=NPM, check=True,
                       stdout=sys.stderr)
    for program in (NPM / "node_modules" / "@dbmate" / "linux-x64" / "bin").iterdir():
        program.chmod(0o755)
    include = subprocess.run(["pkg-config", "--cflags", "--libs", "libpq"], check=True, capture_output=True, text=True)
    subprocess.run(["cc", "-O2", "-o", CONNECT, HERE / "connect.c", *include.stdout.split()], check=True)
