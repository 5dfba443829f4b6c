"""Services and the ready pods behind them.

There are no Endpoints objects: the API server does not take loopback's addresses for them.
"""

import threading


class Endpoints:
    """Told of objects by informers; calls `changed()` after each. `given` is where Services without a selector lead:
    {(namespace, name): (host, port)}."""

    def __init__(self, given, changed):
        self._given, self._changed = given, changed
        self._services, self._pods = {}, {}
        self._lock = threading.Lock()

    def service_changed(self, service):
        self._learn(self._services, service)

    def service_gone(self, service):
        self._forget(self._services, service)

    def pod_changed(self, pod):
        self._learn(self._pods, pod)

    def pod_gone(self, pod):
        self._forget(self._pods, pod)

    def services(self):
        with self._lock:
            return list(self._services.values())

    def ready(self, service):
        """The pods that it leads to."""
        selector, namespace = service["spec"].get("selector"), service["metadata"]["namespace"]
        with self._lock:
            pods = [pod for pod in self._pods.values() if selector and pod["metadata"]["namespace"] == namespace and
                    selector.items() <= pod["metadata"].get("labels", {}).items()]
        anyhow = service["spec"].get("publishNotReadyAddresses", False)
        return sorted((pod for pod in pods if is_ready(pod, anyhow)), key=lambda pod: pod["metadata"]["name"])

    def backends(self, service, port):
        """(host, port) of each."""
        given = self._given.get((service["metadata"]["namespace"], service["metadata"]["name"]))
        return [given] if given else [(pod["status"]["podIP"], target_port(pod, port)) for pod in self.ready(service)]

    def _learn(self, known, one):
        with self._lock:
            known[one["metadata"]["uid"]] = one
        self._changed()

    def _forget(self, known, one):
        with self._lock:
            known.pop(one["metadata"]["uid"], None)
        self._changed()


def cluster_address(service):
    """None for one without, which is known by its pods' addresses only."""
    address = service["spec"].get("clusterIP")
    return None if address in ("", "None") else address


def is_ready(pod, anyhow=False):
    status = pod["status"]
    up = status.get("podIP") and status.get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", []))
    return bool(up and (ready or anyhow))


def target_port(pod, port):
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    named = (one for container in pod["spec"]["containers"] for one in container.get("ports", []) if one.get("name") == target)
    return next(named)["containerPort"]
