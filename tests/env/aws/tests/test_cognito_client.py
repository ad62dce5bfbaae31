from __future__ import annotations

from typing import Any

import pytest

from .support import Aws, refused

rule = pytest.mark.rule
WEB: dict[str, Any] = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid"],
    "CallbackURLs": ["https://shop.example/back"],
}
MACHINE: dict[str, Any] = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["client_credentials"],
    "AllowedOAuthScopes": ["api/read"],
    "GenerateSecret": True,
}


@pytest.fixture
def idp(aws: Aws) -> Any:
    return aws.client("cognito-idp")


@pytest.fixture
def pool(idp: Any) -> str:
    made = str(idp.create_user_pool(PoolName="shop")["UserPool"]["Id"])
    scopes = [{"ScopeName": "read", "ScopeDescription": "reads"}]
    idp.create_resource_server(UserPoolId=made, Identifier="api", Name="api", Scopes=scopes)
    return made


def _client(idp: Any, pool: str, **more: Any) -> Any:
    return idp.create_user_pool_client(UserPoolId=pool, ClientName="web", **more)["UserPoolClient"]


def _shown(idp: Any, client: Any) -> Any:
    ids = {"UserPoolId": client["UserPoolId"], "ClientId": client["ClientId"]}
    return idp.describe_user_pool_client(**ids)["UserPoolClient"]


def test_names_are_not_unique_and_the_list_keeps_the_secret(idp: Any, pool: str) -> None:
    first, second = (_client(idp, pool, GenerateSecret=True) for _ in range(2))
    listed = idp.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]
    assert [c["ClientId"] for c in listed] == [first["ClientId"], second["ClientId"]]
    assert not any("ClientSecret" in c for c in listed)
    assert _shown(idp, first)["ClientSecret"] == first["ClientSecret"] != second["ClientSecret"]
    assert "ClientSecret" not in _shown(idp, _client(idp, pool))


@rule("client_settings_as_a_whole")
def test_an_update_resets_what_it_leaves_out(idp: Any, pool: str) -> None:
    more = {"RefreshTokenValidity": 5, "AccessTokenValidity": 2, "PreventUserExistenceErrors": "ENABLED"}
    client = _client(idp, pool, GenerateSecret=True, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"], **WEB, **more)
    idp.update_user_pool_client(UserPoolId=pool, ClientId=client["ClientId"], AccessTokenValidity=3)
    shown = _shown(idp, client)
    assert (shown["AccessTokenValidity"], shown["RefreshTokenValidity"]) == (3, 30)
    assert shown["AllowedOAuthFlowsUserPoolClient"] is False
    gone = ("CallbackURLs", "AllowedOAuthFlows", "AllowedOAuthScopes", "ExplicitAuthFlows")
    assert not [name for name in (*gone, "PreventUserExistenceErrors") if name in shown]
    assert (shown["ClientName"], shown["ClientSecret"]) == ("web", client["ClientSecret"])


@rule("client_exists")
def test_a_missing_client_is_named(idp: Any, pool: str) -> None:
    for call in (idp.describe_user_pool_client, idp.update_user_pool_client, idp.delete_user_pool_client):
        with refused("ResourceNotFoundException", "none"):
            call(UserPoolId=pool, ClientId="none")
    client = _client(idp, pool)
    idp.delete_user_pool_client(UserPoolId=pool, ClientId=client["ClientId"])
    with refused("ResourceNotFoundException", client["ClientId"]):
        _shown(idp, client)


@rule("client_quota")
def test_the_number_of_clients_is_bounded(aws: Aws, idp: Any, pool: str) -> None:
    aws.quota(clientsPerPool=1)
    _client(idp, pool)
    with refused("LimitExceededException"):
        _client(idp, pool)


@rule("one_source_of_the_secret")
def test_a_secret_is_generated_or_given(idp: Any, pool: str) -> None:
    given = "abcdefghijklmnopqrstuvwxyz"
    assert _client(idp, pool, ClientSecret=given)["ClientSecret"] == given
    with refused("InvalidParameterException", "GenerateSecret"):
        _client(idp, pool, ClientSecret=given, GenerateSecret=True)


@rule("flows_are_of_one_age")
def test_old_and_new_flows_do_not_mix(idp: Any, pool: str) -> None:
    with refused("InvalidParameterException", "Legacy"):
        _client(idp, pool, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ADMIN_NO_SRP_AUTH"])


@rule("oauth_is_switched_on_and_complete")
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({**WEB, "AllowedOAuthFlowsUserPoolClient": False}, "AllowedOAuthFlows cannot be set"),
        ({**WEB, "AllowedOAuthScopes": []}, "are required"),
        ({**WEB, "CallbackURLs": []}, "CallbackURLs"),
        ({**MACHINE, "AllowedOAuthFlows": ["client_credentials", "code"]}, "along with code flow"),
        ({**MACHINE, "GenerateSecret": False}, "does not have a client secret"),
    ],
)
def test_oauth_members_fit_together(idp: Any, pool: str, settings: dict[str, Any], words: str) -> None:
    with refused("InvalidOAuthFlowException", words):
        _client(idp, pool, **settings)


