"""Nodes for the control plane: an agent that gives pods a place and runs their containers as processes of this machine.

    images = {"web:v1": Image(["/usr/bin/python3", "-m", "http.server", "8080"])}
    with ControlPlane() as cluster, Nodes(cluster, images) as nodes:
        ...
        nodes.logs("default", "web-0")

A container is a process in mount, process and host-name namespaces of its own, with the volumes where the pod wants them; this
needs root. Its network is the machine's: its ports are the machine's, and each pod has an address of its own in 127.0.0.0/8,
for those who care to listen there only. Services have addresses and names. As number 1 of its process namespace a process is
not ended by a signal that it does not handle.

What a kubelet does and this does not: pulling (names are looked up in `images`), limits, security beyond users and groups,
native sidecars (the API server of 1.20 drops their field), activeDeadlineSeconds of pods, kubectl exec and port-forward.
"""

import itertools
import os
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from support import account

from .api import STRATEGIC_PATCH, ApiError
from .endpoints import Endpoints
from .image import Images
from .informer import Informer
from .log_server import LogServer
from .names import Names
from .pod import Pod
from .relays import Relays
from .scheduling import choose

# Of pods: each has its own, also beside other agents of this process and, as far as that goes, of others.
_addresses = (f"127.{1 + os.getpid() % 63}.{number // 250}.{1 + number % 250}" for number in itertools.count())


@dataclass
class Pace:
    """Seconds, shorter than a kubelet's. Grace periods are those of the pods."""

    first_back_off: float = 0.2
    longest_back_off: float = 2.0
    retry: float = 0.1
    longest_probe_period: float = 1.0
    liveness_grace: float = 2.0

    def back_off(self, runs):
        return min(self.first_back_off * 2 ** (runs - 1), self.longest_back_off)


