"""Alert rules and the dashboard: promtool takes them, alerts fire when they should, and every metric is one of the operator's."""

import json
import re
import subprocess

import pytest
import yaml

from support.kubernetes.manifest_check import DEPLOY, REPOSITORY

RULES = yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text())["spec"]
DASHBOARD = json.loads((DEPLOY / "grafana" / "dunlin-operator.json").read_text())
# Of a Prometheus query: what is no metric.
WORDS = {"sum", "max", "count", "by", "rate", "increase", "histogram_quantile", "absent", "time", "and", "or", "on", "vector", "unless",
         "max_over_time", "offset"}
LABELS = {"namespace", "migrator", "outcome", "le", "controller", "result", "webhook", "code", "name", "method", "instance"}


def alerts():
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def promtool(*words, cwd):
    done = subprocess.run(["promtool", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(RULES))
    return tmp_path


def expressions():
    targets = [target for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
    return [rule["expr"] for rule in alerts()] + [target["expr"] for target in targets]


def metrics(expression):
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\{[^}]*\}', "", expression)
    return set(re.findall(r"[a-z_]{3,}", bare)) - WORDS - LABELS


def test_promtool_takes_the_rules(rules):
    promtool("check", "rules", "rules.yaml", cwd=rules)


def test_promtool_takes_every_query_of_the_dashboard(tmp_path):
    """As recording rules: it has no other way to have a query read."""
    filled = [re.sub(r"\$__\w+", "5m", expression) for expression in expressions()]
    group = {"name": "queries", "rules": [{"record": f"query_{n}", "expr": expr} for n, expr in enumerate(filled)]}
    (tmp_path / "queries.yaml").write_text(yaml.safe_dump({"groups": [group]}))
    promtool("check", "rules", "queries.yaml", cwd=tmp_path)


LABEL = '{namespace="shop",migrator="web"}'
BUILD = {"series": 'dunlin_operator_build_info{version="1"}', "values": "1x60"}
LEADER = {"series": 'leader_election_master_status{name="8aa440e1.coderanger.net",pod="a"}', "values": "1x60"}


@pytest.mark.parametrize(("alert", "series", "minutes"), [
    ("MigratorStalled", {"series": f"dunlin_operator_migrator_stalled{LABEL}", "values": "1x60"}, 2),
    ("MigrationsFailing", {"series": 'dunlin_operator_migrations_total{namespace="shop",migrator="web",outcome="failed"}',
                           "values": "0 0 1x60"}, 5),
    # Of a Migrator that is new: the first thing that is heard of it is that it failed.
    ("MigrationsFailing", {"series": 'dunlin_operator_migrations_total{namespace="shop",migrator="web",outcome="failed"}',
                           "values": "_ _ _ 1x60"}, 5),
    ("PodsWaitForMigrations", {"series": f"dunlin_operator_waiting_pods{LABEL}", "values": "3x60"}, 20),
    ("MigrationsOperatorUnwatched", {"series": 'dunlin_operator_unwatched{resource="pods"}', "values": "1x60"}, 10),
    ("MigrationsOperatorReconcileErrors",
     {"series": 'controller_runtime_reconcile_errors_total{controller="migrator"}', "values": "0+60x60"}, 30),
    ("MigrationsOperatorWebhookErrors",
     {"series": 'controller_runtime_webhook_requests_total{webhook="/mutate-v1-pod",code="500"}', "values": "0+6x60"}, 30),
    ("MigrationsOperatorWebhookSlow",
     [{"series": f'controller_runtime_webhook_latency_seconds_bucket{{webhook="/mutate-v1-pod",le="{le}"}}', "values": values}
      for le, values in (("1", "0x60"), ("2.5", "0+6x60"), ("+Inf", "0+6x60"))], 30),
])
def test_an_alert_fires_and_no_other(rules, alert, series, minutes):
    wanted, = [rule for rule in alerts() if rule["alert"] == alert]
    assert_fires(rules, alert, wanted, [BUILD, LEADER, *(series if isinstance(series, list) else [series])], minutes)


@pytest.mark.parametrize(("alert", "series"), [
    ("MigrationsOperatorDown", [LEADER]),
    ("MigrationsOperatorWithoutLeader", [BUILD, {**LEADER, "values": "0x60"}]),
])
def test_an_operator_that_is_missing_is_told_of(rules, alert, series):
    wanted, = [rule for rule in alerts() if rule["alert"] == alert]
    assert_fires(rules, alert, wanted, series, 10)


def test_nothing_fires_while_all_is_well(rules):
    well = [BUILD, LEADER, {"series": 'dunlin_operator_unwatched{resource="rollouts"}', "values": "1x60"},
            {"series": f"dunlin_operator_migrator_stalled{LABEL}", "values": "0x60"},
            {"series": 'dunlin_operator_migrations_total{namespace="shop",migrator="web",outcome="succeeded"}', "values": "0+1x60"}]
    # What failed long ago, with a gap in what Prometheus has heard.
    well.append({"series": 'dunlin_operator_migrations_total{namespace="shop",migrator="old",outcome="failed"}',
                 "values": "3x9 _x18 3x60"})
    write_test(rules, well, [{"eval_time": "30m", "alertname": rule["alert"], "exp_alerts": []} for rule in alerts()])
    promtool("test", "rules", "test.yaml", cwd=rules)


def assert_fires(rules, alert, wanted, series, minutes):
    """Only the labels are looked at: their annotations are promtool's to put together."""
    quiet = [{"eval_time": f"{minutes}m", "alertname": rule["alert"], "exp_alerts": []} for rule in alerts()
             if rule["alert"] != alert]
    write_test(rules, series, quiet)
    promtool("test", "rules", "test.yaml", cwd=rules)
    write_test(rules, series, [{"eval_time": f"{minutes}m", "alertname": alert, "exp_alerts": []}])
    done = subprocess.run(["promtool", "test", "rules", "test.yaml"], cwd=rules, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    assert done.returncode != 0 and f'severity="{wanted["labels"]["severity"]}"' in done.stdout, done.stdout


def write_test(folder, series, expected):
    (folder / "test.yaml").write_text(yaml.safe_dump({
        "rule_files": ["rules.yaml"], "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": series, "alert_rule_test": expected}]}))


def test_every_alert_has_been_seen_firing():
    text = (REPOSITORY / "tests" / "deploy" / "test_monitoring.py").read_text()
    assert [rule["alert"] for rule in alerts() if f'("{rule["alert"]}",' not in text] == []


def test_every_metric_is_one_of_the_operator_s():
    """Of the names that its sources have; what a histogram is made of has its name in front."""
    sources = "".join(path.read_text() for path in (REPOSITORY / "src" / "kubernetes").rglob("*.cc"))
    sources += "".join(path.read_text() for path in (REPOSITORY / "src" / "base").glob("*.cc"))
    used = {re.sub(r"_bucket$", "", name) for expression in expressions() for name in metrics(expression)}
    assert len(used) > 15 and [name for name in sorted(used) if f'"{name}"' not in sources] == []


def test_panels_do_not_lie_over_each_other():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
