"""A database, a directory and the program, as one thing."""

import pytest

from support.scene import Scene


@pytest.fixture
def scene(database, migrations, dunlin):
    return Scene(database, migrations, dunlin)


@pytest.fixture
def scene18(database18, migrations, dunlin):
    return Scene(database18, migrations, dunlin)
