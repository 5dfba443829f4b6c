"""An installed dunlin."""

import os
from pathlib import Path

import pytest

from support.building import run

BUILD = Path(os.environ.get("DUNLIN_BUILD") or Path(__file__).parents[2] / "build" / "release")


@pytest.fixture(scope="session")
def build_folder():
    return BUILD


@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD, "--prefix", prefix)
    return prefix
