"""What the parameters of a service must be."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import rule
from ..ec2 import security_group, subnet
from ..elbv2.common import store as balancers
from ..elbv2.target_group import listeners_using
from .store import Cluster, Definition

Settings = dict[str, Any]


def refuse(message: str) -> AwsError:
    """How ECS refuses a parameter."""
    return AwsError("InvalidParameterException", message)


def settings(call: Call, cluster: Cluster, definition: Definition, params: dict[str, Any]) -> Settings:
    """The settings of a new service with AWS's defaults; refuses what AWS refuses."""
    strategy = strategy_or_launch_type(cluster, params)
    made: Settings = {
        "capacityProviderStrategy": strategy,
        "launchType": None if strategy else params.get("launchType") or "EC2",
        "platformVersion": platform_exists(params.get("platformVersion")),
        "networkConfiguration": network_exists(call, definition, params.get("networkConfiguration")),
        "loadBalancers": load_balancers_fit(call, definition, params.get("loadBalancers") or []),
        "deploymentConfiguration": deployment_configuration(params.get("deploymentConfiguration"), {}),
        "deploymentController": params.get("deploymentController") or {"type": "ECS"},
        "schedulingStrategy": params.get("schedulingStrategy") or "REPLICA",
        "propagateTags": params.get("propagateTags") or "NONE",
        "enableECSManagedTags": bool(params.get("enableECSManagedTags")),
        "enableExecuteCommand": bool(params.get("enableExecuteCommand")),
        "availabilityZoneRebalancing": params.get("availabilityZoneRebalancing") or "ENABLED",
    }
    made["healthCheckGracePeriodSeconds"] = grace_period_needs_a_load_balancer(
        params.get("healthCheckGracePeriodSeconds"), made["loadBalancers"]
    )
    if made["launchType"] == "EC2":
        raise AwsError("InternalFailure", "the emulator lacks services on EC2 instances", 501)
    definition_is_for_fargate(definition)
    return made


@rule("ecs.CreateService", "ecs.UpdateService")
def definition_is_for_fargate(definition: Definition) -> None:
    """A task definition must be registered for the launch type of its service.

    Source: botocore ecs.CreateService (launchType); AWS answers InvalidParameterException "Task definition
    does not support launch_type FARGATE.".
    """
    if "FARGATE" not in definition.content.get("requiresCompatibilities", ["FARGATE"]):
        raise refuse("Task definition does not support launch_type FARGATE.")


@rule("ecs.CreateService")
def strategy_or_launch_type(cluster: Cluster, params: dict[str, Any]) -> list[dict[str, Any]]:
    """A launch type and a capacity provider strategy exclude each other; without either the cluster's
    default strategy holds. A strategy names providers of the cluster.

    Source: aws-facts 12; botocore ecs.CreateService (capacityProviderStrategy: "If specified, the
    launchType parameter must be omitted").
    """
    strategy = list(params.get("capacityProviderStrategy") or [])
    if strategy and params.get("launchType"):
        raise refuse(
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
        )
    if not strategy and not params.get("launchType"):
        strategy = list(cluster.strategy)
    return strategy_is_of_the_cluster(cluster, strategy)


