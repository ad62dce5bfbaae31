"""The demonstration: everything set up, the sample applied, its image pushed, and its API called, each with what is seen of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

from . import binary, controller, user
from .errors import WorldError, tail
from .kubectl import Kubectl
from .layout import CHECKOUT
from .shown import conditions, holds, lines, outputs, table
from .start import ensure
from .state import Facts, State

SAMPLE = CHECKOUT / "manifests" / "samples" / "minimal.yaml"
NAMESPACE, NAME, CLIENT = "shop", "orders", "default"
PATH = "/orders"
# The emulator's transitions take no time, so a pass takes seconds; a loaded machine gets a wide margin.
WAIT_SECONDS = 300
LOOK_SECONDS = 0.5
CONTROLLER_LOG_LINES = 40
REQUEST = "fargatestack.dev/reconcile-requested-at"


def demo(state: State) -> int:
    """Run the demonstration; return 0 when the sample serves who has a token and nobody else, 1 when it does not."""
    begun = time.monotonic()
    with state.locked():
        print("[1/6] the world: etcd, kube-apiserver, kube-controller-manager, AWS emulator", flush=True)
        # It uses neither helm nor Argo CD: a first demonstration need not wait until they are built.
        facts = ensure(state, tied=False, tools=False)
        print("[2/6] the controller: building", flush=True)
        program = binary.build()
        print("[3/6] installing the CRDs and the RBAC, starting the controller as its ServiceAccount", flush=True)
        controller.install(state, facts)
        controller.background(state, facts, program)
    stack = Stack(state, Kubectl.administrator(facts), begun)
    try:
        _built(stack, facts)
        url = _called(stack, facts)
        picture = controller.graph(program, SAMPLE)
    except WorldError as error:
        with contextlib.suppress(WorldError):
            _summary(stack)
        log = state.log(controller.PART)
        print(f"\nThe demonstration failed: {error}\nThe controller's log ({log}) ends:\n{tail(log, CONTROLLER_LOG_LINES)}", flush=True)
        return 1
    _summary(stack)
    print(f"\nWhat stands, as Mermaid draws it (fargatestack graph -f {SAMPLE.relative_to(CHECKOUT)}):\n\n{picture}", flush=True)
    _next_steps(url)
    return 0


class Stack:
    """The sample in its world, with what was last shown of it."""

    def __init__(self, state: State, kubectl: Kubectl, begun: float) -> None:
        """Nothing is shown yet; `begun` is the monotonic time from which seconds are counted."""
        self.kubectl = kubectl
        self._state = state
        self._begun = begun
        self._shown: dict[str, str] = {}

    def get(self) -> dict[str, Any]:
        """Return the object as it is now."""
        found: dict[str, Any] = self.kubectl.json("get", "fargatestack", NAME, f"--namespace={NAMESPACE}")
        return found

    def wait(self, what: str, holding: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Print each change of a condition until `holding` says yes; fail when time is up or the controller ends."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            found = self.get()
            self._changes(found)
            if holding(found):
                return found
            if not self._state.runs(controller.PART):
                raise WorldError("the controller ended")
            time.sleep(LOOK_SECONDS)
        raise WorldError(f"not within {WAIT_SECONDS} s: {what}")

    def _changes(self, found: dict[str, Any]) -> None:
        for name, line in lines(found).items():
            if self._shown.get(name) != line:
                self._shown[name] = line
                print(f"  {time.monotonic() - self._begun:6.1f} s  {name:<18}{line}", flush=True)


def _built(stack: Stack, facts: Facts) -> None:
    """Apply the sample, push the image that it asks for, and wait until it is ready."""
    print(f"[4/6] applying {SAMPLE.relative_to(CHECKOUT)}, waiting until everything but its image is there", flush=True)
    user.reachable(facts)
    namespace = f'{{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "{NAMESPACE}"}}}}'
    print(stack.kubectl.run("apply", "--server-side", "--filename=-", stdin=namespace), end="")
    print(stack.kubectl.run("apply", f"--filename={SAMPLE}"), end="", flush=True)
    found = stack.wait("the stack asks for its image", lambda it: holds(it, "Ready") or waits_for_image(it))
    if not holds(found, "Ready"):
        message = conditions(found)["ServiceReady"]["message"]
        wanted = user.image_asked_for(message)
        if wanted is None:
            raise WorldError(f"ServiceReady does not say what to push: {message}")
        repository, tag = wanted
        print(f"[5/6] pushing {repository}:{tag}, waiting until the stack is ready", flush=True)
        print(f"  pushed {user.push(facts, repository, tag)}", flush=True)
        # The controller looks for images every 30 s by itself, and at once when it is asked to.
        annotation = f"{REQUEST}={time.time_ns()}"
        stack.kubectl.run("annotate", "--overwrite", "fargatestack", NAME, f"--namespace={NAMESPACE}", annotation)
    stack.wait("the stack is ready", lambda it: holds(it, "Ready"))


def waits_for_image(found: dict[str, Any]) -> bool:
    """Say whether everything is there but the image, which is the user's to push."""
    rest = ("NetworkReady", "EndpointsReady", "RegistryReady", "AuthReady", "LoadBalancerReady", "ApiReady")
    missing = conditions(found).get("ServiceReady", {}).get("reason") == "ImageNotFound"
    return missing and all(holds(found, name) for name in rest)


