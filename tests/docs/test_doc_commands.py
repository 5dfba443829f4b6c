"""That the pages' commands are run as tests/support/doc_commands.py says, and that a page which is wrong fails."""

from pathlib import Path

import pytest

from support.doc_commands import blocks, run_page
from support.waiting import until


@pytest.fixture
def page(tmp_path):
    def write(text):
        path = tmp_path / "page.md"
        path.write_text(text.replace("'''", "```"))
        return path
    return write


@pytest.fixture
def run(page, tmp_path, dunlin):
    place = tmp_path / "place"
    place.mkdir()

    def run(text, **environment):
        return run_page(page(text), place, environment, dunlin.program)
    run.place = place
    return run


def test_blocks_have_their_notes_and_what_they_print(page):
    first, second, third = blocks(page(
        "<!-- exit 3 -->\n'''sh\na\nb\n'''\n\n'''text\nsaid\n'''\n\n<!-- not run: no cluster here -->\n\n'''sh\nc\n'''\nand\n"
        "'''text\nelsewhere\n'''\n'''yaml\nd: 1\n'''\n'''sh\ne\n'''\n"))
    assert (first.script, first.expected, first.exit_code, first.not_run) == ("a\nb\n", "said\n", 3, "")
    assert (second.script, second.expected, second.not_run) == ("c\n", None, "no cluster here")
    assert third.script == "e\n" and third.line == 24


@pytest.mark.parametrize("text", ["'''\na\n'''\n",
                                  "'''sh\na\n", "<!-- exit 3 -->\nwords\n", "<!-- exit 3 -->\n'''text\na\n'''\n"])
def test_a_page_that_cannot_be_read_is_an_error(page, text):
    with pytest.raises(AssertionError):
        blocks(page(text))


def test_directory_and_variables_last_for_the_page(run):
    executed = run("'''sh\nmkdir 'a b'; cd 'a b'; export KEPT=$'two\\nlines'; plain='*'\n'''\n"
                   "<!-- exit 4 -->\n'''sh\nexport LAST=word; exit 4\n'''\n"
                   "'''sh\ntouch here; bash -c 'echo \"$KEPT, $LAST, ${plain-}\"'; echo \"$plain\"\n'''\n"
                   "'''text\ntwo\nlines, word,\n*\n'''\n")
    assert len(executed) == 3 and (run.place / "a b" / "here").exists()


def test_what_is_printed_is_compared(run):
    run("'''sh\necho one; echo two >&2; echo in 31 ms; pwd\n'''\n'''text\none\ntwo\nin 5 ms\n.../place\n'''\n")
    run("'''sh\nseq 9\n'''\n'''text\n1\n...\n8\n9\n'''\n")
    for wrong in ("1\n", "1\n...\n8\n", "2\n...\n", "...\n9\n9\n"):
        with pytest.raises(AssertionError, match="the page"):
            run(f"'''sh\nseq 9\n'''\n'''text\n{wrong}'''\n")


@pytest.mark.parametrize("script", ["false\necho on", "exit 3", "no-such-command", "echo $((",
                                    "cat </nonexistent/file | cat; exit 1"])
def test_a_command_that_fails_fails_the_page(run, script):
    with pytest.raises(AssertionError, match="exit code"):
        run(f"'''sh\n{script}\n'''\n")


def test_an_expected_failure_that_does_not_come_fails_the_page(run):
    with pytest.raises(AssertionError, match="exit code 0, not 3"):
        run("<!-- exit 3 -->\n'''sh\ntrue\n'''\n")


def test_dunlin_is_the_program_under_test(run, dunlin):
    run(f"'''sh\ntest \"$(readlink -f \"$(command -v dunlin)\")\" = {dunlin.program}\n'''\n")


def test_what_goes_on_in_the_background_ends_with_the_page(run):
    with pytest.raises(AssertionError, match="at the end"):
        run("'''sh\nsleep 600 & echo $! >pid\n'''\n'''sh\nkill -0 $(cat pid); echo at the end; exit 1\n'''\n")
    pid = int((run.place / "pid").read_text())
    until(lambda: "sleep" not in command_of(pid), "it is gone")


def test_the_server_s_port_is_the_one_that_pages_say(run):
    run("'''sh\necho db:49152\n'''\n'''text\ndb:5432\n'''\n", PGPORT="49152")


def command_of(pid):
    """Empty for a process that has ended, whether or not somebody has asked how."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:
        return ""
