"""`dunlin reencrypt`: every value under the new key, none lost, none of the application's overwritten."""

import json
import subprocess
import threading
import time

import pytest

PLAIN = "a plaintext that nobody may see"


class Keys:
    """kek-v1, kek-v2 and kek-v9, and values under them."""

    def __init__(self, dunlin, directory):
        self.dunlin = dunlin
        self.files = {}
        for name in ("kek-v1", "kek-v2", "kek-v9"):
            self.files[name] = directory / f"{name}.key"
            dunlin("keygen", name, "--out", self.files[name]).ok()

    def env(self, current="kek-v2", *previous):
        env = {"SECRETS_ENCRYPTION_KEY_FILE": str(self.files[current])}
        if previous:
            env["SECRETS_ENCRYPTION_KEY_PREVIOUS"] = ",".join(self.files[name].read_text().strip() for name in previous)
        return env

    def value(self, key, plaintext=PLAIN):
        return self._filter("encrypt", self.env(key), plaintext).strip()

    def open(self, value, *keys):
        return self._filter("decrypt", self.env(*keys), value)

    def _filter(self, command, env, text):
        result = subprocess.run([str(self.dunlin.program), command], input=text, capture_output=True, text=True, env=env)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def texts(self):
        return [path.read_text().strip().split(":")[1] for path in self.files.values()]


@pytest.fixture
def keys(dunlin, tmp_path):
    return Keys(dunlin, tmp_path)


@pytest.fixture
def rotate(dunlin, keys):
    def run(url, *words, env=None):
        result = dunlin("reencrypt", *words, url=url, env=env or keys.env("kek-v2", "kek-v1"))
        for secret in [PLAIN, *keys.texts()]:
            assert secret not in result.output
        return result

    return run


def fill(database, keys):
    """100 values, 58 of them under kek-v2 already, in keys that do not sort as text does."""
    old, new = keys.value("kek-v1"), keys.value("kek-v2")
    database.execute("create table users (id bigint primary key, token_encrypted jsonb)")
    database.execute("insert into users select n, case when n <= 42 then %s else %s end::jsonb"
                     " from generate_series(1, 100) n", old, new)


def test_the_closing_lines(database, keys, rotate):
    fill(database, keys)
    assert rotate(database.url, "--dry-run").ok().stdout.endswith("DRY RUN: Would re-encrypt 42 of 100 records\n")
    assert rotate(database.url, "-n").ok().stdout.endswith("DRY RUN: Would re-encrypt 42 of 100 records\n")
    assert database.value("select count(*) from users where token_encrypted->>'key_id' = 'kek-v1'") == 42
    done = rotate(database.url, "-b", "7").ok().stdout
    assert done.endswith("Re-encrypted 42 of 100 records\n") and "Proven" in done
    assert database.value("select count(*) from users where token_encrypted->>'key_id' = 'kek-v2'") == 100
    assert rotate(database.url).ok().stdout.endswith("Re-encrypted 0 of 100 records\n")
    assert keys.open(json.dumps(database.value("select token_encrypted from users where id = 7")), "kek-v2") == PLAIN


@pytest.mark.parametrize("key", ["id int primary key", "id uuid primary key default gen_random_uuid()", "id text primary key",
                                 "id numeric(10,2) primary key", "id timestamptz unique not null",
                                 '"odd ""name" varchar(20) primary key'])
