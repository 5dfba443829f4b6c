"""One migration at a time, and which one: next versions, lock groups, suspended ones and those that are not to be finished."""

import pytest

from support.kubernetes.api import ApiError, condition
from support.kubernetes.migrators import GATE, GROUP, KIND, application, migrator, with_folder, workload
from support.kubernetes.observed import (PATIENCE, events_of, find_condition, is_migrated, lines, pods_of, wait_for_condition,
                                         wait_for_event, wait_for_job, wait_until_running)
from support.waiting import until

SCRIPT = f'echo "$VERSION begins" >>/shared/log; {GATE}; echo "$VERSION ends" >>/shared/log'


@pytest.fixture
def api(kubernetes, operator):
    return kubernetes.api


@pytest.fixture
def roll(kubernetes, api, namespace, tmp_path):
    """Makes a Deployment, or gives it the next version, whose number its migration writes down."""
    def to(version, name="web", **spec):
        made = with_folder(workload("Deployment", name, namespace, f"myapp:{version}", **spec), tmp_path)
        made["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "VERSION", "value": version}]
        kubernetes.api.apply(made)
    return to


def test_a_running_migration_is_finished_before_the_next_version(api, roll, namespace, tmp_path):
    """A deploy never kills it."""
    api.create(migrator("web", namespace, script=SCRIPT))
    roll("v1")
    until(lambda: lines(tmp_path / "log") == ["v1 begins"], "the first migration runs", PATIENCE)
    first = wait_for_job(api, "web", namespace)["metadata"]["uid"]
    roll("v2")
    until(lambda: "myapp:v2" in {one["spec"]["containers"][0]["image"] for one in pods_of(api, "web", namespace)},
          "there is a pod of the next version", PATIENCE)
    assert wait_for_job(api, "web", namespace)["metadata"]["uid"] == first
    (tmp_path / "go").touch()
    api.wait_for(KIND, "web", namespace, is_migrated("myapp:v2"), timeout=PATIENCE)
    assert lines(tmp_path / "log") == ["v1 begins", "v1 ends", "v2 begins", "v2 ends"]
    wait_until_running(api, "web", namespace)
    assert not [one for one in events_of(api, "web", namespace) if one[1] == "StaleJob"]


def test_a_running_migration_that_is_not_to_be_finished(api, roll, namespace, tmp_path):
    """C06: supersede"""
    api.create(migrator("web", namespace, script=SCRIPT, supersede=True))
    roll("v1")
    until(lambda: lines(tmp_path / "log") == ["v1 begins"], "the first migration runs", PATIENCE)
    roll("v2")
    wait_for_event(api, "web", namespace, "Normal", "StaleJob",
                   f"Deleted stale migration job {namespace}/web-migrations (myapp:v1)")
    until(lambda: lines(tmp_path / "log") == ["v1 begins", "v2 begins"], "the next one runs", PATIENCE)
    (tmp_path / "go").touch()
    api.wait_for(KIND, "web", namespace, is_migrated("myapp:v2"), timeout=PATIENCE)
    assert lines(tmp_path / "log") == ["v1 begins", "v2 begins", "v2 ends"]


NO_SECRET = {"env": {"PASSWORD": {"secretKeyRef": {"name": "absent", "key": "password"}}}}


@pytest.mark.parametrize("image, more, said", [
    ("myapp:typo", {}, 'waits: ImagePullBackOff (myapp:typo): Back-off pulling image "myapp:typo"'),
    ("myapp:v1", NO_SECRET, 'waits: CreateContainerConfigError (myapp:v1): secret "absent" not found'),
])
def test_a_migration_that_cannot_start_gives_way(api, namespace, image, more, said):
    api.create(migrator("web", namespace, script="true"))
    api.apply(workload("Deployment", "web", namespace, containers=[application(image, **more)]))
    api.wait_for(KIND, "web", namespace, lambda one: said in find_condition(one, "MigrationsReady").get("message", ""),
                 timeout=PATIENCE)
    assert find_condition(api.get(KIND, "web", namespace), "MigrationsReady")["reason"] == "MigrationsRunning"
    api.apply(workload("Deployment", "web", namespace, "myapp:v2"))
    wait_for_event(api, "web", namespace, "Normal", "StaleJob",
                   f"Deleted stale migration job {namespace}/web-migrations ({image})")
    api.wait_for(KIND, "web", namespace, is_migrated("myapp:v2"), timeout=PATIENCE)
    assert not is_migrated(image)(api.get(KIND, "web", namespace))


def test_a_migration_whose_volume_is_gone_gives_way(api, namespace):
    """Of which a node says nothing in the pod: it has had it for a minute."""
    api.create(migrator("web", namespace, script="true"))
    made = workload("Deployment", "web", namespace, "myapp:v1")
    made["spec"]["template"]["spec"]["volumes"].append({"name": "password", "secret": {"secretName": "absent"}})
    api.apply(made)
    one = api.wait_for(KIND, "web", namespace, lambda one: " waits on node " in find_condition(one, "MigrationsReady").get(
        "message", ""), timeout=PATIENCE)
    said = find_condition(one, "MigrationsReady")["message"]
    pod, = api.list("Pod", namespace, labelSelector="migrations=web")
    assert f": ContainerCreating; kubectl describe pod --namespace {namespace} {pod['metadata']['name']} says for what" in said
    api.apply(workload("Deployment", "web", namespace, "myapp:v2"))
    api.wait_for(KIND, "web", namespace, is_migrated("myapp:v2"), timeout=PATIENCE)


def test_migrators_of_a_lock_group_take_turns(api, roll, namespace, tmp_path):
    for name in ("one", "two"):
        api.create(migrator(name, namespace, script=SCRIPT, lockGroup="orders"))
        wait_for_condition(api, name, namespace, status="Unknown")
    roll("v1", "one")
    until(lambda: lines(tmp_path / "log") == ["v1 begins"], "the first migration runs", PATIENCE)
    roll("v2", "two")
    wait_for_condition(api, "two", namespace, status="False", reason="WaitingForLock",
                       message="Migration myapp:v2 waits for migrator one of lock group orders")
    assert api.find("Job", "two-migrations", namespace) is None
    (tmp_path / "go").touch()
    for name in ("one", "two"):
        wait_until_running(api, name, namespace)
    assert lines(tmp_path / "log") == ["v1 begins", "v1 ends", "v2 begins", "v2 ends"]


# Asked to end, it goes on until the test lets it end.
STUBBORN = f"trap '' TERM; {SCRIPT}"
GRACE = {"terminationGracePeriodSeconds": 600}


def test_who_comes_next_waits_for_a_migration_that_still_ends(api, roll, namespace, tmp_path):
    """Its Job is said to have failed already."""
    for name in ("one", "two"):
        api.create(migrator(name, namespace, script=STUBBORN, lockGroup="orders", backoffLimit=0))
        wait_for_condition(api, name, namespace, status="Unknown")
    roll("v1", "one", **GRACE)
    until(lambda: lines(tmp_path / "log") == ["v1 begins"], "the first migration runs", PATIENCE)
    pod, = api.list("Pod", namespace, labelSelector="migrations=one")
    api.patch("Job", "one-migrations", {"spec": {"activeDeadlineSeconds": 1}}, namespace)
    api.wait_for("Job", "one-migrations", namespace, condition("Failed"), timeout=PATIENCE)
    roll("v2", "two", **GRACE)
    wait_for_condition(api, "two", namespace, status="False", reason="WaitingForLock",
                       message=f"Migration myapp:v2 waits for migrator one of lock group orders: pod {pod['metadata']['name']} on node "
                               f"{pod['spec']['nodeName']} is ending")
    roll("v3", "one", **GRACE)
    wait_for_condition(api, "one", namespace, status="False", reason="WaitingForPod",
                       message=f"Migration myapp:v3 waits for a pod of an earlier job: pod {pod['metadata']['name']} on node "
                               f"{pod['spec']['nodeName']} is ending")
    assert lines(tmp_path / "log") == ["v1 begins"]
    (tmp_path / "go").touch()
    for name, version in (("one", "v3"), ("two", "v2")):
        api.wait_for(KIND, name, namespace, is_migrated(f"myapp:{version}"), timeout=PATIENCE)
    log = lines(tmp_path / "log")
    assert log[:2] == ["v1 begins", "v1 ends"]
    assert log[2:] in (["v2 begins", "v2 ends", "v3 begins", "v3 ends"], ["v3 begins", "v3 ends", "v2 begins", "v2 ends"])


def test_the_next_job_waits_for_the_pod_of_one_that_was_deleted(api, roll, namespace, tmp_path):
    api.create(migrator("web", namespace, script=STUBBORN))
    roll("v1", **GRACE)
    until(lambda: lines(tmp_path / "log") == ["v1 begins"], "it runs", PATIENCE)
    api.delete("Job", "web-migrations", namespace, propagationPolicy="Background")
    wait_for_condition(api, "web", namespace, status="False", reason="WaitingForPod")
    assert lines(tmp_path / "log") == ["v1 begins"]
    (tmp_path / "go").touch()
    api.wait_for(KIND, "web", namespace, is_migrated("myapp:v1"), timeout=PATIENCE)
    assert lines(tmp_path / "log") == ["v1 begins", "v1 ends"] * 2


def test_all_of_a_lock_group_at_once(api, roll, namespace, tmp_path):
    (tmp_path / "go").touch()
    names = {"one": "v1", "two": "v2", "three": "v3"}
    for name, version in names.items():
        api.create(migrator(name, namespace, script=SCRIPT, lockGroup="orders"))
        roll(version, name)
    for name in names:
        wait_until_running(api, name, namespace)
    log = lines(tmp_path / "log")
    assert len(log) == 6 and all(begin.split()[0] == end.split()[0] for begin, end in zip(log[::2], log[1::2])), log


def test_a_suspended_migrator_makes_no_job(api, roll, namespace, tmp_path):
    api.create(migrator("web", namespace, script="echo ran >>/shared/log", suspend=True))
    roll("v1")
    wait_for_condition(api, "web", namespace, status="False", reason="Suspended",
                       message="Migration myapp:v1 is not run: spec.suspend is true")
    assert api.list("Job", namespace) == []
    api.patch(KIND, "web", {"spec": {"suspend": False}}, namespace)
    wait_until_running(api, "web", namespace)
    assert lines(tmp_path / "log") == ["ran"]


@pytest.mark.parametrize("policy, ran", [("skip", ["v1", "v2"]), ("run", ["v1", "v2", "v1"])])
def test_a_rollback(api, roll, namespace, tmp_path, policy, ran):
    api.create(migrator("web", namespace, script='echo "$VERSION" >>/shared/log', rollbackPolicy=policy))
    for version in ("v1", "v2", "v1"):
        roll(version)
        until(lambda: [one["spec"]["containers"][0]["image"] for one in wait_until_running(api, "web", namespace)]
              == [f"myapp:{version}"], f"{version} runs", PATIENCE)
    wait_for_condition(api, "web", namespace, status="True", reason="MigrationsUpToDate")
    assert lines(tmp_path / "log") == ran


def test_a_rollback_that_is_blocked(api, roll, namespace, tmp_path):
    api.create(migrator("web", namespace, script='echo "$VERSION" >>/shared/log', rollbackPolicy="block"))
    for version in ("v1", "v2"):
        roll(version)
        until(lambda: [one["spec"]["containers"][0]["image"] for one in wait_until_running(api, "web", namespace)]
              == [f"myapp:{version}"], f"{version} runs", PATIENCE)
    roll("v1")
    wait_for_condition(api, "web", namespace, status="False", reason="RollbackBlocked",
                       message="myapp:v1 is older than myapp:v2, which has been migrated to: its pods wait, as spec.rollbackPolicy is "
                               "block. Deploy myapp:v2 or a newer version, or set rollbackPolicy to skip if myapp:v1 works with the schema "
                               "as it is now")
    wait_for_condition(api, "web", namespace, "Stalled", status="True")
    assert len(pods_of(api, "web", namespace, "Running")) == 1 and lines(tmp_path / "log") == ["v1", "v2"]


def test_who_may_not_make_jobs_may_not_make_migrators(kubernetes, api, namespace):
    """A Migrator runs any pod as anybody of its namespace."""
    for words in (["serviceaccount", "author"], ["role", "author", "--verb=create,get", f"--resource=migrators.{GROUP}"],
                  ["rolebinding", "author", "--role=author", f"--serviceaccount={namespace}:author"]):
        kubernetes.kubectl("create", *words, namespace=namespace).ok()
    author = kubernetes.api_of(namespace, "author")
    one = migrator("web", namespace)
    until(lambda: allowed(author, one) == "jobs", "its role is in force, and does not suffice", PATIENCE)
    kubernetes.kubectl("create", "role", "jobs", "--verb=create", "--resource=jobs", namespace=namespace).ok()
    kubernetes.kubectl("create", "rolebinding", "jobs", "--role=jobs", f"--serviceaccount={namespace}:author",
                       namespace=namespace).ok()
    until(lambda: allowed(author, one) == "", "now it may", PATIENCE)


def allowed(author, one):
    """What is missing: "" when it was created."""
    try:
        author.create(one)
        return ""
    except ApiError as problem:
        return "migrators" if 'cannot create resource "migrators"' in str(problem) else "jobs"
