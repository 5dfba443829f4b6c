"""A Debian source package, from where this machine's own packages come, without touching apt's settings or lists."""

import re
from pathlib import Path

SUITE = "bookworm"
ETC = Path("/etc/apt")
# Where apt keeps the keys of an entry that names none.
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class SourceError(RuntimeError):
    pass


def download(package, folder, command):
    """Its archive as its authors made it, checked against Debian's signatures. `command` runs a program to its end."""
    entry, suffix = source_entry(ETC)
    sources = folder / f"apt.{suffix}"
    sources.write_text(entry)
    for name in ("lists/partial", "cache"):
        (folder / name).mkdir(parents=True)
    options = {"Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": "-", "Dir::State::Lists": folder / "lists",
               "Dir::Cache": folder / "cache", "APT::Sandbox::User": "root", "Acquire::Retries": "3"}
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    command("apt-get", "-q", *words, "-o", "APT::Update::Error-Mode=any", "update", cwd=folder)
    command("apt-get", "-q", *words, "source", "--tar-only", package, cwd=folder)


def source_entry(etc):
    """(text, file suffix): this machine's entry for Debian's packages, turned into one for their sources."""
    for file in sorted(etc.glob("sources.list.d/*.sources")):
        for paragraph in re.split(r"\n[ \t]*\n", file.read_text()):
            fields = _fields(paragraph)
            if all(word in fields.get(name, "").split() for name, word in (("types", "deb"), ("suites", SUITE),
                                                                            ("components", "main"))):
                fields.update(types="deb-src", suites=SUITE, components="main")
                fields.setdefault("signed-by", KEYRING)
                return "".join(f"{name}: {value}\n" for name, value in fields.items()), "sources"
    for file in [etc / "sources.list", *sorted(etc.glob("sources.list.d/*.list"))]:
        for line in file.read_text().splitlines() if file.exists() else ():
            found = re.match(rf"deb\s+(\[[^\]]*\]\s+)?(\S+)\s+{SUITE}\s+(.*\s)?main\b", line)
            if found:
                return f"deb-src {found[1] or f'[signed-by={KEYRING}] '}{found[2]} {SUITE} main\n", "list"
    raise SourceError(f"no entry for Debian {SUITE}, main, in {etc}/sources.list or {etc}/sources.list.d")


def _fields(paragraph):
    """Names in small letters. Comments are gone; a value keeps its further lines (a key may stand there)."""
    fields, name = {}, None
    for line in paragraph.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in (" ", "\t") and name:
            fields[name] += "\n" + line
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields
