"""spec.database: migrations that no application's image brings along, on a real PostgreSQL."""

import pytest

from support.kubernetes.admin_image import AdminImage
from support.kubernetes.api import ApiError
from support.kubernetes.image import Image
from support.kubernetes.migrators import API_VERSION, KIND, workload
from support.kubernetes.observed import (PATIENCE, events_of, find_condition, is_migrated, migrated, pods_of, says,
                                         wait_for_condition, wait_for_job, wait_until_running, waiters)
from support.waiting import until

ACCOUNTS, ORDERS = ("CREATE TABLE accounts (id bigint PRIMARY KEY);\n", "CREATE TABLE orders (id bigint PRIMARY KEY);\n")
PASSWORD = "s3cr3t-of-the-owner"


@pytest.fixture(scope="module", autouse=True)
def admin(operator, nodes):
    """Under the name that the installation gives it."""
    manager, = (one for made in operator.manifests() if made["kind"] == "Deployment"
                for one in made["spec"]["template"]["spec"]["containers"])
    name, = (one["value"] for one in manager["env"] if one["name"] == "ADMIN_IMAGE")
    image = AdminImage()
    nodes.images[name] = image
    yield image
    image.close()


@pytest.fixture
def cluster(kubernetes, namespace, postgres, database):
    """The namespace has a Secret with the URL of a database that belongs to a user of its own."""
    database.query(f"CREATE ROLE \"{database.name}_owner\" LOGIN PASSWORD '{PASSWORD}'")
    database.query(f"ALTER DATABASE \"{database.name}\" OWNER TO \"{database.name}_owner\"")
    database.query(f"GRANT ALL ON SCHEMA public TO \"{database.name}_owner\"")
    url = postgres.url(database.name, user=f"{database.name}_owner", password=PASSWORD)
    kubernetes.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": namespace},
                           "stringData": {"url": url}})
    return Cluster(kubernetes.api, namespace, database)


class Cluster:
    def __init__(self, api, namespace, database):
        self.api, self.namespace, self.database = api, namespace, database

    def migrator(self, source, **spec):
        wanted = {"urlFrom": {"secretKeyRef": {"name": "db", "key": "url"}}, **source}
        return self.api.create({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "shop", "namespace": self.namespace},
                                "spec": {"database": wanted, **spec}})

    def config_map(self, name, **files):
        return self.api.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": self.namespace},
                               "data": {f"{file}.sql": text for file, text in files.items()}})

    def wait_for_versions(self, *applied, ready="True"):
        """The status, once these are applied (the newest first) and its Job's end has been recorded."""
        def are_applied(one):
            found = (one or {}).get("status", {}).get("database", {}).get("applied")
            return found == list(applied) and says(status=ready)(one)
        return self.api.wait_for(KIND, "shop", self.namespace, are_applied, timeout=PATIENCE)["status"]

    def retry(self):
        self.api.patch(KIND, "shop", {"metadata": {"annotations": {"migrations.coderanger.net/retry": "1"}}}, self.namespace)

    def message(self, **wanted):
        return wait_for_condition(self.api, "shop", self.namespace, **wanted)["message"]


def test_config_maps_are_migrated_to(cluster):
    cluster.config_map("base", **{"1_accounts": ACCOUNTS})
    cluster.config_map("more", **{"2_orders": ORDERS})
    cluster.migrator({"configMaps": ["base", "more"]})
    status = cluster.wait_for_versions("2", "1")
    assert (status["database"]["current"], status["database"]["pending"]) == ("2", [])
    assert status["lastSuccessfulMigration"].startswith("files-")
    assert {"public.accounts", "public.orders"} <= set(cluster.database.tables())

    cluster.config_map("more", **{"2_orders": ORDERS, "3_names": "ALTER TABLE accounts ADD COLUMN name text;\n"})
    again = cluster.wait_for_versions("3", "2", "1")
    assert again["lastSuccessfulMigration"] != status["lastSuccessfulMigration"]
    assert migrated({"status": again})[:2] == [again["lastSuccessfulMigration"], status["lastSuccessfulMigration"]]


