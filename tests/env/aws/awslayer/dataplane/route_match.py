"""Which route of an API a request takes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..registry import rule

Item = dict[str, Any]


@rule("execute-api.Invoke")
def most_specific_route_counts(routes: Iterable[Item], method: str, path: str) -> Item | None:
    """The route that matches method and path most closely is taken: a full match before a greedy path
    variable, that before $default; a path's own words before its variables, a method before ANY.

    Source: API Gateway Developer Guide, http-api-develop-routes ("Routing API requests").
    """
    fits = [(rank, route) for route in routes if (rank := _rank(str(route["RouteKey"]), method, path)) is not None]
    return min(fits, key=lambda fit: fit[0])[1] if fits else None


def _rank(key: str, method: str, path: str) -> tuple[int, int, int] | None:
    """How closely a route key matches, lowest first; None if it does not."""
    if key == "$default":
        return (2, 0, 0)
    wanted, _, pattern = key.partition(" ")
    if wanted not in (method, "ANY") or not _pattern(pattern).fullmatch(path.rstrip("/") or "/"):
        return None
    return (int("+}" in pattern), pattern.count("{"), int(wanted == "ANY"))


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", text.rstrip("/") or "/")
    return re.compile("".join(_variable(p) if p.startswith("{") else re.escape(p) for p in parts))


def _variable(text: str) -> str:
    return ".+" if text.endswith("+}") else "[^/]+"
