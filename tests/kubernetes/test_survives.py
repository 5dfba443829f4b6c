"""What happens to clusters: servers go away and come back, leaders change, the webhook is down, a certificate expires."""

import base64
import contextlib
import itertools
import subprocess

import pytest

from support.kubernetes.api import ApiError, condition
from support.kubernetes.fixtures import INJECTION_REQUIRED, end_namespace, new_namespace, own_cluster
from support.kubernetes.installed_operator import DEPLOYMENT, LEASE, NAMESPACE, PREFIX
from support.kubernetes.manifests import phase
from support.kubernetes.migrators import GATE, migrator, with_folder, workload
from support.kubernetes.observed import (PATIENCE, lines, pods_of, wait_for_condition, wait_until_running, waiters)
from support.tls import Certificates
from support.waiting import until

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def cluster():
    with own_cluster(replicas=2) as cluster:
        with cluster.operator:
            yield cluster


@pytest.fixture
def namespace(cluster):
    name = f"own-{next(_numbers)}"
    new_namespace(cluster.kubernetes, name)
    yield name
    end_namespace(cluster.kubernetes, name)


@pytest.fixture
def web(cluster, namespace, tmp_path):
    """A Deployment whose migration runs, and waits for finish()."""
    return Web(cluster.api, namespace, tmp_path)


class Web:
    def __init__(self, api, namespace, folder):
        self.api, self.namespace, self.folder = api, namespace, folder
        api.create(migrator("web", namespace, script=f"echo begins >>/shared/log; {GATE}; echo ends >>/shared/log"))
        wait_for_condition(api, "web", namespace, status="Unknown")
        api.create(with_folder(workload("Deployment", "web", namespace, "myapp:v1"), folder))
        until(lambda: lines(folder / "log"), "the migration runs", PATIENCE)

    def finish(self):
        """It has run once, and the application runs."""
        (self.folder / "go").touch()
        self.api.wait_for("Deployment", "web", self.namespace, condition("Available"), timeout=2 * PATIENCE)
        wait_for_condition(self.api, "web", self.namespace, status="True")
        assert lines(self.folder / "log") == ["begins", "ends"]


def test_the_api_server_is_restarted(cluster, web):
    cluster.kubernetes.apiserver.kill()
    (web.folder / "go").touch()
    cluster.kubernetes.apiserver.start()
    web.finish()


def test_etcd_is_restarted(cluster, web):
    cluster.kubernetes.etcd.kill()
    cluster.kubernetes.etcd.start()
    web.finish()


def other_leader(cluster, *before):
    return until(lambda: (lambda name: name if name not in before else None)(cluster.operator.leader()), "there is a leader",
                 PATIENCE, pause=0.2)


def holder(cluster):
    return cluster.api.get("Lease", LEASE, NAMESPACE)["spec"]["holderIdentity"]


def test_the_leader_is_killed(cluster, web):
    leader = other_leader(cluster, None)
    before = holder(cluster)
    cluster.operator.kill(leader)
    until(lambda: holder(cluster) not in ("", before), "another one leads", PATIENCE, pause=0.2)
    web.finish()


def test_the_leader_is_sent_away(cluster, web):
    """It gives the lease back, so that nobody has to wait for its end."""
    leader = other_leader(cluster, None)
    before = holder(cluster)
    cluster.api.delete("Pod", leader, NAMESPACE)
    until(lambda: holder(cluster) not in ("", before), "another one leads", PATIENCE, pause=0.2)
    web.finish()
    cluster.operator.wait_until_ready()


