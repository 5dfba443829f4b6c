"""What stands between an operator and the API server in other tests."""

import pytest

from support.kubernetes.api import Api
from support.kubernetes.api_proxy import Answer, ApiProxy, Cut, Request
from support.waiting import until


@pytest.fixture
def proxy(kubernetes):
    with ApiProxy(kubernetes) as proxy:
        yield proxy


@pytest.fixture
def robot(kubernetes, proxy, namespace):
    """kubectl through the proxy, as a ServiceAccount that may do everything in its namespace."""
    kubernetes.kubectl("create", "rolebinding", "robot", "--clusterrole=admin", f"--serviceaccount={namespace}:default",
                       namespace=namespace).ok()
    kubeconfig = kubernetes.kubeconfig_of(namespace, "default", server=proxy.url)

    def kubectl(*words):
        return kubernetes.kubectl(*words, kubeconfig=kubeconfig)

    until(lambda: kubectl("get", "configmaps").code == 0, "the role is in force")
    return kubectl


@pytest.mark.parametrize("path, resource", [
    ("/api/v1/namespaces/n/pods/p", "pods"), ("/api/v1/pods", "pods"), ("/api/v1/namespaces/n", "namespaces"),
    ("/apis/batch/v1/namespaces/n/jobs", "jobs"), ("/apis/x/v1/namespaces/n/migrators/m/status", "migrators/status"),
    ("/healthz", "healthz")])
def test_what_a_request_is_about(path, resource):
    assert Request("GET", path, {}, b"").resource == resource


def test_a_request_passes_or_is_answered_in_between(kubernetes, proxy, robot, namespace):
    robot("create", "configmap", "one", "--from-literal=a=b").ok()
    assert kubernetes.api.get("ConfigMap", "one", namespace)["data"] == {"a": "b"}
    proxy.before = lambda request: Answer.refusal(409, "Conflict", "later") if request.method == "POST" else None
    refused = robot("create", "configmap", "two")
    assert refused.code == 1 and "later" in refused.stderr and kubernetes.api.find("ConfigMap", "two", namespace) is None


def test_a_request_is_cut_before_it_arrives_or_after_it_had_its_effect(kubernetes, proxy, robot, namespace):
    def cut(*_):
        raise Cut

    proxy.before = lambda request: cut() if request.method == "POST" else None
    assert robot("create", "configmap", "never").code == 1
    proxy.pass_everything()
    proxy.after = lambda request, status: cut() if request.method == "POST" else None
    assert robot("create", "configmap", "done").code == 1
    assert kubernetes.api.find("ConfigMap", "never", namespace) is None
    assert kubernetes.api.find("ConfigMap", "done", namespace)


def test_watches_are_spoilt_and_cut(kubernetes, proxy, robot, namespace):
    robot("create", "configmap", "seen").ok()
    through = Api(proxy.url, kubernetes.authority, kubernetes.api.token_for(namespace, "default"))
    events = iter(through.watch("ConfigMap", namespace))
    assert next(events)[0] == "ADDED"
    proxy.on_line = lambda request, line: b'{"type": "SPOILT", "object": {}}\n'
    robot("create", "configmap", "spoilt").ok()
    # What there was before may still come as it is.
    until(lambda: next(events) == ("SPOILT", {}), "a line is another one")
    proxy.cut_watches()
    assert {what for what, _ in events} <= {"SPOILT"}  # and it ends
    assert proxy.watches_cut == 1
