"""The token endpoint of a pool's domain: access tokens for machines.

https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from typing import Any
from urllib.parse import parse_qsl, unquote

from ... import tokens
from ...registry import Visit, page
from ...wire import Answer
from . import domain, store
from .pages_of_pool import as_json

_HOST = re.compile(r"^([a-z0-9-]+)\.auth\.([a-z0-9-]+)\.amazoncognito\.com(?::\d+)?$")


@page(r"^/_oauth/([a-z0-9.-]+)/oauth2/token$")
def by_path(visit: Visit) -> Answer:
    """The endpoint of the domain that the path names, of whatever region."""
    return _token(visit, next(domain.everywhere(visit.match.group(1)), None))


@page(r"^/oauth2/token$")
def by_host(visit: Visit) -> Answer:
    """The endpoint of the domain that the Host header names: AWS's own address, or the user's."""
    host = visit.environ.get("HTTP_HOST", "")
    match = _HOST.match(host)
    name, region = match.groups() if match else (host.partition(":")[0], None)
    return _token(visit, next(domain.everywhere(name, region), None))


def _token(visit: Visit, found: tuple[Any, Any] | None) -> Answer:
    if found is None or found[0].status != "ACTIVE":
        return as_json({"error": "not_found"}, 404)
    pool = found[1].user_pools[found[0].user_pool_id]
    form = dict(parse_qsl(visit.body.decode("utf-8", "replace"), keep_blank_values=True))
    if visit.environ["REQUEST_METHOD"] != "POST" or "grant_type" not in form:
        return _error("invalid_request")
    if form["grant_type"] != "client_credentials":
        return _error("unsupported_grant_type")
    client = _authenticated(visit, pool, form)
    if client is None:
        return _error("invalid_client")
    if "client_credentials" not in client.extended_config.get("AllowedOAuthFlows", []):
        return _error("unauthorized_client")
    allowed = client.extended_config.get("AllowedOAuthScopes", [])
    wanted = form["scope"].split() if form.get("scope") else allowed
    if not set(wanted) <= set(allowed):
        return _error("invalid_scope")
    lifetime = store.lifetime_of(client, "access")
    claims = {"sub": client.id, "client_id": client.id, "token_use": "access", "scope": " ".join(wanted), "version": 2}
    token = tokens.mint(pool, visit.world.clock.unix(pool.account_id), lifetime, claims)
    return as_json({"access_token": token, "expires_in": lifetime, "token_type": "Bearer"})


def _authenticated(visit: Visit, pool: Any, form: dict[str, str]) -> Any | None:
    scheme, _, encoded = visit.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    name, secret = form.get("client_id", ""), form.get("client_secret", "")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(encoded).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        name, secret = unquote(name), unquote(secret)
    client = pool.clients.get(name)
    known = client is not None and client.generate_secret and hmac.compare_digest(client.secret, secret)
    return client if known else None


def _error(code: str) -> Answer:
    return as_json({"error": code}, 400)
