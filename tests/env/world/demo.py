"""The demonstration: everything set up, the sample applied, progress shown until its network is ready."""

from __future__ import annotations

import time
from typing import Any

from . import controller
from .errors import tail
from .kubectl import Kubectl
from .layout import CHECKOUT
from .start import ensure
from .state import State

SAMPLE = CHECKOUT / "manifests" / "samples" / "minimal.yaml"
NAMESPACE, NAME = "shop", "orders"
AWAITED = "NetworkReady"
# The emulator's transitions take no time, so a pass takes seconds; a loaded machine gets a wide margin.
READY_SECONDS = 180
LOOK_SECONDS = 0.5
CONTROLLER_LOG_LINES = 40


def demo(state: State) -> int:
    """Run the demonstration; return 0 when the sample's network is ready, 1 when it is not in time."""
    begun = time.monotonic()
    with state.locked():
        print("[1/4] the world: etcd, kube-apiserver, kube-controller-manager, AWS emulator", flush=True)
        facts = ensure(state, tied=False)
        print("[2/4] the controller: building", flush=True)
        binary = controller.build()
        print("[3/4] installing the CRDs and the RBAC, starting the controller as its ServiceAccount", flush=True)
        controller.install(state, facts)
        controller.background(state, facts, binary)
    kubectl = Kubectl.administrator(facts)
    print(f"[4/4] applying {SAMPLE.relative_to(CHECKOUT)}, waiting for {AWAITED}", flush=True)
    _apply(kubectl)
    ready = _watch(state, kubectl, begun)
    _summary(kubectl)
    if not ready:
        log = state.log(controller.PART)
        print(f"\n{AWAITED} is not True. The controller's log ({log}) ends:\n{tail(log, CONTROLLER_LOG_LINES)}")
        return 1
    _next_steps()
    return 0


def _apply(kubectl: Kubectl) -> None:
    namespace = f'{{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "{NAMESPACE}"}}}}'
    print(kubectl.run("apply", "--server-side", "--filename=-", stdin=namespace), end="")
    print(kubectl.run("apply", f"--filename={SAMPLE}"), end="", flush=True)


def _watch(state: State, kubectl: Kubectl, begun: float) -> bool:
    """Print each change of a condition until the awaited one holds for the applied generation, or time is up."""
    shown: dict[str, str] = {}
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        stack = _stack(kubectl)
        for name, condition in _conditions(stack).items():
            line = f"{condition['status']:<8}{condition.get('reason', ''):<20}{condition.get('message', '')}".rstrip()
            if shown.get(name) != line:
                shown[name] = line
                print(f"  {time.monotonic() - begun:6.1f} s  {name:<18}{line}", flush=True)
        if _holds(stack):
            return True
        if not state.runs(controller.PART):
            print("  the controller ended", flush=True)
            return False
        time.sleep(LOOK_SECONDS)
    return False


def _holds(stack: dict[str, Any]) -> bool:
    """Say whether the awaited condition is True and speaks of the spec as it is now."""
    condition = _conditions(stack).get(AWAITED, {})
    observed = condition.get("observedGeneration", stack.get("status", {}).get("observedGeneration"))
    return condition.get("status") == "True" and observed == stack["metadata"]["generation"]


def _stack(kubectl: Kubectl) -> dict[str, Any]:
    stack: dict[str, Any] = kubectl.json("get", "fargatestack", NAME, f"--namespace={NAMESPACE}")
    return stack


def _conditions(stack: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {condition["type"]: condition for condition in stack.get("status", {}).get("conditions", [])}


def _summary(kubectl: Kubectl) -> None:
    stack = _stack(kubectl)
    print("\n" + kubectl.run("get", "fargatestack", "--all-namespaces", "--output=wide"))
    print(f"{'CONDITION':<20}{'STATUS':<9}{'REASON':<24}MESSAGE")
    for name, condition in _conditions(stack).items():
        print(f"{name:<20}{condition['status']:<9}{condition.get('reason', ''):<24}{condition.get('message', '')}")
    print("\nOUTPUT")
    for name, value in stack.get("status", {}).get("outputs", {}).items():
        print(f"{name:<20}{value if isinstance(value, str) else ', '.join(_words(value))}")


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{name}={' '.join(_words(item))}" for name, item in value.items()]
    if isinstance(value, list):
        return [word for item in value for word in _words(item)]
    return [str(value)]


def _next_steps() -> None:
    steps = {
        'eval "$(make -s env)"': "KUBECONFIG, AWS_ENDPOINT_URL ..., and the pinned kubectl on PATH",
        f"kubectl -n {NAMESPACE} edit fargatestack {NAME}": "change spec.network, e.g. nat.mode, and watch AWS follow",
        f"kubectl -n {NAMESPACE} get fargatestack {NAME} -o yaml": "what it knows of its resources",
        "curl -s $EMULATOR_CONTROL_URL/ledger": "every AWS call that was made",
        f"kubectl -n {NAMESPACE} delete fargatestack {NAME}": "AWS is left as it was found",
        "make down": "ends the controller and the world",
    }
    print("\nGo on by hand:")
    for command, effect in steps.items():
        print(f"  {command:<48}# {effect}")
