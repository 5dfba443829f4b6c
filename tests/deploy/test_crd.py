"""The CustomResourceDefinition: it takes what it says, refuses the rest, and has a place for all that the operator reads and writes."""

import re

import pytest
import yaml

from support.kubernetes.api import ApiError
from support.kubernetes.manifest_check import CRD, REPOSITORY

OPERATOR = REPOSITORY / "src" / "kubernetes" / "operator"
SELECTOR = {"matchLabels": {"app": "web"}}
TIME = "2026-01-01T00:00:00Z"

# Everything that there is.
SPEC = {
    "selector": {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]}]},
    "templateSelector": {"matchExpressions": [{"key": "canary", "operator": "DoesNotExist"}]},
    "command": ["python", "manage.py", "migrate"], "args": [], "image": "web:1", "container": "web",
    "labels": {"a": "b"}, "annotations": {"c": "d"},
    "backoffLimit": 0, "activeDeadlineSeconds": 1, "ttlSecondsAfterFinished": 0,
    "resources": {"requests": {"cpu": 1, "memory": "64Mi"}, "limits": {"memory": "64Mi"}, "claims": [{"name": "later"}]},
    "serviceAccountName": "migrator",
    "env": [{"name": "A", "value": "b"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
    "volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "s"}}]}}],
    "volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": True}],
    "nodeSelector": {"disk": "ssd"}, "suspend": True, "lockGroup": "main", "supersede": True, "logTail": 0,
    "rollbackPolicy": "block", "trigger": "digest",
    "database": {"urlFrom": {"secretKeyRef": {"name": "db", "key": "url"}}, "configMaps": ["one", "two"]},
    "contractCommand": ["contract"], "contractAfter": "1h30m", "contract": "manual",
}
STATUS = {
    "observedGeneration": 1,
    "conditions": [{"type": "Ready", "status": "True", "reason": "CompositeReady", "message": "", "lastTransitionTime": TIME,
                    "observedGeneration": 1}],
    "lastSuccessfulMigration": "web:1",
    "migrated": [{"identity": "web:1", "image": "web:1", "time": TIME, "origin": "run", "workload": "Deployment/web",
                  "jobUID": "uid", "contracted": True, "retiredBy": "web:2"}],
    "failures": [{"identity": "web:2", "config": "abc", "jobUID": "uid", "jobDeleted": True, "attempts": 1, "time": TIME,
                  "nextTry": TIME, "detail": "exit code 1"}],
    "blocked": ["web:0"],
    "history": [{"identity": "web:1", "image": "web:1", "jobUID": "uid", "outcome": "Succeeded", "startTime": TIME,
                 "completionTime": TIME, "durationSeconds": 3, "contract": True}],
    "database": {"current": "2", "applied": ["2", "1"], "appliedTotal": 2, "pending": ["3"], "pendingTotal": 1},
    "retried": "1", "rollbackAllowed": "web:0",
    "contract": {"identity": "web:1", "state": "Started", "since": TIME, "begun": True, "time": TIME, "jobUID": "uid",
                 "failure": {"identity": "web:1", "config": "abc", "jobUID": "uid", "jobDeleted": False, "attempts": 1,
                             "time": TIME, "nextTry": TIME, "detail": "exit code 1"}},
}


