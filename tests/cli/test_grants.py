"""[grants]: what the application's users may do with what migrations make. None of the users here is a superuser."""

import json

import pytest

@pytest.fixture
def upgrade(users, dunlin, tmp_path):
    (tmp_path / "dunlin.toml").write_text(f'[grants]\n"{users.app}" = "readwrite"\n{users.reporting} = "read"\n')

    def run(*arguments, **options):
        return dunlin("upgrade", *arguments, url=users.url(users.migrator), **options)

    return run


DML = ["SELECT", "INSERT", "UPDATE", "DELETE"]

EVERYTHING = """
CREATE SCHEMA billing;
CREATE TABLE billing.invoices (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, day date NOT NULL DEFAULT '2026-01-01');
CREATE TABLE notes (id serial PRIMARY KEY, text text);
CREATE TABLE events (day date) PARTITION BY RANGE (day);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE VIEW all_notes AS SELECT * FROM notes;
CREATE MATERIALIZED VIEW many_notes AS SELECT count(*) FROM notes;
CREATE SEQUENCE numbers;
"""
RELATIONS = ["billing.invoices", "notes", "events", "events_2026", "all_notes", "many_notes"]


def check_everything(users):
    for relation in RELATIONS:
        assert users.privileges(users.app, relation) == DML, relation
        assert users.privileges(users.reporting, relation) == ["SELECT"], relation
    assert users.may(users.app, "insert into notes (text) values ('a'); insert into billing.invoices default values;"
                                " insert into events values ('2026-05-05'); select nextval('numbers')")
    assert not users.may(users.reporting, "select nextval('numbers')")
    assert users.may(users.reporting, "select last_value from numbers; select * from billing.invoices")
    assert not users.may(users.app, "create table mine (id int)")
    assert not users.may(users.app, "truncate notes")


def test_everything_that_a_migration_makes(users, upgrade, migrations):
    migrations.add("0001_everything", EVERYTHING)
    upgrade().ok()
    check_everything(users)


def test_in_the_one_transaction_of_a_run(users, upgrade, migrations):
    migrations.add("0001_everything", EVERYTHING)
    migrations.add("0002_more", "CREATE TABLE more (id int);")
    upgrade("--transaction", "all").ok()
    check_everything(users)
    assert users.privileges(users.app, "more") == DML


@pytest.mark.parametrize("content", [
    "-- no-transaction\nCREATE TABLE one (id int);\nCREATE INDEX CONCURRENTLY one_id ON one (id);\nCREATE TABLE two (id int);\n",
    "BEGIN;\nCREATE TABLE one (id int);\nCOMMIT;\nBEGIN;\nCREATE TABLE two (id int);\nCOMMIT;\n",
])
def test_outside_of_one_transaction(users, upgrade, migrations, content):
    migrations.add("0001_one_and_two", content)
    upgrade().ok()
    for relation in ("one", "two"):
        assert users.privileges(users.app, relation) == DML
        assert users.privileges(users.reporting, relation) == ["SELECT"]
    assert users.privileges(users.app, "_sqlx_migrations") == ["SELECT"]
    assert users.privileges(users.app, "dunlin_journal") == ["SELECT"]


def test_dunlins_own_tables_are_only_read(users, upgrade, dunlin, migrations):
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    upgrade().ok()
    for role in (users.app, users.reporting):
        assert users.privileges(role, "_sqlx_migrations") == ["SELECT"]
        for command in (["info"], ["migrate-info"], ["wait", "--timeout", "5s"], ["validate"], ["plan"]):
            dunlin(*command, url=users.url(role)).ok()


def test_a_revoke_in_the_file_has_the_last_word(users, upgrade, migrations):
    migrations.add("0001_audit", "CREATE TABLE audit (id int, at timestamptz);"
                                 f'REVOKE UPDATE, DELETE ON audit FROM "{users.app}";'
                                 f"CREATE SCHEMA hidden; REVOKE USAGE ON SCHEMA hidden FROM {users.reporting};"
                                 "CREATE TABLE hidden.t (id int);")
    upgrade().ok()
    migrations.add("0002_wider", "ALTER TABLE audit ADD COLUMN who text; ALTER TABLE hidden.t ADD COLUMN x int;")
    upgrade().ok()
    assert users.privileges(users.app, "audit") == ["SELECT", "INSERT"]
    assert not users.may(users.reporting, "select * from hidden.t")


def test_what_was_there_before_is_left_alone(users, upgrade, migrations, dunlin, tmp_path):
    grants = (tmp_path / "dunlin.toml").read_text()
    (tmp_path / "dunlin.toml").write_text("")
    migrations.add("0001_private", "CREATE TABLE private (id int);")
    upgrade().ok()
    (tmp_path / "dunlin.toml").write_text(grants)
    migrations.add("0002_public", "ALTER TABLE private ADD COLUMN x int; CREATE TABLE known (id int);")
    upgrade().ok()
    assert users.privileges(users.app, "private") == []
    assert users.privileges(users.app, "known") == DML
    assert users.privileges(users.app, "_sqlx_migrations") == ["SELECT"]


