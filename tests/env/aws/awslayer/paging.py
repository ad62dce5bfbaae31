"""Pages of lists in the services whose page tokens are opaque: a page goes on after the last item shown."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from .call import Call
from .errors import AwsError

Item = dict[str, Any]


def page(
    call: Call, items: list[Item], key: str, *, size: int | None, token: str | None, invalid: Callable[[], AwsError]
) -> tuple[list[Item], str | None]:
    """One page of the items and the token of the next, None after the last.

    `key` is the member that tells items apart; `size` is what the request asks for, None for the
    setting pageSize. A token that is not of this operation raises what `invalid` makes.
    """
    limit = int(size or call.world.settings.get("pageSize", call.account))
    start = _after(call, items, key, token, invalid) if token else 0
    shown = items[start : start + limit]
    if not shown or start + limit >= len(items):
        return shown, None
    state = {"op": call.wire.operation, "after": shown[-1].get(key), "at": start + limit}
    return shown, base64.urlsafe_b64encode(json.dumps(state).encode()).decode()


def _after(call: Call, items: list[Item], key: str, token: str, invalid: Callable[[], AwsError]) -> int:
    try:
        state = json.loads(base64.urlsafe_b64decode(token.encode()))
        if state["op"] != call.wire.operation:
            raise ValueError(token)
        after, at = state["after"], int(state["at"])
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise invalid() from error
    # An item that went away between two pages must not shift the rest.
    index = next((i for i, item in enumerate(items) if item.get(key) == after), None)
    return at if index is None else index + 1
