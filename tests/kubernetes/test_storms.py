"""An API server that refuses, forgets and dawdles. Each storm ends, and until then nothing is done twice."""

import itertools
import json
import threading

import pytest

from support.kubernetes.api_proxy import Answer, ApiProxy
from support.kubernetes.fixtures import end_namespace, new_namespace
from support.kubernetes.local_operator import LocalOperator
from support.kubernetes.migrators import KIND, migrator, with_folder, workload
from support.kubernetes.observed import PATIENCE, is_migrated, lines, wait_for_condition
from support.waiting import until

GONE = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Expired", "code": 410,
        "message": "too old resource version"}
_numbers = itertools.count(1)


class Storm:
    """Lets so many of the requests that `strikes` have it, and no more; any number of threads may ask."""

    def __init__(self, times, strikes=lambda request: True):
        self._left, self._strikes, self._lock = times, strikes, threading.Lock()

    def __call__(self, request):
        with self._lock:
            if not self._left or not self._strikes(request):
                return False
            self._left -= 1
            return True

    @property
    def over(self):
        with self._lock:
            return self._left == 0


@pytest.fixture
def namespace(cluster_without_operator):
    name = f"storm-{next(_numbers)}"
    new_namespace(cluster_without_operator.kubernetes, name)
    yield name
    end_namespace(cluster_without_operator.kubernetes, name)


@pytest.fixture
def proxy(cluster_without_operator):
    with ApiProxy(cluster_without_operator.kubernetes) as proxy:
        yield proxy


@pytest.fixture
def local(cluster_without_operator, proxy, namespace, tmp_path):
    kubeconfig = cluster_without_operator.operator.kubeconfig(server=proxy.url)
    with LocalOperator(kubeconfig, namespace, tmp_path) as operator:
        yield operator


@pytest.fixture
def web(cluster_without_operator, namespace, tmp_path):
    return Web(cluster_without_operator.api, namespace, tmp_path)


class Web:
    def __init__(self, api, namespace, folder):
        self.api, self.namespace, self.folder = api, namespace, folder
        api.create(migrator("web", namespace, script='echo "$VERSION" >>/shared/log'))

    def roll(self, version):
        made = with_folder(workload("Deployment", "web", self.namespace, f"myapp:{version}"), self.folder)
        made["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "VERSION", "value": version}]
        self.api.apply(made)

    def wait(self, *versions):
        """Until these have been migrated to, each once, and it is said."""
        self.api.wait_for(KIND, "web", self.namespace, lambda one: all(is_migrated(f"myapp:{version}")(one)
                                                                       for version in versions), timeout=PATIENCE)
        wait_for_condition(self.api, "web", self.namespace, status="True", reason="MigrationsUpToDate")
        assert lines(self.folder / "log") == list(versions)


@pytest.mark.parametrize("status, reason, headers", [(409, "Conflict", {}), (503, "ServiceUnavailable", {"Retry-After": 1}),
                                                     (500, "InternalError", {})])
def test_writes_are_refused(proxy, local, web, status, reason, headers):
    storm = Storm(12, lambda request: request.writes and request.resource in ("migrators/status", "jobs"))
    proxy.before = lambda request: Answer.refusal(status, reason, **headers) if storm(request) else None
    web.roll("v1")
    until(lambda: storm.over, "it has tried again and again", PATIENCE)
    web.wait("v1")


def test_the_server_has_too_much_to_do(proxy, web, local):
    storm = Storm(10)
    proxy.before = lambda request: Answer.refusal(429, "TooManyRequests", Retry_After=1) if storm(request) else None
    proxy.cut_watches()
    web.roll("v1")
    until(lambda: storm.over, "it has tried again and again", PATIENCE)
    web.wait("v1")


def test_watches_have_expired(proxy, web, local):
    """410 in both forms, as an answer and as an event, for every watch in turn."""
    answers, events = Storm(8, lambda request: request.watches), Storm(8)
    proxy.before = lambda request: Answer(410, GONE, {}) if answers(request) else None
    proxy.on_line = lambda request, line: (json.dumps({"type": "ERROR", "object": GONE}).encode() + b"\n"
                                           if events(request) else line)
    proxy.cut_watches()
    web.roll("v1")
    web.wait("v1")
    web.roll("v2")
    web.wait("v1", "v2")
    until(lambda: answers.over, "it has listed again and again", PATIENCE)


def test_watches_are_cut(proxy, local, web):
    """In the midst of each migration."""
    local.wait_until_ready()
    for versions in (("v1",), ("v1", "v2")):
        web.roll(versions[-1])
        proxy.cut_watches()
        until(lambda: lines(web.folder / "log") == [*versions], "the migration runs", PATIENCE)
        proxy.cut_watches()
        web.wait(*versions)
    assert proxy.watches_cut > 0


def test_watches_are_slow(proxy, local, web):
    """The caches lag behind what the operator itself has written."""
    proxy.seconds_per_line = 0.5
    for versions in (("v1",), ("v1", "v2")):
        web.roll(versions[-1])
        web.wait(*versions)


def test_nobody_answers_for_a_while(proxy, local, web):
    """Neither watches nor writes get through in the midst of a migration."""
    local.wait_until_ready()
    storm = Storm(20)
    web.roll("v1")
    proxy.before = lambda request: Answer.refusal(503, "ServiceUnavailable") if storm(request) else None
    proxy.cut_watches()
    web.wait("v1")
    assert local.running
