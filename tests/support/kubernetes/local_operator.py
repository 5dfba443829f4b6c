"""The operator as a process of this machine, for tests that kill it or stand between it and the API server.

Its webhook is not called by anybody: the API server knows the installed one only.
"""

import contextlib
import http.client
import os
import signal
import subprocess
from pathlib import Path

from support import account
from support.program import clean_environment
from support.tls import Certificates
from support.waiting import until

from .operator_image import executable
from .reporting import Reported


class LocalOperator(Reported):
    """Acts in one namespace, or in all where none is named, as the account of `kubeconfig`. Its log goes on over restarts."""

    def __init__(self, kubeconfig, namespace, folder, *options, **environment):
        self.log = Path(folder) / "operator.log"
        self.process = None
        self.api_port, self._health, self.metrics_port, self.webhook_port = (account.free_port() for _ in range(4))
        host = f"127.0.0.1:{self.api_port}"
        self._certificates = Certificates()
        mounted = self._certificates.directory
        for name, file in (("tls.crt", "server.crt"), ("tls.key", "server.key")):
            (mounted / name).symlink_to(file)
        self._words = [str(executable()), "manager", f"--kubeconfig={kubeconfig}", f"--namespace={namespace}",
                       f"--api-addr={host}", f"--api-hostname={host}", f"--health-addr=127.0.0.1:{self._health}",
                       f"--metrics-addr=127.0.0.1:{self.metrics_port}", f"--webhook-addr=127.0.0.1:{self.webhook_port}", "--waiter-image=waiter",
                       f"--cert-dir={mounted}", "--log-level=debug", *options]
        self._environment = clean_environment(environment)

    def start(self):
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(self._words, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            env=self._environment, cwd="/")
        return self

    def kill(self):
        """As a machine that goes away. It may have gone already."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, number)

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def ready(self):
        return self.ask("/readyz") == 200

    def ask(self, path):
        """The status of an answer of its health server, or None."""
        connection = http.client.HTTPConnection("127.0.0.1", self._health, timeout=10)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", path)
            return connection.getresponse().status
        return None

    def wait_until_ready(self, timeout=150):
        until(lambda: self.ready() or not self.running, "the operator is ready", timeout)
        assert self.running, f"it ended with {self.process.returncode}\n{self.tail()}"
        return self

    def tail(self, lines=80):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def close(self):
        if self.running:
            self.kill()
        self._certificates.close()

    def story(self, namespace):
        return self.tail()
