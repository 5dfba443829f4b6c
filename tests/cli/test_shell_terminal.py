"""dunlin shell on a terminal: prompt, editing, history, completion, Ctrl-C and Ctrl-D."""

import os
import signal
import stat

import pytest

from support.terminal import Terminal
from support.waiting import until


@pytest.fixture(params=["postgres", "sqlite"])
def console(request, dunlin, invoices, tmp_path):
    """Starts consoles on one migrated database; each is at its first prompt."""
    if request.param == "sqlite":
        url, name = request.getfixturevalue("sqlite").url, r"app\.db"
    else:
        database = request.getfixturevalue("database")
        url, name = database.url, database.name
    dunlin("migrate", url=url).ok()
    started = []

    def start(*arguments, env=None, columns=200):
        environment = {"DATABASE_URL": url, "XDG_STATE_HOME": str(tmp_path / "state"), "NO_COLOR": "1", **(env or {})}
        terminal = Terminal([str(dunlin.program), "shell", *arguments], tmp_path, environment, columns)
        started.append(terminal)
        terminal.expect(name + r"(\[write\])?=> ")
        return terminal

    start.kind = request.param
    start.name = name
    start.history = tmp_path / "state" / "dunlin" / "shell_history"
    yield start
    for terminal in started:
        terminal.close()


def endless(kind):
    return ("SELECT pg_sleep(1000);" if kind == "postgres" else
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s) SELECT max(n) FROM s;")


def test_a_statement_goes_on_until_its_semicolon(console):
    terminal = console()
    terminal.line("SELECT 'a;").expect(console.name + "'> ")
    terminal.line("b'").expect(console.name + "-> ")
    terminal.line("AS text, 6 * 7 AS answer;").expect(r"42\n.*\(1 row\)")
    assert terminal.leave() == 0


def test_the_prompt_shows_the_transaction(console):
    terminal = console("--write")
    prompt = console.name + r"\[write\]"
    terminal.line("BEGIN;").expect(prompt + r"=\*> ")
    if console.kind == "postgres":
        terminal.line("SELECT nothing_there;").expect("error: .*\\^~~.*" + prompt + "=!> ")
    terminal.line("ROLLBACK;").expect(prompt + "=> ")
    terminal.line("BEGIN;").expect(prompt + r"=\*> ")
    assert terminal.leave() == 0
    assert "The open transaction was rolled back." in terminal.shown


def test_ctrl_c_cancels_what_runs_and_not_the_console(console):
    terminal = console()
    terminal.line(endless(console.kind)).expect("SELECT.*\n")
    terminal.send("\x03").expect("Cancelled.*=> ")
    terminal.line("SELECT 'still ' || 'here' AS x;").expect("still here")
    assert terminal.leave() == 0


def test_ctrl_c_at_the_prompt_forgets_what_was_typed(console):
    terminal = console()
    terminal.line("SELECT 1,").expect("-> ")
    terminal.type("garbage\x03").expect(r"\^C\n.*=> ")
    terminal.line("SELECT 'fresh' AS x;").expect(r"fresh\n.*row")
    assert terminal.leave("\\q\r") == 0


def test_an_error_has_a_caret_and_the_console_goes_on(console):
    terminal = console()
    terminal.line("SELECT id, nothing_there FROM customers;").expect(r"nothing_there.*\^~~~~~~~~~~~~")
    terminal.line("INSERT INTO customers VALUES (1);").expect("Next: dunlin shell --write")
    terminal.line("\\nonsense").expect(r"there is no command \\nonsense")
    terminal.line("SELECT 5 + 5 AS x;").expect("10")
    assert terminal.leave() == 0


def test_history_is_kept_for_its_owner_without_secrets(console):
    terminal = console()
    terminal.line("SELECT 'first' AS x;").expect(r"first\n.*=> ")
    terminal.line("SELECT 'a password' AS x;").expect(r"a password\n.*=> ")
    terminal.line("SELECT 'postgres://u:hidden@h/d' AS x;").expect(r"\(1 row\).*=> ")
    terminal.line("SELECT 'two'").expect("-> ")
    terminal.line("AS lines;").expect(r"lines.*\(1 row\).*=> ")
    assert terminal.leave() == 0
    kept = console.history.read_text()
    assert "first" in kept and "password" not in kept and "hidden" not in kept
    assert stat.S_IMODE(console.history.stat().st_mode) == 0o600

    again = console()
    again.type("\x1b[A\x1b[A\r").expect(r"first\n.*=> ")
    again.type("\x12first").expect("first")
    again.send("\r").expect(r"\(1 row\)")
    assert again.leave() == 0


