"""What an installation of migrations-operator consists of, as the API server has it: its resource definition, rights, webhook,
Services, mounted certificate and Deployment. Without the proxy for its metrics and without cert-manager, whose Secret is made
here.

Its resource definition knows none of the fields that came later, and prunes them; its webhook is asked about updates, too.
"""

import base64

from support.tls import Certificates

from .installed_operator import DEPLOYMENT, NAMESPACE, PREFIX
from .manifest_check import known_here

LABELS = {"control-plane": "controller-manager"}
WEBHOOK, API = f"{PREFIX}webhook-service", f"{PREFIX}api-service"
READ = ["get", "list", "watch"]
ALL = ["create", "delete", "get", "list", "patch", "update", "watch"]

SELECTOR = {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {
    "matchLabels": {"type": "object", "additionalProperties": {"type": "string"}},
    "matchExpressions": {"type": "array", "items": {"type": "object", "required": ["key", "operator"], "properties": {
        "key": {"type": "string"}, "operator": {"type": "string"},
        "values": {"type": "array", "items": {"type": "string"}}}}}}}
WORDS = {"type": "array", "items": {"type": "string"}}
NAMES = {"type": "object", "additionalProperties": {"type": "string"}}
CONDITION = {"type": "object", "required": ["lastTransitionTime", "message", "reason", "status", "type"], "properties": {
    "lastTransitionTime": {"type": "string", "format": "date-time"}, "message": {"type": "string", "maxLength": 32768},
    "observedGeneration": {"type": "integer", "format": "int64", "minimum": 0},
    "reason": {"type": "string", "minLength": 1, "maxLength": 1024},
    "status": {"type": "string", "enum": ["True", "False", "Unknown"]},
    "type": {"type": "string", "maxLength": 316, "minLength": 1}}}


def definition():
    spec = {"type": "object", "required": ["selector"], "properties": {
        "selector": SELECTOR, "templateSelector": SELECTOR, "command": WORDS, "args": WORDS, "image": {"type": "string"},
        "container": {"type": "string"}, "labels": NAMES, "annotations": NAMES}}
    status = {"type": "object", "properties": {
        "conditions": {"type": "array", "items": CONDITION, "x-kubernetes-list-type": "map",
                       "x-kubernetes-list-map-keys": ["type"]},
        "lastSuccessfulMigration": {"type": "string"}}}
    schema = {"type": "object", "properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"},
                                               "metadata": {"type": "object"}, "spec": spec, "status": status}}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "migrators.migrations.coderanger.net"},
            "spec": {"group": "migrations.coderanger.net", "scope": "Namespaced",
                     "names": {"kind": "Migrator", "listKind": "MigratorList", "plural": "migrators", "singular": "migrator"},
                     "versions": [{"name": "v1beta1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema},
                                   "subresources": {"status": {}}}]}}


def rights():
    """Its misspelt "statfulsets" included."""
    rules = [("", ["events"], ["create", "patch"]), ("", ["pods"], READ),
             ("apps", ["daemonsets", "deployments", "replicasets", "statfulsets"], READ), ("argoproj.io", ["rollouts"], READ),
             ("batch", ["cronjobs"], READ), ("batch", ["jobs"], ALL), ("migrations.coderanger.net", ["migrators"], ALL),
             ("migrations.coderanger.net", ["migrators/status"], ["get", "patch", "update"])]
    election = [("coordination.k8s.io", ["leases"], ["create", "get", "list", "update"]), ("", ["configmaps"], ALL),
                ("", ["events"], ["create"])]
    yield from _bound("ClusterRole", f"{PREFIX}manager-role", f"{PREFIX}manager-rolebinding", rules)
    yield from _bound("Role", f"{PREFIX}leader-election-role", f"{PREFIX}leader-election-rolebinding", election)


def _bound(kind, name, binding, rules):
    where = {"namespace": NAMESPACE} if kind == "Role" else {}
    group = "rbac.authorization.k8s.io"
    yield {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": name, **where},
           "rules": [{"apiGroups": [api], "resources": resources, "verbs": verbs} for api, resources, verbs in rules]}
    yield {"apiVersion": f"{group}/v1", "kind": f"{kind}Binding", "metadata": {"name": binding, **where},
           "roleRef": {"apiGroup": group, "kind": kind, "name": name},
           "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": NAMESPACE}]}


def service(name, port, target):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"selector": LABELS, "ports": [{"port": port, "targetPort": target}]}}


def webhook(authority):
    return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": f"{PREFIX}mutating-webhook-configuration"}, "webhooks": [{
                "name": "mpod.migrations.coderanger.net", "admissionReviewVersions": ["v1beta1"], "failurePolicy": "Ignore",
                "sideEffects": "None", "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"],
                                                  "operations": ["CREATE", "UPDATE"]}],
                "clientConfig": {"caBundle": authority,
                                 "service": {"name": WEBHOOK, "namespace": NAMESPACE, "path": "/mutate-v1-pod"}}}]}


def deployment(image):
    mount = {"name": "cert", "mountPath": "/tmp/k8s-webhook-server/serving-certs", "readOnly": True}
    manager = {"name": "manager", "image": image, "command": ["/manager"], "args": ["--enable-leader-election"],
               "env": [{"name": "API_HOSTNAME", "value": f"{API}.{NAMESPACE}.svc:5000"},
                       {"name": "WAITER_IMAGE", "value": image}],
               "ports": [{"name": "webhook-server", "containerPort": 9443, "protocol": "TCP"}], "volumeMounts": [mount],
               "resources": {"limits": {"memory": "256M"}, "requests": {"cpu": "100m", "memory": "128M"}}}
    volume = {"name": "cert", "secret": {"secretName": "webhook-server-cert", "defaultMode": 420}}
    return {"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": DEPLOYMENT, "namespace": NAMESPACE, "labels": LABELS},
            "spec": {"replicas": 1, "selector": {"matchLabels": LABELS},
                     "template": {"metadata": {"labels": LABELS},
                                  "spec": {"containers": [manager], "volumes": [volume], "terminationGracePeriodSeconds": 10}}}}


def installation(image):
    """All of it, with `image` in its Deployment."""
    certificates = Certificates(f"{WEBHOOK}.{NAMESPACE}.svc")
    files = {"ca.crt": certificates.authority, "tls.crt": certificates.server_certificate, "tls.key": certificates.server_key}
    data = {name: base64.b64encode(file.read_bytes()).decode() for name, file in files.items()}
    certificates.close()
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": LABELS}},
            known_here(definition()), *rights(),
            {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "data": data,
             "metadata": {"name": "webhook-server-cert", "namespace": NAMESPACE}},
            service(API, 5000, 5000), service(WEBHOOK, 443, 9443), deployment(image), webhook(data["ca.crt"])]
