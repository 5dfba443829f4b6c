"""What an API server says that the real one of tests/kubernetes does not: objects of newer versions, and answers of bad moments."""

import base64
import contextlib
import http.client
import json
import ssl
import threading

import pytest

from support.kubernetes.api_proxy import Answer, Cut
from support.kubernetes.local_operator import LocalOperator
from support.kubernetes.migrators import migrator, workload
from support.kubernetes.scripted_api import ScriptedApi
from support.waiting import until

NAMESPACE = "shop"
PATIENCE = 120
GONE = {"kind": "Status", "status": "Failure", "reason": "Expired", "code": 410, "message": "too old resource version"}
# The shortest pauses between one trouble and the next look: they double.
FIRST_PAUSE = 0.8


@pytest.fixture
def api():
    with ScriptedApi() as api:
        yield api


@pytest.fixture
def start(api, tmp_path):
    """Starts the operator, on the server as the test has made it."""
    with contextlib.ExitStack() as started:
        yield lambda *options: started.enter_context(LocalOperator(
            api.kubeconfig(tmp_path), NAMESPACE, tmp_path, *options, POD_NAMESPACE=NAMESPACE, POD_NAME="one"))


@pytest.fixture
def ready(start):
    return start().wait_until_ready()


def migrators_condition(api, name="web", kind="MigrationsReady"):
    """(status, reason), or nothing yet."""
    conditions = ((api.find("migrators", name, NAMESPACE) or {}).get("status") or {}).get("conditions") or []
    return next(((one["status"], one["reason"]) for one in conditions if one["type"] == kind), None)


def is_seen(api, name):
    """The operator has written a status, so that it knows of it."""
    until(lambda: migrators_condition(api, name), f"{name} has a status", PATIENCE)


def owned(one, kind, name, version="apps/v1"):
    one["metadata"]["ownerReferences"] = [{"apiVersion": version, "kind": kind, "name": name, "uid": f"uid-of-{name}",
                                           "controller": True}]
    return one


def known_as(one, name=None):
    one["metadata"]["uid"] = f"uid-of-{name or one['metadata']['name']}"
    return one


def deploy(api, image="myapp:v1", **pod_spec):
    """A Deployment with its ReplicaSet and one pod, which has not begun."""
    api.put(known_as(workload("Deployment", "web", NAMESPACE, image, **pod_spec)))
    api.put(known_as(owned(workload("ReplicaSet", "web-1", NAMESPACE, image, labels={"app": "web"}, **pod_spec), "Deployment", "web")))
    one = owned(workload("Pod", "web-1-a", NAMESPACE, image, labels={"app": "web"}, **pod_spec), "ReplicaSet", "web-1")
    api.put({**one, "status": {"phase": "Pending"}})


def pod_of(api, name, image="myapp:v1"):
    """One by itself, which has not begun."""
    api.put({**workload("Pod", name, NAMESPACE, image), "status": {"phase": "Pending"}})


def job(api, name="web"):
    return until(lambda: api.find("jobs", f"{name}-migrations", NAMESPACE), "there is a Job", PATIENCE)


def update_job(api, name="web", **status):
    api.change("jobs", f"{name}-migrations", NAMESPACE, lambda one: one.setdefault("status", {}).update(status))


def look_again(api):
    """At the Migrator web, with all that has happened to Jobs until now: one that is told of behind them has been seen."""
    api.put(migrator("other", NAMESPACE, script="true"))
    pod_of(api, "other")
    job(api, "other")
    update_job(api, "other", succeeded=1)
    until(lambda: migrators_condition(api, "other") == ("True", "MigrationsUpToDate"), "what is behind them is seen", PATIENCE)
    api.change("migrators", "web", NAMESPACE, lambda one: one["metadata"].update(generation=7))
    until(lambda: api.find("migrators", "web", NAMESPACE)["status"].get("observedGeneration") == 7, "it is looked at", PATIENCE)


def condition(kind, **more):
    return {"type": kind, "status": "True", "lastProbeTime": "2026-01-01T10:00:00Z",
            "lastTransitionTime": "2026-01-01T10:00:00Z", **more}


def review(operator, pod):
    """What the webhook says of a new pod."""
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "1", "operation": "CREATE", "namespace": NAMESPACE, "object": pod, "kind": {"version": "v1", "kind": "Pod"}}}
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", operator.webhook_port, context=context, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/mutate-v1-pod", json.dumps(body), {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())["response"]


def told(operator, text):
    return [line for line in operator.log.read_text(errors="replace").splitlines() if text in line]


class Once:
    """Whether this is the first time."""

    def __init__(self, times=1):
        self._left, self._lock = times, threading.Lock()

    def __call__(self):
        with self._lock:
            self._left -= 1
            return self._left >= 0


