"""The document "Docker & Kubernetes Deployment"."""

import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from support.kubernetes import tools
from support.kubernetes.api import condition
from support.kubernetes.image import Image
from support.program import REPOSITORY, clean_environment
from support.service import Service
from support.waiting import until


@pytest.fixture
def files(migrations):
    migrations.tables(3)
    return migrations


def shell(script, dunlin, url):
    return subprocess.run(["sh", "-c", script], cwd=dunlin.directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, env=clean_environment({"DATABASE_URL": url, "PROGRAM": str(dunlin.program)}))


def test_three_replicas_migrate_once(database, dunlin, files):
    files.add("4_log", "CREATE TABLE log (n int);\nINSERT INTO log VALUES (1);\n")
    results = [run.end() for run in [dunlin.start("migrate", url=database.url) for _ in range(3)]]
    assert [result.code for result in results] == [0, 0, 0]
    assert database.query("select n from log") == [(1,)]


def test_a_failed_migration_has_an_exit_code(database, dunlin, files):
    files.add("4_broken", "SELECT 1 / 0;\n")
    dunlin("migrate", url=database.url).ok(1)
    assert len(database.sqlx_history()) == 3


def test_a_migration_url_of_its_own(database, dunlin, files):
    environment = {"MIGRATION_DATABASE_URL": database.url, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/app"}
    dunlin("migrate", env=environment).ok()
    assert len(database.sqlx_history()) == 3


def test_a_script_goes_on_only_after_success(database, dunlin, files):
    script = 'set -e\necho "Running migrations..."\n"$PROGRAM" migrate\necho "Migrations completed successfully"\n'
    done = shell(script, dunlin, database.url)
    assert done.returncode == 0 and done.stdout.endswith("Migrations completed successfully\n")
    files.add("4_broken", "SELECT 1 / 0;\n")
    failed = shell(script, dunlin, database.url)
    assert failed.returncode == 1 and "completed" not in failed.stdout


def test_output_through_a_pipe_is_lines(database, dunlin, files):
    done = shell('"$PROGRAM" migrate 2>&1 | tee migrations.log', dunlin, database.url)
    assert done.returncode == 0 and (dunlin.directory / "migrations.log").read_text() == done.stdout
    assert "\r" not in done.stdout and "\x1b" not in done.stdout and len(done.stdout.splitlines()) >= 4


def test_the_last_migration_for_a_health_check(database, dunlin, files):
    dunlin("migrate", url=database.url).ok()
    assert dunlin("info", "--json", url=database.url).ok().json()["migrations"][-1]["version"] == "3"


def test_a_backward_compatible_migration(database, dunlin, migrations):
    migrations.add("1_users", "CREATE TABLE users (id int);\n")
    migrations.add("2_middle_name", "ALTER TABLE users ADD COLUMN middle_name VARCHAR(100);\n")
    dunlin("migrate", url=database.url).ok()
    database.execute("insert into users (id) values (1)")


def test_a_restart_after_a_failure_goes_on(database, dunlin, files):
    broken = files.add("4_needs_seed", "INSERT INTO seed VALUES (1);\n")
    dunlin("migrate", url=database.url).ok(1)
    database.execute("create table seed (n int)")
    dunlin("migrate", url=database.url).ok()
    assert broken.exists() and database.query("select n from seed") == [(1,)]


def test_a_deadline_ends_a_run_cleanly(database, dunlin, files):
    files.add("4_slow", "CREATE TABLE slow (id int);\nSELECT pg_sleep(600);\n")
    running = dunlin.start("migrate", url=database.url)
    until(lambda: database.query("select 1 from pg_stat_activity where query like '%pg_sleep(600)%' and state = 'active'"
                                 " and pid <> pg_backend_pid()"), "the slow statement runs")
    running.process.send_signal(signal.SIGTERM)
    assert running.end(timeout=10).code == 143
    assert "public.slow" not in database.tables() and len(database.sqlx_history()) == 3


def test_what_blocks_a_migration_is_said(database, dunlin, files):
    dunlin("migrate", url=database.url).ok()
    files.add("4_blocked", "ALTER TABLE t1 ADD blocked int;\n")
    with database.connect() as connection, connection.cursor() as cursor:
        cursor.execute("begin; select * from t1")
        result = dunlin("migrate", "--lock-timeout", "1s", "--lock-retries", "0", url=database.url)
        assert result.code == 1 and str(connection.info.backend_pid) in result.stderr
        cursor.execute("rollback")
    dunlin("migrate", url=database.url).ok()


def test_absent_migration_files(database, dunlin):
    result = dunlin("migrate", "--dir", "elsewhere", url=database.url).ok(2)
    assert "there is no directory elsewhere" in result.stderr


def test_compose_patterns():
    """That they are read by docker-compose and do what they say is tested by tests/image."""
    examples = Path(__file__).parents[2] / "examples" / "docker-compose"
    for name in ("separate-service.yml", "one-image/docker-compose.yml", "development.yml", "production.yml"):
        assert "condition: service_completed_successfully" in (examples / name).read_text()
    assert 'CMD ["start"]' in (examples / "one-image" / "Dockerfile").read_text()
    for script, last in (("migrate.sh", 'echo "Migrations completed successfully"'), ("start.sh", "exec ./my-application")):
        assert (examples / "one-image" / "scripts" / script).read_text().strip().endswith(last)


def test_health_and_ready_probes(database, dunlin, files):
    service = Service(dunlin, url=database.url)
    assert service.probe("/health") and not service.probe("/ready")
    dunlin("migrate", url=database.url).ok()
    until(lambda: service.probe("/ready"), "it is ready once migrated")


# On Kubernetes, with the examples at the guide's own paths.

EXAMPLES = REPOSITORY / "examples" / "kubernetes"
# What answers every probe at the pod's own address.
APPLICATION = """
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.ThreadingHTTPServer((os.environ["POD_IP"], 3000), Answer).serve_forever()
"""


class Production:
    """The namespace `production` of the guide, under another name: its Secret, its images, its database."""

    def __init__(self, cluster, nodes, namespace, dunlin, database):
        self.api, self.namespace, self.database = cluster.api, namespace, database
        nodes.images["myapp-migrations:1.0.0"] = Image([dunlin.program], directory=str(dunlin.directory))
        nodes.images["myapp:1.0.0"] = Image(["/usr/bin/python3", "-c", APPLICATION])
        self.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db-credentials", "namespace": namespace},
                         "stringData": {"migration-url": database.url, "app-url": database.url}})

    def apply(self, objects, *kinds):
        for one in objects:
            if one["kind"] in kinds:
                one["metadata"]["namespace"] = self.namespace
                for container in one["spec"]["template"]["spec"]["containers"]:
                    container["env"].append({"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}})
                self.api.create(one)

    def is_migrated(self):
        return len(self.database.sqlx_history()) == 3


@pytest.fixture
def production(kubernetes, nodes, namespace, dunlin, files, database):
    return Production(kubernetes, nodes, namespace, dunlin, database)


def example(name):
    return list(yaml.safe_load_all((EXAMPLES / name).read_text()))


def test_an_init_container(production):
    """Three pods at once: all of them start, and the migrations have run once."""
    production.apply(example("deployment.yaml"), "Deployment")
    production.api.wait_for("Deployment", "myapp", production.namespace, lambda one: one["status"].get("readyReplicas") == 3,
                            timeout=120)
    assert production.is_migrated()


def test_a_job_and_its_script(production):
    """That the script stops at a failure is tested by tests/deploy."""
    job, = example("migration-job.yaml")
    assert (job["spec"]["backoffLimit"], job["spec"]["activeDeadlineSeconds"]) == (3, 300)
    production.apply([job], "Job")
    production.api.wait_for("Job", job["metadata"]["name"], production.namespace, condition("Complete"), timeout=120)
    assert production.is_migrated()
    script = (EXAMPLES / "deploy.sh").read_text()
    assert script.index("migration-job.yaml") < script.index("zero-downtime.yaml") < script.index("rollout status")


def test_the_helm_chart(production):
    chart = REPOSITORY / "examples" / "helm" / "myapp"
    made = subprocess.run([tools.helm(), "template", "myapp", chart], stdout=subprocess.PIPE, text=True, check=True,
                          env=clean_environment({"HOME": "/nonexistent"})).stdout
    objects = [one for one in yaml.safe_load_all(made) if one]
    job, = [one for one in objects if one["kind"] == "Job"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-upgrade,pre-install"
    production.apply([job], "Job")
    production.api.wait_for("Job", job["metadata"]["name"], production.namespace, condition("Complete"), timeout=120)
    assert production.is_migrated()


def test_external_and_sealed_secrets():
    plain, = example("secrets.yaml")
    external, = example("external-secrets.yaml")
    sealed, = example("sealed-secrets.yaml")
    keys = {"migration-url", "app-url"}
    assert set(plain["stringData"]) == set(sealed["spec"]["encryptedData"]) == keys
    assert {one["secretKey"]: one["remoteRef"]["key"] for one in external["spec"]["data"]} == {
        key: f"prod/database/{key}" for key in keys}
    assert {one["metadata"]["name"] for one in (plain, external, sealed)} == {"db-credentials"}
    assert "kubeseal -o yaml" in (EXAMPLES / "seal.sh").read_text()


def test_a_service_monitor(database, dunlin, files):
    """What it scrapes is a command of dunlin that has metrics."""
    objects = {one["kind"]: one for one in example("monitoring.yaml")}
    monitor, service = objects["ServiceMonitor"]["spec"], objects["Service"]
    assert monitor["selector"]["matchLabels"] == service["metadata"]["labels"] == {"app": "myapp-migrations"}
    assert (monitor["endpoints"][0]["port"], monitor["endpoints"][0]["interval"]) == ("metrics", "30s")
    container, = objects["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert container["args"][0] == "serve"
    assert "dunlin_pending_migrations 3" in Service(dunlin, url=database.url).get("/metrics").body.replace(".0", "").replace(
        '{database="' + database.name + '"}', "")


def test_the_three_troubles_have_their_page():
    page = (REPOSITORY / "docs" / "kubernetes.md").read_text()
    for title in ("The init container fails repeatedly", "Several pods migrate at once", "The Job does not complete"):
        assert f"### {title}\n" in page


def test_the_examples_are_where_it_says():
    examples = REPOSITORY / "examples"
    for path in ("kubernetes/deployment.yaml", "kubernetes/migration-job.yaml", "kubernetes/secrets.yaml", "helm/myapp/Chart.yaml",
                 "docker-compose/development.yml", "docker-compose/production.yml"):
        assert (examples / path).is_file(), path
