from support.kubernetes.fixtures import kubernetes, namespace, nodes  # noqa: F401
