#!/usr/bin/python3
"""A `docker` for machines on which no container engine can run: images are built by buildah, containers run by container.py.

From a shell, with tests/support/bin in front of PATH, it is called `docker` and takes the commands and options below as Docker
does; what it does not know is an error, never ignored. From Python:

    docker = Docker(directory)                    # where it is called from
    docker("run", "--rm", "everruns-admin", "migrate-info", env={...}).ok().stdout
    docker.start("run", ...)                      # in the background; .end() waits
    docker.close()                                # removes the containers that are left

What is not as Docker has it: containers use the machine's network, so that a server on 127.0.0.1 is reached as such and
published ports mean nothing; there is no registry, so that pull finds what is here and login believes everything; limits and
restart policies do nothing.
"""

import argparse
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

if __name__ == "__main__":  # started as a program
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import container, images
from support.program import Result, Running, clean_environment

BIN = Path(__file__).parent / "bin"
# Which image a name means, for one run of tests: others at the same time build theirs under the same names.
NAMES = Path(os.environ.get("DOCKER_NAMES") or images.FOLDER / "names" / str(os.getpid()))


class Docker:
    """The commands, called from a directory, with containers of its own."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.state = images.FOLDER / "containers" / secrets.token_hex(6)
        self.started = []

    @property
    def environment(self):
        """What a shell needs to call `docker`."""
        return {"PATH": f"{BIN}:{os.environ['PATH']}", "DOCKER_STATE": str(self.state), "DOCKER_NAMES": str(NAMES)}

    def start(self, *words, env=None, input=None):
        process = subprocess.Popen([sys.executable, __file__, *map(str, words)], cwd=self.directory,
                                   env=clean_environment({**self.environment, **(env or {})}),
                                   stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
        if input is not None:
            process.stdin.write(input)
            process.stdin.close()
            process.stdin = None
        self.started.append(Running(process))
        return self.started[-1]

    def __call__(self, *words, env=None, input=None, timeout=300) -> Result:
        return self.start(*words, env=env, input=input).end(timeout)

    def close(self):
        for one in self.started:
            if one.process.poll() is None:
                one.terminate()
                one.end()
        for file in self.state.glob("*.json"):
            self("rm", "--force", file.stem)
        shutil.rmtree(self.state, ignore_errors=True)


# What is known of a container: a file of JSON for each.

def state_folder():
    folder = Path(os.environ.get("DOCKER_STATE") or images.FOLDER / "containers" / "shared")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_state(name, state):
    file = state_folder() / f"{name}.json"
    file.with_suffix(".new").write_text(json.dumps(state))
    file.with_suffix(".new").rename(file)


def state_of(name):
    file = state_folder() / f"{name}.json"
    if not file.exists():
        raise images.ImageError(f"No such container: {name}")
    return json.loads(file.read_text())


def name_file(name):
    return NAMES / (name.removesuffix(":latest").replace("/", "+") + ".id")


def image_of(name):
    """What buildah knows an image by; empty when there is none of this name."""
    file = name_file(name)
    if file.exists():
        return file.read_text()
    return name if images.exists(name) else ""


def give_name(name, image):
    NAMES.mkdir(parents=True, exist_ok=True)
    name_file(name).write_text(image)


def config_of(image):
    inspected = json.loads(images.buildah("inspect", "--type", "image", image))
    return inspected["Docker"]["config"]


def variables(options, base):
    result = dict(word.split("=", 1) for word in base)
    lines = [line for file in options.env_file for line in Path(file).read_text().splitlines()
             if line.strip() and not line.startswith("#")]
    for line in [*lines, *options.env]:
        name, equals, value = line.partition("=")
        if equals:
            result[name] = value
        elif name in os.environ:
            result[name] = os.environ[name]
    return result


def volume(text):
    source, target, *mode = text.split(":")
    if not source.startswith(("/", ".")):  # a named one
        source = state_folder() / "volumes" / source
        source.mkdir(parents=True, exist_ok=True)
        source.chmod(0o777)
    if not Path(source).exists():
        raise images.ImageError(f"there is no {source} to mount")
    return container.Volume(str(Path(source).resolve()), target, "ro" in ",".join(mode).split(","))


# The commands.

def build(options):
    words = ["--file", options.file] if options.file else []
    for flag in ("target", "tag", "build_arg", "label"):
        for value in getattr(options, flag) or []:
            words += [f"--{flag.replace('_', '-')}", value]
    printed = images.build(options.context, *words)
    for name in options.tag or []:
        give_name(name, printed.splitlines()[-1])
    print(printed)
    return 0


def run(options):
    name = options.name or f"c{secrets.token_hex(5)}"
    if (state_folder() / f"{name}.json").exists():
        raise images.ImageError(f"The container name {name} is already in use")
    image = image_of(options.image)
    if not image:
        raise images.ImageError(f"Unable to find image '{options.image}' locally")
    config = config_of(image)
    entrypoint = [options.entrypoint] if options.entrypoint is not None else config.get("Entrypoint") or []
    default = [] if options.entrypoint is not None else config.get("Cmd") or []
    words = [word for word in [*entrypoint, *(options.words or default)] if word]
    process = container.Process(words, variables(options, config.get("Env") or []),
                                options.user or config.get("User") or "",
                                options.workdir or config.get("WorkingDir") or "/")
    made = images.buildah("from", "--pull-never", image)
    root = Path(images.buildah("mount", made))
    one = container.Container(root, process, [volume(text) for text in options.volume], options.tmpfs, options.read_only,
                              options.hostname or name)
    state = {"name": name, "image": options.image, "container": made, "config": config, "status": "created",
             "root": str(root), "environment": process.environment, "directory": process.directory, "user": process.user}
    write_state(name, state)
    if options.detach:
        return detached(name, state, one, options.rm)
    return run_to_the_end(name, state, one, options.rm)


def run_to_the_end(name, state, one, remove_it):
    def started(pid):
        state.update(status="running", pid=pid)
        write_state(name, state)

    code = container.run(one, started)
    state.update(status="exited", code=code)
    write_state(name, state)
    if remove_it:
        remove_container(name)
    return code


def detached(name, state, one, remove_it):
    if os.fork() == 0:
        os.setsid()
        log = os.open(state_folder() / f"{name}.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        for standard, descriptor in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
            os.dup2(descriptor, standard)
        os._exit(run_to_the_end(name, state, one, remove_it))
    while state["status"] == "created":
        time.sleep(0.01)
        try:
            state = state_of(name)
        except images.ImageError:  # --rm, and it has ended
            break
    print(name)
    return 0


def execute(options):
    state = state_of(options.name)
    if state["status"] != "running":
        raise images.ImageError(f"Container {options.name} is not running")
    process = container.Process(options.words, variables(options, [f"{key}={value}" for key, value in
                                                                   state["environment"].items()]),
                                options.user or state["user"], options.workdir or state["directory"])
    return container.execute(state["pid"], process)


def wait_until_it_ends(name):
    while state_of(name)["status"] != "exited":
        time.sleep(0.02)
    return state_of(name)


def stop(options):
    for name in options.names:
        state = state_of(name)
        if state["status"] == "running":
            os.kill(state["pid"], signal.SIGTERM)
            until = time.monotonic() + options.time
            while state["status"] == "running" and time.monotonic() < until:
                time.sleep(0.02)
                if not (state_folder() / f"{name}.json").exists():
                    break
                state = state_of(name)
            else:
                if state["status"] == "running":
                    os.kill(state["pid"], signal.SIGKILL)
        print(name)
    return 0


def wait(options):
    for name in options.names:
        print(wait_until_it_ends(name)["code"])
    return 0


def remove_container(name):
    state = state_of(name)
    (state_folder() / f"{name}.json").unlink()
    images.buildah("rm", state["container"])


def remove(options):
    for name in options.names:
        state = state_of(name)
        if state["status"] == "running":
            if not options.force:
                raise images.ImageError(f"container {name} is running: stop the container or use --force")
            os.kill(state["pid"], signal.SIGKILL)
            wait_until_it_ends(name)
        remove_container(name)
        (state_folder() / f"{name}.log").unlink(missing_ok=True)
        print(name)
    return 0


def logs(options):
    state_of(options.name)
    sys.stdout.write((state_folder() / f"{options.name}.log").read_text(errors="replace"))
    return 0


def ps(options):
    states = [json.loads(file.read_text()) for file in sorted(state_folder().glob("*.json"))]
    states = [state for state in states if options.all or state["status"] == "running"]
    if not options.quiet:
        print(f"{'NAME':<24} {'STATUS':<10} IMAGE")
    for state in states:
        print(state["name"] if options.quiet else f"{state['name']:<24} {state['status']:<10} {state['image']}")
    return 0


def inspect(options):
    documents = [{"Config": config_of(image_of(name))} if image_of(name) else
                 {"Config": state_of(name)["config"], "State": {"Status": state_of(name)["status"]}}
                 for name in options.names]
    print(json.dumps(documents, indent=2))
    return 0


def tag(options):
    image = image_of(options.image)
    if not image:
        raise images.ImageError(f"No such image: {options.image}")
    give_name(options.name, image)
    images.buildah("tag", image, options.name)  # for FROM
    return 0


def pull(options):
    if not image_of(options.image):
        raise images.ImageError(f"{options.image} is not here, and there is no registry")
    print(options.image)
    return 0


def login(options):
    if options.password_stdin and not sys.stdin.read().strip():
        raise images.ImageError("the password on standard input is empty")
    print("Login Succeeded")
    return 0


def process_options(parser):
    parser.add_argument("-e", "--env", action="append", default=[])
    parser.add_argument("--env-file", action="append", default=[])
    parser.add_argument("-u", "--user")
    parser.add_argument("-w", "--workdir")
    parser.add_argument("-i", "--interactive", action="store_true")
    parser.add_argument("-t", "--tty", action="store_true")


def parser():
    parser = argparse.ArgumentParser(prog="docker", allow_abbrev=False)
    commands = parser.add_subparsers(required=True)

    def command(name, function, *arguments):
        one = commands.add_parser(name, allow_abbrev=False)
        one.set_defaults(function=function)
        for argument in arguments:
            one.add_argument(argument, **({"nargs": "+"} if argument == "names" else {}))
        return one

    one = command("build", build, "context")
    one.add_argument("-f", "--file")
    for flag in (["--target"], ["-t", "--tag"], ["--build-arg"], ["--label"]):
        one.add_argument(*flag, action="append")
    one = command("run", run)
    process_options(one)
    for flag in (["--rm"], ["-d", "--detach"], ["--read-only"], ["--no-healthcheck"], ["--init"]):
        one.add_argument(*flag, action="store_true")
    for flag in ("--name", "--entrypoint", "--hostname", "--network", "--pull", "--platform", "--restart"):
        one.add_argument(flag)
    for flag in (["-v", "--volume"], ["--tmpfs"], ["-p", "--publish"], ["--security-opt"], ["--cap-drop"]):
        one.add_argument(*flag, action="append", default=[])
    one.add_argument("image")
    one.add_argument("words", nargs=argparse.REMAINDER)
    one = command("exec", execute)
    process_options(one)
    one.add_argument("name")
    one.add_argument("words", nargs=argparse.REMAINDER)
    command("stop", stop, "names").add_argument("-t", "--time", type=float, default=10)
    command("wait", wait, "names")
    command("rm", remove, "names").add_argument("-f", "--force", action="store_true")
    command("logs", logs, "name")
    one = command("ps", ps)
    one.add_argument("-a", "--all", action="store_true")
    one.add_argument("-q", "--quiet", action="store_true")
    command("inspect", inspect, "names")
    command("tag", tag, "image", "name")
    command("pull", pull, "image")
    one = command("login", login)
    one.add_argument("-u", "--username")
    one.add_argument("--password-stdin", action="store_true")
    one.add_argument("registry", nargs="?")
    return parser


def main(words):
    options = parser().parse_args(words)
    try:
        return options.function(options)
    except (images.ImageError, OSError) as problem:
        print(f"docker: {re.sub(chr(10) + '+$', '', str(problem))}", file=sys.stderr)
        return 125


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
