"""A small client of the Kubernetes API for tests: objects are dictionaries, kinds are called by their names.

    api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}})
    api.get("Deployment", "web", "n")             # or "apps/v1/Deployment", where a name is not enough
    api.wait_for("Deployment", "web", "n", condition("Available"))
    for kind, pod in api.watch("Pod", "n"): ...   # ("ADDED", {...})

What the server refuses is an ApiError. A server that is not there is an OSError, except for wait_for, which goes on trying.
"""

import contextlib
import http.client
import json
import ssl
import time
import urllib.parse

import yaml

from .watch import Watch

JSON_PATCH, MERGE_PATCH = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC_PATCH, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"


class ApiError(RuntimeError):
    """`status` is HTTP's, `reason` Kubernetes' (NotFound, Conflict, Forbidden, ...)."""

    def __init__(self, status, text):
        try:
            self.body = json.loads(text)
        except ValueError:
            self.body = {"message": text}
        self.status, self.reason = status, self.body.get("reason", "")
        super().__init__(f"{status} {self.reason}: {self.body.get('message', '')}")


def condition(kind, status="True"):
    """For wait_for: whether the object says so of itself."""
    def holds(one):
        # A definition's conditions are null, not absent, until its first status has been written.
        conditions = (one or {}).get("status", {}).get("conditions") or []
        return any(found["type"] == kind and found["status"] == status for found in conditions)
    return holds


def gone(one):
    return one is None