@pytest.mark.parametrize("type", ["text", "json", "jsonb", "bytea", "varchar(4000)"])
def test_every_kind_of_key_and_column(database, keys, rotate, key, type):
    old = keys.value("kek-v1")
    values = {"id int": "n", "id uui": None, "id tex": "'it''s \\ ' || n", "id num": "n / 4.0",
              "id tim": "now() - n * interval '1 hour 1 microsecond'", '"odd "': "'é' || n"}[key[:6]]
    name = '"odd ""name"' if "odd" in key else "id"
    value = "convert_to(%s, 'UTF8')" if type == "bytea" else f"%s::{type}"
    database.execute(f'create schema "S s"; create table "S s"."T.t" ({key}, "v_encrypted" {type})')
    columns = '("v_encrypted")' if values is None else f'({name}, "v_encrypted")'
    chosen = value if values is None else f"{values}, {value}"
    database.execute(f'insert into "S s"."T.t" {columns} select {chosen} from generate_series(1, 25) n', old)
    assert rotate(database.url, "-b", "4").ok().stdout.endswith("Re-encrypted 25 of 25 records\n")
    text = "convert_from(v_encrypted, 'UTF8')" if type == "bytea" else "v_encrypted::text"
    rows = [row for (row,) in database.query(f'select {text} from "S s"."T.t"')]
    assert {json.loads(row)["key_id"] for row in rows} == {"kek-v2"}
    assert keys.open(rows[0], "kek-v2") == PLAIN


def test_a_composite_key_a_partitioned_table_and_a_type_made_of_text(database, keys, rotate):
    database.execute("create domain sealed as text check (value like '{%%')")
    database.execute("create table parts (tenant int, id bigint, v_encrypted sealed, primary key (tenant, id))"
                     " partition by list (tenant)")
    for tenant in (1, 2, 3):
        database.execute(f"create table parts_{tenant} partition of parts for values in ({tenant})")
    database.execute("insert into parts select n %% 3 + 1, n, %s from generate_series(1, 50) n", keys.value("kek-v1"))
    result = rotate(database.url, "-b", "9").ok()
    assert "public.parts.v_encrypted" in result.stdout and "parts_1" not in result.stdout
    assert result.stdout.endswith("Re-encrypted 50 of 50 records\n")


def test_rewrapping_keeps_the_ciphertext(database, keys, rotate):
    fill(database, keys)
    before = database.value("select token_encrypted from users where id = 1")
    rotate(database.url, "--rewrap-only").ok()
    after = database.value("select token_encrypted from users where id = 1")
    assert after["ciphertext"] == before["ciphertext"] and after["nonce"] == before["nonce"]
    assert after["dek_wrapped"] != before["dek_wrapped"] and after["key_id"] == "kek-v2"
    database.execute("update users set token_encrypted = %s where id = 2", keys.value("kek-v1"))
    rotate(database.url).ok()
    assert database.value("select token_encrypted from users where id = 2")["ciphertext"] != before["ciphertext"]


def test_what_cannot_be_decrypted_is_listed_and_left_alone(database, keys, rotate):
    fill(database, keys)
    strange = keys.value("kek-v9")
    damaged = json.loads(keys.value("kek-v1"))
    damaged["ciphertext"] = "AAAA" + damaged["ciphertext"][4:]
    database.execute("insert into users values (200, %s), (201, %s)", strange, json.dumps(damaged))
    env = keys.env("kek-v2", "kek-v1")
    result = rotate(database.url, env=env).ok(9)
    assert "undecryptable: public.users.token_encrypted id=201: its data does not belong to its key" in result.stdout
    assert 'id=200: it is under the key "kek-v9", which is not among the keys given' in result.stdout
    assert result.stdout.endswith("Re-encrypted 42 of 102 records\n") and "keep the older keys" in result.stdout
    assert database.value("select token_encrypted::text from users where id = 200") == \
        database.value("select %s::jsonb::text", strange)
    report = rotate(database.url, "--json").ok(9).json()
    assert report["outcome"] == "incomplete" and report["undecryptable"] == 2
    assert {value["key"] for value in report["undecryptable_values"]} == {"id=200", "id=201"}
    assert rotate(database.url, "--verify").ok(9).stdout.endswith("Decrypted 100 of 102 records\n")
    database.execute("delete from users where id >= 200")
    assert rotate(database.url, "--verify").ok().stdout.endswith("Decrypted 100 of 100 records\n")


