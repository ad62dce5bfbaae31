"""Pages of long answers, in whatever words a service has for them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def cut(
    items: Sequence[_T], key: Callable[[_T], str | None], size: int, operation: str, token: str | None
) -> tuple[list[_T], str | None]:
    """The page that a token asks for (the first without one), and the token of the next page.

    A resource that went away between two pages does not shift the rest. Raises ValueError for a token
    that this operation has not given out.
    """
    start = _resume(items, key, operation, token) if token else 0
    page = list(items[start : start + size])
    if start + size >= len(items) or not page:
        return page, None
    last = {"op": operation, "after": key(page[-1]), "at": start + size}
    return page, base64.urlsafe_b64encode(json.dumps(last).encode()).decode()


def _resume(items: Sequence[_T], key: Callable[[_T], str | None], operation: str, token: str) -> int:
    try:
        state = json.loads(base64.urlsafe_b64decode(token.encode()))
        after, at, owner = state["after"], int(state["at"]), state["op"]
    except (KeyError, TypeError, binascii.Error) as error:
        raise ValueError(token) from error
    if owner != operation:
        raise ValueError(token)
    index = next((i for i, item in enumerate(items) if key(item) == after), None)
    return at if index is None else index + 1
