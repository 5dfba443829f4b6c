"""What tests get: one control plane with a node for all, and a namespace for each."""

import itertools

import pytest

from support import account

from .control_plane import ControlPlane
from .image import Image
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


@pytest.fixture
def namespace(kubernetes):
    """A new one, with its ServiceAccount ready for pods. When it goes, its pods get no time for good-byes."""
    name = f"test-{next(_numbers)}"
    new_namespace(kubernetes, name)
    yield name
    if account.keep_servers():
        print(f"\nkept: kubectl --namespace {name} get all")
    else:
        end_namespace(kubernetes, name)


def new_namespace(cluster, name):
    cluster.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    cluster.api.wait_for("ServiceAccount", "default", name)
    cluster.api.wait_for("ConfigMap", "kube-root-ca.crt", name)


def end_namespace(cluster, name):
    cluster.api.delete("Namespace", name)  # from now on no controller makes new pods in it
    cluster.api.delete_all("Pod", name, gracePeriodSeconds=0)
