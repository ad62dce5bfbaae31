"""The cache outside the checkout: keys by content, one builder at a time, nothing half-built is ever seen."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path


def folder() -> Path:
    """Return the cache folder: `FARGATESTACK_CACHE`, else `~/.cache/fargatestack`."""
    configured = os.environ.get("FARGATESTACK_CACHE")
    return Path(configured) if configured else Path.home() / ".cache" / "fargatestack"


def key(parts: Iterable[bytes | str]) -> str:
    """Return a short key that changes whenever one of `parts` changes, or moves into its neighbour."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path` exclusively; a second holder waits. The kernel frees it when a holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
