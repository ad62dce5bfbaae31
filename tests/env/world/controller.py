"""The controller in a world: installed, and run as the ServiceAccount that the installation gives it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from . import binary, process
from .errors import WorldError
from .kubectl import Kubectl, service_account_kubeconfig
from .layout import CHECKOUT
from .state import Facts, State

NAMESPACE = "fargatestack-system"
SERVICE_ACCOUNT = "fargatestack-controller"
PART = "controller"
CRDS = CHECKOUT / "crds"
RBAC = CHECKOUT / "manifests" / "rbac.yaml"
# Several controllers may run on one machine; the log says which ports they got.
ADDRESSES = {"FARGATESTACK_METRICS_ADDRESS": "127.0.0.1:0", "FARGATESTACK_HEALTH_ADDRESS": "127.0.0.1:0"}
# What says in whose name AWS is called.
CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
)


def install(state: State, facts: Facts) -> None:
    """Apply the CRDs and the RBAC, wait until the API server serves them, and write the controller's kubeconfig."""
    kubectl = Kubectl.administrator(facts)
    apply = ("apply", "--server-side", "--force-conflicts", "--field-manager=installation")
    print(kubectl.run(*apply, f"--filename={CRDS}", f"--filename={RBAC}"), end="")
    # Waiting for a condition fails at once while a new definition has no conditions at all.
    for readiness in ("jsonpath={.status.conditions}", "condition=Established"):
        kubectl.run("wait", "--for", readiness, "--timeout=60s", f"--filename={CRDS}")
    service_account_kubeconfig(kubectl, namespace=NAMESPACE, name=SERVICE_ACCOUNT, out=state.controller_kubeconfig)


def foreground(state: State, facts: Facts) -> NoReturn:
    """Build and install it, then become the controller, so that signals reach it directly."""
    program = str(binary.build())
    install(state, facts)
    sys.stdout.flush()
    os.chdir(CHECKOUT)
    os.execve(program, [program, "controller"], environment(state, facts))


def background(state: State, facts: Facts, program: Path) -> None:
    """Start the built controller detached; one that runs already is ended first, as its binary may be an older one."""
    process.stop([state.pid_file(PART)], grace=10)
    state.log(PART).unlink(missing_ok=True)
    # People read this log.
    env = {"FARGATESTACK_LOG_FORMAT": "text", **environment(state, facts)}
    process.spawn([str(program), "controller"], pid_file=state.pid_file(PART), log=state.log(PART), env=env, tied=False)


def graph(program: Path, manifest: Path) -> str:
    """Return the picture of what a manifest declares, in Mermaid."""
    drawn = subprocess.run([program, "graph", "-f", manifest], capture_output=True, text=True, check=False)
    if drawn.returncode != 0 or not drawn.stdout:
        raise WorldError(f"`fargatestack graph` drew nothing (exit {drawn.returncode}): {drawn.stderr.strip()}")
    return drawn.stdout


def environment(state: State, facts: Facts) -> dict[str, str]:
    """Return the controller's environment: AWS_ENDPOINT_URL and AWS_REGION of the user win, the world fills the rest.

    Without an endpoint of the user's the controller acts in the world, with the world's credentials whatever others
    are set: real ones are not sent to the emulator. With one, the user's credentials are used where there are any.
    An empty AWS_ENDPOINT_URL means AWS itself, and then nothing of the emulator's is added. Settings of the controller
    that the user's environment holds win, too.
    """
    env = {**ADDRESSES, **os.environ, "KUBECONFIG": str(state.controller_kubeconfig)}
    world = facts.environment()
    env.setdefault("AWS_REGION", world["AWS_REGION"])
    if "AWS_ENDPOINT_URL" not in env:
        env = {name: value for name, value in env.items() if name not in CREDENTIALS}
        env["AWS_ENDPOINT_URL"] = world["AWS_ENDPOINT_URL"]
    elif not env["AWS_ENDPOINT_URL"]:
        del env["AWS_ENDPOINT_URL"]
        return env
    if not any(name in env for name in CREDENTIALS):
        env |= {name: world[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    return env
