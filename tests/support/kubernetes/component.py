"""A server program of the control plane: started, stopped, killed and started again on the port it had."""

import contextlib
import ctypes
import signal
import subprocess
import time
from pathlib import Path

from support import account

TIMEOUT = 90


class Component:
    """`command(ports)` starts it; `ready()` says whether it serves. Its log goes on over restarts.

    `patience`: what still runs so many seconds after stop() is killed.
    """

    def __init__(self, name, log, command, ready, ports=1, patience=30):
        self.name, self.log = name, Path(log)
        self.process = None
        self.ports = []
        self._command, self._ready, self._ports_wanted, self._patience = command, ready, ports, patience

    def start(self):
        for _ in range(10):
            fresh = not self.ports
            if fresh:
                self.ports = [account.free_port() for _ in range(self._ports_wanted)]
            self._spawn()
            if self._wait_until_ready():
                return self
            if fresh:
                self.ports = []  # somebody took one between our look and the server's
        raise RuntimeError(f"{self.name} did not start; the end of {self.log}:\n{self.tail()}")

    def stop(self):
        """As at a shutdown: it may finish what it does."""
        if self.running:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self._patience)
        self.kill()

    def kill(self):
        """As at a power cut."""
        if self.running:
            self.process.kill()
            self.process.wait()
        self.process = None

    def restart(self):
        self.stop()
        return self.start()

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def tail(self, lines=30):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _spawn(self):
        libc = ctypes.CDLL(None)
        keep = account.keep_servers()
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                [str(word) for word in self._command(*self.ports)], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                cwd="/", start_new_session=True, preexec_fn=None if keep else lambda: libc.prctl(1, signal.SIGTERM))

    def _wait_until_ready(self):
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            if self._ready():
                return True
            time.sleep(0.05)  # until it answers, or has ended
        self.kill()
        raise RuntimeError(f"{self.name} was not ready within {TIMEOUT} s; the end of {self.log}:\n{self.tail()}")
