"""Migrations that fail: what is said, what is tried again and what makes it start anew."""

import contextlib
import re

import pytest

from support.kubernetes.api import ApiError, gone
from support.kubernetes.migrators import GROUP, KIND, migrator, with_folder, workload
from support.kubernetes.observed import (PATIENCE, events_of, find_condition, lines, pods_of, wait_for_condition,
                                         wait_for_event, wait_for_job, wait_until_running)
from support.waiting import until


def anew(namespace):
    return ("; it is not tried again before there is another version or another spec. To try it again: "
            f"kubectl annotate -n {namespace} migrator web {GROUP}/retry=$(date +%s) --overwrite")


@pytest.fixture
def api(kubernetes, operator):
    return kubernetes.api


def failing(code):
    """Fails with this code until the test makes the file /shared/mended."""
    return f'echo tried >>/shared/log; [ -e /shared/mended ] || {{ echo "no such column"; exit {code}; }}'


@pytest.fixture
def failed(api, namespace, tmp_path):
    """Makes a Migrator and a Deployment whose migration fails; gives the condition, once the Job has given up."""
    def make(code, **spec):
        api.create(migrator("web", namespace, script=failing(code), backoffLimit=0, **spec))
        api.create(with_folder(workload("Deployment", "web", namespace, "myapp:v1"), tmp_path))
        one = api.wait_for(KIND, "web", namespace, lambda one: "tried again" in find_condition(one, "MigrationsReady").get(
            "message", ""), timeout=PATIENCE)
        return find_condition(one, "MigrationsReady")
    return make


def finish(api, namespace, tmp_path, tries):
    """The next try succeeds, and the application starts."""
    wait_until_running(api, "web", namespace)
    wait_for_condition(api, "web", namespace, status="True", reason="MigrationsUpToDate")
    wait_for_condition(api, "web", namespace, "Stalled", status="False")
    assert lines(tmp_path / "log") == ["tried"] * tries


def test_what_failed_is_said_and_tried_again_later(api, failed, namespace, tmp_path):
    """C08"""
    said = failed(1)
    job = f"{namespace}/web-migrations"
    message = rf"Migration job {job} using image myapp:v1 failed: .*exit code 1.*no such column.*; it is tried again at \S+"
    assert said["status"] == "False" and said["reason"] == "MigrationsFailed"
    assert re.fullmatch(message, said["message"], re.DOTALL), said["message"]
    wait_for_event(api, "web", namespace, "Warning", "MigrationsFailed", said["message"])
    wait_for_condition(api, "web", namespace, "Stalled", status="False")
    assert wait_for_job(api, "web", namespace)["status"]["failed"] == 1  # it is kept for who reads it
    held, = pods_of(api, "web", namespace)
    assert held["status"]["phase"] == "Pending"
    # Taken away by somebody, it is made again at once, as ever.
    (tmp_path / "mended").touch()
    api.delete("Job", "web-migrations", namespace, propagationPolicy="Background")
    finish(api, namespace, tmp_path, 2)


@pytest.mark.parametrize("code", [2, 5, 8])
def test_what_cannot_get_better_is_not_tried_again(api, failed, namespace, code):
    said = failed(code)
    assert said["message"].endswith(anew(namespace)) and f"exit code {code}" in said["message"]
    stalled = wait_for_condition(api, "web", namespace, "Stalled", status="True")
    assert stalled["reason"] == "MigrationsFailed" and stalled["message"] == said["message"]
    assert len([one for one in events_of(api, "web", namespace) if one[1] == "MigrationsFailed"]) == 1


def test_the_job_s_own_tries_end_with_what_cannot_get_better(kubernetes, api, namespace, tmp_path):
    """The Job controller of this API server says nothing of a failed pod before it has made the next."""
    api.create(migrator("web", namespace, script=failing(5), backoffLimit=6))
    api.create(with_folder(workload("Deployment", "web", namespace, "myapp:v1"), tmp_path))
    stalled = wait_for_condition(api, "web", namespace, "Stalled", status="True")
    assert "exit code 5" in stalled["message"] and stalled["message"].endswith(anew(namespace))
    wait_for_job(api, "web", namespace, lambda one: one["spec"]["parallelism"] == 0 and not one["status"].get("active"))
    until(lambda: all(one["status"]["phase"] in ("Succeeded", "Failed")
                      for one in api.list("Pod", namespace, labelSelector="migrations=web")), "no pod of it runs", PATIENCE)
    tries = len(lines(tmp_path / "log"))
    assert tries < 3, "one, and the next if that was begun before the first was looked at"
    # The next version need not wait for the others.
    (tmp_path / "mended").touch()
    kubernetes.kubectl("set", "image", "deployment/web", "main=myapp:v2", namespace=namespace).ok()
    finish(api, namespace, tmp_path, tries + 1)


