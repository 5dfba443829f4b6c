"""A Kubernetes control plane of our own: etcd, kube-apiserver and kube-controller-manager on free ports of loopback.

    with ControlPlane() as cluster:
        cluster.kubectl("get", "namespaces").ok()
        cluster.api.create({...})                              # as the administrator
        cluster.api_of("default", "robot").list("Pod", ...)    # as a ServiceAccount: RBAC is on
        cluster.apiserver.restart(); cluster.etcd.kill(); cluster.etcd.start()

There is no scheduler and no node: node.Nodes is both. The version is that of recipe.py; what later ones have is not there. Two
features are on that were not yet by default, because every cluster has them now: tokens in pods are bound and expire, and
finished Jobs go after ttlSecondsAfterFinished. DUNLIN_KEEP_TEST_DB=1 leaves all running and says where.
"""

import contextlib
import http.client
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

from support import account
from support.program import Result
from support.tls import Certificates

from . import binaries
from .api import Api, ApiError
from .component import Component
from .reporting import Reported

FEATURES = "BoundServiceAccountTokenVolume=true,TTLAfterFinished=true"
CONTROLLERS = ("deployment", "replicaset", "statefulset", "daemonset", "job", "cronjob", "garbagecollector", "namespace",
               "serviceaccount", "serviceaccount-token", "root-ca-cert-publisher", "clusterrole-aggregation", "disruption",
               "ttl-after-finished")


