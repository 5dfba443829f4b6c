"""The control plane that other tests stand on is a real one."""

import base64
import itertools
import os
import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from support.account import free_port
from support.kubernetes.api import JSON_PATCH, ApiError, condition
from support.kubernetes.image import Image
from support.kubernetes.manifests import container, pod
from support.tls import Certificates
from support.waiting import until

RUN = Path(__file__).resolve().parents[1] / "support" / "kubernetes" / "run.py"


def test_one_by_hand_and_kept(tmp_path):
    """What CONTRIBUTING.md tells people to type."""
    command = subprocess.Popen([RUN], stdout=subprocess.PIPE, text=True, env={**os.environ, "DUNLIN_KEEP_TEST_DB": "1"})
    kubeconfig = command.stdout.readline().strip().removeprefix("export KUBECONFIG=")
    kubectl = ["kubectl", "--kubeconfig", kubeconfig, "--cache-dir", tmp_path]
    subprocess.run([*kubectl, "run", "hello", "--image=busybox", "--restart=Never", "--", "sleep", "3600"], check=True)
    subprocess.run([*kubectl, "wait", "--for=condition=Ready", "pod/hello", "--timeout=60s"], check=True)
    command.send_signal(signal.SIGINT)
    said, _ = command.communicate(timeout=60)
    assert command.returncode == 130
    ending = re.search(r"end it with  (kill [\d ]+; rm -r \S+ \S+)$", said, re.M)[1]
    pids = [int(word) for word in ending.partition(";")[0].split()[1:]]
    subprocess.run([*kubectl, "get", "pods"], check=True)
    shutil.rmtree(re.search(r"what pods said, in (\S+)/pods$", said, re.M)[1])
    subprocess.run(ending, shell=True, check=True)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "all have ended")
    assert len(pids) == 3 and not Path(kubeconfig).exists()


def test_a_service_account_may_do_what_it_was_given_and_no_more(kubernetes, nodes, namespace):
    for words in (["serviceaccount", "robot"], ["role", "reader", "--verb=get,list", "--resource=configmaps"],
                  ["rolebinding", "robot", "--role=reader", f"--serviceaccount={namespace}:robot"]):
        kubernetes.kubectl("create", *words, namespace=namespace).ok()
    robot = kubernetes.api_of(namespace, "robot")
    until(lambda: allowed(lambda: robot.list("ConfigMap", namespace)), "the role is in force")
    assert not allowed(lambda: robot.list("Secret", namespace)) and not allowed(lambda: robot.list("ConfigMap", "default"))
    told = kubernetes.kubectl("get", "secrets", kubeconfig=kubernetes.kubeconfig_of(namespace, "robot"))
    assert told.code == 1 and f'User "system:serviceaccount:{namespace}:robot" cannot list resource "secrets"' in told.stderr


def allowed(action):
    try:
        action()
        return True
    except ApiError as problem:
        assert (problem.status, problem.reason) == (403, "Forbidden")
        return False


def test_a_client_certificate_names_its_user(kubernetes):
    admin = kubernetes.api_with_certificate("root", "system:masters")
    assert admin.list("Node")
    nobody = kubernetes.api_with_certificate("nobody")
    assert not allowed(lambda: nobody.list("Node"))


def test_a_custom_resource_keeps_what_its_schema_has(kubernetes, namespace):
    schema = {"type": "object", "properties": {
        "spec": {"type": "object", "properties": {"size": {"type": "integer", "default": 3}}},
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
    kubernetes.api.create({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "boats.test.example"},
        "spec": {"group": "test.example", "scope": "Namespaced",
                 "names": {"plural": "boats", "singular": "boat", "kind": "Boat"},
                 "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema},
                               "subresources": {"status": {}}}]}})
    kubernetes.api.wait_for("CustomResourceDefinition", "boats.test.example", None, condition("Established"))
    boat = {"apiVersion": "test.example/v1", "kind": "Boat", "metadata": {"name": "a", "namespace": namespace}}
    until(lambda: kubernetes.kubectl("get", "boats", namespace=namespace).code == 0, "it is served")
    made = kubernetes.api.create({**boat, "spec": {"colour": "red"}, "status": {"afloat": True}})
    assert made["spec"] == {"size": 3} and "status" not in made
    kubernetes.api.patch("Boat", "a", {"status": {"afloat": True}}, namespace, "status")
    kubernetes.api.patch("Boat", "a", [{"op": "replace", "path": "/spec/size", "value": 4}], namespace, form=JSON_PATCH)
    kept = kubernetes.api.get("Boat", "a", namespace)
    assert kept["spec"] == {"size": 4} and kept["status"] == {"afloat": True}
    with pytest.raises(ApiError, match="spec.size") as refused:
        kubernetes.api.patch("Boat", "a", {"spec": {"size": "big"}}, namespace)
    assert refused.value.status == 422