def test_an_image_from_scratch_is_migrated_to(cluster, nodes, tmp_path):
    """There is nothing in it but the files: no shell, no C library, and no user that they belong to."""
    for version, files in (("v1", ["1_accounts"]), ("v2", ["1_accounts", "2_orders"])):
        folder = tmp_path / version / "app" / "migrations"
        folder.mkdir(parents=True)
        for name in files:
            (folder / f"{name}.sql").write_text(ACCOUNTS if name.startswith("1") else ORDERS)
        nodes.images[f"{cluster.namespace}/files:{version}"] = Image(root=str(tmp_path / version))
    source = {"image": f"{cluster.namespace}/files:v1", "path": "/app/migrations"}
    cluster.migrator(source)
    assert cluster.wait_for_versions("1")["lastSuccessfulMigration"] == f"{cluster.namespace}/files:v1:/app/migrations@db/url"

    cluster.api.patch(KIND, "shop", {"spec": {"database": {"image": f"{cluster.namespace}/files:v2"}}}, cluster.namespace)
    cluster.wait_for_versions("2", "1")
    assert "public.orders" in cluster.database.tables()


def test_a_path_that_is_not_there_is_named(cluster, nodes, tmp_path):
    nodes.images[f"{cluster.namespace}/files:v1"] = Image(root=str(tmp_path))
    tmp_path.chmod(0o755)
    cluster.migrator({"image": f"{cluster.namespace}/files:v1", "path": "/nowhere"}, backoffLimit=0)
    said = cluster.message(reason="MigrationsFailed")
    assert "init container copy: exit code 2" in said and "/nowhere" in said


def test_pods_wait_for_the_files_that_are_there_when_they_are_made(cluster):
    cluster.config_map("base", **{"1_accounts": "SELECT pg_advisory_xact_lock(4712);\n" + ACCOUNTS})
    with cluster.database.connect() as holder, holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(4712)")
        cluster.migrator({"configMaps": ["base"]}, selector={"matchLabels": {"app": "web"}})
        cluster.api.create(workload("Deployment", "web", cluster.namespace))
        pod, = until(lambda: pods_of(cluster.api, "web", cluster.namespace), "there is a pod", PATIENCE)
        waiter, = waiters(pod).values()
        wanted, = (word.partition("=")[2] for word in waiter["command"] if word.startswith("--identity="))
        assert wanted.startswith("files-") and wanted.endswith("@db/url")
        cluster.message(reason="MigrationsRunning")
        assert pods_of(cluster.api, "web", cluster.namespace, "Running") == []
        cursor.execute("SELECT pg_advisory_unlock(4712)")
    wait_until_running(cluster.api, "web", cluster.namespace)
    assert is_migrated(wanted)(cluster.api.get(KIND, "shop", cluster.namespace))


def test_a_pod_whose_files_are_not_there_is_not_made(cluster):
    cluster.migrator({"configMaps": ["base"]}, selector={"matchLabels": {"app": "web"}})
    missing = f"there is no ConfigMap {cluster.namespace}/base"
    assert missing in cluster.message(reason="Error")
    with pytest.raises(ApiError) as refused:
        cluster.api.create(workload("Pod", "web", cluster.namespace))
    assert missing in str(refused.value)
    cluster.config_map("base", **{"1_accounts": ACCOUNTS})
    cluster.api.create(workload("Pod", "web", cluster.namespace))
    wait_until_running(cluster.api, "web", cluster.namespace)