class ControlPlane(Reported):
    def __init__(self):
        self._programs = binaries.ensure()
        self.directory = Path(tempfile.mkdtemp(prefix="dunlin-kubernetes-"))
        # Addresses of Services are loopback's, so that node.Nodes can answer there; pods have those below 127.64.
        self._range = f"127.{64 + secrets.randbelow(64)}.{secrets.randbelow(256)}"
        self.service_address = f"{self._range}.1"  # of the API server's own Service, on port 443
        self.certificates = Certificates("kubernetes.default.svc", ["127.0.0.1", self.service_address])
        self.authority = self.certificates.authority
        self._token = secrets.token_hex(16)
        self._account_key = self.directory / "service-accounts.key"
        self.server = ""
        self.api = None
        self.etcd = Component("etcd", self.directory / "etcd.log", self._etcd_command, self._etcd_ready, ports=2)
        # It would wait a minute for watches to end.
        self.apiserver = Component("kube-apiserver", self.directory / "kube-apiserver.log", self._apiserver_command,
                                   self._api_ready, patience=1)
        self.controllers = Component("kube-controller-manager", self.directory / "kube-controller-manager.log",
                                     self._controllers_command, self._accounts_ready, ports=0)

    # Starting and ending.

    def start(self):
        try:
            self._write_secrets()
            self.etcd.start()
            self.apiserver.start()
            self.controllers.start()
        except BaseException:
            self._end()
            raise
        return self

    def close(self):
        if account.keep_servers() and self.controllers.running:
            pids = " ".join(str(one.process.pid) for one in self._components() if one.running)
            print(f"\nkept: kubectl --kubeconfig {self.kubeconfig()} get all --all-namespaces"
                  f"\n  logs  {' '.join(str(one.log) for one in self._components())}"
                  f"\n  end it with  kill {pids}; rm -r {self.directory} {self.certificates.directory}")
            return
        self._end()

    def _end(self):
        for one in reversed(self._components()):
            one.kill()  # nobody will read what they would finish
        self.certificates.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def story(self, namespace):
        """What kubectl knows of it."""
        where = ["--namespace", namespace] if namespace else ["--all-namespaces"]
        told = [self.kubectl(*words, *where, "--request-timeout=20s").output for words in (
            ["get", "pods,jobs,deployments,events", "-o", "wide"], ["describe", "migrators,jobs,pods"])]
        return "\n".join([*told, self.apiserver.tail(10)])

    def _components(self):
        return [self.etcd, self.apiserver, self.controllers]

    # Using it.

    def kubectl(self, *words, namespace=None, **more) -> Result:
        return self.run("kubectl", *(["--namespace", namespace] if namespace else []), *words, **more)

    def run(self, *words, input=None, kubeconfig=None, env=None, timeout=120) -> Result:
        """Any program, as somebody who has kubectl set up would."""
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.directory),
                       "KUBECONFIG": str(kubeconfig or self.kubeconfig()), **(env or {})}
        result = subprocess.run([*map(str, words)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, timeout=timeout, cwd=self.directory,
                                **({"stdin": subprocess.DEVNULL} if input is None else {"input": input}))
        return Result(result.returncode, result.stdout, result.stderr)

    def kubeconfig(self):
        """The administrator's."""
        return self._kubeconfig("admin", self._token)

    def kubeconfig_of(self, namespace, name, server=None):
        """A ServiceAccount's, with a token of its own, as a pod would have it. `server` is a proxy's, in place of ours."""
        return self._kubeconfig(f"{namespace}-{name}", self.api.token_for(namespace, name), namespace, server)

    def api_of(self, namespace, name):
        return Api(self.server, self.authority, self.api.token_for(namespace, name))

    def api_with_certificate(self, user, *groups):
        return Api(self.server, self.authority, certificate=self.certificates.client(user, *groups))

    def _kubeconfig(self, name, token, namespace="default", server=None):
        path = self.directory / f"{name}.kubeconfig"
        document = {
            "apiVersion": "v1", "kind": "Config", "current-context": name, "preferences": {},
            "clusters": [{"name": "test", "cluster": {"server": server or self.server,
                                                      "certificate-authority": str(self.authority)}}],
            "users": [{"name": name, "user": {"token": token}}],
            "contexts": [{"name": name, "context": {"cluster": "test", "user": name, "namespace": namespace}}],
        }
        part = path.with_suffix(".part")
        part.touch(0o600)
        part.write_text(json.dumps(document, indent=2) + "\n")
        part.rename(path)
        return path

    # How each is called, and what says that it serves.

    def _write_secrets(self):
        made = subprocess.run(["openssl", "genrsa", "2048"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        self._account_key.touch(0o600)
        self._account_key.write_bytes(made.stdout)
        tokens = self.directory / "tokens.csv"
        tokens.touch(0o600)
        tokens.write_text(f'{self._token},admin,admin,"system:masters"\n')

    def _etcd_command(self, client, peer):
        address, between = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
        return ["etcd", "--name=only", f"--data-dir={self.directory / 'etcd'}", f"--listen-client-urls={address}",
                f"--advertise-client-urls={address}", f"--listen-peer-urls={between}",
                f"--initial-advertise-peer-urls={between}", f"--initial-cluster=only={between}", "--log-level=warn"]

    def _etcd_ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.etcd.ports[0], timeout=2)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/health")
            return json.loads(connection.getresponse().read())["health"] == "true"
        return False

    def _apiserver_command(self, port):
        self.server = f"https://127.0.0.1:{port}"
        self.api = Api(self.server, self.authority, self._token)
        return [self._programs / "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{self.etcd.ports[0]}",
                "--bind-address=127.0.0.1", f"--secure-port={port}", f"--tls-cert-file={self.certificates.server_certificate}",
                f"--tls-private-key-file={self.certificates.server_key}", f"--client-ca-file={self.authority}",
                f"--token-auth-file={self.directory / 'tokens.csv'}", "--authorization-mode=RBAC",
                f"--service-account-key-file={self._account_key}", f"--service-account-signing-key-file={self._account_key}",
                "--service-account-issuer=https://kubernetes.default.svc", f"--service-cluster-ip-range={self._range}.0/24",
                "--endpoint-reconciler-type=none", "--allow-privileged=true", f"--feature-gates={FEATURES}",
                # Nodes would be tainted until a controller that looks after nodes had seen them.
                "--disable-admission-plugins=TaintNodesByCondition"]

    def _api_ready(self):
        with contextlib.suppress(OSError, ApiError):
            return self.api.request("GET", "/readyz") == "ok"
        return False

    def _controllers_command(self):
        return [self._programs / "kube-controller-manager", f"--kubeconfig={self.kubeconfig()}", "--leader-elect=false",
                f"--controllers={','.join(CONTROLLERS)}", f"--service-account-private-key-file={self._account_key}",
                f"--root-ca-file={self.authority}", f"--feature-gates={FEATURES}", "--port=0", "--secure-port=0",
                "--kube-api-qps=1000", "--kube-api-burst=2000"]

    def _accounts_ready(self):
        """Its work is there: what a pod in the namespace default needs."""
        with contextlib.suppress(OSError, ApiError):
            return (self.api.find("ServiceAccount", "default", "default") and
                    self.api.find("ConfigMap", "kube-root-ca.crt", "default")) is not None
        return False