def _called(stack: Stack, facts: Facts) -> str:
    """Call the stack's API as somebody without a token, and as a user who has signed in; return what was called."""
    known = stack.get().get("status", {}).get("outputs", {})
    endpoint, pool, client = known.get("apiEndpoint"), known.get("userPoolId"), known.get("clientIds", {}).get(CLIENT)
    if not (endpoint and pool and client):
        raise WorldError(f"the outputs lack the API's endpoint, the user pool or its client {CLIENT}: {known}")
    url = f"{endpoint}{PATH}"
    print(f"[6/6] calling {url}", flush=True)
    refused = user.call(url)
    print(f"  without a token: {refused.status} {refused.body}", flush=True)
    if refused.status != 401:
        raise WorldError(f"a call without a token is answered with {refused.status} instead of 401")
    token = user.token(facts, pool=pool, client=client)
    print(f"  {user.NAME} signs in to {pool} through the client {CLIENT}", flush=True)
    answer = user.call(url, token)
    hops = answer.body.pop("hops", None) if isinstance(answer.body, dict) else None
    print(f"  with a token: {answer.status} {answer.body}", flush=True)
    if answer.status != 200:
        raise WorldError(f"a call with a token is answered with {answer.status} instead of 200")
    if not hops:
        raise WorldError("the answer does not say which way the call took")
    print("  the way that the call took:", *hops, sep="\n    -> ", flush=True)
    return url


def _summary(stack: Stack) -> None:
    found = stack.get()
    print("\n" + stack.kubectl.run("get", "fargatestack", "--all-namespaces", "--output=wide"))
    print(table(found))
    print("\nOUTPUT")
    print("\n".join(outputs(found)), flush=True)


def _next_steps(url: str) -> None:
    own = f"kubectl -n {NAMESPACE}"
    steps = {
        'eval "$(make -s env)"': "KUBECONFIG, AWS_ENDPOINT_URL ..., and the pinned kubectl on PATH",
        f"{own} edit fargatestack {NAME}": "change spec.network, e.g. nat.mode, and watch AWS follow",
        f"{own} get fargatestack {NAME} -o yaml": "what it knows of its resources",
        f'curl -H "Authorization: Bearer $(make -s token)" {url}': "what a user sees who has signed in",
        "curl -s $EMULATOR_CONTROL_URL/ledger": "every AWS call that was made",
        f"{own} delete fargatestack {NAME}": "AWS is left as it was found, but for what spec.retain keeps",
        "make down": "ends the controller and the world",
    }
    print("\nGo on by hand:")
    width = max(map(len, steps)) + 1
    for command, effect in steps.items():
        print(f"  {command:<{width}}# {effect}")
