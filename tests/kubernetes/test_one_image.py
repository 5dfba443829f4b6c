"""The switch from migrations-operator: first nothing but the image of its Deployment, then deploy/default over it."""

import json
import socket

import pytest

from support.kubernetes import migrations_operator
from support.kubernetes.api import gone
from support.kubernetes.fixtures import new_namespace, own_cluster
from support.kubernetes.installed_operator import NAMESPACE
from support.kubernetes.migrators import GROUP, KIND, migrator, with_folder, workload
from support.kubernetes.observed import (PATIENCE, find_condition, is_migrated, lines, migrated, pods_of, wait_until_running,
                                         waiters)
from support.waiting import until

IMAGE = "registry.example/migrations-operator:main"
PORTS = (9443, 5000, 8080, 8081)


def free(port):
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("", port))
            one.listen()
            return True
        except OSError:
            return False


@pytest.fixture(scope="module")
def cluster():
    """Its ports are the machine's, as its manifests have them: nobody else may have them meanwhile."""
    for port in PORTS:
        until(lambda: free(port), f"nobody listens on port {port}", PATIENCE)
    with own_cluster() as cluster:
        cluster.nodes.images[IMAGE] = cluster.operator.image
        cluster.operator.apply(migrations_operator.installation(IMAGE))
        yield cluster


def test_one_image_is_replaced_and_then_all_of_it(cluster, tmp_path):
    api, name = cluster.api, "shop"
    new_namespace(cluster.kubernetes, name)

    def roll(version):
        api.apply(with_folder(workload("Deployment", "web", name, f"myapp:{version}"), tmp_path))

    def upgraded():
        return find_condition(api.get(KIND, "web", name), "Upgraded")

    def kept():
        return json.loads(api.get(KIND, "web", name)["metadata"].get("annotations", {}).get(f"{GROUP}/status", "{}"))

    # What migrations-operator has left behind: one image, and pods of it.
    api.create(migrator("web", name, script="echo ran >>/shared/log"))
    api.patch(KIND, "web", {"status": {"lastSuccessfulMigration": "myapp:v1"}}, name, "status")
    cluster.operator.wait_until_ready()
    roll("v1")
    one, = wait_until_running(api, "web", name)
    assert list(waiters(one)) == ["migrate-wait-web"] and lines(tmp_path / "log") == []

    roll("v2")
    api.wait_for(KIND, "web", name, lambda one: one["status"].get("lastSuccessfulMigration") == "myapp:v2", timeout=PATIENCE)
    api.wait_for("Job", "web-migrations", name, gone, timeout=PATIENCE)
    until(lambda: wait_until_running(api, "web", name)[0]["spec"]["containers"][0]["image"] == "myapp:v2", "v2 runs", PATIENCE)
    assert "migrated" not in api.get(KIND, "web", name)["status"]  # pruned
    assert {entry["identity"] for entry in kept()["migrated"]} == {"myapp:v1", "myapp:v2"}
    said = until(upgraded, "the condition is there", PATIENCE)
    assert said["status"] == "False" and "kubectl apply -k" in said["message"]
    # A pod of the version before still starts, and what was injected can be changed: the webhook is asked about that here.
    api.create(workload("Pod", "left-over", name, "myapp:v1", labels={"app": "web"}))
    wait_until_running(api, "web", name, 2)
    cluster.kubernetes.kubectl("label", "pod", "--all", "colour=green", namespace=name).ok()
    assert lines(tmp_path / "log") == ["ran"]

    # The whole installation.
    cluster.operator.apply(cluster.operator.manifests())
    cluster.operator.wait_until_ready()
    api.wait_for(KIND, "web", name, lambda one: {"myapp:v1", "myapp:v2"} <= set(migrated(one)), timeout=PATIENCE)
    until(lambda: upgraded().get("status", "True") == "True" and not kept(), "nothing is left of the degraded mode", PATIENCE)
    roll("v3")
    api.wait_for(KIND, "web", name, is_migrated("myapp:v3"), timeout=PATIENCE)
    until(lambda: {one["spec"]["containers"][0]["image"] for one in pods_of(api, "web", name, "Running")}
          == {"myapp:v1", "myapp:v3"}, "v3 runs", PATIENCE)
    assert lines(tmp_path / "log") == ["ran", "ran"]
    hooks = api.get("MutatingWebhookConfiguration", "migrations-operator-mutating-webhook-configuration")["webhooks"]
    assert all(rule["operations"] == ["CREATE"] for hook in hooks for rule in hook["rules"])
    assert api.list("Deployment", NAMESPACE)[0]["status"]["readyReplicas"] >= 1
