"""The document "Migrations-Operator", on a real cluster."""

import pytest
import yaml

from support.kubernetes.installed_operator import DEPLOYMENT, NAMESPACE
from support.kubernetes.migrators import GATE, KIND, application, migrator, with_folder, workload
from support.kubernetes.observed import (PATIENCE, is_migrated, lines, pods_of, wait_for_condition, wait_for_job,
                                         wait_until_running, waiters)
from support.waiting import until

QUICK_START = """
apiVersion: migrations.coderanger.net/v1beta1
kind: Migrator
metadata:
  name: mymigrations
spec:
  selector:
    matchLabels:
      app: myapp
  command:
  - python
  - manage.py
  - migrate
"""


@pytest.fixture
def api(kubernetes, operator):
    return kubernetes.api


@pytest.fixture
def job(api, namespace):
    """The pod template of the Job of a Migrator with this spec, and its one container, for a pod of two containers."""
    def of(**spec):
        pod = workload("Pod", "myapp", namespace, containers=[
            application("myapp:v1", name="web", command=["run"], args=["web"]), application("other:v1", name="side")],
            initContainers=[application("other:v2", name="prepare", script="exit 0")])
        pod["spec"]["containers"][0]["livenessProbe"] = pod["spec"]["containers"][0]["readinessProbe"] = {
            "exec": {"command": ["true"]}}
        api.create(pod)
        api.create(migrator("mymigrations", namespace, "myapp", **spec))
        template = wait_for_job(api, "mymigrations", namespace)["spec"]["template"]
        container, = template["spec"]["containers"]
        return template, container
    return of


def test_it_is_installed(api):
    assert api.get("CustomResourceDefinition", "migrators.migrations.coderanger.net")
    status = api.get("Deployment", DEPLOYMENT, NAMESPACE)["status"]
    assert status["readyReplicas"] == status["replicas"]


