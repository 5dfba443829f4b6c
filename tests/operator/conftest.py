from support.kubernetes.reporting import pytest_runtest_makereport  # noqa: F401
