"""kill -9 and full disks on SQLite: the file is whole, and the next run finishes."""

import contextlib
import random
import subprocess
import textwrap
import time
from pathlib import Path

import pytest

SHIM = textwrap.dedent("""
    // Lets this many bytes be written to files whose name holds DISK_FULL_NAME; then the disk is full.
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/types.h>
    #include <unistd.h>

    static long left = -1;

    static int full(int descriptor, size_t size) {
      char link[64], path[4096];
      snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
      ssize_t length = readlink(link, path, sizeof path - 1);
      if (length <= 0) return 0;
      path[length] = 0;
      if (!strstr(path, getenv("DISK_FULL_NAME"))) return 0;
      if (left < 0) left = atol(getenv("DISK_FULL_AFTER"));
      if (left < (long)size) { left = 0; errno = ENOSPC; return 1; }
      left -= size;
      return 0;
    }

    ssize_t write(int descriptor, const void* data, size_t size) {
      static ssize_t (*real)(int, const void*, size_t);
      if (!real) real = dlsym(RTLD_NEXT, "write");
      return full(descriptor, size) ? -1 : real(descriptor, data, size);
    }
    ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t offset) {
      static ssize_t (*real)(int, const void*, size_t, off64_t);
      if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
      return full(descriptor, size) ? -1 : real(descriptor, data, size, offset);
    }
    ssize_t pwrite(int descriptor, const void* data, size_t size, off_t offset) {
      return pwrite64(descriptor, data, size, offset);
    }
""")


@pytest.fixture(scope="session")
def disk_full(tmp_path_factory):
    """The environment in which the disk of files named app.db is full after so many bytes."""
    directory = tmp_path_factory.mktemp("shim")
    source, library = directory / "full.c", directory / "full.so"
    source.write_text(SHIM)
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return lambda size: {"LD_PRELOAD": str(library), "DISK_FULL_NAME": "app.db", "DISK_FULL_AFTER": str(size)}


def steps(migrations, count=40):
    migrations.add("0001_log", "CREATE TABLE log (n int);\n")
    for number in range(2, count + 1):
        migrations.add(f"{number:04}_n", f"CREATE TABLE t{number} (id int, filler text);\n"
                                         f"INSERT INTO t{number} SELECT 1, hex(zeroblob(2000));\n"
                                         f"INSERT INTO log VALUES ({number});\n")


def consistent(sqlite_dir):
    """Every recorded migration is there, and nothing else; gives how many."""
    if not Path(sqlite_dir.path / "app.db").exists():
        return 0
    tables = sqlite_dir.query("select name from sqlite_master where type = 'table'")
    if "_sqlx_migrations" not in tables:
        assert "log" not in tables
        return 0
    assert sqlite_dir.query("pragma integrity_check") == ["ok"]
    versions = [int(version) for version in sqlite_dir.query("select version from _sqlx_migrations order by 1")]
    assert versions == list(range(1, len(versions) + 1))
    if versions:
        assert sqlite_dir.query("select n from log order by 1") == [str(version) for version in versions[1:]]
    assert len([name for name in tables if name.startswith("t")]) == max(0, len(versions) - 1)
    return len(versions)


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_killed_at_random_moments(migrations, dunlin, sqlite_dir, journal):
    steps(migrations)
    sqlite_dir.query(f"pragma journal_mode = {journal}")
    chance = random.Random(4711)
    whole = 2.0  # seconds that a run takes at most, as far as is known
    kills, applied, runs = 0, 0, 0
    while kills < 25:
        runs += 1
        assert runs < 200
        began = time.monotonic()
        running = dunlin.start("migrate", url=sqlite_dir.url())
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.process.wait(chance.uniform(0, whole))  # any moment of the run
            whole = time.monotonic() - began
        running.kill()
        kills += running.end().code == -9
        now = consistent(sqlite_dir)
        assert now >= applied
        applied = now
        if applied == 40:
            for file in sqlite_dir.path.glob("app.db*"):
                file.unlink()
            sqlite_dir.query(f"pragma journal_mode = {journal}")
            applied = 0
    dunlin("migrate", url=sqlite_dir.url()).ok()
    assert consistent(sqlite_dir) == 40


@pytest.mark.parametrize("size", [0, 1, 512, 5000, 20000, 50000, 100000, 150000])
def test_the_disk_is_full(migrations, dunlin, sqlite_dir, disk_full, size):
    steps(migrations)
    result = dunlin("migrate", url=sqlite_dir.url(), env=disk_full(size))
    assert result.code in (1, 6, 7), result.output
    assert "full" in result.output.lower() or "no space" in result.output.lower(), result.output
    assert consistent(sqlite_dir) < 40
    dunlin("migrate", url=sqlite_dir.url()).ok()
    assert consistent(sqlite_dir) == 40


def test_sigterm_rolls_back(migrations, dunlin, sqlite_dir):
    migrations.add("0001_slow", "CREATE TABLE slow (n int);\nINSERT INTO slow WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL"
                                " SELECT n + 1 FROM c WHERE n < 200000000) SELECT sum(n) FROM c;\n")
    for _ in range(10):
        running = dunlin.start("migrate", "--json", url=sqlite_dir.url())
        time.sleep(0.3)  # inside the statement, which takes many seconds
        began = time.monotonic()
        running.terminate()
        result = running.end(timeout=20)
        assert result.code == 143, result.output
        assert time.monotonic() - began < 5
        assert result.json()["outcome"] == "interrupted"
        assert "slow" not in sqlite_dir.query("select name from sqlite_master")
