"""Where the layer keeps user pools: in moto's store, as a pool that knows the layer's clock and settings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from moto.cognitoidp.models import (
    CognitoIdpUserPool,
    CognitoIdpUserPoolClient,
    cognitoidp_backends,
)

from ... import tokens
from ...call import Call
from ...errors import AwsError
from ...registry import HOMES, rule

# Seconds in the units of TokenValidityUnits.
_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}


class Pool(CognitoIdpUserPool):
    """Moto's user pool, with tokens signed by a key of its own and dated by the layer's clock."""

    def __init__(self, call: Call, name: str, settings: dict[str, Any], schema: list[dict[str, Any]]) -> None:
        super().__init__(call.account, call.region, name, {**settings, **({"Schema": schema} if schema else {})})
        self.world = call.world
        self.extended_config = settings
        self.tags: dict[str, str] = {}
        self.signing_key: Any = None

    def create_jwt(
        self,
        client_id: str,
        username: str,
        token_use: str,
        expires_in: int = 3600,
        extra_data: dict[str, Any] | None = None,
    ) -> tuple[str, int]:
        """An access or id token of a user, as moto's sign-in asks for it."""
        user = self._get_user(username)
        lifetime = lifetime_of(self.clients.get(client_id), token_use) or expires_in
        claims: dict[str, Any] = {"sub": user.id, "token_use": token_use, "event_id": tokens.identifier()}
        if token_use == "access":
            claims |= {"client_id": client_id, "username": user.username}
        else:
            claims |= {"aud": client_id, "cognito:username": user.username}
        claims |= extra_data or {}
        return tokens.mint(self, self.world.clock.unix(self.account_id), lifetime, claims), lifetime


def lifetime_of(client: Any, token_use: str) -> int:
    """Seconds for which a client's tokens are good; an hour unless it says otherwise.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_TokenValidityUnitsType.html
    """
    member = {"access": "AccessToken", "id": "IdToken"}[token_use]
    config = client.extended_config if client is not None else {}
    validity = config.get(f"{member}Validity")
    if not validity:
        return 3600
    return int(validity) * _UNITS[(config.get("TokenValidityUnits") or {}).get(member, "hours")]


def backend(call: Call) -> Any:
    """Moto's store of this account and region."""
    return cognitoidp_backends[call.account][call.region]


def pools(call: Call) -> list[Any]:
    """All pools of the account and region, oldest first."""
    return list(backend(call).user_pools.values())


@rule("cognito-idp.*")
def user_pool_exists(call: Call, pool_id: str) -> Any:
    """An operation on a user pool that does not exist is refused.

    Source: botocore cognito-idp.DescribeUserPool (ResourceNotFoundException).
    """
    found = backend(call).user_pools.get(pool_id)
    if found is None or call.world.staleness.misses(call.account, pool_id, call.now, by_id=True):
        raise AwsError("ResourceNotFoundException", f"User pool {pool_id} does not exist.")
    return found


@rule("cognito-idp.*")
def client_exists(call: Call, pool: Any, client_id: str) -> Any:
    """An operation on an app client that does not exist is refused.

    Source: botocore cognito-idp.DescribeUserPoolClient (ResourceNotFoundException).
    """
    found = pool.clients.get(client_id)
    if found is None or call.world.staleness.misses(call.account, client_id, call.now, by_id=True):
        raise AwsError("ResourceNotFoundException", f"User pool client {client_id} does not exist.")
    return found


def home_of(params: dict[str, Any]) -> tuple[str, str] | None:
    """Account and region of an unsigned request: those of the client, or the token, that it names."""
    client_id, token = params.get("ClientId"), params.get("AccessToken")
    for pool in _everywhere():
        if client_id in pool.clients or (token and token in pool.access_tokens):
            return pool.account_id, pool.region
    return None


HOMES["cognito-idp"] = home_of


def _everywhere() -> Iterator[Any]:
    for _, backends in list(cognitoidp_backends.items()):
        for _, store in list(backends.items()):
            yield from list(store.user_pools.values())


class Client(CognitoIdpUserPoolClient):
    """Moto's app client, with ids and secrets of the form that AWS gives them."""

    def __init__(self, pool: Any, name: str, settings: dict[str, Any], secret: str | None) -> None:
        super().__init__(pool.id, secret is not None, {})
        self.id = tokens.identifier(26)
        self.name = name
        self.secret = secret or ""
        self.extended_config = settings
        self.created = self.modified = datetime.now(UTC)
