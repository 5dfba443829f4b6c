"""The workflow on GitHub: what it may publish, when, and what its steps do."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
DEFAULT_BRANCH_ONLY = ("github.event_name == 'push' && github.ref == format('refs/heads/{0}',"
                       " github.event.repository.default_branch)")


def workflow(file):
    document = yaml.safe_load(file.read_text())
    document["on"] = document.pop(True)  # YAML 1.1 has it that `on` is a word for true
    return document


def publishes(job):
    text = json.dumps(job)
    return "secrets." in text or "docker push" in text or "docker login" in text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_only_the_default_branch_publishes_and_has_the_secret(file):
    document = workflow(file)
    assert document["permissions"] == {"contents": "read"} and "pull_request_target" not in document["on"]
    assert publishes(document["jobs"]["publish"])
    for name, job in document["jobs"].items():
        assert job.get("if") == (DEFAULT_BRANCH_ONLY if publishes(job) else None), name
        assert "permissions" not in job
    assert set(re.findall(r"secrets\.(\w+)", file.read_text())) == {"GHCR_PAT"}
    assert set(document["jobs"]["publish"]["needs"]) == set(document["jobs"]) - {"publish"}


@pytest.mark.parametrize("event, ref, expected", [
    ("push", "refs/heads/main", True), ("push", "refs/heads/feature", False), ("push", "refs/tags/main", False),
    ("pull_request", "refs/heads/main", False), ("pull_request", "refs/pull/7/merge", False),
    ("workflow_dispatch", "refs/heads/main", False), ("schedule", "refs/heads/main", False)])
def test_what_the_condition_means(event, ref, expected):
    expression = DEFAULT_BRANCH_ONLY.replace("&&", "and").replace("github.event.repository.default_branch", "'main'")
    expression = expression.replace("github.event_name", repr(event)).replace("github.ref", repr(ref))
    assert eval(expression, {"format": str.format}) is expected


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_runs_what_a_developer_runs(file):
    jobs = workflow(file)["jobs"]
    steps = [step["run"] for step in jobs["test"]["steps"] if "run" in step]
    assert "bash .ci/run" in steps and "make package" in steps
    builds = [step["run"] for step in jobs["image"]["steps"] if "docker build" in step.get("run", "")]
    for build, (target, name) in zip(builds, [("admin", "dunlin"), ("operator", "dunlin-operator")], strict=True):
        assert build.startswith(f"docker build --target {target} -f docker/Dockerfile.unified -t {name} ")
        assert "prebuilt" not in build
    for job in jobs.values():
        for step in job["steps"]:
            if "run" in step:
                subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)
            else:
                assert re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"])


@pytest.mark.parametrize("head, tags", [("Unreleased", ["latest", "1.2.3-0123456789ab"]),
                                        ("1.2.3", ["latest", "1.2.3-0123456789ab", "1.2.3"])])
def test_what_is_pushed(tmp_path, head, tags):
    """The step, with a docker that writes down what it is told."""
    (tmp_path / "VERSION").write_text("1.2.3\n")
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## [{head}]\n\n## [1.0.0] - 2026-01-01\n")
    recorder = tmp_path / "docker"
    recorder.write_text('#!/bin/sh\necho "$*" >>docker.log\nif [ "$1" = login ]; then cat >password; fi\n')
    recorder.chmod(0o755)
    step = workflow(REPOSITORY / ".github/workflows/ci.yml")["jobs"]["publish"]["steps"][-1]
    assert step["env"] == {"GHCR_PAT": "${{ secrets.GHCR_PAT }}"}
    subprocess.run(["bash", "-e"], input=step["run"], text=True, check=True, cwd=tmp_path, env={
        "PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_REPOSITORY": "Example/Dunlin", "GITHUB_SHA": "0123456789abcdef0123",
        "GITHUB_REPOSITORY_OWNER": "Example", "GHCR_PAT": "the-token"})
    told = (tmp_path / "docker.log").read_text().splitlines()
    assert [line for line in told if line.startswith("push")] == [
        f"push ghcr.io/example/dunlin{part}:{tag}" for tag in tags for part in ("", "-operator")]
    assert "the-token" not in "".join(told) and (tmp_path / "password").read_text() == "the-token\n"
    assert told.index("login ghcr.io --username Example --password-stdin") < told.index(f"push ghcr.io/example/dunlin:{tags[0]}")
    assert told[-1] == "logout ghcr.io"
