"""What tests get: one control plane with a node for all, and a namespace for each."""

import contextlib
import itertools
from dataclasses import dataclass

import pytest

from support import account

from .control_plane import ControlPlane
from .image import Image
from .installed_operator import InstalledOperator
from .node import Nodes

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def kubernetes():
    """Who harms it starts a ControlPlane of their own."""
    with ControlPlane() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def nodes(kubernetes):
    """Runs the pods of `kubernetes`. A test adds images under names of its own; `shell` is there: sh -c with a pod's args."""
    with Nodes(kubernetes, images={"shell": Image(["sh", "-c"])}) as nodes:
        yield nodes


# Of test applications: shells, which run what a pod's command says.
APPLICATIONS = [f"{name}:{tag}" for name in ("myapp", "other") for tag in ("latest", "v1", "v2", "v3", "v4")]
# Argo's, which installs it; nothing here rolls out what it says.
ROLLOUTS = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "rollouts.argoproj.io"},
    "spec": {"group": "argoproj.io", "scope": "Namespaced",
             "names": {"kind": "Rollout", "listKind": "RolloutList", "plural": "rollouts", "singular": "rollout"},
             "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
                 "type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}


# The label of namespaces in which pods are not created before the webhook has answered.
INJECTION_REQUIRED = {"migrations.coderanger.net/injection": "required"}


@pytest.fixture(scope="session")
def operator(kubernetes, nodes):
    """deploy/default, installed; pods of APPLICATIONS run."""
    nodes.images.update({name: Image() for name in APPLICATIONS})
    kubernetes.api.apply(ROLLOUTS)
    with InstalledOperator(kubernetes, nodes) as operator:
        yield operator


@pytest.fixture
def namespace(request, kubernetes):
    """A new one, with its ServiceAccount ready for pods. When it goes, its pods get no time for good-byes.

    Where the operator is: no pod slips in before every replica has heard of its Migrator.
    """
    name = f"test-{next(_numbers)}"
    new_namespace(kubernetes, name, **(INJECTION_REQUIRED if "operator" in request.fixturenames else {}))
    yield name
    if account.keep_servers():
        print(f"\nkept: kubectl --namespace {name} get all")
    else:
        end_namespace(kubernetes, name)


def new_namespace(cluster, name, **labels):
    cluster.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    cluster.api.wait_for("ServiceAccount", "default", name)
    cluster.api.wait_for("ConfigMap", "kube-root-ca.crt", name)


def end_namespace(cluster, name):
    cluster.api.delete("Namespace", name)  # from now on no controller makes new pods in it
    cluster.api.delete_all("Pod", name, gracePeriodSeconds=0)


@pytest.fixture(scope="session")
def cluster_without_operator():
    """Everything is installed but the operator itself and its webhooks: tests run it as they like, one at a time."""
    with own_cluster() as cluster:
        cluster.operator.install_accounts()
        yield cluster


@dataclass
class Cluster:
    """One of a test's own, which it may harm."""

    kubernetes: ControlPlane
    nodes: Nodes
    operator: InstalledOperator

    @property
    def api(self):
        return self.kubernetes.api


@contextlib.contextmanager
def own_cluster(**options):
    """`options` are InstalledOperator's; the operator is not there before `operator.start()`."""
    with ControlPlane() as kubernetes, Nodes(kubernetes, {name: Image() for name in APPLICATIONS}) as nodes:
        kubernetes.api.apply(ROLLOUTS)
        operator = InstalledOperator(kubernetes, nodes, **options)
        try:
            yield Cluster(kubernetes, nodes, operator)
        finally:
            operator.close()
