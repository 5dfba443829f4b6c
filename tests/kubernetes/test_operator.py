"""What migrations-operator does, done by the operator on a real cluster: its conditions and events word for word, its Jobs.

The cases are named as in the list of its own tests: C of its controller, M of both parts together.
"""

import pytest

from support.kubernetes.api import condition, gone
from support.kubernetes.manifests import phase
from support.kubernetes.migrators import GATE, GROUP, KIND, application, migrator, with_folder, workload
from support.kubernetes.observed import (PATIENCE, is_migrated, lines, pods_of, wait_for_condition, wait_for_event,
                                         wait_for_job, wait_until_running)


@pytest.fixture
def api(kubernetes, operator):
    return kubernetes.api


def set_image(kubernetes, namespace, kind, name, image):
    kubernetes.kubectl("set", "image", f"{kind}/{name}", f"main={image}", namespace=namespace).ok()


def test_without_pods_nothing_is_known(api, namespace):
    """C01, C02"""
    api.create(workload("Pod", "another", namespace))
    api.create(migrator("web", namespace))
    found = wait_for_condition(api, "web", namespace, status="Unknown", reason="Unknown")
    assert found["message"] == "" and api.list("Job", namespace) == []


def test_no_template_among_the_pods(api, namespace):
    """C03"""
    api.create(workload("Pod", "web", namespace))
    api.create(migrator("web", namespace, templateSelector={"matchLabels": {"role": "template"}}))
    wait_for_condition(api, "web", namespace, status="False", reason="Error", message="no template pods found")
    assert api.list("Job", namespace) == []


def test_m01_started_running_succeeded_up_to_date(api, namespace, tmp_path):
    """C04, C05, C07, M01"""
    api.create(migrator("testing", namespace, script=f"{GATE}; echo ran >>/shared/log"))
    api.create(with_folder(workload("Deployment", "testing", namespace, "myapp:latest"), tmp_path))
    job = f"{namespace}/testing-migrations"
    wait_for_event(api, "testing", namespace, "Normal", "MigrationsStarted",
                   f"Started migration job {job} using image myapp:latest")
    made = wait_for_job(api, "testing", namespace)
    container, = made["spec"]["template"]["spec"]["containers"]
    assert (container["name"], container["image"]) == ("migrations", "myapp:latest")
    owner, = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["controller"], owner["blockOwnerDeletion"]) == (KIND, "testing", True, True)
    wait_for_condition(api, "testing", namespace, status="False", reason="MigrationsRunning",
                       message=f"Migration job {job} using image myapp:latest still running")
    wait_for_condition(api, "testing", namespace, "Ready", status="False", reason="CompositeNotReady")
    wait_for_condition(api, "testing", namespace, "Reconciling", status="True")
    held, = pods_of(api, "testing", namespace)
    assert held["status"]["phase"] == "Pending"
    (tmp_path / "go").touch()
    api.wait_for("Deployment", "testing", namespace, condition("Available"), timeout=PATIENCE)
    wait_for_event(api, "testing", namespace, "Normal", "MigrationsSucceeded",
                   f"Migration job {job} using image myapp:latest succeeded")
    api.wait_for("Job", "testing-migrations", namespace, gone, timeout=PATIENCE)
    wait_for_condition(api, "testing", namespace, status="True", reason="MigrationsUpToDate",
                       message="Migration myapp:latest already run")
    wait_for_condition(api, "testing", namespace, "Ready", status="True", reason="CompositeReady",
                       message="ReadyStatusComponent observed correct status of MigrationsReady")
    wait_for_condition(api, "testing", namespace, "Reconciling", status="False")
    wait_for_condition(api, "testing", namespace, "Stalled", status="False")
    status = api.get(KIND, "testing", namespace)["status"]
    assert status["lastSuccessfulMigration"] == "myapp:latest"
    run, = status["history"]
    assert run["outcome"] == "Succeeded" and run["durationSeconds"] >= 0
    assert lines(tmp_path / "log") == ["ran"]


