"""examples/kubernetes and examples/helm: every object is accepted, is confined, and does what the guide says; scripts do, too."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from support.kubernetes.image import Image
from support.kubernetes.manifest_check import REPOSITORY, check, objects
from support.program import clean_environment

EXAMPLES = REPOSITORY / "examples" / "kubernetes"
CHART = REPOSITORY / "examples" / "helm" / "myapp"
MANIFESTS = sorted(path.name for path in EXAMPLES.glob("*.yaml"))


def read(name):
    return objects(EXAMPLES / name)


def of_kind(found, kind):
    return [one for one in found if one["kind"] == kind]


def pods(found):
    """Their specs, wherever they stand."""
    return [one["spec"]["template"]["spec"] for one in found if one["kind"] in ("Deployment", "StatefulSet", "Job")]


def assert_confined(pod):
    """What the Pod Security Standard "restricted" asks for, and limits."""
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod.get("initContainers", []) + pod["containers"]:
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"] and container["resources"]["requests"]


def keys(container):
    return {one["name"]: one["valueFrom"]["secretKeyRef"]["key"] for one in container["env"] if "valueFrom" in one}


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_object_is_accepted(cluster, name):
    check(cluster, read(name))


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_pod_is_confined(name):
    for pod in pods(read(name)):
        assert_confined(pod)


def test_every_file_is_in_the_readme():
    text = (EXAMPLES / "README.md").read_text()
    assert [path.name for path in EXAMPLES.iterdir() if path.name != "README.md" and f"]({path.name})" not in text] == []


def test_an_init_container_migrates_before_the_application_starts():
    pod, = pods(read("deployment.yaml"))
    migrations, = pod["initContainers"]
    app, = pod["containers"]
    assert migrations["name"] == "migrations" and migrations["args"][0] == "migrate"
    assert keys(migrations) == {"MIGRATION_DATABASE_URL": "migration-url"} and keys(app) == {"DATABASE_URL": "app-url"}
    assert app["livenessProbe"]["httpGet"]["path"] == "/health" and app["readinessProbe"]["httpGet"]["path"] == "/ready"


def test_a_job_migrates_once():
    job, = read("migration-job.yaml")
    assert (job["spec"]["backoffLimit"], job["spec"]["activeDeadlineSeconds"]) == (3, 300)
    pod, = pods([job])
    assert pod["restartPolicy"] == "Never" and keys(pod["containers"][0]) == {"MIGRATION_DATABASE_URL": "migration-url"}


def test_without_downtime_no_pod_goes_before_another_has_come():
    deployment, = of_kind(read("zero-downtime.yaml"), "Deployment")
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    pod, = pods([deployment])
    assert "initContainers" not in pod and pod["containers"][0]["lifecycle"]["preStop"]


@pytest.mark.parametrize("name", ["secrets.yaml", "external-secrets.yaml", "sealed-secrets.yaml"])
def test_the_secret_is_the_same_whoever_makes_it(name):
    one, = read(name)
    spec = one.get("spec", {})
    made = one.get("stringData") or spec.get("encryptedData") or {entry["secretKey"]: 1 for entry in spec["data"]}
    assert one["metadata"] == {"name": "db-credentials", "namespace": "production"}
    assert set(made) == {"migration-url", "app-url"}
    assert spec.get("target", {}).get("name", "db-credentials") == "db-credentials"


def test_the_log_is_where_the_forwarder_reads_it():
    found = read("logging.yaml")
    pod, = pods(found)
    forwarder = next(one for one in pod["containers"] if one["name"] == "log-forwarder")
    migrations, = pod["initContainers"]
    file = Path(migrations["args"][migrations["args"].index("--log-file") + 1])
    for container in (migrations, forwarder):
        assert str(file.parent) in [mount["mountPath"] for mount in container["volumeMounts"]]
    config, = of_kind(found, "ConfigMap")
    assert f"Path            {file.parent}/*.log" in config["data"]["fluent-bit.conf"]


def test_prometheus_finds_what_serve_says():
    found = read("monitoring.yaml")
    (monitor,), (service,), (deployment,) = (of_kind(found, kind) for kind in ("ServiceMonitor", "Service", "Deployment"))
    assert monitor["spec"]["selector"]["matchLabels"] == service["metadata"]["labels"]
    assert monitor["spec"]["endpoints"][0]["port"] == service["spec"]["ports"][0]["name"]
    assert service["spec"]["selector"] == deployment["spec"]["template"]["metadata"]["labels"]


def test_the_migrator_selects_the_application():
    found = read("application.yaml")
    (migrator,), (deployment,) = of_kind(found, "Migrator"), of_kind(found, "Deployment")
    assert migrator["spec"]["selector"]["matchLabels"] == deployment["spec"]["template"]["metadata"]["labels"]
    secret, = of_kind(found, "Secret")
    used = [one["valueFrom"]["secretKeyRef"] for one in migrator["spec"]["env"]]
    used += [one["valueFrom"]["secretKeyRef"] for pod in pods(found) for container in pod["containers"] for one in container["env"]
             if "valueFrom" in one]
    assert len(used) == 3 and {(one["name"], one["key"]) for one in used} == {
        ("database", key) for key in secret["stringData"]}


# The deployment script, with the real kubectl and Jobs that really run.

KUBECTL = """#!/bin/sh
case " $* " in
  *" rollout "*) echo "rolled out: $*"; exit "$ROLLOUT" ;;