def test_what_another_role_makes(users, upgrade, migrations):
    owner = f"o_{users.database.name}"
    users.database.execute(f'create role {owner}; grant {owner} to "{users.migrator}";'
                           f' grant create on database "{users.database.name}" to {owner}')
    migrations.add("0001_owned", f"SET ROLE {owner}; CREATE SCHEMA owned; CREATE TABLE owned.t (id serial PRIMARY KEY);"
                                 "CREATE TABLE owned.closed (id int);"
                                 f'REVOKE ALL ON owned.closed FROM "{users.app}";')
    migrations.add("0002_after", "CREATE TABLE after (who text DEFAULT current_user);")
    try:
        upgrade().ok()
        assert users.database.value("select tableowner from pg_tables where tablename = 't'") == owner
        assert users.privileges(users.app, "owned.t") == DML
        assert users.may(users.app, "insert into owned.t default values")
        assert users.may(users.reporting, "select * from owned.t")
        assert users.privileges(users.app, "owned.closed") == []
        assert users.database.value("select tableowner from pg_tables where tablename = 'after'") == users.migrator
        migrations.add("0003_in_a_subtransaction",
                       f"SET ROLE {owner}; DO $$ BEGIN BEGIN CREATE TABLE owned.inner (id int);"
                       " EXCEPTION WHEN others THEN RAISE; END; END $$;"
                       "ALTER TABLE owned.closed ADD COLUMN x int;")
        upgrade().ok()
        assert users.privileges(users.app, "owned.inner") == DML
        assert users.privileges(users.app, "owned.closed") == []
    finally:
        users.database.execute(f"drop owned by {owner} cascade")
        users.database.execute(f"drop role {owner}")


def test_what_another_role_makes_and_the_file_revokes_on(users, upgrade, dunlin, migrations):
    """Nobody can tell then what is meant: it is said by name, at once and by the doctor."""
    owner = f"o_{users.database.name}"
    users.database.execute(f'create role {owner}; grant {owner} to "{users.migrator}"; grant create on schema public to {owner}')
    migrations.add("0001_audit", f"SET ROLE {owner}; CREATE TABLE audit (id int);"
                                 f'REVOKE UPDATE, DELETE ON audit FROM "{users.app}"; RESET ROLE;')
    migrations.add("0002_seen", f"SET ROLE {owner}; CREATE TABLE seen (id int); RESET ROLE;")
    try:
        said = upgrade().ok().stderr
        assert f"[grants] give nothing on TABLE public.audit, which belongs to {owner}" in said
        assert "public.seen" not in said and "leaves role behind" not in said
        assert users.privileges(users.app, "seen") == DML
        found = dunlin("doctor", "--json", env={"MIGRATION_DATABASE_URL": users.url(users.migrator),
                                                "DATABASE_URL": users.url(users.app)}).ok().json()["findings"]
        grants = [one for one in found if one["check"] == "grants"]
        assert [one["level"] for one in grants] == ["note"] and f"public.audit of {owner}" in grants[0]["message"]
        for line in grants[0]["fix"]:
            users.database.execute(line.removeprefix("if they should: "))
        assert users.privileges(users.app, "audit") == DML and users.privileges(users.reporting, "audit") == ["SELECT"]
    finally:
        users.database.execute(f"drop owned by {owner} cascade")
        users.database.execute(f"drop role {owner}")


@pytest.mark.parametrize("attempt", range(3))
def test_several_at_once_through_a_transaction_pooler(users, dunlin, migrations, pgbouncer, attempt):
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    env = {"DUNLIN_GRANTS": f"{users.app}=readwrite, {users.reporting}=read"}
    url = pgbouncer.url(users.database.name)
    running = [dunlin.start("upgrade", "--json", env=env, url=url) for _ in range(6)]
    results = [one.end() for one in running]
    assert sum(len(result.ok().json()["applied"]) for result in results) >= 1
    assert users.privileges(users.app, "notes") == DML


def test_a_failed_migration_leaves_nothing(users, upgrade, migrations):
    migrations.add("0001_bad", "CREATE TABLE notes (id int); SELECT 1 / 0;")
    upgrade().ok(1)
    assert users.database.tables() == ["public._sqlx_migrations"]
    migrations.add("0001_bad", "CREATE TABLE notes (id int);")
    upgrade().ok()
    assert users.privileges(users.app, "notes") == DML


def test_with_nothing_pending_nothing_is_written(users, upgrade, migrations):
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    upgrade().ok()
    before = users.database.value("select txid_current()")
    assert upgrade("--json").ok().json()["outcome"] == "nothing"
    assert users.database.value("select txid_current()") == before + 1


def test_a_second_run_grants_nothing_anew(users, upgrade, migrations):
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    upgrade().ok()
    log = users.database.server.log
    end = log.stat().st_size
    migrations.add("0002_more", "CREATE TABLE more (id int);")
    upgrade().ok()
    said = log.read_bytes()[end:].decode()
    assert "CREATE TABLE more" in said and "ALTER DEFAULT PRIVILEGES" not in said


