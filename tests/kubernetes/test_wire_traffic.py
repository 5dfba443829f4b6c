"""What the operator sends, held against what client-go sends for the same: method, path, query, content types and bodies.

The operator works on the real API server, with a recorder in between. Of each kind of request the first is done again with client-go,
whose requests are recorded, too. docs/decisions/0014-wire-traffic.md says why they differ where they do.
"""

import contextlib
import dataclasses
import http.client
import json
import re
import ssl
import threading

import pytest

from support.kubernetes import client_go
from support.kubernetes.api_proxy import Answer, ApiProxy
from support.kubernetes.fixtures import end_namespace, new_namespace
from support.kubernetes.image import Image
from support.kubernetes.installed_operator import LEASE, NAMESPACE as SYSTEM, PREFIX
from support.kubernetes.local_operator import LocalOperator
from support.kubernetes.migrators import GATE, GROUP, KIND, migrator, with_folder, workload
from support.kubernetes.observed import PATIENCE, wait_for_condition, wait_for_job
from support.kubernetes.scripted_api import ScriptedApi, parts
from support.waiting import until

NAMESPACE = "wire"
WEBHOOKS = f"{PREFIX}mutating-webhook-configuration"

# All that it does. What it lists and watches it does all in one way: pods stand for it.
KINDS = {"list pods", "watch pods", "discover", "create jobs", "delete jobs", "merge-patch jobs", "list migrators", "list jobs",
         "apply-patch migrators/status", "create events", "patch events", "get leases", "create leases", "update leases",
         "get secrets", "update secrets", "get mutatingwebhookconfigurations", "json-patch mutatingwebhookconfigurations",
         "create subjectaccessreviews"}

# Where ours differs, and why. What is not here is the same; what is here and is not so fails, too.
WHOLE = "a list is as new as etcd: a copy of an older state must not take the place of a newer one"
TYPED = "client-go's typed clients would take other forms, too; we read JSON only"
EMPTY = "client-go's types write their empty fields, too"
NAMED = "client-go's dynamic client of this release leaves it out, and the server takes it for JSON; later ones say it"
WAITS = "our time for an answer is not told to the server, which has its own"
MERGED = "the fields are plain values, for which both forms say the same; ours is the one that every kind takes"
DIFFERENCES = {
    "list pods": {"query resourceVersion": WHOLE},
    "discover": {"accept": TYPED, "query timeout": WAITS},
    "create jobs": {"content type": NAMED},
    "delete jobs": {"content type": NAMED},
    "update secrets": {"content type": NAMED},
    "create events": {"accept": TYPED, "body.eventTime": EMPTY, "body.reportingComponent": EMPTY, "body.reportingInstance": EMPTY},
    "patch events": {"accept": TYPED, "content type": MERGED},
    "get leases": {"accept": TYPED},
    "create leases": {"accept": TYPED},
    "update leases": {"accept": TYPED},
    "create subjectaccessreviews": {"accept": TYPED, "body.metadata.creationTimestamp": EMPTY, "body.status.allowed": EMPTY},
}


@pytest.fixture(scope="module")
def cluster(cluster_without_operator):
    return cluster_without_operator


@pytest.fixture(scope="module")
def namespace(cluster):
    new_namespace(cluster.kubernetes, NAMESPACE)
    yield NAMESPACE
    end_namespace(cluster.kubernetes, NAMESPACE)


class Recorder:
    def __init__(self):
        self._requests, self._lock = [], threading.Lock()

    def __call__(self, request):
        with self._lock:
            self._requests.append(request)

    def requests(self):
        with self._lock:
            return [*self._requests]

    def first(self):
        """Of each kind."""
        return {kind(one): one for one in reversed(self.requests()) if not keeps_copy(one) or one.resource == "pods"}


def kind(request):
    _, _, plural, name, _ = parts(request.path)
    if not plural:
        return "discover"
    if request.method == "GET":
        verb = "watch" if request.watches else "get" if name else "list"
    elif request.method == "PATCH":
        # Of events there is one, whatever its form.
        verb = "patch" if plural == "events" else request.headers["Content-Type"].split("/")[1].split("+")[0]
    else:
        verb = {"POST": "create", "PUT": "update", "DELETE": "delete"}[request.method]
    return f"{verb} {request.resource}"