def test_the_quick_start(kubernetes, api, namespace):
    kubernetes.kubectl("apply", "-f", "-", input=QUICK_START, namespace=namespace).ok()
    api.create(workload("Deployment", "myapp", namespace))
    container, = wait_for_job(api, "mymigrations", namespace)["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["python", "manage.py", "migrate"] and container["image"] == "myapp:v1"
    # With no field beside those, everything else of it is as it was.
    asked = yaml.safe_load(QUICK_START)["spec"]
    assert api.get(KIND, "mymigrations", namespace)["spec"].items() >= asked.items()


def test_all_future_deployment_changes(kubernetes, api, namespace, tmp_path):
    api.create(migrator("mymigrations", namespace, "myapp", script="echo ran >>/shared/log"))
    api.create(with_folder(workload("Deployment", "myapp", namespace, "myapp:v1"), tmp_path))
    for version in ("v1", "v2", "v3"):
        kubernetes.kubectl("set", "image", "deployment/myapp", f"main=myapp:{version}", namespace=namespace).ok()
        api.wait_for(KIND, "mymigrations", namespace, is_migrated(f"myapp:{version}"), timeout=PATIENCE)
        kubernetes.kubectl("rollout", "status", "deployment/myapp", f"--timeout={PATIENCE}s", namespace=namespace,
                           timeout=2 * PATIENCE).ok()
    assert lines(tmp_path / "log") == ["ran"] * 3


def test_selector(api, namespace):
    api.create(migrator("mymigrations", namespace, "myapp"))
    api.create(workload("Pod", "another", namespace))
    wait_for_condition(api, "mymigrations", namespace, status="Unknown")
    assert api.list("Job", namespace) == []
    api.create(workload("Pod", "myapp", namespace))
    assert wait_for_job(api, "mymigrations", namespace)


def test_template_selector(api, namespace):
    for name, image in (("one", "myapp:v1"), ("two", "myapp:v2")):
        api.create(workload("Pod", name, namespace, image, labels={"app": "myapp", "role": name}))
    api.create(migrator("mymigrations", namespace, "myapp", templateSelector={"matchLabels": {"role": "two"}}))
    container, = wait_for_job(api, "mymigrations", namespace)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "myapp:v2"


def test_command(job):
    assert job(command=["migrate"])[1]["command"] == ["migrate"]


def test_args(job):
    _, container = job(args=["--all"])
    assert (container["command"], container["args"]) == (["run"], ["--all"])


def test_image(job):
    assert job(image="other:v3")[1]["image"] == "other:v3"


def test_container(job):
    assert job(container="side")[1]["image"] == "other:v1"


def test_labels(job):
    assert job(labels={"team": "a"})[0]["metadata"]["labels"]["team"] == "a"


def test_annotations(job):
    assert job(annotations={"why": "because"})[0]["metadata"]["annotations"]["why"] == "because"


def test_one_container_and_its_init_containers(job):
    template, container = job()
    assert container["image"] == "myapp:v1"
    assert [one["name"] for one in template["spec"]["initContainers"]] == ["prepare"]


def test_probes_are_ignored(job):
    _, container = job()
    assert "livenessProbe" not in container and "readinessProbe" not in container


def test_the_controller_launches_a_job(kubernetes, api, namespace):
    api.create(migrator("mymigrations", namespace, "myapp", script="exit 0"))
    api.create(workload("Deployment", "myapp", namespace, "myapp:v1"))
    wait_until_running(api, "myapp", namespace)
    kubernetes.kubectl("set", "image", "deployment/myapp", "main=myapp:v2", namespace=namespace).ok()
    api.wait_for(KIND, "mymigrations", namespace, is_migrated("myapp:v2"), timeout=PATIENCE)


def test_the_waiter_stalls_a_pod(api, namespace, tmp_path):
    api.create(migrator("mymigrations", namespace, "myapp", script=f"echo begins >>/shared/log; {GATE}"))
    wait_for_condition(api, "mymigrations", namespace, status="Unknown")
    api.create(with_folder(workload("Pod", "myapp", namespace, "myapp:v1"), tmp_path))
    until(lambda: lines(tmp_path / "log") == ["begins"], "the migration runs", PATIENCE)
    assert pods_of(api, "myapp", namespace)[0]["status"]["phase"] == "Pending"
    (tmp_path / "go").touch()
    wait_until_running(api, "myapp", namespace)


def test_the_injector_adds_the_waiter(api, namespace):
    api.create(migrator("mymigrations", namespace, "myapp", script="exit 0"))
    wait_for_condition(api, "mymigrations", namespace, status="Unknown")
    assert list(waiters(api.create(workload("Pod", "myapp", namespace)))) == ["migrate-wait-mymigrations"]
    assert waiters(api.create(workload("Pod", "another", namespace))) == {}


def test_configuration_is_the_pods_own(api, namespace, tmp_path):
    """Applied like everything else, by nobody in particular."""
    where = {"name": "settings", "namespace": namespace}
    api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": where, "data": {"schema": "shop"}})
    api.create({"apiVersion": "v1", "kind": "Secret", "metadata": where, "stringData": {"password": "s3cret"}})
    api.create(migrator("mymigrations", namespace, "myapp", script='echo "$SCHEMA $(cat /etc/settings/password)" >/shared/log'))
    env = {"SCHEMA": {"configMapKeyRef": {"name": "settings", "key": "schema"}}}
    made = with_folder(workload("Deployment", "myapp", namespace, containers=[
        application(env=env, mounts={"settings": "/etc/settings"})]), tmp_path)
    made["spec"]["template"]["spec"]["volumes"].append({"name": "settings", "secret": {"secretName": "settings"}})
    api.create(made)
    wait_until_running(api, "myapp", namespace)
    assert lines(tmp_path / "log") == ["shop s3cret"]


def test_four_replicas_one_job(api, namespace, tmp_path):
    api.create(migrator("mymigrations", namespace, "myapp", script="echo ran >>/shared/log"))
    api.create(with_folder(workload("Deployment", "myapp", namespace, replicas=4), tmp_path))
    wait_until_running(api, "myapp", namespace, 4)
    assert lines(tmp_path / "log") == ["ran"]
