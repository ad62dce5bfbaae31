"""A request's way through an API: stage, route, CORS, authorizer, integration, and on to a task."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..call import Call
from ..registry import rule
from ..rules.apigatewayv2.store import Api, Snapshot
from . import access_log, cors, private
from .authorize import authorize
from .route_match import most_specific_route_counts
from .throttle import routes_are_throttled
from .way import INTERNAL, NOT_FOUND, Reply, Request, Stopped, Trace

Item = dict[str, Any]


@dataclass(frozen=True)
class Staged:
    """A request that has found its stage: the path is without the stage's name."""

    stage: Item
    snapshot: Snapshot
    request: Request


def walk(call: Call, api: Api, request: Request, stage: str | None = None) -> tuple[Reply, Trace]:
    """Sends a request through an API, to a stage if a custom domain has named one, and returns the reply
    with the verdict of every hop. The caller holds the world's lock and has settled the account.
    """
    trace = Trace()
    staged: Staged | None = None
    route: Item | None = None
    try:
        staged = _staged(trace, api, request, stage)
        route = _routed(trace, api, staged)
        routes_are_throttled(call, trace, api.shown["ApiId"], staged.stage, route)
        reply = _answered(call, trace, api, staged, route)
    except Stopped as stopped:
        reply = stopped.reply
    shown = cors.headers(api.shown.get("CorsConfiguration"), request)
    missing = tuple(h for h in shown if h[0] not in {name for name, _ in reply.headers})
    reply = Reply(reply.status, reply.body, (*reply.headers, *missing))
    if staged is not None:
        access_log.write(call, staged.stage, request, reply, route)
    return reply, trace


@rule("execute-api.Invoke")
def stage_is_in_the_path(api: Api, path: str) -> tuple[Item | None, str]:
    """The first segment of a path names the stage, if there is one of that name; otherwise it is $default.

    Source: API Gateway Developer Guide, http-api-stages.
    """
    first = path.lstrip("/").partition("/")[0]
    if first and first != "$default" and first in api.stages:
        return api.stages[first], path.lstrip("/")[len(first) :] or "/"
    return api.stages.get("$default"), path


def _staged(trace: Trace, api: Api, request: Request, named: str | None) -> Staged:
    if named is not None:
        stage, path = api.stages.get(named), request.path
    elif api.shown.get("DisableExecuteApiEndpoint"):
        raise trace.stopped("api", "the execute-api endpoint is disabled", NOT_FOUND)
    else:
        stage, path = stage_is_in_the_path(api, request.path)
    if stage is None:
        raise trace.stopped("stage", "no stage is in the path, and there is no $default stage", NOT_FOUND)
    snapshot = api.snapshots.get(str(stage.get("DeploymentId")))
    if snapshot is None:
        raise trace.stopped("stage", f"stage {stage['StageName']} has no deployment", NOT_FOUND)
    trace.passed("stage", f"{stage['StageName']} serves deployment {stage['DeploymentId']}")
    return Staged(stage, snapshot, Request(request.method, path, request.query, request.headers))


def _routed(trace: Trace, api: Api, staged: Staged) -> Item:
    request = staged.request
    route = most_specific_route_counts(staged.snapshot.routes.values(), request.method, request.path)
    if route is not None:
        trace.passed("route", f"{request.method} {request.path} takes {route['RouteKey']}")
        return route
    configured = api.shown.get("CorsConfiguration")
    if configured and cors.is_preflight(request):
        trace.passed("cors", "the API answers preflight requests")
        raise Stopped(cors.api_answers_preflights(configured, request))
    raise trace.stopped("route", f"no route for {request.method} {request.path}", NOT_FOUND)


def _answered(call: Call, trace: Trace, api: Api, staged: Staged, route: Item) -> Reply:
    authorize(call, trace, route, staged.snapshot.authorizers, staged.request)
    configured = api.shown.get("CorsConfiguration")
    if configured and cors.is_preflight(staged.request):
        trace.passed("cors", "the API answers preflight requests")
        return cors.api_answers_preflights(configured, staged.request)
    integration = staged.snapshot.integrations.get(str(route.get("Target", "")).rpartition("/")[2])
    if integration is None:
        raise trace.stopped("integration", f"route {route['RouteKey']} has no integration", INTERNAL)
    if integration.get("ConnectionType") != "VPC_LINK":
        raise trace.stopped("integration", "public integrations are not emulated", INTERNAL)
    path = stage_is_part_of_the_backends_path(integration, staged.stage["StageName"], staged.request.path)
    trace.passed("integration", f"{integration['IntegrationId']} sends it to {path}")
    task, status = private.to_task(call, trace, integration)
    body: dict[str, Any] = {"method": staged.request.method, "path": path, "task": task.arn}
    return Reply(status, {**body, "hops": [hop.hop for hop in trace.hops]})


@rule("execute-api.Invoke")
def stage_is_part_of_the_backends_path(integration: Item, stage: str, path: str) -> str:
    """The application sees the stage's name in the path, unless the stage is $default or the integration
    overwrites the path.

    Source: aws-facts 3 (silent 404s); API Gateway Developer Guide, http-api-develop-integrations-private
    and http-api-parameter-mapping.
    """
    mapped = (integration.get("RequestParameters") or {}).get("overwrite:path")
    if mapped is not None:
        return re.sub(r"\$request\.path|\$\{request\.path\}", lambda _: path, mapped)
    return path if stage == "$default" else f"/{stage}{path}"
