"""Stages of HTTP APIs: deployments, throttling, access logs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from moto.logs.models import logs_backends

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import deployment
from .common import (
    api_exists,
    bad_request,
    conflict,
    given,
    listed,
    merged,
    one_of,
    stage_of,
    tags_allowed,
    too_many,
)
from .store import Api, Item, store

_NAME = re.compile(r"^(\$default|[A-Za-z0-9_-]{1,128})$")
_LOG_GROUP = re.compile(r"^arn:aws:logs:([a-z0-9-]+):(\d{12}):log-group:([\w./#-]{1,512})(:\*)?$")


@rule("apigatewayv2.CreateStage")
def stage_is_new(api: Api, name: str) -> None:
    """A stage's name is $default or made of letters, digits, _ and -, and unique in its API.

    Source: aws-facts 6.2; botocore apigatewayv2.CreateStage, StageName (ConflictException).
    """
    if not _NAME.match(name):
        raise bad_request("Stage name only allows a-zA-Z0-9_- or $default")
    if name in api.stages:
        raise conflict("Stage already exists")


@rule("apigatewayv2.CreateStage", "apigatewayv2.UpdateStage")
def access_logs_fit(call: Call, settings: Item | None) -> None:
    """Access logs go to a log group that exists, in a format of one line that holds the request's id.

    Source: aws-facts 3; API Gateway Developer Guide, http-api-logging; message as of REST APIs; that the
    group must exist is an assumption.
    """
    if not settings:
        return
    text = str(settings.get("Format", ""))
    if not 1 <= len(text) <= 1024 or "\n" in text.rstrip("\n") or "$context." not in text:
        raise bad_request("Invalid access log format")
    if not any(f"$context.{name}" in text for name in ("requestId", "extendedRequestId")):
        raise bad_request("Access log format must contain at least $context.requestId or $context.extendedRequestId")
    match = _LOG_GROUP.match(str(settings.get("DestinationArn", "")))
    groups: Any = logs_backends[call.account][call.region].groups
    if match is None or match.groups()[:2] != (call.region, call.account) or match.group(3) not in groups:
        raise bad_request(f"Invalid ARN specified in the request: {settings.get('DestinationArn')}")


@rule("apigatewayv2.CreateStage", "apigatewayv2.UpdateStage")
def route_settings_name_routes(api: Api, settings: dict[str, Item]) -> None:
    """Route settings are for routes that the API has.

    Source: message as seen with AWS::ApiGatewayV2::Stage (NotFoundException).
    """
    keys = {r["RouteKey"] for r in api.routes.values()}
    for key in settings:
        if key not in keys:
            text = f"Unable to find Route by key {key} within the provided RouteSettings"
            raise AwsError("NotFoundException", text, 404)


@rule("apigatewayv2.CreateStage", "apigatewayv2.UpdateStage")
def throttling_fits(stage: Item) -> None:
    """Limits are not negative; HTTP APIs have neither execution logs nor data traces.

    Source: API Gateway Developer Guide, http-api-throttling and http-api-logging; message as seen with
    AWS::ApiGatewayV2::Stage.
    """
    for settings in [stage.get("DefaultRouteSettings") or {}, *(stage.get("RouteSettings") or {}).values()]:
        if settings.get("LoggingLevel") not in (None, "OFF") or settings.get("DataTraceEnabled"):
            raise bad_request("Execution logs are not supported on protocolType HTTP")
        for name in ("ThrottlingBurstLimit", "ThrottlingRateLimit"):
            if (settings.get(name) or 0) < 0:
                raise bad_request(f"Invalid value for {name}: it must not be negative")


@rule("apigatewayv2.CreateStage")
def stage_quota(call: Call, api: Api) -> None:
    """A bounded number of stages per API.

    Source: API Gateway Developer Guide, http-api-quotas (10); the code is not documented,
    TooManyRequestsException is assumed.
    """
    if len(api.stages) >= call.quota("stagesPerApi"):
        raise too_many("Maximum number of stages for this API has been reached")


def _check(call: Call, api: Api, stage: Item) -> None:
    access_logs_fit(call, stage.get("AccessLogSettings"))
    route_settings_name_routes(api, stage.get("RouteSettings") or {})
    throttling_fits(stage)


def _deployed_by_hand(call: Call, api: Api, stage: Item, deployment_id: str | None) -> None:
    if deployment_id is not None:
        deployment.automatic_stage_takes_no_deployment(stage)
        one_of(call, api.deployments, "Deployment", deployment_id)


@answers("apigatewayv2", "CreateStage")
def create_stage(call: Call) -> dict[str, Any]:
    """Creates a stage, deployed by itself or by hand."""
    api = api_exists(call)
    asked = given(call, "ApiId", "Tags")
    stage_is_new(api, asked["StageName"])
    now = datetime.now(UTC)
    defaults: Item = {"AutoDeploy": False, "RouteSettings": {}, "StageVariables": {}}
    asked["DefaultRouteSettings"] = {"DetailedMetricsEnabled": False, **asked.get("DefaultRouteSettings", {})}
    stage: Item = {**defaults, **asked, "CreatedDate": now, "LastUpdatedDate": now}
    stage["Tags"] = tags_allowed(call, {}, call.params.get("Tags"))
    _check(call, api, stage)
    _deployed_by_hand(call, api, stage, asked.get("DeploymentId"))
    stage_quota(call, api)
    api.stages[stage["StageName"]] = stage
    call.created(f"{api.stage_prefix()}{stage['StageName']}")
    if stage["AutoDeploy"]:
        deployment.stage_deploys_by_itself(call, api, stage)
        call.world.settle(call.account)
    return stage


@answers("apigatewayv2", "GetStage")
def get_stage(call: Call) -> dict[str, Any]:
    """Shows a stage."""
    return stage_of(call, api_exists(call), call.params["StageName"])


@answers("apigatewayv2", "GetStages")
def get_stages(call: Call) -> dict[str, Any]:
    """Lists the stages of an API."""
    api = api_exists(call)
    return listed(call, api.stages.values(), "StageName", api.stage_prefix())


@answers("apigatewayv2", "UpdateStage")
def update_stage(call: Call) -> dict[str, Any]:
    """Changes what is given, which moto lacks; default route settings and those of routes are merged. A stage
    that now deploys by itself, or that failed to at its last attempt, is deployed.
    """
    api = api_exists(call)
    stage = stage_of(call, api, call.params["StageName"])
    changes = given(call, "ApiId", "StageName")
    for name in ("DefaultRouteSettings", "RouteSettings", "StageVariables"):
        if name in changes:
            changes[name] = {**(stage.get(name) or {}), **changes[name]}
    _deployed_by_hand(call, api, {**stage, **changes}, changes.get("DeploymentId"))
    served = stage["AutoDeploy"] and not deployment.failed(stage)
    merged(stage, changes, lambda together: _check(call, api, together))
    stage["LastUpdatedDate"] = datetime.now(UTC)
    if stage["AutoDeploy"] and not served:
        deployment.stage_deploys_by_itself(call, api, stage)
        call.world.settle(call.account)
    return stage


@answers("apigatewayv2", "DeleteAccessLogSettings")
def delete_access_log_settings(call: Call) -> dict[str, Any]:
    """Ends access logs; a stage without them is no error."""
    stage = stage_of(call, api_exists(call), call.params["StageName"])
    stage.pop("AccessLogSettings", None)
    return {}


@answers("apigatewayv2", "DeleteRouteSettings")
def delete_route_settings(call: Call) -> dict[str, Any]:
    """Takes the settings of one route away."""
    stage = stage_of(call, api_exists(call), call.params["StageName"])
    if stage["RouteSettings"].pop(call.params["RouteKey"], None) is None:
        text = f"Unable to find Route by key {call.params['RouteKey']} within the provided RouteSettings"
        raise AwsError("NotFoundException", text, 404)
    return {}


@rule("apigatewayv2.DeleteStage")
def mapped_stage_stays(call: Call, api_id: str, name: str) -> None:
    """A stage to which a custom domain is mapped cannot be deleted.

    Source: API Gateway Developer Guide, http-api-custom-domain-names; text and code assumed.
    """
    for domain in store(call).domains.values():
        if any((m["ApiId"], m["Stage"]) == (api_id, name) for m in domain.mappings.values()):
            raise bad_request("Please remove all base path mappings related to the stage before deleting the stage.")


@answers("apigatewayv2", "DeleteStage")
def delete_stage(call: Call) -> dict[str, Any]:
    """Deletes a stage."""
    api = api_exists(call)
    stage = stage_of(call, api, call.params["StageName"])
    mapped_stage_stays(call, api.shown["ApiId"], stage["StageName"])
    api.stages.pop(stage["StageName"])
    return {}