def test_history_can_be_turned_off_or_moved(console, tmp_path):
    terminal = console("--shell-history", "off")
    terminal.line("SELECT 1 AS x;").expect("1 row.*=> ")
    assert terminal.leave() == 0 and not console.history.exists()
    terminal = console(env={"DUNLIN_SHELL_HISTORY": str(tmp_path / "elsewhere")})
    terminal.line("SELECT 1 AS x;").expect("1 row.*=> ")
    assert terminal.leave() == 0 and "SELECT 1" in (tmp_path / "elsewhere").read_text()


def test_completion(console):
    terminal = console()
    terminal.type("SELECT count(*) FROM cust\t").expect("customers ")
    terminal.send("WHERE nam\t").expect("name ")
    terminal.send("IS NULL;\r").expect(r"\(1 row\).*=> ")
    terminal.type("\\migrate-\t").expect("migrate-info")
    terminal.send("\r").expect("20260101000000/installed: initial_schema.*=> ")
    terminal.type("SELECT * FROM \t\t").expect("customers +invoices")
    terminal.send("\x03").expect(r"\^C\n")
    assert terminal.leave() == 0


def test_wide_results_are_expanded(console):
    terminal = console(columns=60)
    wide = ", ".join(f"'{letter * 20}' AS {letter}" for letter in "abcd")
    terminal.line(f"SELECT {wide};").expect(r"-\[ 1 \]-+\n.*a +\| a{20}")
    terminal.line("\\x off").expect("aligned")
    terminal.line("SELECT 1 AS x;").expect(" x\n---\n 1\n")
    terminal.line("\\format csv").expect("csv")
    terminal.line("SELECT 1 AS x, 2 AS y;").expect("x,y\n1,2\n")
    terminal.line("\\timing").expect("Timing is on")
    terminal.line("SELECT 1;").expect(r"Time: [\d.]+ m?s")
    assert terminal.leave() == 0


def test_migrating_from_inside(console, invoices):
    invoices.add("20270101000000_more.up", "CREATE TABLE more (id integer);\n")
    invoices.add("20270101000000_more.down", "DROP TABLE more;\n")
    terminal = console()
    terminal.line("\\migrate").expect("only reads.*=> ")
    assert terminal.leave() == 0
    terminal = console("--write")
    terminal.line("\\migrate").expect(r"Applied 1 migration.*=> ")
    terminal.line("SELECT count(*) AS c FROM more;").expect(r"0\n")
    terminal.line("\\down").expect(r"Undo it\? \[y/N\]")
    terminal.send("y\r").expect("Reverted 1 migration.*=> ")
    assert terminal.leave() == 0


def test_an_editor_of_the_persons_own(console, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\necho \"SELECT 'edited' || '!' AS x;\" > \"$1\"\n")
    editor.chmod(0o755)
    terminal = console(env={"EDITOR": str(editor)})
    terminal.line("\\e").expect(r"edited!\n")
    assert terminal.leave() == 0


def test_sigterm_ends_it(console):
    terminal = console()
    terminal.line("BEGIN;").expect(r"=\*> ")
    terminal.signal(signal.SIGTERM)
    assert terminal.wait() == 143
    assert "rolled back" in terminal.shown


@pytest.fixture
def hanging(console, database):
    """A console whose server does not answer any more."""
    terminal = console()
    (pid,), = database.query("SELECT pid FROM pg_stat_activity"
                             " WHERE datname = current_database() AND application_name LIKE 'dunlin%'")
    os.kill(pid, signal.SIGSTOP)
    yield terminal
    os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("console", ["postgres"], indirect=True)
def test_ctrl_c_leaves_a_server_that_hangs(hanging):
    hanging.line("SELECT 1;").expect("SELECT 1;.*\n")
    hanging.send("\x03").expect(r"did not stop in time.*\(not connected\)=> ")
    assert hanging.leave() == 0


@pytest.mark.parametrize("console", ["postgres"], indirect=True)
def test_tab_does_not_wait_for_a_server_that_hangs(hanging):
    hanging.send("SELECT cust\t").expect("SELECT cust")
    hanging.send("\x03").expect(r"\^C\n.*\(not connected\)=> ")
    assert hanging.leave() == 0


@pytest.mark.parametrize("console", ["postgres"], indirect=True)
def test_a_lost_connection_is_made_again(console, database):
    terminal = console()
    database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                   " WHERE datname = current_database() AND pid <> pg_backend_pid()")
    until(lambda: database.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()") == 1,
          "the session is gone")
    terminal.line("SELECT 1;").expect(r"connection to the server was lost.*\(not connected\)=> ")
    terminal.line("SELECT 'here ' || 'again' AS x;").expect("here again.*=> ")
    assert terminal.leave() == 0
