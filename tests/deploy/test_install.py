"""deploy/install.yaml: up to date, accepted by the API server, with the names of migrations-operator and the least rights."""

import copy
import os
import subprocess

import pytest
import yaml

from support.kubernetes.api import JSON_PATCH
from support.kubernetes.manifest_check import INSTALL, REPOSITORY, check, known_here, objects
from support.waiting import until

SYSTEM = "migrations-operator-system"
ACCOUNT = f"system:serviceaccount:{SYSTEM}:migrations-operator-controller-manager"


@pytest.fixture(scope="module")
def install():
    return objects(INSTALL)


def named(found, kind, name=None):
    one, = [one for one in found if one["kind"] == kind and name in (None, one["metadata"]["name"])]
    return one


def test_what_is_made_from_deploy_is_up_to_date(kubectl):
    done = subprocess.run([REPOSITORY / "scripts" / "manifests", "--check"], env={**os.environ, "KUBECTL": str(kubectl)},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"run scripts/manifests\n{done.stdout}"


def test_every_object_is_accepted(cluster, install):
    check(cluster, install)


def test_names_are_those_that_migrations_operator_has(install):
    """What it has under another name would be there twice after `kubectl apply -k`."""
    names = {(one["kind"], one["metadata"]["name"].removeprefix("migrations-operator-")) for one in install}
    assert {("Namespace", "system"), ("CustomResourceDefinition", "migrators.migrations.coderanger.net"),
            ("ClusterRole", "manager-role"), ("ClusterRoleBinding", "manager-rolebinding"), ("Role", "leader-election-role"),
            ("RoleBinding", "leader-election-rolebinding"), ("Service", "api-service"), ("Service", "webhook-service"),
            ("Service", "controller-manager-metrics-service"), ("Deployment", "controller-manager"),
            ("MutatingWebhookConfiguration", "mutating-webhook-configuration")} <= names
    selector = named(install, "Deployment")["spec"]["selector"]
    assert selector == {"matchLabels": {"control-plane": "controller-manager"}}  # it cannot be changed


def test_an_installation_of_migrations_operator_is_taken_over(cluster, install, tmp_path):
    """What could not be changed in place is what kubectl apply would fail at."""
    before = tmp_path / "before.yaml"
    labels = {"control-plane": "controller-manager"}
    container = {"name": "manager", "image": "ghcr.io/coderanger/migrations-operator:main", "command": ["/manager"],
                 "args": ["--enable-leader-election"], "env": [{"name": "WAITER_IMAGE", "value": "old"}],
                 "volumeMounts": [{"name": "cert", "mountPath": "/tmp/k8s-webhook-server/serving-certs"}]}
    proxy = {"name": "kube-rbac-proxy", "image": "gcr.io/kubebuilder/kube-rbac-proxy:v0.5.0"}
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
               "metadata": {"name": "migrations-operator-manager-rolebinding"},
               "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "migrations-operator-manager-role"},
               "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": SYSTEM}]}
    hook = {"name": "mpod.migrations.coderanger.net", "failurePolicy": "Ignore", "sideEffects": "None",
            "admissionReviewVersions": ["v1beta1"],
            "clientConfig": {"service": {"name": "migrations-operator-webhook-service", "namespace": SYSTEM, "path": "/mutate-v1-pod"}},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["pods"]}]}
    name = "migrations-operator-controller-manager"
    before.write_text(yaml.safe_dump_all([
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM, "labels": labels}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": SYSTEM, "labels": labels},
         "spec": {"replicas": 0, "selector": {"matchLabels": labels},
                  "template": {"metadata": {"labels": labels},
                               "spec": {"containers": [container, proxy],
                                        "volumes": [{"name": "cert", "secret": {"secretName": "webhook-server-cert"}}]}}}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"{name}-metrics-service", "namespace": SYSTEM},
         "spec": {"selector": labels, "ports": [{"name": "https", "port": 8443, "targetPort": "https"}]}},
        {"apiVersion": "v1", "kind": "Service",
         "metadata": {"name": "migrations-operator-webhook-service", "namespace": SYSTEM},
         "spec": {"selector": labels, "ports": [{"port": 443, "targetPort": 9443}]}},
        binding, {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
                  "metadata": {"name": "migrations-operator-mutating-webhook-configuration"}, "webhooks": [hook]}]))
    cluster.kubectl("apply", "-f", before).ok()
    configuration = "migrations-operator-mutating-webhook-configuration"
    cluster.api.patch("MutatingWebhookConfiguration", configuration, form=JSON_PATCH, body=[
        {"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": "Cg=="}])  # as cert-manager does
    try:
        after = tmp_path / "after.yaml"
        # Nobody runs its pods here; the webhooks would keep other tests from making Migrators.
        applied = [known_here(one) for one in copy.deepcopy(install) if one["kind"] != "ValidatingWebhookConfiguration"]
        named(applied, "Deployment")["spec"]["replicas"] = 0
        after.write_text(yaml.safe_dump_all(applied))
        cluster.kubectl("apply", "-f", after).ok()
        pod = cluster.api.get("Deployment", name, SYSTEM)["spec"]["template"]["spec"]
        assert [one["name"] for one in pod["containers"]] == ["manager"] and not pod.get("volumes")
        service = cluster.api.get("Service", f"{name}-metrics-service", SYSTEM)["spec"]
        assert [(port["name"], port["port"]) for port in service["ports"]] == [("metrics", 8080)]
        hooks = cluster.api.get("MutatingWebhookConfiguration", configuration)["webhooks"]
        assert [(hook["name"], hook["rules"][0]["operations"]) for hook in hooks] == [
            ("mpod.migrations.coderanger.net", ["CREATE"]), ("strict.mpod.migrations.coderanger.net", ["CREATE"])]
        assert hooks[0]["clientConfig"]["caBundle"] == "Cg=="  # whom to believe is the operator's to say
        bound = cluster.api.get("ClusterRoleBinding", "migrations-operator-manager-rolebinding")["subjects"]
        assert [one["name"] for one in bound] == ["migrations-operator-controller-manager"]
    finally:
        cluster.api.delete("MutatingWebhookConfiguration", configuration)


