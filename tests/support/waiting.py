"""Waiting for a condition, not for a time."""

import time


def until(condition, what, timeout=30.0, pause=0.02):
    """Polls until `condition()` is true and gives its value; fails the test when it never is."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(pause)
