"""`dunlin serve`, `dunlin healthcheck`, and the metrics that runs leave."""

import contextlib
import fcntl
import os
import re
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from support import account
from support.postgres import PASSWORD, PASSWORD_USER, Postgres
from support.program import Dunlin
from support.proxy import Proxy
from support.service import Service
from support.waiting import until

ENDPOINTS = ["/health", "/ready", "/metrics", "/api/v1/health/check_up", "/api/v1/migrations"]


@pytest.fixture
def serve(dunlin, database):
    def start(*arguments, url=database.url, **options):
        return Service(dunlin, *arguments, url=url, **options)
    return start


@pytest.fixture
def three(migrations):
    return migrations.tables(3)


@pytest.fixture
def applied(dunlin, database, three):
    dunlin("migrate", url=database.url).ok()


def promtool(text):
    """Empty when Prometheus' own tool finds nothing wrong with it."""
    result = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    return result.stdout + result.stderr + ("" if result.returncode == 0 else f"exit {result.returncode}")


def samples(text):
    return dict(re.findall(r"^(dunlin\S+) (\S+)$", text, re.MULTILINE))


def test_everything_is_well(serve, applied, database):
    service = serve()
    answer = service.get("/api/v1/health/check_up")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    document = answer.json()
    assert document["status"] == "ok" and re.fullmatch(r"\d+\.\d+\.\d+", document["version"])
    latency = document["checks"]["database"].pop("latency_ms")
    assert 0 <= latency < 5000
    assert document["checks"] == {
        "database": {"status": "ok"},
        "schema": {"status": "ok", "current": "3", "newest_file": "3", "pending": 0, "ahead": 0, "failed": 0},
        "replication": {"status": "ok", "role": "primary", "standbys": 0, "lag_ms": None}}
    assert service.get("/ready").json() == {"status": "ready"}
    assert service.get("/health").json()["status"] == "ok"
    assert all(path in service.get("/").body for path in ENDPOINTS)
    assert service.get("/nothing").status == 404


def test_pending_files_degrade_it_and_it_is_not_ready(serve, three, dunlin, database):
    dunlin("migrate", "--steps", "1", url=database.url).ok()
    service = serve()
    answer = service.get("/api/v1/health/check_up")
    assert answer.status == 200 and answer.json()["status"] == "degraded"
    schema = answer.json()["checks"]["schema"]
    assert (schema["current"], schema["newest_file"], schema["pending"]) == ("1", "3", 2)
    assert service.get("/ready").status == 503 and not service.probe("/ready")
    dunlin("migrate", url=database.url).ok()
    until(lambda: service.probe("/ready"), "it is ready once everything is applied")
    assert service.get("/api/v1/health/check_up").json()["status"] == "ok"


def test_migrations_is_the_document_of_info(serve, applied, dunlin, database):
    assert serve().get("/api/v1/migrations").json() == dunlin("info", "--json", url=database.url).ok().json()


def test_what_another_version_does_never_takes_a_pod_out_of_rotation(serve, applied, dunlin, database, migrations):
    service, strict = serve(), serve("--ready-strict")
    migrations.add("0004_newer", "SELECT 1/0;\n")
    dunlin("migrate", url=database.url).ok(1)
    # What sqlx itself leaves of a failed migration without a transaction.
    database.execute("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)"
                     " VALUES (4, 'newer', false, '', -1)")
    until(lambda: not strict.probe("/ready"), "strictly it is not ready")
    assert service.get("/ready").status == 200
    assert "failed" in strict.get("/ready").json()["why"]
    newest = service.get("/api/v1/health/check_up").json()["checks"]["schema"]
    assert newest["failed"] == 1 and newest["status"] == "degraded"


def test_a_run_of_another_version_shows_and_does_not_matter(serve, applied, dunlin, database, migrations):
    service, strict = serve(), serve("--ready-strict")
    migrations.add("0004_long", "SELECT pg_sleep(60);\n")
    running = dunlin.start("migrate", url=database.url)
    label = f'{{database="{database.name}"}}'
    until(lambda: samples(service.get("/metrics").body)["dunlin_run_in_progress" + label] == "1", "the run is seen")
    assert service.get("/ready").status == 200
    until(lambda: not strict.probe("/ready"), "strictly it is not ready")
    running.terminate()
    running.end()


