"""A pod on the node: a thread that does with it what a kubelet does, step by step, and writes its status."""

import http.client
import logging
import math
import queue
import shutil
import threading
import time
from contextlib import suppress

from .api import STRATEGIC_PATCH, ApiError, NotFound
from .environment import NotYet, Objects, variables
from .image import PATH
from .pod_container import PodContainer
from .pod_status import conditions, now, phase, waiting, will_restart
from .volumes import Volumes

log = logging.getLogger("kubernetes.node")


class Pod(threading.Thread):
    """`node` is the agent. Everything happens in this thread; others put functions into its queue."""

    def __init__(self, node, pod, address):
        super().__init__(daemon=True, name=f"pod {pod['metadata']['name']}")
        self.pod, self.address = pod, address
        metadata = pod["metadata"]
        self.namespace, self.uid = metadata["namespace"], metadata["uid"]
        self.folder = node.directory / "pods" / f"{self.namespace}_{metadata['name']}_{self.uid}"
        self.folder.mkdir(parents=True)
        self._node = node
        self._todo = queue.SimpleQueue()
        self._volumes, self._volumes_there = Volumes(pod, self.folder / "volumes", node.directory / "claims"), False
        self.init, self.containers = ([PodContainer(spec, self.folder, node.pace, self._todo.put)
                                       for spec in pod["spec"].get(kind, [])] for kind in ("initContainers", "containers"))
        self._phase, self._reported, self._started_at = "Pending", None, now()
        self._vanished = self._finished = False
        self._alarm, self._said = math.inf, ""

    # Called by others.

    def changed(self, pod):
        self._todo.put(lambda: self._take(pod))

    def gone(self):
        """There is no such pod any longer; its processes go without grace."""
        self._todo.put(lambda: setattr(self, "_vanished", True))

    def sync_volumes(self):
        """What the kubelet does every minute: changed objects reach the files."""
        self._todo.put(lambda: self._volumes.materialise(Objects(self._node.api, self.namespace), self._node.api))

    # The thread.

    def run(self):
        while not self._finished:
            self._alarm = math.inf
            try:
                self._report()  # how a container ended, before it is started again
                self._advance()
                self._report()
                self._leave()
            except (OSError, http.client.HTTPException, ApiError) as problem:
                self._say(problem)
                self._wake(time.monotonic() + self._node.pace.retry)
            if not self._finished:
                self._do_what_comes()
        shutil.rmtree(self.folder / "volumes", ignore_errors=True)

    def _do_what_comes(self):
        with suppress(queue.Empty):
            self._todo.get(timeout=None if self._alarm == math.inf else max(0, self._alarm - time.monotonic()))()
            while True:
                self._todo.get_nowait()()

    def _say(self, problem):
        if str(problem) != self._said:
            self._said = str(problem)
            log.warning("pod %s/%s: %s", self.namespace, self.pod["metadata"]["name"], problem)

    def _take(self, pod):
        """Unless what we wrote ourselves is newer."""
        if int(pod["metadata"]["resourceVersion"]) > int(self.pod["metadata"]["resourceVersion"]):
            self.pod = pod

    def _wake(self, moment):
        self._alarm = min(self._alarm, moment)

    def _all(self):
        return [*self.init, *self.containers]

    def _advance(self):
        if self._vanished or "deletionTimestamp" in self.pod["metadata"]:
            self._end()
        elif self._phase not in ("Succeeded", "Failed") and self._has_volumes():
            unfinished = next((one for one in self.init if not one.state.succeeded), None)
            for one in [unfinished] if unfinished else self.containers:
                self._keep_running(one)
        for one in self._all():
            if one.alive and one.kill_at is not None:
                if time.monotonic() >= one.kill_at:
                    one.kill()
                else:
                    self._wake(one.kill_at)

    def _has_volumes(self):
        if not self._volumes_there:
            try:
                self._volumes.materialise(Objects(self._node.api, self.namespace), self._node.api)
                self._volumes_there = True
            except NotYet as problem:
                self._say(problem)
                self._wake(time.monotonic() + self._node.pace.retry)
        return self._volumes_there

    def _keep_running(self, one):
        if one.alive or (one.state.ended and not will_restart(self.pod, one.state.exit_code)):
            return
        if time.monotonic() < one.not_before:
            if one.state.ended:
                one.state.last = one.state.state
                one.state.state = waiting("CrashLoopBackOff", "back-off restarting failed container")
            self._wake(one.not_before)
            return
        image = self._node.images.of(self.pod, one.spec)
        if image is None:
            one.wait("ImagePullBackOff", f'Back-off pulling image "{one.spec["image"]}"')
        else:
            try:
                pod = {**self.pod, "status": {**self.pod["status"], **self._addresses()}}
                given = {"PATH": PATH, "HOSTNAME": pod["metadata"]["name"], **image.env, **self._node.variables}
                environment = variables(pod, one.spec, Objects(self._node.api, self.namespace), given)
                one.start(pod, image, environment, self._volumes.mounts(one.spec), self.address,
                          self._node.names_of_services.file(self.namespace))
                return
            except NotYet as problem:
                one.wait("CreateContainerConfigError", str(problem))
        self._wake(one.not_before)

    def _end(self):
        grace = 0 if self._vanished else self.pod["metadata"].get("deletionGracePeriodSeconds", 0)
        for one in self._all():
            if one.alive:
                one.stop(grace)

    def _leave(self):
        """The last word on a pod that is to go."""
        if any(one.alive for one in self._all()):
            return
        if "deletionTimestamp" in self.pod["metadata"] and not self._vanished:
            with suppress(NotFound):
                self._node.api.delete("Pod", self.pod["metadata"]["name"], self.namespace, gracePeriodSeconds=0,
                                      preconditions={"uid": self.uid})
            self._vanished = True
        self._finished = self._vanished

    # What is said of it.

    def _addresses(self):
        return {"hostIP": "127.0.0.1", "podIP": self.address, "podIPs": [{"ip": self.address}]}

    def _report(self):
        if self._vanished:
            return
        init, containers = [one.state for one in self.init], [one.state for one in self.containers]
        self._phase = phase(self.pod, init, containers)
        before = {one["type"]: one for one in self.pod["status"].get("conditions", [])}
        status = {"phase": self._phase, "startTime": self._started_at, **self._addresses(),
                  "conditions": conditions(self.pod, self._phase, init, containers, before),
                  "containerStatuses": [one.document() for one in containers]}
        if init:
            status["initContainerStatuses"] = [one.document() for one in init]
        if status != self._reported:
            body = {"metadata": {"uid": self.uid}, "status": status}
            with suppress(NotFound):  # gone() will come
                self.pod = self._node.api.patch("Pod", self.pod["metadata"]["name"], body, self.namespace, "status",
                                                STRATEGIC_PATCH)
            self._reported = status
