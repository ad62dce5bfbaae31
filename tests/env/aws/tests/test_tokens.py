from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from joserfc import jwk, jwt
from moto.cognitoidp.models import CognitoIdpUserPool, cognitoidp_backends

from awslayer import tokens
from awslayer.world import World

ACCOUNT = "100000999999"
REGION = "eu-west-1"


@pytest.fixture
def pool() -> Any:
    made = CognitoIdpUserPool(ACCOUNT, REGION, "shop", {})
    made.signing_key = None  # type: ignore[attr-defined]
    cognitoidp_backends[ACCOUNT][REGION].user_pools[made.id] = made
    yield made
    cognitoidp_backends[ACCOUNT][REGION].reset()


@pytest.fixture
def world() -> World:
    made = World()
    made.clock.set_scale(0)
    return made


def _mint(world: World, pool: Any, **claims: Any) -> str:
    return tokens.mint(pool, world.clock.unix(ACCOUNT), 3600, {"token_use": "access", **claims})


def _reason(world: World, token: str) -> str:
    verdict = tokens.verify(world, ACCOUNT, token)
    assert isinstance(verdict, tokens.Refused), verdict
    return verdict.reason


def test_a_genuine_token_is_verified_until_it_expires(world: World, pool: Any) -> None:
    token = _mint(world, pool, client_id="abc")
    verdict = tokens.verify(world, ACCOUNT, token)
    assert isinstance(verdict, tokens.Verified)
    assert verdict.claims["client_id"] == "abc"
    assert verdict.claims["iss"] == f"https://cognito-idp.{REGION}.amazonaws.com/{pool.id}"
    world.clock.step(3599, ACCOUNT)
    assert isinstance(tokens.verify(world, ACCOUNT, token), tokens.Verified)
    world.clock.step(1, ACCOUNT)
    assert "expired" in _reason(world, token)


def test_a_token_that_is_not_valid_yet(world: World, pool: Any) -> None:
    assert "not valid yet" in _reason(world, _mint(world, pool, nbf=world.clock.unix(ACCOUNT) + 60))


@pytest.mark.parametrize("token", ["", "abc", "a.b.c", "e30.W10.e30"])
def test_what_is_no_token(world: World, token: str) -> None:
    assert "malformed" in _reason(world, token)


def test_a_token_of_an_unknown_issuer(world: World, pool: Any) -> None:
    assert "issuer" in _reason(world, _mint(world, pool, iss="https://issuer.example"))


def test_a_changed_claim_breaks_the_signature(world: World, pool: Any) -> None:
    head, _, seal = _mint(world, pool).split(".")
    forged = {"iss": tokens.issuer_of(REGION, pool.id), "exp": world.clock.unix(ACCOUNT) + 60, "scope": "admin"}
    body = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
    assert "signature" in _reason(world, f"{head}.{body}.{seal}")


def test_a_key_of_somebody_else_or_another_algorithm(world: World, pool: Any) -> None:
    claims = {"iss": tokens.issuer_of(REGION, pool.id), "exp": world.clock.unix(ACCOUNT) + 60}
    kid = tokens.signing_key(pool).kid
    foreign = jwk.RSAKey.generate_key(2048)
    assert "signature" in _reason(world, jwt.encode({"alg": "RS256", "kid": kid}, claims, foreign))
    shared = jwk.OctKey.import_key("not-a-secret-not-a-secret-not-a-secret")
    assert "signature" in _reason(world, jwt.encode({"alg": "HS256", "kid": kid}, claims, shared))
    strange = jwt.encode({"alg": "RS256", "kid": "other"}, claims, tokens.signing_key(pool))
    assert "key id" in _reason(world, strange)


def test_the_key_set_holds_no_private_part(pool: Any) -> None:
    (key,) = tokens.key_set(pool)["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "alg", "use"}