def test_applying_it_again_keeps_the_certificates(cluster, install):
    secret = named(install, "Secret")
    assert "data" not in secret and "stringData" not in secret


def test_images_are_those_of_this_version(install):
    version = (REPOSITORY / "VERSION").read_text().strip()
    container, = named(install, "Deployment")["spec"]["template"]["spec"]["containers"]
    values = {one["name"]: one.get("value") for one in container["env"]}
    assert container["image"] == values["WAITER_IMAGE"] == f"dunlin-operator:{version}"
    assert values["ADMIN_IMAGE"] == f"dunlin:{version}"
    assert values["API_HOSTNAME"] == "migrations-operator-api-service.$(POD_NAMESPACE).svc:5000"


def test_the_pod_is_confined(install):
    """As the Pod Security Standard "restricted" wants it, which the namespace enforces."""
    assert named(install, "Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    spec = named(install, "Deployment")["spec"]
    pod, (container,) = spec["template"]["spec"], spec["template"]["spec"]["containers"]
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == 65532
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                            "capabilities": {"drop": ["ALL"]}}
    assert spec["replicas"] == 2 and "--enable-leader-election" in container["args"]


def test_ports_are_found_by_services_and_probes(install):
    container, = named(install, "Deployment")["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"webhook": 9443, "api": 5000, "metrics": 8080, "health": 8081}
    for service in (one for one in install if one["kind"] == "Service"):
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports.keys()
    assert {container[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")} == {"health"}
    open_ports = {port["port"] for rule in named(install, "NetworkPolicy")["spec"]["ingress"] for port in rule["ports"]}
    assert open_ports == set(ports.values())


def test_a_namespace_has_one_of_the_webhooks(install):
    hooks = {hook["name"]: hook for hook in named(install, "MutatingWebhookConfiguration")["webhooks"]}
    assert {name: (hook["failurePolicy"], hook["clientConfig"]["service"]["path"]) for name, hook in hooks.items()} == {
        "mpod.migrations.coderanger.net": ("Ignore", "/mutate-v1-pod"),
        "strict.mpod.migrations.coderanger.net": ("Fail", "/mutate-v1-pod-strict")}
    first, second = [hook["namespaceSelector"]["matchExpressions"] for hook in hooks.values()]
    assert first[0] == {**second[0], "operator": "NotIn"} and first[1] == second[1]
    validating, = named(install, "ValidatingWebhookConfiguration")["webhooks"]
    assert (validating["name"], validating["failurePolicy"], validating["rules"][0]["operations"]) == (
        "vmigrator.migrations.coderanger.net", "Fail", ["CREATE", "UPDATE"])


def test_rights(cluster, install):
    """What the operator's ServiceAccount may do, as the API server sees it, and what it may not."""
    for one in install:
        if one["kind"] in ("Namespace", "ServiceAccount", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"):
            cluster.api.apply(one)

    def may(verb, resource, namespace="default", name=None, group=""):
        resource, _, subresource = resource.partition("/")
        return allowed(cluster, ACCOUNT, {"verb": verb, "resource": resource, "namespace": namespace, "group": group,
                                          **({"name": name} if name else {}),
                                          **({"subresource": subresource} if subresource else {})})

    ours = {"group": "migrations.coderanger.net"}
    until(lambda: may("watch", "pods") and may("update", "secrets", SYSTEM, "migrations-operator-webhook-certificates"),
          "the roles are in force")
    assert may("watch", "pods") and may("create", "jobs", group="batch") and may("patch", "migrators/status", **ours)
    assert may("patch", "migrators", **ours) and may("update", "migrators/finalizers", **ours)
    assert may("list", "statefulsets", group="apps") and may("list", "rollouts", group="argoproj.io")
    assert may("create", "subjectaccessreviews", None, group="authorization.k8s.io")
    assert may("update", "secrets", SYSTEM, "migrations-operator-webhook-certificates")
    assert may("update", "leases", SYSTEM, "8aa440e1.coderanger.net", "coordination.k8s.io")
    assert may("patch", "mutatingwebhookconfigurations", None, "migrations-operator-mutating-webhook-configuration",
               "admissionregistration.k8s.io")

    assert not may("get", "secrets") and not may("get", "secrets", SYSTEM, "another") and not may("list", "secrets", SYSTEM)
    assert not may("get", "pods/log") and not may("create", "pods") and not may("delete", "pods") and not may("create", "pods/exec")
    assert not may("create", "migrators", **ours) and not may("delete", "migrators", **ours)
    assert not may("patch", "mutatingwebhookconfigurations", None, "another", "admissionregistration.k8s.io")
    assert not may("update", "leases", SYSTEM, "another", "coordination.k8s.io")
    assert may("get", "configmaps") and not may("list", "configmaps") and not may("list", "namespaces", None) and not may("update", "deployments", group="apps")


def allowed(cluster, user, attributes, groups=()):
    review = cluster.api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "spec": {"user": user, "groups": [*groups, "system:authenticated"],
                 "resourceAttributes": {key: value for key, value in attributes.items() if value}}})
    return review["status"].get("allowed", False)


def test_people_with_edit_read_migrators_and_do_not_write_them(cluster, install, namespace):
    for one in install:
        if one["metadata"]["name"].startswith("migrations-operator-migrator-"):
            cluster.api.apply(one)
    for role in ("view", "edit", "admin", "migrations-operator-migrator-editor-role"):
        cluster.api.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                           "metadata": {"name": role, "namespace": namespace},
                           "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
                           "subjects": [{"kind": "User", "name": role, "apiGroup": "rbac.authorization.k8s.io"}]})

    def may(role, verb):
        return allowed(cluster, role, {"verb": verb, "resource": "migrators", "group": "migrations.coderanger.net",
                                       "namespace": namespace})
    until(lambda: all(may(role, "list") for role in ("view", "edit", "admin")), "the roles have been put together")
    assert [role for role in ("view", "edit", "admin") if may(role, "create") or may(role, "patch")] == []
    until(lambda: may("migrations-operator-migrator-editor-role", "create"), "the editor's role is in force")


def test_what_others_need_comes_first(install):
    kinds = [one["kind"] for one in install]
    assert kinds[:2] == ["Namespace", "CustomResourceDefinition"] and kinds[-1] == "ValidatingWebhookConfiguration"
