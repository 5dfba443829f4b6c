"""The programs of the control plane are built once, also when two ask at once or a builder is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.kubernetes import binaries, recipe, source
from support.waiting import until

TESTS = Path(__file__).resolve().parents[1]
# A build of a moment, which waits for the file `go` and leaves a line in `builds`.
FAKE_BUILD = """
import sys, time
from pathlib import Path
from support.kubernetes import binaries

class Build:
    def __init__(self, folder):
        self.folder = folder

    def run(self):
        programs = self.folder / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        with open(binaries.cache() / "builds", "a") as log:
            log.write("built\\n")
        (programs / "first").write_text("")
        while not (binaries.cache() / "go").exists():
            time.sleep(0.01)
        (programs / "second").write_text("")
        return programs

print(binaries.ensure(Build))
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_KUBERNETES_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def builder():
    started = []

    def start():
        started.append(subprocess.Popen([sys.executable, "-c", FAKE_BUILD], cwd=TESTS, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def builds(cache):
    return len((cache / "builds").read_text().splitlines()) if (cache / "builds").exists() else 0


def test_two_at_once_build_once(cache, builder):
    first = builder()
    until(lambda: builds(cache) == 1, "the first builds")
    second = builder()
    assert "waiting" in second.stderr.readline()
    assert binaries.found() is None
    (cache / "go").touch()
    folder = first.communicate(timeout=30)[0].strip()
    assert second.communicate(timeout=30)[0].strip() == folder == str(binaries.found())
    assert sorted(path.name for path in Path(folder).iterdir()) == ["first", "second"]
    assert builds(cache) == 1 and not (cache / "work").exists()


def test_a_killed_builder_leaves_nothing_half_done(cache, builder):
    first = builder()
    until(lambda: builds(cache) == 1, "it builds")
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert binaries.found() is None
    (cache / "go").touch()
    assert builder().communicate(timeout=30)[0].strip() == str(binaries.found())
    assert builds(cache) == 2


def test_a_build_that_fails_says_where_and_why(tmp_path):
    build = recipe.Build(tmp_path / "work")
    build.folder.mkdir()
    with pytest.raises(recipe.BuildError, match=r"(?s)ls failed with exit code 2; .*build\.log.*cannot access '.*absent'"):
        build._command("ls", tmp_path / "absent")


def test_the_programs_are_those_of_the_recipe():
    folder = binaries.ensure()
    for program in recipe.PROGRAMS:
        said = subprocess.run([folder / program, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        assert said == f"Kubernetes v{recipe.VERSION}\n"


DEB822 = """# A comment
Types: deb
URIs: http://mirror/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://mirror/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
"""


@pytest.mark.parametrize("name, text, expected", [
    ("sources.list.d/debian.sources", DEB822, "types: deb-src\nuris: http://mirror/debian\nsuites: bookworm\ncomponents: main\n"
     "signed-by: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n"),
    ("sources.list", "deb http://mirror/debian bookworm-updates main\n#deb http://no bookworm main\n"
     "deb http://mirror/debian bookworm main\n", f"deb-src [signed-by={source.KEYRING}] http://mirror/debian bookworm main\n"),
    ("sources.list.d/a.list", "deb [trusted=yes] file:/mirror bookworm contrib main\n",
     "deb-src [trusted=yes] file:/mirror bookworm main\n")])
def test_sources_come_from_where_packages_come(tmp_path, name, text, expected):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    assert source.source_entry(tmp_path)[0] == expected


def test_a_machine_without_debian_is_told(tmp_path):
    (tmp_path / "sources.list").write_text("deb http://mirror/debian trixie main\n")
    with pytest.raises(source.SourceError, match="no entry for Debian bookworm"):
        source.source_entry(tmp_path)


def test_the_cache_may_be_shared(cache):
    assert binaries.cache() == cache
    del os.environ["TEST_KUBERNETES_CACHE"]
    assert binaries.cache() == binaries.REPOSITORY / "build" / "kubernetes"
