"""An API server for what a real one of these tests' version cannot say: objects of newer versions, and answers that a test writes.
Objects are kept as they are given, unchecked; there is no authentication and no TLS.

    with ScriptedApi() as api:
        api.before = lambda request: Answer.refusal(429, "TooManyRequests", Retry_After=1) if ... else None   # or raise Cut
        api.put({"apiVersion": "v1", "kind": "Pod", "metadata": {...}})     # as a controller or a person
        api.say("pods", {"type": "ERROR", "object": {...}})                  # to those who watch now
        api.requests                                                         # all there were, in order
"""

import contextlib
import copy
import itertools
import json
import threading
import time
import urllib.parse
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .api_proxy import Answer, Cut, Request

# What is served: its group and version, plural and kind.
KINDS = {("v1", "pods"): "Pod", ("v1", "events"): "Event", ("v1", "secrets"): "Secret", ("batch/v1", "jobs"): "Job",
         ("batch/v1", "cronjobs"): "CronJob", ("apps/v1", "deployments"): "Deployment", ("apps/v1", "replicasets"): "ReplicaSet",
         ("apps/v1", "statefulsets"): "StatefulSet", ("apps/v1", "daemonsets"): "DaemonSet",
         ("coordination.k8s.io/v1", "leases"): "Lease", ("migrations.coderanger.net/v1beta1", "migrators"): "Migrator"}
PLURALS = {(version, kind): plural for (version, plural), kind in KINDS.items()}
# Asked for, not kept.
REVIEWS = ("subjectaccessreviews", "localsubjectaccessreviews")


class Refused(Exception):
    def __init__(self, status, reason, message):
        super().__init__(message)
        self.answer = Answer.refusal(status, reason, message)


@dataclass
class Line:
    """Of watches."""

    plural: str
    namespace: str  # None: whichever is watched
    version: int
    content: bytes
    once: bool  # for the first who takes it
    ends: bool  # the watch that tells it
    told: bool = False

    def taken_by(self, plural, namespace):
        """Itself where it is for that watch, else None."""
        if plural != self.plural or (None not in (namespace, self.namespace) and namespace != self.namespace) or (
                self.once and self.told):
            return None
        self.told = True
        return self


