"""keygen, encrypt and decrypt, as a person and as a script use them."""

import base64
import os
import pty
import stat
import subprocess
import time
from pathlib import Path

from support.program import clean_environment

import pytest

# Made with the crypto module of Node 18.
KEY = "kek-v1:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
FROM_NODE = ('{"version":1,"alg":"AES-256-GCM","key_id":"kek-v1","dek_wrapped":"AQEBAQEBAQEBAQEBf+iAvpm25QfY3dUoeT55OKHyHf0Rnj'
             'IaUThKa2+9P7Kp5rqCH+bObYcVp3OI0Etl","nonce":"AgICAgICAgICAgIC","ciphertext":"lHUl2ygnsDeKgGlVoruYs68eNCIqFUUqz8N04Z'
             '/pMciy"}')


@pytest.fixture
def piped(dunlin):
    def run(*words, given=b"", **environment):
        result = subprocess.run([dunlin.program, *words], input=given, env=clean_environment(environment),
                                cwd=dunlin.directory, capture_output=True)
        return result.returncode, result.stdout, result.stderr.decode()
    return run


@pytest.mark.parametrize("value", [b"", b"token", b"\x00\xff\n", os.urandom(3_000_000)], ids=["empty", "short", "binary", "long"])
def test_what_is_encrypted_is_decrypted_byte_for_byte(piped, value):
    code, payload, errors = piped("encrypt", given=value, SECRETS_ENCRYPTION_KEY=KEY)
    assert code == 0, errors
    assert piped("decrypt", given=payload, SECRETS_ENCRYPTION_KEY=KEY) == (0, value, "")


def test_what_another_program_has_encrypted(piped):
    code, value, errors = piped("decrypt", given=FROM_NODE.encode(), SECRETS_ENCRYPTION_KEY=KEY)
    assert (code, value.decode(), errors) == (0, "naïve secret ✓", "")


def test_a_key_in_a_file_that_only_its_owner_reads(piped, dunlin):
    assert piped("keygen", "kek-v2", "--out", "k2")[:2] == (0, b"Wrote k2.\n")
    file = dunlin.directory / "k2"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_text()
    code, _, errors = piped("keygen", "kek-v2", "--out", "k2")
    assert code == 2 and "never overwritten" in errors and file.read_text() == before
    code, payload, _ = piped("encrypt", given=b"x", SECRETS_ENCRYPTION_KEY_FILE="k2")
    assert code == 0 and b'"key_id":"kek-v2"' in payload
    # The old key opens what is still under it.
    assert piped("decrypt", given=FROM_NODE.encode(), SECRETS_ENCRYPTION_KEY_FILE="k2",
                 SECRETS_ENCRYPTION_KEY_PREVIOUS=KEY)[0] == 0


def test_a_key_in_a_pipe_and_in_a_file_of_others(piped, dunlin):
    code, key, errors = piped("keygen", "kek-v2")
    assert code == 0 and key.startswith(b"kek-v2:") and len(key) == len("kek-v2:") + 45 and errors == ""
    with open(dunlin.directory / "k2", "w") as file:
        os.chmod(file.name, 0o644)
        said = subprocess.run([dunlin.program, "keygen", "kek-v2"], stdout=file, stderr=subprocess.PIPE, text=True,
                              env=clean_environment()).stderr
    assert "others may read" in said and "chmod 600" in said


@pytest.mark.parametrize("words, shown", [([], False), (["--print"], True)])
def test_a_terminal_shows_a_key_only_when_told(dunlin, words, shown):
    ours, its = pty.openpty()
    process = subprocess.Popen([dunlin.program, "keygen", "kek-v2", *words], stdin=subprocess.DEVNULL, stdout=its,
                               stderr=subprocess.PIPE, text=True, env=clean_environment())
    errors = process.communicate(timeout=20)[1]
    os.close(its)
    try:
        printed = os.read(ours, 1000).decode()
    except OSError:  # how Linux says that nothing was written and the other end is closed
        printed = ""
    os.close(ours)
    assert ("kek-v2:" in printed) == shown
    assert process.returncode == (0 if shown else 2)
    assert shown or "--out kek-v2.key" in errors


