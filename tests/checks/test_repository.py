"""What must hold of the repository itself."""

import re
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def read(name):
    return (REPOSITORY / name).read_text()


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns], cwd=REPOSITORY,
                            stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")
    return [name for name in listed if name and (REPOSITORY / name).is_file()]


def test_the_changelog_begins_with_this_version_or_with_what_is_unreleased():
    heads = re.findall(r"^## \[([^\]]+)\]", read("CHANGELOG.md"), re.MULTILINE)
    version = read("VERSION").strip()
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert heads and heads[0] in ("Unreleased", version)


def without_code(markdown):
    return re.sub(r"```.*?```|`[^`\n]*`", "", markdown, flags=re.S)


def test_links_in_the_documents_lead_somewhere():
    lost = []
    for name in tracked("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", without_code(read(name))):
            if "://" not in target and not (REPOSITORY / name).parent.joinpath(target).exists():
                lost.append(f"{name}: {target}")
    assert lost == []


def test_nothing_is_left_to_do_in_the_code():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bDISABLED_|GTEST_SKIP|pytest\.mark\.skip|pytest\.skip|xfail")
    this = Path(__file__).relative_to(REPOSITORY).as_posix()
    found = [f"{name}:{number}" for name in tracked("*.h", "*.cc", "*.py", "*.cmake", "CMakeLists.txt") if name != this
             for number, line in enumerate(read(name).splitlines(), 1) if marks.search(line)]
    assert found == []


def test_every_make_target_that_is_promised_exists():
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    assert {"build", "demo", "test", "test-fast", "bench", "format", "lint", "clean", "install"} <= targets


def test_each_package_says_why():
    lines = [line for line in read("packages.txt").splitlines() if line and not line.startswith("#")]
    assert lines and all(re.fullmatch(r"(build|test|bench) [a-z0-9.+-]+(:\w+)? \S.*", line) for line in lines)


def test_the_image_s_label_names_this_version():
    assert re.findall(r"^ARG VERSION=(.*)$", read("docker/Dockerfile.unified"), re.MULTILINE) == [read("VERSION").strip()]
