"""The node that other tests' pods run on does what a kubelet does."""

import contextlib
import json
import urllib.request

import pytest

from support.account import free_port
from support.kubernetes.api import condition, gone
from support.kubernetes.control_plane import ControlPlane
from support.kubernetes.fixtures import new_namespace
from support.kubernetes.image import Image
from support.kubernetes.manifests import container, deployment, job, phase, pod, shell
from support.kubernetes.node import Nodes
from support.waiting import until


def pods_of(kubernetes, namespace, label):
    return kubernetes.api.list("Pod", namespace, labelSelector=label)


SERVER = """
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ok = os.path.exists("/shared/ready")
        self.send_response(200 if ok else 503)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer((os.environ["POD_IP"], int(os.environ["PORT"])), Answer).serve_forever()
"""


def test_a_deployment_is_available_once_its_probes_succeed(kubernetes, nodes, namespace):
    port = free_port()
    nodes.images["server"] = Image(["/usr/bin/python3", "-c", SERVER])
    web = container("server", mounts={"shared": "/shared"}, ports=[{"name": "http", "containerPort": port}],
                    env={"PORT": str(port), "POD_IP": {"fieldRef": {"fieldPath": "status.podIP"}}},
                    readinessProbe={"httpGet": {"path": "/", "port": "http"}})
    kubernetes.api.create(deployment("web", namespace, 2, web, volumes=["shared"]))
    running = until(lambda: [*filter(phase("Running"), pods_of(kubernetes, namespace, "app=web"))][1:], "two pods run")
    assert condition("Available", "False")(kubernetes.api.get("Deployment", "web", namespace))
    assert condition("Ready", "False")(running[0])
    for one in pods_of(kubernetes, namespace, "app=web"):
        assert nodes.execute(namespace, one["metadata"]["name"], ["touch", "/shared/ready"]) == 0
    kubernetes.kubectl("rollout", "status", "deployment/web", "--timeout=60s", namespace=namespace).ok()
    assert condition("Available")(kubernetes.api.get("Deployment", "web", namespace))
    kubernetes.kubectl("scale", "deployment/web", "--replicas=0", namespace=namespace).ok()
    until(lambda: not pods_of(kubernetes, namespace, "app=web"), "no pod is left")


def test_a_job_runs_its_init_container_first(kubernetes, nodes, namespace):
    mounts = {"work": "/var/run/work"}
    first = shell("echo hello >/var/run/work/word", "first", mounts=mounts)
    main = shell("cat /var/run/work/word", mounts=mounts)
    kubernetes.api.create(job("copy", namespace, main, initContainers=[first], volumes=["work"]))
    kubernetes.api.wait_for("Job", "copy", namespace, condition("Complete"))
    done, = pods_of(kubernetes, namespace, "job-name=copy")
    assert done["status"]["phase"] == "Succeeded" and condition("Initialized")(done)
    assert done["status"]["initContainerStatuses"][0]["state"]["terminated"]["reason"] == "Completed"
    assert nodes.logs(namespace, done["metadata"]["name"]) == "hello\n"


@pytest.mark.parametrize("policy, script, message", [
    ("File", "echo said; echo why >/dev/termination-log; exit 5", "why\n"),
    ("FallbackToLogsOnError", "echo said; exit 5", "said\n"),
    ("FallbackToLogsOnError", "seq 1 5000; exit 5", "".join(f"{n}\n" for n in range(4921, 5001)))],
    ids=["file", "log", "long log"])
def test_a_job_that_fails_says_why(kubernetes, nodes, namespace, policy, script, message):
    kubernetes.api.create(job("fails", namespace, shell(script, terminationMessagePolicy=policy)))
    kubernetes.api.wait_for("Job", "fails", namespace, condition("Failed"))
    failed, = pods_of(kubernetes, namespace, "job-name=fails")
    assert failed["status"]["phase"] == "Failed"
    ending = failed["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ending["exitCode"], ending["reason"], ending["message"]) == (5, "Error", message)


def test_a_failing_container_is_tried_again_and_a_failing_init_container_holds_the_pod_back(kubernetes, nodes, namespace):
    kubernetes.api.create(pod("again", namespace, shell("exit 0"), initContainers=[shell("exit 3", "init")]))

    def tried_twice(one):
        known = one["status"].get("initContainerStatuses", [])
        return any(status["restartCount"] >= 2 and "waiting" in status["state"] for status in known)

    held = kubernetes.api.wait_for("Pod", "again", namespace, tried_twice)
    init, = held["status"]["initContainerStatuses"]
    assert init["state"]["waiting"]["reason"] == "CrashLoopBackOff" and init["lastState"]["terminated"]["exitCode"] == 3
    assert held["status"]["phase"] == "Pending" and condition("Initialized", "False")(held)
    assert held["status"]["containerStatuses"][0]["state"]["waiting"]["reason"]


def test_what_a_container_is_given(kubernetes, nodes, namespace):
    kubernetes.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login", "namespace": namespace},
                           "stringData": {"password": "s3cret"}})
    script = "echo $USER:$PASSWORD@$(cat /etc/login/password) $0 $HOME; id -u; id -G; touch /etc/login/x || echo read-only"
    env = {"USER": "app", "PASSWORD": {"secretKeyRef": {"name": "login", "key": "password"}}}
    one = container("shell", args=[script, "for-$(USER)"], env=env, mounts={"login": "/etc/login"})
    made = pod("given", namespace, one, restartPolicy="Never",
               securityContext={"runAsUser": 12345, "runAsGroup": 23456, "fsGroup": 34567})
    made["spec"]["volumes"] = [{"name": "login", "secret": {"secretName": "login", "defaultMode": 0o400}}]
    kubernetes.api.create(made)
    kubernetes.api.wait_for("Pod", "given", namespace, phase("Succeeded"))
    said = nodes.logs(namespace, "given").splitlines()
    assert said[0] == "app:s3cret@s3cret for-app /" and said[1:3] == ["12345", "23456 34567"] and said[-1] == "read-only"