def keeps_copy(request):
    """It is of those that go on: a list with a watch behind it."""
    return request.method == "GET" and (request.watches or "limit" in request.query)


# What the operator does.


@pytest.fixture(scope="module")
def sent(cluster, namespace, tmp_path_factory):
    """Its requests by their kinds, after some days of its life."""
    recorder = Recorder()
    api = cluster.api
    api.create({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": WEBHOOKS},
                "webhooks": [{"name": "nobody.example.org", "sideEffects": "None", "admissionReviewVersions": ["v1"],
                              "clientConfig": {"url": "https://127.0.0.1:1/"}}]})
    options = ["--enable-leader-election", f"--certificate-secret={PREFIX}webhook-certificates", f"--webhook-configuration={WEBHOOKS}",
               f"--webhook-service={PREFIX}webhook-service"]
    with ApiProxy(cluster.kubernetes) as proxy:
        proxy.before = recorder
        with LocalOperator(cluster.operator.kubeconfig(server=proxy.url), "", tmp_path_factory.mktemp("wire"), *options,
                           POD_NAMESPACE=SYSTEM, POD_NAME="wire") as operator:
            operator.wait_until_ready()
            live(cluster, operator, namespace, tmp_path_factory.mktemp("shared"))
            with contextlib.suppress(AssertionError):
                until(lambda: recorder.first().keys() >= KINDS, "it has done all of it", PATIENCE)
            assert KINDS - recorder.first().keys() == set()
            operator.process.terminate()
            assert operator.process.wait(PATIENCE) == 0
    api.delete("MutatingWebhookConfiguration", WEBHOOKS)
    return recorder.first()


def live(cluster, operator, namespace, folder):
    api = cluster.api
    # One that fails, and one that is tried again, in turns with another.
    api.create(migrator("other", namespace, script="exit 0", lockGroup="db"))
    api.create(migrator("web", namespace, script="exit 1", lockGroup="db", backoffLimit=0))
    api.create(workload("Deployment", "web", namespace, "myapp:v1"))
    wait_for_condition(api, "web", namespace, reason="MigrationsFailed")
    first = wait_for_job(api, "web", namespace)["metadata"]["uid"]
    api.patch(KIND, "web", {"metadata": {"annotations": {f"{GROUP}/retry": "once more"}}}, namespace)
    wait_for_job(api, "web", namespace, lambda one: one is not None and one["metadata"]["uid"] != first)
    # One that no other try can help, and whose next one finds no image: it is stopped.
    cluster.nodes.images["fleeting:v1"] = Image()
    api.create(migrator("stopped", namespace, script=f"{GATE}; exit 2"))
    api.create(with_folder(workload("Deployment", "stopped", namespace, "fleeting:v1"), folder))
    api.wait_for("Job", "stopped-migrations", namespace, lambda one: (one or {}).get("status", {}).get("active"), timeout=PATIENCE)
    until(lambda: any(one["status"].get("phase") == "Running" for one in api.list("Pod", namespace, labelSelector="migrations=stopped")),
          "it runs", PATIENCE)
    del cluster.nodes.images["fleeting:v1"]
    (folder / "go").touch()
    wait_for_job(api, "stopped", namespace, lambda one: one["spec"]["parallelism"] == 0)
    ask(operator, {"uid": "1", "operation": "CREATE", "namespace": namespace, "object": migrator("new", namespace),
                   "userInfo": {"username": "jane", "groups": ["developers"], "uid": "7", "extra": {"a": ["b"]}}})


