"""What a program printed, without what differs from run to run."""

import re

CHANGING = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-01-01 00:00"),
    (r"(PostgreSQL|SQLite) \d+(\.\d+)+", r"\1 N"),
    # In a table the column behind it moves along.
    (r"\b\d+(\.\d)? (ms|s)  +(?=\S)", "N ms   "),
    (r"\b\d+(\.\d)? (ms|s)\b", "N ms"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"\bt\d+_\d+\b", "DATABASE"),
    (r"\bpid \d+", "pid PID"),
]


def normalised(text, *paths):
    for path in paths:
        text = text.replace(str(path), "DIRECTORY")
    for pattern, replacement in CHANGING:
        text = re.sub(pattern, replacement, text)
    return text
