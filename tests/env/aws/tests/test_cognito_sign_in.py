from __future__ import annotations

import base64
import hashlib
import hmac
import json
import urllib.request
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from .support import REGION, Aws, refused

rule = pytest.mark.rule
PASSWORD = "Correct-Horse-7"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


@pytest.fixture
def idp(aws: Aws) -> Any:
    return aws.client("cognito-idp")


@pytest.fixture
def app(aws: Aws) -> Any:
    """What an app has: an address and no credentials."""
    return boto3.client(
        "cognito-idp", endpoint_url=aws.endpoint, region_name=REGION, config=Config(signature_version=UNSIGNED)
    )


@pytest.fixture
def pool(idp: Any) -> str:
    """A pool with one user."""
    made = str(idp.create_user_pool(PoolName="shop")["UserPool"]["Id"])
    idp.admin_create_user(UserPoolId=made, Username="ann", MessageAction="SUPPRESS")
    idp.admin_set_user_password(UserPoolId=made, Username="ann", Password=PASSWORD, Permanent=True)
    return made


def _client(idp: Any, pool: str, **more: Any) -> Any:
    more.setdefault("ExplicitAuthFlows", FLOWS)
    return idp.create_user_pool_client(UserPoolId=pool, ClientName="web", **more)["UserPoolClient"]


def _sign_in(app: Any, client: Any, password: str = PASSWORD, flow: str = "USER_PASSWORD_AUTH", **more: str) -> Any:
    parameters = {"USERNAME": "ann", "PASSWORD": password, **more}
    made = app.initiate_auth(ClientId=client["ClientId"], AuthFlow=flow, AuthParameters=parameters)
    return made["AuthenticationResult"]


def _verified(aws: Aws, pool: str, token: str) -> Any:
    with urllib.request.urlopen(f"{aws.endpoint}/{pool}/.well-known/openid-configuration") as answer:
        document = json.loads(answer.read())
    with urllib.request.urlopen(document["jwks_uri"]) as answer:
        keys = jwk.KeySet.import_key_set(json.loads(answer.read()))
    claims = jwt.decode(token, keys, algorithms=["RS256"]).claims
    assert claims["iss"] == document["issuer"] == f"https://cognito-idp.{REGION}.amazonaws.com/{pool}"
    return claims


def test_a_sign_in_gives_tokens_that_the_pools_keys_verify(aws: Aws, idp: Any, app: Any, pool: str) -> None:
    client = _client(idp, pool, AccessTokenValidity=10, TokenValidityUnits={"AccessToken": "minutes"})
    given = _sign_in(app, client)
    access = _verified(aws, pool, given["AccessToken"])
    assert (access["token_use"], access["client_id"], access["username"]) == ("access", client["ClientId"], "ann")
    assert access["scope"] == "aws.cognito.signin.user.admin"
    assert "aud" not in access
    assert access["exp"] - access["iat"] == given["ExpiresIn"] == 600
    identity = _verified(aws, pool, given["IdToken"])
    assert (identity["token_use"], identity["aud"], identity["sub"]) == ("id", client["ClientId"], access["sub"])
    assert identity["exp"] - identity["iat"] == 3600


def test_tokens_are_dated_by_the_layers_clock(aws: Aws, idp: Any, app: Any, pool: str) -> None:
    client = _client(idp, pool)
    before = _verified(aws, pool, _sign_in(app, client)["AccessToken"])
    aws.step(7200)
    after = _verified(aws, pool, _sign_in(app, client)["AccessToken"])
    assert after["iat"] >= before["iat"] + 7200


def test_pools_do_not_share_keys(aws: Aws, idp: Any, app: Any, pool: str) -> None:
    other = idp.create_user_pool(PoolName="other")["UserPool"]["Id"]
    token = _sign_in(app, _client(idp, pool))["AccessToken"]
    with urllib.request.urlopen(f"{aws.endpoint}/{other}/.well-known/jwks.json") as answer:
        keys = jwk.KeySet.import_key_set(json.loads(answer.read()))
    with pytest.raises(JoseError, match="No key for kid"):
        jwt.decode(token, keys, algorithms=["RS256"])


@rule("client_allows_the_flow")
def test_a_client_signs_in_only_by_the_flows_that_it_names(idp: Any, app: Any, pool: str) -> None:
    with refused("InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled"):
        _sign_in(app, _client(idp, pool, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]))
    with refused("InvalidParameterException", "not enabled"):
        _sign_in(app, idp.create_user_pool_client(UserPoolId=pool, ClientName="bare")["UserPoolClient"])


@rule("secret_hash_proves_the_client")
def test_a_client_with_a_secret_proves_it(aws: Aws, idp: Any, app: Any, pool: str) -> None:
    client = _client(idp, pool, GenerateSecret=True)
    text = ("ann" + client["ClientId"]).encode()
    proof = base64.b64encode(hmac.new(client["ClientSecret"].encode(), text, hashlib.sha256).digest()).decode()
    assert _sign_in(app, client, SECRET_HASH=proof)["AccessToken"]
    with refused("NotAuthorizedException", "SECRET_HASH was not received"):
        _sign_in(app, client)
    with refused("NotAuthorizedException", "Unable to verify secret hash"):
        _sign_in(app, client, SECRET_HASH="wrong")
    with refused("NotAuthorizedException", "not configured for secret"):
        _sign_in(app, _client(idp, pool), SECRET_HASH=proof)
    ledger = json.dumps(aws.ledger())
    assert "InitiateAuth" in ledger
    for secret in (proof, PASSWORD, client["ClientSecret"]):
        assert secret not in ledger


@rule("unknown_users_look_like_wrong_passwords")
def test_a_wrong_password_and_an_unknown_user(idp: Any, app: Any, pool: str) -> None:
    with refused("NotAuthorizedException", "Incorrect username or password."):
        _sign_in(app, _client(idp, pool), password="wrong")
    with refused("UserNotFoundException"):
        _sign_in(app, _client(idp, pool), USERNAME="bob")
    with refused("NotAuthorizedException", "Incorrect username or password."):
        _sign_in(app, _client(idp, pool, PreventUserExistenceErrors="ENABLED"), USERNAME="bob")


def test_a_back_end_signs_users_in_and_refreshes(aws: Aws, idp: Any, pool: str) -> None:
    client = _client(idp, pool, ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    ask = {"UserPoolId": pool, "ClientId": client["ClientId"]}
    given = idp.admin_initiate_auth(
        **ask, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD}
    )["AuthenticationResult"]
    again = idp.admin_initiate_auth(
        **ask, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": given["RefreshToken"]}
    )["AuthenticationResult"]
    assert _verified(aws, pool, again["AccessToken"])["username"] == "ann"


def test_an_invited_user_sets_a_password_first(aws: Aws, idp: Any, app: Any, pool: str) -> None:
    client = _client(idp, pool)
    idp.admin_create_user(UserPoolId=pool, Username="ben", TemporaryPassword=PASSWORD, MessageAction="SUPPRESS")
    asked = app.initiate_auth(
        ClientId=client["ClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ben", "PASSWORD": PASSWORD},
    )
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    given = app.respond_to_auth_challenge(
        ClientId=client["ClientId"],
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": "ben", "NEW_PASSWORD": "Another-Horse-8"},
    )
    assert _verified(aws, pool, given["AuthenticationResult"]["AccessToken"])["username"] == "ben"