def test_a_pod_waits_for_its_secret_and_sees_it_change(kubernetes, nodes, namespace):
    one = shell("while ! grep -q two /s/word; do sleep 0.05; done", mounts={"s": "/s"})
    made = pod("waits", namespace, one, restartPolicy="Never")
    made["spec"]["volumes"] = [{"name": "s", "secret": {"secretName": "late"}}]
    kubernetes.api.create(made)
    waiting = kubernetes.api.wait_for("Pod", "waits", namespace, lambda one: one and one["status"].get("containerStatuses"))
    assert waiting["status"]["containerStatuses"][0]["state"] == {"waiting": {"reason": "ContainerCreating"}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "late", "namespace": namespace}}
    kubernetes.api.create({**secret, "stringData": {"word": "one"}})
    kubernetes.api.wait_for("Pod", "waits", namespace, phase("Running"))
    kubernetes.api.apply({**secret, "stringData": {"word": "two"}})
    nodes.sync_volumes()
    kubernetes.api.wait_for("Pod", "waits", namespace, phase("Succeeded"))


def test_an_image_that_is_not_there_is_waited_for(kubernetes, nodes, namespace):
    kubernetes.api.create(pod("pulls", namespace, container("registry.example/late:v1"), restartPolicy="Never"))
    kubernetes.api.wait_for("Pod", "pulls", namespace, lambda one: one and "ImagePullBackOff" in json.dumps(one["status"]))
    nodes.images["registry.example/late:v1"] = lambda pod, container: Image(["echo", pod["metadata"]["name"]])
    done = kubernetes.api.wait_for("Pod", "pulls", namespace, phase("Succeeded"))
    assert done["status"]["containerStatuses"][0]["imageID"].startswith("registry.example/late@sha256:")
    assert nodes.logs(namespace, "pulls") == "pulls\n"


def test_a_pod_that_is_deleted_gets_its_grace_and_no_more(kubernetes, nodes, namespace):
    polite = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    deaf = "trap '' TERM; echo up; while :; do sleep 0.05; done"
    for name, script in (("polite", polite), ("deaf", deaf)):
        kubernetes.api.create(pod(name, namespace, shell(script)))
    until(lambda: [nodes.logs(namespace, name) for name in ("polite", "deaf") if
                   phase("Running")(kubernetes.api.get("Pod", name, namespace))] == ["up\n", "up\n"], "both are up")
    for name, grace in (("polite", 60), ("deaf", 1)):
        kubernetes.api.delete("Pod", name, namespace, gracePeriodSeconds=grace)
        kubernetes.api.wait_for("Pod", name, namespace, gone, timeout=30)
    assert nodes.logs(namespace, "polite") == "up\nbye\n"


ASK = """
import os, ssl, urllib.error, urllib.request
folder = "/var/run/secrets/kubernetes.io/serviceaccount/"
url = "https://{KUBERNETES_SERVICE_HOST}:{KUBERNETES_SERVICE_PORT}/api/v1/nodes".format(**os.environ)
request = urllib.request.Request(url, headers={"Authorization": "Bearer " + open(folder + "token").read()})
try:
    urllib.request.urlopen(request, context=ssl.create_default_context(cafile=folder + "ca.crt"))
except urllib.error.HTTPError as refused:
    print(refused.read().decode())
"""


def test_a_pod_reaches_the_api_as_its_service_account(kubernetes, nodes, namespace):
    nodes.images["asks"] = Image(["/usr/bin/python3", "-c", ASK])
    kubernetes.api.create(pod("asks", namespace, container("asks"), restartPolicy="Never"))
    kubernetes.api.wait_for("Pod", "asks", namespace, phase("Succeeded", "Failed"))
    assert f"system:serviceaccount:{namespace}:default" in nodes.logs(namespace, "asks")


