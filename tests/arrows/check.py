#!/usr/bin/python3
"""Who includes whom, against the table in docs/architecture.md; and what else must hold of every source file."""

import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.MULTILINE)
# The one folder that may include a client library's header.
CLIENT_HEADERS = {"libpq-fe.h": "drivers/postgres", "sqlite3.h": "drivers/sqlite", "boost": "net",
                  "yaml-cpp": "kubernetes/client"}
MOST_LINES = 600
SHAPELESS_NAMES = {"util", "utils", "common", "helpers", "manager", "misc"}


def allowed_arrows(text):
    """Folder -> folders it may include, from the rows of the architecture page."""
    arrows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if re.match(r"\| `[\w/]+` \|", line) and len(cells) == 3:
            arrows[cells[0].strip("`")] = set(re.findall(r"`([\w/]+)`", cells[1]))
    return arrows


def findings(repository):
    arrows = allowed_arrows((repository / "docs" / "architecture.md").read_text())
    if not arrows:
        yield "docs/architecture.md: no table of folders found"
    folders = {folder_of(path.relative_to(repository / "src")) for path in repository.glob("src/**/*.*")}
    for folder in sorted(folders - arrows.keys()):
        yield f"src/{folder}: not in the table of docs/architecture.md"
    for path in sorted([*repository.glob("src/**/*.h"), *repository.glob("src/**/*.cc")]):
        yield from source_findings(repository, path, arrows, folders)
    for path in sorted(repository.glob("include/dunlin/**/*.h")):
        for bracket, name in INCLUDE.findall(path.read_text()):
            standard = bracket == "<" and "/" not in name and not name.endswith(".h")
            if not standard and not name.startswith("dunlin/"):
                yield f"{path.relative_to(repository)}: includes {name}; a public header includes nobody else's"
    for path in sorted([*repository.glob("src/**/*"), *repository.glob("include/**/*"), *repository.glob("tests/**/*")]):
        if path.suffix in (".h", ".cc", ".py"):
            lines = path.read_text().count("\n")
            if lines > MOST_LINES:
                yield f"{path.relative_to(repository)}: {lines} lines; cut it in two (at most {MOST_LINES})"
            if path.stem in SHAPELESS_NAMES:
                yield f"{path.relative_to(repository)}: name it by what it does"


def folder_of(place):
    """The one that the table names: `kubernetes` is three."""
    return "/".join(place.parts[:2] if place.parts[0] == "kubernetes" else place.parts[:1])


def source_findings(repository, path, arrows, folders):
    place = path.relative_to(repository / "src")
    folder = folder_of(place)
    for bracket, name in INCLUDE.findall(path.read_text()):
        shown = f"{path.relative_to(repository)}: includes {name}"
        library = name.split("/")[0]
        if library in CLIENT_HEADERS and not place.is_relative_to(CLIENT_HEADERS[library]):
            yield f"{shown}; only src/{CLIENT_HEADERS[library]} may"
        if bracket == "<":
            continue
        target = folder_of(Path(name))
        if target == "dunlin" or target == folder:
            continue
        if target not in folders:
            yield f"{shown}, which is in no folder of src/"
        elif target not in arrows.get(folder, set()):
            yield f"{shown}; {folder} may include only {', '.join(sorted(arrows.get(folder, set()))) or 'nothing'}"


def main():
    found = list(findings(Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY))
    print("\n".join(found) or "arrows: all as drawn")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
