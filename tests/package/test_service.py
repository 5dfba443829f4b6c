"""examples/service, built against an installed dunlin as its README says."""

import json
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.building import build
from support.program import clean_environment
from support.waiting import until

SERVICE = Path(__file__).parents[2] / "examples" / "service"
NEWEST = "20260115120000"


@pytest.fixture(scope="module")
def service(prefix, tmp_path_factory):
    source = tmp_path_factory.mktemp("service") / "source"
    shutil.copytree(SERVICE, source)
    return build(source, prefix) / "notes-service"


def start(service, url, *options):
    return subprocess.Popen([str(service), *options, "0"], env=clean_environment({"DATABASE_URL": url}),
                            stderr=subprocess.PIPE, text=True)


def said_until_listening(process):
    """(what it said, its address); fails when it ends instead."""
    said = []
    for line in process.stderr:
        said.append(line.rstrip())
        if line.startswith("listening on "):
            return said, line.split()[-1]
    raise AssertionError(f"it ended with {process.wait()}: {said}")


@contextmanager
def serving(service, url, *options):
    process = start(service, url, *options)
    try:
        yield said_until_listening(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.communicate()


@contextmanager
def serving_already(process):
    yield said_until_listening(process)[1]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def get(address, path):
    try:
        with urllib.request.urlopen(address + path, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def health(address):
    code, body = get(address, "/health")
    return code, json.loads(body)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'notes.db'}?mode=rwc"
    return request.getfixturevalue("database").url


def test_it_migrates_and_serves(service, url):
    with serving(service, url) as (said, address):
        assert said[:2] == ["applied 20260101090000 create_notes", f"applied {NEWEST} notes_are_pinned"]
        assert health(address) == (200, {"status": "ok", "pending": 0,
                                         "last_migration": {"version": NEWEST, "description": "notes are pinned"}})
        assert get(address, "/elsewhere")[0] == 404
    with serving(service, url) as (said, _):
        assert len(said) == 1


def test_without_migrations_it_touches_nothing(service, database):
    with serving(service, database.url, "--no-migrations") as (_, address):
        assert health(address) == (200, {"status": "ok", "pending": 2})
    assert database.tables() == []


def test_it_does_not_serve_on_a_schema_that_it_could_not_bring_up_to_date(service, database):
    database.execute("create table notes (id int)")
    process = start(service, database.url)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert 'relation "notes" already exists' in said and "--no-migrations" in said and "listening" not in said


def test_five_at_once_migrate_once(service, database):
    processes = [start(service, database.url) for _ in range(5)]
    try:
        said = [line for process in processes for line in said_until_listening(process)[0]]
        assert sorted(line for line in said if line.startswith("applied")) == [
            "applied 20260101090000 create_notes", f"applied {NEWEST} notes_are_pinned"]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_a_user_who_may_not_migrate_waits_for_who_may(service, database):
    role = f"notes_{database.name}"
    database.execute(f"create role {role} login; revoke create on schema public from public")
    url = database.server.url(database.name, role)
    try:
        process = start(service, url, "--wait-migrated", "1")
        _, said = process.communicate(timeout=60)
        assert process.returncode == 1 and "nobody has succeeded in migrating within 1" in said and '"postgres" may' in said
        process = start(service, url, "--wait-migrated", "300")
        assert process.stderr.readline() == "waiting for postgres to apply 2 migrations\n"
        # As [grants] has it: the history may be read from its first moment.
        database.execute(f"alter default privileges grant select on tables to {role}")
        with serving(service, database.url), serving_already(process) as address:
            assert health(address)[1]["pending"] == 0
    finally:
        process.kill()
        process.communicate()
        database.execute(f"drop owned by {role}; drop role {role}")


def test_a_database_that_goes_away_is_said(service, postgres):
    database = postgres.database()
    with serving(service, database.url) as (_, address):
        assert health(address)[0] == 200
        postgres.drop_database(database.name)
        until(lambda: health(address)[0] == 503, "an answer is kept for a second only")
        assert health(address)[1]["status"] == "down"