@pytest.mark.parametrize("environment, code, said", [
    ({}, 2, "SECRETS_ENCRYPTION_KEY is not set"),
    ({"SECRETS_ENCRYPTION_KEY": ""}, 2, "is set but empty"),
    ({"SECRETS_ENCRYPTION_KEY": KEY.removeprefix("kek-v1:")}, 2, "no colon"),
    ({"SECRETS_ENCRYPTION_KEY": KEY[:-4]}, 2, "has 30 bytes, and AES-256 needs 32"),
    ({"SECRETS_ENCRYPTION_KEY": KEY, "SECRETS_ENCRYPTION_KEY_PREVIOUS": KEY.replace("BwcH", "CAgI", 1)}, 2, "two different keys"),
    ({"SECRETS_ENCRYPTION_KEY_FILE": "absent"}, 2, "does not exist"),
    ({"SECRETS_ENCRYPTION_KEY": KEY.replace("v1", "v9")}, 9, 'under the key "kek-v1"'),
    ({"SECRETS_ENCRYPTION_KEY": KEY.replace("BwcH", "CAgI", 1)}, 9, "another key of the same name"),
])
def test_what_is_wrong_with_a_key_is_said_and_no_key_is_shown(piped, environment, code, said):
    for extra in ([], ["--json"], ["--verbose"]):
        result, output, errors = piped("decrypt", *extra, given=FROM_NODE.encode(), **environment)
        assert result == code
        assert said in errors.replace('\\"', '"')
        for text in (output.decode(), errors):
            assert "BwcHBwcH" not in text and "naïve" not in text


def test_what_is_no_value_is_said(piped):
    code, output, errors = piped("decrypt", given=b"{}", SECRETS_ENCRYPTION_KEY=KEY)
    assert (code, output) == (9, b"") and "cannot decrypt standard input" in errors and '"version" is missing' in errors


def memory_that_may_be_swapped(pid):
    """(name, bytes) of every mapping of a process that is not locked."""
    mapping = None
    for line in open(f"/proc/{pid}/smaps"):
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            start, end = (int(number, 16) for number in words[0].split("-"))
            mapping = start, end, words[1], words[5] if len(words) > 5 else ""
        elif words[0] == "VmFlags:" and "lo" not in words[1:] and mapping[2].startswith("r") and mapping[3] != "[vvar]":
            with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
                memory.seek(mapping[0])
                try:
                    yield mapping[3], memory.read(mapping[1] - mapping[0])
                except OSError:  # [vsyscall] and the like
                    pass


@pytest.mark.parametrize("way", ["variable", "file", "command"])
def test_a_key_is_in_locked_memory_and_nowhere_else(dunlin, tmp_path, way):
    # Bytes that are in no other place of a process by chance.
    raw = os.urandom(32)
    text = base64.b64encode(raw)
    key = b"kek-v1:" + text
    (tmp_path / "key").write_bytes(key + b"\n")
    variables = {"variable": {"SECRETS_ENCRYPTION_KEY": key.decode(), "SECRETS_ENCRYPTION_KEY_PREVIOUS": key.decode()},
                 "file": {"SECRETS_ENCRYPTION_KEY_FILE": str(tmp_path / "key")},
                 "command": {"DUNLIN_KEY_COMMAND": f"cat {tmp_path}/key"}}[way]
    process = subprocess.Popen([dunlin.program, "encrypt"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               env=clean_environment(variables))
    try:
        # It reads standard input once it has its keys.
        while "read" not in Path(f"/proc/{process.pid}/wchan").read_text():
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(0.2)
        found = [name for name, memory in memory_that_may_be_swapped(process.pid) if text in memory or raw in memory]
        assert found == []
        assert text not in Path(f"/proc/{process.pid}/environ").read_bytes()
        payload, _ = process.communicate(b"x")
    finally:
        process.kill()
    assert process.returncode == 0 and b'"key_id":"kek-v1"' in payload
