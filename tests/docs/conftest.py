import pytest

from support.postgres import Postgres


@pytest.fixture
def server():
    """A server of the page's own, so that its databases and users have the names that the page says."""
    with Postgres(fast=True) as server:
        yield server


@pytest.fixture
def everywhere(server):
    """Variables under which libpq finds the server behind any host name: pages say `db`, or `db.internal`."""
    return {"PGHOSTADDR": "127.0.0.1", "PGPORT": str(server.port)}