def test_a_discovered_column_with_other_values_is_left_for_the_configuration(dunlin, database, keys, rotate):
    fill(database, keys)
    database.execute("create table notes (id int primary key, body_encrypted text, is_encrypted boolean)")
    database.execute("insert into notes values (1, %s), (2, 'not at all')", keys.value("kek-v1"))
    result = rotate(database.url).ok(9)
    assert "not covered: public.notes.body_encrypted: 1 of 2 sampled values" in result.stdout
    assert 'encrypted_columns = ["public.notes.body_encrypted"]' in result.stdout
    assert "public.notes.is_encrypted: its type is boolean" in result.stdout
    assert database.value("select body_encrypted::json->>'key_id' from notes where id = 1") == "kek-v1"
    settings = dunlin.directory / "dunlin.toml"
    settings.write_text('encrypted_columns = ["-notes.body_encrypted"]\n')
    rotate(database.url).ok()
    settings.write_text('encrypted_columns = ["notes.body_encrypted"]\n')
    assert "id=2" in rotate(database.url).ok(9).stdout
    assert database.value("select body_encrypted::json->>'key_id' from notes where id = 1") == "kek-v2"
    settings.write_text('encrypted_columns = ["notes.body"]\n')
    assert "there is no column notes.body" in rotate(database.url).ok(2).stderr
    settings.write_text("encrypted_columns = [1]\n")
    assert "dunlin.toml:1:21" in rotate(database.url).ok(2).stderr


def test_one_table_and_its_misspelling(database, keys, rotate):
    fill(database, keys)
    database.execute("create table more (id int primary key, x_encrypted text)")
    database.execute("insert into more values (1, %s)", keys.value("kek-v1"))
    assert rotate(database.url, "--table", "more").ok().stdout.endswith("Re-encrypted 1 of 1 records\n")
    assert rotate(database.url, "-t", "public.users").ok().stdout.endswith("Re-encrypted 42 of 100 records\n")
    assert "there is no table user with a column of encrypted values" in rotate(database.url, "-t", "user").ok(2).stderr


def test_what_is_left_out_says_what_to_do(database, keys, rotate):
    fill(database, keys)
    database.execute("create table keyless (a_encrypted text); create table older (id int primary key, b_encrypted text, c_encrypted text)")
    database.execute("insert into older values (1, %s, %s)", keys.value("kek-v9"), keys.value("kek-v1"))
    text = rotate(database.url, "-n").ok(9).stdout
    assert ("public.keyless.a_encrypted: its table has no primary key to find rows by\n    give its table a primary key, or leave it alone: "
            'encrypted_columns = ["-public.keyless.a_encrypted"] in dunlin.toml\n') in text
    one = rotate(database.url, "-t", "older").ok(9).stdout
    assert ("public.older.b_encrypted: 1 of 1 sampled values are no encrypted values under a key given (id=1 is under the key kek-v9, "
            "which is not given)\n    add that key to SECRETS_ENCRYPTION_KEY_PREVIOUS, or leave it alone") in one
    assert "keyless" not in one and "Proven" not in one and one.endswith("Re-encrypted 1 of 1 records\n")
    report = rotate(database.url, "-t", "older", "--json").ok(9).json()
    assert report["left"] == 0 and report["proven"] is False and report["not_covered"][0]["fix"].startswith("add that key")


def test_to_cover_nothing_is_no_success(dunlin, database, keys, rotate):
    fill(database, keys)
    (dunlin.directory / "dunlin.toml").write_text('encrypted_columns = ["-users.token_encrypted"]\n')
    told = rotate(database.url).ok(9).stdout
    assert "Not finished: no column is covered, so nothing was looked at: keep the older keys." in told and "Proven" not in told


