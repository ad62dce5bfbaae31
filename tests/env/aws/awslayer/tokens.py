"""Tokens of user pools: signed with a key of each pool's own, and verified as an API's authorizer does."""

from __future__ import annotations

import base64
import json
import re
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from joserfc import jwk, jwt
from joserfc.errors import JoseError
from moto.cognitoidp.models import cognitoidp_backends

from .world import World

_ISSUER = re.compile(r"^https://(?:issuer-)?cognito-idp\.([a-z0-9-]+)\.amazonaws\.com/([\w-]+_[0-9a-zA-Z]+)$")


@dataclass(frozen=True)
class Verified:
    """A token that is what it claims to be. Issuer, audience and scopes are the caller's to compare."""

    claims: dict[str, Any]


@dataclass(frozen=True)
class Refused:
    """A token that is not to be trusted, and why: the error_description of a `www-authenticate` header."""

    reason: str


def issuer_of(region: str, pool_id: str) -> str:
    """The `iss` of a pool's tokens, and the base of its discovery document's address."""
    return f"https://cognito-idp.{region}.amazonaws.com/{pool_id}"


def pool_of(issuer: str) -> Any | None:
    """The user pool, of whatever account, that an issuer's address names; None if there is none."""
    match = _ISSUER.match(issuer)
    if match is None:
        return None
    region, pool_id = match.groups()
    for _, backends in list(cognitoidp_backends.items()):
        if region in backends and pool_id in backends[region].user_pools:
            return backends[region].user_pools[pool_id]
    return None


def signing_key(pool: Any) -> Any:
    """The pool's RSA key, made when it is first asked for: most pools of tests never sign anything."""
    key = getattr(pool, "signing_key", None)
    if key is None:
        names: Any = {"kid": base64.b64encode(secrets.token_bytes(32)).decode(), "alg": "RS256", "use": "sig"}
        key = pool.signing_key = jwk.RSAKey.generate_key(2048, parameters=names, private=True)
    return key


def key_set(pool: Any) -> dict[str, Any]:
    """The pool's JSON Web Key Set: what verifies its tokens, and no more."""
    return {"keys": [signing_key(pool).as_dict(private=False)]}


def identifier(length: int = 36) -> str:
    """A random identifier: a UUID, or as many lower-case letters and digits as asked for."""
    if length == 36:
        return str(uuid.uuid4())
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(length))


def mint(pool: Any, now: float, lifetime: int, claims: dict[str, Any]) -> str:
    """Signs a token of the pool that is good for `lifetime` seconds from `now` (Unix time)."""
    times = {"iat": int(now), "auth_time": int(now), "exp": int(now) + lifetime}
    full = {"iss": issuer_of(pool.region, pool.id), "jti": str(uuid.uuid4()), **times, **claims}
    key = signing_key(pool)
    return jwt.encode({"kid": key.kid, "alg": "RS256"}, full, key)


def verify(world: World, account: str, token: str) -> Verified | Refused:
    """Whether a token is genuine and in force at the time that `account` has.

    Checked are form, algorithm (RS256 only), issuer (a user pool of the layer), key, signature, `exp` and
    `nbf`. The caller holds the world's lock.
    """
    claims = _peek(token)
    if claims is None:
        return Refused("the token is malformed")
    pool = pool_of(str(claims.get("iss")))
    if pool is None:
        return Refused("the issuer has no discovery document")
    key = signing_key(pool)
    try:
        decoded = jwt.decode(token, key, algorithms=["RS256"])
    except (JoseError, ValueError) as error:
        return Refused(f"the signature is invalid ({error})")
    if decoded.header.get("kid") != key.kid:
        return Refused("the key id is not one of the issuer's")
    now = world.clock.unix(account)
    if now >= float(decoded.claims.get("exp", 0)):
        return Refused("the token has expired")
    if now < float(decoded.claims.get("nbf", 0)):
        return Refused("the token is not valid yet")
    return Verified(dict(decoded.claims))


def _peek(token: str) -> dict[str, Any] | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None
