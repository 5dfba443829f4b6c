from support.kubernetes.fixtures import (cluster_without_operator, kubernetes, namespace, nodes,  # noqa: F401
                                         operator)
from support.kubernetes.reporting import pytest_runtest_makereport  # noqa: F401
