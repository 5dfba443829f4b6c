"""dunlin doctor on an SQLite file."""

import pytest

from support.diagnosis import Diagnosis


@pytest.fixture
def lite(sqlite, migrations):
    migrations.add("0001_notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES notes (id));")
    sqlite("migrate").ok()

    def examine(code=0):
        return Diagnosis(sqlite("doctor", "--json").ok(code).json())

    examine.sqlite = sqlite
    return examine


def test_sqlite_is_well(lite):
    diagnosis = lite()
    assert diagnosis.troubles() == []
    for check in ("writable", "integrity", "foreign-keys", "files", "history"):
        assert diagnosis.one(check, "ok"), check


def test_a_database_in_memory(dunlin, migrations):
    diagnosis = Diagnosis(dunlin("doctor", "--json", url="sqlite::memory:").ok().json())
    assert diagnosis.of("journal-mode") == [] and diagnosis.troubles() == []


def test_sqlite_foreign_keys(lite):
    lite.sqlite.query("PRAGMA foreign_keys = off; INSERT INTO notes VALUES (1, 99)")
    assert "1 row" in lite().one("foreign-keys", "warning")["message"]


def test_a_damaged_sqlite_file(lite):
    lite.sqlite.query("CREATE TABLE filler (t text); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000)"
                      " INSERT INTO filler SELECT hex(randomblob(200)) FROM n; CREATE INDEX filler_t ON filler (t)")
    path = lite.sqlite.path / "app.db"
    with open(path, "r+b") as file:
        file.seek(path.stat().st_size - 40 * 4096)
        file.write(b"\x00" * 4096)
    diagnosis = lite(8)
    finding = diagnosis.one("integrity", "error")
    assert "the file is damaged: " in finding["message"] and "\n" not in finding["message"] and "***" not in finding["message"]
    assert f"sqlite3 {path} .recover" in finding["fix"][0]
    path.rename(path.with_name("my app's.db"))
    url = f"sqlite:{path.with_name('my%20app%27s.db')}"
    finding = Diagnosis(lite.sqlite.dunlin("doctor", "--json", url=url).json()).one("integrity", "error")
    assert "my app'\\''s.db' .recover" in finding["fix"][0]


def test_a_damaged_sqlite_file_that_the_check_cannot_read(lite):
    """quick_check itself gives up over a page that is no page any more."""
    lite.sqlite.query("CREATE TABLE filler (t text); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000)"
                      " INSERT INTO filler SELECT hex(randomblob(200)) FROM n")
    path = lite.sqlite.path / "app.db"
    with open(path, "r+b") as file:
        file.seek(path.stat().st_size // 8192 * 4096)
        file.write(b"\xff" * 4096)
    finding = lite(8).one("integrity", "error")
    assert finding["section"] == "file" and "malformed" in finding["message"] and ".recover" in finding["fix"][0]
