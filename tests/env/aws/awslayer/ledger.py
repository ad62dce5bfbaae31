"""The ground truth of calls: what was asked, by whom, and whether it had an effect."""

from __future__ import annotations

import re
import threading
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

# Operations that only look. Everything else counts as a write, also when it changes nothing.
_READS = re.compile(r"^(Describe|Get|List|Search|Lookup|Head|BatchGet|Query|Scan|Simulate|AssumeRole|Decode)")
_IDS = re.compile(r"^([a-z]+(-[a-z]+)*-[0-9a-f]{8,17}|arn:aws[a-z-]*:.+)$")


@dataclass
class Entry:
    """One call. Times are seconds of the layer's clock."""

    seq: int
    service: str
    operation: str
    method: str
    account: str
    region: str
    write: bool
    time: float
    request: dict[str, Any]
    request_id: str
    principal: str
    effect: bool = False
    status: int | None = None
    error: str | None = None
    message: str | None = None
    fault: str | None = None
    resources: list[str] = field(default_factory=list)
    ended: bool = False


class Ledger:
    """All calls since the last reset, in the order in which they arrived."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        # The same by account: tests ask for those of one again and again.
        self._by_account: defaultdict[str, list[Entry]] = defaultdict(list)
        self._next = 1
        # Service, operation, verb and kind of caller: how often, from the beginning.
        self._uses: Counter[tuple[str, str, str, str]] = Counter()
        self._lock = threading.Lock()

    def open(
        self,
        *,
        service: str,
        operation: str,
        method: str,
        account: str,
        region: str,
        time: float,
        request: dict[str, Any],
        request_id: str,
        principal: str,
    ) -> Entry:
        """Notes a call that has arrived."""
        with self._lock:
            entry = Entry(
                seq=self._next,
                service=service,
                operation=operation,
                method=method,
                account=account,
                region=region,
                write=is_write(operation),
                time=time,
                request=request,
                request_id=request_id,
                principal=principal,
                resources=sorted(set(ids_in(request))),
            )
            self._next += 1
            self._entries.append(entry)
            self._by_account[account].append(entry)
            self._uses[service, operation, method, kind_of(principal)] += 1
            return entry

    def select(
        self,
        *,
        since: int = 0,
        account: str | None = None,
        service: str | None = None,
        operation: str | None = None,
        write: bool | None = None,
    ) -> list[dict[str, Any]]:
        """The calls after sequence number `since` that match every given filter."""
        with self._lock:
            entries = self._entries if account is None else self._by_account.get(account, [])
            entries = entries[bisect_right(entries, since, key=lambda e: e.seq) :]
        return [
            # A request is never changed once it is noted: it need not be copied.
            {**vars(e), "resources": sorted(set(e.resources))}
            for e in entries
            if (service is None or e.service == service)
            and (operation is None or e.operation == operation)
            and (write is None or e.write == write)
        ]

    def uses(self) -> list[dict[str, Any]]:
        """Every operation that was ever called, by which verb of HTTP and which kind of caller; no reset forgets it."""
        with self._lock:
            uses = sorted(self._uses.items())
        names = ("service", "operation", "method", "caller")
        return [{**dict(zip(names, use, strict=True)), "count": count} for use, count in uses]

    def reset(self, account: str | None = None) -> None:
        """Forgets the calls of an account, or all; sequence numbers go on."""
        with self._lock:
            self._entries = [e for e in self._entries if account is not None and e.account != account]
            for known in [account] if account is not None else list(self._by_account):
                self._by_account.pop(known, None)

    @property
    def last(self) -> int:
        """The sequence number of the latest call, 0 before the first."""
        return self._next - 1


def is_write(operation: str) -> bool:
    """Whether the operation is one that changes something."""
    return not _READS.match(operation)


def kind_of(principal: str) -> str:
    """What an ARN names: `root`, `user`, `assumed-role`; `anonymous` without one."""
    return principal.rpartition(":")[2].partition("/")[0] or "anonymous"


def ids_in(value: Any) -> Iterator[str]:
    """AWS ids and ARNs anywhere inside a request or an answer."""
    if isinstance(value, str):
        if _IDS.match(value):
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from ids_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from ids_in(item)