def migrator(namespace, spec, name="web"):
    return {"apiVersion": "migrations.coderanger.net/v1beta1", "kind": "Migrator",
            "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def schema_of(part):
    version, = yaml.safe_load(CRD.read_text())["spec"]["versions"]
    return version["schema"]["openAPIV3Schema"]["properties"][part]


def test_what_it_takes_is_kept(cluster, namespace):
    cluster.api.create(migrator(namespace, SPEC))
    assert cluster.api.get("Migrator", "web", namespace)["spec"] == SPEC
    cluster.api.patch("Migrator", "web", {"status": STATUS}, namespace, "status")
    assert cluster.api.get("Migrator", "web", namespace)["status"] == STATUS


def test_every_field_is_tried():
    assert SPEC.keys() == schema_of("spec")["properties"].keys()
    assert STATUS.keys() == schema_of("status")["properties"].keys()


def test_every_field_that_the_operator_reads_is_in_it():
    source = (OPERATOR / "migrator_spec.cc").read_text()
    read = set(re.findall(r'\breader[.,](?: ?\w+(?:<\w+>)?\(\s*)?"(\w+)"', source)) | set(re.findall(r'spec\.object\("(\w+)"', source))
    database = {"configMaps", "image", "path"}
    assert len(read) > 20 and read - database <= schema_of("spec")["properties"].keys()
    assert database <= schema_of("spec")["properties"]["database"]["properties"].keys()


def test_every_field_that_the_operator_writes_is_in_it():
    source = "".join((OPERATOR / name).read_text() for name in ("migrator_status.cc", "run_report.cc"))
    written = set(re.findall(r'\{"(\w+)", ', source))
    known = set()

    def collect(schema):
        for name, field in schema.get("items", schema).get("properties", {}).items():
            known.add(name)
            collect(field)
    collect(schema_of("status"))
    assert len(written) > 15 and written - {"run", "adopted"} <= known


@pytest.mark.parametrize("spec", [
    {}, {"selector": SELECTOR}, {"selector": {}, "command": [], "args": []},
    {"selector": {"matchExpressions": []}, "templateSelector": {}, "image": "", "container": "", "labels": {}, "annotations": {}},
])
def test_whatever_migrations_operator_took_is_taken(cluster, namespace, spec):
    if "selector" in spec:
        cluster.api.create(migrator(namespace, spec))
    else:
        with pytest.raises(ApiError, match="spec.selector: Required value"):
            cluster.api.create(migrator(namespace, spec))


@pytest.mark.parametrize(("wrong", "said"), [
    ({"trigger": "tag"}, 'Unsupported value: "tag"'),
    ({"rollbackPolicy": "forward"}, "Unsupported value"),
    ({"contractCommand": []}, "spec.contractCommand"),
    ({"contract": "later"}, "Unsupported value"),
    ({"contractAfter": "soon"}, "spec.contractAfter"),
    ({"backoffLimit": -1}, "should be greater than or equal to 0"),
    ({"activeDeadlineSeconds": 0}, "should be greater than or equal to 1"),
    ({"ttlSecondsAfterFinished": -1}, "should be greater than or equal to 0"),
    ({"logTail": -1}, "should be greater than or equal to 0"),
    ({"suspend": "yes"}, "must be of type boolean"),
    ({"env": [{"value": "x"}]}, "spec.env.name: Required value"),
    ({"volumes": [{"emptyDir": {}}]}, "spec.volumes.name: Required value"),
    ({"volumeMounts": [{"name": "v"}]}, "spec.volumeMounts.mountPath: Required value"),
    ({"database": {"configMaps": ["a"]}}, "urlFrom: Required value"),
    ({"database": {"urlFrom": {"secretKeyRef": {"name": "s"}}, "configMaps": ["a"]}}, "key: Required value"),
    ({"database": {"urlFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}}, "spec.database"),
    ({"database": {"urlFrom": {"secretKeyRef": {"name": "s", "key": "k"}}, "image": "a"}}, "spec.database"),
    ({"database": {"urlFrom": {"secretKeyRef": {"name": "s", "key": "k"}}, "image": "a", "path": "/m", "configMaps": ["a"]}},
     "spec.database"),
    ({"database": {"urlFrom": {"secretKeyRef": {"name": "s", "key": "k"}}, "image": "a", "path": "m"}}, "spec.database.path"),
])
def test_what_is_wrong_is_refused(cluster, namespace, wrong, said):
    with pytest.raises(ApiError) as refused:
        cluster.api.create(migrator(namespace, {"selector": SELECTOR, **wrong}))
    assert refused.value.status == 422 and said in str(refused.value)


def test_kubectl_shows_it(cluster, namespace):
    cluster.api.create(migrator(namespace, {"selector": SELECTOR}))
    ready = {"type": "Ready", "status": "False", "reason": "CompositeNotReady", "message": "", "lastTransitionTime": TIME}
    why = {**ready, "type": "MigrationsReady", "reason": "MigrationsRunning"}
    cluster.api.patch("Migrator", "web", {"status": {"conditions": [ready, why], "lastSuccessfulMigration": "web:1"}}, namespace,
                      "status")
    header, row = cluster.kubectl("get", "mig", namespace=namespace).ok().stdout.splitlines()
    assert header.split() == ["NAME", "READY", "REASON", "MIGRATED", "AGE"]
    assert row.split()[:4] == ["web", "False", "MigrationsRunning", "web:1"]


def test_the_status_is_written_by_those_who_may_write_it_only(cluster, namespace):
    cluster.api.create({**migrator(namespace, {"selector": SELECTOR}), "status": STATUS})
    assert "status" not in cluster.api.get("Migrator", "web", namespace)