def test_it_is_tried_again_on_demand(kubernetes, api, failed, namespace, tmp_path):
    said = failed(2)
    before = wait_for_job(api, "web", namespace)["metadata"]["uid"]
    (tmp_path / "mended").touch()
    kubernetes.run("sh", "-c", said["message"].split("To try it again: ")[1]).ok()
    api.wait_for("Job", "web-migrations", namespace, lambda one: one is None or one["metadata"]["uid"] != before,
                 timeout=PATIENCE)
    finish(api, namespace, tmp_path, 2)
    assert api.get(KIND, "web", namespace)["status"]["retried"].isdigit()


def test_a_migrator_that_is_made_anew_runs_once_more(api, namespace, tmp_path):
    """The database was restored: what its status said of it is gone with it."""
    one = migrator("web", namespace, script="echo migrated >>/shared/log")
    api.create(one)
    api.create(with_folder(workload("Deployment", "web", namespace, "myapp:v1"), tmp_path))
    wait_until_running(api, "web", namespace)
    api.delete(KIND, "web", namespace)
    api.wait_for(KIND, "web", namespace, gone, timeout=PATIENCE)
    api.create(one)
    until(lambda: lines(tmp_path / "log") == ["migrated"] * 2, "it ran again", PATIENCE)
    wait_for_condition(api, "web", namespace, "Ready", status="True")


def test_the_next_version_starts_anew(kubernetes, api, failed, namespace, tmp_path):
    failed(2)
    (tmp_path / "mended").touch()
    kubernetes.kubectl("set", "image", "deployment/web", "main=myapp:v2", namespace=namespace).ok()
    finish(api, namespace, tmp_path, 2)
    api.wait_for("Job", "web-migrations", namespace, gone, timeout=PATIENCE)
    history = api.get(KIND, "web", namespace)["status"]["history"]
    assert [(run["identity"], run["outcome"]) for run in history] == [("myapp:v2", "Succeeded"), ("myapp:v1", "Failed")]


def test_another_command_starts_anew(api, failed, namespace, tmp_path):
    failed(2)
    api.patch(KIND, "web", {"spec": {"command": ["sh", "-c", "echo tried >>/shared/log"]}}, namespace)
    finish(api, namespace, tmp_path, 2)


def test_a_job_tries_its_pod_again_itself(api, namespace, tmp_path):
    script = 'echo tried >>/shared/log; [ "$(wc -l </shared/log)" -gt 1 ]'
    api.create(migrator("web", namespace, script=script, backoffLimit=3))
    api.create(with_folder(workload("Deployment", "web", namespace, "myapp:v1"), tmp_path))
    finish(api, namespace, tmp_path, 2)


def test_a_log_that_is_not_to_be_shown(api, failed, namespace):
    said = failed(5, logTail=0)
    assert "no such column" not in said["message"] and "exit code 5" in said["message"]


def test_a_secret_in_a_log_is_masked(api, namespace, tmp_path):
    script = "echo cannot reach postgres://app:pa55word@db/app; exit 5"
    api.create(migrator("web", namespace, script=script, backoffLimit=0))
    api.create(with_folder(workload("Deployment", "web", namespace, "myapp:v1"), tmp_path))
    said = wait_for_condition(api, "web", namespace, "Stalled", status="True")["message"]
    assert "cannot reach postgres://app:" in said and "pa55word" not in said
    until(lambda: "MigrationsFailed" in {one[1] for one in events_of(api, "web", namespace)}, "it is told", PATIENCE)
    assert "pa55word" not in str([events_of(api, "web", namespace), api.get(KIND, "web", namespace)["status"]])


@pytest.fixture
def refused(api, namespace):
    """Jobs with the label refused=NAMESPACE are not made, until it is called."""
    name = f"refuse-{namespace}"
    api.create({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": name}, "webhooks": [{
                    "name": "refuse.test.example", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                    "clientConfig": {"url": "https://127.0.0.1:1/"}, "objectSelector": {"matchLabels": {"refused": namespace}},
                    "rules": [{"apiGroups": ["batch"], "apiVersions": ["v1"], "operations": ["CREATE"],
                               "resources": ["jobs"]}]}]})
    until(lambda: not allowed(api, namespace), "they are refused", PATIENCE)
    end = contextlib.ExitStack()
    end.callback(api.delete, "ValidatingWebhookConfiguration", name)
    with end:
        yield end.close


def allowed(api, namespace):
    probe = workload("Job", "probe", namespace)
    probe["metadata"]["labels"] = {"refused": namespace}
    try:
        api.create(probe, dryRun="All")
        return True
    except ApiError as problem:
        assert "refuse.test.example" in str(problem)


def test_a_job_that_may_not_be_made(api, refused, namespace, tmp_path):
    """The pods wait, and go on when what was in the way has gone."""
    api.create(migrator("web", namespace, script="echo ran >>/shared/log", metadata={"labels": {"refused": namespace}}))
    api.create(with_folder(workload("Deployment", "web", namespace, "myapp:v1"), tmp_path))
    said = wait_for_condition(api, "web", namespace, status="Unknown", reason="CreateError")
    assert said["message"].startswith("Error on create, possible conflict: ") and "refuse.test.example" in said["message"]
    wait_for_event(api, "web", namespace, "Warning", "CreateError", said["message"])
    refused()
    wait_until_running(api, "web", namespace)
    assert lines(tmp_path / "log") == ["ran"]
