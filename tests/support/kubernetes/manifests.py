"""Objects that many tests want: small, with a grace of a second, on images that node.Nodes is told of."""


def pod(name, namespace, *containers, volumes=(), **spec):
    """`volumes` are names of folders that its containers share."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
            "spec": {"containers": list(containers), "terminationGracePeriodSeconds": 1,
                     "volumes": [{"name": one, "emptyDir": {}} for one in volumes], **spec}}


def container(image, name="main", mounts=(), env=(), **more):
    """`mounts` is {volume: path}, `env` {name: value}, a value that is not a text being a valueFrom."""
    variables = [{"name": key, **({"value": value} if isinstance(value, str) else {"valueFrom": value})}
                 for key, value in dict(env).items()]
    return {"name": name, "image": image, "env": variables,
            "volumeMounts": [{"name": volume, "mountPath": path} for volume, path in dict(mounts).items()], **more}


def shell(script, name="main", **more):
    return container("shell", name, args=[script], **more)


def deployment(name, namespace, replicas, *containers, **spec):
    template = pod(name, namespace, *containers, **spec)
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
                     "template": {"metadata": {"labels": {"app": name}}, "spec": template["spec"]}}}


def job(name, namespace, *containers, retries=0, **spec):
    template = pod(name, namespace, *containers, **{"restartPolicy": "Never", **spec})
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": namespace},
            "spec": {"backoffLimit": retries, "template": {"spec": template["spec"]}}}


def phase(*wanted):
    """For wait_for."""
    return lambda one: one is not None and one["status"].get("phase") in wanted
