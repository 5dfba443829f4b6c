"""The contract command: after the last pod of an older version, or not at all, and what may not start behind it."""

import json

import pytest

from support.kubernetes.migrators import KIND, migrator, with_folder, workload
from support.kubernetes.observed import (PATIENCE, find_condition, is_migrated, lines, pods_of, wait_for_condition,
                                         wait_for_event, wait_until_running)
from support.waiting import until

READY = {"exec": {"command": ["test", "-e", "/shared/ready"]}, "periodSeconds": 1}


@pytest.fixture
def api(kubernetes, operator):
    return kubernetes.api


@pytest.fixture
def log(tmp_path):
    """What the commands have written down."""
    return lambda: lines(tmp_path / "log")


@pytest.fixture
def roll(kubernetes, api, namespace, tmp_path):
    """A Deployment of a version. Where `ready` is not there, pods are not ready: a rollout stops in the middle."""
    def to(version, strategy=None):
        made = with_folder(workload("Deployment", "web", namespace, f"myapp:{version}"), tmp_path)
        made["spec"]["strategy"] = strategy or {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        one, = made["spec"]["template"]["spec"]["containers"]
        one.update(env=[{"name": "VERSION", "value": version}], readinessProbe=READY)
        kubernetes.api.apply(made)
    (tmp_path / "ready").touch()
    return to


def contracting(namespace, **spec):
    return migrator("web", namespace, script='echo "$VERSION expand" >>/shared/log',
                    **{"contractCommand": ["sh", "-c", 'echo "$VERSION contract" >>/shared/log'], "contractAfter": "1s", **spec})


def running_images(api, namespace):
    return {one["spec"]["containers"][0]["image"] for one in pods_of(api, "web", namespace, "Running")}


def roll_is_through(api, namespace, version):
    until(lambda: [one["spec"]["containers"][0]["image"] for one in pods_of(api, "web", namespace)] == [f"myapp:{version}"]
          and running_images(api, namespace) == {f"myapp:{version}"}, f"all is {version}", PATIENCE)


def test_it_runs_behind_the_last_old_pod_and_there_is_no_way_back(kubernetes, api, roll, log, namespace, tmp_path):
    api.create(contracting(namespace))
    roll("v1")
    wait_for_condition(api, "web", namespace, "Contracted", status="True")
    wait_until_running(api, "web", namespace)

    (tmp_path / "ready").unlink()
    roll("v2")
    api.wait_for(KIND, "web", namespace, is_migrated("myapp:v2"), timeout=PATIENCE)
    until(lambda: running_images(api, namespace) == {"myapp:v1", "myapp:v2"}, "both versions run", PATIENCE)
    wait_for_condition(api, "web", namespace, "Contracted", status="False", reason="ContractWaiting",
                       message="The contract command is not run now: there are pods of myapp:v1")
    assert log() == ["v1 expand", "v1 contract", "v2 expand"]

    (tmp_path / "ready").touch()
    wait_for_condition(api, "web", namespace, "Contracted", status="True", message="Contract command of myapp:v2 has run")
    assert log() == ["v1 expand", "v1 contract", "v2 expand", "v2 contract"]
    wait_for_event(api, "web", namespace, "Normal", "ContractSucceeded", "Contract command of myapp:v2 has run")
    api.wait_for("Job", "web-contract", namespace, lambda one: one is None, timeout=PATIENCE)

    kubernetes.kubectl("rollout", "undo", "deployment/web", namespace=namespace).ok()
    blocked = wait_for_condition(api, "web", namespace, status="False", reason="RollbackBlocked")
    wait_for_condition(api, "web", namespace, "Stalled", status="True", reason="RollbackBlocked")
    assert running_images(api, namespace) == {"myapp:v2"}
    # The message ends with what to type.
    kubernetes.run("sh", "-c", "kubectl " + blocked["message"].partition("kubectl ")[2]).ok()
    until(lambda: running_images(api, namespace) == {"myapp:v1"}, "the old version runs again", PATIENCE)
    wait_for_condition(api, "web", namespace, status="True", reason="MigrationsUpToDate")
    assert log() == ["v1 expand", "v1 contract", "v2 expand", "v2 contract"]


def test_a_version_that_does_not_work_keeps_its_way_back(kubernetes, api, roll, log, namespace, tmp_path):
    """Its rollout has taken the old pods away first."""
    api.create(contracting(namespace))
    roll("v1", {"type": "Recreate"})
    wait_for_condition(api, "web", namespace, "Contracted", status="True")
    (tmp_path / "ready").unlink()
    roll("v2", {"type": "Recreate"})
    roll_is_through(api, namespace, "v2")
    wait_for_condition(api, "web", namespace, "Contracted", status="False", reason="ContractWaiting",
                       message="The contract command is not run now: no pod of Deployment/web is ready")
    kubernetes.kubectl("rollout", "undo", "deployment/web", namespace=namespace).ok()
    roll_is_through(api, namespace, "v1")
    wait_for_condition(api, "web", namespace, status="True", reason="MigrationsUpToDate")
    assert log() == ["v1 expand", "v1 contract", "v2 expand"]

    (tmp_path / "ready").touch()
    kubernetes.kubectl("rollout", "undo", "deployment/web", namespace=namespace).ok()
    wait_for_condition(api, "web", namespace, "Contracted", status="True", message="Contract command of myapp:v2 has run")


def test_a_rollback_cancels_one_that_has_not_begun(kubernetes, api, roll, log, namespace):
    api.create(contracting(namespace, contract="manual"))
    roll("v1")
    roll_is_through(api, namespace, "v1")
    roll("v2")
    roll_is_through(api, namespace, "v2")
    # Its pod finds no node.
    api.patch(KIND, "web", {"spec": {"nodeSelector": {"disk": "none"}}}, namespace)
    asked = wait_for_condition(api, "web", namespace, "Contracted", status="False", reason="ContractNeedsApproval")
    kubernetes.kubectl(*asked["message"].partition("kubectl ")[2].split()).ok()
    api.wait_for("Job", "web-contract", namespace, timeout=PATIENCE)
    found = api.get(KIND, "web", namespace)["status"]
    assert {one["identity"]: one.get("retiredBy") for one in found["migrated"]} == {"myapp:v1": "myapp:v2", "myapp:v2": None}

    kubernetes.kubectl("rollout", "undo", "deployment/web", namespace=namespace).ok()
    roll_is_through(api, namespace, "v1")
    api.wait_for("Job", "web-contract", namespace, lambda one: one is None, timeout=PATIENCE)
    wait_for_condition(api, "web", namespace, status="True", reason="MigrationsUpToDate")
    assert log() == ["v1 expand", "v2 expand"]


def test_one_that_fails_says_why_and_stalls_but_the_pods_run(api, roll, namespace):
    api.create(contracting(namespace, contractCommand=["sh", "-c", "echo no such column >&2; exit 8"], backoffLimit=0))
    roll("v1")
    said = wait_for_condition(api, "web", namespace, "Contracted", status="False", reason="ContractFailed")
    assert "exit code 8: no such column; it is not tried again" in said["message"]
    wait_for_condition(api, "web", namespace, "Stalled", status="True", reason="ContractFailed")
    wait_for_condition(api, "web", namespace, "Ready", status="True")
    wait_until_running(api, "web", namespace)
    assert find_condition(api.get(KIND, "web", namespace), "MigrationsReady")["reason"] == "MigrationsUpToDate"


def test_nothing_is_said_about_it_where_there_is_none(api, roll, namespace):
    api.create(migrator("web", namespace, script="true"))
    roll("v1")
    wait_for_condition(api, "web", namespace, "Ready", status="True")
    assert "Contracted" not in json.dumps(api.get(KIND, "web", namespace)["status"])
