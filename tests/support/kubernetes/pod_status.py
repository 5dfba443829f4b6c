"""What the kubelet would say of a pod, from what its containers did."""

import datetime
from dataclasses import dataclass, field

FALLBACK_LINES, FALLBACK_BYTES, LONGEST_MESSAGE = 80, 2048, 4096


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class ContainerState:
    """`state` and `last` are as in the API."""

    spec: dict
    state: dict = field(default_factory=lambda: waiting("ContainerCreating"))
    last: dict = field(default_factory=dict)
    restarts: int = 0
    started: bool = False  # and its startup probe has succeeded
    ready: bool = False
    image_id: str = ""
    container_id: str = ""

    @property
    def name(self):
        return self.spec["name"]

    @property
    def running(self):
        return "running" in self.state

    @property
    def ended(self):
        """It ran, and does not now; what comes next may be another try."""
        return "terminated" in self.state

    @property
    def exit_code(self):
        ending = self.state.get("terminated") or self.last.get("terminated")
        return ending and ending["exitCode"]

    @property
    def succeeded(self):
        return self.ended and self.exit_code == 0

    def document(self):
        return {"name": self.name, "image": self.spec["image"], "imageID": self.image_id, "containerID": self.container_id,
                "state": self.state, "lastState": self.last, "restartCount": self.restarts, "ready": self.ready,
                "started": self.started and self.running}


def waiting(reason, message=None):
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def terminated(exit_code, started_at, message, container_id):
    return {"terminated": {"exitCode": exit_code, "reason": "Error" if exit_code else "Completed", "startedAt": started_at,
                           "finishedAt": now(), "containerID": container_id, **({"message": message} if message else {})}}


def termination_message(policy, file, log, exit_code):
    """What the program left in the file; where it may and has to, the end of its log."""
    text = file.read_bytes()[:LONGEST_MESSAGE].decode(errors="replace") if file.exists() else ""
    if not text and policy == "FallbackToLogsOnError" and exit_code != 0:
        end = b"".join(log.read_bytes().splitlines(keepends=True)[-FALLBACK_LINES:])
        text = end[-FALLBACK_BYTES:].decode(errors="replace")
    return text


def will_restart(pod, exit_code):
    policy = pod["spec"].get("restartPolicy", "Always")
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)


def phase(pod, init, containers):
    failed = next((one for one in init if one.ended and one.exit_code != 0), None)
    if failed and pod["spec"].get("restartPolicy") == "Never":
        return "Failed"
    if not all(one.succeeded for one in init) or any(one.exit_code is None and not one.running for one in containers):
        return "Pending"
    if all(one.ended for one in containers) and not any(will_restart(pod, one.exit_code) for one in containers):
        return "Succeeded" if all(one.exit_code == 0 for one in containers) else "Failed"
    return "Running"


def conditions(pod, reached, init, containers, before):
    """`before` are those that the pod had: a time of transition stays until there is one."""
    raw = [one.name for one in init if not one.succeeded]
    unready = [one.name for one in containers if not one.ready]
    result = [_condition("Initialized", not raw, "ContainersNotInitialized",
                         f"containers with incomplete status: [{' '.join(raw)}]"),
              {"type": "PodScheduled", "status": "True"}]
    if reached == "Succeeded":
        result[0] = {"type": "Initialized", "status": "True", "reason": "PodCompleted"}
        ready = [{"type": kind, "status": "False", "reason": "PodCompleted"} for kind in ("ContainersReady", "Ready")]
    else:
        message = f"containers with unready status: [{' '.join(unready)}]"
        gates = [gate["conditionType"] for gate in pod["spec"].get("readinessGates", [])]
        closed = [gate for gate in gates if before.get(gate, {}).get("status") != "True"]
        ready = [_condition("ContainersReady", not unready, "ContainersNotReady", message),
                 _condition("Ready", not unready and not closed, "ContainersNotReady" if unready else "ReadinessGatesNotReady",
                            message if unready else f"the readiness gates {closed} are not open")]
    for one in result + ready:
        old = before.get(one["type"], {})
        one["lastTransitionTime"] = old.get("lastTransitionTime") if old.get("status") == one["status"] else now()
    return result + ready


def _condition(kind, holds, reason, message):
    said = {} if holds else {"reason": reason, "message": message}
    return {"type": kind, "status": "True" if holds else "False", **said}
