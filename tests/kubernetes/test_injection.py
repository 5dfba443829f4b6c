"""What the webhook does to pods on their way into a real cluster, and what the ready API says of them: W, H and R of the list
of migrations-operator's own tests."""

import http.client
import itertools
import json

import pytest

from support.kubernetes.api import ApiError
from support.kubernetes.fixtures import end_namespace, new_namespace
from support.kubernetes.installed_operator import NAMESPACE, PREFIX
from support.kubernetes.manifests import phase
from support.kubernetes.migrators import KIND, application, migrator, workload
from support.kubernetes.observed import PATIENCE, wait_until_running, waiters
from support.waiting import until

API = f"{PREFIX}api-service.{NAMESPACE}.svc:5000"
_numbers = itertools.count(1)


@pytest.fixture
def api(kubernetes, operator):
    return kubernetes.api


@pytest.fixture
def seen(api):
    """Makes a Migrator, and waits until the webhook knows it: one that is not migrated for."""
    def make(name, namespace, *words, **spec):
        api.create(migrator(name, namespace, *words, **{"suspend": True, **spec}))
        api.wait_for(KIND, name, namespace, lambda one: one.get("status"), timeout=PATIENCE)
        return name
    return make


def made(api, *words, **more):
    return api.create(workload("Pod", *words, **more))


def test_without_a_migrator_nothing_is_injected(api, namespace):
    """W01, W02"""
    init = application(name="mine", script="exit 0")
    one = made(api, "web", namespace, initContainers=[init])
    assert [container["name"] for container in one["spec"]["initContainers"]] == ["mine"]
    assert "initContainers" not in made(api, "other", namespace)["spec"]


def test_the_waiter_goes_in_first(api, operator, seen, namespace):
    """W03, W07"""
    seen("testing", namespace, "web")
    one = made(api, "web", namespace, "myapp:v1", initContainers=[application(name="mine", script="exit 0")])
    waiter, mine = one["spec"]["initContainers"]
    assert (waiter["name"], mine["name"]) == ("migrate-wait-testing", "mine")
    assert waiter["command"][:5] == ["/waiter", "myapp:v1", namespace, "testing", API]
    assert all(word.startswith("--") for word in waiter["command"][5:])
    context = waiter["securityContext"]
    assert context["runAsNonRoot"] and context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"]
    assert context["capabilities"] == {"drop": ["ALL"]} and waiter["resources"]["limits"]
    assert waiters(made(api, "another", namespace)) == {}


@pytest.mark.parametrize("container, image", [("second", "other:v1"), ("missing", "myapp:v1"), (None, "myapp:v1")])
def test_which_image_is_waited_for(api, seen, namespace, container, image):
    """W04, W05, W06"""
    seen("testing", namespace, "web", **({"container": container} if container else {}))
    containers = [application("myapp:v1", name="first"), application("other:v1", name="second")]
    one = made(api, "web", namespace, containers=containers)
    assert waiters(one)["migrate-wait-testing"]["command"][1] == image


def test_a_pod_that_requires_a_migrator(api, seen, namespace):
    """W08"""
    required = {"migrations.coderanger.net/required": "true"}
    with pytest.raises(ApiError, match="no migrators found matching pod"):
        made(api, "web", namespace, annotations=required)
    seen("web", namespace)
    assert waiters(made(api, "web", namespace, annotations=required))


def test_a_pod_that_must_not_wait(api, seen, namespace):
    seen("web", namespace)
    one = made(api, "web", namespace, annotations={"migrations.coderanger.net/no-wait": "true"})
    assert waiters(one) == {}


def test_several_migrators_and_names_that_no_container_may_have(api, seen, namespace):
    long = "a." + "b" * 60
    for name in ("one", long):
        seen(name, namespace, "web")
    names = sorted(waiters(made(api, "web", namespace)))
    assert len(names) == 2 and "migrate-wait-one" in names and all(len(name) <= 63 for name in names)


def test_an_injected_pod_can_be_labelled(kubernetes, api, seen, namespace):
    """The webhook is not asked about what is there already: it could not add anything."""
    made(api, "before", namespace, labels={"app": "web"})
    seen("web", namespace)
    assert waiters(made(api, "web", namespace))
    for name in ("web", "before"):
        kubernetes.kubectl("label", "pod", name, "colour=green", namespace=namespace).ok()
        kubernetes.kubectl("annotate", "pod", name, "why=because", namespace=namespace).ok()


def test_pods_of_a_controller_in_a_namespace_that_they_do_not_name(api, seen, namespace):
    """A ReplicaSet's pods have generateName, and no namespace of their own in the review."""
    seen("web", namespace, suspend=False, script="exit 0")
    api.create(workload("Deployment", "web", namespace))
    one, = wait_until_running(api, "web", namespace)
    assert waiters(one)["migrate-wait-web"]["command"][2] == namespace


def test_a_namespace_that_does_not_ask_for_it(kubernetes, api):
    """failurePolicy Ignore: who was asked may not have heard of the Migrator yet, and does not wait for that."""
    namespace = "not-required"
    new_namespace(kubernetes, namespace)
    api.create(migrator("web", namespace, suspend=True))

    def injected():
        return all(waiters(made(api, f"web-{next(_numbers)}", namespace, labels={"app": "web"})) for _ in range(4))

    until(injected, "every replica injects", PATIENCE, pause=0.2)
    end_namespace(kubernetes, namespace)


def test_a_pod_does_not_wait_for_a_migrator_that_has_gone(api, seen, namespace):
    seen("web", namespace)
    made(api, "web", namespace)
    waiting = api.wait_for("Pod", "web", namespace, lambda one: any(
        "running" in status["state"] for status in one["status"].get("initContainerStatuses", [])), timeout=PATIENCE)
    assert phase("Pending")(waiting)
    api.delete(KIND, "web", namespace)
    api.wait_for("Pod", "web", namespace, phase("Running"), timeout=PATIENCE)


def ask(api, method, path, body=None):
    """(status, body) of the ready API's answer, through its Service."""
    service = api.get("Service", f"{PREFIX}api-service", NAMESPACE)
    connection = http.client.HTTPConnection(service["spec"]["clusterIP"], 5000, timeout=30)
    try:
        connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_what_the_ready_api_says(api, namespace):
    """H01, R01, R02, R03"""
    api.create(migrator("testing", namespace, "web", script="exit 0"))
    made(api, "web", namespace, "myapp:v1")
    wait_until_running(api, "web", namespace)

    def ready(image, name="testing"):
        return ask(api, "POST", "/api/ready", {"targetImage": image, "migratorNamespace": namespace, "migratorName": name})

    assert ask(api, "GET", "/")[0] == 404
    assert ready("myapp:v1", "missing") == (200, "false") and ready("myapp:v2") == (200, "false")
    # Each replica hears of it by itself.
    until(lambda: all(ready("myapp:v1") == (200, "true") for _ in range(4)), "every replica knows", PATIENCE)
    assert ask(api, "POST", "/api/ready", ["no object"])[0] == 400