def test_a_database_that_goes_away_and_comes_back(dunlin, three):
    with Postgres(fast=True) as server:
        database = server.database()
        dunlin("migrate", url=database.url).ok()
        service = Service(dunlin, url=database.url)
        assert service.get("/ready").status == 200
        server.stop()
        down = until(lambda: (a := service.get("/api/v1/health/check_up")).status == 503 and a, "down is seen")
        document = down.json()
        assert document["status"] == document["checks"]["database"]["status"] == "down"
        assert document["checks"]["database"]["latency_ms"] is None and document["checks"]["database"]["error"]
        assert service.get("/ready").status == 200  # what was applied stays applied
        assert service.get("/health").status == 200
        assert service.get("/api/v1/migrations").status == 503
        metrics = service.get("/metrics")
        assert metrics.status == 200 and samples(metrics.body)[f'dunlin_database_up{{database="{database.name}"}}'] == "0"
        server.start()
        until(lambda: service.get("/api/v1/health/check_up").status == 200, "it is well again")
        log = service.log.read_text()
        assert "warning down: " in log and "all is well again" in log


@pytest.mark.parametrize("hang", ["stopped", "silence"])
def test_a_database_that_hangs_takes_nobody_out(dunlin, three, hang):
    with Postgres(fast=True) as server, Proxy(server.port) as proxy:
        database = server.database()
        dunlin("migrate", url=database.url).ok()
        service = Service(dunlin, url=proxy.url(database.url))
        assert service.get("/ready").status == 200
        with server.stopped() if hang == "stopped" else proxy.silence(), ThreadPoolExecutor() as pool:
            down = pool.submit(until, lambda: (a := service.get("/api/v1/health/check_up")).status == 503 and a, "down is seen")
            while not down.done():
                # Less than the five seconds that a look may take.
                assert service.get("/ready", timeout=4).status == 200
                assert service.get("/health", timeout=4).status == 200
            assert "did not answer within 5" in down.result().json()["checks"]["database"]["error"]
        until(lambda: service.get("/api/v1/health/check_up").status == 200, "it is well again")


def test_strictly_a_database_that_hangs_is_not_ready(dunlin, three):
    with Postgres(fast=True) as server:
        database = server.database()
        dunlin("migrate", url=database.url).ok()
        service = Service(dunlin, "--ready-strict", url=database.url)
        assert service.get("/ready").status == 200
        with server.stopped():
            until(lambda: service.get("/ready", timeout=4).status == 503, "it is not ready")
        until(lambda: service.get("/ready").status == 200, "it is ready again")


def test_it_ends_soon_while_the_database_hangs_and_tells_who_has_asked(dunlin, three):
    with Postgres(fast=True) as server:
        database = server.database()
        service = Service(dunlin, url=database.url)
        with server.stopped(), ask(service, "/api/v1/health/check_up") as client:
            began = time.monotonic()
            assert service.stop().code == 0
            seconds = time.monotonic() - began
            answer = everything(client)
            assert answer.startswith(b"HTTP/1.1 503 ") and b"no answer before dunlin serve was stopped" in answer
            assert seconds < 4  # one, and what a busy machine takes


def test_requests_that_have_come_are_answered_at_the_end(serve, applied):
    service = serve()
    with contextlib.ExitStack() as stack:
        half = stack.enter_context(ask(service, "/health", ending=b"Host: x\r\n"))
        whole = [stack.enter_context(ask(service, path)) for path in ["/health", "/ready", "/metrics"] * 10]
        service.running.terminate()
        half.sendall(b"\r\n")
        answers = [everything(client) for client in [half, *whole]]
        assert [answer[:16] for answer in answers] == [b"HTTP/1.1 200 OK\r"] * 31
        assert service.running.end(10).code == 0


def ask(service, path, ending=b"Host: x\r\n\r\n"):
    """A connection on which the request, or as much of it, is under way."""
    client = socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2])), timeout=20)
    client.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\n" + ending)
    return client


def everything(client):
    return b"".join(iter(lambda: client.recv(10_000), b""))


def test_not_ready_before_the_database_was_ever_seen(dunlin, three):
    service = Service(dunlin, url="postgres://nobody@127.0.0.1:1/none")
    assert service.get("/ready").status == 503 and service.get("/health").status == 200
    assert service.get("/api/v1/health/check_up").status == 503


