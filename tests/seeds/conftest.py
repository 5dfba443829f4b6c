from support.kubernetes.fixtures import kubernetes, namespace, nodes, operator  # noqa: F401
from support.kubernetes.reporting import pytest_runtest_makereport  # noqa: F401
