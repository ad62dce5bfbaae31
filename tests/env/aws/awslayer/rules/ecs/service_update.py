"""Services change: which changes roll out, and which do not."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import deployment, life, scheduler, service_rules
from .common import cluster_exists, service_exists
from .service_view import view
from .store import Definition, Service
from .task_definition import find

# Members of a request that are settings without a rollout.
_PLAIN = ("propagateTags", "enableECSManagedTags", "enableExecuteCommand", "availabilityZoneRebalancing")


@answers("ecs", "UpdateService")
def update_service(call: Call) -> dict[str, Any]:
    """Changes a service; what is not named stays as it is."""
    params = call.params
    cluster = cluster_exists(call, params.get("cluster"))
    service = service_exists(call, cluster, params["service"])
    definition = _definition(call, service)
    changes = _changes(call, service, definition)
    rolls_out = change_rolls_out(service, definition, changes, forced=bool(params.get("forceNewDeployment")))
    service.settings.update(changes)
    if params.get("desiredCount") is not None:
        service.desired = int(params["desiredCount"])
    if rolls_out:
        deployment.begin(call, service, definition)
    scheduler.look_soon(call, service)
    return {"service": view(call, service, ["TAGS"])}


def _definition(call: Call, service: Service) -> Definition:
    """The task definition that the service is to have after the call."""
    name = call.params.get("taskDefinition")
    if not name:
        return life.definition_of(call, service.primary)
    found = find(call, name)
    if found is None or (found.status != "ACTIVE" and found.arn != service.primary.revision.definition):
        raise AwsError("ClientException", "TaskDefinition not found.")
    return found


def _changes(call: Call, service: Service, definition: Definition) -> dict[str, Any]:
    """The settings that the request changes, each checked."""
    params = call.params
    changes: dict[str, Any] = {name: params[name] for name in _PLAIN if params.get(name) is not None}
    service_rules.definition_is_for_fargate(definition)
    if params.get("networkConfiguration") is not None:
        network = service_rules.network_exists(call, definition, params["networkConfiguration"])
        changes["networkConfiguration"] = network
    if params.get("loadBalancers") is not None:
        changes["loadBalancers"] = service_rules.load_balancers_fit(call, definition, params["loadBalancers"])
    if params.get("platformVersion") is not None:
        changes["platformVersion"] = service_rules.platform_exists(params["platformVersion"])
    if params.get("deploymentConfiguration") is not None:
        before = service.settings["deploymentConfiguration"]
        changed = service_rules.deployment_configuration(params["deploymentConfiguration"], before)
        changes["deploymentConfiguration"] = changed
    if params.get("capacityProviderStrategy") is not None:
        changes |= strategy_changes(service, params["capacityProviderStrategy"])
    if params.get("healthCheckGracePeriodSeconds") is not None:
        balancers = changes.get("loadBalancers") or service.settings["loadBalancers"]
        seconds = service_rules.grace_period_needs_a_load_balancer(params["healthCheckGracePeriodSeconds"], balancers)
        changes["healthCheckGracePeriodSeconds"] = seconds
    return changes


@rule("ecs.UpdateService")
def strategy_changes(service: Service, given: list[dict[str, Any]]) -> dict[str, Any]:
    """A strategy replaces the launch type; an empty one returns to the launch type FARGATE.

    Source: aws-facts 8 ("launchType absent from UpdateService ... empty list returns to the launch type").
    """
    strategy = service_rules.strategy_is_of_the_cluster(service.cluster, list(given))
    return {"capacityProviderStrategy": strategy, "launchType": None if strategy else "FARGATE"}


@rule("ecs.UpdateService")
def change_rolls_out(service: Service, definition: Definition, changes: dict[str, Any], *, forced: bool) -> bool:
    """Another task definition, network configuration, load balancers or platform version, and
    forceNewDeployment, begin a deployment; counts, deployment settings, grace period, tags, exec and the
    capacity provider strategy do not.

    Source: aws-facts 8 (ECS service, in place, with *).
    """
    if forced or definition.arn != service.primary.revision.definition:
        return True
    rolled = ("networkConfiguration", "loadBalancers", "platformVersion")
    return any(name in changes and changes[name] != service.settings[name] for name in rolled)
