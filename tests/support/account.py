"""Starting server programs that refuse to run as root, in directories their account can reach."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

# Debian's postgresql package makes this account; initdb, postgres and pgbouncer refuse to run as root.
SERVER_ACCOUNT = "postgres"


def keep_servers():
    """DUNLIN_KEEP_TEST_DB=1 leaves databases and their servers behind, for looking into a failure."""
    return os.environ.get("DUNLIN_KEEP_TEST_DB", "") not in ("", "0")


def drop_to():
    """Arguments for subprocess that run the child as the server account when we are root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(SERVER_ACCOUNT)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def server_directory(prefix):
    """A new directory under the system's temporary one, owned by the server account."""
    directory = tempfile.mkdtemp(prefix=prefix)
    os.chmod(directory, 0o755)
    own(directory)
    return directory


def own(path):
    if os.geteuid() == 0:
        account = pwd.getpwnam(SERVER_ACCOUNT)
        os.chown(path, account.pw_uid, account.pw_gid)


def free_port():
    """A loopback port that was free a moment ago; whoever binds it retries with another when it no longer is."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_tool(command, **options):
    """Runs a server's tool as the server account; its output is in the exception when it fails."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/",
                            **drop_to(), **options)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{result.stdout}")
    return result.stdout


def start_server(command, log, environment=None, death_signal=signal.SIGQUIT):
    """Starts a server in the foreground. It is told to go when the tests die, unless it is to be kept."""
    libc = ctypes.CDLL(None, use_errno=True)

    def die_with_parent():  # after setuid, which would clear it
        libc.prctl(1, death_signal)

    with open(log, "ab") as output:
        own(log)
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/",
                                env=environment, start_new_session=True,
                                preexec_fn=None if keep_servers() else die_with_parent, **drop_to())


def start_listening(command, log, environment=None, death_signal=signal.SIGTERM):
    """Starts the server that `command(port)` is, on a port nobody has, and waits until it listens; (process, port)."""
    for _ in range(10):
        port = free_port()
        process = start_server(command(port), log, environment, death_signal)
        while process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return process, port
            time.sleep(0.02)
    raise RuntimeError(f"{command(port)[0]} did not start:\n{Path(log).read_text()}")


def stop(process):
    if process.poll() is None:
        process.terminate()
        process.wait(timeout=30)


def remove(directory):
    shutil.rmtree(directory, ignore_errors=True)
