"""The .deb and the tarball of `make package`, in a Debian that has nothing of ours and no library but its own."""

import re
import subprocess
import tarfile

import pytest

from support import images
from support.building import run
from support.docker import Docker

VERSION = (images.REPOSITORY / "VERSION").read_text().strip()


@pytest.fixture(scope="module")
def packages(build_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    run("cpack", "--config", build_folder / "CPackConfig.cmake", "-G", "DEB;TGZ", "-B", folder)
    return folder


@pytest.fixture
def debian(packages, admin_image):
    """Runs a script as root in Debian's base image, where the packages are in /packages."""
    docker = Docker(packages)
    yield lambda script: docker("run", "--rm", "-v", f"{packages}:/packages:ro", images.BASE, "sh", "-ec", script)
    docker.close()


def test_the_deb_is_installed_used_and_removed(debian):
    result = debian(f"""
        dpkg --install /packages/dunlin_{VERSION}_amd64.deb >/dev/null
        dunlin --version
        mkdir /work && cd /work && dunlin init --quiet && dunlin migrate --quiet && dunlin migrate-info
        ls /usr/share/bash-completion/completions/dunlin /usr/share/zsh/vendor-completions/_dunlin \\
           /usr/share/fish/vendor_completions.d/dunlin.fish
        dpkg --purge dunlin >/dev/null
        ! ls /usr/bin/dunlin 2>/dev/null""").ok()
    assert result.stdout.startswith(f"dunlin {VERSION} (") and "/installed: create_greetings" in result.stdout


def test_the_tarball_is_one_folder_that_runs_where_it_is(debian, packages):
    archive, = packages.glob("*.tar.gz")
    assert re.fullmatch(rf"dunlin-{re.escape(VERSION)}-linux-\w+\.tar\.gz", archive.name)
    top = archive.name.removesuffix(".tar.gz")
    with tarfile.open(archive) as opened:
        assert {name.split("/")[0] for name in opened.getnames()} == {top}
    result = debian(f"tar -xzf /packages/{archive.name} -C /opt && /opt/{top}/bin/dunlin --version").ok()
    assert result.stdout.startswith(f"dunlin {VERSION} (")


def test_it_needs_the_c_library_that_the_package_names_and_nothing_else(packages, tmp_path):
    package, = packages.glob("*.deb")
    run("dpkg-deb", "--extract", package, tmp_path)
    program = tmp_path / "usr" / "bin" / "dunlin"
    assert sorted(path.name for path in (tmp_path / "usr/share/doc/dunlin").iterdir()) == ["CHANGELOG.md", "LICENSE",
                                                                                        "dunlin.cdx.json"]
    needed = re.findall(r"NEEDED +(\S+)", run("objdump", "-p", program))
    assert set(needed) <= {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"}
    versions = [tuple(map(int, text.split("."))) for text in re.findall(r"GLIBC_([\d.]+)", run("objdump", "-T", program))]
    depends = subprocess.run(["dpkg-deb", "--field", str(package), "Depends"], stdout=subprocess.PIPE, text=True).stdout
    named = re.fullmatch(r"libc6 \(>= ([\d.]+)\)\n", depends)
    assert max(versions) <= tuple(map(int, named[1].split(".")))
    assert ".debug_info" not in run("objdump", "-h", program)