# Objects of newer versions.


PROXY = {"name": "cloud-sql-proxy", "image": "proxy:1", "restartPolicy": "Always", "args": ["--private-ip"]}


def test_a_sidecar_runs_beside_the_migration(api, ready):
    """1.28 and later: an init container with restartPolicy Always stays, and so it does in the Job's pod."""
    api.put(migrator("web", NAMESPACE, script="true"))
    prepare = {"name": "prepare", "image": "prepare:1"}
    deploy(api, initContainers=[PROXY, prepare])
    template = job(api)["spec"]["template"]["spec"]
    assert template["initContainers"] == [PROXY, prepare]
    assert [one["name"] for one in template["containers"]] == ["migrations"]


def test_a_waiter_stands_behind_sidecars_and_before_all_else(api, ready):
    """It may need their network, and what prepares the application may need the migrated database."""
    api.put(migrator("web", NAMESPACE, script="true"))
    is_seen(api, "web")
    prepare = {"name": "prepare", "image": "prepare:1"}
    pod = workload("Pod", "web", NAMESPACE, initContainers=[PROXY, prepare])
    answer = review(ready, pod)
    assert answer["allowed"]
    change, = json.loads(base64.b64decode(answer["patch"]))
    assert change["path"] == "/spec/initContainers/1" and change["value"]["name"] == "migrate-wait-web"
    assert "restartPolicy" not in change["value"]


