"""Throttling of requests, by the settings of stages and routes."""

from __future__ import annotations

from typing import Any

from ..call import Call
from ..registry import rule
from .way import Reply, Trace

Item = dict[str, Any]
_TOO_MANY = Reply(429, {"message": "Too Many Requests"})


@rule("execute-api.Invoke")
def routes_are_throttled(call: Call, trace: Trace, api_id: str, stage: Item, route: Item) -> None:
    """A route with limits, its own or its stage's, has a bucket of tokens: the burst limit is its size, the
    rate limit what comes back in a second. A request that finds none is refused with 429. AWS does so on a
    best-effort basis, the layer exactly.

    Source: API Gateway Developer Guide, http-api-throttling.
    """
    settings = {
        **(stage.get("DefaultRouteSettings") or {}),
        **(stage.get("RouteSettings") or {}).get(route["RouteKey"], {}),
    }
    rate, burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
    if rate is None and burst is None:
        return
    # One limit without the other: the account's default stands in, 10,000 a second and 5,000 at once.
    rate, burst = float(10000 if rate is None else rate), float(5000 if burst is None else burst)
    buckets: dict[tuple[str, str, str], tuple[float, float]] = call.memory.kept.setdefault("execute-api", {})
    key = (api_id, str(stage["StageName"]), str(route["RouteKey"]))
    level, at = buckets.get(key, (burst, call.now))
    level = min(burst, level + (call.now - at) * rate)
    buckets[key] = (level, call.now)
    if level < 1:
        raise trace.stopped("throttling", f"no token is left of {burst:g}, {rate:g} a second", _TOO_MANY)
    buckets[key] = (level - 1, call.now)