@rule("scopes_exist")
def test_scopes_are_of_a_resource_server(idp: Any, pool: str) -> None:
    assert _client(idp, pool, **MACHINE)["AllowedOAuthScopes"] == ["api/read"]
    with refused("ScopeDoesNotExistException", "api/write"):
        _client(idp, pool, **{**MACHINE, "AllowedOAuthScopes": ["api/write"]})
    with refused("InvalidOAuthFlowException", "openid"):
        _client(idp, pool, **{**MACHINE, "AllowedOAuthScopes": ["openid"]})


@rule("redirects_are_secure")
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"CallbackURLs": ["http://shop.example"]}, "HTTP protocol"),
        ({"CallbackURLs": ["https://shop.example/#part"]}, "fragment"),
        ({"CallbackURLs": ["shop.example"]}, "absolute"),
        ({"LogoutURLs": ["http://shop.example"]}, "HTTP protocol"),
        ({"DefaultRedirectURI": "https://elsewhere.example"}, "list of callback URLs"),
    ],
)
def test_redirects(idp: Any, pool: str, settings: dict[str, Any], words: str) -> None:
    _client(idp, pool, **{**WEB, "CallbackURLs": ["http://localhost:3000", "app://back"]})
    with refused("InvalidParameterException", words):
        _client(idp, pool, **{**WEB, **settings})


@rule("providers_exist", "attributes_exist")
def test_providers_and_attributes_exist(idp: Any, pool: str) -> None:
    _client(idp, pool, SupportedIdentityProviders=["COGNITO"], ReadAttributes=["email"])
    with refused("InvalidParameterException", "The provider Google does not exist"):
        _client(idp, pool, SupportedIdentityProviders=["Google"])
    with refused("InvalidParameterException", "write attributes"):
        _client(idp, pool, WriteAttributes=["custom:none"])


@rule("validities_in_range")
def test_tokens_live_within_bounds(idp: Any, pool: str) -> None:
    for settings in (
        {"AccessTokenValidity": 4, "TokenValidityUnits": {"AccessToken": "minutes"}},
        {"IdTokenValidity": 25},
        {"RefreshTokenValidity": 3651},
    ):
        with refused("InvalidParameterException", "Invalid range"):
            _client(idp, pool, **settings)


def test_the_dump_shows_everything_but_secrets_and_returns_to_where_it_was(aws: Aws, idp: Any) -> None:
    before = aws.dump()
    pool = idp.create_user_pool(PoolName="shop", UserPoolTags={"owner": "me"})["UserPool"]["Id"]
    idp.create_resource_server(UserPoolId=pool, Identifier="orders", Name="api")
    idp.create_user_pool_domain(UserPoolId=pool, Domain=f"shop-{aws.account}")
    client = _client(idp, pool, GenerateSecret=True)
    shown = aws.dump()
    assert client["ClientSecret"] not in shown
    for part in ('"owner"', '"orders"', f'"shop-{aws.account}"', client["ClientId"]):
        assert part in shown
    idp.delete_user_pool_domain(UserPoolId=pool, Domain=f"shop-{aws.account}")
    idp.delete_user_pool(UserPoolId=pool)
    assert aws.dump() == before
