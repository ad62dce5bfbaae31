from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
from joserfc import jwk, jwt

from .support import REGION, Aws, refused

rule = pytest.mark.rule


@pytest.fixture
def idp(aws: Aws) -> Any:
    return aws.client("cognito-idp")


@pytest.fixture
def pool(idp: Any) -> str:
    return str(idp.create_user_pool(PoolName="shop")["UserPool"]["Id"])


def _scopes(*names: str) -> list[dict[str, str]]:
    return [{"ScopeName": name, "ScopeDescription": f"{name}s"} for name in names]


def _server(idp: Any, pool: str, identifier: str = "api", *scopes: str) -> None:
    idp.create_resource_server(UserPoolId=pool, Identifier=identifier, Name="api", Scopes=_scopes(*scopes))


def _ids(idp: Any, pool: str) -> list[str]:
    return [s["Identifier"] for s in idp.list_resource_servers(UserPoolId=pool, MaxResults=50)["ResourceServers"]]


@rule("identifier_is_free", "resource_server_exists")
def test_a_server_has_its_identifier_for_a_key(idp: Any, pool: str) -> None:
    _server(idp, pool, "api", "read", "write")
    with refused("InvalidParameterException", "already exists"):
        _server(idp, pool, "api")
    idp.update_resource_server(UserPoolId=pool, Identifier="api", Name="new", Scopes=_scopes("read"))
    shown = idp.describe_resource_server(UserPoolId=pool, Identifier="api")["ResourceServer"]
    assert (shown["Name"], [s["ScopeName"] for s in shown["Scopes"]]) == ("new", ["read"])
    idp.update_resource_server(UserPoolId=pool, Identifier="api", Name="new")
    assert idp.describe_resource_server(UserPoolId=pool, Identifier="api")["ResourceServer"]["Scopes"] == []
    idp.delete_resource_server(UserPoolId=pool, Identifier="api")
    for call in (idp.describe_resource_server, idp.delete_resource_server):
        with refused("ResourceNotFoundException", "api"):
            call(UserPoolId=pool, Identifier="api")
    assert _ids(idp, pool) == []


@rule("resource_server_quota")
def test_the_number_of_servers_is_bounded(aws: Aws, idp: Any, pool: str) -> None:
    aws.quota(resourceServersPerPool=1)
    _server(idp, pool, "one")
    with refused("LimitExceededException"):
        _server(idp, pool, "two")
    assert _ids(idp, pool) == ["one"]


@rule("scope_names_are_unique")
def test_scope_names_are_unique(idp: Any, pool: str) -> None:
    with refused("InvalidParameterException", "Duplicate"):
        _server(idp, pool, "api", "read", "read")


# --- tokens for machines --------------------------------------------------------------------


@pytest.fixture
def machine(aws: Aws, idp: Any, pool: str) -> Any:
    _server(idp, pool, "api", "read", "write")
    idp.create_user_pool_domain(UserPoolId=pool, Domain=f"shop-{aws.account}")
    return idp.create_user_pool_client(
        UserPoolId=pool,
        ClientName="machine",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["api/read", "api/write"],
    )["UserPoolClient"]


def _ask(aws: Aws, form: dict[str, str], headers: dict[str, str] | None = None, path: str = "") -> tuple[int, Any]:
    url = aws.endpoint + (path or f"/_oauth/shop-{aws.account}/oauth2/token")
    request = urllib.request.Request(url, urllib.parse.urlencode(form).encode(), headers or {})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def _claims(aws: Aws, pool: str, token: str) -> Any:
    with urllib.request.urlopen(f"{aws.endpoint}/{pool}/.well-known/jwks.json") as answer:
        keys = jwk.KeySet.import_key_set(json.loads(answer.read()))
    return jwt.decode(token, keys, algorithms=["RS256"]).claims


def test_a_machine_gets_a_token_with_its_scopes(aws: Aws, idp: Any, pool: str, machine: Any) -> None:
    name, secret = machine["ClientId"], machine["ClientSecret"]
    posted = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
    status, given = _ask(aws, {**posted, "scope": "api/read"})
    assert (status, given["token_type"], given["expires_in"]) == (200, "Bearer", 3600)
    claims = _claims(aws, pool, given["access_token"])
    assert (claims["client_id"], claims["scope"], claims["token_use"]) == (name, "api/read", "access")
    basic = {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}
    host = {**basic, "Host": f"shop-{aws.account}.auth.{REGION}.amazoncognito.com"}
    _, all_scopes = _ask(aws, {"grant_type": "client_credentials"}, host, "/oauth2/token")
    assert _claims(aws, pool, all_scopes["access_token"])["scope"] == "api/read api/write"
    with urllib.request.urlopen(f"{aws.endpoint}/{pool}/.well-known/openid-configuration") as answer:
        document = json.loads(answer.read())
    assert document["token_endpoint"] == f"{aws.endpoint}/_oauth/shop-{aws.account}/oauth2/token"


def test_the_token_endpoint_says_what_is_wrong(aws: Aws, idp: Any, pool: str, machine: Any) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": machine["ClientId"],
        "client_secret": machine["ClientSecret"],
    }
    web = idp.create_user_pool_client(UserPoolId=pool, ClientName="web", GenerateSecret=True)["UserPoolClient"]
    as_web = {**form, "client_id": web["ClientId"], "client_secret": web["ClientSecret"]}
    assert _ask(aws, {**form, "client_secret": "wrong"}) == (400, {"error": "invalid_client"})
    assert _ask(aws, {**form, "scope": "api/admin"}) == (400, {"error": "invalid_scope"})
    assert _ask(aws, {**form, "grant_type": "password"}) == (400, {"error": "unsupported_grant_type"})
    assert _ask(aws, as_web) == (400, {"error": "unauthorized_client"})
    assert _ask(aws, {"client_id": "x"}) == (400, {"error": "invalid_request"})
    assert _ask(aws, form, path="/_oauth/none/oauth2/token")[0] == 404
