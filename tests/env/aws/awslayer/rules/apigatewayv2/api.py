"""HTTP APIs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, dumps, rule
from ...tokens import identifier
from .common import api_exists, bad_request, given, listed, tags_allowed, too_many
from .store import Api, Item, store


@rule("apigatewayv2.CreateApi", "apigatewayv2.UpdateApi")
def cors_fits(cors: Item | None) -> None:
    """Credentials are not for every origin; an origin has a scheme or is *.

    Source: API Gateway Developer Guide, http-api-cors; the code is not documented, BadRequestException is
    assumed.
    """
    if not cors:
        return
    origins = cors.get("AllowOrigins") or []
    if cors.get("AllowCredentials") and "*" in origins:
        raise bad_request("Allow credentials is not supported when allow origins is *")
    for origin in origins:
        if origin != "*" and not origin.startswith(("http://", "https://")):
            raise bad_request(f"Invalid format for origin {origin}. Origin should start with valid scheme or be *.")


@rule("apigatewayv2.CreateApi", "apigatewayv2.UpdateApi")
def api_name_fits(name: str) -> None:
    """A name has 1 to 128 characters; it need not be unique.

    Source: botocore apigatewayv2 (StringWithLengthBetween1And128, a bound that only its description
    states); aws-facts 6.2 (duplicates).
    """
    if not 1 <= len(name) <= 128:
        raise bad_request("Invalid API name specified: expecting 1 to 128 characters")


@rule("apigatewayv2.CreateApi")
def api_quota(call: Call) -> None:
    """A bounded number of APIs per Region.

    Source: API Gateway Developer Guide, limits (600); the code is not documented, TooManyRequestsException
    is assumed.
    """
    if len(store(call).apis) >= call.quota("httpApis"):
        raise too_many("Maximum number of APIs for this account has been reached")


def view(call: Call, api: Api) -> Item:
    """An API as answers show it, with its endpoint: AWS's name, or the layer's own address of it (the
    setting apiEndpoints).
    """
    api_id = api.shown["ApiId"]
    endpoint = f"https://{api_id}.execute-api.{call.region}.amazonaws.com"
    if call.world.settings.get("apiEndpoints", call.account) == "layer":
        endpoint = f"http://{call.environ.get('HTTP_HOST', 'localhost')}/_api/{api_id}"
    return {"ApiEndpoint": endpoint, **api.shown}


@answers("apigatewayv2", "CreateApi")
def create_api(call: Call) -> dict[str, Any]:
    """Creates an HTTP API: nothing tells two of the same name apart but their ids and tags."""
    asked = given(call, "Tags")
    if asked["ProtocolType"] != "HTTP" or asked.keys() & {"Target", "RouteKey", "CredentialsArn"}:
        raise AwsError("InternalFailure", "the emulator lacks WebSocket APIs and quick create", 501)
    api_name_fits(asked["Name"])
    cors_fits(asked.get("CorsConfiguration"))
    tags = tags_allowed(call, {}, call.params.get("Tags"))
    api_quota(call)
    api_id = identifier(10)
    shown = {
        "ApiId": api_id,
        "ApiKeySelectionExpression": "$request.header.x-api-key",
        "RouteSelectionExpression": "$request.method $request.path",
        "DisableExecuteApiEndpoint": False,
        "IpAddressType": "ipv4",
        "CreatedDate": datetime.now(UTC),
        **asked,
        "Tags": tags,
    }
    store(call).apis[api_id] = Api(shown)
    call.created(api_id)
    return view(call, store(call).apis[api_id])


@answers("apigatewayv2", "GetApi")
def get_api(call: Call) -> dict[str, Any]:
    """Shows an API."""
    return view(call, api_exists(call))


@answers("apigatewayv2", "GetApis")
def get_apis(call: Call) -> dict[str, Any]:
    """Lists APIs with their tags."""
    return listed(call, [view(call, a) for a in store(call).apis.values()], "ApiId")


@answers("apigatewayv2", "UpdateApi")
def update_api(call: Call) -> dict[str, Any]:
    """Changes what is given; CORS is replaced as a whole."""
    api = api_exists(call)
    changes = given(call, "ApiId")
    if changes.keys() & {"Target", "RouteKey", "CredentialsArn"}:
        raise AwsError("InternalFailure", "the emulator lacks quick create", 501)
    api_name_fits(str(changes.get("Name", api.shown["Name"])))
    cors_fits(changes.get("CorsConfiguration"))
    api.shown.update(changes)
    return view(call, api)


@answers("apigatewayv2", "DeleteCorsConfiguration")
def delete_cors_configuration(call: Call) -> dict[str, Any]:
    """Takes CORS away; an API without it is no error."""
    api_exists(call).shown.pop("CorsConfiguration", None)
    return {}


@rule("apigatewayv2.DeleteApi")
def mapped_api_stays(call: Call, api_id: str) -> None:
    """An API to which a custom domain is mapped cannot be deleted.

    Source: API Gateway Developer Guide, http-api-custom-domain-names; message as of REST APIs, the code is
    assumed.
    """
    for domain in store(call).domains.values():
        if any(m["ApiId"] == api_id for m in domain.mappings.values()):
            text = "Please remove all base path mappings related to the API in your account before deleting the API."
            raise bad_request(text)


@answers("apigatewayv2", "DeleteApi")
def delete_api(call: Call) -> dict[str, Any]:
    """Deletes an API with its routes, integrations, authorizers, stages and deployments."""
    api = api_exists(call)
    mapped_api_stays(call, api.shown["ApiId"])
    store(call).apis.pop(api.shown["ApiId"])
    return {}


@dumps("apigatewayv2")
def dumped(call: Call) -> dict[str, Iterable[Any]]:
    """APIs with all that belongs to them but deployments."""
    kinds = ("routes", "integrations", "authorizers", "stages")
    volatile = ("DeploymentId", "LastDeploymentStatusMessage", "LastUpdatedDate")

    def still(item: Item) -> Item:
        return {k: v for k, v in item.items() if k not in volatile}

    return {
        "apis": [
            {**a.shown, **{kind: [still(i) for i in getattr(a, kind).values()] for kind in kinds}}
            for a in store(call).apis.values()
        ]
    }
