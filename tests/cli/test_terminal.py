"""On a terminal: the progress, the colours, the questions."""

import os
import pty
import re
import select
import subprocess
import time

from support.program import clean_environment


def on_a_terminal(dunlin, *arguments, answer="", env=None, url=None):
    """Runs in a pseudo terminal; gives the exit code and everything that appeared, as it was written."""
    main, side = pty.openpty()
    process = subprocess.Popen([str(dunlin.program), *arguments], cwd=dunlin.directory, stdin=side, stdout=side, stderr=side,
                               env=clean_environment({"TERM": "xterm", "DATABASE_URL": url or "", **(env or {})}))
    os.close(side)
    os.write(main, answer.encode())
    shown = b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if select.select([main], [], [], 0.1)[0]:
            try:
                piece = os.read(main, 65536)
            except OSError:
                break  # the other side is closed
            if not piece:
                break
            shown += piece
    os.close(main)
    return process.wait(timeout=10), shown.decode()


def without_colours(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_run_shows_its_migrations_and_leaves_no_bar_behind(dunlin, sqlite, invoices):
    code, shown = on_a_terminal(dunlin, "migrate", url=sqlite.url)
    assert code == 0
    plain = without_colours(shown)
    assert re.search(r"  20260101000000  initial_schema   done +[\d.]+ m?s", plain)
    assert re.search(r"Applied 3 migrations in [\d.]+ m?s\. The schema is at 20261120093000\.", plain)
    assert "info " not in plain  # no log lines
    # What is drawn below is erased before the end.
    last_bar = plain.rfind("[#")
    assert last_bar < plain.rfind("\x1b[J") or last_bar == -1


def test_colours_are_for_terminals_that_want_them(dunlin, sqlite, invoices):
    assert "\x1b[32m" in on_a_terminal(dunlin, "migrate", "--steps", "1", url=sqlite.url)[1]
    for options in ({"env": {"NO_COLOR": "1"}}, {"env": {"TERM": "dumb"}}):
        assert "\x1b[3" not in on_a_terminal(dunlin, "info", url=sqlite.url, **options)[1]
    assert "\x1b[3" not in on_a_terminal(dunlin, "info", "--no-color", url=sqlite.url)[1]
    assert "\x1b[33m" in on_a_terminal(dunlin, "info", url=sqlite.url)[1]
    assert "\x1b" not in sqlite("info").output


def test_log_lines_on_a_terminal_when_asked_for(dunlin, sqlite, invoices):
    shown = on_a_terminal(dunlin, "migrate", "--log-format", "text", url=sqlite.url)[1]
    assert "20260101000000 initial_schema done in" in shown


def test_down_asks(dunlin, sqlite, invoices):
    sqlite("migrate", "--steps", "2").ok()
    code, shown = on_a_terminal(dunlin, "down", answer="n\n", url=sqlite.url)
    assert code == 2 and "Undo it? [y/N]" in shown and "not confirmed; nothing was done" in shown
    assert sqlite("info", "--json").json()["summary"]["applied"] == 2
    code, shown = on_a_terminal(dunlin, "down", answer="y\n", url=sqlite.url)
    assert code == 0 and "Reverted 1 migration" in shown


def test_drop_wants_the_name(dunlin, sqlite, invoices):
    sqlite("migrate").ok()
    code, shown = on_a_terminal(dunlin, "drop", answer="yes\n", url=sqlite.url)
    assert code == 2 and "3 migrations are applied to it; it is at 20261120093000." in shown
    assert (sqlite.path / "app.db").exists()
    code, shown = on_a_terminal(dunlin, "drop", answer="app.db\n", url=sqlite.url)
    assert code == 0 and not (sqlite.path / "app.db").exists()


def test_escape_sequences_in_names_do_not_reach_the_terminal(dunlin, sqlite, invoices):
    invoices.add("20270101000000_evil\x1b]0;owned\x07", "SELECT 1;\n")
    code, shown = on_a_terminal(dunlin, "info", url=sqlite.url)
    assert code == 0 and "\x1b]" not in shown and "\\x1b]0;owned" in shown
