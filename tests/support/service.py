"""`dunlin serve` in the background, and what asks it: a plain HTTP client and a prober like Kubernetes'."""

import http.client
import json
import re
import urllib.parse
from dataclasses import dataclass

from .waiting import until


@dataclass
class Answer:
    status: int
    headers: dict
    body: str

    def json(self):
        return json.loads(self.body)


class Service:
    """Started on a free port; `url` is where it listens. Ended by the `dunlin` fixture, or by stop()."""

    def __init__(self, dunlin, *arguments, listen="127.0.0.1:0", url=None, env=None):
        self.log = dunlin.directory / "serve.log"
        self.log.unlink(missing_ok=True)
        self.running = dunlin.start("serve", "--listen", listen, "--log-file", self.log, *arguments, url=url, env=env)
        self.url = until(self._listening, "dunlin serve listens")

    def _listening(self):
        assert self.running.process.poll() is None, self.running.end().output
        found = re.search(r"listening on (http://\S+)", self.log.read_text()) if self.log.exists() else None
        return found and found[1]

    def get(self, path, method="GET", headers=None, timeout=20):
        place = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=timeout)
        try:
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read().decode())
        finally:
            connection.close()

    def probe(self, path, timeout=1):
        """As the kubelet does it: within a second, any status from 200 to 399."""
        try:
            return 200 <= self.get(path, timeout=timeout).status < 400
        except OSError:
            return False

    def stop(self):
        self.running.terminate()
        return self.running.end(10)
