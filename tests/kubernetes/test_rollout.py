"""An application with a real PostgreSQL, migrated by dunlin out of its own image: held back, rolled, scaled, rolled back."""

import json

import pytest

from support.account import free_port
from support.kubernetes.api import condition
from support.kubernetes.image import Image
from support.kubernetes.manifests import container, deployment
from support.kubernetes.migrators import KIND, migrator
from support.kubernetes.observed import PATIENCE, is_migrated, lines, pods_of, wait_for_condition, wait_until_running
from support.program import Migrations
from support.waiting import until

# The test holds this lock while migrations are to wait.
LOCK = "SELECT pg_advisory_xact_lock(4711);\n"
COLUMNS = {"v1": "name", "v2": "name, email"}

# Asks its database again and again; every failure is written down, and what it asked.
APPLICATION = """
import os, signal, socket, sys, threading, time
import psycopg2

def write(name, line):
    with open("/shared/" + name, "a") as file:
        file.write(line + "\\n")

ended = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ended.set())
listener = socket.create_server((os.environ["POD_IP"], int(os.environ["PORT"])))
try:
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    while not ended.wait(0.05):
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + os.environ["COLUMNS"] + " FROM users")
            cursor.fetchall()
        write(os.environ["VERSION"] + ".asked", os.environ["HOSTNAME"])
except Exception as problem:
    write("failed", os.environ["VERSION"] + ": " + str(problem))
    sys.exit(1)
"""


