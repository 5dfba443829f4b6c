"""deploy/helm/dunlin-operator: it installs what deploy/ does, and every value does what it says."""

import re
import subprocess

import pytest
import yaml

from support.kubernetes.manifest_check import DEPLOY, INSTALL, check, known_here, objects

CHART = DEPLOY / "helm" / "dunlin-operator"
SYSTEM = "migrations-operator-system"


@pytest.fixture(scope="session")
def render(helm_template):
    def render(*sets, name="migrations-operator", namespace=SYSTEM, fails=None):
        return helm_template(name, CHART, namespace, sets, fails)
    return render


def named(found, kind, end=""):
    one, = [one for one in found if one["kind"] == kind and one["metadata"]["name"].endswith(end)]
    return one


def plain(one):
    """Without what only Helm writes."""
    labels = {key: value for key, value in one["metadata"].get("labels", {}).items()
              if not key.startswith(("app.kubernetes.io/", "helm.sh/"))}
    annotations = {key: value for key, value in one["metadata"].get("annotations", {}).items() if not key.startswith("helm.sh/")}
    metadata = {key: value for key, value in one["metadata"].items() if key not in ("labels", "annotations")}
    kept = {key: value for key, value in (("labels", labels), ("annotations", annotations)) if value}
    return {**one, "metadata": {**metadata, **kept}}


