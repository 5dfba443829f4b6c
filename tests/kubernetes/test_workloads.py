"""Whatever pods belong to, they are held back until they are migrated for, by the present template of it."""

import pytest

from support.kubernetes.manifests import phase
from support.kubernetes.migrators import GATE, KIND, migrator, with_folder, workload
from support.kubernetes.observed import (PATIENCE, is_migrated, lines, migrated, pods_of, wait_for_condition, wait_for_job,
                                         wait_until_running, waiters)
from support.waiting import until


@pytest.fixture
def api(kubernetes, operator):
    return kubernetes.api


def controller(one):
    return {"apiVersion": one["apiVersion"], "kind": one["kind"], "name": one["metadata"]["name"],
            "uid": one["metadata"]["uid"], "controller": True}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Pod"])
def test_it_is_held_back_until_migrated(api, namespace, tmp_path, kind):
    api.create(migrator("web", namespace, script=f"{GATE}; echo ran >>/shared/log"))
    api.create(with_folder(workload(kind, "web", namespace, "myapp:v1"), tmp_path))
    job = wait_for_job(api, "web", namespace)
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == "myapp:v1"
    held, = until(lambda: pods_of(api, "web", namespace), "there is a pod", PATIENCE)
    assert list(waiters(held)) == ["migrate-wait-web"] and held["status"]["phase"] == "Pending"
    assert "waiter" not in str(job) and "nodeName" not in job["spec"]["template"]["spec"]
    (tmp_path / "go").touch()
    wait_until_running(api, "web", namespace)
    assert lines(tmp_path / "log") == ["ran"]


def test_a_cron_job_is_migrated_for_before_its_time(api, namespace, tmp_path):
    """Its pods come seldom; the first of them need not wait."""
    api.create(migrator("web", namespace, script="echo ran >>/shared/log"))
    cron = api.create(with_folder(workload("CronJob", "web", namespace, "myapp:v1"), tmp_path))
    due = with_folder(workload("Job", "web-1", namespace, "myapp:v1", labels={"app": "web"}), tmp_path)
    due["metadata"]["ownerReferences"] = [controller(cron)]
    api.create(due)
    wait_until_running(api, "web", namespace)
    entry, = api.get(KIND, "web", namespace)["status"]["migrated"]
    assert entry["workload"] == "CronJob/web" and lines(tmp_path / "log") == ["ran"]


@pytest.mark.parametrize("by_reference", [False, True], ids=["template", "workloadRef"])
def test_a_rollout_of_argo(api, namespace, by_reference):
    """C17, C18: the pods' own image is the one before."""
    template = workload("Deployment", "web", namespace, "myapp:v2", replicas=0)["spec"]["template"]
    if by_reference:
        made = workload("Deployment", "web", namespace, "myapp:v2", replicas=0)
        # It does not count by itself, as long as no pod has been seen.
        made["spec"]["selector"]["matchLabels"] = made["spec"]["template"]["metadata"]["labels"] = {"of": "argo"}
        api.create(made)
        spec = {"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}
    else:
        spec = {"template": template}
    rollout = api.create({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": spec,
                          "metadata": {"name": "web", "namespace": namespace}})
    held = workload("ReplicaSet", "web-1", namespace, "myapp:v1", labels={"app": "web", "hash": "1"})
    held["metadata"]["ownerReferences"] = [controller(rollout)]
    api.create(held)
    api.create(migrator("web", namespace, script="sleep 3600"))
    job = wait_for_job(api, "web", namespace)
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == "myapp:v2"
    assert job["metadata"]["annotations"]["migrations.coderanger.net/workload"] == "Rollout/web"


def test_a_stateful_set_in_the_midst_of_a_rollout(kubernetes, api, namespace):
    """Its pods of the version before never ask for their own."""
    api.create(migrator("web", namespace, script="exit 0"))
    api.create(workload("StatefulSet", "web", namespace, "myapp:v1", replicas=2))
    wait_until_running(api, "web", namespace, 2)
    kubernetes.kubectl("set", "image", "statefulset/web", "main=myapp:v2", namespace=namespace).ok()
    api.wait_for(KIND, "web", namespace, is_migrated("myapp:v2"), timeout=PATIENCE)
    until(lambda: {one["spec"]["containers"][0]["image"] for one in wait_until_running(api, "web", namespace, 2)}
          == {"myapp:v2"}, "all have the next version", PATIENCE)
    wait_for_condition(api, "web", namespace, reason="MigrationsUpToDate", message="Migration myapp:v2 already run")
    assert [run["identity"] for run in api.get(KIND, "web", namespace)["status"]["history"]] == ["myapp:v2", "myapp:v1"]


def test_another_template_of_the_same_image(kubernetes, api, namespace, tmp_path):
    """trigger: template"""
    api.create(migrator("web", namespace, script='echo "$STEP" >>/shared/log', trigger="template"))
    api.create(with_folder(workload("Deployment", "web", namespace, "myapp:v1"), tmp_path))
    wait_until_running(api, "web", namespace)
    kubernetes.kubectl("set", "env", "deployment/web", "STEP=two", namespace=namespace).ok()
    until(lambda: lines(tmp_path / "log") == ["", "two"], "it was run again", PATIENCE)
    until(lambda: len(migrated(api.get(KIND, "web", namespace))) == 2, "it was recorded", PATIENCE)
    running, = wait_until_running(api, "web", namespace)
    wanted = next(word for word in waiters(running)["migrate-wait-web"]["command"] if word.startswith("--identity="))
    assert wanted.removeprefix("--identity=") in migrated(api.get(KIND, "web", namespace)) and "myapp:v1@" in wanted


def test_replicas_are_added_without_another_migration(kubernetes, api, namespace, tmp_path):
    api.create(migrator("web", namespace, script="echo ran >>/shared/log"))
    api.create(with_folder(workload("Deployment", "web", namespace, "myapp:v1"), tmp_path))
    wait_until_running(api, "web", namespace)
    kubernetes.kubectl("scale", "deployment/web", "--replicas=3", namespace=namespace).ok()
    wait_until_running(api, "web", namespace, 3)
    assert lines(tmp_path / "log") == ["ran"]
    assert api.list("Pod", namespace, fieldSelector="status.phase=Failed") == []
    assert phase("Running")(pods_of(api, "web", namespace)[0])
