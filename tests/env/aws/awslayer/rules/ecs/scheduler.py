"""The service scheduler: how many tasks of which deployment start and stop, and when a rollout is over."""

from __future__ import annotations

import math

from ...call import Call
from ...registry import rule
from . import deployment as deployments
from . import life
from .service_view import tasks_of
from .store import Deployment, Service, Task


def look_soon(call: Call, service: Service) -> None:
    """Puts a look at the service on the agenda: for when the scheduler gets to it, by default the next call."""
    if not service.due:
        service.due = True
        call.world.after("service.look", call.memory, lambda: _look(call, service))


def look_at(call: Call, service: Service, due: float) -> None:
    """Puts a look at the service on the agenda for a time of the layer's clock."""
    call.world.at(due, call.memory, lambda: look_soon(call, service))


def _look(call: Call, service: Service) -> None:
    service.due = False
    here = Call.of_nobody(call.world, call.moto, call.account, call.region)
    if service.status == "DRAINING":
        service_drains(here, service)
    elif service.status == "ACTIVE":
        _forget_drained(here, service)
        surplus_goes(here, service)
        deployment_keeps_within_bounds(here, service)
        _conclude(here, service)


@rule("ecs.DeleteService")
def service_drains(call: Call, service: Service) -> None:
    """A deleted service stops its tasks, is DRAINING while they stop, and INACTIVE then.

    Source: aws-facts 7 (ACTIVE -> DRAINING -> INACTIVE); botocore ecs.DeleteService.
    """
    left = tasks_of(call, service)
    for task in left:
        if task.active:
            life.stop(
                call,
                service,
                task,
                "ServiceSchedulerInitiated",
                f"Scaling activity initiated by (deployment {task.deployment.id})",
            )
    if not left:
        service.status = "INACTIVE"
        service.deployments = service.deployments[:1]


def _forget_drained(call: Call, service: Service) -> None:
    primary = service.primary
    kept = [d for d in service.deployments if d is primary or tasks_of(call, service, d)]
    service.deployments = kept


@rule("ecs.UpdateService")
def surplus_goes(call: Call, service: Service) -> None:
    """Tasks beyond the desired count stop, those that do not run first.

    Source: ECS Developer Guide, service-auto-scaling and ecs_services (desired count).
    """
    mine = [t for t in tasks_of(call, service, service.primary) if t.active]
    mine.sort(key=lambda t: (t.healthy, t.runs, -t.created.timestamp()))
    for task in mine[: max(0, len(mine) - service.desired)]:
        _stop(call, service, task)


@rule("ecs.UpdateService")
def deployment_keeps_within_bounds(call: Call, service: Service) -> None:
    """During a rollout at most maximumPercent of the desired count run (rounded down), and at least
    minimumHealthyPercent are healthy (rounded up); a failed deployment starts nothing.

    Source: botocore ecs.DeploymentConfiguration (maximumPercent, minimumHealthyPercent).
    """
    primary = service.primary
    config = service.settings["deploymentConfiguration"]
    ceiling = max(service.desired, math.floor(service.desired * config["maximumPercent"] / 100))
    floor = math.ceil(service.desired * config["minimumHealthyPercent"] / 100)
    active = [t for t in tasks_of(call, service) if t.active]
    mine = [t for t in active if t.deployment is primary]
    old = sorted((t for t in active if t.deployment is not primary), key=lambda t: (t.healthy, t.runs))
    if primary.rollout != "FAILED":
        healthy = sum(t.healthy for t in active)
        enough = sum(t.healthy for t in mine) >= service.desired
        for task in list(old):
            if enough or not task.healthy or healthy - 1 >= floor:
                healthy -= task.healthy
                old.remove(task)
                _stop(call, service, task)
        _start(call, service, min(service.desired - len(mine), ceiling - len(mine) - len(old)))


def _start(call: Call, service: Service, count: int) -> None:
    primary = service.primary
    if count <= 0:
        return
    if call.now < primary.not_before:
        look_at(call, service, primary.not_before)
        return
    made = [life.start(call, service, primary) for _ in range(count)]
    names = " ".join(f"(task {t.id})" for t in made[:10])
    deployments.event(call, service, f"(service {service.name}) has started {len(made)} tasks: {names}.")


def _stop(call: Call, service: Service, task: Task) -> None:
    text = f"Scaling activity initiated by (deployment {service.primary.id})"
    life.stop(call, service, task, "ServiceSchedulerInitiated", text)
    deployments.event(call, service, f"(service {service.name}) has stopped 1 running tasks: (task {task.id}).")


def _conclude(call: Call, service: Service) -> None:
    """Ends the rollout when the service is steady: all tasks healthy, none of an older deployment left."""
    primary = service.primary
    if primary.rollout != "IN_PROGRESS":
        return
    left = tasks_of(call, service)
    mine = [t for t in left if t.deployment is primary and t.active]
    steady = len(mine) == service.desired and all(t.healthy for t in mine)
    if steady and not any(t.deployment is not primary for t in left):
        deployments.completed(call, service, primary)
        _forget_drained(call, service)


def ended(call: Call, service: Service, deployment: Deployment, *, failed: bool) -> None:
    """A task of a deployment has begun to end by itself."""
    if failed:
        deployments.failure(call, service, deployment)
    look_soon(call, service)
