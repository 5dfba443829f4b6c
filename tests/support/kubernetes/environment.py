"""A container's environment and words, as the kubelet makes them."""

import base64
import re

from .api import NotFound

FIELDS = {"metadata.name": ("metadata", "name"), "metadata.namespace": ("metadata", "namespace"),
                  "metadata.uid": ("metadata", "uid"), "spec.nodeName": ("spec", "nodeName"),
                  "spec.serviceAccountName": ("spec", "serviceAccountName"), "status.podIP": ("status", "podIP"),
                  "status.podIPs": ("status", "podIP"), "status.hostIP": ("status", "hostIP")}


class NotYet(RuntimeError):
    """Something that the pod names is not there; the container waits for it. The text is the kubelet's."""


class Objects:
    """The Secrets and ConfigMaps of a namespace, each asked for once."""

    def __init__(self, api, namespace):
        self.api, self.namespace = api, namespace
        self._known = {}

    def data(self, kind, name, optional=False):
        """Names to bytes; None where it may be missing and is."""
        if (kind, name) not in self._known:
            try:
                one = self.api.get(f"v1/{kind}", name, self.namespace)
            except NotFound:
                if optional:
                    return None
                raise NotYet(f'{kind.lower()} "{name}" not found') from None
            data = {key: base64.b64decode(value) if kind == "Secret" else value.encode()
                    for key, value in (one.get("data") or {}).items()}
            data.update({key: base64.b64decode(value) for key, value in (one.get("binaryData") or {}).items()})
            self._known[kind, name] = data
        return self._known[kind, name]

    def value(self, kind, reference):
        name, key, optional = reference["name"], reference["key"], reference.get("optional", False)
        data = self.data(kind, name, optional)
        if data is None or key not in data:
            if optional:
                return None
            raise NotYet(f"couldn't find key {key} in {kind} {self.namespace}/{name}")
        return data[key].decode()


def variables(pod, container, objects, given):
    """`given` is what the image and the cluster set; what the pod says comes over it, line by line."""
    result = dict(given)
    for source in container.get("envFrom", []):
        for kind in ("Secret", "ConfigMap"):
            reference = source.get("secretRef" if kind == "Secret" else "configMapRef")
            if reference:
                data = objects.data(kind, reference["name"], reference.get("optional", False)) or {}
                result.update({source.get("prefix", "") + key: value.decode() for key, value in data.items()})
    for line in container.get("env", []):
        value = _value(pod, line, objects, result)
        if value is not None:
            result[line["name"]] = value
    return result


def _value(pod, line, objects, known):
    source = line.get("valueFrom") or {}
    if "secretKeyRef" in source:
        return objects.value("Secret", source["secretKeyRef"])
    if "configMapKeyRef" in source:
        return objects.value("ConfigMap", source["configMapKeyRef"])
    if "fieldRef" in source:
        return field(pod, source["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in source:
        return "0"
    return expanded(line.get("value", ""), known)


def field(pod, path):
    """The downward API."""
    found = re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path)
    if found:
        return pod["metadata"].get(found[1], {}).get(found[2], "")
    if path in ("metadata.labels", "metadata.annotations"):
        lines = pod["metadata"].get(path.partition(".")[2], {})
        return "".join(f'{key}="{value}"\n' for key, value in sorted(lines.items()))
    part, name = FIELDS[path]
    return pod[part].get(name, "")


def expanded(text, known):
    """$(NAME) is the variable of that name, $$(NAME) the text $(NAME); what is not known stays."""
    def value(found):
        if found[0].startswith("$$"):
            return found[0][1:]
        return known.get(found[1], found[0])
    return re.sub(r"\$?\$\(([^()]*)\)", value, text)