def test_a_failure_says_what_is_wrong_and_no_secret(cluster, operator):
    cluster.config_map("base", **{"1_accounts": ACCOUNTS, "2_wrong": f"SELECT '{PASSWORD}' FROM nowhere;\n"})
    cluster.migrator({"configMaps": ["base"]}, backoffLimit=0)
    said = cluster.message(reason="MigrationsFailed")
    assert "2_wrong.sql" in said and "nowhere" in said
    status = cluster.wait_for_versions("1", ready="False")
    assert status["database"]["pending"] == ["2"]
    told = [str(cluster.api.get(KIND, "shop", cluster.namespace)), str(events_of(cluster.api, "shop", cluster.namespace)),
            operator.logs(1000), *(str(one) for kind in ("Job", "Pod") for one in cluster.api.list(kind, cluster.namespace))]
    assert all(PASSWORD not in one for one in told)

    cluster.config_map("base", **{"1_accounts": ACCOUNTS, "2_wrong": ORDERS})
    cluster.retry()  # and does not wait until it is looked at again
    cluster.wait_for_versions("2", "1")


def test_another_database_is_migrated_to(cluster, postgres):
    cluster.config_map("base", **{"1_accounts": ACCOUNTS})
    cluster.migrator({"configMaps": ["base"]})
    cluster.wait_for_versions("1")
    other = postgres.database()
    try:
        cluster.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "other", "namespace": cluster.namespace},
                            "stringData": {"url": other.url}})
        cluster.api.patch(KIND, "shop", {"spec": {"database": {"urlFrom": {"secretKeyRef": {"name": "other"}}}}}, cluster.namespace)

        def is_there(one):
            return (one or {}).get("status", {}).get("lastSuccessfulMigration", "").endswith("@other/url")
        cluster.api.wait_for(KIND, "shop", cluster.namespace, is_there, timeout=PATIENCE)
        assert "public.accounts" in other.tables()
    finally:
        postgres.drop_database(other.name)


def test_a_job_whose_config_map_goes_gives_way(cluster):
    """Its pod is not held back for ever by a volume that will never be there."""
    cluster.config_map("base", **{"1_accounts": ACCOUNTS})
    cluster.migrator({"configMaps": ["base"]}, nodeSelector={cluster.namespace: "here"})
    wait_for_job(cluster.api, "shop", cluster.namespace)
    cluster.api.delete("ConfigMap", "base", cluster.namespace)
    cluster.config_map("renamed", **{"1_accounts": ACCOUNTS, "2_orders": ORDERS})
    cluster.api.patch(KIND, "shop", {"spec": {"database": {"configMaps": ["renamed"]}}}, cluster.namespace)
    cluster.api.patch("Node", "node-1", {"metadata": {"labels": {cluster.namespace: "here"}}})
    cluster.wait_for_versions("2", "1")


def test_a_secret_that_is_not_there_is_waited_for(cluster):
    cluster.api.delete("Secret", "db", cluster.namespace)
    cluster.config_map("base", **{"1_accounts": ACCOUNTS})
    cluster.migrator({"configMaps": ["base"]})

    def is_named(one):
        return "CreateContainerConfigError" in find_condition(one, "MigrationsReady").get("message", "")
    cluster.api.wait_for(KIND, "shop", cluster.namespace, is_named, timeout=PATIENCE)


@pytest.mark.parametrize("source, words", [
    ({}, "Required value"), ({"configMaps": ["a"], "image": "b", "path": "/c"}, "oneOf"), ({"image": "b", "path": "c"}, "path")])
def test_what_makes_no_sense_is_refused(cluster, source, words):
    with pytest.raises(ApiError) as refused:
        cluster.migrator(source)
    assert words in str(refused.value)


def test_what_runs_later_is_known_to_the_contract(cluster):
    cluster.config_map("base", **{"1_accounts": ACCOUNTS})
    cluster.migrator({"configMaps": ["base"]}, contractAfter="1s",
                     contractCommand=["sh", "-c", "test -n \"$MIGRATION_DATABASE_URL\" && cat /app/migrations/1_accounts.sql"])
    cluster.api.wait_for(KIND, "shop", cluster.namespace, lambda one: find_condition(one, "Contracted").get("status") == "True",
                         timeout=PATIENCE)