class Api:
    """Who asks is told by `token`, or by `certificate`: the paths of it and its key."""

    def __init__(self, server, authority, token=None, certificate=None):
        self.server, self.authority, self.token = server, authority, token
        self._place = urllib.parse.urlsplit(server)
        self._tls = ssl.create_default_context(cafile=str(authority))
        if certificate:
            self._tls.load_cert_chain(*map(str, certificate))
        self._resources = {}

    # Objects.

    def create(self, body, **query):
        metadata = body["metadata"]
        return self.request("POST", self._collection(_kind_of(body), metadata.get("namespace")), body, query=query)

    def get(self, kind, name, namespace=None):
        return self.request("GET", self.path(kind, name, namespace))

    def find(self, kind, name, namespace=None):
        """None where there is none."""
        with contextlib.suppress(NotFound):
            return self.get(kind, name, namespace)

    def list(self, kind, namespace=None, **query):
        """Of all namespaces without one. `labelSelector`, `fieldSelector` and so on as the API has them."""
        return self.list_with_version(kind, namespace, **query)["items"]

    def list_with_version(self, kind, namespace=None, **query):
        """With the metadata that a watch goes on from."""
        return self.request("GET", self._collection(kind, namespace), query=query)

    def replace(self, body, subresource=None):
        metadata = body["metadata"]
        path = self.path(_kind_of(body), metadata["name"], metadata.get("namespace"), subresource)
        return self.request("PUT", path, body)

    def patch(self, kind, name, body, namespace=None, subresource=None, form=MERGE_PATCH, **query):
        return self.request("PATCH", self.path(kind, name, namespace, subresource), body, form, query)

    def apply(self, body, manager="test", **query):
        """Server-side, of one object or of a text of several in YAML."""
        if isinstance(body, str):
            return [self.apply(one, manager, **query) for one in yaml.safe_load_all(body) if one]
        metadata = body["metadata"]
        return self.patch(_kind_of(body), metadata["name"], body, metadata.get("namespace"), form=APPLY,
                          **{"fieldManager": manager, "force": "true", **query})

    def delete(self, kind, name, namespace=None, **options):
        """Options are those of the API: gracePeriodSeconds, propagationPolicy, preconditions."""
        return self.request("DELETE", self.path(kind, name, namespace), options or None)

    def delete_all(self, kind, namespace, **options):
        return self.request("DELETE", self._collection(kind, namespace), options or None)

    def token_for(self, namespace, account, seconds=3600, audience=None, pod=None):
        """A new token of a ServiceAccount; one for a pod (its metadata) ends with it."""
        spec = {"expirationSeconds": seconds, "audiences": [audience] if audience else []}
        if pod:
            spec["boundObjectRef"] = {"apiVersion": "v1", "kind": "Pod", "name": pod["name"], "uid": pod["uid"]}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        return self.request("POST", self.path("ServiceAccount", account, namespace, "token"), body)["status"]["token"]

    # Watching.

    def watch(self, kind, namespace=None, **query):
        """Iterates over (what happened, object) until the server ends it or somebody calls close()."""
        timeout = query.pop("timeout", None)
        path = self._collection(kind, namespace) + "?" + urllib.parse.urlencode({"watch": "1", **query})
        connection, answer = self._send("GET", path, timeout=timeout)
        return Watch(connection, answer)

    def wait_for(self, kind, name, namespace=None, holds=lambda one: one is not None, timeout=60):
        """The object, once `holds(object)`; it is given None while there is none. Fails the test when it never does."""
        deadline, last = time.monotonic() + timeout, None
        while time.monotonic() < deadline:
            try:
                listed = self.list_with_version(kind, namespace, fieldSelector=f"metadata.name={name}")
                last = listed["items"][0] if listed["items"] else None
                if holds(last):
                    return last
                with contextlib.closing(self.watch(kind, namespace, fieldSelector=f"metadata.name={name}",
                                                   resourceVersion=listed["metadata"]["resourceVersion"],
                                                   timeout=max(0.01, deadline - time.monotonic()))) as events:
                    for what, last in events:
                        if what == "ERROR" or time.monotonic() >= deadline:
                            break
                        last = None if what == "DELETED" else last
                        if holds(last):
                            return last
            except (OSError, http.client.HTTPException, ApiError) as problem:
                if isinstance(problem, ApiError) and problem.status < 500 and problem.status not in (404, 410, 429):
                    raise
                time.sleep(0.05)  # until there is a server, or a custom resource is served
        raise AssertionError(f"not within {timeout} s: {kind} {namespace or ''}/{name}, which is\n{yaml.safe_dump(last)}")

    # Requests.

    def request(self, method, path, body=None, form="application/json", query=None, timeout=30):
        """What the server answered, read as JSON, or as text where it is none."""
        if query:
            path += "?" + urllib.parse.urlencode(query)
        connection, answer = self._send(method, path, body, form, timeout)
        with contextlib.closing(connection):
            text = answer.read().decode()
            if "json" in (answer.getheader("Content-Type") or ""):
                return json.loads(text)
            return text

    def connection(self, timeout=None):
        """A new one, for who knows the protocol."""
        return http.client.HTTPSConnection(self._place.hostname, self._place.port, timeout=timeout, context=self._tls)

    def _send(self, method, path, body=None, form="application/json", timeout=30):
        connection = self.connection(timeout)
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            headers["Content-Type"] = form
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            if answer.status >= 400:
                text = answer.read().decode(errors="replace")
                raise (NotFound if answer.status == 404 else ApiError)(answer.status, text)
        except BaseException:
            connection.close()
            raise
        return connection, answer

    def path(self, kind, name, namespace=None, subresource=None):
        parts = [self._collection(kind, namespace), urllib.parse.quote(name), subresource]
        return "/".join(part for part in parts if part)

    def _collection(self, kind, namespace):
        base, resource, namespaced = self._resource(kind)
        return f"{base}/namespaces/{namespace}/{resource}" if namespaced and namespace else f"{base}/{resource}"

    def _resource(self, kind):
        """(path of its group and version, name in paths, whether it is in namespaces)."""
        if kind not in self._resources:
            group, _, name = kind.rpartition("/")
            for version in [group] if group else self._versions():
                base = f"/apis/{version}" if "/" in version else f"/api/{version}"
                for one in self.request("GET", base)["resources"]:
                    if "/" not in one["name"]:
                        self._resources.setdefault(one["kind"] if not group else f"{group}/{one['kind']}",
                                                   (base, one["name"], one["namespaced"]))
                if kind in self._resources:
                    break
            else:
                raise NotFound(404, f"the server has no kind {kind}")
        return self._resources[kind]

    def _versions(self):
        groups = self.request("GET", "/apis")["groups"]
        return ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]


class NotFound(ApiError):
    pass


def _kind_of(body):
    return f"{body['apiVersion']}/{body['kind']}"
