"""How Debian's source package `kubernetes` becomes the programs of a control plane. Whatever changes here builds them anew."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from . import source

VERSION = "1.20.2"
PROGRAMS = ("kube-apiserver", "kube-controller-manager")
NAME = "k8s.io/kubernetes"
# Debian's copy of a library; the one in the tree crashes on the first custom resource when built with Go 1.18 or later.
REFLECT2 = Path("/usr/share/gocode/src/github.com/modern-go/reflect2")
# Packages whose types the API server does not serve.
NOT_SERVED = re.compile(r"_examples|/testdata|sample-apiserver|kube-openapi|code-generator|/openapi$")
# Lets others go first, and is killed with us.
GENTLY = ("nice", "-n", "10", "setpriv", "--pdeathsig", "KILL")
MARK = b"+k8s:openapi-gen="


class BuildError(RuntimeError):
    pass


class Build:
    """Builds in a folder that an interrupted build may have left: the download and Go's cache are used again."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.tree = self.folder / "go" / "src" / NAME
        self.log = self.folder / "build.log"

    def run(self):
        """The folder of the programs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)
        self._unpack(self._download())
        self._replace_reflect2()
        self._generate_openapi()
        programs = self.folder / "bin"
        shutil.rmtree(programs, ignore_errors=True)
        programs.mkdir()
        # Without the clients of clouds, which are a third of all there is to compile.
        self._go("build", "-trimpath", "-tags", "providerless", "-ldflags", linker_flags(), "-o", programs,
                 *(f"{NAME}/cmd/{program}" for program in PROGRAMS))
        for program in PROGRAMS:
            said = self._command(programs / program, "--version")
            if said.split() != ["Kubernetes", f"v{VERSION}"]:
                raise BuildError(f"{program} --version printed {said!r}")
        return programs

    def _download(self):
        place = self.folder / "download"
        if not place.is_dir():
            part = self.folder / "download.part"
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            source.download("kubernetes", part, self._command)
            part.rename(place)
        archives = [path for path in place.glob("*.orig.tar.*") if VERSION in path.name]
        if len(archives) != 1:
            raise BuildError(f"Debian's source package kubernetes is no longer {VERSION}: {[*map(str, place.iterdir())]}")
        return archives[0]

    def _unpack(self, archive):
        shutil.rmtree(self.folder / "go", ignore_errors=True)
        self.tree.mkdir(parents=True)
        self._command("tar", "--extract", "--file", archive, "--strip-components=1", "--directory", self.tree)

    def _replace_reflect2(self):
        if not REFLECT2.is_dir():
            raise BuildError(f"no {REFLECT2}: run  scripts/setup test")
        place = self.tree / "vendor" / "github.com" / "modern-go" / "reflect2"
        shutil.rmtree(place)
        shutil.copytree(REFLECT2, place)

    def _generate_openapi(self):
        """The one package that the archive lacks: the descriptions of all types, which kubectl checks objects with."""
        generator = self.folder / "openapi-gen"
        self._go("build", "-o", generator, f"{NAME}/vendor/k8s.io/kube-openapi/cmd/openapi-gen")
        self._command(generator, "--output-file-base", "zz_generated.openapi", "--go-header-file",
                      self.tree / "hack/boilerplate/boilerplate.generatego.txt", "--output-package",
                      f"{NAME}/pkg/generated/openapi", "--output-base", self.folder / "go" / "src", "--report-filename",
                      self.folder / "openapi.report", "--input-dirs", ",".join(self._described_packages()), cwd=self.tree)

    def _described_packages(self):
        names = set()
        for top in ("pkg", "staging/src/k8s.io"):
            for file in (self.tree / top).rglob("*.go"):
                name = file.parent.relative_to(self.tree).as_posix()
                if not NOT_SERVED.search(name) and MARK in file.read_bytes():
                    names.add(f"{NAME}/{name.replace('staging/src/', 'vendor/', 1)}")
        return sorted(names)

    def _go(self, *words):
        if not shutil.which("go"):
            raise BuildError("no go here: run  scripts/setup test")
        # Two at a time: other tests run beside.
        return self._command("go", words[0], "-p", "2", *words[1:], cwd=self.tree)

    def _command(self, *words, cwd=None):
        """What it printed on stdout; stderr goes to the log."""
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.folder), "GO111MODULE": "off",
                       "CGO_ENABLED": "0", "GOFLAGS": "", "GOPATH": str(self.folder / "go"),
                       "GOCACHE": str(self.folder / "cache"), "TMPDIR": str(self.folder),
                       **{name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}}
        words = [*map(str, words)]
        with open(self.log, "a") as log:
            log.write(f"$ {' '.join(words)[:2000]}\n")
            log.flush()
            result = subprocess.run([*GENTLY, *words], cwd=cwd or self.folder, env=environment, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=log, text=True)
            log.write(result.stdout)
        if result.returncode != 0:
            last = "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])
            raise BuildError(f"{words[0]} failed with exit code {result.returncode}; the end of {self.log}:\n{last}")
        return result.stdout


def linker_flags():
    """Without debug information, and with the version that clients ask for."""
    major, minor, _ = VERSION.split(".")
    values = {"gitVersion": f"v{VERSION}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    # The second is what /version answers.
    packages = ("component-base/version", "client-go/pkg/version")
    return " ".join(["-s -w", *(f"-X {NAME}/vendor/k8s.io/{package}.{name}={value}" for package in packages
                                for name, value in values.items())])
