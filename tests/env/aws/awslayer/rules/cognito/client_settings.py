"""The settings of an app client: which there are, what each is when it is left out, what does not go together."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ...errors import AwsError
from ...registry import rule

_NO_SETTINGS = ("UserPoolId", "ClientId", "ClientName", "GenerateSecret", "ClientSecret")
_DEFAULTS: dict[str, Any] = {
    "RefreshTokenValidity": 30,
    "TokenValidityUnits": {},
    "AllowedOAuthFlowsUserPoolClient": False,
    "EnableTokenRevocation": True,
    "EnablePropagateAdditionalUserContextData": False,
    "AuthSessionValidity": 3,
}
# What a client that names no flows allows; descriptions do not show it.
_UNSAID_FLOWS = ("ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH")
_OAUTH_MEMBERS = ("AllowedOAuthFlows", "AllowedOAuthScopes", "CallbackURLs", "LogoutURLs")
# https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
STANDARD_SCOPES = ("phone", "email", "openid", "profile", "aws.cognito.signin.user.admin")
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
# Member, its unit when none is named, and the shortest and longest time in seconds.
_VALIDITIES = (
    ("AccessToken", "hours", 300, 86400),
    ("IdToken", "hours", 300, 86400),
    ("RefreshToken", "days", 3600, 315360000),
)


@rule("cognito-idp.CreateUserPoolClient", "cognito-idp.UpdateUserPoolClient")
def client_settings_as_a_whole(params: dict[str, Any]) -> dict[str, Any]:
    """Members that a create or an update leaves out are at their defaults: an update replaces everything.

    Source: aws-facts 8; botocore cognito-idp.UpdateUserPoolClient ("If you don't provide a value for an
    attribute, Amazon Cognito sets it to its default value").
    """
    given = {name: value for name, value in params.items() if name not in _NO_SETTINGS and value is not None}
    return {**_DEFAULTS, **given}


def flows_of(settings: dict[str, Any]) -> list[str]:
    """The authentication flows that a client allows."""
    return list(settings.get("ExplicitAuthFlows") or _UNSAID_FLOWS)


def check(pool: Any, settings: dict[str, Any], *, has_secret: bool) -> None:
    """Every rule about one client's settings."""
    flows_are_of_one_age(settings)
    oauth_is_switched_on_and_complete(settings, has_secret=has_secret)
    scopes_exist(pool, settings)
    redirects_are_secure(settings)
    providers_exist(pool, settings)
    attributes_exist(pool, settings)
    validities_in_range(settings)


@rule("cognito-idp.CreateUserPoolClient", "cognito-idp.UpdateUserPoolClient")
def flows_are_of_one_age(settings: dict[str, Any]) -> None:
    """Flows whose names start with ALLOW_ do not go with the older ones.

    Source: botocore cognito-idp.CreateUserPoolClient, ExplicitAuthFlows ("you can't assign these legacy values
    at the same time as values that begin with ALLOW_"); the message is assumed.
    """
    kinds = {flow.startswith("ALLOW_") for flow in settings.get("ExplicitAuthFlows") or []}
    if len(kinds) > 1:
        text = "Legacy values of ExplicitAuthFlows cannot be used together with values that begin with ALLOW_."
        raise AwsError("InvalidParameterException", text)


@rule("cognito-idp.CreateUserPoolClient", "cognito-idp.UpdateUserPoolClient")
def oauth_is_switched_on_and_complete(settings: dict[str, Any], *, has_secret: bool) -> None:
    """OAuth members need AllowedOAuthFlowsUserPoolClient, which in turn needs flows and scopes; client
    credentials stand alone and need a secret; the other flows need a callback.

    Source: botocore cognito-idp.CreateUserPoolClient, AllowedOAuthFlows and AllowedOAuthFlowsUserPoolClient
    (InvalidOAuthFlowException); the messages about callbacks and the switch are assumed.
    """
    flows = settings.get("AllowedOAuthFlows") or []
    if not settings["AllowedOAuthFlowsUserPoolClient"]:
        named = next((name for name in _OAUTH_MEMBERS if settings.get(name)), None)
        if named:
            text = f"{named} cannot be set unless AllowedOAuthFlowsUserPoolClient is true."
            raise AwsError("InvalidOAuthFlowException", text)
        return
    if not flows or not settings.get("AllowedOAuthScopes"):
        text = (
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."
        )
        raise AwsError("InvalidOAuthFlowException", text)
    if "client_credentials" in flows and len(flows) > 1:
        text = "client_credentials flow can not be selected along with code flow or implicit flow."
        raise AwsError("InvalidOAuthFlowException", text)
    if "client_credentials" in flows and not has_secret:
        text = "client_credentials flow can not be selected if client does not have a client secret."
        raise AwsError("InvalidOAuthFlowException", text)
    if "client_credentials" not in flows and not settings.get("CallbackURLs"):
        raise AwsError("InvalidOAuthFlowException", "CallbackURLs are required for the code and implicit flows.")


@rule("cognito-idp.CreateUserPoolClient", "cognito-idp.UpdateUserPoolClient")
def scopes_exist(pool: Any, settings: dict[str, Any]) -> None:
    """A custom scope is one of a resource server of the pool; client credentials take custom scopes only.

    Source: botocore cognito-idp.CreateUserPoolClient (ScopeDoesNotExistException), AllowedOAuthScopes; the
    messages are assumed.
    """
    custom = {
        f"{server.identifier}/{scope['ScopeName']}"
        for server in pool.resource_servers.values()
        for scope in server.scopes or []
    }
    machines = "client_credentials" in (settings.get("AllowedOAuthFlows") or [])
    for scope in settings.get("AllowedOAuthScopes") or []:
        if scope in STANDARD_SCOPES and machines:
            text = f"{scope} can not be requested with the client_credentials flow."
            raise AwsError("InvalidOAuthFlowException", text)
        if scope not in custom and scope not in STANDARD_SCOPES:
            raise AwsError("ScopeDoesNotExistException", f"Invalid scope requested: {scope}")


@rule("cognito-idp.CreateUserPoolClient", "cognito-idp.UpdateUserPoolClient")
def redirects_are_secure(settings: dict[str, Any]) -> None:
    """Callback and sign-out addresses use https, or http on localhost, or an app's own scheme, without a
    fragment; the default redirect is one of the callbacks.

    Source: botocore cognito-idp.CreateUserPoolClient, CallbackURLs and DefaultRedirectURI.
    """
    callbacks = settings.get("CallbackURLs") or []
    for url in (*callbacks, *(settings.get("LogoutURLs") or [])):
        parts = urlsplit(url)
        if not parts.scheme:
            raise AwsError("InvalidParameterException", f"{url} is not an absolute URI.")
        if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise AwsError("InvalidParameterException", f"{url} cannot use the HTTP protocol.")
        if parts.fragment:
            raise AwsError("InvalidParameterException", f"{url} cannot contain a fragment.")
    default = settings.get("DefaultRedirectURI")
    if default and default not in callbacks:
        raise AwsError("InvalidParameterException", "Default redirect URI must be in the list of callback URLs.")


@rule("cognito-idp.CreateUserPoolClient", "cognito-idp.UpdateUserPoolClient")
def providers_exist(pool: Any, settings: dict[str, Any]) -> None:
    """Identity providers are COGNITO, or ones that the pool has.

    Source: botocore cognito-idp.CreateUserPoolClient, SupportedIdentityProviders; the message is
    assumed.
    """
    for name in settings.get("SupportedIdentityProviders") or []:
        if name != "COGNITO" and name not in pool.identity_providers:
            text = f"The provider {name} does not exist for User Pool {pool.id}."
            raise AwsError("InvalidParameterException", text)


@rule("cognito-idp.CreateUserPoolClient", "cognito-idp.UpdateUserPoolClient")
def attributes_exist(pool: Any, settings: dict[str, Any]) -> None:
    """A client reads and writes attributes that the pool's schema has.

    Source: botocore cognito-idp.CreateUserPoolClient, ReadAttributes and WriteAttributes; the message is
    assumed.
    """
    for member, verb in (("ReadAttributes", "read"), ("WriteAttributes", "write")):
        if any(name not in pool.schema_attributes for name in settings.get(member) or []):
            text = f"Invalid {verb} attributes specified while creating a client"
            raise AwsError("InvalidParameterException", text)


@rule("cognito-idp.CreateUserPoolClient", "cognito-idp.UpdateUserPoolClient")
def validities_in_range(settings: dict[str, Any]) -> None:
    """Access and id tokens live from five minutes to a day, refresh tokens from an hour to ten years.

    Source: botocore cognito-idp.CreateUserPoolClient, AccessTokenValidity, IdTokenValidity and
    RefreshTokenValidity; the message is assumed.
    """
    units = settings["TokenValidityUnits"] or {}
    for member, unit, low, high in _VALIDITIES:
        count = settings.get(f"{member}Validity")
        seconds = int(count or 0) * _SECONDS[units.get(member, unit)]
        if count and not low <= seconds <= high:
            text = f"Invalid range for token validity: {member}Validity must be within {low} to {high} seconds."
            raise AwsError("InvalidParameterException", text)
