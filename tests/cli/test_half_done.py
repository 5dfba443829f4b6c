"""A migration that was cut off midway, and a history that says otherwise: each state has a command that leads out of it."""

import pytest

from support.waiting import until

FILES = {
    "0001_notes": "CREATE TABLE notes (id int);\nCREATE TABLE log (entry text);\n",
    "0002_indexed": "-- no-transaction\nINSERT INTO log VALUES ('first');\nCREATE INDEX CONCURRENTLY notes_id ON notes (id);\n"
                    "INSERT INTO log VALUES ('last');\n",
    "0003_later": "CREATE TABLE later (id int);\n",
}


@pytest.fixture
def half(dunlin, database, migrations):
    for name, content in FILES.items():
        migrations.add(name, content)
    dunlin("migrate", "--to", "1", url=database.url).ok()

    def run(*arguments):
        return dunlin(*arguments, url=database.url)

    run.database, run.dunlin, run.migrations = database, dunlin, migrations
    return run


def kill_midway(half):
    """With the second statement begun and held up by somebody's transaction; statement 1 is done."""
    database = half.database
    holder = database.connect()
    holder.autocommit = False
    with holder.cursor() as cursor:
        cursor.execute("INSERT INTO notes VALUES (1)")
    running = half.dunlin.start("migrate", "--to", "2", url=database.url)
    waits = ("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
             " AND query LIKE 'CREATE INDEX%%'")
    until(lambda: database.query(waits), "the index waits")
    running.kill()
    assert running.end().code == -9
    ours = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'dunlin%%'"
    until(lambda: not database.query(ours), "the server has noticed")
    holder.rollback()
    holder.close()


def fail_midway(half):
    """With statements 1 and 2 done, and 3 refused."""
    half.database.execute("ALTER TABLE log ADD CONSTRAINT not_yet CHECK (entry <> 'last')")
    half("migrate", "--to", "2").ok(7)
    half.database.execute("ALTER TABLE log DROP CONSTRAINT not_yet")


@pytest.fixture(params=[kill_midway, fail_midway])
def midway(request, half):
    request.param(half)
    return request.param


def write_history(half, upto):
    """As a person or another tool does it, who does not know of the journal."""
    for migration in half("info", "--json").ok().json()["migrations"]:
        if migration["state"] == "pending" and int(migration["version"]) <= upto:
            half.database.execute("INSERT INTO _sqlx_migrations VALUES (%s, %s, now(), true, decode(%s, 'hex'), 0)",
                                  migration["version"], migration["description"], migration["checksum"])


def row(half, version=2):
    return next(one for one in half("info", "--json").ok().json()["migrations"] if one["version"] == str(version))


def check_settled(half):
    half("migrate").ok()
    assert half("resolve").ok().stdout == "Nothing has to be settled.\n"
    assert half("info", "--exit-code").ok().stdout.count("applied  ") == 3
    assert "half_done" not in row(half) and half.database.value("SELECT count(*) FROM dunlin_journal") == 0
    assert half.database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'notes_id'::regclass") == [(True,)]
    assert [entry for (entry,) in half.database.query("SELECT entry FROM log")] == ["first", "last"]
    half("validate").ok()


def test_baseline_does_not_write_over_it(half, midway):
    for version in ("2", "3"):
        refused = half("baseline", "--version", version, "--yes").ok(7)
        assert "2 is half done" in refused.stderr and "dunlin migrate" in refused.stderr
        half("baseline", "--version", version, "--dry-run").ok(7)
    half("migrate").ok()
    check_settled(half)


def test_the_doctor_names_the_command_that_goes_on(half, midway):
    findings = [one for one in half("doctor", "--json").json()["findings"] if one["check"] == "unsettled"]
    assert [(one["level"], one["fix"]) for one in findings] == [("warning", ["dunlin migrate"])]
    assert findings[0]["message"].startswith("2 indexed is half done, and the next run goes on with it: ")


def test_it_is_shown_while_the_next_run_goes_on_with_it(half, midway):
    told = row(half)
    assert told["state"] == "pending" and told["flags"] == ["half-done"]
    done, in_doubt = (1, 2) if midway is kill_midway else (2, None)
    assert told["half_done"] == {"direction": "up", "statements_done": done, "in_doubt": in_doubt, "goes_on": True,
                                 "contradicts_history": False}
    shown = half("info").ok().stdout
    assert "half done: 1 statement took effect, one more was begun" in shown if in_doubt else "half done: 2 statements" in shown
    assert "Next: dunlin migrate" in shown
    half("info", "--exit-code").ok(3)
    assert "to go on with it:" in half("resolve").ok(7).stdout
    [document] = half("resolve", "--json").ok(7).json()["unsettled"]
    assert document["commands"][0] == "dunlin migrate" and document["recorded"] is False
    half("migrate").ok()
    check_settled(half)


