import pytest

from support.kubernetes import manifest_check, tools
from support.kubernetes.fixtures import kubernetes, namespace, nodes  # noqa: F401


@pytest.fixture(scope="session")
def cluster(kubernetes):  # noqa: F811
    """With the kinds that the manifests have."""
    manifest_check.install_crds(kubernetes)
    return kubernetes


@pytest.fixture(scope="session")
def kubectl():
    """One that has today's kustomize; that of the cluster may be Debian's."""
    return tools.kubectl()


@pytest.fixture(scope="session")
def helm():
    return tools.helm()
