"""The web pages of a user pool: its keys and its discovery document."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.cognitoidp.models import cognitoidp_backends

from ... import tokens
from ...registry import Visit, page
from ...wire import Answer
from . import domain

_POOL = r"^/([a-z]{2}(?:-[a-z]+)+-\d)_([0-9a-zA-Z]+)/\.well-known/"


@page(_POOL + r"jwks\.json$")
def key_set(visit: Visit) -> Answer:
    """The public keys that verify the pool's tokens.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
    """
    pool = _pool(visit.match)
    return as_json(tokens.key_set(pool)) if pool is not None else _MISSING


@page(_POOL + r"openid-configuration$")
def discovery(visit: Visit) -> Answer:
    """The pool's discovery document, with AWS's issuer and the layer's own address for what is to be fetched.

    https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
    """
    pool = _pool(visit.match)
    if pool is None:
        return _MISSING
    here = f"{visit.environ['wsgi.url_scheme']}://{visit.environ.get('HTTP_HOST', '')}"
    document: dict[str, Any] = {
        "issuer": tokens.issuer_of(pool.region, pool.id),
        "jwks_uri": f"{here}/{pool.id}/.well-known/jwks.json",
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "token"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }
    for one in domain.of_pool(pool)[:1]:
        document["token_endpoint"] = f"{here}/_oauth/{one.domain}/oauth2/token"
    return as_json(document)


def as_json(value: Any, status: int = 200) -> Answer:
    """A page of JSON."""
    return Answer(status, [("Content-Type", "application/json")], json.dumps(value).encode())


_MISSING = as_json({"message": "User pool does not exist."}, 404)


def _pool(match: re.Match[str]) -> Any | None:
    region, rest = match.groups()
    for _, backends in list(cognitoidp_backends.items()):
        if region in backends and f"{region}_{rest}" in backends[region].user_pools:
            return backends[region].user_pools[f"{region}_{rest}"]
    return None
