"""Whether the API server takes objects, without keeping them.

A kind that the test control plane is too old for is checked as the older version of it that has the same fields; a kind of somebody
else's, as a stub of its CustomResourceDefinition. What was checked as something else is printed.
"""

from pathlib import Path

import yaml

from support.program import REPOSITORY

from .api import condition

DEPLOY = REPOSITORY / "deploy"
CRD = DEPLOY / "crd" / "migrations.coderanger.net_migrators.yaml"
INSTALL = DEPLOY / "install.yaml"

# {what 1.20 does not know: what it calls it}
OLDER = {("policy/v1", "PodDisruptionBudget"): "policy/v1beta1", ("batch/v1", "CronJob"): "batch/v1beta1"}
# Kinds of others, by their group and version.
FOREIGN = {("monitoring.coreos.com/v1", "ServiceMonitor"): "servicemonitors",
           ("monitoring.coreos.com/v1", "PrometheusRule"): "prometheusrules",
           ("cert-manager.io/v1", "Certificate"): "certificates", ("cert-manager.io/v1", "Issuer"): "issuers",
           ("external-secrets.io/v1beta1", "ExternalSecret"): "externalsecrets",
           ("external-secrets.io/v1", "ExternalSecret"): "externalsecrets",
           ("bitnami.com/v1alpha1", "SealedSecret"): "sealedsecrets", ("argoproj.io/v1alpha1", "Rollout"): "rollouts"}


def objects(text):
    """Of a text, or a file, of several in YAML."""
    text = text.read_text() if isinstance(text, Path) else text
    found = [one for one in yaml.safe_load_all(text) if one]
    return [item for one in found for item in (one["items"] if one["kind"].endswith("List") else [one])]


def known_here(one):
    """The object as the test control plane knows it.

    Its validation takes an empty string for null, because it was written for an older Go than Debian's: with that, every
    condition without a message would be refused. So strings of custom resources may be null there.
    """
    if one["kind"] == "CustomResourceDefinition":
        return _nullable_strings(one)
    older = OLDER.get((one["apiVersion"], one["kind"]))
    return {**one, "apiVersion": older} if older else one


def _nullable_strings(part):
    if isinstance(part, list):
        return [_nullable_strings(one) for one in part]
    if not isinstance(part, dict):
        return part
    part = {name: one if name == "anyOf" else _nullable_strings(one) for name, one in part.items()}
    is_text = part.get("type") == "string" and not part.keys() & {"jsonPath", "enum", "minLength", "pattern"}
    return {**part, "nullable": True} if is_text else part


def install_crds(cluster):
    """That of Migrators, and stubs for the kinds of others."""
    for (version, kind), plural in FOREIGN.items():
        cluster.api.apply(stub(version, kind, plural))
    cluster.api.apply(known_here(yaml.safe_load(CRD.read_text())))
    cluster.api.wait_for("CustomResourceDefinition", "migrators.migrations.coderanger.net", None, condition("Established"))


def stub(api_version, kind, plural):
    """Takes anything with a spec. Groups that have several of these versions serve the one that is asked for last."""
    group, version = api_version.split("/")
    schema = {"type": "object", "required": ["spec"],
              "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
    versions = sorted({v.split("/")[1] for v, k in FOREIGN if k == kind and v.startswith(f"{group}/")} | {version})
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"{plural}.{group}"},
            "spec": {"group": group, "scope": "Namespaced", "names": {"kind": kind, "plural": plural},
                     "versions": [{"name": one, "served": True, "storage": one == versions[0],
                                   "schema": {"openAPIV3Schema": schema}} for one in versions]}}


def check(cluster, found, namespace="default"):
    """Has the server look at each object; unknown fields are errors. Namespaces that they name are made."""
    names = {one["metadata"]["namespace"] for one in found if "namespace" in one["metadata"]}
    for name in names | {one["metadata"]["name"] for one in found if one["kind"] == "Namespace"}:
        if not cluster.api.find("Namespace", name):
            cluster.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for one in found:
        here = known_here(one)
        if here["apiVersion"] != one["apiVersion"]:
            print(f"{one['apiVersion']} {one['kind']} {one['metadata']['name']}: checked as {here['apiVersion']}")
        if (one["apiVersion"], one["kind"]) in FOREIGN:
            print(f"{one['apiVersion']} {one['kind']} {one['metadata']['name']}: checked as a stub")
        if is_namespaced(cluster.api, here) and "namespace" not in here["metadata"]:
            here = {**here, "metadata": {**here["metadata"], "namespace": namespace}}
        try:
            cluster.api.apply(here, manager="check", dryRun="All")
        except Exception as problem:
            raise AssertionError(f"{one['kind']} {one['metadata']['name']}: {problem}\n{yaml.safe_dump(one)}") from problem


def is_namespaced(api, one):
    version = one["apiVersion"]
    listed = api.request("GET", f"/apis/{version}" if "/" in version else f"/api/{version}")["resources"]
    return next(found["namespaced"] for found in listed if found["kind"] == one["kind"])