def test_a_change_that_the_server_refuses_names_its_column(database, keys, rotate):
    fill(database, keys)
    database.execute("create function refuse() returns trigger language plpgsql as 'begin raise exception ''no such change''; end'")
    database.execute("create trigger t before update on users for each row when (new.id = 7) execute function refuse()")
    told = rotate(database.url, "-b", "5").ok(1).stderr
    assert "public.users.token_encrypted: no such change (P0001)" in told
    assert 'Next: what is changed stays changed; to go round it: encrypted_columns = ["-public.users.token_encrypted"]' in told


def test_no_such_column_at_all_is_no_success(database, keys, rotate):
    assert "no column of encrypted values" in rotate(database.url).ok(2).stderr


def test_keys_that_are_missing_wrong_or_come_from_a_command(dunlin, database, keys, rotate):
    fill(database, keys)
    assert "SECRETS_ENCRYPTION_KEY is not set" in dunlin("reencrypt", url=database.url).ok(2).stderr
    wrong = rotate(database.url, env={"SECRETS_ENCRYPTION_KEY": "kek-v2:not the base64 of anything"}).ok(2)
    assert "not the base64" not in wrong.stderr
    text = keys.files["kek-v9"].read_text()
    assert text.endswith("\n") and rotate(database.url, "-n", env={"SECRETS_ENCRYPTION_KEY": text}).ok(9)
    # What Docker makes of a bind mount whose file is not there.
    folder = dunlin.directory / "kek.key"
    folder.mkdir()
    told = rotate(database.url, env={"SECRETS_ENCRYPTION_KEY_FILE": str(folder)}).ok(2).stderr
    assert f"SECRETS_ENCRYPTION_KEY_FILE names {folder}, which is a directory\nNext: mount the secret there" in told
    told = dunlin("info", env={"DATABASE_URL_FILE": str(folder)}).ok(2).stderr
    assert f"DATABASE_URL_FILE names {folder}: cannot read {folder}: Is a directory\nNext: mount the secret there" in told
    only = {"PATH": "/usr/bin:/bin"}
    command = f"cat {keys.files['kek-v2']} {keys.files['kek-v1']}"
    assert rotate(database.url, "--key-command", command, env=only).ok().stdout.endswith("42 of 100 records\n")
    assert "failed with exit code 3" in rotate(database.url, "--key-command", "exit 3", env=only).ok(2).stderr
    assert "printed nothing" in rotate(database.url, "--key-command", "true", env=only).ok(2).stderr


def test_a_writer_at_the_same_time_is_never_overwritten(database, keys, rotate):
    old = keys.value("kek-v1")
    database.execute("create table users (id bigint primary key, token_encrypted jsonb, writes int default 0)")
    database.execute("insert into users select n, %s from generate_series(1, 20000) n", old)
    written, stop = {}, threading.Event()
    fresh = [keys.value("kek-v2", f"fresh {n}") for n in range(20)]

    def write():
        connection = database.connect()
        with connection.cursor() as cursor:
            turn = 0
            while not stop.is_set():
                row, value = (turn * 7919) % 20000 + 1, fresh[turn % len(fresh)]
                cursor.execute("update users set token_encrypted = %s, writes = writes + 1 where id = %s", (value, row))
                written[row] = value
                turn += 1
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        rotate(database.url, "-b", "200", "--concurrency", "3").ok()
    finally:
        stop.set()
        writer.join()
    assert len(written) > 50
    rows = dict(database.query("select id, token_encrypted from users where writes > 0"))
    assert {row: value["ciphertext"] for row, value in rows.items()} == \
        {row: json.loads(value)["ciphertext"] for row, value in written.items()}
    assert database.value("select count(*) from users where token_encrypted->>'key_id' <> 'kek-v2'") == 0


def holding_a_row(database):
    """A session that has user 5 locked until it rolls back."""
    holder = database.connect()
    holder.autocommit = False
    with holder.cursor() as cursor:
        cursor.execute("select 1 from users where id = 5 for update")
    return holder