def test_it_installs_what_install_yaml_does(render):
    def texts(found):
        return {(one["kind"], one["metadata"]["name"]): yaml.safe_dump(plain(one)) for one in found if one["kind"] != "Namespace"}
    ours, theirs = render(), objects(INSTALL)
    # What Helm says besides: where images come from when they are not there.
    named(theirs, "Deployment")["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = "IfNotPresent"
    for one in ours + theirs:
        for container in one.get("spec", {}).get("template", {}).get("spec", {}).get("containers", []):
            container["ports"].sort(key=lambda port: port["name"])
    assert texts(ours) == texts(theirs)


@pytest.mark.parametrize("sets", [
    [], ["namespaced=true", "certManager.enabled=true"], ["certManager.enabled=true", "certManager.issuerRef.name=ours"],
    ["prometheus.serviceMonitor.enabled=true", "prometheus.rules.enabled=true", "grafana.dashboard.enabled=true"],
    ["validation.enabled=false", "crd.install=false", "podDisruptionBudget.enabled=false", "networkPolicy.enabled=false"],
    ["image.repository=registry.example.com/a", "image.tag=2", "imagePullSecrets[0].name=registry", "replicas=3",
     "nodeSelector.disk=ssd", "tolerations[0].operator=Exists", "priorityClassName=high", "podAnnotations.a=b", "podLabels.c=d",
     "serviceAccount.annotations.e=f", "affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution=null",
     "extraArgs[0]=--log-level=debug", "waiter.timeout=30m", "waiter.user=1000", "waiter.pullPolicy=Always",
     "webhook.failurePolicy=Fail", "webhook.excludedNamespaces[0]=other", "aggregateToView=false"],
])
def test_whatever_it_renders_is_accepted(render, cluster, sets):
    check(cluster, render(*sets))


def test_values_reach_the_operator(render):
    found = render("image.repository=registry.example.com/a", "image.tag=2", "waiter.timeout=30m",
                   "waiter.user=1000", "waiter.pullPolicy=Always", "extraArgs[0]=--log-level=debug", "copyUser=1000700000",
                   "adminImage.repository=registry.example.com/b", "adminImage.tag=3")
    container, = named(found, "Deployment")["spec"]["template"]["spec"]["containers"]
    values = {one["name"]: one.get("value") for one in container["env"]}
    assert container["image"] == values["WAITER_IMAGE"] == "registry.example.com/a:2"
    assert values["ADMIN_IMAGE"] == "registry.example.com/b:3"
    assert container["args"][-5:] == ["--waiter-timeout=30m", "--waiter-user=1000", "--waiter-pull-policy=Always",
                                      "--copy-user=1000700000", "--log-level=debug"]


def test_the_user_of_jobs_may_be_left_to_the_cluster(render):
    container, = named(render("copyUser=none"), "Deployment")["spec"]["template"]["spec"]["containers"]
    assert "--copy-user=none" in container["args"]


def test_what_kubectl_has_installed_is_taken_over(helm, cluster, tmp_path):
    """As the README says."""
    # Nobody runs here: not the operator, and so not what the API server would ask about each Migrator.
    ours = [known_here(one) for one in objects(INSTALL)
            if one["kind"] not in ("CustomResourceDefinition", "ValidatingWebhookConfiguration")]
    named(ours, "Deployment")["spec"]["replicas"] = 0
    manifests = tmp_path / "install.yaml"
    manifests.write_text(yaml.safe_dump_all(ours))
    cluster.kubectl("apply", "-f", manifests).ok()

    def run(*words):
        done = subprocess.run([helm, *words, "--namespace", SYSTEM, "--kubeconfig", cluster.kubeconfig()], text=True,
                              env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
    options = re.findall(r"`(--[a-z-]+)`", (CHART / "README.md").read_text())
    assert options == ["--take-ownership", "--force-conflicts"]
    run("upgrade", "--install", "migrations-operator", CHART, *options, "--set",
        "replicas=0,image.repository=registry.example.com/a,crd.install=false,validation.enabled=false")
    try:
        deployment = cluster.api.get("Deployment", "migrations-operator-controller-manager", SYSTEM)
        container, = deployment["spec"]["template"]["spec"]["containers"]
        version = (DEPLOY.parent / "VERSION").read_text().strip()
        assert container["image"] == f"registry.example.com/a:{version}"
        assert deployment["metadata"]["annotations"]["meta.helm.sh/release-name"] == "migrations-operator"
    finally:
        run("uninstall", "migrations-operator")


def test_namespaced_it_has_no_cluster_role(render):
    found = render("namespaced=true", "certManager.enabled=true", namespace="team")
    assert not [one for one in found if one["kind"] == "ClusterRoleBinding"]
    render("namespaced=true", fails="namespaced needs certManager.enabled")


def test_where_namespaces_have_no_label_its_notes_say_how_to_write_it(helm, cluster, namespace, tmp_path):
    """Here is Kubernetes 1.20. Without the label the webhooks are asked about no namespace."""
    def notes(*sets):
        done = subprocess.run([helm, "install", "operator", CHART, "--dry-run=server", "--namespace", namespace, "--kubeconfig",
                               cluster.kubeconfig(), *(word for one in sets for word in ("--set", one))],
                              env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout[done.stdout.index("NOTES:"):]
    hint = f"kubectl label namespace {namespace} kubernetes.io/metadata.name={namespace}"
    assert hint in notes("namespaced=true", "certManager.enabled=true", "crd.install=false")
    assert "kubectl label" not in notes("crd.install=false")


def test_the_crd_outlives_the_release(render):
    assert named(render(), "CustomResourceDefinition")["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_its_version_is_that_of_the_repository():
    version = (DEPLOY.parent / "VERSION").read_text().strip()
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["version"] == chart["appVersion"] == version


def test_every_value_is_used_and_those_of_the_readme_are_values(helm):
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    templates = "".join(path.read_text() for path in (CHART / "templates").iterdir())

    def paths(part, before=""):
        for name, value in part.items():
            yield before + name
            if isinstance(value, dict):
                yield from paths(value, f"{before}{name}.")
    all_values = set(paths(values))
    assert [path for path in all_values if not re.search(rf"\.{path.rsplit('.', 1)[-1]}\b", templates)
            and not path.startswith(("resources.", "grafana.dashboard.labels."))] == []
    told = {name for line in (CHART / "README.md").read_text().splitlines() if line.startswith("| `")
            for name in re.findall(r"`([\w.]+)`", line.split("|")[1])}
    assert len(told) > 5 and told <= all_values


def test_helm_has_nothing_to_say_about_it(helm, tmp_path):
    done = subprocess.run([helm, "lint", "--strict", CHART], env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0 and "[WARNING]" not in done.stdout, done.stdout
