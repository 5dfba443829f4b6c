"""A program on a terminal of its own, typed to as a person would."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

from .program import clean_environment
from .waiting import until


class Terminal:
    """Runs the program with a controlling terminal, so that Ctrl-C is a signal. `shown` is all that appeared, without
    escape sequences."""

    def __init__(self, command, directory, env=None, columns=200):
        environment = clean_environment({"TERM": "xterm", **(env or {})})
        self.pid, self.main = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(directory)
                os.execve(command[0], command, environment)
            finally:
                os._exit(127)
        fcntl.ioctl(self.main, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        self.raw = ""
        self.seen = 0
        self.code = None

    @property
    def shown(self):
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]", "", self.raw)
        return text.replace("\r", "")

    def send(self, text):
        os.write(self.main, text.encode())
        return self

    def type(self, text):
        """Sends it once the prompt is there and its keys are the program's: until then Ctrl-C, Ctrl-D and Ctrl-R would be
        the terminal's."""
        deadline = time.monotonic() + 20
        while not self.shown.endswith("> "):
            assert self._read(deadline), f"no prompt came:\n{self.shown}"
        until(lambda: not termios.tcgetattr(self.main)[3] & termios.ICANON, "the program reads keys")
        return self.send(text)

    def line(self, text):
        return self.type(text + "\r")

    def expect(self, pattern, timeout=20):
        """Waits until the pattern appears behind what was expected before; gives the match."""
        deadline = time.monotonic() + timeout
        while True:
            found = re.compile(pattern, re.DOTALL).search(self.shown, self.seen)
            if found:
                self.seen = found.end()
                return found
            if not self._read(deadline):
                raise AssertionError(f"{pattern!r} did not appear; shown since then:\n{self.shown[self.seen:]}")

    def leave(self, text="\x04"):
        """Types it at the next prompt, and waits for the program's end; gives the exit code."""
        self.type(text)
        return self.wait()

    def wait(self, timeout=20):
        deadline = time.monotonic() + timeout
        while self._read(deadline):
            pass
        if time.monotonic() >= deadline:
            self.close()
            raise AssertionError(f"the program did not end:\n{self.shown}")
        _, status = os.waitpid(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def signal(self, number):
        os.kill(self.pid, number)

    def close(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.code = -signal.SIGKILL
        if self.main >= 0:
            os.close(self.main)
        self.main = -1

    def _read(self, deadline):
        if not select.select([self.main], [], [], max(0, deadline - time.monotonic()))[0]:
            return False
        try:
            piece = os.read(self.main, 65536)
        except OSError:
            return False
        self.raw += piece.decode(errors="replace")
        return bool(piece)
