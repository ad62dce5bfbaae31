"""The layer's one clock: every transition, bucket and session reads its time from here."""

from __future__ import annotations

import time
from collections import defaultdict


class Clock:
    """Seconds since the start, running at a scale that tests choose, and stepped by them.

    A step may be given to one account alone, so that tests which share a layer do not
    disturb each other. Time never runs backwards.
    """

    def __init__(self) -> None:
        self._base = 0.0
        self._mark = time.monotonic()
        self._epoch = time.time()
        self._scale = 1.0
        self._offsets: defaultdict[str, float] = defaultdict(float)

    @property
    def scale(self) -> float:
        """Layer seconds per real second; 0 means that only steps move the clock."""
        return self._scale

    def now(self, account: str | None = None) -> float:
        """The time in seconds, as the account sees it."""
        elapsed = (time.monotonic() - self._mark) * self._scale
        return self._base + elapsed + (self._offsets.get(account, 0.0) if account else 0.0)

    def unix(self, account: str | None = None) -> float:
        """The date as the account sees it, in Unix time: what tokens carry."""
        return self._epoch + self.now(account)

    def set_scale(self, scale: float) -> None:
        """Changes the speed from now on."""
        self._base = self.now()
        self._mark = time.monotonic()
        self._scale = scale

    def step(self, seconds: float, account: str | None = None) -> None:
        """Moves the clock forward, for one account or for all."""
        if account:
            self._offsets[account] += seconds
        else:
            self._base += seconds

    def reset(self, account: str | None = None) -> None:
        """Forgets the steps of an account; without one, the scale and all steps too."""
        if account:
            return  # time already seen by the account must not come back
        self._base = self.now()
        self._mark = time.monotonic()
        self._scale = 1.0