WEBHOOK = """
import base64, http.server, json, ssl

class Labels(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = review["request"]
        patch = json.dumps([{"op": "add", "path": "/metadata/labels", "value": {"seen": request["operation"].lower()}}])
        review["response"] = {"uid": request["uid"], "allowed": True, "patchType": "JSONPatch",
                              "patch": base64.b64encode(patch.encode()).decode()}
        body = json.dumps(review).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tls/tls.crt", "/tls/tls.key")
server = http.server.ThreadingHTTPServer(("", PORT), Labels)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


@pytest.fixture
def webhook(kubernetes, nodes, namespace):
    """A pod that labels what it is asked about, and its Service: (port, its authority in base64)."""
    port = free_port()
    certificates = Certificates(f"hook.{namespace}.svc", ["127.0.0.1"])
    kubernetes.kubectl("create", "secret", "tls", "hook", f"--cert={certificates.server_certificate}",
                       f"--key={certificates.server_key}", namespace=namespace).ok()
    nodes.images["hook"] = Image(["/usr/bin/python3", "-c", WEBHOOK.replace("PORT", str(port))])
    made = pod("hook", namespace, container("hook", mounts={"tls": "/tls"}, readinessProbe={"tcpSocket": {"port": port}}))
    made["spec"]["volumes"] = [{"name": "tls", "secret": {"secretName": "hook"}}]
    kubernetes.api.create(made)
    kubernetes.api.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "hook", "namespace": namespace},
                           "spec": {"selector": {"app": "hook"}, "ports": [{"port": 443, "targetPort": port}]}})
    kubernetes.api.wait_for("Pod", "hook", namespace, condition("Ready"))
    yield port, base64.b64encode(certificates.authority.read_bytes()).decode()
    certificates.close()


@pytest.mark.parametrize("called_by", ["url", "service"])
def test_a_mutating_webhook_is_asked(kubernetes, namespace, webhook, called_by):
    port, authority = webhook
    where = {"url": f"https://127.0.0.1:{port}/label", "service": {"namespace": namespace, "name": "hook", "path": "/label"}}
    kubernetes.api.create({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": "labels"},
        "webhooks": [{
            "name": "labels.test.example", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail",
            "clientConfig": {called_by: where[called_by], "caBundle": authority},
            "objectSelector": {"matchLabels": {"hooked": namespace}},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]}]})

    def labels_of_a_new_one():
        metadata = {"generateName": "c-", "namespace": namespace, "labels": {"hooked": namespace}}
        return kubernetes.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})["metadata"]["labels"]

    try:
        until(lambda: labels_of_a_new_one() == {"seen": "create"}, "the server knows of the webhook")
    finally:
        kubernetes.api.delete("MutatingWebhookConfiguration", "labels")


def test_waiting_has_an_end_though_things_go_on_happening(kubernetes, namespace):
    kubernetes.kubectl("create", "configmap", "busy", namespace=namespace).ok()
    ended = threading.Event()

    def change():
        for number in itertools.count():
            if ended.wait(0.1):
                return
            kubernetes.api.patch("ConfigMap", "busy", {"data": {"number": str(number)}}, namespace)

    changer = threading.Thread(target=change)
    changer.start()
    try:
        with pytest.raises(AssertionError, match=r"(?s)not within 1 s: ConfigMap .*/busy, which is.*number: "):
            kubernetes.api.wait_for("ConfigMap", "busy", namespace, lambda one: "never" in one.get("data", {}), timeout=1)
    finally:
        ended.set()
        changer.join()
