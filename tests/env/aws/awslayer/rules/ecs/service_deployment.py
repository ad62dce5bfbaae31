"""Service deployments and service revisions: the history of a service's rollouts."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import deployment as deployments
from .common import cluster_exists, page, service_exists
from .service_view import counts, placement, tasks_of
from .store import Deployment, Service, ServiceRevision, store


def _all(call: Call) -> dict[str, tuple[Service, Deployment]]:
    return {d.arn: (s, d) for s in store(call).services.values() for d in s.history}


def _revision_summary(call: Call, service: Service, of: Deployment | None, revision: ServiceRevision) -> dict[str, Any]:
    found = counts(tasks_of(call, service, of)) if of is not None else {"runningCount": 0, "pendingCount": 0}
    return {
        "arn": revision.arn,
        "requestedTaskCount": service.desired if of is service.primary else 0,
        "runningTaskCount": found["runningCount"],
        "pendingTaskCount": found["pendingCount"],
    }


def view(call: Call, service: Service, one: Deployment) -> dict[str, Any]:
    """A service deployment as answers show it."""
    breaker = service.settings["deploymentConfiguration"]["deploymentCircuitBreaker"]
    triggered = one.rollout == "FAILED"
    watched = "TRIGGERED" if triggered else "MONITORING" if one.finished is None else "MONITORING_COMPLETE"
    sources = [] if one.source is None else [_revision_summary(call, service, None, one.source)]
    shown: dict[str, Any] = {
        **_brief(service, one),
        "updatedAt": one.updated,
        "sourceServiceRevisions": sources,
        "targetServiceRevision": _revision_summary(call, service, one, one.revision),
        "deploymentConfiguration": service.settings["deploymentConfiguration"],
        "deploymentCircuitBreaker": {
            "status": watched if breaker.get("enable") else "DISABLED",
            "failureCount": one.failed,
            "threshold": deployments.failures_until_the_breaker_opens(service),
        },
    }
    shown.pop("targetServiceRevisionArn")
    if one.rollback is not None:
        shown["rollback"] = one.rollback
    return shown


def _brief(service: Service, one: Deployment) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "serviceDeploymentArn": one.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster.arn,
        "createdAt": one.created,
        "startedAt": one.created,
        "targetServiceRevisionArn": one.revision.arn,
        "status": one.outcome,
    }
    if one.finished is not None:
        shown["finishedAt"] = one.finished
    if one.outcome_reason:
        shown["statusReason"] = one.outcome_reason
    return shown


@answers("ecs", "ListServiceDeployments")
def list_service_deployments(call: Call) -> dict[str, Any]:
    """Lists the deployments of a service, the newest first."""
    params = call.params
    service = service_exists(call, cluster_exists(call, params.get("cluster")), params["service"])
    wanted = params.get("status") or []
    found = [d for d in reversed(service.history) if not wanted or d.outcome in wanted]
    shown, more = page(call, [_brief(service, d) for d in found], 20)
    return {"serviceDeployments": shown, **more}


@rule("ecs.DescribeServiceDeployments")
def deployments_asked_for_at_once(wanted: list[str]) -> None:
    """One to twenty service deployments, or revisions, are described in a call.

    Source: botocore ecs.DescribeServiceDeployments ("You can specify a maximum of 20 ARNs").
    """
    if not 1 <= len(wanted) <= 20:
        raise AwsError("InvalidParameterException", "ARNs cannot be empty, and can be at most 20.")


@answers("ecs", "DescribeServiceDeployments")
def describe_service_deployments(call: Call) -> dict[str, Any]:
    """Shows service deployments by ARN."""
    wanted = call.params["serviceDeploymentArns"]
    deployments_asked_for_at_once(wanted)
    there = _all(call)
    shown = [view(call, *there[a]) for a in wanted if a in there]
    failures = [{"arn": a, "reason": "MISSING"} for a in wanted if a not in there]
    return {"serviceDeployments": shown, "failures": failures}


@answers("ecs", "DescribeServiceRevisions")
def describe_service_revisions(call: Call) -> dict[str, Any]:
    """Shows what deployments rolled out, with the digests to which tags were resolved."""
    wanted = call.params["serviceRevisionArns"]
    deployments_asked_for_at_once(wanted)
    there = {d.revision.arn: (s, d.revision) for s, d in _all(call).values()}
    shown = [_revision(call, *there[a]) for a in wanted if a in there]
    failures = [{"arn": a, "reason": "MISSING"} for a in wanted if a not in there]
    return {"serviceRevisions": shown, "failures": failures}


def _revision(call: Call, service: Service, revision: ServiceRevision) -> dict[str, Any]:
    family, _, number = revision.definition.rpartition("/")[2].partition(":")
    definition = store(call).families.get(family, {}).get(int(number))
    containers = definition.content["containerDefinitions"] if definition is not None else []
    images = [{"containerName": c["name"], "image": c["image"]} for c in containers]
    for shown in images:
        if shown["containerName"] in revision.digests:
            shown["imageDigest"] = revision.digests[shown["containerName"]]
    return {
        "serviceRevisionArn": revision.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster.arn,
        "taskDefinition": revision.definition,
        **placement(revision),
        "loadBalancers": revision.load_balancers,
        "serviceRegistries": [],
        "networkConfiguration": revision.network,
        "containerImages": images,
        "guardDutyEnabled": False,
        "createdAt": revision.created,
    }
