"""Migrators and what they are for, as objects. See observed.py for what becomes of them.

    api.create(migrator("web", namespace, script="echo hello"))
    api.create(workload("Deployment", "web", namespace, "myapp:v1"))
"""

from .manifests import container, pod

API_VERSION, KIND = "migrations.coderanger.net/v1beta1", "Migrator"
GROUP = "migrations.coderanger.net"
# Holds a migration back until the test makes the file (see with_folder).
GATE = "until [ -e /shared/go ]; do sleep 0.05; done"


def migrator(name, namespace, app=None, script=None, metadata=None, **spec):
    """Of the pods with the label app=`app`, which is its own name where nothing is said. `script` is a command of a shell."""
    if script:
        spec["command"] = ["sh", "-c", script]
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name, "namespace": namespace, **(metadata or {})},
            "spec": {"selector": {"matchLabels": {"app": app or name}}, **spec}}


def application(image="myapp:v1", script="trap 'exit 0' TERM; while :; do sleep 0.1; done", **more):
    """A container of an image that is a shell (see shells())."""
    return container(image, **{"command": ["sh", "-c", script], **more})


def workload(kind, name, namespace, image="myapp:v1", replicas=1, labels=None, annotations=None, containers=None, **spec):
    """Of apps/v1, batch/v1 or batch/v1beta1, with pods that run until they are asked to go; `spec` is the pods'."""
    made = pod(name, namespace, *(containers or [application(image)]), **spec)
    labels = {"app": name, **(labels or {})}
    template = {"metadata": {"labels": labels, "annotations": annotations or {}}, "spec": made["spec"]}
    metadata = {"name": name, "namespace": namespace}
    if kind == "Pod":
        return {**made, "metadata": {**metadata, **template["metadata"]}}
    if kind in ("Job", "CronJob"):
        template["spec"]["restartPolicy"] = "Never"
        job = {"template": template, "backoffLimit": 0}
        if kind == "Job":
            return {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata, "spec": job}
        return {"apiVersion": "batch/v1beta1", "kind": kind, "metadata": metadata,
                "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job}}}
    own = {"Deployment": {"replicas": replicas}, "ReplicaSet": {"replicas": replicas}, "DaemonSet": {},
           "StatefulSet": {"replicas": replicas, "serviceName": name}}[kind]
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata,
            "spec": {"selector": {"matchLabels": labels}, "template": template, **own}}


def with_folder(made, folder):
    """`made` is a workload() whose containers have a folder of the machine at /shared."""
    spec = made["spec"]
    for name in ("jobTemplate", "template"):
        spec = spec[name]["spec"] if name in spec else spec
    spec["volumes"].append({"name": "shared", "hostPath": {"path": str(folder)}})
    for one in [*spec.get("initContainers", []), *spec["containers"]]:
        one["volumeMounts"].append({"name": "shared", "mountPath": "/shared"})
    return made
