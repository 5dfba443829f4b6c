"""Changing keys while the application writes, with the job killed -9 twenty times: nothing is lost, nothing is left.

20,000 values here; `make soak` does it with a million (--values). A round that fails is repeated with --seed.
"""

import io
import random
import subprocess
import threading
import time

import pytest

from support.envelope import Key
from support.waiting import until

KILLS = 20
# What a run may take more for many values than for a few: the pages and statements under way, whatever there is besides.
MORE_KIB = 6 * 1024
FEW = 500


@pytest.fixture
def keys(dunlin):
    keys = {}
    for name in ("kek-v1", "kek-v2"):
        file = dunlin.directory / f"{name}.key"
        dunlin("keygen", name, "--out", file).ok()
        keys[name] = Key(file.read_text())
    return keys


class Application:
    """Goes on writing under the new key, as the program's own `encrypt` makes values; knows what it wrote last."""

    def __init__(self, database, program, key, values, seed):
        self.database, self.program, self.values = database, program, values
        self.environment = {"SECRETS_ENCRYPTION_KEY": key.text}
        self.chance = random.Random(seed)
        self.written = {}
        self.failure = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self):
        try:
            connection = self.database.connect()
            with connection.cursor() as cursor:
                while not self._stop.is_set():
                    row, plaintext = self.chance.randint(1, self.values), f"written {len(self.written)} {self.chance.random()}"
                    value = subprocess.run([self.program, "encrypt"], input=plaintext, capture_output=True, text=True,
                                           env=self.environment, check=True).stdout
                    cursor.execute("update secrets set token_encrypted = %s where id = %s", (value, row))
                    self.written[row] = plaintext
            connection.close()
        except Exception as failure:
            self.failure = failure

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def fill(database, table, key, values):
    database.execute(f"create table {table} (id bigint primary key, token_encrypted jsonb not null)")
    rows = io.StringIO("".join(f"{number}\t{key.seal(f'first {number}')}\n" for number in range(1, values + 1)))
    connection = database.connect()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"copy {table} from stdin", rows)
    connection.close()


def test_a_rotation_that_is_killed_again_and_again(database, dunlin, keys, request):
    values = request.config.getoption("--values")
    seed = request.config.getoption("--seed") or random.randrange(1 << 32)
    print(f"--seed {seed}", flush=True)  # pytest shows it when the test fails
    chance = random.Random(seed)
    old, new = keys["kek-v1"], keys["kek-v2"]
    environment = {"SECRETS_ENCRYPTION_KEY": new.text, "SECRETS_ENCRYPTION_KEY_PREVIOUS": old.text}
    fill(database, "secrets", old, values)
    fill(database, "few", old, FEW)

    def left():
        return database.value("select count(*) from secrets where token_encrypted->>'key_id' <> 'kek-v2'")

    # So slow that twenty runs, each with its first batches for nothing, cannot come to the end.
    longest = 0.5 if values < 100_000 else 3.0
    rate = int(0.6 * values / KILLS / longest)
    with Application(database, dunlin.program, new, values, seed) as application:
        until(lambda: application.written or application.failure, "the application writes")
        killed = 0
        for _ in range(KILLS):
            run = dunlin.start("reencrypt", "-t", "secrets", "-b", "100", "--max-rate", rate, url=database.url, env=environment)
            time.sleep(chance.uniform(0, longest))
            run.kill()
            # 0: this machine stood still for so long that the run has ended.
            ended = run.end()
            assert ended.code in (-9, 0), ended.output
            killed += ended.code == -9
        assert killed > KILLS / 2 and 0 < left() < values
        last, _, peak = dunlin.measured("reencrypt", "-t", "secrets", url=database.url, env=environment)
        assert "Proven:" in last.ok().stdout
    assert application.failure is None
    assert len(application.written) > KILLS

    assert left() == 0
    without_the_old_key = {"SECRETS_ENCRYPTION_KEY": new.text}
    verified = dunlin("reencrypt", "-t", "secrets", "--verify", url=database.url, env=without_the_old_key, timeout=600)
    assert verified.ok().stdout.endswith(f"Decrypted {values} of {values} records\n")
    expected = {number: f"first {number}" for number in range(1, values + 1)} | application.written
    connection = database.connect()
    connection.autocommit = False
    with connection.cursor("every_value") as cursor:
        cursor.execute("select id, token_encrypted from secrets")
        found = {row: new.open(value) for row, value in cursor}
    connection.close()
    assert found == expected

    result, _, small = dunlin.measured("reencrypt", "-t", "few", url=database.url, env=environment)
    assert result.ok().stdout.endswith(f"Re-encrypted {FEW} of {FEW} records\n")
    assert peak < small + MORE_KIB, f"{peak} KiB for {values} values, {small} KiB for {FEW}"
