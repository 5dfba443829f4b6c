"""examples/one-off: the files say what they are there to say, the scripts tell kubectl and aws the right words, and what they
have the container run runs in the image."""

import json
import re
import subprocess

import hcl
import pytest
import yaml

from support import images
from support.program import clean_environment

FOLDER = images.REPOSITORY / "examples" / "one-off"

# Stand for kubectl and aws: they write down what they are told, a line of JSON a call.
RECORDER = """#!/usr/bin/python3
import json, sys
with open({log!r}, "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[2] == "wait" and open({log!r}).read().count('"wait"') <= {gives_up}:
    sys.exit(255)
"""
AWS = RECORDER + """
import os
answers = {{"run-task": {task!r}, "describe-tasks": {code!r}}}
print(answers.get(sys.argv[2], ""))
"""


def recorder(folder, name, text, **values):
    log = folder / f"{name}.log"
    values = {"gives_up": 0, **values}
    program = folder / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(text.format(log=str(log), **values))
    program.chmod(0o755)
    return lambda: [json.loads(line) for line in log.read_text().splitlines()]


def script(folder, name, *words, **environment):
    environment = clean_environment({**environment, "PATH": f"{folder / 'bin'}:/usr/bin:/bin"})
    return subprocess.run(["sh", FOLDER / name, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)


def assert_confined(pod):
    """What the Pod Security Standard "restricted" asks for."""
    one, = pod["containers"]
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert one["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                      "capabilities": {"drop": ["ALL"]}}
    variable, = one["env"]
    assert variable["name"] == "MIGRATION_DATABASE_URL" and "secretKeyRef" in variable["valueFrom"]
    assert one["image"] == "everruns-admin" and "command" not in one
    return one["args"]


def test_kubectl_run(tmp_path):
    calls = recorder(tmp_path, "kubectl", RECORDER)
    assert script(tmp_path, "kubectl-run.sh", "migrate-info", "--json", NAMESPACE="production").returncode == 0
    (run, name, *options), = calls()
    assert run == "run" and re.fullmatch(r"dunlin-\d+", name)
    assert options[:-1] == ["--namespace", "production", "--image", "everruns-admin", "--restart", "Never", "--rm", "--attach",
                            "--quiet", "--overrides"]
    overrides = json.loads(options[-1])
    assert overrides["apiVersion"] == "v1" and assert_confined(overrides["spec"]) == ["migrate-info", "--json"]


# What JSON would take for something else.
QUERY = 'select "a", E\'\\n\'\n  from "b"\t-- \\ $HOME `id` & é\n'


def test_words_reach_the_container_as_they_were_typed(tmp_path):
    run = recorder(tmp_path, "kubectl", RECORDER)
    assert script(tmp_path, "kubectl-run.sh", "shell", "-c", QUERY).returncode == 0
    assert json.loads(run()[0][-1])["spec"]["containers"][0]["args"] == ["shell", "-c", QUERY]
    task = recorder(tmp_path, "aws", AWS, task="arn:1", code="0")
    assert script(tmp_path, "ecs-run-task.sh", "shell", "-c", QUERY, CLUSTER="c", SUBNETS="s", SECURITY_GROUPS="g").returncode == 0
    started = task()[0]
    override, = json.loads(started[started.index("--overrides") + 1])["containerOverrides"]
    assert override["command"] == ["shell", "-c", QUERY]


def test_the_job_of_kubernetes():
    job = yaml.safe_load((FOLDER / "job.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job") and job["spec"]["backoffLimit"] == 0
    pod = job["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never" and assert_confined(pod) == ["migrate", "--wait", "60s"]


def test_the_task_definition_of_ecs():
    definition = json.loads((FOLDER / "ecs-task-definition.json").read_text())
    one, = definition["containerDefinitions"]
    assert one["name"] == "dunlin" and one["command"] == ["migrate-info"] and "everruns-admin" in one["image"]
    assert one["readonlyRootFilesystem"] and one["user"] == "10001:10001"
    assert [secret["name"] for secret in one["secrets"]] == ["MIGRATION_DATABASE_URL"]
    assert not any("DATABASE_URL" in variable["name"] for variable in one["environment"])


@pytest.mark.parametrize("code, expected", [("0", 0), ("7", 7), ("None", 1)])
def test_a_task_of_ecs_exits_as_its_container_did(tmp_path, code, expected):
    calls = recorder(tmp_path, "aws", AWS, task="arn:aws:ecs:task/1", code=code)
    ended = script(tmp_path, "ecs-run-task.sh", "migrate", "--quiet", CLUSTER="everruns", SUBNETS="subnet-1,subnet-2",
                   SECURITY_GROUPS="sg-1")
    assert ended.returncode == expected, ended.stderr
    run, wait, describe = calls()
    assert run[:2] == ["ecs", "run-task"] and wait[:3] == ["ecs", "wait", "tasks-stopped"] and describe[1] == "describe-tasks"
    assert "awsvpcConfiguration={subnets=[subnet-1,subnet-2],securityGroups=[sg-1]}" in run
    override, = json.loads(run[run.index("--overrides") + 1])["containerOverrides"]
    assert override == {"name": "dunlin", "command": ["migrate", "--quiet"]}
    assert wait[-1] == describe[describe.index("--tasks") + 1] == "arn:aws:ecs:task/1"


def test_a_task_of_ecs_that_takes_longer_than_aws_waits(tmp_path):
    calls = recorder(tmp_path, "aws", AWS, task="arn:1", code="0", gives_up=2)
    assert script(tmp_path, "ecs-run-task.sh", CLUSTER="c", SUBNETS="s", SECURITY_GROUPS="g").returncode == 0
    assert [call[1] for call in calls()] == ["run-task", "wait", "wait", "wait", "describe-tasks"]


def test_a_task_of_ecs_that_does_not_end(tmp_path):
    calls = recorder(tmp_path, "aws", AWS, task="arn:1", code="0", gives_up=1000)
    ended = script(tmp_path, "ecs-run-task.sh", "migrate", CLUSTER="c", SUBNETS="s", SECURITY_GROUPS="g")
    assert ended.returncode == 1 and "has not ended" in ended.stderr and len(calls()) == 37


def test_a_task_that_ecs_does_not_start(tmp_path):
    recorder(tmp_path, "aws", AWS, task="None", code="None")
    ended = script(tmp_path, "ecs-run-task.sh", "migrate", CLUSTER="c", SUBNETS="s", SECURITY_GROUPS="g")
    assert ended.returncode == 1 and "started no task" in ended.stderr


def test_the_batch_job_of_nomad():
    with open(FOLDER / "migrate.nomad.hcl") as file:
        job = hcl.load(file)["job"]["everruns-admin"]
    assert job["type"] == "batch" and job["parameterized"]["meta_optional"] == ["command"]
    assert job["meta"]["command"] == "migrate"
    group = job["group"]["dunlin"]
    assert group["restart"] == {"attempts": 0, "mode": "fail"} and group["reschedule"]["attempts"] == 0
    task = group["task"]["dunlin"]
    assert task["driver"] == "docker" and task["config"]["image"].startswith("everruns-admin:")
    assert task["config"]["args"] == ["${NOMAD_META_command}", "--wait", "60s"] and task["config"]["readonly_rootfs"]
    assert task["env"]["MIGRATION_DATABASE_URL_FILE"] == "/" + task["template"]["destination"]


def test_the_command_that_they_run(docker, everruns_admin, database, tmp_path):
    (tmp_path / "url").write_text(database.url)
    options = ["run", "--rm", "--read-only", "--cap-drop", "ALL", "-v", "./url:/secrets/migration_url:ro", "-e",
               "MIGRATION_DATABASE_URL_FILE=/secrets/migration_url", everruns_admin]
    docker(*options, "migrate", "--wait", "60s").ok()
    assert docker(*options, "migrate-info", "--wait", "60s").ok().stdout.count("/installed: ") == 3
