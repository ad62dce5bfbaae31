"""Services as answers show them."""

from __future__ import annotations

from typing import Any

from ...call import Call
from .common import shown_tags
from .store import Deployment, Service, ServiceRevision, Task, store

_SHOWN = (
    "deploymentConfiguration",
    "deploymentController",
    "healthCheckGracePeriodSeconds",
    "schedulingStrategy",
    "propagateTags",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
)
_EVENTS_SHOWN = 100


def tasks_of(call: Call, service: Service, deployment: Deployment | None = None) -> list[Task]:
    """The tasks of a service that are not stopped, or of one of its deployments."""
    return [
        t
        for t in store(call).tasks.values()
        if t.cluster is service.cluster
        and t.service == service.name
        and t.status != "STOPPED"
        and deployment in (None, t.deployment)
    ]


def counts(tasks: list[Task]) -> dict[str, int]:
    """Running and pending tasks."""
    return {
        "runningCount": sum(t.runs for t in tasks),
        "pendingCount": sum(t.active and not t.runs for t in tasks),
    }


def placement(revision: ServiceRevision) -> dict[str, Any]:
    """How a revision's tasks are launched."""
    shown: dict[str, Any] = {"platformVersion": revision.platform_version, "platformFamily": "Linux"}
    if revision.strategy:
        shown["capacityProviderStrategy"] = revision.strategy
    else:
        shown["launchType"] = revision.launch_type
    return shown


def view(call: Call, service: Service, include: list[str]) -> dict[str, Any]:
    """A service as answers show it."""
    primary = service.primary
    shown: dict[str, Any] = {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": service.cluster.arn,
        "status": service.status,
        "desiredCount": service.desired,
        **counts(tasks_of(call, service)),
        **placement(primary.revision),
        "loadBalancers": primary.revision.load_balancers,
        "serviceRegistries": [],
        "taskDefinition": primary.revision.definition,
        "networkConfiguration": primary.revision.network,
        "deployments": [deployment_view(call, service, d) for d in service.deployments],
        "events": list(reversed(service.events[-_EVENTS_SHOWN:])),
        "placementConstraints": [],
        "placementStrategy": [],
        "createdAt": service.created,
        "createdBy": service.created_by,
        "roleArn": f"arn:aws:iam::{call.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        **{name: service.settings[name] for name in _SHOWN if service.settings.get(name) is not None},
    }
    if primary.finished is None:
        shown["currentServiceDeployment"] = primary.arn
    shown["currentServiceRevisions"] = [_summary(call, service, d) for d in service.deployments]
    if "TAGS" in include:
        shown["tags"] = shown_tags(store(call).tags.get(service.arn, {}))
    return shown


def deployment_view(call: Call, service: Service, deployment: Deployment) -> dict[str, Any]:
    """A deployment as DescribeServices shows it."""
    desired = service.desired if deployment is service.primary else 0
    shown = {
        "id": deployment.id,
        "status": deployment.status,
        "taskDefinition": deployment.revision.definition,
        "desiredCount": desired,
        **counts(tasks_of(call, service, deployment)),
        "failedTasks": deployment.failed,
        "createdAt": deployment.created,
        "updatedAt": deployment.updated,
        **placement(deployment.revision),
        "networkConfiguration": deployment.revision.network,
        "rolloutState": deployment.rollout,
        "rolloutStateReason": deployment.reason,
    }
    if service.status == "DRAINING":
        shown["desiredCount"] = 0
    return shown


def _summary(call: Call, service: Service, deployment: Deployment) -> dict[str, Any]:
    found = counts(tasks_of(call, service, deployment))
    return {
        "arn": deployment.revision.arn,
        "requestedTaskCount": service.desired if deployment is service.primary else 0,
        "runningTaskCount": found["runningCount"],
        "pendingTaskCount": found["pendingCount"],
    }
