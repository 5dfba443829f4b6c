"""Keeps up with all objects of a kind, over restarts of the API server."""

import http.client
import threading

from .api import ApiError


class Informer(threading.Thread):
    """Calls `changed(object)` for each object that is there and each change of one, and `gone(object)`, in its own thread."""

    def __init__(self, api, kind, changed, gone):
        super().__init__(daemon=True, name=f"informer of {kind}")
        self._api, self._kind, self._changed, self._gone = api, kind, changed, gone
        self._known = {}
        self._closed = threading.Event()
        self._watch = None

    def run(self):
        while not self._closed.is_set():
            try:
                self._follow(self._list())
            except (OSError, http.client.HTTPException, ApiError):
                self._closed.wait(0.1)  # until the server is there again

    def close(self):
        self._closed.set()
        if self._watch:
            self._watch.close()
        self.join()

    def _list(self):
        listed = self._api.list_with_version(self._kind)
        present = {one["metadata"]["uid"] for one in listed["items"]}
        for one in [known for uid, known in self._known.items() if uid not in present]:
            self._forget(one)
        for one in listed["items"]:
            self._learn(one)
        return listed["metadata"]["resourceVersion"]

    def _follow(self, version):
        self._watch = self._api.watch(self._kind, resourceVersion=version)
        if self._closed.is_set():  # close() may not have seen it
            return
        for what, one in self._watch:
            if what == "ERROR":  # too old: begin with a list again
                return
            (self._forget if what == "DELETED" else self._learn)(one)

    def _learn(self, one):
        metadata = one["metadata"]
        before = self._known.get(metadata["uid"])
        if before is None or before["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
            self._changed(one)  # where this fails it is called again after the next list
            self._known[metadata["uid"]] = one

    def _forget(self, one):
        self._gone(one)
        self._known.pop(one["metadata"]["uid"], None)
