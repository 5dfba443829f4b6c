#!/usr/bin/python3
"""A Kubernetes control plane with one node, until Ctrl-C. It prints a kubeconfig.

    tests/support/kubernetes/run.py
    tests/support/kubernetes/run.py --image 'web:v1=/usr/bin/python3 -m http.server 8080' --node a --node b

Pods run as processes of this machine. An image is what --image says, with the machine's files around it; every other name has
no entrypoint, so that a pod's own command is run. The first call builds Kubernetes, which takes some minutes.
"""

import argparse
import logging
import shlex
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from support.kubernetes.control_plane import ControlPlane
from support.kubernetes.image import Image
from support.kubernetes.node import Nodes


def main(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", action="append", default=[], metavar="NAME=PROGRAM WORD...")
    parser.add_argument("--node", action="append", default=[], metavar="NAME")
    options = parser.parse_args(words)
    images = {name: Image(shlex.split(program)) for name, _, program in (one.partition("=") for one in options.image)}
    logging.basicConfig(format="%(message)s")
    with ControlPlane() as cluster, Nodes(cluster, {"*": Image(), **images}, options.node or ["node-1"]) as nodes:
        print(f"export KUBECONFIG={cluster.kubeconfig()}\n# logs: {cluster.directory}/*.log; pods': {nodes.directory}/pods"
              "\n# Ctrl-C ends it", flush=True)
        signal.pause()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` makes it ignored
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
