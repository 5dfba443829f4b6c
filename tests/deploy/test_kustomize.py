"""The overlays of deploy/: each is built, accepted, and differs from deploy/default in what it is there for."""

import re
import shutil
import subprocess

import pytest
import yaml

from support.kubernetes.manifest_check import DEPLOY, check, objects


@pytest.fixture(scope="session")
def build(kubectl):
    def build(folder):
        done = subprocess.run([kubectl, "kustomize", DEPLOY / folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0 and not done.stderr, done.stderr  # not even a warning
        return objects(done.stdout)
    return build


def by_name(found):
    return {(one["kind"], one["metadata"]["name"].removeprefix("migrations-operator-")): one for one in found}


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in DEPLOY.glob("*/kustomization.yaml")))
def test_every_kustomization_is_built_and_accepted(build, cluster, folder):
    check(cluster, build(folder))


def test_with_cert_manager_the_operator_needs_no_secret(build):
    ours, default = by_name(build("cert-manager")), by_name(build("default"))
    assert set(default) - set(ours) == {("Secret", "webhook-certificates"), ("Role", "certificate-role"),
                                        ("RoleBinding", "certificate-rolebinding"), ("ClusterRole", "webhook-role"),
                                        ("ClusterRoleBinding", "webhook-rolebinding")}
    assert set(ours) - set(default) == {("Issuer", "selfsigned-issuer"), ("Certificate", "serving-cert")}
    pod = ours["Deployment", "controller-manager"]["spec"]["template"]["spec"]
    certificate = ours["Certificate", "serving-cert"]["spec"]
    mount, = pod["containers"][0]["volumeMounts"]
    assert f"--cert-dir={mount['mountPath']}" in pod["containers"][0]["args"]
    assert pod["volumes"] == [{"name": "cert", "secret": {"secretName": certificate["secretName"]}}]
    assert "migrations-operator-webhook-service.migrations-operator-system.svc" in certificate["dnsNames"]
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        one, = [one for (k, _), one in ours.items() if k == kind]
        assert one["metadata"]["annotations"]["cert-manager.io/inject-ca-from"] == (
            "migrations-operator-system/migrations-operator-serving-cert")
    assert "secrets" not in str([one.get("rules") for one in ours.values()])


def test_what_only_the_operators_own_certificate_needs_is_named(build):
    """kubectl apply leaves it where it is; the head of the file says how to delete it."""
    def names(folder):
        return {f"{one['kind'].lower()}/{one['metadata']['name']}" for one in build(folder)}
    head = (DEPLOY / "cert-manager" / "kustomization.yaml").read_text().partition("\napiVersion")[0]
    assert set(re.findall(r"\b[a-z]+/migrations-operator-\S+", head)) == names("default") - names("cert-manager")


def test_namespaced_the_operator_has_roles_only(build):
    found = by_name(build("namespaced"))
    # What is left of ClusterRoles is for people, and bound to nobody.
    assert not [name for kind, name in found if kind in ("ClusterRoleBinding", "Namespace")]
    assert {name for kind, name in found if kind == "ClusterRole"} == {"migrator-viewer-role", "migrator-editor-role"}
    assert {one["metadata"]["namespace"] for one in found.values() if "namespace" in one["metadata"]} == {"my-team"}
    container, = found["Deployment", "controller-manager"]["spec"]["template"]["spec"]["containers"]
    assert "--namespace=$(POD_NAMESPACE)" in container["args"]


def test_a_role_for_one_namespace_has_the_rules_of_that_for_all(build):
    rules = by_name(build("namespaced"))["Role", "manager-role"]["rules"]
    assert yaml.safe_dump(rules).replace("localsubject", "subject") == yaml.safe_dump(
        by_name(build("default"))["ClusterRole", "manager-role"]["rules"])


def test_namespaced_webhooks_are_asked_about_one_namespace(build):
    found = by_name(build("namespaced"))
    only = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["my-team"]}
    hooks = [hook for (kind, _), one in found.items() if kind.endswith("WebhookConfiguration") for hook in one["webhooks"]]
    assert len(hooks) == 3
    for hook in hooks:
        assert only in hook["namespaceSelector"]["matchExpressions"]
        assert hook["clientConfig"]["service"]["namespace"] == "my-team"
    # Its own pods stand in that namespace: they must start before it answers.
    own = found["Deployment", "controller-manager"]["spec"]["template"]["metadata"]["labels"]
    for hook in hooks[:2]:
        (expression,) = hook["objectSelector"]["matchExpressions"]
        assert expression["operator"] == "NotIn" and own[expression["key"]] in expression["values"]
    assert found["Certificate", "serving-cert"]["spec"]["dnsNames"][0] == "migrations-operator-webhook-service.my-team.svc"


@pytest.fixture(scope="session")
def teams(build, tmp_path_factory):
    """Two namespaces, each with an overlay of deploy/namespaced."""
    place = tmp_path_factory.mktemp("teams")
    shutil.copytree(DEPLOY, place / "deploy")

    def team(name):
        (place / name).mkdir()
        (place / name / "kustomization.yaml").write_text(yaml.safe_dump({
            "namespace": name, "resources": ["../deploy/namespaced"], "transformers": ["../deploy/namespaced/names"]}))
        return build(place / name)
    return team("red"), team("blue")


def test_an_overlay_of_namespaced_is_that_with_another_name(build, teams):
    assert yaml.safe_dump(teams[0]) == yaml.safe_dump(build("namespaced")).replace("my-team", "red")


def test_namespaced_operators_take_nothing_from_each_other(cluster, build, teams):
    red, blue = ({identity(one): one for one in team} for team in teams)
    # What both have is the same, and for people.
    both = red.keys() & blue.keys()
    assert {kind for kind, _, _ in both} == {"CustomResourceDefinition", "ClusterRole"} and all(red[one] == blue[one] for one in both)
    assert both == red.keys() & {identity(one) for one in build("default")}
    check(cluster, teams[0])


def identity(one):
    return one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]
