"""App clients of user pools."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ... import tokens
from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import client_settings, store
from .pages import sixty_to_a_page


def view(client: Any) -> dict[str, Any]:
    """A client as its description shows it, secret included."""
    return {
        **client.extended_config,
        "UserPoolId": client.user_pool_id,
        "ClientId": client.id,
        "ClientName": client.name,
        "CreationDate": client.created,
        "LastModifiedDate": client.modified,
        **({"ClientSecret": client.secret} if client.generate_secret else {}),
    }


@rule("cognito-idp.CreateUserPoolClient")
def client_quota(call: Call, pool: Any) -> None:
    """A bounded number of app clients per user pool.

    Source: Cognito Developer Guide, "Quotas in Amazon Cognito" (1,000); botocore
    cognito-idp.CreateUserPoolClient (LimitExceededException).
    """
    limit = call.quota("clientsPerPool")
    if len(pool.clients) >= limit:
        raise AwsError("LimitExceededException", f"Maximum number of app clients ({limit}) exceeded.")


@rule("cognito-idp.CreateUserPoolClient")
def one_source_of_the_secret(params: dict[str, Any]) -> str | None:
    """A secret is generated, or given, or there is none.

    Source: botocore cognito-idp.CreateUserPoolClient, GenerateSecret and ClientSecret; the message is assumed.
    """
    generate, given = params.get("GenerateSecret"), params.get("ClientSecret")
    if generate and given:
        text = "ClientSecret cannot be given together with GenerateSecret."
        raise AwsError("InvalidParameterException", text)
    return given or (tokens.identifier(51) if generate else None)


@answers("cognito-idp", "CreateUserPoolClient")
def create_user_pool_client(call: Call) -> dict[str, Any]:
    """Creates a client; names are not unique (aws-facts 6.2)."""
    pool = store.user_pool_exists(call, call.params["UserPoolId"])
    secret = one_source_of_the_secret(call.params)
    settings = client_settings.client_settings_as_a_whole(call.params)
    client_settings.check(pool, settings, has_secret=secret is not None)
    client_quota(call, pool)
    client = store.Client(pool, call.params["ClientName"], settings, secret)
    pool.clients[client.id] = client
    call.created(client.id)
    return {"UserPoolClient": view(client)}


@answers("cognito-idp", "DescribeUserPoolClient")
def describe_user_pool_client(call: Call) -> dict[str, Any]:
    """Everything about a client."""
    return {"UserPoolClient": view(_named(call)[1])}


@answers("cognito-idp", "ListUserPoolClients")
def list_user_pool_clients(call: Call) -> dict[str, Any]:
    """Names and ids only; the secret is never listed."""
    pool = store.user_pool_exists(call, call.params["UserPoolId"])
    page, token = sixty_to_a_page(call, list(pool.clients.values()), lambda client: client.id)
    shown = [{"ClientId": c.id, "UserPoolId": pool.id, "ClientName": c.name} for c in page]
    return {"UserPoolClients": shown, **token}


@answers("cognito-idp", "UpdateUserPoolClient")
def update_user_pool_client(call: Call) -> dict[str, Any]:
    """Replaces the settings of a client as a whole; its secret stays."""
    pool, client = _named(call)
    settings = client_settings.client_settings_as_a_whole(call.params)
    client_settings.check(pool, settings, has_secret=client.generate_secret)
    client.extended_config = settings
    client.name = call.params.get("ClientName") or client.name
    client.modified = datetime.now(UTC)
    return {"UserPoolClient": view(client)}


@answers("cognito-idp", "DeleteUserPoolClient")
def delete_user_pool_client(call: Call) -> dict[str, Any]:
    """Deletes a client."""
    pool, client = _named(call)
    del pool.clients[client.id]
    return {}


def _named(call: Call) -> tuple[Any, Any]:
    pool = store.user_pool_exists(call, call.params["UserPoolId"])
    return pool, store.client_exists(call, pool, call.params["ClientId"])
