"""What tests order of tasks by the control endpoint."""

from __future__ import annotations

import fnmatch
from typing import Any

from ...call import Call
from ...errors import ControlError
from . import health, life
from .store import Service, Task, store

_ENDS = ("exit", "spot")
_FIELDS = {"account", "region", "cluster", "service", "end", "count", "exit_code"}


def look_again(call: Call) -> None:
    """Applications may do something else now: those that crash end, the health of the others is judged."""
    for service, task in _running(call, "*", "*"):
        one = call.memory.tasks[task.arn]
        application = call.world.applications.of(call.account, service.name, one.image)
        if application.does == "crashes":
            life.exits(call, service, task, application.exit_code)
    health.look_again(call)


def serve(call: Call, order: dict[str, Any]) -> dict[str, Any]:
    """Ends running tasks: `exit` as if their application had exited, `spot` as if Fargate Spot took them
    back. The oldest come first; `count` 0 means all.
    """
    if set(order) - _FIELDS:
        raise ControlError(f"unknown: {sorted(set(order) - _FIELDS)}; known: {sorted(_FIELDS)}")
    end = order.get("end")
    if end not in _ENDS:
        raise ControlError(f"end must be one of {_ENDS}, not {end!r}")
    found = _running(call, order.get("cluster", "*"), order.get("service", "*"))
    if end == "spot":
        found = [(s, t) for s, t in found if t.provider == "FARGATE_SPOT"]
    count = int(order.get("count", 0))
    chosen = found[:count] if count else found
    for service, task in chosen:
        if end == "exit":
            life.exits(call, service, task, int(order.get("exit_code", 1)))
        else:
            life.fail(call, service, task, "SpotInterruption", "Your Spot Task was interrupted.")
    return {"ended": [t.arn for _, t in chosen]}


def _running(call: Call, cluster: str, service: str) -> list[tuple[Service, Task]]:
    kept = store(call)
    return [
        (kept.services[f"{t.cluster.name}/{t.service}"], t)
        for t in kept.tasks.values()
        if t.arn in call.memory.tasks
        and fnmatch.fnmatchcase(t.cluster.name, cluster)
        and fnmatch.fnmatchcase(t.service, service)
    ]
