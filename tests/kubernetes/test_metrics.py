"""What a running operator has in its /metrics: everything that the dashboard and the alert rules ask for."""

import json

import pytest
import yaml

from support.kubernetes.exposition import missing, scrape, selectors
from support.kubernetes.manifest_check import DEPLOY
from support.kubernetes.migrators import GATE, KIND, migrator, with_folder, workload
from support.kubernetes.observed import PATIENCE, wait_for_condition, wait_until_running
from support.waiting import until


@pytest.fixture
def api(kubernetes, operator):
    return kubernetes.api


@pytest.fixture
def samples(operator):
    """Of all replicas: the one that leads counts."""
    def read():
        found = []
        for pod in operator.pods():
            manager, = pod["spec"]["containers"]
            port = next(one["containerPort"] for one in manager["ports"] if one["name"] == "metrics")
            found += scrape(pod["status"]["podIP"], port)
        return found
    return read


def queries():
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text())["spec"]
    dashboard = json.loads((DEPLOY / "grafana" / "dunlin-operator.json").read_text())
    variables = [one["definition"] for one in dashboard["templating"]["list"] if one["type"] == "query"]
    return [*(rule["expr"] for group in rules["groups"] for rule in group["rules"]),
            *(target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])), *variables]


def total(samples, name, **labels):
    """The sum of those with the labels; None when there are none."""
    values = [one.value for one in samples if one.name == name and labels.items() <= one.labels.items()]
    return sum(values) if values else None


def test_every_metric_and_label_of_the_dashboard_and_the_alerts(api, samples, namespace, tmp_path):
    """After a success and a failure, and while a pod waits."""
    for name, script in (("good", "true"), ("bad", "exit 5"), ("slow", GATE)):
        api.create(migrator(name, namespace, script=script, backoffLimit=0))
        api.create(with_folder(workload("Deployment", name, namespace, "myapp:v1"), tmp_path))
    wait_until_running(api, "good", namespace)
    wait_for_condition(api, "bad", namespace, "Stalled", status="True")
    wait_for_condition(api, "slow", namespace, status="False", reason="MigrationsRunning")

    def figures(name):
        found, labels = samples(), {"namespace": namespace, "migrator": name}
        ended = [total(found, "dunlin_operator_migrations_total", outcome=outcome, **labels) for outcome in ("succeeded", "failed")]
        return (*ended, (total(found, "dunlin_operator_waiting_pods", **labels) or 0) > 0,
                (total(found, "dunlin_operator_migrator_stalled", **labels) or 0) > 0)
    for name, wanted in (("good", (1, 0, False, False)), ("bad", (0, 1, True, True)), ("slow", (0, 0, True, False))):
        until(lambda name=name, wanted=wanted: figures(name) == wanted, f"{name} has {wanted}", PATIENCE, pause=0.1)

    found = samples()
    assert {query: what for query in queries() if (what := missing(query, found))} == {}

    api.delete(KIND, "bad", namespace)
    until(lambda: not [one for one in samples() if one.labels.items() >= {"namespace": namespace, "migrator": "bad"}.items()],
          "nothing of the one that is gone is left", PATIENCE, pause=0.1)


def test_queries_are_read_as_they_are_meant():
    """The reader of the test above misses nothing, and sees what is missing."""
    names = {one.name for query in queries() for one in selectors(query)}
    assert len(names) > 15 and all(name.startswith(("dunlin_", "controller_runtime_", "workqueue_", "rest_client_", "process_",
                                                    "leader_")) for name in names), names
    one, = selectors('histogram_quantile(0.9, sum by (le, name) (rate(a_bucket{name=~"$x",code="200"}[5m])))')
    assert (one.name, one.matchers, one.grouped_by) == ("a_bucket", (("name", "=~", "$x"), ("code", "=", "200")), {"le", "name"})
    assert [one.name for one in selectors("aa and on (instance) bb unless max_over_time(cc[1h] offset 15m) or vector(0)")] == [
        "aa", "bb", "cc"]
    assert [one.grouped_by for one in selectors("label_values(aa{b=\"c\"}, dd)")] == [{"dd"}]
