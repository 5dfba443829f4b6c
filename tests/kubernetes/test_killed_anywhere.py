"""The operator is killed at every write, before it arrives and after it had its effect: each migration runs once all the same.

Which writes there are depends on what the operator sees when, and several may become one: only what has to be there is asked
for.
"""

import os
import signal
import threading
import time

from support.kubernetes.api import gone
from support.kubernetes.api_proxy import ApiProxy, Cut
from support.kubernetes.fixtures import end_namespace, new_namespace
from support.kubernetes.local_operator import LocalOperator
from support.kubernetes.migrators import KIND, migrator, with_folder, workload
from support.kubernetes.observed import PATIENCE, find_condition, is_migrated, lines

NAMESPACE = "killed"
# Every way from a version that is wanted to one that is migrated has these.
NEEDED = {("write", "migrators/status"), ("POST", "jobs"), ("DELETE", "jobs")}


class Killer:
    """Kills the operator at the first write of each kind, once before and once after it."""

    def __init__(self, proxy):
        self.operator, self.killed = None, set()
        self._lock = threading.Lock()
        proxy.before = lambda request: self._pass("before", request)
        proxy.after = lambda request, status: self._pass("after", request) if status < 300 else None

    def forget(self):
        """What it did; it begins anew."""
        with self._lock:
            self.killed = set()

    def done(self, moment):
        with self._lock:
            return {(method, resource) for when, method, resource, _ in self.killed if when == moment}

    def _pass(self, moment, request):
        if not request.writes:
            return
        method = "write" if request.resource == "migrators/status" else request.method
        kind = (moment, method, request.resource, _detail(request))
        with self._lock:
            if kind in self.killed:
                return
            self.killed.add(kind)
            os.kill(self.operator.process.pid, signal.SIGKILL)
        raise Cut


def _detail(request):
    """Two writes of the same kind that say something else are two."""
    if request.resource == "events":
        return request.object.get("reason")
    return find_condition(request.object, "MigrationsReady").get("reason") if request.resource == "migrators/status" else None


def test_each_migration_runs_once(cluster_without_operator, tmp_path):
    cluster, api = cluster_without_operator, cluster_without_operator.api
    new_namespace(cluster.kubernetes, NAMESPACE)
    script = 'echo "$VERSION" >>/shared/log; [ "$VERSION" != v3 ] || exit 5'
    api.create(migrator("web", NAMESPACE, script=script, backoffLimit=0))

    def roll(version):
        made = with_folder(workload("Deployment", "web", NAMESPACE, f"myapp:{version}"), tmp_path)
        made["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "VERSION", "value": version}]
        api.apply(made)

    with ApiProxy(cluster.kubernetes) as proxy:
        killer = Killer(proxy)
        kubeconfig = cluster.operator.kubeconfig(server=proxy.url)
        with LocalOperator(kubeconfig, NAMESPACE, tmp_path) as operator:
            killer.operator = operator

            def restart_until(holds, what):
                deadline = time.monotonic() + 2 * PATIENCE
                while not holds():
                    if not operator.running:
                        operator.kill()  # what is left of it
                        operator.start()
                    assert time.monotonic() < deadline, f"never: {what}; killed at {sorted(map(str, killer.killed))}"
                    time.sleep(0.1)  # until the operator has got further, or was killed

            for version in ("v1", "v2"):
                killer.forget()
                roll(version)
                restart_until(lambda: is_migrated(f"myapp:{version}")(api.get(KIND, "web", NAMESPACE)) and
                              gone(api.find("Job", "web-migrations", NAMESPACE)) and
                              find_condition(api.get(KIND, "web", NAMESPACE), "Ready").get("status") == "True",
                              f"{version} is migrated")
                for moment in ("before", "after"):
                    assert killer.done(moment) >= NEEDED, (version, moment)
            killer.forget()
            roll("v3")
            restart_until(lambda: find_condition(api.get(KIND, "web", NAMESPACE), "Stalled").get("status") == "True",
                          "v3 has failed for good")
    assert lines(tmp_path / "log") == ["v1", "v2", "v3"]
    history = api.get(KIND, "web", NAMESPACE)["status"]["history"]
    assert [(run["identity"], run["outcome"]) for run in history] == [
        ("myapp:v3", "Failed"), ("myapp:v2", "Succeeded"), ("myapp:v1", "Succeeded")]
    end_namespace(cluster.kubernetes, NAMESPACE)