@rule("ecs.CreateService", "ecs.UpdateService")
def strategy_is_of_the_cluster(cluster: Cluster, strategy: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A service's strategy names providers of its cluster only, with one base and a weight above zero.

    Source: botocore ecs.CreateService (capacityProviderStrategy: "must already be associated with the
    cluster"); ecs.CapacityProviderStrategyItem (base, weight).
    """
    if any(item["capacityProvider"] not in cluster.providers for item in strategy):
        text = "The specified capacity provider strategy contains a capacity provider that is not associated with "
        raise refuse(text + "the cluster. Associate the capacity provider with the cluster and try again.")
    if sum(bool(item.get("base")) for item in strategy) > 1:
        raise refuse("Only one capacity provider in a capacity provider strategy can have a base defined.")
    normalised = [{"weight": 0, "base": 0, **item} for item in strategy]
    if normalised and not any(item["weight"] for item in normalised):
        raise refuse("At least one capacity provider must have a weight value greater than zero.")
    return normalised


@rule("ecs.CreateService", "ecs.UpdateService")
def platform_exists(version: str | None) -> str:
    """Platform versions of Fargate for Linux: LATEST, 1.4.0, 1.3.0.

    Source: ECS Developer Guide, platform-fargate; botocore ecs.PlatformUnknownException.
    """
    if version not in (None, "LATEST", "1.4.0", "1.3.0"):
        raise AwsError("PlatformUnknownException", "The specified platform version doesn't exist.")
    return version or "LATEST"


@rule("ecs.CreateService", "ecs.UpdateService")
def network_exists(call: Call, definition: Definition, given: dict[str, Any] | None) -> Settings:
    """With awsvpc a network configuration is needed: up to 16 subnets and 5 groups that exist, all of one
    VPC; a public address is DISABLED unless asked for.

    Source: botocore ecs.AwsVpcConfiguration (limits, assignPublicIp); message as moto has it from AWS.
    """
    if definition.content.get("networkMode") != "awsvpc":
        return {}
    if not given or not given.get("awsvpcConfiguration"):
        raise refuse("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    vpc = given["awsvpcConfiguration"]
    subnets, groups = list(vpc.get("subnets") or []), list(vpc.get("securityGroups") or [])
    if not subnets:
        raise refuse("subnets can not be empty.")
    if len(subnets) > 16 or len(groups) > 5:
        raise refuse("subnets can have at most 16 items, securityGroups at most 5.")
    found = dict(subnet.things(call))
    for subnet_id in subnets:
        if subnet_id not in found:
            text = f"The subnet ID '{subnet_id}' does not exist (ErrorCode: InvalidSubnetID.NotFound)"
            raise refuse(f"Error retrieving subnet information for [{subnet_id}]: {text}")
    vpcs = {found[s].vpc_id for s in subnets}
    for group_id in groups:
        group = security_group.find(call, group_id)
        if group is None:
            text = f"The security group '{group_id}' does not exist (ErrorCode: InvalidGroup.NotFound)"
            raise refuse(f"Error retrieving security group information for [{group_id}]: {text}")
        vpcs.add(group.vpc_id)
    if len(vpcs) > 1:
        raise refuse("Subnets and security groups must belong to the same VPC.")
    public = vpc.get("assignPublicIp") or "DISABLED"
    return {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": groups, "assignPublicIp": public}}


@rule("ecs.CreateService", "ecs.UpdateService")
def load_balancers_fit(call: Call, definition: Definition, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A target group exists, takes addresses and is used by a listener; container and port are those of
    the task definition.

    Source: aws-facts 12 ("does not have an associated load balancer", container port); botocore
    ecs.LoadBalancer (targetGroupArn: "must choose ip as the target type" with awsvpc).
    """
    ports = {
        c["name"]: [m["containerPort"] for m in c["portMappings"]] for c in definition.content["containerDefinitions"]
    }
    for item in given:
        arn = item.get("targetGroupArn", "")
        group = balancers(call).target_groups.get(arn)
        if group is None:
            text = "Unable to assume role and validate the specified targetGroupArn."
            raise refuse(f"{text} The target group {arn} does not exist.")
        kind = group.settings["TargetType"]
        if kind != "ip":
            text = f"The provided target group {arn} has target type {kind}, which is incompatible with the awsvpc "
            raise refuse(text + "network mode specified in the task definition.")
        if not listeners_using(call, arn):
            raise refuse(f"The target group with targetGroupArn {arn} does not have an associated load balancer.")
        name, port = item.get("containerName"), item.get("containerPort")
        if name not in ports:
            raise refuse(f"The container {name} does not exist in the task definition.")
        if port not in ports[name]:
            raise refuse(f"The container {name} did not have a container port {port} defined.")
    return [dict(item) for item in given]


@rule("ecs.CreateService", "ecs.UpdateService")
def grace_period_needs_a_load_balancer(seconds: int | None, load_balancers: list[dict[str, Any]]) -> int | None:
    """A health check grace period is only for services with a load balancer; its default is 0.

    Source: botocore ecs.CreateService (healthCheckGracePeriodSeconds); aws-facts 12.
    """
    if seconds is not None and not load_balancers:
        raise refuse("Health check grace period is only valid for services configured to use load balancers")
    return seconds if seconds is not None else (0 if load_balancers else None)


@rule("ecs.CreateService", "ecs.UpdateService")
def deployment_configuration(given: dict[str, Any] | None, before: dict[str, Any]) -> dict[str, Any]:
    """Defaults: no circuit breaker, 100 and 200 per cent. The percentages leave room for a task to move.

    Source: botocore ecs.DeploymentConfiguration; aws-facts 12 (minHealthy/maxPercent must let a task move);
    AWS answers InvalidParameterException when maximumPercent and minimumHealthyPercent are both 100.
    """
    defaults = {
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
    }
    made = {**defaults, **before, **(given or {})}
    high, low = made["maximumPercent"], made["minimumHealthyPercent"]
    if high < 100 or not 0 <= low <= 100 or (high == 100 and low == 100):
        text = f"Both maximumPercent={high} and minimumHealthyPercent={low} cannot block deployment."
        raise refuse(text)
    return made
