"""The control plane that other tests stand on is a real one."""

import base64
import json
import os
import re
import signal
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.kubernetes.api import JSON_PATCH, ApiError, condition
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


class Webhook(BaseHTTPRequestHandler):
    """Labels what it is asked about."""

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        patch = [{"op": "add", "path": "/metadata/labels", "value": {"seen": review["request"]["operation"].lower()}}]
        answer = {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": {
            "uid": review["request"]["uid"], "allowed": True, "patchType": "JSONPatch",
            "patch": base64.b64encode(json.dumps(patch).encode()).decode()}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def webhook():
    """(port, authority) of a server of admission reviews."""
    certificates = Certificates("localhost", ["127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server_certificate, certificates.server_key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, certificates.authority.read_bytes()
    server.shutdown()
    server.server_close()
    certificates.close()


def test_a_mutating_webhook_is_asked(kubernetes, namespace, webhook):
    port, authority = webhook
    kubernetes.api.create({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": "labels"},
        "webhooks": [{
            "name": "labels.test.example", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail",
            "clientConfig": {"url": f"https://127.0.0.1:{port}/label", "caBundle": base64.b64encode(authority).decode()},
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]}]})
    kubernetes.api.patch("Namespace", namespace, {"metadata": {"labels": {"kubernetes.io/metadata.name": namespace}}})

    def labels_of_a_new_one():
        metadata = {"generateName": "c-", "namespace": namespace}
        return kubernetes.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})["metadata"].get("labels")

    try:
        until(lambda: labels_of_a_new_one() == {"seen": "create"}, "the server knows of the webhook")
    finally:
        kubernetes.api.delete("MutatingWebhookConfiguration", "labels")
