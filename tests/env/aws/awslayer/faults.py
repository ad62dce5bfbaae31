"""Faults that tests order: which call, when in its life, and what then happens."""

from __future__ import annotations

import fnmatch
import threading
from dataclasses import asdict, dataclass, fields
from typing import Any

from .errors import ControlError
from .ledger import is_write

WHEN = ("before", "after")
ACTIONS = ("error", "reset", "close", "hang", "none")


@dataclass
class Fault:
    """One order. It hits the `nth` matching call and the `count` - 1 matching calls after it."""

    id: int = 0
    service: str = "*"
    operation: str = "*"
    account: str = "*"
    region: str = "*"
    nth: int = 1
    # 0: for ever.
    count: int = 1
    writes_only: bool = False
    # before: no effect. after: the effect has happened, only the answer is lost or replaced.
    when: str = "before"
    # error: answer with status, code, message. reset: TCP reset. close: connection closed without an answer.
    # hang: no answer until the client gives up or the fault is deleted. none: only the delay or the signal.
    action: str = "error"
    status: int = 500
    code: str = "InternalError"
    message: str = "An internal error has occurred"
    # Real seconds before the action.
    delay: float = 0.0
    # A signal to a process of the test, sent before the action.
    signal: int = 0
    pid: int = 0
    # Counted by the layer: matching calls, those that are or will be hit, and those that were. A call whose effect
    # comes first is hit only then.
    seen: int = 0
    claimed: int = 0
    hits: int = 0

    def matches(self, service: str, operation: str, account: str, region: str) -> bool:
        """Whether the call is one that the fault counts. Names may hold wildcards."""
        return (
            fnmatch.fnmatchcase(service, self.service)
            and fnmatch.fnmatchcase(operation, self.operation)
            and fnmatch.fnmatchcase(account, self.account)
            and fnmatch.fnmatchcase(region, self.region)
            and (not self.writes_only or is_write(operation))
        )

    def describe(self) -> str:
        """How the ledger names what happened to the call."""
        what = f"{self.code} ({self.status})" if self.action == "error" else self.action
        extra = f", signal {self.signal}" if self.signal else ""
        return f"{self.when}: {what}{extra}"


class Faults:
    """The orders in force."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._next = 1
        self._lock = threading.Lock()
        # Set whenever faults are deleted, so that hanging calls end.
        self.released = threading.Condition()

    def add(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Takes an order; unknown fields are refused."""
        known = {f.name for f in fields(Fault)} - {"id", "seen", "claimed", "hits"}
        unknown = sorted(set(spec) - known)
        if unknown:
            raise ControlError(f"unknown fields of a fault: {unknown}; known: {sorted(known)}")
        fault = Fault(**spec)
        if fault.when not in WHEN:
            raise ControlError(f"when must be one of {WHEN}, not {fault.when!r}")
        if fault.action not in ACTIONS:
            raise ControlError(f"action must be one of {ACTIONS}, not {fault.action!r}")
        if fault.nth < 1 or fault.count < 0:
            raise ControlError("nth starts at 1; count is 0 (for ever) or more")
        if bool(fault.signal) != bool(fault.pid):
            raise ControlError("signal and pid belong together")
        with self._lock:
            fault.id = self._next
            self._next += 1
            self._faults.append(fault)
        return asdict(fault)

    def claim(self, service: str, operation: str, account: str, region: str) -> Fault | None:
        """Counts a call and returns the first fault that hits it."""
        hit: Fault | None = None
        with self._lock:
            for fault in self._faults:
                if not fault.matches(service, operation, account, region):
                    continue
                fault.seen += 1
                spent = fault.count and fault.claimed >= fault.count
                if fault.seen >= fault.nth and not spent and hit is None:
                    fault.claimed += 1
                    hit = fault
        return hit

    def strike(self, fault: Fault) -> None:
        """Counts that the fault happens now to a call that it claimed."""
        with self._lock:
            fault.hits += 1

    def view(self) -> list[dict[str, Any]]:
        """All orders with their counts."""
        with self._lock:
            return [asdict(f) for f in self._faults]

    def remove(self, fault_id: int) -> None:
        """Takes one order back; calls that hang on it end."""
        with self._lock:
            if not any(f.id == fault_id for f in self._faults):
                raise ControlError(f"no fault {fault_id}")
            self._faults = [f for f in self._faults if f.id != fault_id]
        self._release()

    def reset(self, account: str | None = None) -> None:
        """Takes all orders back, or those that name the account."""
        with self._lock:
            self._faults = [f for f in self._faults if account is not None and f.account != account]
        self._release()

    def alive(self, fault: Fault) -> bool:
        """Whether the order still stands."""
        with self._lock:
            return any(f.id == fault.id for f in self._faults)

    def _release(self) -> None:
        with self.released:
            self.released.notify_all()
