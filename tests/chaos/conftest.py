"""A database, a directory and the program, as one thing."""

import pytest

from support.scene import Scene


@pytest.fixture
def scene(database, migrations, dunlin):
    return Scene(database, migrations, dunlin)


@pytest.fixture
def scene18(database18, migrations, dunlin):
    return Scene(database18, migrations, dunlin)


@pytest.fixture
def sqlite_dir(sqlite_dir):
    """Here a database file that is absent is made."""
    plain = sqlite_dir.url
    sqlite_dir.url = lambda name="app.db": plain(name) + "?mode=rwc"
    return sqlite_dir