def test_less_access_than_before(users, upgrade, migrations, tmp_path):
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    upgrade().ok()
    (tmp_path / "dunlin.toml").write_text(f'[grants]\n"{users.app}" = "read"\n')
    migrations.add("0002_more", "CREATE TABLE more (id int);")
    upgrade().ok()
    assert users.privileges(users.app, "notes") == DML
    assert users.privileges(users.app, "more") == ["SELECT"]


def test_objects_made_by_hand_afterwards(users, upgrade, migrations):
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    upgrade().ok()
    assert users.may(users.migrator, "create table by_hand (id int)")
    assert users.privileges(users.app, "by_hand") == DML


def test_a_schema_that_the_application_is_not_let_into(users, upgrade, migrations):
    users.database.execute("revoke usage on schema public from public")
    users.database.execute(f'grant usage on schema public to "{users.migrator}"')
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    upgrade().ok()
    assert users.may(users.app, "insert into notes values (1)")


def test_a_schema_that_is_not_the_migration_users_to_open(users, upgrade, migrations):
    users.database.execute(f'alter database "{users.database.name}" owner to postgres;'
                           f' revoke usage on schema public from public; grant all on schema public to "{users.migrator}"')
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    said = upgrade().ok(2).stderr
    assert f'"{users.app}" may not use schema "public"' in said
    assert f'GRANT USAGE ON SCHEMA "public" TO "{users.app}"' in said
    assert users.database.tables() == []


def test_a_role_that_does_not_exist(users, upgrade, dunlin, migrations, tmp_path):
    (tmp_path / "dunlin.toml").write_text(f'[grants]\n"{users.app}" = "readwrite"\n{users.reporting}s = "read"\n')
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    for result in (upgrade().ok(2), upgrade("--dry-run").ok(2), dunlin("plan", url=users.url(users.app)).ok(2)):
        assert f"{users.reporting}s" in result.stderr and "dunlin.toml:3" in result.stderr
        assert f"did you mean {users.reporting}?" in result.stderr
    assert users.database.tables() == []


def test_the_migration_user_is_no_application(users, upgrade, migrations, tmp_path):
    (tmp_path / "dunlin.toml").write_text(f'[grants]\n{users.migrator} = "readwrite"\n')
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    assert "who runs the migrations" in upgrade().ok(2).stderr


@pytest.mark.parametrize("toml, said", [
    ('[grants]\napp = "write"\n', 'dunlin.toml:2'),
    ('[grants]\napp = true\n', 'no table of names and texts'),
    ('grants = ["app"]\n', '"app" is not a role and its access'),
    ('[grants]\npublic = "read"\n', 'PUBLIC is everybody'),
    ('[grant]\napp = "read"\n', 'did you mean grants?'),
])
def test_a_mistake_in_the_file(dunlin, migrations, tmp_path, toml, said):
    (tmp_path / "dunlin.toml").write_text(toml)
    assert said in dunlin("migrate", url="postgres://nobody@127.0.0.1:1/none").ok(2).stderr


def test_by_a_variable(users, dunlin, migrations):
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    dunlin("upgrade", env={"DUNLIN_GRANTS": f"{users.app}=readwrite, {users.reporting}=read"},
           url=users.url(users.migrator)).ok()
    assert users.privileges(users.app, "notes") == DML and users.privileges(users.reporting, "notes") == ["SELECT"]


def test_the_plan_says_it(users, upgrade, dunlin, migrations):
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    said = f"{users.app} may read and write what is made, {users.reporting} may read it"
    assert said in upgrade("--dry-run").ok().stdout
    assert said in dunlin("plan", url=users.url(users.app)).ok().stdout
    grants = dunlin("plan", "--json", url=users.url(users.app)).ok().json()["grants"]
    assert sorted(grants, key=json.dumps) == [{"role": users.app, "access": "readwrite"},
                                              {"role": users.reporting, "access": "read"}]


def test_the_plan_as_a_script(users, dunlin, upgrade, migrations):
    migrations.add("0001_everything", EVERYTHING)
    script = dunlin("plan", "--sql", url=users.url(users.migrator)).ok().stdout
    code, said = users.database.psql(f'set role "{users.migrator}";' "\n" + script.replace("RESET ROLE", f'set role "{users.migrator}"'))
    assert code == 0, said
    check_everything(users)
    assert users.privileges(users.app, "_sqlx_migrations") == ["SELECT"]
    assert upgrade("--json").ok().json()["outcome"] == "nothing"


def test_sqlite_has_no_users(sqlite, migrations, tmp_path):
    (tmp_path / "dunlin.toml").write_text('[grants]\napp = "readwrite"\n')
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    sqlite("upgrade").ok()


def test_a_baseline_too(users, upgrade, dunlin, migrations):
    migrations.add("0001_notes", "CREATE TABLE notes (id int);")
    dunlin("baseline", "--version", "1", "--yes", url=users.url(users.migrator)).ok()
    assert users.privileges(users.app, "_sqlx_migrations") == ["SELECT"]
