"""Free loopback ports that stay free until the part that they are for has started."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"


class Ports:
    """Reserves ports while the context is open.

    A reservation is a bound socket that never listens. It is bound with SO_REUSEPORT, so a part that sets the same
    option (etcd `--socket-reuse-port`, Kubernetes `--permit-port-sharing`) can bind beside it, while nobody else is
    given the port. So worlds can start at the same time without racing for a number.
    """

    def __init__(self) -> None:
        """Begin without a reservation."""
        self._held: list[socket.socket] = []

    def reserve(self, preferred: int | None = None) -> int:
        """Return `preferred` when it is free, else a port that the kernel chooses."""
        if preferred is not None and self._bind(preferred) is not None:
            return preferred
        port = self._bind(0)
        if port is None:
            raise OSError("no free port on 127.0.0.1")
        return port

    def _bind(self, port: int) -> int | None:
        held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            held.bind((LOOPBACK, port))
        except OSError:
            held.close()
            return None
        self._held.append(held)
        bound: int = held.getsockname()[1]
        return bound

    def __enter__(self) -> Self:
        """Open the context."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Give all reservations up."""
        for held in self._held:
            held.close()