@pytest.fixture
def in_doubt(half):
    """Killed in a statement of which nobody can tell afterwards whether it took effect."""
    half.migrations.add("0002_indexed", "-- no-transaction\nINSERT INTO log VALUES ('first');\n"
                        "DO $$ BEGIN COMMIT; PERFORM pg_sleep(600); END $$;\nINSERT INTO log VALUES ('last');\n")
    running = half.dunlin.start("migrate", "--to", "2", url=half.database.url)
    sleeping = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'DO $$ BEGIN%%'"
    until(lambda: half.database.query(sleeping), "it is at work")
    # While it is, nobody has to settle anything.
    assert "Next: dunlin migrate" in half("info").ok().stdout
    running.kill()
    assert running.end().code == -9
    half.database.execute(f"SELECT pg_terminate_backend(pid) FROM ({sleeping.replace('%%', '%')}) found")
    until(lambda: not half.database.query(sleeping), "the server has noticed")
    half("migrate").ok(7)
    return half


def test_where_nothing_tells_what_happened_nobody_is_sent_to_migrate(in_doubt):
    shown = in_doubt("info").ok().stdout
    assert "Next: dunlin resolve" in shown and "half done: dunlin resolve 2" in shown
    in_doubt("info", "--exit-code").ok(7)
    assert row(in_doubt)["half_done"]["goes_on"] is False
    assert "dunlin migrate" not in in_doubt("resolve").ok(7).stdout
    [document] = in_doubt("resolve", "--json").ok(7).json()["unsettled"]
    assert document["commands"] == ["dunlin resolve 2 --statement 2 --done", "dunlin resolve 2 --statement 2 --not-done"]
    refused = in_doubt("baseline", "--version", "2", "--yes").ok(7).stderr
    assert "Next: dunlin resolve 2" in refused and "dunlin migrate" not in refused
    findings = [one for one in in_doubt("doctor", "--json").ok(7).json()["findings"] if one["check"] == "unsettled"]
    assert [(one["level"], one["fix"]) for one in findings] == [("error", ["dunlin resolve"])]
    in_doubt("resolve", "2", "--statement", "2", "--done").ok()
    assert "Next: dunlin migrate" in in_doubt("info").ok().stdout
    in_doubt("migrate").ok()
    assert in_doubt("resolve").ok().stdout == "Nothing has to be settled.\n"


def test_a_done_statement_that_was_edited_has_to_be_settled(half):
    fail_midway(half)
    half.migrations.add("0002_indexed", FILES["0002_indexed"].replace("'first'", "'another'"))
    half("migrate").ok(7)
    assert "dunlin migrate" not in half("resolve").ok(7).stdout
    assert "Next: dunlin resolve" in half("info").ok().stdout


@pytest.mark.parametrize("upto", [2, 3])
def test_a_history_that_says_otherwise_is_shown_everywhere(half, midway, upto):
    write_history(half, upto)
    assert half("migrate").ok().code == 0  # to it nothing is left to do here
    told = row(half)
    assert told["state"] == "applied" and told["half_done"]["contradicts_history"] is True
    shown = half("info", "--exit-code").ok(7).stdout
    assert "half done: dunlin resolve 2" in shown and "Next: dunlin resolve" in shown
    assert "2 is applied by the history, and half done by dunlin_journal" in half("validate").ok(5).output
    assert "has to be settled" in half("wait", "--timeout", "30s").ok(7).stderr
    assert "has to be settled" in half("doctor").ok(7).output
    half.migrations.add("0002_indexed.down", "DROP INDEX notes_id;\n")
    half.migrations.add("0003_later.down", "DROP TABLE later;\n")
    refused = half("down", "--to", "1", "--yes").ok(7)
    assert "dunlin resolve 2" in refused.stderr


@pytest.mark.parametrize("upto", [2, 3])
@pytest.mark.parametrize("way", ["--applied", "--rolled-back", "--done", "--not-done"])
def test_every_way_out_that_is_listed_leads_out(half, midway, upto, way):
    write_history(half, upto)
    listed = half("resolve").ok(7).stdout
    [document] = half("resolve", "--json").ok(7).json()["unsettled"]
    assert document["recorded"] is True and document["direction"] == "up" and document["statements_done"] >= 1
    assert "the history says that it is applied" in document["evidence"]
    assert all(command in listed for command in document["commands"])
    commands = [command for command in document["commands"] if command.endswith(way)]
    if midway is fail_midway and way == "--not-done":
        return assert_no_command(commands)  # nothing of it is in doubt
    [command] = commands
    if way == "--applied":
        half.database.execute("DROP INDEX IF EXISTS notes_id; CREATE INDEX notes_id ON notes (id); INSERT INTO log VALUES ('last')")
        if upto == 3:
            half.database.execute("CREATE TABLE later (id int)")
    elif way == "--rolled-back":
        half.database.execute("DROP INDEX notes_id; DELETE FROM log")
    elif way == "--done":
        half.database.execute("DROP INDEX IF EXISTS notes_id; CREATE INDEX notes_id ON notes (id)")
    half(*command.split()[1:]).ok()
    check_settled(half)


def assert_no_command(commands):
    assert commands == []
