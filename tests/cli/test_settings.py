"""Where settings come from, as the program itself sees them."""

import pytest


def setting(dunlin, key, *arguments, **options):
    settings = dunlin("config", "--json", *arguments, **options).ok().json()["settings"]
    found, = [one for one in settings if one["key"] == key]
    return found["value"], found["source"]


def test_each_place_beats_the_ones_below_it(dunlin, tmp_path):
    assert setting(dunlin, "lock_wait") == ("15min", "default")
    (tmp_path / "dunlin.toml").write_text('\nlock_wait = "1min"\n')
    assert setting(dunlin, "lock_wait") == ("1min", "dunlin.toml:2")
    (tmp_path / ".env").write_text("DUNLIN_LOCK_WAIT=2min\n")
    assert setting(dunlin, "lock_wait") == ("2min", "DUNLIN_LOCK_WAIT in .env:1")
    environment = {"DUNLIN_LOCK_WAIT": "3min"}
    assert setting(dunlin, "lock_wait", env=environment) == ("3min", "DUNLIN_LOCK_WAIT")


def test_a_flag_beats_everything(dunlin, tmp_path):
    (tmp_path / ".env").write_text("DUNLIN_DIR=a\n")
    assert setting(dunlin, "dir", "--dir", "b", env={"DUNLIN_DIR": "c"}) == ("b", "--dir")


def test_which_variable_named_the_database(dunlin):
    environment = {"DATABASE_URL": "postgres://db/a", "MIGRATION_DATABASE_URL": "postgres://db/m"}
    assert setting(dunlin, "url", env=environment) == ("postgres://db/m", "MIGRATION_DATABASE_URL")
    assert setting(dunlin, "url (reading)", env=environment) == ("postgres://db/a", "DATABASE_URL")


def test_a_secret_in_a_file(dunlin, tmp_path):
    (tmp_path / "secret").write_text("postgres://me:hunter2hunter2@db/app\n")
    value, source = setting(dunlin, "url", env={"DATABASE_URL_FILE": str(tmp_path / "secret")})
    assert (value, source) == ("postgres://me:***@db/app", "DATABASE_URL_FILE")


def test_parts_become_a_url(dunlin):
    parts = {"DB__DRIVER": "postgresql", "DB__HOST": "db", "DB__PORT": "5433", "DB__NAME": "app", "DB__USER": "me",
             "DB__PASSWORD": "p@ss/word", "DB__SSLMODE": "require"}
    assert setting(dunlin, "url", env=parts) == ("postgres://me:***@db:5433/app?sslmode=require", "DB__*")


def test_rust_log_is_the_log_level(dunlin):
    assert setting(dunlin, "log_level", env={"RUST_LOG": "everruns=debug,warn"}) == ("warning", "RUST_LOG")
    assert "names no log level" in dunlin("config", env={"RUST_LOG": "loud"}).ok().stderr


def test_another_config_file(dunlin, tmp_path):
    (tmp_path / "other.toml").write_text('dir = "elsewhere"\n')
    assert setting(dunlin, "dir", "--config", "other.toml") == ("elsewhere", "other.toml:1")
    assert setting(dunlin, "dir", env={"DUNLIN_CONFIG": "other.toml"}) == ("elsewhere", "other.toml:1")
    assert "does not exist" in dunlin("config", "--config", "none.toml").ok(2).stderr


@pytest.mark.parametrize("text, place, message, hint", [
    ('lock_wiat = "1min"\n', "dunlin.toml:1:1", 'no setting is called "lock_wiat"', "lock_wait"),
    ('dir = "x"\nlock_wait = "soon"\n', "dunlin.toml:2", 'lock_wait: "soon"', ""),
    ('dir = [1]\n', "dunlin.toml:1", "neither text", ""),
    ('dir = "x\n', "dunlin.toml:1", "not valid TOML", ""),
    ('json = true\n', "dunlin.toml:1:1", "cannot be set in a file", "--json"),
])
def test_a_wrong_config_file_is_pointed_into(dunlin, tmp_path, text, place, message, hint):
    (tmp_path / "dunlin.toml").write_text(text)
    result = dunlin("config").ok(2)
    assert place in result.stderr and message in result.stderr and hint in result.stderr


def test_an_unknown_variable_is_an_error_but_kubernetes_own_are_not(dunlin):
    unknown = dunlin("config", env={"DUNLIN_LOCKWAIT": "1s"}).ok(2)
    assert "DUNLIN_LOCKWAIT is not a variable that dunlin knows" in unknown.stderr
    assert "DUNLIN_LOCK_WAIT" in unknown.stderr
    dunlin("config", env={"DUNLIN_PORT": "tcp://10.0.0.1:80", "DUNLIN_SERVICE_HOST": "10.0.0.1",
                          "DUNLIN_PORT_80_TCP_ADDR": "10.0.0.1", "DUNLIN_OPERATOR_SERVICE_PORT_HTTP": "80"}).ok()


def test_a_secret_that_did_not_arrive_leads_to_no_other_database(dunlin, tmp_path, migrations):
    (tmp_path / "dunlin.toml").write_text('url = "sqlite:made-up.db"\n')
    migrations.tables(1)
    result = dunlin("migrate", env={"DATABASE_URL": ""}).ok(2)
    assert "DATABASE_URL is set but empty" in result.stderr
    assert "DATABASE_URL_FILE names /nonexistent/url" in dunlin("migrate", env={"DATABASE_URL_FILE": "/nonexistent/url"}).ok(2).stderr
    assert not (tmp_path / "made-up.db").exists()


def test_a_line_of_env_that_is_none_is_warned_about(dunlin, tmp_path):
    (tmp_path / ".env").write_text("DUNLIN_DIR=a\nnot a line\n")
    result = dunlin("config").ok()
    assert ".env:2" in result.stderr
