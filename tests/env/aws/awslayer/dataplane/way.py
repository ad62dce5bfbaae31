"""What goes along the way of a request: the request, the reply, and a verdict at every hop."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ..reach import Hop


@dataclass(frozen=True)
class Request:
    """A request to an API; header names are in lower case, the path is as the client sent it."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What the client gets."""

    status: int
    body: dict[str, Any] | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def content(self) -> bytes:
        """The body as bytes; none at all for a reply without one."""
        return b"" if self.body is None else json.dumps(self.body).encode()


class Stopped(Exception):
    """The way ends here, with this reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.status))
        self.reply = reply


NOT_FOUND = Reply(404, {"message": "Not Found"})
FORBIDDEN = Reply(403, {"message": "Forbidden"})
# What API Gateway says when it cannot get through to a private integration. Which of its failures are
# 503 and which 504 is not documented; all of them are taken to be the former.
UNAVAILABLE = Reply(503, {"message": "Service Unavailable"})
INTERNAL = Reply(500, {"message": "Internal Server Error"})


@dataclass
class Trace:
    """The verdicts so far."""

    hops: list[Hop] = field(default_factory=list)

    def passed(self, hop: str, why: str) -> None:
        """Notes a hop that lets the request through."""
        self.hops.append(Hop(hop, True, why))

    def stopped(self, hop: str, why: str, reply: Reply) -> Stopped:
        """Notes a hop that does not, and returns the exception to raise."""
        self.hops.append(Hop(hop, False, why))
        return Stopped(reply)