def test_a_silent_database_keeps_nobody_waiting_for_long(dunlin, three):
    """A server that takes the connection and never says a word; the process itself answers meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        service = Service(dunlin, url=f"postgres://nobody@127.0.0.1:{silent.getsockname()[1]}/none")
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(service.get, "/api/v1/health/check_up")
            assert service.probe("/health")
            answer = waiting.result()
        assert answer.status == 503
        assert "did not answer within 5" in answer.json()["checks"]["database"]["error"]
        assert service.stop().code == 0


def test_many_ask_and_one_looks(dunlin, three):
    with Postgres(fast=True, settings={"log_statement": "all"}) as server:
        database = server.database()
        dunlin("migrate", url=database.url).ok()
        service = Service(dunlin, url=database.url)
        looks_before = server.log.read_text().count("SELECT 1\n")
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda _: service.get("/api/v1/health/check_up"), range(200)))
        assert {answer.status for answer in answers} == {200}
        looks = server.log.read_text().count("SELECT 1\n") - looks_before
        assert 1 <= looks <= 5  # 200 questions; one look every two seconds
        assert database.value("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dunlin%'"
                              " AND datname = current_database()") == 1


def test_it_never_writes_and_a_reader_is_enough(serve, dunlin, database, postgres, three):
    url = postgres.url(database.name, user=PASSWORD_USER, password=PASSWORD)
    service = serve(url=url)
    assert service.get("/ready").status == 503  # there is no history yet, and it makes none
    assert database.tables() == []
    dunlin("migrate", url=database.url).ok()
    database.execute("GRANT SELECT ON _sqlx_migrations TO app")
    until(lambda: service.probe("/ready"), "a reader sees that it is ready")


class Answering(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(500 if self.path == "/broken" else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_named_checks(serve, applied, dunlin, web):
    (dunlin.directory / "dunlin.toml").write_text(
        f'[checks]\nsearch = "http://{web}/well"\nqueue = "tcp://{web}"\nold = "http://{web}/broken"\ngone = "tcp://127.0.0.1:1"\n')
    answer = serve().get("/api/v1/health/check_up")
    checks = answer.json()["checks"]
    assert {name: checks[name]["status"] for name in ["search", "queue", "old", "gone"]} == {
        "search": "ok", "queue": "ok", "old": "down", "gone": "down"}
    assert checks["old"]["error"] == "it answers 500" and "refused" in checks["gone"]["error"]
    assert answer.status == 200 and answer.json()["status"] == "degraded"


@pytest.mark.parametrize("line, says", [
    ('redis = "redis:6379"', '"redis:6379" is no URL'),
    ('schema = "tcp://a:1"', 'cannot be called "schema"'),
    ("redis = 6379", 'the value of "checks" is no table of names and texts'),
])
def test_bad_checks(dunlin, three, line, says):
    (dunlin.directory / "dunlin.toml").write_text(f"[checks]\n{line}\n")
    assert says in dunlin("serve", url="sqlite:x.db").ok(2).stderr


def test_other_machines_see_status_words_without_a_token(serve, applied, dunlin):
    service = serve(listen="0.0.0.0:0")
    document = service.get("/api/v1/health/check_up").json()
    assert document == {"status": "ok", "checks": {name: {"status": "ok"} for name in ["database", "schema", "replication"]}}
    assert service.get("/api/v1/migrations").status == 403 and service.get("/health").json() == {"status": "ok"}
    assert service.get("/ready").json() == {"status": "ready"} and service.get("/metrics").status == 200
    assert "dunlin_build_info" not in service.get("/metrics").body

    token = dunlin.directory / "token"
    token.write_text("open-sesame\n")
    guarded = serve("--token-file", token, listen="0.0.0.0:0")
    assert guarded.get("/api/v1/migrations").status == 401
    for wrong in ["Bearer open-sesam", "Bearer open-sesame2", "Bearer ", "Basic open-sesame", "open-sesame"]:
        assert guarded.get("/api/v1/migrations", headers={"Authorization": wrong}).status == 401
    right = {"Authorization": "Bearer open-sesame"}
    assert guarded.get("/api/v1/migrations", headers=right).status == 200
    assert "version" in guarded.get("/health", headers=right).json()
    token.write_text("changed\n")
    assert guarded.get("/api/v1/migrations", headers=right).status == 401


def test_what_a_user_may_not_see_is_left_out_and_does_not_matter(dunlin, postgres, database, three):
    dunlin("migrate", url=database.url).ok()
    database.execute("GRANT SELECT ON _sqlx_migrations TO app; REVOKE EXECUTE ON FUNCTION pg_stat_get_wal_senders() FROM PUBLIC")
    service = Service(dunlin, url=postgres.url(database.name, user=PASSWORD_USER, password=PASSWORD))
    assert service.get("/ready").status == 200
    document = service.get("/api/v1/health/check_up").json()
    assert document["status"] == "ok" and "replication" not in document["checks"]


def test_a_locked_history_takes_nobody_out(serve, applied, database):
    service = serve()
    assert service.get("/ready").status == 200
    holder = database.connect()
    holder.autocommit = False
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE _sqlx_migrations")
        until(lambda: service.get("/api/v1/health/check_up").json()["checks"]["schema"]["status"] == "down", "the lock is felt")
        assert "_sqlx_migrations is locked by another session: " in service.get("/api/v1/health/check_up").body
        assert service.get("/ready").status == 200
    holder.close()


def test_a_replaced_file_is_seen(dunlin, three, sqlite_dir):
    dunlin("create", url=sqlite_dir.url()).ok()
    dunlin("migrate", url=sqlite_dir.url()).ok()
    service = Service(dunlin, url=sqlite_dir.url())
    assert service.get("/ready").status == 200
    dunlin("create", url=sqlite_dir.url("empty.db")).ok()
    (sqlite_dir.path / "empty.db").rename(sqlite_dir.path / "app.db")
    until(lambda: service.get("/ready").status == 503, "the other file is looked at")


def test_a_service_that_cannot_start_threads_still_answers(dunlin, three, database):
    """The limit of processes binds no root: it runs as an account of its own, which reads what root does."""
    (dunlin.directory / "dunlin.toml").write_text('[checks]\na = "tcp://127.0.0.1:1"\nb = "tcp://127.0.0.1:1"\n')
    account_number = "54321"
    other = dunlin.directory / "other"
    other.write_text('#!/bin/sh\n[ -z "$MOST_TASKS" ] || ulimit -u "$MOST_TASKS"\n'
                     f"exec setpriv --reuid {account_number} --regid {account_number} --clear-groups"
                     f' --inh-caps +dac_override --ambient-caps +dac_override {dunlin.program} "$@"\n')
    other.chmod(0o755)
    service = Service(Dunlin(dunlin.directory, other), url=database.url)
    at_rest = len(os.listdir(f"/proc/{service.running.pid}/task"))
    service.stop()
    service = Service(Dunlin(dunlin.directory, other), url=database.url, env={"MOST_TASKS": str(at_rest)})
    try:
        check_up = service.get("/api/v1/health/check_up")
        assert check_up.status == 200 and "refused" in check_up.json()["checks"]["a"]["error"]
        assert service.get("/health").status == 200
    finally:
        service.stop()


def test_no_token_in_the_file(dunlin, three):
    assert "there is no token in nothing-here" in dunlin("serve", "--token-file", "nothing-here", url="sqlite:x.db").ok(2).stderr


def test_no_password_is_ever_shown(dunlin, postgres, database, three):
    service = Service(dunlin, url=postgres.url(database.name, user=PASSWORD_USER, password="wrong-pass-word"))
    said = "".join(service.get(path).body for path in ENDPOINTS) + service.stop().output + service.log.read_text()
    assert "wrong-pass-word" not in said
    assert "the password of user" in said


def test_methods_and_malformed_requests(serve, applied):
    service = serve()
    head = service.get("/health", method="HEAD")
    assert head.status == 200 and head.body == "" and int(head.headers["Content-Length"]) > 0
    refused = service.get("/health", method="DELETE")
    assert refused.status == 405 and refused.headers["Allow"] == "GET, HEAD"
    port = int(service.url.rpartition(":")[2])
    for request in [b"\x16\x03\x01\x00\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", b"GET\r\n\r\n"]:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            try:
                connection.sendall(request)
                assert connection.recv(1000)[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 431")
            except ConnectionError:
                pass
    assert service.probe("/health")


def test_connections_are_kept_and_an_idle_one_does_not_delay_the_end(serve, applied):
    service = serve()
    port = int(service.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(4000).startswith(b"HTTP/1.1 200 OK")
        assert service.stop().code == 0


def test_two_cannot_listen_on_one_address(serve, applied, dunlin, database):
    service = serve()
    address = service.url.removeprefix("http://")
    result = dunlin("serve", "--listen", address, url=database.url).ok(2)
    assert f"cannot listen on {address}" in result.stderr and "give another port" in result.stderr


@pytest.mark.parametrize("address", ["8080", "localhost:http", "::1:8080", "127.0.0.1:99999", ""])
def test_an_address_that_is_none(dunlin, three, address):
    result = dunlin("serve", "--listen", address, url="sqlite:x.db").ok(2)
    assert "is no address to listen on" in result.stderr and "127.0.0.1:8080" in result.stderr


def test_metrics_satisfy_promtool(serve, dunlin, database, three, web):
    file = dunlin.directory / "dunlin.prom"
    dunlin("migrate", "--steps", "2", "--metrics-file", file, url=database.url).ok()
    (dunlin.directory / "dunlin.toml").write_text(f'metrics_file = "dunlin.prom"\n[checks]\nsearch = "http://{web}/"\n')
    answer = serve().get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert promtool(answer.body) == ""
    values = samples(answer.body)
    name = f'database="{database.name}"'
    assert values[f'dunlin_migrations{{{name},state="applied"}}'] == "2"
    assert values[f"dunlin_pending_migrations{{{name}}}"] == "1"
    assert values[f"dunlin_migration_duration_seconds_count{{{name}}}"] == "2"
    assert values[f'dunlin_runs_total{{{name},outcome="applied"}}'] == "1"
    assert values['dunlin_check_up{check="search"}'] == "1"
    assert float(values[f"dunlin_last_success_timestamp_seconds{{{name}}}"]) > 1_700_000_000


def test_the_metrics_file_counts_on(dunlin, database, three, migrations):
    file = dunlin.directory / "dunlin.prom"
    run = lambda code=0: dunlin("migrate", "--metrics-file", file, url=database.url).ok(code)  # noqa: E731
    run(), run()
    migrations.add("0004_broken", "SELECT 1/0;\n")
    run(1)
    assert promtool(file.read_text()) == ""
    values = samples(file.read_text())
    name = f'database="{database.name}"'
    runs = {outcome: values[f'dunlin_runs_total{{{name},outcome="{outcome}"}}'] for outcome in ["applied", "nothing", "failed"]}
    assert runs == {"applied": "1", "nothing": "1", "failed": "1"}
    assert values[f"dunlin_run_migrations_total{{{name}}}"] == "3"
    assert values[f"dunlin_last_run_success{{{name}}}"] == "0"
    assert float(values[f"dunlin_last_success_timestamp_seconds{{{name}}}"]) < float(
        values[f"dunlin_last_run_timestamp_seconds{{{name}}}"])


def test_waiting_for_another_runner_is_measured(dunlin, database, three, migrations):
    dunlin("migrate", url=database.url).ok()
    migrations.add("0004_long", "SELECT pg_sleep(60);\n")
    holder = dunlin.start("migrate", url=database.url)
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%pg_sleep%%' AND datname = current_database()"
    until(lambda: database.value(sleeping + " AND pid <> pg_backend_pid()"), "the first runner is at work")
    file, log = dunlin.directory / "dunlin.prom", dunlin.directory / "waiting.log"
    waiting = dunlin.start("migrate", "--steps", "1", "--metrics-file", file, "--log-file", log, url=database.url)
    until(lambda: log.exists() and "another runner" in log.read_text(), "the second one waits")
    holder.terminate()
    holder.end()
    waiting.terminate()
    waiting.end()
    values = samples(file.read_text())
    name = f'database="{database.name}"'
    assert float(values[f"dunlin_run_lock_wait_seconds_total{{{name}}}"]) > 0
    assert values[f'dunlin_runs_total{{{name},outcome="interrupted"}}'] == "1"


def test_a_held_lock_ends_no_run(dunlin, database, three):
    file = dunlin.directory / "dunlin.prom"
    dunlin("migrate", "--metrics-file", file, url=database.url).ok()
    with open(f"{file}.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "the metrics of this run are lost" in dunlin("migrate", "--metrics-file", file, url=database.url).ok().stderr


def test_somebody_elses_file_is_left_alone(dunlin, database, three):
    file = dunlin.directory / "node.prom"
    file.write_text("node_load1 0.5\n")
    result = dunlin("migrate", "--metrics-file", file, url=database.url).ok()
    assert "the metrics of this run are lost" in result.stderr and "node_load1" in result.stderr
    assert file.read_text() == "node_load1 0.5\n"


def test_runs_push_to_a_gateway(dunlin, postgres, three):
    database = postgres.database("odd 'name/äö")
    process, port = account.start_listening(lambda port: ["prometheus-pushgateway", f"--web.listen-address=127.0.0.1:{port}"],
                                            postgres.directory / "gateway.log")
    gateway = f"127.0.0.1:{port}"
    try:
        dunlin("migrate", "--push-metrics", f"http://{gateway}", url=database.url).ok()
        text = fetch(gateway, "/metrics")
        ours = "".join(line + "\n" for line in text.splitlines()
                       if line.removeprefix("# HELP ").removeprefix("# TYPE ").startswith("dunlin"))
        assert promtool(ours) == ""
        assert 'outcome="applied"' in ours and 'job="dunlin"' in ours and "odd 'name/äö" in ours
        dunlin("migrate", "--push-metrics", f"http://{gateway}", url=database.url).ok()
        text = fetch(gateway, "/metrics")
        assert 'outcome="nothing"' in text and 'outcome="applied"' not in text
        last = [line for line in text.splitlines() if line.startswith("dunlin_last_success_timestamp_seconds{")]
        three.add("0009_wrong", "CREATE TABEL wrong;")
        dunlin("migrate", "--push-metrics", f"http://{gateway}", url=database.url).ok(1)
        text = fetch(gateway, "/metrics")
        assert 'outcome="failed"' in text and "dunlin_last_run_success{" in text
        assert [line for line in text.splitlines() if line.startswith("dunlin_last_success_timestamp_seconds{")] == last
    finally:
        account.stop(process)
        postgres.drop_database(database.name)


def fetch(address, path):
    import urllib.request
    with urllib.request.urlopen(f"http://{address}{path}") as answer:
        return answer.read().decode()


def test_a_gateway_that_is_not_there_fails_nothing(dunlin, database, three):
    result = dunlin("migrate", "--push-metrics", "http://user:pass-word@127.0.0.1:1", url=database.url).ok()
    assert "the metrics of this run are lost: 127.0.0.1:1: Connection refused" in result.stderr
    assert "pass-word" not in result.output


def test_healthcheck(serve, applied, dunlin, web):
    service = serve()
    assert "healthy" in dunlin("healthcheck", service.url + "/ready").ok().stdout
    assert "healthy" in dunlin("healthcheck", env={"DUNLIN_LISTEN": service.url.removeprefix("http://")}).ok().stdout
    beside = {"DUNLIN_LISTEN": service.url.removeprefix("http://")}
    assert "/ready answers 200" in dunlin("healthcheck", "/ready", env=beside).ok().stdout
    assert "/nothing answers 404" in dunlin("healthcheck", "/nothing", env=beside).ok(1).stderr
    assert "answers 500" in dunlin("healthcheck", f"http://{web}/broken").ok(1).stderr
    assert "Connection refused" in dunlin("healthcheck", "http://127.0.0.1:1/").ok(1).stderr
    assert "is not the URL of a web server" in dunlin("healthcheck", "ftp://x/").ok(2).stderr
    with socket.create_server(("127.0.0.1", 0)) as silent:
        slow = dunlin("healthcheck", f"http://127.0.0.1:{silent.getsockname()[1]}/", "--timeout", "200ms").ok(1)
    assert "did not answer within 200 ms" in slow.stderr


def test_healthcheck_over_tls(dunlin):
    """The certificate is checked: against an authority that is known, and for the name."""
    import ssl
    from support.tls import Certificates
    certificates = Certificates("localhost")
    server = HTTPServer(("127.0.0.1", 0), Answering)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server_certificate, certificates.server_key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        trusted = {"SSL_CERT_FILE": str(certificates.authority)}
        assert "healthy" in dunlin("healthcheck", f"https://localhost:{server.server_port}/", env=trusted).ok().stdout
        assert "unhealthy" in dunlin("healthcheck", f"https://127.0.0.1:{server.server_port}/", env=trusted).ok(1).stderr
        assert "certificate verify failed" in dunlin("healthcheck", f"https://localhost:{server.server_port}/").ok(1).stderr
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        certificates.close()
