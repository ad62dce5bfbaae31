"""Lag between create and list: EC2 is eventually consistent (aws-facts 6.1)."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, fields
from typing import Any

from .errors import ControlError


@dataclass
class Lag:
    """How resources stay out of sight. Both bounds may be given: the later one counts."""

    # Id prefixes with wildcards that it applies to, such as "subnet-*".
    resources: str = "*"
    # Reads that miss the resource.
    reads: int = 0
    # Seconds of the layer's clock for which reads miss it.
    seconds: float = 0.0
    # Also when asked for by id: the answer is then NotFound.
    by_id: bool = False

    @classmethod
    def of(cls, spec: dict[str, Any]) -> Lag:
        """Reads an order of the control endpoint."""
        known = {f.name for f in fields(cls)}
        if set(spec) - known:
            raise ControlError(f"unknown fields of a lag: {sorted(set(spec) - known)}; known: {sorted(known)}")
        return cls(**spec)


@dataclass
class _Hidden:
    reads: int
    until: float
    by_id: bool


class Staleness:
    """Which resources are out of sight, and for how long."""

    def __init__(self) -> None:
        self._hidden: dict[tuple[str, str], _Hidden] = {}

    def born(self, account: str, resource_id: str, lag: Lag, now: float) -> None:
        """A resource was created while a lag is ordered."""
        if fnmatch.fnmatchcase(resource_id, lag.resources):
            self.hide(account, resource_id, lag, now)

    def hide(self, account: str, resource_id: str, lag: Lag, now: float) -> None:
        """Puts a resource out of sight."""
        self._hidden[account, resource_id] = _Hidden(lag.reads, now + lag.seconds, lag.by_id)

    def misses(self, account: str, resource_id: str, now: float, *, by_id: bool) -> bool:
        """Whether this read misses the resource; counts the read."""
        hidden = self._hidden.get((account, resource_id))
        if hidden is None:
            return False
        if hidden.reads <= 0 and now >= hidden.until:
            del self._hidden[account, resource_id]
            return False
        if by_id and not hidden.by_id:
            return False
        hidden.reads -= 1
        return True

    def reset(self, account: str | None = None) -> None:
        """Everything is in sight again."""
        self._hidden = {k: v for k, v in self._hidden.items() if account is not None and k[0] != account}
