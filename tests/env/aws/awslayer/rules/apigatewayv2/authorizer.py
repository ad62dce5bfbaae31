"""JWT authorizers of HTTP APIs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from ... import tokens
from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from ...tokens import identifier
from . import deployment
from .common import api_exists, bad_request, conflict, given, listed, merged, one_of, too_many
from .store import Api, Item

_SOURCE = re.compile(r"^\$request\.(header|querystring)\.[\w-]+$")
_COGNITO = re.compile(r"^(issuer-)?cognito-idp\.")


@rule("apigatewayv2.CreateAuthorizer", "apigatewayv2.UpdateAuthorizer")
def issuer_has_a_discovery_document(issuer: str) -> None:
    """The issuer's discovery document is fetched: a user pool must exist by then. Issuers that are not
    Cognito's are taken to have one, unless their name ends in .invalid.

    Source: aws-facts 3.1 (haandol/cognito-kakao-example#1, with the message); API Gateway Developer
    Guide, http-api-jwt-authorizer.
    """
    parts = urlsplit(issuer)
    host = parts.hostname or ""
    there = parts.scheme == "https" and bool(host) and not host.endswith(".invalid")
    if _COGNITO.match(host):
        there = tokens.pool_of(issuer) is not None
    if not there:
        text = (
            f"Caught exception when connecting to {issuer}/.well-known/openid-configuration for issuer {issuer}. "
            "Please try again later. Error: Invalid issuer: "
            f"{issuer}. Issuer must have a valid discovery endpoint ended with '/.well-known/openid-configuration'"
        )
        raise bad_request(text)


@rule("apigatewayv2.CreateAuthorizer", "apigatewayv2.UpdateAuthorizer")
def jwt_authorizer_is_complete(item: Item) -> None:
    """A JWT authorizer has an issuer, 1 to 50 audiences, and one place where the token is found.

    Source: aws-facts 3 (quota) and 3.1; botocore apigatewayv2.CreateAuthorizer (IdentitySource,
    JwtConfiguration: "Required for the JWT authorizer type"); texts assumed.
    """
    if item["AuthorizerType"] != "JWT":
        raise AwsError("InternalFailure", "the emulator lacks Lambda authorizers", 501)
    if not 1 <= len(item["Name"]) <= 128:
        raise bad_request("Invalid authorizer name specified: expecting 1 to 128 characters")
    sources = item.get("IdentitySource") or []
    if len(sources) != 1 or not _SOURCE.match(sources[0]):
        raise bad_request("JWT authorizers need one identity source such as $request.header.Authorization")
    config = item.get("JwtConfiguration") or {}
    if not config.get("Issuer"):
        raise bad_request("Issuer must be specified for a JWT authorizer")
    if not 1 <= len(config.get("Audience") or []) <= 50:
        raise bad_request("1 to 50 audiences must be specified for a JWT authorizer")


@rule("apigatewayv2.CreateAuthorizer", "apigatewayv2.UpdateAuthorizer")
def authorizer_name_is_new(api: Api, name: str, mine: str | None) -> None:
    """An authorizer's name is unique in its API.

    Source: aws-facts 6.2 (natural key: name); message as of REST APIs, the code is assumed.
    """
    if any(a["Name"] == name and a["AuthorizerId"] != mine for a in api.authorizers.values()):
        raise bad_request(f"Authorizer name must be unique. Authorizer {name} already exists in this API.")


@rule("apigatewayv2.CreateAuthorizer")
def authorizer_quota(call: Call, api: Api) -> None:
    """A bounded number of authorizers per API.

    Source: aws-facts 3 (10); the code is not documented, TooManyRequestsException is assumed.
    """
    if len(api.authorizers) >= call.quota("authorizersPerApi"):
        raise too_many("Maximum number of authorizers for this API has been reached")


def _check(api: Api, item: Item) -> None:
    jwt_authorizer_is_complete(item)
    authorizer_name_is_new(api, item["Name"], item.get("AuthorizerId"))
    issuer_has_a_discovery_document(item["JwtConfiguration"]["Issuer"])


@answers("apigatewayv2", "CreateAuthorizer")
def create_authorizer(call: Call) -> dict[str, Any]:
    """Creates a JWT authorizer."""
    api = api_exists(call)
    item = given(call, "ApiId")
    _check(api, item)
    authorizer_quota(call, api)
    item = {"AuthorizerId": identifier(6), **item}
    api.authorizers[item["AuthorizerId"]] = item
    call.created(item["AuthorizerId"])
    deployment.automatic(call, api)
    return item


@answers("apigatewayv2", "GetAuthorizer")
def get_authorizer(call: Call) -> dict[str, Any]:
    """Shows an authorizer."""
    return one_of(call, api_exists(call).authorizers, "Authorizer", call.params["AuthorizerId"])


@answers("apigatewayv2", "GetAuthorizers")
def get_authorizers(call: Call) -> dict[str, Any]:
    """Lists the authorizers of an API, which moto lacks."""
    return listed(call, api_exists(call).authorizers.values(), "AuthorizerId")


@answers("apigatewayv2", "UpdateAuthorizer")
def update_authorizer(call: Call) -> dict[str, Any]:
    """Changes what is given; issuer and audiences are replaced together."""
    api = api_exists(call)
    item = one_of(call, api.authorizers, "Authorizer", call.params["AuthorizerId"])
    merged(item, given(call, "ApiId", "AuthorizerId"), lambda together: _check(api, together))
    deployment.automatic(call, api)
    return item


@rule("apigatewayv2.DeleteAuthorizer")
def referenced_authorizer_stays(api: Api, item: Item) -> None:
    """An authorizer that a route refers to cannot be deleted.

    Source: anomalyco/sst#5586 (ConflictException, with the message).
    """
    users = [r["RouteKey"] for r in api.routes.values() if r.get("AuthorizerId") == item["AuthorizerId"]]
    if users:
        raise conflict(f"Cannot delete authorizer '{item['Name']}', is referenced in route: {', '.join(users)}")


@answers("apigatewayv2", "DeleteAuthorizer")
def delete_authorizer(call: Call) -> dict[str, Any]:
    """Deletes an authorizer."""
    api = api_exists(call)
    item = one_of(call, api.authorizers, "Authorizer", call.params["AuthorizerId"])
    referenced_authorizer_stays(api, item)
    api.authorizers.pop(item["AuthorizerId"])
    deployment.automatic(call, api)
    return {}
