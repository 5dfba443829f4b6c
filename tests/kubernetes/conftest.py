from support.kubernetes.fixtures import (cluster_without_operator, kubernetes, namespace, nodes,  # noqa: F401
                                         operator)
from support.kubernetes.reporting import pytest_runtest_makereport  # noqa: F401


def pytest_collection_modifyitems(items):
    """First what has the ports that the operators of all others have, too."""
    items.sort(key=lambda item: item.path.name != "test_one_image.py")
