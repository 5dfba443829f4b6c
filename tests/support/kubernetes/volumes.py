"""A pod's volumes as folders, to be mounted into its containers.

Those made of objects (secret, configMap, projected, downwardAPI) are replaced all at once by one rename of the link ..data, as
the kubelet does it. A persistentVolumeClaim is a folder that lives as long as the agent: nothing else provides volumes here.
"""

import os
import shutil
import time
from pathlib import Path

from support.container import Volume

from .environment import NotYet, field

WRITTEN = ("secret", "configMap", "projected", "downwardAPI")


class Volumes:
    """In `folder`; claims are in `claims`. Objects come from `objects`, tokens from `api`."""

    def __init__(self, pod, folder, claims):
        self.pod, self.folder, self.claims = pod, folder, claims
        self.group = (pod["spec"].get("securityContext") or {}).get("fsGroup")

    def materialise(self, objects, api):
        """Also anew, when objects have changed. Raises NotYet where one is missing."""
        for volume in self.pod["spec"].get("volumes", []):
            place = self._place(volume)
            written = next((kind for kind in WRITTEN if kind in volume), None)
            if written:
                place.mkdir(parents=True, exist_ok=True)
                self._swap(place, self._files(written, volume[written], objects, api))
            elif "hostPath" in volume:
                self._host_path(volume["hostPath"])
            elif "emptyDir" in volume or "persistentVolumeClaim" in volume:
                if not place.exists():
                    place.mkdir(parents=True)
                    place.chmod(0o777)
                    self._give_to_group(place, 0o2070)
            else:
                raise NotYet(f"the volume {volume['name']} is of a kind that the test node does not have")

    def mounts(self, container):
        """What a container wants mounted."""
        volumes = {volume["name"]: volume for volume in self.pod["spec"].get("volumes", [])}
        result = []
        for wanted in container.get("volumeMounts", []):
            volume = volumes[wanted["name"]]
            source = self._place(volume) / wanted.get("subPath", "")
            if not source.exists():  # of a subPath
                source.mkdir(parents=True)
            read_only = wanted.get("readOnly", False) or any(kind in volume for kind in WRITTEN)
            result.append(Volume(str(source.resolve()), wanted["mountPath"], read_only))
        # One below another goes in after it.
        return sorted(result, key=lambda volume: volume.target.rstrip("/").count("/"))

    def _place(self, volume):
        if "hostPath" in volume:
            return Path(volume["hostPath"]["path"])
        if "persistentVolumeClaim" in volume:
            return self.claims / self.pod["metadata"]["namespace"] / volume["persistentVolumeClaim"]["claimName"]
        return self.folder / volume["name"]

    @staticmethod
    def _host_path(wanted):
        if wanted.get("type") == "DirectoryOrCreate":
            Path(wanted["path"]).mkdir(parents=True, exist_ok=True)
        if not Path(wanted["path"]).exists():
            raise NotYet(f"hostPath type check failed: {wanted['path']} is not there")

    def _files(self, kind, volume, objects, api):
        """Path in the volume to (bytes, mode)."""
        mode = volume.get("defaultMode", 0o644)
        if kind == "projected":
            files = {}
            for source in volume.get("sources", []):
                (one, details), = source.items()
                files.update({path: (content, own_mode or mode)
                              for path, (content, own_mode) in self._source(one, details, objects, api).items()})
            return files
        return {path: (content, own_mode or mode)
                for path, (content, own_mode) in self._source(kind, volume, objects, api).items()}

    def _source(self, kind, details, objects, api):
        if kind == "serviceAccountToken":
            metadata, spec = self.pod["metadata"], self.pod["spec"]
            token = api.token_for(metadata["namespace"], spec["serviceAccountName"], details.get("expirationSeconds", 3600),
                                  details.get("audience"), pod=metadata)
            return {details["path"]: (token.encode(), None)}
        if kind == "downwardAPI":
            return {item["path"]: (field(self.pod, item["fieldRef"]["fieldPath"]).encode(), item.get("mode"))
                    for item in details.get("items", [])}
        name = details.get("secretName") or details.get("name")
        known = {"secret": "Secret", "configMap": "ConfigMap"}[kind]
        data = objects.data(known, name, details.get("optional", False))
        if data is None:
            return {}
        items = details.get("items") or [{"key": key, "path": key} for key in data]
        missing = [item["key"] for item in items if item["key"] not in data]
        if missing and not details.get("optional", False):
            raise NotYet(f"references non-existent {known.lower()} key: {missing[0]}")
        return {item["path"]: (data[item["key"]], item.get("mode")) for item in items if item["key"] in data}

    def _swap(self, place, files):
        fresh = place / f"..{time.time_ns()}"
        for path, (content, mode) in files.items():
            file = fresh / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            file.chmod(mode)
            self._give_to_group(file, 0o040)
        fresh.mkdir(exist_ok=True)
        link = place / "..data"
        old = os.readlink(link) if link.is_symlink() else None
        (place / "..data_tmp").symlink_to(fresh.name)
        (place / "..data_tmp").rename(link)
        tops = {Path(path).parts[0] for path in files}
        for entry in place.iterdir():
            if not entry.name.startswith("..") and entry.name not in tops:
                entry.unlink()
        for top in tops:
            if not (place / top).is_symlink():
                (place / top).symlink_to(f"..data/{top}")
        if old:
            shutil.rmtree(place / old)

    def _give_to_group(self, path, rights):
        if self.group is not None:
            os.chown(path, -1, self.group)
            path.chmod(path.stat().st_mode | rights)
