"""One process of the world: start it unless it runs, wait until it is ready, say what its log says when it is not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from . import process
from .errors import failed_part
from .state import State

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Part:
    """What to start, and how to see that it serves.

    `ready` returns None when it does, else what is still missing; it must answer within seconds and raise nothing
    but OSError (a refused connection is an ordinary answer of a part that is starting).
    """

    name: str
    command: list[str]
    ready: Callable[[], str | None]
    seconds: float
    env: dict[str, str] | None = None


def start(part: Part, state: State, *, tied: bool) -> None:
    """Start the part unless it runs already. It is not ready when this returns."""
    if not state.runs(part.name):
        process.spawn(part.command, pid_file=state.pid_file(part.name), log=state.log(part.name), env=part.env, tied=tied)


def wait(part: Part, state: State) -> None:
    """Return when the part is ready; fail when it ended or `seconds` have passed, with the last lines of its log."""
    deadline = time.monotonic() + part.seconds
    while True:
        missing = _missing(part)
        if missing is None:
            return
        if not state.runs(part.name):
            raise failed_part(part.name, "ended while it was starting", state.log(part.name))
        if time.monotonic() > deadline:
            raise failed_part(part.name, f"not ready after {part.seconds:.0f} s ({missing})", state.log(part.name))
        time.sleep(POLL_SECONDS)


def _missing(part: Part) -> str | None:
    try:
        return part.ready()
    except OSError as error:
        return str(error)
