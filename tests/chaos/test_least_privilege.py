"""Database users who may do little."""

import pytest

ROLES = "create role {0} login; grant connect on database \"{1}\" to {0}"


@pytest.fixture
def reader(scene):
    """May connect and read; may create nothing anywhere."""
    name = f"reader_{scene.database.name}"
    scene.database.execute("revoke create on schema public from public")
    scene.database.execute(ROLES.format(name, scene.database.name))
    yield scene.database.server.url(scene.database.name, name)
    scene.database.execute(f"drop owned by {name}; drop role {name}")


@pytest.mark.parametrize("applied", [False, True])
def test_who_may_only_read_can_look(scene, reader, applied):
    scene.migrations.tables(3)
    if applied:
        scene.migrate("--steps", "2").ok()
        scene.database.execute("grant select on _sqlx_migrations to public")
    before = scene.database.dump()
    for command in (["info"], ["info", "--json"], ["migrate-info"], ["validate"], ["plan"], ["migrate", "--dry-run"],
                    ["wait", "--for", "reachable", "--timeout", "5s"]):
        scene.dunlin(*command, url=reader).ok()
    assert scene.dunlin("info", "--exit-code", url=reader).code == 3
    assert scene.database.dump() == before


def test_who_may_only_read_cannot_migrate_and_is_told_why(scene, reader):
    scene.migrations.tables(1)
    result = scene.migrate(url=reader)
    assert result.code == 3, result.output
    assert 'may not make tables in schema "public", and "postgres" may' in result.output
    assert scene.database.tables() == []


def test_a_plain_owner_of_a_schema_can_do_everything(scene):
    """No superuser, no CREATE on the database, none on public: a schema of its own is enough."""
    name = f"owner_{scene.database.name}"
    scene.database.execute(ROLES.format(name, scene.database.name))
    scene.database.execute(f"create schema app authorization {name}; alter role {name} set search_path = app")
    url = scene.database.server.url(scene.database.name, name)
    scene.migrations.tables(2)
    scene.migrations.add("0003_index", "-- no-transaction\nCREATE INDEX CONCURRENTLY t1_id ON t1 (id);\n")
    scene.migrate(url=url).ok()
    assert scene.database.query("select version from app._sqlx_migrations order by 1") == [(1,), (2,), (3,)]
    assert scene.migrate("--json", url=url).ok().json()["outcome"] == "nothing"
    scene.database.execute(f"drop owned by {name} cascade; drop role {name}")