def test_the_lease_is_stolen(cluster, web):
    """Who has lost it ends at once, and begins anew."""
    leader = other_leader(cluster, None)

    def restarts():
        return cluster.api.get("Pod", leader, NAMESPACE)["status"]["containerStatuses"][0]["restartCount"]

    before = restarts()
    cluster.api.patch("Lease", LEASE, {"spec": {"holderIdentity": "thief", "leaseDurationSeconds": 1}}, NAMESPACE)
    until(lambda: restarts() > before, "it has ended", PATIENCE, pause=0.2)
    ended = cluster.api.get("Pod", leader, NAMESPACE)["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert ended["exitCode"] != 0
    other_leader(cluster, None)
    web.finish()


@contextlib.contextmanager
def down(operator):
    replicas = operator.api.get("Deployment", DEPLOYMENT, NAMESPACE)["spec"]["replicas"]
    operator.scale(0)
    until(lambda: not operator.api.list("Pod", NAMESPACE), "the last one has gone", PATIENCE)
    try:
        yield
    finally:
        operator.scale(replicas)


def test_the_webhook_is_down(cluster, namespace):
    """failurePolicy Ignore, the default: pods start, as with migrations-operator; Fail where a namespace asks for it."""
    api = cluster.api
    strict = f"{namespace}-strict"
    new_namespace(cluster.kubernetes, strict, **INJECTION_REQUIRED)
    for name in (namespace, strict):
        api.create(migrator("web", name, script="exit 0"))
        wait_for_condition(api, "web", name, status="Unknown")
    with down(cluster.operator):
        ignored = api.create(workload("Pod", "web", namespace))
        assert waiters(ignored) == {}
        api.wait_for("Pod", "web", namespace, phase("Running"), timeout=PATIENCE)
        with pytest.raises(ApiError, match="failed calling webhook"):
            api.create(workload("Pod", "web", strict))
        api.create(workload("Deployment", "web", strict))
        api.wait_for("Deployment", "web", strict, condition("ReplicaFailure"), timeout=PATIENCE)
        assert api.list("Pod", strict) == []
    one, = wait_until_running(api, "web", strict)
    assert waiters(one)
    end_namespace(cluster.kubernetes, strict)


def test_a_migrator_and_a_deployment_applied_together(cluster):
    """Where a namespace asks for it, no pod slips in before the webhook has heard of the Migrator."""
    api, namespace = cluster.api, "together"
    new_namespace(cluster.kubernetes, namespace, **INJECTION_REQUIRED)
    names = [f"web-{number}" for number in range(6)]
    for name in names:
        api.create(migrator(name, namespace, script="exit 0"))
        api.create(workload("Pod", name, namespace))
    for name in names:
        one, = pods_of(api, name, namespace)
        assert list(waiters(one)) == [f"migrate-wait-{name}"]
        wait_until_running(api, name, namespace)


def certificate_in(secret, folder):
    (folder / "tls.crt").write_bytes(base64.b64decode(secret["data"]["tls.crt"]))
    return folder / "tls.crt"


def openssl(*words):
    return subprocess.run(["openssl", *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def test_the_certificate_has_expired(cluster, namespace, tmp_path):
    """It is renewed and announced, and pods are injected again."""
    api, name = cluster.api, f"{PREFIX}webhook-certificates"
    expired = Certificates(f"{PREFIX}webhook-service.{NAMESPACE}.svc", days=-1)
    files = {"ca.crt": expired.authority, "tls.crt": expired.server_certificate, "tls.key": expired.server_key}
    data = {key: base64.b64encode(file.read_bytes()).decode() for key, file in files.items()}
    expired.close()
    api.patch("Secret", name, {"data": data}, NAMESPACE)
    renewed = api.wait_for("Secret", name, NAMESPACE, lambda one: one["data"]["tls.crt"] != data["tls.crt"], timeout=PATIENCE)
    certificate = certificate_in(renewed, tmp_path)
    assert openssl("x509", "-checkend", 86400, "-noout", "-in", certificate)

    def believed(kind):
        hooks = api.get(kind, f"{PREFIX}{kind.removesuffix('WebhookConfiguration').lower()}-webhook-configuration")["webhooks"]
        for hook in hooks:
            (tmp_path / "ca.crt").write_bytes(base64.b64decode(hook["clientConfig"]["caBundle"]))
            if not openssl("verify", "-CAfile", tmp_path / "ca.crt", certificate):
                return False
        return True

    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        until(lambda: believed(kind), f"it is announced in the {kind}", PATIENCE, pause=0.2)
    api.create(migrator("web", namespace, script="exit 0"))
    wait_for_condition(api, "web", namespace, status="Unknown")

    def injected():
        """By every replica: the API server asks them in turn."""
        pods = [workload("Pod", f"web-{next(_numbers)}", namespace, labels={"app": "web"}) for _ in range(4)]
        return all(waiters(api.create(one)) for one in pods)

    until(injected, "all replicas show the new one", PATIENCE, pause=1)
