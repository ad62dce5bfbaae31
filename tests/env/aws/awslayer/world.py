"""Everything that the layer remembers beside moto's own state, and the one lock that guards both."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from .accounts import Accounts
from .buckets import Buckets
from .clock import Clock
from .faults import Faults
from .ledger import Ledger
from .settings import Settings
from .staleness import Staleness
from .tasks import Applications, RunningTask


@dataclass
class Token:
    """What a client token was used for."""

    fingerprint: str
    resource_id: str


@dataclass
class Region:
    """The layer's memory of one account in one region."""

    account: str
    name: str
    tokens: dict[tuple[str, str], Token] = field(default_factory=dict)
    born: dict[str, int] = field(default_factory=dict)
    agenda: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    # ARN -> task that runs.
    tasks: dict[str, RunningTask] = field(default_factory=dict)
    # What rules keep of services that moto's stores do not serve, by service.
    kept: dict[str, Any] = field(default_factory=dict)


class World:
    """The state of the layer. Whoever reads or changes moto's state holds `lock`."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.settings = Settings()
        self.ledger = Ledger()
        self.faults = Faults()
        self.buckets = Buckets()
        self.accounts = Accounts()
        self.staleness = Staleness()
        self.applications = Applications()
        self.violations: list[dict[str, Any]] = []
        self.nat_failures: list[dict[str, str]] = []
        # Sequence numbers of the calls that have arrived and are not answered yet, by what they change.
        self.under_way: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        self._regions: dict[tuple[str, str], Region] = {}
        self._order = itertools.count(1)
        self._start = datetime.now(UTC)
        # Account -> the time of the transition that is being carried out.
        self._moments: dict[str, float] = {}

    def region(self, account: str, name: str) -> Region:
        """The memory of an account in a region, made on first use."""
        key = (account, name)
        if key not in self._regions:
            self._regions[key] = Region(account, name)
        return self._regions[key]

    def regions(self, account: str) -> list[str]:
        """The regions that the account has used."""
        return sorted(name for owner, name in self._regions if owner == account)

    def all_regions(self) -> list[Region]:
        """The memories of all accounts and regions that have been used."""
        return list(self._regions.values())

    def now(self, account: str) -> float:
        """The account's time: during a transition the time at which it was due, else the clock's."""
        moment = self._moments.get(account)
        return self.clock.now(account) if moment is None else moment

    def date(self, account: str) -> datetime:
        """The account's time as a date."""
        return self._start + timedelta(seconds=self.now(account))

    def after(self, duration: str, region: Region, then: Callable[[], None]) -> None:
        """Puts a transition on the agenda: it happens when its named duration is over."""
        self.at(self.now(region.account) + self.settings.duration(duration, region.account), region, then)

    def at(self, due: float, region: Region, then: Callable[[], None]) -> None:
        """Puts a transition on the agenda of a region at a time of its account."""
        heapq.heappush(region.agenda, (due, next(self._order), then))

    def settle(self, account: str) -> None:
        """Carries out the transitions of an account that are due, and those that follow from them, each at
        its own time: a step over ten minutes sees all that ten minutes bring.
        """
        now = self.clock.now(account)
        before = self._moments.get(account)
        try:
            for (owner, _), region in list(self._regions.items()):
                while owner == account and region.agenda and region.agenda[0][0] <= now:
                    self._moments[account], _, then = heapq.heappop(region.agenda)
                    then()
        finally:
            self._moments.pop(account, None)
            if before is not None:
                self._moments[account] = before

    def reset(self, account: str | None = None) -> None:
        """Forgets everything, or everything of one account. Moto's state is reset by the caller."""
        self.settings.reset(account)
        self.ledger.reset(account)
        self.faults.reset(account)
        self.buckets.reset(account)
        self.staleness.reset(account)
        self.applications.reset(account)
        self.accounts.reset(account)
        self.clock.reset(account)
        self.violations = [v for v in self.violations if account is not None and v["account"] != account]
        self.nat_failures = [f for f in self.nat_failures if account is not None and f.get("account") != account]
        for key in [k for k in self._regions if account is None or k[0] == account]:
            del self._regions[key]
        self._moments = {k: v for k, v in self._moments.items() if account is not None and k != account}
