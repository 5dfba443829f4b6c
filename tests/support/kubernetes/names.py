"""The names of Services, as lines of /etc/hosts: a file for each namespace, because in its own a Service has a short name."""

import threading

from .endpoints import cluster_address


class Names:
    def __init__(self, folder, endpoints):
        self._folder, self._endpoints = folder, endpoints
        self._lock = threading.Lock()
        folder.mkdir()

    def file(self, namespace):
        """Changes in place, so that it can be mounted."""
        file = self._folder / namespace
        if not file.exists():
            file.touch()
            self.write()
        return file

    def write(self):
        with self._lock:
            known = sorted((service["metadata"]["namespace"], *line) for service in self._endpoints.services()
                           for line in self._lines(service))
            for file in self._folder.iterdir():
                lines = [f"{address} {' '.join(forms(name, namespace, file.name))}" for namespace, name, address in known]
                text = "\n".join(["127.0.0.1 localhost", *lines, ""])
                if text != file.read_text():
                    file.write_text(text)

    def _lines(self, service):
        """(name in the namespace, address)."""
        name, address = service["metadata"]["name"], cluster_address(service)
        if address:
            yield name, address
        for pod in self._endpoints.ready(service):
            if not address:
                yield name, pod["status"]["podIP"]
            if pod["spec"].get("subdomain") == name and "hostname" in pod["spec"]:  # of a StatefulSet
                yield f"{pod['spec']['hostname']}.{name}", pod["status"]["podIP"]


def forms(name, namespace, own):
    full = [f"{name}.{namespace}", f"{name}.{namespace}.svc", f"{name}.{namespace}.svc.cluster.local"]
    return [name, *full] if namespace == own else full
