"""The operator, installed as its users do it: `kubectl kustomize deploy/default` and `kubectl apply`. RBAC is on, and its pods
are run by the node agent under its own ServiceAccount.

What differs from a real installation, because the network of the test node's pods is the machine's: each pod listens at its own
address only. And what an API server of 1.20 does not have is left out, or said in its words.
"""

import subprocess
from pathlib import Path

import yaml

from support.program import REPOSITORY

from . import tools
from .manifest_check import known_here
from .observed import PATIENCE
from .operator_image import OperatorImage
from .reporting import Reported

NAMESPACE, PREFIX = "migrations-operator-system", "migrations-operator-"
DEPLOYMENT = f"{PREFIX}controller-manager"
LEASE = "8aa440e1.coderanger.net"
# Of others, which need not be installed.
FOREIGN = ("monitoring.coreos.com", "cert-manager.io")


class InstalledOperator(Reported):
    """`folder` is one of deploy/. `images` are what the manifests call the operator's and the admin image besides."""

    def __init__(self, cluster, nodes, folder="default", replicas=None):
        self.cluster, self.nodes, self.api = cluster, nodes, cluster.api
        self.folder, self.replicas = REPOSITORY / "deploy" / folder, replicas
        self.image = OperatorImage()

    # Installing.

    def start(self):
        self.apply(self.manifests())
        self.wait_until_ready()
        return self

    def install_accounts(self):
        """What is installed, but for the operator's pods and its webhooks: it is run in another way."""
        left_out = ("Deployment", "Service", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
                    "PodDisruptionBudget", "NetworkPolicy")
        self.apply([one for one in self.manifests() if one["kind"] not in left_out])

    def kubeconfig(self, server=None):
        """Of the account that its pods have."""
        deployment, = (one for one in self.manifests() if one["kind"] == "Deployment")
        account = deployment["spec"]["template"]["spec"].get("serviceAccountName", "default")
        self.api.wait_for("ServiceAccount", account, NAMESPACE, timeout=PATIENCE)
        return self.cluster.kubeconfig_of(NAMESPACE, account, server)

    def manifests(self):
        """As objects."""
        return [self._in_our_words(one) for one in kustomize(self.folder) if not one["apiVersion"].startswith(FOREIGN)]

    def apply(self, objects):
        """What stands first in `kubectl apply`'s own order may still be unknown to what comes behind: a user calls it again."""
        text = yaml.safe_dump_all(objects)
        first = self.cluster.kubectl("apply", "-f", "-", input=text)
        return first if first.code == 0 else self.cluster.kubectl("apply", "-f", "-", input=text).ok()

    def wait_until_ready(self):
        """All replicas of the present template are, and no other pod is left."""
        def done(one):
            status, wanted = one["status"], one["spec"]["replicas"]
            counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas")]
            return status.get("observedGeneration") == one["metadata"]["generation"] and counts == [wanted] * 3
        self.api.wait_for("Deployment", DEPLOYMENT, NAMESPACE, done, timeout=PATIENCE)

    def close(self):
        self.image.close()

    def story(self, namespace):
        return self.logs()

    def _in_our_words(self, one):
        one = known_here(one)
        if one["kind"] == "Deployment":
            if self.replicas is not None:
                one["spec"]["replicas"] = self.replicas
            manager, = one["spec"]["template"]["spec"]["containers"]
            self.nodes.images[manager["image"]] = self.image
            listen_at_own_address(manager)
        return one

    # Using it.

    def pods(self):
        return [one for one in self.api.list("Pod", NAMESPACE) if "deletionTimestamp" not in one["metadata"]
                and any(owner["kind"] == "ReplicaSet" for owner in one["metadata"].get("ownerReferences", []))]

    def leader(self):
        """The name of the pod that leads; None while none does."""
        lease = self.api.find("Lease", LEASE, NAMESPACE)
        holder = (lease or {}).get("spec", {}).get("holderIdentity") or ""
        return next((one["metadata"]["name"] for one in self.pods() if holder.startswith(one["metadata"]["name"])), None)

    def kill(self, name):
        self.nodes.kill(NAMESPACE, name)

    def scale(self, replicas):
        """Waits until as many are ready, or the last has gone."""
        self.api.patch("Deployment", DEPLOYMENT, {"spec": {"replicas": replicas}}, NAMESPACE)
        self.wait_until_ready()

    def logs(self, lines=60):
        """The end of each pod's, of its present run and of the one before."""
        said = []
        for one in self.pods():
            name = one["metadata"]["name"]
            for run in (-2, -1):
                try:
                    text = self.nodes.logs(NAMESPACE, name, run=run)
                except (KeyError, OSError):
                    continue
                said.append(f"--- {name} ({run})\n" + "\n".join(text.splitlines()[-lines:]))
        return "\n".join(said)


def kustomize(folder: Path):
    """The objects that `kubectl kustomize` makes of a folder."""
    made = subprocess.run([str(tools.kubectl()), "kustomize", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert made.returncode == 0, made.stderr
    return [one for one in yaml.safe_load_all(made.stdout) if one]


def listen_at_own_address(manager):
    """Of the manager's container: its servers at the pod's address, and not at all addresses of the machine; on ports beside
    those that an installation has whose servers do."""
    own = {"webhook": 19443, "api": 15000, "metrics": 18080, "health": 18081}
    manager.setdefault("env", []).insert(0, {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}})
    manager["env"] = [one for one in manager["env"] if one["name"] != "API_LISTEN"]
    args = [one for one in manager.get("args", []) if one.lstrip("-").partition("-addr=")[0] not in own]
    manager["args"] = [*args, *(f"--{name}-addr=$(POD_IP):{port}" for name, port in own.items())]
    for port in manager["ports"]:
        port["containerPort"] = own[port["name"]]