def ask(operator, request):
    """What its webhook says of a Migrator."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", operator.webhook_port, context=context, timeout=PATIENCE)
    with contextlib.closing(connection):
        body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
        connection.request("POST", "/validate-migrator", json.dumps(body), {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())


# What client-go does for the same.


def action(request):
    """As client_go/main.go takes it."""
    version, namespace, plural, name, sub = parts(request.path)
    group, _, version = version.rpartition("/")
    body = request.object
    same = {"group": group, "version": version, "resource": plural, "namespace": namespace or "", "name": name, "subresource": sub,
            "fieldManager": request.query.get("fieldManager", ""), "body": body}
    if not plural:
        return {"do": "discover", "group": group, "version": version}
    if plural == "leases":
        return {**same, "do": "lead", "name": LEASE, "identity": "someone", "body": None}
    if plural == "events":
        return {**same, "do": "event", "about": body["involvedObject"], "component": body["source"]["component"], "type": body["type"],
                "reason": body["reason"], "message": body["message"]} if request.method == "POST" else None
    if plural == "subjectaccessreviews":
        return {**same, "do": "review"}
    if request.method == "GET":
        return {**same, "do": "reflect" if keeps_copy(request) else "get" if name else "list"}
    if request.method == "PATCH":
        force = {"force": True} if "force" in request.query else {}
        return {**same, **force, "do": "patch", "patchType": request.headers["Content-Type"]}
    return {**same, "do": {"POST": "create", "PUT": "update", "DELETE": "delete"}[request.method]}


class Echo:
    """Answers anything, so that the client goes on."""

    def __init__(self, api):
        self._api = api

    def __call__(self, request):
        version, namespace, plural, name, _ = parts(request.path)
        if plural in ("leases", "events", "subjectaccessreviews"):
            return None  # their clients read what they are answered
        if request.watches:
            self._api.put({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "new", "namespace": "default"}})
        if keeps_copy(request):
            return None
        if request.method == "DELETE":
            return Answer(200, {"kind": "Status", "apiVersion": "v1", "status": "Success"}, {})
        if not plural:
            return Answer(200, {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": []}, {})
        one = {"kind": "Something", "apiVersion": version, "metadata": {"name": name or "some", "resourceVersion": "1"}}
        if request.method == "GET" and not name:
            one = {"kind": "SomethingList", "apiVersion": version, "metadata": {"resourceVersion": "1"}, "items": []}
        return Answer(201 if request.method == "POST" else 200, one, {})


@pytest.fixture(scope="module")
def theirs(sent):
    """client-go's requests for the same, by the same kinds."""
    # A list and a watch are one thing to do, and so are all of a lease.
    actions = {json.dumps({**one, "body": None} if one["do"] in ("reflect", "lead") else one): one
               for one in map(action, sent.values()) if one}
    with ScriptedApi() as api:
        api.before = Echo(api)
        client_go.do(api.url, list(actions.values()))
        return {kind(one): one for one in reversed(api.requests)}


# Comparing.

# What only the server or the moment could give.
GIVEN = {"resourceVersion", "uid", "managedFields", "creationTimestamp", "selfLink", "generation"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def shape(value):
    """Of something of which two have the same: times by their precision, names as names."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items() if name not in GIVEN}
    if isinstance(value, list):
        return [shape(one) for one in value]
    if isinstance(value, str) and TIME.fullmatch(value):
        return "a time with " + ("microseconds" if "." in value else "seconds")
    return type(value).__name__


def flat(value, name="body"):
    if isinstance(value, dict) and value:
        return {key: text for one in value for key, text in flat(value[one], f"{name}.{one}").items()}
    return {name: json.dumps(value, sort_keys=True)}


def said(request):
    """{part: its value} of all that is compared."""
    own = request.resource in ("leases", "events")  # each side's, and not the same
    path = "/".join("*" if own and part == parts(request.path)[3] else part for part in request.path.split("/"))
    query = {name: "some" if request.watches and name in ("resourceVersion", "timeoutSeconds") else value
             for name, value in request.query.items()}
    body = request.object if request.body else {}
    return {"method": request.method, "path": path, **{f"query {name}": value for name, value in query.items()},
            "accept": request.headers.get("Accept"), "content type": request.headers.get("Content-Type"),
            **flat(shape(body) if own else body)}


@pytest.mark.parametrize("what", sorted(KINDS))
def test_it_is_what_client_go_sends(sent, theirs, what):
    ours, others = said(sent[what]), said(theirs[what])
    differ = {name: (ours.get(name), others.get(name)) for name in ours.keys() | others.keys() if ours.get(name) != others.get(name)}
    assert differ.keys() == DIFFERENCES.get(what, {}).keys(), differ


def test_a_watch_is_as_long(sent, theirs):
    for one in (sent["watch pods"], theirs["watch pods"]):
        assert 300 <= int(one.query["timeoutSeconds"]) <= 600 and one.query["resourceVersion"] not in ("", "0")


def test_it_says_who_it_is(sent):
    assert {one.headers["User-Agent"].partition("/")[0] for one in sent.values()} == {"dunlin-operator"}
