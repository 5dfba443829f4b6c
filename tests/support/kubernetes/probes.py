"""A container's probes: each is a thread that asks again and again, and tells what it finds."""

import contextlib
import http.client
import socket
import ssl
import threading


class Probe(threading.Thread):
    """`tell(answer)` is called when enough answers in a row are not `holds`, what was so before. No pause exceeds `longest`."""

    def __init__(self, wanted, place, execute, tell, holds, longest):
        super().__init__(daemon=True)
        self.wanted, self.place, self.execute, self.tell, self.holds = wanted, place, execute, tell, holds
        self.longest = longest
        self.ended = threading.Event()

    def run(self):
        last, streak = None, 0
        pause = min(self.wanted.get("initialDelaySeconds", 0), self.longest)
        while not self.ended.wait(pause):
            pause = min(self.wanted.get("periodSeconds", 10), self.longest)
            answer = self._ask()
            last, streak = answer, streak + 1 if answer == last else 1
            needed = self.wanted.get("successThreshold", 1) if answer else self.wanted.get("failureThreshold", 3)
            if streak >= needed and answer != self.holds and not self.ended.is_set():
                self.holds = answer
                self.tell(answer)

    def _ask(self):
        timeout = self.wanted.get("timeoutSeconds", 1)
        if "exec" in self.wanted:
            return self.execute(self.wanted["exec"]["command"], timeout) == 0
        with contextlib.suppress(OSError, http.client.HTTPException):
            if "httpGet" in self.wanted:
                return self._get(self.wanted["httpGet"], timeout)
            with socket.create_connection((self.place.host, self.place.port(self.wanted["tcpSocket"]["port"])), timeout):
                return True
        return False

    def _get(self, wanted, timeout):
        host, port = wanted.get("host") or self.place.host, self.place.port(wanted["port"])
        if wanted.get("scheme") == "HTTPS":
            connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl._create_unverified_context())
        else:
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
        with contextlib.closing(connection):
            headers = {"User-Agent": "kube-probe/1.20"}
            headers.update({one["name"]: one["value"] for one in wanted.get("httpHeaders", [])})
            connection.request("GET", wanted.get("path", "/"), headers=headers)
            return 200 <= connection.getresponse().status < 400


class Place:
    """Where a container's ports are."""

    def __init__(self, host, container):
        self.host = host
        self._names = {one.get("name"): one["containerPort"] for one in container.get("ports", [])}

    def port(self, port):
        return self._names[port] if isinstance(port, str) and not port.isdigit() else int(port)
