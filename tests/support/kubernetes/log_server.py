"""The part of a kubelet that `kubectl logs` asks, through the API server."""

import ssl
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class LogServer(ThreadingHTTPServer):
    """`find(namespace, pod, container)` gives the PodContainer, or raises KeyError."""

    daemon_threads = True

    def __init__(self, certificates, find):
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.server_certificate, certificates.server_key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.find = find
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        """Who follows a log hangs up."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        place = urllib.parse.urlsplit(self.path)
        query = {name: values[-1] for name, values in urllib.parse.parse_qs(place.query).items()}
        try:
            what, *names = place.path.strip("/").split("/")
            container = {"containerLogs": self.server.find}[what](*names)
            log = container.log(-2 if query.get("previous") == "true" else -1).open("rb")
        except (KeyError, TypeError, FileNotFoundError):
            self.send_error(404, "no such log")
            return
        with log:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self._send(log, container, query)

    def _send(self, log, container, query):
        content = log.read()
        if "tailLines" in query:
            content = b"".join(content.splitlines(keepends=True)[-int(query["tailLines"]) or len(content):])
        self.wfile.write(content[:int(query.get("limitBytes", len(content)))])
        while query.get("follow") == "true":
            ended = not container.alive  # asked first: what came before the end is read
            self.wfile.write(log.read())
            if ended:
                return
            self.wfile.flush()
            time.sleep(0.05)

    def log_message(self, *_):
        pass
