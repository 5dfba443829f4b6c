"""What tests see of Migrators, and wait for. Every wait is for a condition, and patient: two busy cores are slow."""

from support.waiting import until

from .migrators import KIND

PATIENCE = 150  # seconds, for what takes a moment on an idle machine


def find_condition(one, kind):
    """{} where there is none."""
    return next((found for found in (one or {}).get("status", {}).get("conditions") or [] if found["type"] == kind), {})


def says(kind="MigrationsReady", **wanted):
    """For wait_for: whether the condition has this status, reason, message; of the present spec."""
    def holds(one):
        found = find_condition(one, kind)
        generation = (one or {}).get("metadata", {}).get("generation")
        return bool(found) and found.get("observedGeneration") == generation and all(
            found.get(name) == value for name, value in wanted.items())
    return holds


def wait_for_condition(api, name, namespace, kind="MigrationsReady", timeout=PATIENCE, **wanted):
    """The condition, once the Migrator has it like this."""
    return find_condition(api.wait_for(KIND, name, namespace, says(kind, **wanted), timeout=timeout), kind)


def is_migrated(identity):
    """For wait_for: pods of it may start."""
    return lambda one: identity in migrated(one)


def migrated(one):
    return [entry["identity"] for entry in (one or {}).get("status", {}).get("migrated", [])]


def wait_for_event(api, name, namespace, *wanted, kind=KIND):
    """(type, reason, message)"""
    until(lambda: wanted in events_of(api, name, namespace, kind), f"the event {wanted}", PATIENCE, pause=0.1)


def wait_for_job(api, name, namespace, holds=lambda one: one is not None):
    """The migrator's."""
    return api.wait_for("Job", f"{name}-migrations", namespace, holds, timeout=PATIENCE)


def wait_until_running(api, app, namespace, count=1):
    """The pods, once as many run as there should be, and no others are there."""
    def all_run():
        running = pods_of(api, app, namespace, "Running")
        return running if len(running) == len(pods_of(api, app, namespace)) == count else None
    return until(all_run, f"{count} pods of {app} run", PATIENCE, pause=0.1)


def events_of(api, name, namespace, kind=KIND):
    """{(type, reason, message)} of what was told of the object."""
    selector = f"involvedObject.name={name},involvedObject.kind={kind}"
    return {(one["type"], one["reason"], one["message"]) for one in api.list("v1/Event", namespace, fieldSelector=selector)}


def waiters(pod):
    """Its init containers that wait, by name."""
    return {one["name"]: one for one in pod["spec"].get("initContainers", []) if one["name"].startswith("migrate-wait-")}


def pods_of(api, app, namespace, phase=None):
    """Those that have not been asked to go; of a phase."""
    return [one for one in api.list("Pod", namespace, labelSelector=f"app={app}")
            if "deletionTimestamp" not in one["metadata"] and phase in (None, one["status"].get("phase"))]


def lines(path):
    """What migrations wrote into a file on the machine."""
    return path.read_text().splitlines() if path.exists() else []
