"""The image `operator`, built for real."""

import gzip
import json
import tarfile

import pytest

from support import images
from support.program import REPOSITORY

NAME = "dunlin-operator"


@pytest.fixture(scope="module")
def operator_image():
    images.buildah("tag", images.image("operator"), f"{NAME}:latest")
    return NAME


@pytest.fixture(scope="module")
def archive(operator_image, tmp_path_factory):
    """The image as a registry would have it: (folder of its files, bytes compressed)."""
    folder = tmp_path_factory.mktemp("operator")
    images.buildah("push", operator_image, f"docker-archive:{folder / 'image.tar'}")
    with tarfile.open(folder / "image.tar") as outer:
        manifest, = json.load(outer.extractfile("manifest.json"))
        compressed = 0
        for layer in manifest["Layers"]:
            content = outer.extractfile(layer).read()
            compressed += len(gzip.compress(content, 6))
            (folder / "layer.tar").write_bytes(content)
            with tarfile.open(folder / "layer.tar") as inner:
                inner.extractall(folder / "files")
    return folder / "files", compressed


def test_it_holds_one_executable_under_three_names(archive):
    files, _ = archive
    assert sorted(str(file.relative_to(files)) for file in files.rglob("*")) == ["dunlin-operator", "manager", "waiter"]
    for name in ("manager", "waiter"):
        assert (files / name).resolve() == files / "dunlin-operator"
    assert (files / "dunlin-operator").read_bytes() == (REPOSITORY / "build" / "dunlin-operator").read_bytes()


def test_it_is_small(archive):
    """What is pulled onto every node."""
    _, compressed = archive
    assert compressed < 10_000_000


def test_what_the_image_says_of_itself(docker, operator_image):
    config = json.loads(docker("inspect", operator_image).ok().stdout)[0]["Config"]
    assert config["Entrypoint"] == ["/manager"] and config["User"] == "65532:65532"
    version = (REPOSITORY / "VERSION").read_text().strip()
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert (labels["version"], labels["licenses"], labels["title"]) == (version, "Apache-2.0", "dunlin-operator")


def test_it_runs_as_nobody_on_a_root_that_it_cannot_change(docker, operator_image):
    options = ["--rm", "--read-only", "--cap-drop", "ALL"]
    version = (REPOSITORY / "VERSION").read_text().strip()
    assert version in docker("run", *options, operator_image, "--version").ok().stdout
    # The old waiter's words, and what is wrong with them.
    refused = docker("run", *options, "--entrypoint", "/waiter", operator_image, "image", "namespace")
    assert refused.code != 0 and "Incorrect number of arguments" in refused.output
    unknown = docker("run", *options, "--entrypoint", "/manager", operator_image, "--no-such-option")
    assert unknown.code == 2 and "no-such-option" in unknown.stderr


def test_there_is_no_shell_in_it(docker, operator_image):
    for shell in ("sh", "/bin/sh", "/bin/busybox"):
        assert docker("run", "--rm", "--entrypoint", shell, operator_image, "-c", "true").code == 127