esac
exec {kubectl} --kubeconfig {kubeconfig} "$@"
"""


@pytest.fixture
def deploy(cluster, nodes, namespace, tmp_path):
    """Runs deploy.sh in a copy of the examples whose Job is not tried again, which would take a minute."""
    place = tmp_path / "examples"
    shutil.copytree(EXAMPLES, place)
    job = place / "migration-job.yaml"
    job.write_text(job.read_text().replace("backoffLimit: 3", "backoffLimit: 0"))
    # No such group in this API server.
    rollout = place / "zero-downtime.yaml"
    rollout.write_text(rollout.read_text().replace("apiVersion: policy/v1", "apiVersion: policy/v1beta1").replace("replicas: 3", "replicas: 0"))
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    program.write_text(KUBECTL.format(kubectl=shutil.which("kubectl"), kubeconfig=cluster.kubeconfig()))
    program.chmod(0o755)
    cluster.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db-credentials", "namespace": namespace},
                        "stringData": {"migration-url": "postgres://m@db/app", "app-url": "postgres://a@db/app"}})
    for version, script in (("2.0.0", 'test "$MIGRATION_DATABASE_URL" = postgres://m@db/app'), ("3.0.0", "echo broken; exit 1")):
        nodes.images[f"myapp-migrations:{version}"] = Image(["sh", "-c", script])

    def deploy(version, rollout=0):
        environment = clean_environment({"NAMESPACE": namespace, "POLL": "0.2", "HOME": str(tmp_path), "ROLLOUT": str(rollout),
                                         "PATH": f"{program.parent}:{os.environ['PATH']}"})
        return subprocess.run([place / "deploy.sh", version], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=environment, timeout=300)
    return deploy


def test_the_script_rolls_out_what_has_been_migrated(deploy, cluster, namespace):
    done = deploy("2.0.0")
    assert done.returncode == 0 and "rolled out" in done.stdout, done.stdout
    container, = cluster.api.get("Deployment", "myapp", namespace)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "myapp:2.0.0"
    assert cluster.api.get("Job", "myapp-migrations-2.0.0", namespace)["status"]["succeeded"] == 1
    assert deploy("2.0.0").returncode == 0  # once more is harmless


def test_the_script_has_a_job_for_each_version_however_long_its_tag(deploy, cluster, nodes, namespace):
    versions = [f"Feature_branch.20261122-{'4f' * 19}{end}" for end in ("aa", "bb")]
    for version in versions:
        nodes.images[f"myapp-migrations:{version}"] = Image(["sh", "-c", "true"])
        done = deploy(version)
        assert done.returncode == 0, done.stdout
    jobs = {one["metadata"]["name"]: one["spec"]["template"]["spec"]["containers"][0]["image"]
            for one in cluster.api.list("Job", namespace)}
    assert sorted(jobs.values()) == [f"myapp-migrations:{version}" for version in versions]
    assert all(name.startswith("myapp-migrations-feature-branch.20261122-4f4f") for name in jobs)


def test_the_script_stops_at_a_migration_that_fails(deploy, cluster, namespace):
    for _ in range(2):  # the Job that failed is not in the way
        done = deploy("3.0.0")
        assert done.returncode == 1 and "3.0.0 is not rolled out" in done.stdout, done.stdout
        assert "broken\n" in done.stdout and "Its pod waits" not in done.stdout
    assert cluster.api.find("Deployment", "myapp", namespace) is None


@pytest.mark.parametrize("spec, reason", [
    ("", 'ImagePullBackOff: Back-off pulling image "myapp-migrations:4.0.0"'),
    ("      nodeSelector: {disk: none}\n", "0/1 nodes are available")])
def test_the_script_says_what_a_migration_waits_for(deploy, namespace, tmp_path, spec, reason):
    """An image that nobody has pushed, a node that is not there."""
    job = tmp_path / "examples" / "migration-job.yaml"
    job.write_text(job.read_text().replace("activeDeadlineSeconds: 300", "activeDeadlineSeconds: 5")
                   .replace("      restartPolicy", spec + "      restartPolicy"))
    done = deploy("4.0.0")
    assert done.returncode == 1 and "4.0.0 is not rolled out. Job was active longer than specified deadline." in done.stdout, done.stdout
    assert done.stdout.count(f"Its pod waits: {reason}") == 1, done.stdout
    assert f"  kubectl --namespace {namespace} describe job myapp-migrations-4.0.0\n" in done.stdout


def test_the_script_says_what_to_do_where_no_pod_becomes_ready(deploy, namespace):
    done = deploy("2.0.0", rollout=1)
    assert done.returncode == 1 and f"kubectl --namespace {namespace} rollout undo deployment/myapp\n" in done.stdout, done.stdout


def test_secrets_are_sealed_without_being_seen(tmp_path, kubectl):
    place = tmp_path / "examples"
    shutil.copytree(EXAMPLES, place)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "kubectl").symlink_to(kubectl)
    seal = programs / "kubeseal"
    seal.write_text("#!/bin/sh\nexec cat\n")
    seal.chmod(0o755)
    done = subprocess.run([place / "seal.sh"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=clean_environment({
        "PATH": f"{programs}:/usr/bin:/bin", "HOME": str(tmp_path), "MIGRATION_URL": "postgres://m:s3cr3t@db/app",
        "APP_URL": "postgres://a:s3cr3t@db/app"}))
    assert done.returncode == 0 and "s3cr3t" not in done.stdout, done.stdout
    sealed = yaml.safe_load((place / "sealed-secrets.yaml").read_text())
    assert set(sealed["data"]) == {"migration-url", "app-url"} and sealed["metadata"]["name"] == "db-credentials"


# The chart.

@pytest.fixture(scope="session")
def render(helm_template):
    def render(run, *sets, fails=None):
        return helm_template("myapp", CHART, "production", (f"migrations.run={run}", *sets), fails)
    return render


@pytest.mark.parametrize("run", ["hook", "job", "initContainer", "operator"])
def test_the_chart_is_accepted_however_it_migrates(cluster, render, run):
    found = render(run, "migrations.extraEnv[0].name=APP_ENV", "migrations.extraEnv[0].value=production")
    check(cluster, found, "default")
    for pod in pods(found):
        assert_confined(pod)


def test_as_a_hook_it_comes_before_install_and_upgrade(render):
    job, = of_kind(render("hook"), "Job")
    assert job["metadata"]["annotations"] == {"helm.sh/hook": "pre-upgrade,pre-install", "helm.sh/hook-weight": "-5",
                                              "helm.sh/hook-delete-policy": "before-hook-creation"}
    assert job["metadata"]["name"] == "myapp-migrations-1"
    assert job["spec"]["ttlSecondsAfterFinished"] == 86400  # Helm leaves it behind
    assert (job["spec"]["backoffLimit"], job["spec"]["activeDeadlineSeconds"]) == (3, 300)


def test_the_guide_s_values_do_what_they_say(render):
    found = render("hook", "image.repository=registry/app", "image.tag=2.0.0", "database.secretName=other",
                   "migrations.backoffLimit=1", "migrations.timeout=60", "migrations.resources.limits.memory=1Gi",
                   "migrations.extraEnv[0].name=APP_ENV", "migrations.extraEnv[0].value=production")
    (job,), (deployment,) = of_kind(found, "Job"), of_kind(found, "Deployment")
    container, = job["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "myapp-migrations:2.0.0"
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "registry/app:2.0.0"
    assert (job["spec"]["backoffLimit"], job["spec"]["activeDeadlineSeconds"]) == (1, 60)
    assert container["resources"]["limits"]["memory"] == "1Gi"
    assert container["env"][0]["valueFrom"]["secretKeyRef"] == {"name": "other", "key": "migration-url"}
    assert container["env"][1] == {"name": "APP_ENV", "value": "production"}


def test_as_a_job_the_application_waits_for_it(render):
    found = render("job", "image.tag=2.0.0")
    (job,), (deployment,) = of_kind(found, "Job"), of_kind(found, "Deployment")
    # Where something keeps what is installed as it is told to, a Job that went by itself would come again.
    assert "ttlSecondsAfterFinished" not in job["spec"]
    assert "annotations" not in job["metadata"] and job["metadata"]["name"] == "myapp-migrations-2.0.0"
    waits, = deployment["spec"]["template"]["spec"]["initContainers"]
    assert waits["args"] == ["wait", "--timeout", "300s"] and keys(waits) == {"DATABASE_URL": "app-url"}


@pytest.mark.parametrize("release", ["myapp", "an-application-with-a-name-of-more-than-forty"])
def test_each_version_has_a_job_of_its_own_whatever_its_tag(release, helm_template):
    tags = ["1.2.0_RC1", "release-2026.11.22", "release-2026.12.05", "sha-" + "4f" * 20, "sha-" + "4f" * 19 + "aa", "x" * 128]
    names = [of_kind(helm_template(release, CHART, "production", ("migrations.run=job", f"image.tag={tag}")), "Job")[0]
             ["metadata"]["name"] for tag in tags]
    assert len(set(names)) == len(tags)
    for name in names:
        assert len(name) <= 63 and re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", name), name


def test_as_an_init_container_there_is_no_job(render):
    found = render("initContainer")
    (deployment,) = of_kind(found, "Deployment")
    assert not of_kind(found, "Job") and deployment["spec"]["template"]["spec"]["initContainers"][0]["args"][0] == "migrate"


def test_with_the_operator_there_is_a_migrator(render):
    found = render("operator", "migrations.image.tag=3")
    (migrator,), (deployment,) = of_kind(found, "Migrator"), of_kind(found, "Deployment")
    assert not of_kind(found, "Job") and "initContainers" not in deployment["spec"]["template"]["spec"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert migrator["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert migrator["spec"]["image"] == "myapp-migrations:3" and migrator["spec"]["args"][0] == "migrate"


def test_the_service_does_not_find_the_migrations(render):
    found = render("job")
    (service,), (job,) = of_kind(found, "Service"), of_kind(found, "Job")
    assert not service["spec"]["selector"].items() <= job["spec"]["template"]["metadata"]["labels"].items()


def test_another_way_to_migrate_is_refused(render):
    render("hok", fails="is not one of hook, job, initContainer, operator")


def test_helm_has_nothing_to_say_about_it(helm, tmp_path):
    done = subprocess.run([helm, "lint", "--strict", CHART], env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0 and "[WARNING]" not in done.stdout, done.stdout
