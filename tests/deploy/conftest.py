import subprocess

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


@pytest.fixture(scope="session")
def helm_template(helm, tmp_path_factory):
    """The objects of a chart with `sets`, or None where it has to fail with the words `fails`."""
    home = tmp_path_factory.mktemp("helm")

    def template(name, chart, namespace, sets, fails=None):
        words = [word for one in sets for word in ("--set", one)]
        done = subprocess.run([helm, "template", name, chart, "--namespace", namespace, *words],
                              env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        if fails:
            assert done.returncode != 0 and fails in done.stderr
            return None
        assert done.returncode == 0, done.stderr
        return manifest_check.objects(done.stdout)
    return template
