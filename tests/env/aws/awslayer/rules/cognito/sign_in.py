"""Signing in: which flows a client allows, and who proves to be the client."""

from __future__ import annotations

from typing import Any

from moto.cognitoidp.utils import check_secret_hash

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import client_settings, srp, store

# A flow, and the names by which a client allows it, the older one included.
_ALLOWED_AS = {
    "USER_PASSWORD_AUTH": ("ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"),
    "USER_SRP_AUTH": ("ALLOW_USER_SRP_AUTH",),
    "CUSTOM_AUTH": ("ALLOW_CUSTOM_AUTH", "CUSTOM_AUTH_FLOW_ONLY"),
    "USER_AUTH": ("ALLOW_USER_AUTH",),
    "ADMIN_USER_PASSWORD_AUTH": ("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"),
    "ADMIN_NO_SRP_AUTH": ("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"),
    "REFRESH_TOKEN_AUTH": ("ALLOW_REFRESH_TOKEN_AUTH", "ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH"),
    "REFRESH_TOKEN": ("ALLOW_REFRESH_TOKEN_AUTH", "ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH"),
}


@rule("cognito-idp.InitiateAuth", "cognito-idp.AdminInitiateAuth")
def client_allows_the_flow(client: Any, flow: str) -> None:
    """A client signs in only by the flows that it names; without any: SRP, custom and refresh.

    Source: botocore cognito-idp.CreateUserPoolClient, ExplicitAuthFlows; the message is assumed.
    """
    allowed = client_settings.flows_of(client.extended_config)
    if not set(_ALLOWED_AS.get(flow, ())) & set(allowed):
        raise AwsError("InvalidParameterException", f"{flow.removeprefix('ADMIN_')} flow not enabled for this client")


@rule("cognito-idp.InitiateAuth", "cognito-idp.AdminInitiateAuth")
def secret_hash_proves_the_client(client: Any, parameters: dict[str, str]) -> None:
    """A client with a secret proves it by SECRET_HASH; one without must not send it.

    Source: Cognito Developer Guide, signing-up-users-in-your-app ("Computing secret hash values"); the
    messages are assumed.
    """
    name = parameters.get("USERNAME") or parameters.get("REFRESH_TOKEN_USERNAME") or ""
    given = parameters.get("SECRET_HASH")
    if not client.generate_secret:
        if given:
            text = f"Client {client.id} is not configured for secret but secret hash was received"
            raise AwsError("NotAuthorizedException", text)
        return
    if given is None:
        text = f"Client {client.id} is configured with secret but SECRET_HASH was not received"
        raise AwsError("NotAuthorizedException", text)
    if "USERNAME" in parameters and not check_secret_hash(client.secret, client.id, name, given):
        raise AwsError("NotAuthorizedException", f"Unable to verify secret hash for client {client.id}")


@rule("cognito-idp.InitiateAuth", "cognito-idp.AdminInitiateAuth")
def unknown_users_look_like_wrong_passwords(pool: Any, client: Any, parameters: dict[str, str]) -> None:
    """With PreventUserExistenceErrors a user that does not exist is refused as a wrong password is.

    Source: Cognito Developer Guide, cognito-user-pool-managing-errors.
    """
    name = parameters.get("USERNAME")
    hide = client.extended_config.get("PreventUserExistenceErrors") == "ENABLED"
    if name is not None and hide and not pool._get_user(name):
        raise AwsError("NotAuthorizedException", "Incorrect username or password.")


@answers("cognito-idp", "InitiateAuth")
def initiate_auth(call: Call) -> dict[str, Any]:
    """An app signs a user in; the request is unsigned."""
    return _sign_in(call, next(p for p in store.pools(call) if call.params["ClientId"] in p.clients))


@answers("cognito-idp", "AdminInitiateAuth")
def admin_initiate_auth(call: Call) -> dict[str, Any]:
    """A back end signs a user in, with the account's credentials."""
    return _sign_in(call, store.user_pool_exists(call, call.params["UserPoolId"]))


def _sign_in(call: Call, pool: Any) -> dict[str, Any]:
    client = store.client_exists(call, pool, call.params["ClientId"])
    parameters = call.params.get("AuthParameters") or {}
    client_allows_the_flow(client, call.params["AuthFlow"])
    secret_hash_proves_the_client(client, parameters)
    unknown_users_look_like_wrong_passwords(pool, client, parameters)
    shown = call.ask_moto()
    if call.params["AuthFlow"] == "USER_SRP_AUTH":
        srp.challenge(call, pool, shown)
    return shown


@answers("cognito-idp", "RespondToAuthChallenge")
def respond_to_auth_challenge(call: Call) -> dict[str, Any]:
    """A user answers a challenge; what proves a password is looked at here, the rest is moto's."""
    responses = call.params.get("ChallengeResponses") or {}
    if call.params["ChallengeName"] != "PASSWORD_VERIFIER":
        return call.ask_moto()
    pool = next(p for p in store.pools(call) if call.params["ClientId"] in p.clients)
    session = srp.password_is_proved(call, pool, responses)
    responses = {**responses, "PASSWORD_CLAIM_SECRET_BLOCK": session}
    return call.ask_moto({**call.params, "ChallengeResponses": responses})
