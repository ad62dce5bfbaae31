"""Integrations of HTTP APIs: HTTP proxies, through a VPC link or the Internet."""

from __future__ import annotations

import re
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from ...tokens import identifier
from ..elbv2 import listener
from . import deployment
from .common import api_exists, bad_request, conflict, given, listed, merged, one_of, too_many
from .store import Api, Item, store

_LISTENER = re.compile(r"^arn:aws:elasticloadbalancing:([a-z0-9-]+):(\d{12}):listener/(app|net)/[^/]+/[^/]+/[^/]+$")
_PARAMETER = re.compile(r"^(append|overwrite|remove):(header|querystring)\.[^\s]+$|^overwrite:path$")


@rule("apigatewayv2.CreateIntegration", "apigatewayv2.UpdateIntegration")
def integration_is_a_proxy(item: Item) -> None:
    """HTTP APIs have proxy integrations: an HTTP proxy has a method, and the payload format 1.0.

    Source: aws-facts 3; botocore apigatewayv2.CreateIntegration (IntegrationType, PayloadFormatVersion:
    "Required for HTTP APIs"); anomalyco/sst#5510; texts assumed.
    """
    if item["IntegrationType"] == "AWS_PROXY":
        raise AwsError("InternalFailure", "the emulator lacks Lambda and service integrations", 501)
    if item["IntegrationType"] != "HTTP_PROXY":
        raise bad_request("HTTP APIs only support AWS_PROXY and HTTP_PROXY integrations")
    if not item.get("IntegrationMethod"):
        raise bad_request("HttpMethod must be specified for HTTP_PROXY integrations")
    version = item.get("PayloadFormatVersion")
    if version is None:
        raise bad_request("PayloadFormatVersion is a required parameter for integration")
    if version != "1.0":
        raise bad_request(f"PayloadFormatVersion {version} is not supported for HTTP_PROXY integrations")


@rule("apigatewayv2.CreateIntegration", "apigatewayv2.UpdateIntegration")
def private_integration_names_a_listener(call: Call, item: Item) -> None:
    """A private integration has a VPC link that exists, and the ARN of a listener of the same account and
    Region for its URI.

    Source: aws-facts 3 (with the message); API Gateway Developer Guide,
    http-api-develop-integrations-private. That the listener must exist is an assumption.
    """
    if item.get("ConnectionType", "INTERNET") != "VPC_LINK":
        if not str(item.get("IntegrationUri", "")).startswith(("http://", "https://")):
            raise bad_request("Invalid HTTP endpoint specified for URI")
        return
    link_id = item.get("ConnectionId")
    if not link_id or link_id not in store(call).links:
        raise bad_request(f"Invalid ConnectionId: no VPC link '{link_id or ''}' exists")
    uri = str(item.get("IntegrationUri", ""))
    match = _LISTENER.match(uri)
    right = match is not None and match.groups()[:2] == (call.region, call.account)
    if not right or (match and match.group(3) == "net" and listener.find(call, uri) is None):
        text = (
            f"For VpcLink {link_id}, integration uri should be a valid ELB listener ARN or a valid Cloud Map service "
            "ARN."
        )
        raise bad_request(text)


@rule("apigatewayv2.CreateIntegration", "apigatewayv2.UpdateIntegration")
def request_parameters_map(parameters: dict[str, str]) -> None:
    """Keys say what to do to a header, a query parameter or the path (overwrite:path).

    Source: aws-facts 3; API Gateway Developer Guide, http-api-parameter-mapping; text assumed.
    """
    for key in parameters:
        if not _PARAMETER.match(key):
            raise bad_request(f"Invalid mapping expression specified: Validation Result: invalid parameter key {key}")


@rule("apigatewayv2.CreateIntegration")
def integration_quota(call: Call, api: Api) -> None:
    """A bounded number of integrations per API.

    Source: aws-facts 3 (300); message as seen with AWS::ApiGatewayV2::Integration, the code is assumed.
    """
    if len(api.integrations) >= call.quota("integrationsPerApi"):
        raise too_many(
            "Maximum number of Integrations for this API has been reached. "
            "Please contact AWS if you need additional Integrations."
        )


def _check(call: Call, item: Item) -> None:
    integration_is_a_proxy(item)
    private_integration_names_a_listener(call, item)
    request_parameters_map(item.get("RequestParameters") or {})


@answers("apigatewayv2", "CreateIntegration")
def create_integration(call: Call) -> dict[str, Any]:
    """Creates an integration: nothing tells two alike apart but their ids."""
    api = api_exists(call)
    item = {"ConnectionType": "INTERNET", "TimeoutInMillis": 30000, **given(call, "ApiId")}
    _check(call, item)
    integration_quota(call, api)
    item = {"IntegrationId": identifier(7), **item}
    api.integrations[item["IntegrationId"]] = item
    call.created(item["IntegrationId"])
    deployment.automatic(call, api)
    return item


@answers("apigatewayv2", "GetIntegration")
def get_integration(call: Call) -> dict[str, Any]:
    """Shows an integration."""
    return one_of(call, api_exists(call).integrations, "Integration", call.params["IntegrationId"])


@answers("apigatewayv2", "GetIntegrations")
def get_integrations(call: Call) -> dict[str, Any]:
    """Lists the integrations of an API."""
    return listed(call, api_exists(call).integrations.values(), "IntegrationId")


@answers("apigatewayv2", "UpdateIntegration")
def update_integration(call: Call) -> dict[str, Any]:
    """Changes what is given; request parameters are merged, one with an empty value goes."""
    api = api_exists(call)
    item = one_of(call, api.integrations, "Integration", call.params["IntegrationId"])
    changes = given(call, "ApiId", "IntegrationId")
    if "RequestParameters" in changes:
        together = {**(item.get("RequestParameters") or {}), **changes["RequestParameters"]}
        changes["RequestParameters"] = {k: v for k, v in together.items() if v}
    if changes.get("ConnectionType") == "INTERNET":
        changes["ConnectionId"] = None
    merged(item, changes, lambda together: _check(call, together))
    for name in [k for k, v in item.items() if v is None]:
        del item[name]
    deployment.automatic(call, api)
    return item


@rule("apigatewayv2.DeleteIntegration")
def routed_integration_stays(api: Api, integration_id: str) -> None:
    """An integration that a route refers to cannot be deleted.

    Source: aws-facts 3; message of milliHQ/terraform-aws-next-js#247 (ConflictException).
    """
    users = [r["RouteId"] for r in api.routes.values() if r.get("Target") == f"integrations/{integration_id}"]
    if users:
        text = (
            f"Cannot delete Integration because it is referenced by the following Routes with Ids: [{', '.join(users)}]"
        )
        raise conflict(text)


@answers("apigatewayv2", "DeleteIntegration")
def delete_integration(call: Call) -> dict[str, Any]:
    """Deletes an integration."""
    api = api_exists(call)
    item = one_of(call, api.integrations, "Integration", call.params["IntegrationId"])
    routed_integration_stays(api, item["IntegrationId"])
    api.integrations.pop(item["IntegrationId"])
    deployment.automatic(call, api)
    return {}
