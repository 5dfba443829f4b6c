"""deploy/namespaced: with the rights of its Roles, in one namespace, the operator does all that it does elsewhere."""

import subprocess

import pytest
import yaml

from support.kubernetes import tools
from support.kubernetes.api import ApiError
from support.kubernetes.fixtures import end_namespace, new_namespace
from support.kubernetes.local_operator import LocalOperator
from support.kubernetes.migrators import migrator, workload
from support.kubernetes.observed import is_migrated, wait_for_condition, wait_for_event
from support.program import REPOSITORY
from support.waiting import until

ACCOUNT = "migrations-operator-controller-manager"


@pytest.fixture
def team(cluster_without_operator):
    """A namespace with what the overlay has for the operator's ServiceAccount, and nothing else."""
    cluster, name = cluster_without_operator.kubernetes, "my-team"
    made = subprocess.run([tools.kubectl(), "kustomize", REPOSITORY / "deploy" / "namespaced"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    new_namespace(cluster, name)
    for one in yaml.safe_load_all(made):
        if one["kind"] in ("ServiceAccount", "Role", "RoleBinding"):
            cluster.api.apply(one)
    yield name
    end_namespace(cluster, name)


def test_roles_are_enough(cluster_without_operator, team, tmp_path):
    cluster, api = cluster_without_operator.kubernetes, cluster_without_operator.api
    robot = cluster.api_of(team, ACCOUNT)
    until(lambda: may_list(robot, team), "the Roles are in force")
    assert not may_list(robot, "default")
    local = LocalOperator(cluster.kubeconfig_of(team, ACCOUNT), team, tmp_path, "--enable-leader-election", POD_NAMESPACE=team)
    with local:
        local.wait_until_ready()
        api.create(migrator("web", team, script="true"))
        for kind in ("Deployment", "StatefulSet"):
            api.create(workload(kind, kind.lower(), team, "myapp:v1", labels={"app": "web"}))
        api.wait_for("Migrator", "web", team, is_migrated("myapp:v1"), timeout=150)
        wait_for_condition(api, "web", team, "Ready", status="True")
        wait_for_event(api, "web", team, "Normal", "MigrationsSucceeded",
                       f"Migration job {team}/web-migrations using image myapp:v1 succeeded")
        assert api.get("Lease", "8aa440e1.coderanger.net", team)["spec"]["holderIdentity"]
        # What it was refused is in its log, by the API server's own word.
        assert "forbidden" not in local.tail(1000).lower()


def may_list(robot, namespace):
    try:
        robot.list("Pod", namespace)
        return True
    except ApiError as problem:
        assert problem.status == 403
        return False
