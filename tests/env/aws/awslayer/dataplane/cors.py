"""Cross-origin requests, as an HTTP API answers them itself."""

from __future__ import annotations

from typing import Any

from ..registry import rule
from .way import Reply, Request

Item = dict[str, Any]


def is_preflight(request: Request) -> bool:
    """Whether a browser asks what it may send."""
    asks = "origin" in request.headers and "access-control-request-method" in request.headers
    return request.method == "OPTIONS" and asks


@rule("execute-api.Invoke")
def api_answers_preflights(cors: Item, request: Request) -> Reply:
    """An API with CORS answers preflight requests itself, also where no route takes them. A route that
    takes them, such as $default, has its authorizer asked first.

    Source: API Gateway Developer Guide, http-api-cors ("Configuring CORS for an HTTP API", "Configuring CORS
    for an HTTP API with a $default route and an authorizer"); aws-facts 3.
    """
    return Reply(204, None, (*headers(cors, request), *_allowed(cors, request)))


def headers(cors: Item | None, request: Request) -> tuple[tuple[str, str], ...]:
    """What an answer to an allowed origin carries."""
    origin = request.headers.get("origin")
    origins = (cors or {}).get("AllowOrigins") or []
    if cors is None or origin is None or not ({"*", origin} & set(origins)):
        return ()
    shown = [("access-control-allow-origin", "*" if "*" in origins else origin)]
    if cors.get("AllowCredentials"):
        shown.append(("access-control-allow-credentials", "true"))
    if cors.get("ExposeHeaders"):
        shown.append(("access-control-expose-headers", ",".join(cors["ExposeHeaders"])))
    return tuple(shown)


def _allowed(cors: Item, request: Request) -> list[tuple[str, str]]:
    if not headers(cors, request):
        return []
    shown = [
        ("access-control-allow-methods", ",".join(cors.get("AllowMethods") or [])),
        ("access-control-allow-headers", ",".join(cors.get("AllowHeaders") or [])),
    ]
    if cors.get("MaxAge") is not None:
        shown.append(("access-control-max-age", str(cors["MaxAge"])))
    return [(name, value) for name, value in shown if value]