def test_a_job_that_has_only_decided_to_end_has_not_ended(api, ready):
    """1.31 and later say so first, and say Failed or Complete when the last pod has gone."""
    api.put(migrator("web", NAMESPACE, script="true"))
    deploy(api)
    made = job(api)

    def by_newer_defaults(one):
        one["metadata"]["generation"] = 1
        one["spec"].update(completions=1, parallelism=1, completionMode="NonIndexed", suspend=False, podReplacementPolicy="TerminatingOrFailed",
                           manualSelector=False, selector={"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}})
        labels = {"batch.kubernetes.io/controller-uid": "u", "batch.kubernetes.io/job-name": "web-migrations", "controller-uid": "u",
                  "job-name": "web-migrations"}
        one["spec"]["template"]["metadata"]["labels"].update(labels)

    api.change("jobs", "web-migrations", NAMESPACE, by_newer_defaults)
    update_job(api, startTime="2026-01-01T10:00:00Z", active=1, ready=0, terminating=0, uncountedTerminatedPods={})
    until(lambda: migrators_condition(api) == ("False", "MigrationsRunning"), "it runs", PATIENCE)
    update_job(api, active=0, failed=1, terminating=1,
               conditions=[condition("FailureTarget", reason="BackoffLimitExceeded", message="Job has reached the limit")])
    look_again(api)
    assert migrators_condition(api) == ("False", "MigrationsRunning")
    assert api.find("jobs", "web-migrations", NAMESPACE)["metadata"]["uid"] == made["metadata"]["uid"]
    update_job(api, terminating=0, conditions=[
        condition("FailureTarget", reason="BackoffLimitExceeded"),
        condition("Failed", reason="BackoffLimitExceeded", message="Job has reached the limit")])
    until(lambda: migrators_condition(api) == ("False", "MigrationsFailed"), "it has failed", PATIENCE)


def test_a_job_that_succeeds_in_newer_words(api, ready):
    api.put(migrator("web", NAMESPACE, script="true"))
    deploy(api)
    job(api)
    update_job(api, startTime="2026-01-01T10:00:00Z", active=0, ready=0, terminating=0, succeeded=1, uncountedTerminatedPods={},
               completionTime="2026-01-01T10:00:05Z", conditions=[condition("SuccessCriteriaMet", reason="CompletionsReached"),
                                                                  condition("Complete", reason="CompletionsReached")])
    until(lambda: migrators_condition(api) == ("True", "MigrationsUpToDate"), "it has migrated", PATIENCE)
    assert api.find("migrators", "web", NAMESPACE)["status"]["lastSuccessfulMigration"] == "myapp:v1"
    assert len(told(ready, "Started migration job")) == 1


def test_cron_jobs_are_read_where_they_are_served(api, ready):
    """batch/v1 since 1.21; batch/v1beta1 ended with 1.25."""
    made = workload("CronJob", "web", NAMESPACE)
    made["apiVersion"] = "batch/v1"
    api.put(known_as(made))
    api.put(migrator("web", NAMESPACE, script="true"))
    assert job(api)["spec"]["template"]["spec"]["containers"][0]["image"] == "myapp:v1"
    assert {one.path for one in api.asked("GET", "cronjobs")} == {f"/apis/batch/v1/namespaces/{NAMESPACE}/cronjobs"}


# Bad moments.


def gaps(requests, resource):
    """Between each refused watch and the list behind it."""
    mine = [one for one in requests if one.resource == resource and one.method == "GET"]
    return [after.time - watch.time for watch, after in zip(mine, mine[1:]) if watch.watches and not after.watches]


@pytest.mark.parametrize("form", ["status", "event"])
def test_a_server_that_says_gone_is_listed_again_but_not_stormed(api, start, form):
    def refuse(request):
        if request.resource != "pods" or not request.watches:
            return None
        if form == "status":
            return Answer(410, GONE, {})
        api.say("pods", {"type": "ERROR", "object": GONE}, ends=True)

    api.before = refuse
    operator = start()
    until(lambda: len(gaps(api.requests, "pods")) >= 2, "it was listed twice more", PATIENCE)
    for number, gap in enumerate(gaps(api.requests, "pods")[:2]):
        assert gap >= FIRST_PAUSE * 2 ** number
    api.before = lambda request: None
    operator.wait_until_ready()
    api.put(migrator("web", NAMESPACE, script="true"))
    pod_of(api, "web")
    job(api)


def test_a_watch_goes_on_from_a_bookmark(api, ready):
    until(lambda: api.asked("GET", "pods", watches=True), "it is watched", PATIENCE)
    lists = len(api.asked("GET", "pods", watches=False))
    version = api.bookmark("pods", ends=True)
    _, again, *_ = until(lambda: (lambda seen: seen if len(seen) > 1 else None)(api.asked("GET", "pods", watches=True)),
                         "it is watched again", PATIENCE)
    assert again.query["resourceVersion"] == version and again.query["allowWatchBookmarks"] == "true"
    assert 300 <= int(again.query["timeoutSeconds"]) <= 600
    assert len(api.asked("GET", "pods", watches=False)) == lists


def test_a_watch_that_stalls_is_asked_for_anew_and_keeps_nobody_else(api, start):
    held, first = threading.Event(), Once()

    def stall(request):
        if request.watches and request.resource == "pods" and first():
            held.wait(PATIENCE)
            raise Cut

    api.before = stall
    start().wait_until_ready()
    until(lambda: api.asked("GET", "pods", watches=True), "it is watched", PATIENCE)
    api.put(migrator("web", NAMESPACE, script="true"))
    is_seen(api, "web")
    pod_of(api, "web")
    job(api)  # by the watch that it asked for when the first one had said nothing for long enough
    held.set()
    assert len(api.asked("GET", "pods", watches=True)) > 1


def test_an_event_in_two_pieces_is_one(api, ready, monkeypatch):
    api.put(migrator("first", NAMESPACE, script="true"))
    is_seen(api, "first")
    piece, rest = threading.Event(), threading.Event()
    whole = type(api).lines

    def halved(self, request):
        for line in whole(self, request):
            if line and b'"second"' in line and request.path.endswith("/migrators"):
                yield line[:40]
                piece.set()
                rest.wait(PATIENCE)
                yield line[40:]
            else:
                yield line

    monkeypatch.setattr(type(api), "lines", halved)
    api.bookmark("migrators", ends=True)
    api.put(migrator("second", NAMESPACE, script="true"))
    assert piece.wait(PATIENCE)
    # Others are heard meanwhile.
    api.change("migrators", "first", NAMESPACE, lambda one: one["spec"].update(suspend=True))
    assert migrators_condition(api, "second") is None
    rest.set()
    is_seen(api, "second")


def test_a_server_in_a_hurry_is_asked_again_when_it_says(api, ready):
    hurried = Once(2)

    def later(request):
        if (request.method, request.resource) == ("POST", "jobs") and hurried():
            return Answer.refusal(429, "TooManyRequests", "later", Retry_After=1)

    api.before = later
    api.put(migrator("web", NAMESPACE, script="true"))
    deploy(api)
    job(api)
    first, second, third, *_ = (one.time for one in api.asked("POST", "jobs"))
    assert second - first >= 1 and third - second >= 1


def test_a_watch_in_a_hurry_goes_on_from_where_it_was(api, start):
    hurried = Once()

    def later(request):
        if request.watches and request.resource == "pods" and hurried():
            return Answer.refusal(429, "TooManyRequests", "later", Retry_After=3)

    api.before = later
    start()
    first, again, *_ = until(lambda: (lambda seen: seen if len(seen) > 1 else None)(api.asked("GET", "pods", watches=True)),
                             "it is watched again", PATIENCE)
    assert again.time - first.time >= 3 and again.query["resourceVersion"] == first.query["resourceVersion"]
    assert len(api.asked("GET", "pods", watches=False)) == 1


FORBIDDEN = 'pods is forbidden: User "robot" cannot watch resource "pods"'


def test_a_watch_that_is_forbidden_is_told_of_once_and_listed_anew(api, ready):
    until(lambda: api.asked("GET", "pods", watches=True), "it is watched", PATIENCE)
    assert unwatched(ready) == 0
    api.before = lambda request: (Answer.refusal(403, "Forbidden", FORBIDDEN)
                                  if request.resource == "pods" and request.watches else None)
    api.bookmark("pods", ends=True)
    until(lambda: len(gaps(api.requests, "pods")) >= 2, "it was listed twice more", PATIENCE)
    assert all(gap >= FIRST_PAUSE for gap in gaps(api.requests, "pods"))
    assert len(told(ready, FORBIDDEN)) == 1
    # What it has seen is as good as it was, and a webhook that is away lets pods through.
    assert unwatched(ready) == 1 and ready.ask("/readyz") == 200
    api.before = lambda request: None
    until(lambda: api.bookmark("pods") and told(ready, "pods: watched again"), "that is told, too", PATIENCE, pause=0.5)
    assert unwatched(ready) == 0


def unwatched(operator):
    connection = http.client.HTTPConnection("127.0.0.1", operator.metrics_port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
    value, = (line.split()[-1] for line in lines if line.startswith('dunlin_operator_unwatched{resource="pods"}'))
    return int(float(value))


def test_who_may_not_read_what_it_needs_is_not_ready(api, start):
    """So that a rollout of the operator stops, and the one before goes on."""
    api.before = lambda request: Answer.refusal(403, "Forbidden", FORBIDDEN) if request.resource == "pods" else None
    operator = start()
    until(lambda: len(api.asked("GET", "pods")) > 1, "it has asked more than once", PATIENCE)
    until(lambda: operator.ask("/readyz") == 500, "it says so", PATIENCE)
    api.before = lambda request: None
    operator.wait_until_ready()


def test_a_kind_that_is_away_for_a_moment_is_not_forgotten(api, ready):
    """A server that starts does not know definitions yet. A pod that comes then has to wait all the same."""
    api.put(migrator("web", NAMESPACE, script="true"))
    is_seen(api, "web")
    away = Once(2)

    def start(request):
        if request.resource == "migrators" and request.method == "GET" and away():
            return Answer.refusal(404, "NotFound", "the server could not find the requested resource")

    api.before = start
    lists = len(api.asked("GET", "migrators", watches=False))
    api.bookmark("migrators", ends=True)
    until(lambda: len(api.asked("GET", "migrators", watches=False)) > lists, "it asks again", PATIENCE)
    assert review(ready, workload("Pod", "web", NAMESPACE)).get("patch")
    until(lambda: len(api.asked("GET", "migrators", watches=False)) > lists + 1, "it is back", PATIENCE)
    assert review(ready, workload("Pod", "web", NAMESPACE)).get("patch")


LEADING = ["--enable-leader-election", f"--leader-election-namespace={NAMESPACE}"]
LEASE = "8aa440e1.coderanger.net"


def test_who_has_lost_the_lease_ends_at_once(api, start):
    """Also in the midst of something, and with a word."""
    reached, held = threading.Event(), threading.Event()

    def hold(request):
        if (request.method, request.resource) == ("POST", "jobs"):
            reached.set()
            held.wait(PATIENCE)
            raise Cut

    api.before = hold
    try:
        operator = start(*LEADING).wait_until_ready()
        api.put(migrator("web", NAMESPACE, script="true"))
        deploy(api)
        assert reached.wait(PATIENCE)
        api.change("leases", LEASE, NAMESPACE, lambda one: one["spec"].update(holderIdentity="thief", leaseDurationSeconds=3600))
        assert operator.process.wait(PATIENCE) == 1
    finally:
        held.set()
    assert f'dunlin-operator: error: the lease {NAMESPACE}/{LEASE} is lost: "thief" holds it' in operator.log.read_text()
    assert told(operator, "interrupted") and not told(operator, "in time"), "it waited for an answer that it had no use for"
    assert api.find("leases", LEASE, NAMESPACE)["spec"]["holderIdentity"] == "thief"


def test_a_lease_that_cannot_be_renewed_is_lost(api, start):
    silent, held = threading.Event(), threading.Event()

    def hold(request):
        if silent.is_set() and request.resource == "leases":
            held.wait(PATIENCE)
            raise Cut

    api.before = hold
    try:
        operator = start(*LEADING).wait_until_ready()
        until(lambda: api.asked("PUT", "leases"), "it leads, and has renewed it", PATIENCE)
        silent.set()
        assert operator.process.wait(PATIENCE) == 1
    finally:
        held.set()
    assert told(operator, "is lost: it could not be renewed in time")