def test_the_node_goes_on_after_the_servers_were_gone():
    with ControlPlane() as cluster, Nodes(cluster, images={"shell": Image(["sh", "-c"])}) as nodes:
        new_namespace(cluster, "n")
        cluster.api.create(job("lasts", "n", shell("while ! [ -e /tmp/go ]; do sleep 0.05; done")))
        name = until(lambda: [one["metadata"]["name"] for one in pods_of(cluster, "n", "job-name=lasts")
                              if one["status"]["phase"] == "Running"], "it runs")[0]
        cluster.apiserver.stop()
        with pytest.raises(OSError):
            cluster.api.list("Pod")
        assert nodes.execute("n", name, ["touch", "/tmp/go"]) == 0
        cluster.etcd.kill()
        cluster.etcd.start()
        cluster.apiserver.start()
        cluster.api.wait_for("Job", "lasts", "n", condition("Complete"), timeout=90)
        cluster.apiserver.restart()
        cluster.api.create(job("next", "n", shell("exit 0")))
        cluster.api.wait_for("Job", "next", "n", condition("Complete"), timeout=90)


GREET = """
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["HOSTNAME"].encode())
http.server.ThreadingHTTPServer((os.environ["POD_IP"], int(os.environ["PORT"])), Answer).serve_forever()
"""


def test_services_lead_to_ready_pods(kubernetes, nodes, namespace):
    nodes.images["greet"] = Image(["/usr/bin/python3", "-c", GREET])
    ask = "import urllib.request as request; print(request.urlopen('http://greet').read())"
    nodes.images["asks-greet"] = Image(["/usr/bin/python3", "-c", ask])
    port = free_port()
    one = container("greet", env={"PORT": str(port), "POD_IP": {"fieldRef": {"fieldPath": "status.podIP"}}},
                    ports=[{"name": "http", "containerPort": port}], readinessProbe={"tcpSocket": {"port": "http"}})
    kubernetes.api.create(deployment("greet", namespace, 2, one))
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "greet", "namespace": namespace},
               "spec": {"selector": {"app": "greet"}, "ports": [{"port": 80, "targetPort": "http"}]}}
    address = kubernetes.api.create(service)["spec"]["clusterIP"]
    kubernetes.api.wait_for("Deployment", "greet", namespace, condition("Available"))
    names = {one["metadata"]["name"] for one in pods_of(kubernetes, namespace, "app=greet")}
    until(lambda: {body_of(f"http://{address}") for _ in range(4)} == names, "both answer in turn")
    kubernetes.api.create(pod("asks", namespace, container("asks-greet"), restartPolicy="OnFailure"))
    kubernetes.api.wait_for("Pod", "asks", namespace, phase("Succeeded"))
    kubernetes.api.patch("Deployment", "greet", {"spec": {"replicas": 0}}, namespace)
    until(lambda: body_of(f"http://{address}") is None, "nobody answers")


def body_of(url):
    with contextlib.suppress(OSError):
        return urllib.request.urlopen(url, timeout=5).read().decode()


def test_kubectl_follows_a_log(kubernetes, nodes, namespace):
    kubernetes.api.create(pod("talks", namespace, shell("echo one; echo two; sleep 0.3; echo three"), restartPolicy="Never"))
    kubernetes.api.wait_for("Pod", "talks", namespace, phase("Running", "Succeeded"))
    assert kubernetes.kubectl("logs", "--follow", "talks", namespace=namespace).ok().stdout == "one\ntwo\nthree\n"
    assert kubernetes.kubectl("logs", "--tail=1", "talks", namespace=namespace).ok().stdout == "three\n"
    assert kubernetes.kubectl("logs", "--previous", "talks", namespace=namespace).code == 1


def test_a_container_that_is_not_alive_is_started_again(kubernetes, nodes, namespace):
    probe = {"exec": {"command": ["test", "-e", "/tmp/alive"]}, "failureThreshold": 1, "initialDelaySeconds": 1}
    script = "trap 'exit 0' TERM; touch /tmp/alive; sleep 1; rm /tmp/alive; while :; do sleep 0.05; done"
    kubernetes.api.create(pod("ill", namespace, shell(script, livenessProbe=probe)))
    seen = kubernetes.api.wait_for("Pod", "ill", namespace, lambda one: any(
        status["restartCount"] for status in one["status"].get("containerStatuses", [])))
    assert seen["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 0


def test_a_pod_waits_for_a_node_that_suits_it(kubernetes, nodes, namespace):
    kubernetes.api.create(pod("choosy", namespace, shell("exit 0"), restartPolicy="Never", nodeSelector={"disk": namespace}))
    held = kubernetes.api.wait_for("Pod", "choosy", namespace, condition("PodScheduled", "False"))
    assert held["status"]["phase"] == "Pending"
    assert [one["reason"] for one in held["status"]["conditions"]] == ["Unschedulable"]
    kubernetes.kubectl("label", "node", nodes.names[0], f"disk={namespace}").ok()
    kubernetes.api.wait_for("Pod", "choosy", namespace, phase("Succeeded"))
