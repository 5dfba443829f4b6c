"""A migration of 100 MB runs in 30 MB."""

import pytest

LIMIT_KIB = 30 * 1024
ROW = "x" * 960


@pytest.fixture
def big(migrations):
    migrations.add("0001_big", "CREATE TABLE big (n int, filler text);\n")
    count = 100 * 1024 * 1024 // (len(ROW) + 40)
    with open(migrations.directory / "0002_rows.sql", "w", encoding="utf-8") as file:
        for number in range(count):
            file.write(f"INSERT INTO big VALUES ({number:8}, '{ROW}');\n")
    assert (migrations.directory / "0002_rows.sql").stat().st_size > 95 * 1024 * 1024
    return count


def test_postgres(database, dunlin, big):
    result, _, peak = dunlin.measured("migrate", url=database.url)
    result.ok()
    assert database.value("select count(*) from big") == big
    assert peak < LIMIT_KIB, f"{peak} KiB"


def test_sqlite(sqlite_dir, dunlin, big):
    result, _, peak = dunlin.measured("migrate", url=sqlite_dir.url())
    result.ok()
    assert sqlite_dir.query("select count(*) from big") == [str(big)]
    assert peak < LIMIT_KIB, f"{peak} KiB"


def test_rows_that_a_migration_selects_are_not_kept(database, migrations, dunlin):
    migrations.add("0001_select", "SELECT repeat('x', 100) FROM generate_series(1, 1000000);\n")
    result, _, peak = dunlin.measured("migrate", url=database.url)
    result.ok()
    assert peak < LIMIT_KIB, f"{peak} KiB"


def test_ten_thousand_migrations(database, migrations, dunlin):
    for number in range(1, 10001):
        migrations.add(f"{number:05}_n", f"SELECT {number};\n")
    result, _, peak = dunlin.measured("migrate", "--json", url=database.url)
    assert len(result.ok().json()["applied"]) == 10000
    assert peak < 2 * LIMIT_KIB, f"{peak} KiB"
