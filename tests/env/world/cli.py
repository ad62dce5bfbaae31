"""The commands. What each does is imported when it is used: `env` and `down` must not need what `up` needs."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from . import layout, process
from .errors import WorldError, failed_part
from .state import Facts, State, exports

# The controller may hold a lease that it should give back; the other parts have nothing to lose.
GRACE_SECONDS = 10


def parser() -> argparse.ArgumentParser:
    """Return the parser; each command's function takes the parsed options and returns the exit code."""
    root = argparse.ArgumentParser(prog="world", description="A Kubernetes control plane and an AWS emulator on loopback.")
    commands = root.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: object, text: str, *, environment: bool = False) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=function, needs_environment=environment)
        sub.add_argument(
            "--state-dir",
            type=Path,
            default=Path(os.environ.get("FARGATESTACK_WORLD") or layout.DEFAULT_STATE),
            help="the folder of the world (default: $FARGATESTACK_WORLD, else .world in the checkout)",
        )
        return sub

    prepared = command("setup", _setup, "check the tools, build what a world needs, start nothing", environment=True)
    prepared.add_argument("--world-only", action="store_true", help="without helm and Argo CD, which only tests and `env` use")
    command("interpreter", _interpreter, "print the path of the pinned Python with its packages", environment=True)
    command("binary", _binary, "build the controller, print the path of its binary")
    image = command("image", _image, "build the image of the controller with buildah, print its name", environment=True)
    image.add_argument("--release", action="store_true", help="with the small binary that is published: takes long, and 8 GB of memory")
    image.add_argument("--binary", type=Path, help="with this binary, built already")
    image.add_argument("--storage", type=Path, help="into the storage of images in this folder (default: the user's own)")
    command("up", _up, "start the world, or what is missing of it; return when it is ready", environment=True)
    command("down", _down, "end exactly what `up` and `demo` started")
    command("env", _env, "print the running world as lines for a shell")
    serve = command("serve", _serve, "start a world of its own, print it as one line of JSON, live until stdin closes", environment=True)
    serve.set_defaults(state_dir=None)
    token = command("service-account-kubeconfig", _token, "write a kubeconfig that acts as a ServiceAccount")
    token.add_argument("--namespace", required=True)
    token.add_argument("--name", required=True)
    token.add_argument("--out", type=Path, required=True)
    pods = command("run-pods", _run_pods, "run the Pods of a namespace as child processes, until stdin closes")
    pods.add_argument("--namespace", required=True)
    pods.add_argument(
        "--program", action="append", default=[], metavar="IMAGE=PATH", help="the program of an image, by the image's name without tag"
    )
    command("argocd", _argocd, "install Argo CD into the running world and run it, until stdin closes")
    command("install", _install, "install the CRDs and the RBAC into the running world")
    command("run", _run, "install, then run the controller in the foreground as its ServiceAccount")
    command("demo", _demo, "start the world and the controller, apply the sample, push its image, call its API", environment=True)
    signed = command("token", _access_token, "sign a user of a stack's pool in, print the access token", environment=True)
    signed.add_argument("--namespace", default="shop")
    signed.add_argument("--name", default="orders", help="the stack")
    signed.add_argument("--client", default="default", help="the client of the stack through which the user signs in")
    signed.add_argument("--account", help="the AWS account of the stack (default: the world's own)")
    return root


def running(state: State) -> Facts:
    """Return the facts of the running world, or fail with what to do."""
    facts = state.read()
    if facts is None:
        raise WorldError(f"no world runs in {state.folder}; start it with: make up")
    for part in facts.parts:
        if not state.runs(part):
            raise failed_part(part, "has ended; repair the world with: make up", state.log(part))
    return facts


def _state(options: argparse.Namespace) -> State:
    folder: Path = options.state_dir
    return State(folder.resolve())


def _setup(options: argparse.Namespace) -> int:
    from .argocd_build import argocd
    from .helm_build import helm
    from .kubernetes_build import binaries
    from .tools import check

    check()
    binaries()
    if not options.world_only:
        helm()
        argocd()
    return 0


def _interpreter(_: argparse.Namespace) -> int:
    print(sys.executable)
    return 0


def _binary(_: argparse.Namespace) -> int:
    from .binary import build

    print(build())
    return 0


def _image(options: argparse.Namespace) -> int:
    from . import binary, image

    program = options.binary or binary.build(release=options.release)
    print(image.build(program, image.stored_in(options.storage)))
    return 0


def _up(options: argparse.Namespace) -> int:
    from .start import ensure

    state, begun = _state(options), time.monotonic()
    with state.locked():
        facts = ensure(state, tied=False)
    print(f"world ready after {time.monotonic() - begun:.1f} s: KUBECONFIG={facts.kubeconfig} AWS_ENDPOINT_URL={facts.emulator}")
    return 0


def _down(options: argparse.Namespace) -> int:
    state = _state(options)
    with state.locked():
        process.stop([state.pid_file("controller")], grace=GRACE_SECONDS)
        # The data goes with them, so there is nothing to flush; kube-apiserver alone would take 10 s to say goodbye.
        process.stop(state.pid_files(), grace=0)
        state.forget()
    return 0


def _env(options: argparse.Namespace) -> int:
    print(exports(running(_state(options))))
    return 0


def _serve(options: argparse.Namespace) -> int:
    from .serve import serve

    return serve(options.state_dir)


def _token(options: argparse.Namespace) -> int:
    from .kubectl import Kubectl, service_account_kubeconfig

    facts = running(_state(options))
    service_account_kubeconfig(Kubectl.administrator(facts), namespace=options.namespace, name=options.name, out=options.out)
    return 0


def _run_pods(options: argparse.Namespace) -> int:
    from .kubectl import Kubectl
    from .pod_runner import Node

    state = _state(options)
    programs = dict(each.split("=", 1) for each in options.program)
    kubectl = Kubectl.administrator(running(state))
    Node(state, kubectl, options.namespace, {image: Path(program) for image, program in programs.items()}).run()
    return 0


def _argocd(options: argparse.Namespace) -> int:
    from . import argocd, argocd_build, serve

    state = _state(options)
    facts = running(state)
    argocd.only(state)
    serve.end_when_asked()
    try:
        argocd.begin(state, facts, argocd_build.argocd())
        print(json.dumps({"NAMESPACE": argocd.NAMESPACE}), flush=True)
        serve.wait_for_end(state, argocd.PARTS)
    finally:
        argocd.end(state)
    return 0


def _install(options: argparse.Namespace) -> int:
    from .controller import install

    state = _state(options)
    install(state, running(state))
    return 0


def _run(options: argparse.Namespace) -> int:
    from .controller import foreground

    state = _state(options)
    foreground(state, running(state))


def _access_token(options: argparse.Namespace) -> int:
    from .kubectl import Kubectl
    from .user import token

    facts = running(_state(options))
    stack = Kubectl.administrator(facts).json("get", "fargatestack", options.name, f"--namespace={options.namespace}")
    known = stack.get("status", {}).get("outputs", {})
    pool, client = known.get("userPoolId"), known.get("clientIds", {}).get(options.client)
    if pool is None or client is None:
        raise WorldError(f"{options.namespace}/{options.name} has no user pool with a client {options.client} yet")
    print(token(facts, pool=pool, client=client, account=options.account))
    return 0


def _demo(options: argparse.Namespace) -> int:
    from .demo import demo

    return demo(_state(options))
