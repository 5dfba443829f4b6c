"""Services of Compose files: checked by Debian's docker-compose, run as `docker compose run` would by support/docker.py."""

import subprocess

import yaml

from .program import clean_environment


def config(file, **environment):
    """The file as docker-compose understands it, once it has found nothing wrong."""
    result = subprocess.run(["docker-compose", "-f", str(file), "config"], cwd=file.parent, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment(environment))
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return yaml.safe_load(result.stdout)


def words(document, service, server, *command):
    """What to tell docker so that it runs this service, with the test's PostgreSQL in the place of the service `db`."""
    one = document["services"][service]
    options = ["run", "--rm"]
    for name, value in (one.get("environment") or {}).items():
        value = str(value).replace("@db:5432/", f"@127.0.0.1:{server.port}/")
        options += ["-e", f"{name}=127.0.0.1" if (name, value) == ("DB__HOST", "db") else f"{name}={value}"]
    if "DB__HOST" in (one.get("environment") or {}):
        options += ["-e", f"DB__PORT={server.port}"]
    for volume in one.get("volumes", []):
        options += ["-v", volume]
    for secret in one.get("secrets", []):
        options += ["-v", f"{document['secrets'][secret['source']]['file']}:/run/secrets/{secret['source']}:ro"]
    for text in one.get("tmpfs", []):
        options += ["--tmpfs", text]
    options += ["--read-only"] if one.get("read_only") else []
    options += [word for text in one.get("cap_drop", []) for word in ("--cap-drop", text)]
    options += [word for text in one.get("security_opt", []) for word in ("--security-opt", text)]
    given = command or one.get("command") or []
    return [*options, one["image"], *(given.split() if isinstance(given, str) else given)]