def test_a_row_that_somebody_holds_is_waited_for_without_a_lock_queue(database, keys, rotate):
    fill(database, keys)
    holder = holding_a_row(database)
    timer = threading.Timer(1.5, holder.rollback)
    timer.start()
    report = rotate(database.url, "--json").ok().json()
    timer.join()
    assert report["reencrypted"] == 42 and report["passes"] > 1
    holder.close()


def test_a_row_that_stays_locked_is_left_and_said(database, keys, rotate):
    fill(database, keys)
    holder = holding_a_row(database)
    result = rotate(database.url).ok(9)
    holder.rollback()
    assert "1 left" in result.stdout and "1 value is still under an older key" in result.stdout
    assert result.stdout.endswith("Re-encrypted 41 of 100 records\n")
    assert rotate(database.url).ok().stdout.endswith("Re-encrypted 1 of 100 records\n")
    holder.close()


def test_killed_and_terminated_runs_go_on_where_they_were(dunlin, database, keys, rotate):
    old = keys.value("kek-v1")
    database.execute("create table users (id bigint primary key, token_encrypted jsonb)")
    database.execute("insert into users select n, %s from generate_series(1, 5000) n", old)

    def left():
        return database.value("select count(*) from users where token_encrypted->>'key_id' = 'kek-v1'")

    for ending in ("kill", "terminate"):
        before = left()
        run = dunlin.start("reencrypt", "-b", "50", "--max-rate", "2000", url=database.url,
                           env=keys.env("kek-v2", "kek-v1"))
        while left() == before:
            time.sleep(0.02)
        getattr(run, ending)()
        ended = run.end()
        assert ended.code == (-9 if ending == "kill" else 143)
        if ending == "terminate":
            assert "goes on from there" in ended.stdout
        assert 0 < left() < before
    rotate(database.url).ok()
    assert left() == 0
    assert rotate(database.url, "--verify").ok().stdout.endswith("Decrypted 5000 of 5000 records\n")


@pytest.mark.parametrize("network", ["holds", "breaks"])
@pytest.mark.parametrize("number", [1, 2, 5])
def test_what_an_interrupt_leaves_is_counted_to_the_value(dunlin, database, keys, proxy, network, number):
    """Batches of several statements, each committed by itself; the stop comes with the answer of one of them."""
    database.execute("create table users (id bigint primary key, token_encrypted jsonb)")
    database.execute("insert into users select n, %s from generate_series(1, 60) n", keys.value("kek-v1", "x" * 40_000))
    runs = []

    def stop(link):
        runs[0].terminate()
        if network == "breaks":
            link.cut()

    rule = proxy.before_server(b"UPDATE", stop, nth=number)
    runs.append(dunlin.start("reencrypt", "-b", "30", "--concurrency", "1", "--json", url=proxy.url(database.url),
                             env=keys.env("kek-v2", "kek-v1")))
    report = runs[0].end().ok(143).json()
    assert rule.fired.is_set() and report["outcome"] == "interrupted" and report["records"] == 60
    changed = database.value("select count(*) from users where token_encrypted->>'key_id' = 'kek-v2'")
    assert report["reencrypted"] == changed and 0 < changed < 60
    again = dunlin("reencrypt", url=database.url, env=keys.env("kek-v2", "kek-v1")).ok().stdout
    assert again.endswith(f"Re-encrypted {60 - changed} of 60 records\n")


def test_a_broken_connection_is_opened_again(dunlin, database, keys):
    database.execute("create table users (id bigint primary key, token_encrypted jsonb)")
    database.execute("insert into users select n, %s from generate_series(1, 3000) n", keys.value("kek-v1"))
    run = dunlin.start("reencrypt", "-b", "50", "--max-rate", "1500", url=database.url, env=keys.env("kek-v2", "kek-v1"))
    for _ in range(3):
        time.sleep(0.4)
        database.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                       " and application_name like 'dunlin%%' and pid <> pg_backend_pid()")
    assert run.end().ok().stdout.endswith("Re-encrypted 3000 of 3000 records\n")


