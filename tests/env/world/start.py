"""Bringing a world up, from nothing or from what is left of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from . import argocd_build, certificates, control_plane, emulator, helm_build, process
from .errors import WorldError
from .kubectl import Kubectl
from .kubernetes_build import binaries
from .part import Part, start, wait
from .ports import Ports as Reservations
from .state import PARTS, Facts, Ports, State

DEFAULT_REGION = "eu-west-1"
DEFAULT_ACCOUNT = "123456789012"


def ensure(state: State, *, tied: bool, tools: bool = True) -> Facts:
    """Return the facts of a world that is ready, starting the parts of it that do not run.

    A world none of whose parts runs any more starts anew, without its old data: what was in the emulator is lost in
    any case, and stacks whose AWS resources vanished would be a world that nobody asked for.
    With `tied` the parts die with the calling thread. With `tools` helm and argocd are there, too, built if they have to be.
    """
    known, existing = state.read(), _existing_cluster()
    running = [name for name in PARTS if state.runs(name)]
    if known is None or not running:
        process.stop(state.pid_files(), grace=0)
        state.clear()
        known = None
    elif (known.ports is None) != (existing is not None):
        raise WorldError(f"the world in {state.folder} was started for another kind of cluster; end it first: make down")
    elif "emulator" not in running:
        print("the emulator had ended: it starts again, empty", file=sys.stderr)
    try:
        facts = (
            _with_cluster(state, existing, tied=tied, tools=tools)
            if existing
            else _with_control_plane(state, known, tied=tied, tools=tools)
        )
    except BaseException:
        if known is None:
            # Half a world is of no use to anybody; its logs stay.
            process.stop(state.pid_files(), grace=0)
        raise
    state.write(facts)
    return facts


def _with_control_plane(state: State, known: Facts | None, *, tied: bool, tools: bool) -> Facts:
    built = binaries()
    aws = emulator.part(state)
    start(aws, state, tied=tied)
    with Reservations() as reserved:
        ports = _ports(state, reserved, known.ports if known else None)
        plane = control_plane.parts(state, built, ports, certificates.ensure(state.data / "certificates"))
        # Each needs the one before it while it starts.
        for part in (plane.etcd, plane.apiserver, plane.controller_manager):
            _ready(part, state, tied=tied)
    wait(aws, state)
    return _facts(state, kubeconfig=str(state.kubeconfig), kubectl=built["kubectl"], ports=ports, tools=tools)


def _with_cluster(state: State, kubeconfig: str, *, tied: bool, tools: bool) -> Facts:
    built = binaries(("kubectl",))
    Kubectl(built["kubectl"], kubeconfig).run("get", "--raw", "/readyz")
    aws = emulator.part(state)
    _ready(aws, state, tied=tied)
    return _facts(state, kubeconfig=kubeconfig, kubectl=built["kubectl"], ports=None, tools=tools)


def _facts(state: State, *, kubeconfig: str, kubectl: Path, ports: Ports | None, tools: bool) -> Facts:
    state.link({"kubectl": kubectl, **_tools(build=tools)})
    return Facts(
        kubeconfig=kubeconfig,
        emulator=emulator.url(state),
        region=DEFAULT_REGION,
        account=DEFAULT_ACCOUNT,
        binaries=str(state.binaries),
        ports=ports,
        audit_log=str(control_plane.audit_log(state)) if ports else None,
    )


def _tools(*, build: bool) -> dict[str, Path]:
    """Return helm and argocd; without `build` only where they need not be built."""
    helm = helm_build.helm() if build else helm_build.built()
    argocd = argocd_build.argocd() if build else argocd_build.built()
    return ({"helm": helm} if helm else {}) | ({"argocd": argocd.program} if argocd else {})


def _ready(part: Part, state: State, *, tied: bool) -> None:
    start(part, state, tied=tied)
    wait(part, state)


def _ports(state: State, reserved: Reservations, known: Ports | None) -> Ports:
    """Keep the ports of parts that run, and those of parts that ended where they are still free."""

    def port(part: str, before: int | None) -> int:
        if before is not None and state.runs(part):
            return before
        return reserved.reserve(before)

    return Ports(
        etcd=port("etcd", known.etcd if known else None),
        etcd_peer=port("etcd", known.etcd_peer if known else None),
        apiserver=port("kube-apiserver", known.apiserver if known else None),
        controller_manager=port("kube-controller-manager", known.controller_manager if known else None),
    )


def _existing_cluster() -> str | None:
    """Return the kubeconfig of the cluster that the user explicitly wants to be used, None for a control plane of our own."""
    if os.environ.get("FARGATESTACK_USE_EXISTING_CLUSTER", "") != "1":
        return None
    kubeconfig = os.environ.get("KUBECONFIG")
    if not kubeconfig:
        raise WorldError("FARGATESTACK_USE_EXISTING_CLUSTER=1 needs KUBECONFIG to name the cluster's kubeconfig file")
    return str(Path(kubeconfig).resolve())
