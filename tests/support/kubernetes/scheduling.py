"""Which node a pod goes to: enough of a scheduler for selectors, required affinity, cordons and DaemonSets."""

OPERATORS = {"In": lambda value, values: value in values, "NotIn": lambda value, values: value not in values,
             "Exists": lambda value, values: value is not None, "DoesNotExist": lambda value, values: value is None}


def choose(pod, nodes, load):
    """The name of the node with the fewest pods among those that suit; None where none does."""
    names = [node["metadata"]["name"] for node in nodes if suits(pod, node)]
    return min(names, key=lambda name: (load(name), name), default=None)


def suits(pod, node):
    labels, spec = node["metadata"].get("labels", {}), pod["spec"]
    if node["spec"].get("unschedulable") and not _of_daemon_set(pod):
        return False
    if any(labels.get(key) != value for key, value in spec.get("nodeSelector", {}).items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    return not affinity or any(_matches(term, node) for term in affinity["nodeSelectorTerms"])


def _matches(term, node):
    fields = {"metadata.name": node["metadata"]["name"]}
    return (all(_holds(one, node["metadata"].get("labels", {})) for one in term.get("matchExpressions", [])) and
            all(_holds(one, fields) for one in term.get("matchFields", [])))


def _holds(requirement, values):
    return OPERATORS[requirement["operator"]](values.get(requirement["key"]), requirement.get("values", []))


def _of_daemon_set(pod):
    return any(owner["kind"] == "DaemonSet" for owner in pod["metadata"].get("ownerReferences", []))
