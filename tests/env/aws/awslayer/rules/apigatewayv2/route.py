"""Routes of HTTP APIs."""

from __future__ import annotations

import re
from typing import Any

from ...call import Call
from ...registry import answers, rule
from ...tokens import identifier
from . import deployment
from .common import api_exists, bad_request, conflict, given, listed, merged, one_of, too_many
from .store import Api, Item

_METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY"
_KEY = re.compile(rf"^({_METHODS}) /(?:[^/{{}}\s]+|\{{[\w.-]+\}}|/)*(?:\{{[\w.-]+\+\}})?$")


@rule("apigatewayv2.CreateRoute", "apigatewayv2.UpdateRoute")
def route_key_is_readable(key: str) -> None:
    """A route key is $default, or a method and a path.

    Source: API Gateway Developer Guide, http-api-develop-routes; message as seen with
    AWS::ApiGatewayV2::Route.
    """
    if key != "$default" and not _KEY.match(key):
        text = (
            "The provided route key is not formatted properly for HTTP protocol. "
            'Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"'
        )
        raise bad_request(text)


@rule("apigatewayv2.CreateRoute", "apigatewayv2.UpdateRoute")
def route_key_is_new(api: Api, key: str, mine: str | None = None) -> None:
    """An API has one route per key.

    Source: aws-facts 6.2; botocore apigatewayv2.CreateRoute (ConflictException); message as seen with
    AWS::ApiGatewayV2::Route.
    """
    if any(r["RouteKey"] == key and r["RouteId"] != mine for r in api.routes.values()):
        raise conflict(f"Route with key {key} already exists for this API")


@rule("apigatewayv2.CreateRoute", "apigatewayv2.UpdateRoute")
def route_target_exists(api: Api, target: str | None) -> None:
    """A route's target is integrations/ and the id of an integration of the API.

    Source: botocore apigatewayv2.CreateRoute, Target; text and code assumed.
    """
    if target is not None:
        kind, _, integration_id = target.partition("/")
        if kind != "integrations" or integration_id not in api.integrations:
            raise bad_request(f"The provided target {target} is not an integration of this API")


@rule("apigatewayv2.CreateRoute", "apigatewayv2.UpdateRoute")
def route_authorization_fits(item: Item, api: Api) -> None:
    """JWT authorization needs an authorizer of the API; scopes, ten at most, need JWT authorization.

    Source: aws-facts 3 (quota) and 3.1 (anomalyco/sst#4097); botocore apigatewayv2.CreateRoute,
    AuthorizationType and AuthorizationScopes; texts assumed.
    """
    kind = item["AuthorizationType"]
    if kind not in ("NONE", "JWT", "AWS_IAM"):
        raise bad_request(f"Unsupported authorization type {kind} for HTTP APIs")
    if kind == "JWT" and item.get("AuthorizerId") not in api.authorizers:
        raise bad_request(
            "Invalid authorizer ID specified. Setting the authorization type to JWT requires a valid authorizer."
        )
    if kind != "JWT" and item.get("AuthorizationScopes"):
        raise bad_request("Authorization scopes are supported with JWT authorizers only")
    if len(item.get("AuthorizationScopes") or []) > 10:
        raise bad_request("A route has at most 10 authorization scopes")


@rule("apigatewayv2.CreateRoute")
def api_route_quota(call: Call, api: Api) -> None:
    """A bounded number of routes per API.

    Source: aws-facts 3 (300); message as seen with AWS::ApiGatewayV2::Route, the code is assumed.
    """
    if len(api.routes) >= call.quota("routesPerApi"):
        raise too_many("Maximum number of Routes for this API has been reached.")


def _check(api: Api, item: Item) -> None:
    route_key_is_readable(item["RouteKey"])
    route_key_is_new(api, item["RouteKey"], item.get("RouteId"))
    route_target_exists(api, item.get("Target"))
    route_authorization_fits(item, api)


@answers("apigatewayv2", "CreateRoute")
def create_route(call: Call) -> dict[str, Any]:
    """Creates a route."""
    api = api_exists(call)
    item = {"ApiKeyRequired": False, "AuthorizationType": "NONE", **given(call, "ApiId")}
    _check(api, item)
    api_route_quota(call, api)
    item = {"RouteId": identifier(7), **item}
    api.routes[item["RouteId"]] = item
    call.created(item["RouteId"])
    deployment.automatic(call, api)
    return item


@answers("apigatewayv2", "GetRoute")
def get_route(call: Call) -> dict[str, Any]:
    """Shows a route."""
    return one_of(call, api_exists(call).routes, "Route", call.params["RouteId"])


@answers("apigatewayv2", "GetRoutes")
def get_routes(call: Call) -> dict[str, Any]:
    """Lists the routes of an API."""
    return listed(call, api_exists(call).routes.values(), "RouteId")


@answers("apigatewayv2", "UpdateRoute")
def update_route(call: Call) -> dict[str, Any]:
    """Changes what is given; the authorization type NONE takes authorizer and scopes away."""
    api = api_exists(call)
    item = one_of(call, api.routes, "Route", call.params["RouteId"])
    changes = given(call, "ApiId", "RouteId")
    if changes.get("AuthorizationType") == "NONE":
        changes |= {"AuthorizerId": None, "AuthorizationScopes": None}
    merged(item, changes, lambda together: _check(api, together))
    for name in [k for k, v in item.items() if v is None]:
        del item[name]
    deployment.automatic(call, api)
    return item


@answers("apigatewayv2", "DeleteRoute")
def delete_route(call: Call) -> dict[str, Any]:
    """Deletes a route."""
    api = api_exists(call)
    item = one_of(call, api.routes, "Route", call.params["RouteId"])
    api.routes.pop(item["RouteId"])
    deployment.automatic(call, api)
    return {}