class Shop:
    """The application, as its user has it: manifests and kubectl."""

    def __init__(self, kubernetes, nodes, namespace, database, dunlin, folder):
        self.kubernetes, self.api, self.namespace, self.database = kubernetes, kubernetes.api, namespace, database
        self.shared, self.dunlin, self.port = folder / "shared", dunlin.program, free_port()
        self.shared.mkdir()
        for version in COLUMNS:
            files = Migrations(folder / version / "migrations")
            files.add("1_users", LOCK + "CREATE TABLE users (name text);\nINSERT INTO users VALUES ('Ada');\n")
            if version == "v2":
                files.add("2_email", LOCK + "ALTER TABLE users ADD COLUMN email text;\n")
            nodes.images[f"{namespace}/shop:{version}"] = Image(
                ["/usr/bin/python3", "-c", APPLICATION], directory=str(folder / version),
                env={"VERSION": version, "COLUMNS": COLUMNS[version]})
        self.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shop", "namespace": namespace},
                         "stringData": {"url": database.url}})

    def migrator(self, **spec):
        self.api.create(migrator("shop", self.namespace, command=[str(self.dunlin), "migrate", "--lock-timeout=10m"], **spec))

    def manifest(self, version, replicas=2):
        env = {"PORT": str(self.port), "POD_IP": {"fieldRef": {"fieldPath": "status.podIP"}},
               "DATABASE_URL": {"secretKeyRef": {"name": "shop", "key": "url"}}}
        one = container(f"{self.namespace}/shop:{version}", env=env, mounts={"shared": "/shared"},
                        readinessProbe={"tcpSocket": {"port": self.port}})
        made = deployment("shop", self.namespace, replicas, one, terminationGracePeriodSeconds=30)
        made["spec"]["strategy"] = {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        made["spec"]["template"]["spec"]["volumes"] = [{"name": "shared", "hostPath": {"path": str(self.shared)}}]
        return made

    def kubectl(self, *words, input=None):
        return self.kubernetes.kubectl(*words, namespace=self.namespace, input=input).ok()

    def apply(self, version):
        self.kubectl("apply", "-f", "-", input=json.dumps(self.manifest(version)))

    def asked(self, version):
        """How often, by pods of this version."""
        return len(lines(self.shared / f"{version}.asked"))

    def migrations_wait(self):
        return self.database.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted")

    def versions(self):
        return [one["spec"]["containers"][0]["image"].partition(":")[2] for one in pods_of(self.api, "shop", self.namespace)]

    def wait_for_rollout(self, version, replicas):
        self.kubectl("rollout", "status", "deployment/shop", f"--timeout={PATIENCE}s")
        until(lambda: self.versions() == [version] * replicas, f"all are {version}", PATIENCE)
        wait_until_running(self.api, "shop", self.namespace, replicas)
        before = self.asked(version)
        until(lambda: self.asked(version) > before, f"{version} asks", PATIENCE)


@pytest.fixture
def shop(kubernetes, nodes, operator, namespace, database, dunlin, tmp_path):
    return Shop(kubernetes, nodes, namespace, database, dunlin, tmp_path)


@pytest.fixture
def held(database):
    """Migrations wait as long as this connection is open, or does not unlock()."""
    connection = database.connect()
    cursor = connection.cursor()

    def lock(wanted):
        cursor.execute("SELECT pg_advisory_lock(4711)" if wanted else "SELECT pg_advisory_unlock_all()")

    lock(True)
    yield lock
    connection.close()


def test_e01_from_the_first_version_to_the_next_and_back(shop, held, namespace):
    api, database = shop.api, shop.database
    shop.migrator()
    shop.apply("v1")
    until(shop.migrations_wait, "the first migration runs", PATIENCE)
    assert shop.asked("v1") == 0 and not pods_of(api, "shop", namespace, "Running")
    assert condition("Available", "False")(api.get("Deployment", "shop", namespace))
    held(False)
    shop.wait_for_rollout("v1", 2)
    assert len(database.sqlx_history()) == 1

    held(True)
    shop.apply("v2")
    until(shop.migrations_wait, "the next migration runs", PATIENCE)
    before = shop.asked("v1")
    until(lambda: shop.asked("v1") > before + 10, "v1 serves meanwhile", PATIENCE)
    assert shop.asked("v2") == 0 and len(pods_of(api, "shop", namespace, "Running")) == 2
    held(False)
    shop.wait_for_rollout("v2", 2)
    assert len(database.sqlx_history()) == 2

    shop.kubectl("scale", "deployment/shop", "--replicas=3")
    shop.wait_for_rollout("v2", 3)
    shop.kubectl("rollout", "undo", "deployment/shop")
    shop.wait_for_rollout("v1", 3)
    wait_for_condition(api, "shop", namespace, status="True", reason="MigrationsUpToDate")
    done = api.get(KIND, "shop", namespace)
    images = [f"{namespace}/shop:{version}" for version in ("v2", "v1")]
    assert all(is_migrated(image)(done) for image in images)
    assert [(run["identity"], run["outcome"]) for run in done["status"]["history"]] == [(one, "Succeeded") for one in images]
    assert len(database.sqlx_history()) == 2 and lines(shop.shared / "failed") == []


def test_a_migration_that_fails_leaves_the_version_before_in_place(shop, namespace, tmp_path):
    shop.migrator(backoffLimit=0)
    shop.apply("v1")
    shop.wait_for_rollout("v1", 2)
    (tmp_path / "v2" / "migrations" / "2_email.sql").write_text("ALTER TABEL users ADD COLUMN email text;\n")
    shop.apply("v2")
    said = shop.api.wait_for(KIND, "shop", namespace, lambda one: any(
        found["reason"] == "MigrationsFailed" for found in one["status"]["conditions"]), timeout=PATIENCE)
    assert "2_email.sql:1:7" in str(said["status"]["conditions"])
    before = shop.asked("v1")
    until(lambda: shop.asked("v1") > before + 10, "v1 serves on", PATIENCE)
    assert shop.asked("v2") == 0
    # Mended in a version of its own, as one would.
    (tmp_path / "v2" / "migrations" / "2_email.sql").write_text("ALTER TABLE users ADD COLUMN email text;\n")
    shop.kubectl("annotate", "migrator", "shop", "migrations.coderanger.net/retry=mended")
    shop.wait_for_rollout("v2", 2)
    assert lines(shop.shared / "failed") == []