def test_dry_run_and_verify_need_no_right_to_write(postgres, database, keys, rotate):
    fill(database, keys)
    database.execute("grant select on users to app")
    from support.postgres import PASSWORD, PASSWORD_USER
    url = postgres.url(database.name, user=PASSWORD_USER, password=PASSWORD)
    rotate(url, "--dry-run").ok()
    rotate(url, "--verify").ok()
    denied = rotate(url).ok(1).stderr
    assert "permission denied for table users (42501)\nNext: as the owner: GRANT SELECT, UPDATE ON \"public\".\"users\" TO \"app\";" in denied
    database.execute("create table others (id int primary key, x_encrypted text)")
    assert "not covered: public.others.x_encrypted: permission denied" in rotate(url, "-n").ok(9).stdout


def test_rows_that_a_policy_hides_are_no_success(postgres, database, keys, rotate):
    from support.postgres import PASSWORD, PASSWORD_USER
    fill(database, keys)
    database.execute("grant select, update on users to app; alter table users enable row level security;"
                     " create policy recent on users using (id > 42)")
    url = postgres.url(database.name, user=PASSWORD_USER, password=PASSWORD)
    assert "row-level security" in rotate(url).ok(9).stdout


def test_an_answer_that_is_lost_is_not_work_that_is_lost(postgres, database, keys, rotate, proxy):
    """The connection breaks behind the server's commit: the statement is sent again, and what it did is counted once."""
    fill(database, keys)
    # The answer to the UPDATE comes with that to its COMMIT.
    lost = proxy.before_server(b"UPDATE 42", lambda link: link.cut())
    assert rotate(proxy.url(database.url)).ok().stdout.endswith("Re-encrypted 42 of 100 records\n")
    assert lost.fired.is_set()


def test_a_session_that_is_ended_behind_its_commit_holds_nothing_up(postgres, database, keys, rotate, proxy):
    """The server says so where the end of its answer should stand."""
    fill(database, keys)
    ended = proxy.after_server(b"COMMIT", proxy.end_session, nth=8)
    assert rotate(proxy.url(database.url)).ok().stdout.endswith("Re-encrypted 42 of 100 records\n")
    assert ended.fired.is_set()


def test_sqlite(sqlite, keys, rotate):
    old, new = keys.value("kek-v1"), keys.value("kek-v2")
    path = sqlite.path

    def execute(sql, *parameters):
        import sqlite3
        import glob
        [file] = [name for name in glob.glob(str(path / "*")) if not name.endswith(("-journal", "-wal", "-shm"))]
        with sqlite3.connect(file) as connection:
            return connection.execute(sql, parameters).fetchall()

    execute("create table a (id integer primary key, v_encrypted text)")
    execute("create table b (k text, n int, v_encrypted blob, primary key (k, n)) without rowid")
    execute("create table c (v_encrypted json, name text primary key)")
    for n in range(1, 31):
        execute("insert into a values (?, ?)", n, old if n % 2 else new)
        execute("insert into b values (?, ?, ?)", f"it's {n % 3}", n, old.encode())
        execute("insert into c values (?, ?)", old, None if n == 1 else f"n{n}")
    assert rotate(sqlite.url, "-n").ok().stdout.endswith("Would re-encrypt 75 of 90 records\n")
    assert rotate(sqlite.url, "-b", "7", "--concurrency", "2").ok().stdout.endswith("Re-encrypted 75 of 90 records\n")
    [(kinds,)] = execute("select group_concat(distinct typeof(v_encrypted)) from b")
    assert kinds == "blob"
    [(value,)] = execute("select v_encrypted from b limit 1")
    assert keys.open(value.decode(), "kek-v2") == PLAIN
    assert rotate(sqlite.url, "--verify").ok().stdout.endswith("Decrypted 90 of 90 records\n")
