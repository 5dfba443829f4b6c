"""A container of a pod over its restarts: process, logs, probes, state. Its methods are called in the pod's thread only."""

import os
import signal
import threading
import time
import uuid
from contextlib import suppress

from support.container import Process, Volume

from . import launch
from .environment import expanded
from .image import image_id
from .pod_status import ContainerState, now, terminated, termination_message, waiting
from .probes import Place, Probe


class PodContainer:
    """`tell(function)` has the pod's thread call it. `pace` says how long pauses are."""

    def __init__(self, spec, folder, pace, tell):
        self.spec, self.folder = spec, folder / spec["name"]
        self.state = ContainerState(spec)
        self.not_before = 0.0  # it must not start earlier (monotonic)
        self.kill_at = None  # when it has to be gone, once it was asked to go
        self._pace, self._tell = pace, tell
        self._process, self._first, self._probes, self._runs = None, 0, [], 0
        self._started_at = ""

    @property
    def alive(self):
        return self._process is not None

    # Starting.

    def wait(self, reason, message):
        """It cannot start now, and tries again soon."""
        if self.state.ended:
            self.state.last = self.state.state
        self.state.state = waiting(reason, message)
        self.not_before = time.monotonic() + self._pace.retry

    def start(self, pod, image, environment, mounts, host, hosts):
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._runs:
            self.state.restarts += 1
            self.state.last = self.state.state if self.state.ended else self.state.last
        self._runs += 1
        root = self._file("root")
        root.mkdir()
        for name in ("log", "message"):
            self._file(name).touch()
            self._file(name).chmod(0o666)
        message = self.spec.get("terminationMessagePath", "/dev/termination-log")
        volumes = [Volume(str(hosts), "/etc/hosts"), *mounts, Volume(str(self._file("message")), message)]
        command, args = ([expanded(word, environment) for word in self.spec.get(kind, [])] for kind in ("command", "args"))
        launch.write_spec(self._file("json"), root=root, image=image.root, volumes=volumes,
                          process=self._process_of(pod, image, image.words(command, args), environment),
                          hostname=pod["metadata"]["name"][:63],
                          read_only=self._security(pod, "readOnlyRootFilesystem", False))
        self._process, self._first = launch.start(self._file("json"), self._file("log"))
        self.kill_at, self._started_at = None, now()
        self.state.state = {"running": {"startedAt": self._started_at}}
        self.state.image_id = image_id(self.spec["image"], image)
        self.state.container_id = f"test://{uuid.uuid4().hex}"
        self.state.started = "startupProbe" not in self.spec
        self.state.ready = self.state.started and "readinessProbe" not in self.spec
        threading.Thread(target=self._wait_for_end, args=(self._process,), daemon=True).start()
        self._start_probes(host)

    def _process_of(self, pod, image, words, environment):
        user = self._security(pod, "runAsUser", None)
        group = self._security(pod, "runAsGroup", None)
        text = image.user if user is None else str(user)
        if group is not None:
            text = f"{text.partition(':')[0] or 0}:{group}"
        of_pod = pod["spec"].get("securityContext") or {}
        groups = [*of_pod.get("supplementalGroups", []), *([of_pod["fsGroup"]] if "fsGroup" in of_pod else [])]
        return Process(words, environment, text, self.spec.get("workingDir") or image.directory, groups)

    def _security(self, pod, name, default):
        for context in (self.spec.get("securityContext"), pod["spec"].get("securityContext")):
            if context and name in context:
                return context[name]
        return default

    # Running.

    def _start_probes(self, host):
        self._probes = []
        if self.state.started:
            self._watch_over(host)
        else:
            def startup(answer):
                self.state.started = answer
                self.state.ready = answer and "readinessProbe" not in self.spec
                self._watch_over(host) if answer else self.stop(self._pace.liveness_grace)
            self._probe("startupProbe", host, startup, None)

    def _watch_over(self, host):
        self._probe("readinessProbe", host, lambda answer: setattr(self.state, "ready", answer), False)
        self._probe("livenessProbe", host, lambda _: self.stop(self._pace.liveness_grace), True)

    def _probe(self, kind, host, then, holds):
        if kind in self.spec:
            process = self._process
            probe = Probe(self.spec[kind], Place(host, self.spec), self.execute,
                          lambda answer: self._tell(lambda: then(answer) if self._process is process else None), holds,
                          self._pace.longest_probe_period)
            self._probes.append(probe)
            probe.start()

    def execute(self, words, timeout):
        """The exit code of one more process in the container; None when there was none in time."""
        return launch.execute(self._file("json"), self._first, words, timeout) if self._first else None

    # Ending.

    def stop(self, grace):
        """Asks it to go within so many seconds; called again, it may get fewer."""
        deadline = time.monotonic() + grace
        if self.kill_at is not None or not self.alive:
            self.kill_at = min(self.kill_at or deadline, deadline)
            return
        self.kill_at = deadline
        hook = (self.spec.get("lifecycle") or {}).get("preStop", {}).get("exec")
        process = self._process
        if hook:
            def ask():
                self.execute(hook["command"], grace)
                process.terminate()
            threading.Thread(target=ask, daemon=True).start()
        else:
            process.terminate()

    def kill(self):
        """From any thread."""
        process = self._process
        if process is not None:
            with suppress(ProcessLookupError):
                os.kill(self._first or process.pid, signal.SIGKILL)

    def _wait_for_end(self, process):
        code = process.wait()
        self._tell(lambda: self._ended(code if code >= 0 else 128 - code))

    def _ended(self, code):
        for probe in self._probes:
            probe.ended.set()
        self._process, self.kill_at = None, None
        message = termination_message(self.spec.get("terminationMessagePolicy", "File"), self._file("message"),
                                      self._file("log"), code)
        self.state.state = terminated(code, self._started_at, message, self.state.container_id)
        self.state.ready = False
        with suppress(OSError):  # still busy with what was killed
            self._file("root").rmdir()
        self.not_before = time.monotonic() + self._pace.back_off(self._runs)

    def log(self, run=-1):
        """Of the last run, or of an earlier one."""
        number = self._runs + 1 + run if run < 0 else run
        return self.folder / f"{number}.log"

    def _file(self, kind):
        return self.folder / f"{self._runs}.{kind}"
