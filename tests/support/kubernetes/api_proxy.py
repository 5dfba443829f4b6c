"""A proxy between an operator and the API server: it acts when a request passes, answers in the server's place, and slows down,
spoils or cuts watches. It shows the server's certificate, and hands on the token that it is given.

    with ApiProxy(cluster) as proxy:
        kubeconfig = cluster.kubeconfig_of("default", "robot", server=proxy.url)
        proxy.before = lambda request: Answer.refusal(409, "Conflict") if request.writes else None
        proxy.after = lambda request, status: ...
        proxy.cut_watches()
"""

import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Of one connection only, or made anew.
HOP = ("connection", "keep-alive", "transfer-encoding", "host", "content-length", "accept-encoding")


class Cut(Exception):
    """Raised by a hook: the client's connection ends without an answer."""


@dataclass
class Request:
    method: str
    path: str
    query: dict
    body: bytes
    headers: dict = field(default_factory=dict)  # those that the client has given

    @property
    def resource(self):
        """What it is about: "jobs", "migrators/status", "events"; of a path of no resource, its last part."""
        parts = self.path.strip("/").split("/")
        rest = parts[2:] if parts[0] == "api" else parts[3:]
        if len(rest) > 2 and rest[0] == "namespaces":
            rest = rest[2:]
        return "/".join([*rest[:1], *rest[2:3]]) if rest else parts[-1]

    @property
    def watches(self):
        return self.query.get("watch") in ("1", "true")

    @property
    def writes(self):
        return self.method != "GET"

    @property
    def object(self):
        return json.loads(self.body or b"{}")


@dataclass
class Answer:
    status: int
    body: dict
    headers: dict

    @classmethod
    def refusal(cls, status, reason, message="in the way", **headers):
        return cls(status, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": status,
                            "reason": reason, "message": message}, {name.replace("_", "-"): str(value)
                                                                    for name, value in headers.items()})


class ApiProxy(ThreadingHTTPServer):
    """`before(request)` may give an Answer, which the client gets in place of the server's, or raise Cut; `after(request,
    status)` is called between the server's answer and the client's, and may raise Cut. `on_line(request, line)` gives the line
    of a watch that is handed on (bytes, with its end), or raises Cut. All of them are called in many threads at once."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, cluster):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"https://127.0.0.1:{self.server_port}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cluster.certificates.server_certificate, cluster.certificates.server_key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.before, self.after, self.on_line = lambda request: None, lambda request, status: None, lambda request, line: line
        self.seconds_per_line = 0.0  # of a watch
        self.watches_cut = 0
        self._cluster = cluster
        self._watching, self._lock = set(), threading.Lock()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
        self.cut_watches()

    def pass_everything(self):
        self.before, self.after, self.on_line = lambda request: None, lambda request, status: None, lambda request, line: line
        self.seconds_per_line = 0.0

    def cut_watches(self):
        """Those that are open now, in the midst of whatever they say."""
        with self._lock:
            open_now, self._watching = self._watching, set()
        for one in open_now:
            self.watches_cut += 1
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def connect(self):
        return self._cluster.api.connection()

    def watching(self, client, begins):
        with self._lock:
            (self._watching.add if begins else self._watching.discard)(client)

    def handle_error(self, *_):
        """Clients are killed here."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    upstream = None

    def handle(self):
        try:
            with contextlib.suppress(OSError, Cut):
                super().handle()
        finally:
            self._hang_up()

    def _pass(self):
        place = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, place.path, dict(urllib.parse.parse_qsl(place.query)), body,
                          dict(self.headers.items()))
        given = self.server.before(request)
        if given is not None:
            self.server.after(request, given.status)
            return self._send(given.status, {"Content-Type": "application/json", **given.headers},
                              json.dumps(given.body).encode())
        try:
            answer = self._ask(request)
            if request.watches and answer.status == 200:
                return self._stream(request, answer)
            content = answer.read()
        except (OSError, http.client.HTTPException):  # the server is gone: so are we
            raise Cut from None
        self.server.after(request, answer.status)
        self._send(answer.status, _passed(answer.getheaders()), content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass

    def _ask(self, request):
        """A write goes out once, on a connection of its own: on an old one nobody knows whether it has arrived."""
        for fresh in (request.writes, True):
            if self.upstream is None or fresh:
                self._hang_up()
                self.upstream = self.server.connect()
            try:
                self.upstream.request(request.method, self.path, request.body or None, _passed(self.headers.items()))
                return self.upstream.getresponse()
            except (http.client.HTTPException, OSError):
                if fresh:
                    raise

    def _hang_up(self):
        if self.upstream:
            self.upstream.close()

    def _send(self, status, headers, content):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, request, answer):
        self.send_response(200)
        for name, value in _passed(answer.getheaders()).items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.server.watching(self.connection, True)
        try:
            for line in answer:
                time.sleep(self.server.seconds_per_line)  # a network that is as slow
                line = self.server.on_line(request, line)
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.write(b"0\r\n\r\n")
        except http.client.HTTPException:
            raise Cut from None
        finally:
            self.server.watching(self.connection, False)

    def log_message(self, *_):
        pass


def _passed(headers):
    return {name: value for name, value in headers if name.lower() not in HOP}
