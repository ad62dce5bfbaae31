"""Resource servers of user pools: the custom scopes that tokens can carry."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import store
from .pages import sixty_to_a_page


class Server:
    """A resource server as the layer keeps it, under the names that moto uses."""

    def __init__(self, pool_id: str, params: dict[str, Any]) -> None:
        self.user_pool_id = pool_id
        self.identifier: str = params["Identifier"]
        self.take(params)

    def take(self, params: dict[str, Any]) -> None:
        """Replaces what can be changed, as a whole."""
        self.name: str = params["Name"]
        self.scopes = [dict(scope) for scope in params.get("Scopes") or []]


def view(server: Any) -> dict[str, Any]:
    """A resource server as answers show it."""
    shown = {"UserPoolId": server.user_pool_id, "Identifier": server.identifier, "Name": server.name}
    return {**shown, "Scopes": [dict(scope) for scope in server.scopes]}


@rule("cognito-idp.CreateResourceServer")
def identifier_is_free(pool: Any, identifier: str) -> None:
    """An identifier names one resource server of a pool.

    Source: aws-facts 6.2; botocore cognito-idp.CreateResourceServer (InvalidParameterException); message as
    moto has it from AWS.
    """
    if identifier in pool.resource_servers:
        raise AwsError("InvalidParameterException", f"{identifier} already exists in user pool {pool.id}.")


@rule("cognito-idp.CreateResourceServer")
def resource_server_quota(call: Call, pool: Any) -> None:
    """A bounded number of resource servers per user pool.

    Source: Cognito Developer Guide, "Quotas in Amazon Cognito" (25); botocore
    cognito-idp.CreateResourceServer (LimitExceededException).
    """
    limit = call.quota("resourceServersPerPool")
    if len(pool.resource_servers) >= limit:
        raise AwsError("LimitExceededException", f"Maximum number of resource servers ({limit}) exceeded.")


@rule("cognito-idp.CreateResourceServer", "cognito-idp.UpdateResourceServer")
def scope_names_are_unique(params: dict[str, Any]) -> None:
    """A scope's name occurs once in a resource server.

    Source: Cognito Developer Guide, cognito-user-pools-define-resource-servers; the message is assumed.
    """
    names = [scope["ScopeName"] for scope in params.get("Scopes") or []]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise AwsError("InvalidParameterException", f"Duplicate scope name {twice}.")


@rule("cognito-idp.*")
def resource_server_exists(call: Call) -> tuple[Any, Any]:
    """An operation on a resource server that does not exist is refused.

    Source: botocore cognito-idp.DescribeResourceServer (ResourceNotFoundException).
    """
    pool = store.user_pool_exists(call, call.params["UserPoolId"])
    identifier = call.params["Identifier"]
    found = pool.resource_servers.get(identifier)
    if found is None or call.world.staleness.misses(call.account, identifier, call.now, by_id=True):
        raise AwsError("ResourceNotFoundException", f"Resource server {identifier} does not exist.")
    return pool, found


@answers("cognito-idp", "CreateResourceServer")
def create_resource_server(call: Call) -> dict[str, Any]:
    """Creates a resource server under its identifier."""
    pool = store.user_pool_exists(call, call.params["UserPoolId"])
    identifier_is_free(pool, call.params["Identifier"])
    scope_names_are_unique(call.params)
    resource_server_quota(call, pool)
    made = Server(pool.id, call.params)
    pool.resource_servers[made.identifier] = made
    call.created(made.identifier)
    return {"ResourceServer": view(made)}


@answers("cognito-idp", "DescribeResourceServer")
def describe_resource_server(call: Call) -> dict[str, Any]:
    """Name and scopes."""
    return {"ResourceServer": view(resource_server_exists(call)[1])}


@answers("cognito-idp", "UpdateResourceServer")
def update_resource_server(call: Call) -> dict[str, Any]:
    """Replaces name and scopes as a whole, which moto cannot."""
    _, server = resource_server_exists(call)
    scope_names_are_unique(call.params)
    server.take(call.params)
    return {"ResourceServer": view(server)}


@answers("cognito-idp", "DeleteResourceServer")
def delete_resource_server(call: Call) -> dict[str, Any]:
    """Deletes a resource server, which moto cannot; clients keep the names of its scopes."""
    pool, server = resource_server_exists(call)
    del pool.resource_servers[server.identifier]
    return {}


@answers("cognito-idp", "ListResourceServers")
def list_resource_servers(call: Call) -> dict[str, Any]:
    """All resource servers of a pool, with their scopes."""
    pool = store.user_pool_exists(call, call.params["UserPoolId"])
    page, token = sixty_to_a_page(call, list(pool.resource_servers.values()), lambda s: s.identifier, default=50)
    return {"ResourceServers": [view(server) for server in page], **token}
