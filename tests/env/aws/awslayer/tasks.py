"""Tasks that run, as the network sees them: kept by the ECS rules, read by health checks and the data plane."""

from __future__ import annotations

import fnmatch
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from .errors import ControlError

if TYPE_CHECKING:
    from .world import World

DOES = ("answers", "errors", "silent", "crashes")


@dataclass
class Application:
    """What the program inside tasks does, as a test orders it. The latest order that matches a task counts."""

    # Which tasks: wildcards allowed. `image` is matched against the image that the definition names.
    account: str = "*"
    service: str = "*"
    image: str = "*"
    # answers: 200. errors: 500 to every request. silent: listens nowhere. crashes: exits as soon as it runs.
    does: str = "answers"
    # The port it listens on; 0: those that the task definition names.
    port: int = 0
    # What `crashes` exits with.
    exit_code: int = 1

    def matches(self, account: str, service: str, image: str) -> bool:
        """Whether the order is for tasks of this service and image."""
        return (
            fnmatch.fnmatchcase(account, self.account)
            and fnmatch.fnmatchcase(service, self.service)
            and fnmatch.fnmatchcase(image, self.image)
        )


@dataclass
class RunningTask:
    """One task between RUNNING and the beginning of its end. Times are seconds of the layer's clock."""

    arn: str
    account: str
    region: str
    cluster: str
    service: str
    definition: str
    image: str
    vpc: str
    subnet: str
    interface: str
    address: str
    groups: list[str]
    ports: list[int]
    since: float
    # (target group's ARN, port) -> when ECS registered the task there.
    registered: dict[tuple[str, int], float] = field(default_factory=dict)


class Applications:
    """The orders of tests about what applications do."""

    def __init__(self) -> None:
        self._orders: list[Application] = []

    def order(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Takes an order; a field that an order does not have is refused."""
        known = {f.name for f in fields(Application)}
        if set(spec) - known:
            raise ControlError(f"unknown fields of an application: {sorted(set(spec) - known)}; known: {sorted(known)}")
        made = Application(**spec)
        if made.does not in DOES:
            raise ControlError(f"does must be one of {DOES}, not {made.does!r}")
        self._orders.append(made)
        return asdict(made)

    def view(self) -> list[dict[str, Any]]:
        """The orders, oldest first."""
        return [asdict(o) for o in self._orders]

    def of(self, account: str, service: str, image: str) -> Application:
        """What the application of a task does now."""
        for order in reversed(self._orders):
            if order.matches(account, service, image):
                return order
        return Application()

    def reset(self, account: str | None = None) -> None:
        """Every application answers again; with an account, those that were ordered for it."""
        self._orders = [o for o in self._orders if account is not None and o.account != account]


def running(world: World, account: str, region: str) -> list[RunningTask]:
    """The tasks that run, in the order in which they began to."""
    return list(world.region(account, region).tasks.values())


def at(world: World, account: str, region: str, vpc: str, address: str) -> RunningTask | None:
    """The running task that has a private address of a VPC."""
    return next((t for t in running(world, account, region) if t.vpc == vpc and t.address == address), None)


def answer(world: World, task: RunningTask, port: int) -> int | None:
    """The HTTP status with which the task's application answers on a port; None: nothing listens there.

    A TCP health check succeeds unless this is None. Whether packets get there is not asked here.
    """
    application = world.applications.of(task.account, task.service, task.image)
    if application.does in ("silent", "crashes"):
        return None
    ports = [application.port] if application.port else task.ports
    if port not in ports:
        return None
    return 500 if application.does == "errors" else 200