class Nodes:
    def __init__(self, cluster, images=None, names=("node-1",), pace=None):
        self.api, self.images, self.names, self.pace = cluster.api, Images(images or {}), list(names), pace or Pace()
        self.directory = Path(tempfile.mkdtemp(prefix="dunlin-nodes-"))
        self.directory.chmod(0o755)
        # What every pod has: where the API is.
        self.variables = {"KUBERNETES_SERVICE_HOST": cluster.service_address, "KUBERNETES_SERVICE_PORT": "443"}
        server = ("127.0.0.1", cluster.apiserver.ports[0])
        self._endpoints = Endpoints({("default", "kubernetes"): server}, self._endpoints_changed)
        self.names_of_services, self._relays = Names(self.directory / "hosts", self._endpoints), Relays(self._endpoints)
        self._log_server = LogServer(cluster.certificates, self._container)
        self._pods, self._nodes, self._homeless, self._last = {}, {}, {}, {}
        self._lock = threading.Lock()
        self._informers = [Informer(self.api, "Node", self._node_changed, self._node_gone),
                           Informer(self.api, "Service", self._endpoints.service_changed, self._endpoints.service_gone),
                           Informer(self.api, "Pod", self._pod_changed, self._pod_gone)]

    # Starting and ending.

    def start(self):
        if os.geteuid() != 0:
            raise PermissionError("the test node mounts volumes: it needs root")
        for name in self.names:
            self._register(name)
        for informer in self._informers:
            informer.start()
        return self

    def close(self):
        """Processes go at once; what the API says of the pods stays."""
        for informer in reversed(self._informers):
            informer.close()
        for pod in self._pods.values():
            pod.gone()
        for pod in self._pods.values():
            pod.join()
        self._log_server.close()
        self._relays.close()
        if account.keep_servers():
            print(f"\nkept: what pods said, in {self.directory}/pods")
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    # Using it.

    def logs(self, namespace, pod, container=None, run=-1):
        """What it said, in its last run (-1), the one before (-2), or the first (1). Of the pod that had this name last, also
        when it is gone; kubectl logs wants one that is there."""
        return self._container(namespace, pod, container).log(run).read_text(errors="replace")

    def execute(self, namespace, pod, words, container=None, timeout=30):
        """The exit code of a command in a running container."""
        return self._container(namespace, pod, container).execute(words, timeout)

    def kill(self, namespace, pod, container=None):
        """As kill -9 of a container's first process, from outside; the pod's restartPolicy says what comes next."""
        self._container(namespace, pod, container).kill()

    def sync_volumes(self):
        """Changed Secrets and ConfigMaps reach the volumes, which takes a kubelet a minute."""
        for pod in list(self._pods.values()):
            pod.sync_volumes()

    def _container(self, namespace, name, container):
        pod = self._last[namespace, name]
        found = [one for one in [*pod.init, *pod.containers] if one.spec["name"] == container]
        return (found or pod.containers)[0]

    def _endpoints_changed(self):
        self.names_of_services.write()
        self._relays.update()

    # Nodes.

    def _register(self, name):
        labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
        body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
        if not self.api.find("Node", name):
            self.api.create(body)
        space = {"cpu": "64", "memory": "256Gi", "pods": "10000", "ephemeral-storage": "1Ti"}
        self.api.patch("Node", name, {"status": {
            "capacity": space, "allocatable": space,
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._log_server.server_port}},
            "nodeInfo": {"kubeletVersion": "v1.20.2-test", "operatingSystem": "linux", "architecture": "amd64"}}},
            subresource="status")

    def _node_changed(self, node):
        if node["metadata"]["name"] in self.names:
            with self._lock:
                self._nodes[node["metadata"]["name"]] = node
                homeless = list(self._homeless.values())
            for pod in homeless:
                self._place(pod)

    def _node_gone(self, node):
        with self._lock:
            self._nodes.pop(node["metadata"]["name"], None)

    # Pods.

    def _pod_changed(self, pod):
        self._endpoints.pod_changed(pod)
        metadata, node = pod["metadata"], pod["spec"].get("nodeName")
        with self._lock:
            self._homeless.pop(metadata["uid"], None)
            if metadata["uid"] in self._pods:
                self._pods[metadata["uid"]].changed(pod)
                return
            if node in self.names and pod["status"].get("phase") not in ("Succeeded", "Failed"):
                started = Pod(self, pod, "127.0.0.1" if pod["spec"].get("hostNetwork") else next(_addresses))
                self._pods[metadata["uid"]] = self._last[metadata["namespace"], metadata["name"]] = started
                started.start()
                return
        if not node and "deletionTimestamp" not in metadata:
            self._place(pod)

    def _pod_gone(self, pod):
        self._endpoints.pod_gone(pod)
        with self._lock:
            self._homeless.pop(pod["metadata"]["uid"], None)
            known = self._pods.pop(pod["metadata"]["uid"], None)
        if known:
            known.gone()

    def _place(self, pod):
        """Binds it to a node, or keeps it until the nodes change."""
        metadata = pod["metadata"]
        with self._lock:
            loads = [one.pod["spec"]["nodeName"] for one in self._pods.values()]
            name = choose(pod, list(self._nodes.values()), loads.count)
            if name is None:
                self._homeless[metadata["uid"]] = pod
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": metadata["name"], "uid": metadata["uid"]},
                   "target": {"apiVersion": "v1", "kind": "Node", "name": name}}
        unplaced = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                    "message": f"0/{len(self._nodes)} nodes are available"}
        try:
            if name:
                path = self.api.path("Pod", metadata["name"], metadata["namespace"], "binding")
                self.api.request("POST", path, binding)
            else:
                body = {"metadata": {"uid": metadata["uid"]}, "status": {"conditions": [unplaced]}}
                self.api.patch("Pod", metadata["name"], body, metadata["namespace"], "status", STRATEGIC_PATCH)
        except ApiError as problem:
            if problem.status not in (404, 409):  # gone, or somebody was faster
                raise