def test_m01_the_next_version_is_migrated_and_the_one_before_still_starts(kubernetes, api, namespace, tmp_path):
    """M01; and a pod of the version before does not wait for ever."""
    api.create(migrator("web", namespace, script="echo ran >>/shared/log"))
    api.create(with_folder(workload("Deployment", "web", namespace, "myapp:v1"), tmp_path))
    wait_until_running(api, "web", namespace)
    set_image(kubernetes, namespace, "deployment", "web", "myapp:v2")
    done = api.wait_for(KIND, "web", namespace, is_migrated("myapp:v2"), timeout=PATIENCE)
    assert done["status"]["lastSuccessfulMigration"] == "myapp:v2" and is_migrated("myapp:v1")(done)
    api.create(workload("Pod", "left-over", namespace, "myapp:v1", labels={"app": "web"}))
    api.wait_for("Pod", "left-over", namespace, phase("Running"), timeout=PATIENCE)
    wait_for_condition(api, "web", namespace, status="True", reason="MigrationsUpToDate")
    assert lines(tmp_path / "log") == ["ran", "ran"]


def test_what_the_spec_says_of_the_job(api, namespace):
    """C09..C12, C14..C16: in one Job."""
    sidecar = application("other:v1", name="sidecar")
    main = application("myapp:v2", name="app", readinessProbe={"exec": {"command": ["false"]}})
    api.create(workload("Pod", "one", namespace, labels={"app": "web", "role": "one"}, containers=[sidecar]))
    api.create(workload("Pod", "two", namespace, labels={"app": "web", "role": "two"}, containers=[sidecar, main]))
    api.create(migrator("web", namespace, metadata={"labels": {"team": "a"}}, container="app", image="other:v3",
                        templateSelector={"matchLabels": {"role": "two"}}, command=["sh"], args=["-c", "sleep 3600"],
                        labels={"key1": "value1"}, annotations={"key2": "value2"}, backoffLimit=1))
    job = wait_for_job(api, "web", namespace)
    template = job["spec"]["template"]
    container, = template["spec"]["containers"]
    assert (container["image"], container["command"], container["args"]) == ("other:v3", ["sh"], ["-c", "sleep 3600"])
    assert "readinessProbe" not in container and template["spec"]["restartPolicy"] == "Never"
    assert template["metadata"]["labels"].items() >= {"key1": "value1", "migrations": "web"}.items()
    assert template["metadata"]["annotations"].items() >= {f"{GROUP}/no-wait": "true", "key2": "value2"}.items()
    assert job["metadata"]["labels"] == {"team": "a"} and job["spec"]["backoffLimit"] == 1


def test_an_image_of_its_own_lets_the_application_start(api, namespace):
    """spec.image: what is run differs from what pods wait for."""
    api.create(migrator("web", namespace, script="exit 0", image="other:v1"))
    api.create(workload("Deployment", "web", namespace, "myapp:v1"))
    wait_until_running(api, "web", namespace)
    assert api.get(KIND, "web", namespace)["status"]["lastSuccessfulMigration"] == "other:v1"


def test_two_workloads_of_one_migrator_each_get_their_job(api, namespace, tmp_path):
    """One Job each, and not one after the other for ever."""
    for name, image in (("web", "myapp:v1"), ("worker", "other:v1")):
        made = with_folder(workload("Deployment", name, namespace, image, labels={"part": name}), tmp_path)
        made["spec"]["selector"]["matchLabels"] = {"part": name}
        made["spec"]["template"]["metadata"]["labels"] = {"part": name, "app": "both"}
        api.create(made)
    api.create(migrator("both", namespace, script="echo ran >>/shared/log"))
    api.wait_for(KIND, "both", namespace, lambda one: all(is_migrated(image)(one) for image in ("myapp:v1", "other:v1")),
                 timeout=PATIENCE)
    wait_until_running(api, "both", namespace, 2)
    wait_for_condition(api, "both", namespace, status="True", reason="MigrationsUpToDate")
    assert lines(tmp_path / "log") == ["ran", "ran"]


def test_a_migrator_that_is_to_be_left_alone(api, namespace):
    skipped = {"annotations": {"controller-utils/skip-reconcile": "true"}}
    api.create(migrator("alone", namespace, "web", script="exit 0", metadata=skipped))
    api.create(migrator("web", namespace, script="exit 0"))
    api.create(workload("Pod", "web", namespace))
    wait_for_condition(api, "web", namespace, status="True")
    assert "status" not in api.get(KIND, "alone", namespace)
    api.patch(KIND, "alone", {"metadata": {"annotations": {"controller-utils/skip-reconcile": None}}}, namespace)
    wait_until_running(api, "web", namespace)
