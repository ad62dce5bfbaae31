"""Deployments: how they begin, succeed, fail and roll back."""

from __future__ import annotations

import math
from typing import Any

from ...call import Call
from ...registry import rule
from .store import Definition, Deployment, Service, ServiceRevision, arn, digits, hexadecimal

FAILED = "ECS deployment circuit breaker: tasks failed to start."


def begin(call: Call, service: Service, definition: Definition) -> Deployment:
    """Makes a new primary deployment of the service as it is now set."""
    date = call.world.date(call.account)
    place = f"{service.cluster.name}/{service.name}"
    settings = service.settings
    revision = ServiceRevision(
        arn(call, f"service-revision/{place}/{digits(19)}"),
        definition.arn,
        settings["launchType"],
        settings["capacityProviderStrategy"],
        settings["platformVersion"],
        settings["networkConfiguration"],
        settings["loadBalancers"],
        date,
    )
    made = Deployment(
        f"ecs-svc/{digits(19)}",
        arn(call, f"service-deployment/{place}/{hexadecimal(21)}"),
        revision,
        last_completed_revision(service),
        date,
        date,
    )
    made.reason = f"ECS deployment {made.id} in progress."
    for older in service.deployments:
        older.status = "ACTIVE"
        if older.outcome == "IN_PROGRESS":
            older.outcome, older.finished = "STOPPED", date
    service.deployments.insert(0, made)
    service.history.append(made)
    return made


def last_completed(service: Service) -> Deployment | None:
    """The last deployment that completed."""
    return next((d for d in reversed(service.history) if d.rollout == "COMPLETED"), None)


def last_completed_revision(service: Service) -> ServiceRevision | None:
    """What the last deployment that completed rolled out."""
    found = last_completed(service)
    return found.revision if found else None


def completed(call: Call, service: Service, deployment: Deployment) -> None:
    """The service is steady on the deployment."""
    deployment.rollout = "COMPLETED"
    deployment.reason = f"ECS deployment {deployment.id} completed."
    deployment.finished = deployment.updated = call.world.date(call.account)
    deployment.outcome = "ROLLBACK_SUCCESSFUL" if deployment.rollback else "SUCCESSFUL"
    failed = _failed_that_rolls_back(service)
    if failed is not None:
        failed.outcome, failed.finished = "ROLLBACK_SUCCESSFUL", deployment.finished
        deployment.outcome = "SUCCESSFUL"
    event(call, service, f"(service {service.name}) (deployment {deployment.id}) deployment completed.")
    event(call, service, f"(service {service.name}) has reached a steady state.")


def _failed_that_rolls_back(service: Service) -> Deployment | None:
    return next((d for d in service.history if d.outcome == "ROLLBACK_IN_PROGRESS"), None)


@rule("ecs.CreateService", "ecs.UpdateService")
def failures_until_the_breaker_opens(service: Service) -> int:
    """The circuit breaker opens at half of the desired count in failures, at least 3 and at most 200, unless
    the service's threshold says otherwise.

    Source: aws-facts 12; ECS Developer Guide, deployment-circuit-breaker; botocore ecs.ThresholdConfiguration.
    """
    breaker = service.settings["deploymentConfiguration"]["deploymentCircuitBreaker"]
    given = breaker.get("thresholdConfiguration") or {"type": "BOUNDED_PERCENT", "value": 50}
    if given["type"] == "COUNT":
        return int(given["value"])
    part = math.ceil(service.desired * int(given["value"]) / 100)
    return part if given["type"] == "UNBOUNDED_PERCENT" else min(max(part, 3), 200)


def failure(call: Call, service: Service, deployment: Deployment) -> None:
    """A task of the deployment could not start, or failed its health checks."""
    if deployment.counting:
        deployment.failed += 1
    limit = failures_until_the_breaker_opens(service)
    breaker = service.settings["deploymentConfiguration"]["deploymentCircuitBreaker"]
    if deployment.rollout == "IN_PROGRESS" and breaker.get("enable") and deployment.failed >= limit:
        if deployment is service.primary and service.status == "ACTIVE":
            breaker_opens(call, service, deployment, rolls_back=bool(breaker.get("rollback")))
        return
    if deployment.failed >= limit or deployment.rollout == "COMPLETED":
        pause = call.world.settings.duration("task.retry", call.account)
        doubled = pause * 2 ** min(max(0, deployment.failed - limit), 10)
        deployment.not_before = call.now + min(doubled, 27 * 60)
        text = f"(service {service.name}) is unable to consistently start tasks successfully."
        event(call, service, f"{text} For more information, see the Troubleshooting section.")


@rule("ecs.CreateService", "ecs.UpdateService")
def breaker_opens(call: Call, service: Service, deployment: Deployment, *, rolls_back: bool) -> None:
    """A failed deployment starts no more tasks. With rollback the last completed deployment is rolled out
    again; without one, as on a first deployment, the service stalls.

    Source: aws-facts 12; ECS Developer Guide, deployment-circuit-breaker; botocore ecs.Rollback.
    """
    date = call.world.date(call.account)
    deployment.rollout, deployment.reason, deployment.updated = "FAILED", FAILED, date
    event(
        call,
        service,
        f"(service {service.name}) (deployment {deployment.id}) deployment failed: tasks failed to start.",
    )
    good = last_completed(service) if rolls_back else None
    if good is None:
        deployment.outcome, deployment.finished = "STOPPED" if not rolls_back else "ROLLBACK_FAILED", date
        deployment.outcome_reason = FAILED
        return
    deployment.outcome, deployment.outcome_reason = "ROLLBACK_IN_PROGRESS", FAILED
    deployment.rollback = {"reason": FAILED, "startedAt": date, "serviceRevisionArn": good.revision.arn}
    deployment.status = good.status = "ACTIVE"
    service.deployments = [d for d in service.deployments if d is not good]
    good.status, good.rollout, good.updated = "PRIMARY", "IN_PROGRESS", date
    good.reason = f"ECS deployment circuit breaker: rolling back to deploymentId {good.id}."
    good.failed, good.counting, good.not_before = 0, True, 0.0
    service.deployments.insert(0, good)
    settings, revision = service.settings, good.revision
    settings["launchType"], settings["capacityProviderStrategy"] = revision.launch_type, revision.strategy
    settings["platformVersion"] = revision.platform_version
    settings["networkConfiguration"], settings["loadBalancers"] = revision.network, revision.load_balancers
    event(call, service, f"(service {service.name}) rolling back to deployment {good.id}.")


def event(call: Call, service: Service, message: str) -> None:
    """Notes a service event; one that is said again is not repeated."""
    if service.events and service.events[-1]["message"] == message:
        return
    identity = hexadecimal(32)
    shown: dict[str, Any] = {
        "id": "-".join((identity[:8], identity[8:12], identity[12:16], identity[16:20], identity[20:])),
        "createdAt": call.world.date(call.account),
        "message": message,
    }
    service.events.append(shown)
    del service.events[:-200]