class ScriptedApi(ThreadingHTTPServer):
    """`before(request)` may give an Answer in place of ours, or raise Cut; it is called in many threads at once."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.before = lambda request: None
        self.requests = []
        self._changed = threading.Condition()
        self._objects, self._lines, self._ended = {}, [], False
        self._versions = itertools.count(1)
        self._version = "0"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self.shutdown()
        self.server_close()

    def kubeconfig(self, folder):
        path = folder / "scripted.kubeconfig"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test", "clusters": [{"name": "test", "cluster": {
                "server": self.url}}], "users": [{"name": "test", "user": {}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]}))
        return path

    # What a test does and sees.

    def put(self, one):
        """Creates or replaces it, as it is."""
        return self._store(PLURALS[one["apiVersion"], one["kind"]], copy.deepcopy(one))

    def change(self, plural, name, namespace, change):
        """`change` is called with a copy of the object, which it may alter."""
        with self._changed:
            one = copy.deepcopy(self.find(plural, name, namespace))
            change(one)
            return self._store(plural, one)

    def find(self, plural, name, namespace):
        with self._changed:
            return copy.deepcopy(self._objects.get((plural, namespace, name)))

    def list(self, plural, namespace=None):
        with self._changed:
            return [copy.deepcopy(one) for (kind, space, _), one in sorted(self._objects.items())
                    if kind == plural and namespace in (None, space)]

    def remove(self, plural, name, namespace):
        with self._changed:
            one = self._objects.pop((plural, namespace, name))
            self._tell(plural, namespace, "DELETED", {**one, "metadata": {**one["metadata"], "resourceVersion": self._next()}})

    def say(self, plural, event, ends=False):
        """A line to who watches now or comes later, for once. With `ends` the watch is over behind it."""
        with self._changed:
            self._next()
            self._tell(plural, None, event["type"], event["object"], once=True, ends=ends)

    def bookmark(self, plural, ends=False):
        """Gives the version that it told."""
        with self._changed:
            version = self._next()
            self._tell(plural, None, "BOOKMARK", {"metadata": {"resourceVersion": version}}, once=True, ends=ends)
            return version

    def asked(self, method, resource, watches=None):
        """The requests of that kind so far."""
        with self._changed:
            return [one for one in self.requests if (one.method, one.resource) == (method, resource)
                    and watches in (None, one.watches)]

    # Keeping.

    def _next(self):
        self._version = str(next(self._versions))
        return self._version

    def _store(self, plural, one):
        with self._changed:
            metadata = one["metadata"]
            key = plural, metadata.get("namespace"), metadata["name"]
            old = self._objects.get(key)
            version = self._next()
            metadata.setdefault("uid", old["metadata"]["uid"] if old else f"uid-{version}")
            metadata.setdefault("creationTimestamp", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
            metadata["resourceVersion"] = version
            self._objects[key] = one
            self._tell(plural, metadata.get("namespace"), "MODIFIED" if old else "ADDED", one)
            return copy.deepcopy(one)

    def _tell(self, plural, namespace, what, one, once=False, ends=False):
        content = json.dumps({"type": what, "object": one}).encode() + b"\n"
        self._lines.append(Line(plural, namespace, int(self._version), content, once, ends))
        self._changed.notify_all()

    # Answering.

    def answer(self, request):
        """(status, object) for what is no watch."""
        with self._changed:
            version, namespace, plural, name, sub = parts(request.path)
            if plural in REVIEWS:
                return 201, {**request.object, "status": {"allowed": True}}
            if not plural and version:
                return 200, {"kind": "APIResourceList", "groupVersion": version, "resources": [
                    {"name": one, "kind": kind, "namespaced": True} for (group, one), kind in KINDS.items() if group == version]}
            kind = KINDS.get((version, plural))
            if kind is None:
                raise Refused(404, "NotFound", "the server could not find the requested resource")
            if request.method == "POST":
                return 201, self._create(plural, namespace, request.object)
            if not name:
                return 200, {"apiVersion": version, "kind": f"{kind}List", "metadata": {"resourceVersion": self._version},
                             "items": self.list(plural, namespace)}
            found = self.find(plural, name, namespace)
            if found is None:
                raise Refused(404, "NotFound", f'{plural} "{name}" not found')
            if request.method == "GET":
                return 200, found
            if request.method == "DELETE":
                check(plural, found, request.object.get("preconditions", {}))
                self.remove(plural, name, namespace)
                return 200, {"kind": "Status", "status": "Success"}
            check(plural, found, request.object.get("metadata", {}) if isinstance(request.object, dict) else {})
            return 200, self._store(plural, changed(request, found, sub))

    def _create(self, plural, namespace, one):
        one["metadata"].setdefault("namespace", namespace)
        if self.find(plural, one["metadata"]["name"], namespace):
            raise Refused(409, "AlreadyExists", f'{plural} "{one["metadata"]["name"]}" already exists')
        return self._store(plural, one)

    def lines(self, request):
        """What a watch says, until it ends; None while there is nothing to say, so that its user may look around."""
        _, namespace, plural, _, _ = parts(request.path)
        with self._changed:
            begin = int(request.query["resourceVersion"])
            at = next((k for k, one in enumerate(self._lines) if one.version > begin), len(self._lines))
        while not self._ended:
            line = None
            with self._changed:
                while at < len(self._lines) and line is None:
                    line, at = self._lines[at].taken_by(plural, namespace), at + 1
                if line is None:
                    self._changed.wait(0.2)
            yield line.content if line else None
            if line and line.ends:
                return

    def record(self, request):
        with self._changed:
            request.time = time.monotonic()
            self.requests.append(request)
            self._changed.notify_all()

    def handle_error(self, *_):
        """Clients are killed here."""


def parts(path):
    """(group and version, namespace, plural, name, subresource); empty what is not there."""
    words = path.strip("/").split("/")
    version, rest = (words[1], words[2:]) if words[0] == "api" else ("/".join(words[1:3]), words[3:])
    namespace = None
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    return version, namespace, *[*rest, "", "", ""][:3]


def check(plural, found, conditions):
    """What was written down of its metadata still holds."""
    for name in ("uid", "resourceVersion"):
        if conditions.get(name) not in (None, found["metadata"][name]):
            raise Refused(409, "Conflict", f'{plural} "{found["metadata"]["name"]}": the {name} is another one')


def merged(old, change):
    """RFC 7386."""
    if not isinstance(change, dict) or not isinstance(old, dict):
        return change
    new = {**old, **{name: merged(old.get(name, {}), value) for name, value in change.items()}}
    return {name: value for name, value in new.items() if value is not None}


def changed(request, found, sub):
    change, old = request.object, found["metadata"]
    if request.method == "PATCH" and "json-patch" in request.headers.get("Content-Type", ""):
        raise Refused(501, "NotImplemented", "no JSON patches here")
    if request.method == "PATCH" and "apply" not in request.headers.get("Content-Type", ""):
        new = merged(found, change)
    else:
        new = {**found, sub: change[sub]} if sub else change
    new["metadata"] = {**old, **new.get("metadata", {}), "resourceVersion": old["resourceVersion"]}
    return new


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self):
        with contextlib.suppress(OSError, Cut):
            super().handle()

    def _answer(self):
        place = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, place.path, dict(urllib.parse.parse_qsl(place.query)), body, dict(self.headers.items()))
        self.server.record(request)
        given = self.server.before(request)
        if given is None and request.watches:
            return self._stream(self.server.lines(request))
        if given is None:
            try:
                given = Answer(*self.server.answer(request), {})
            except Refused as refused:
                given = refused.answer
        content = json.dumps(given.body).encode()
        self.send_response(given.status)
        for name, value in {"Content-Type": "application/json", **given.headers, "Content-Length": len(content)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def _stream(self, lines):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in lines:
            if line:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass
