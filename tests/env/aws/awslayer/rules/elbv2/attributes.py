"""Attributes of load balancers, target groups and listeners: known keys, checked values, defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from .listener import listener_exists
from .load_balancer import load_balancer_exists
from .target_group import target_group_exists


@dataclass(frozen=True)
class Attribute:
    """What an attribute may be: one of some words, or a number within bounds, or any text."""

    default: str | None
    words: tuple[str, ...] = ()
    low: int = 0
    high: int = 0


_SWITCH = ("true", "false")
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
LOAD_BALANCER = {
    "access_logs.s3.enabled": Attribute("false", _SWITCH),
    "access_logs.s3.bucket": Attribute(""),
    "access_logs.s3.prefix": Attribute(""),
    "deletion_protection.enabled": Attribute("false", _SWITCH),
    "ipv6.deny_all_igw_traffic": Attribute("false", _SWITCH),
    "load_balancing.cross_zone.enabled": Attribute("false", _SWITCH),
    "dns_record.client_routing_policy": Attribute(
        "any_availability_zone",
        ("any_availability_zone", "availability_zone_affinity", "partial_availability_zone_affinity"),
    ),
    "secondary_ips.auto_assigned.per_subnet": Attribute("0", (), 0, 7),
    "zonal_shift.config.enabled": Attribute("false", _SWITCH),
}
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
TARGET_GROUP = {
    "deregistration_delay.timeout_seconds": Attribute("300", (), 0, 3600),
    "deregistration_delay.connection_termination.enabled": Attribute("false", _SWITCH),
    "load_balancing.cross_zone.enabled": Attribute(
        "use_load_balancer_configuration", (*_SWITCH, "use_load_balancer_configuration")
    ),
    "preserve_client_ip.enabled": Attribute(None, _SWITCH),
    "proxy_protocol_v2.enabled": Attribute("false", _SWITCH),
    "stickiness.enabled": Attribute("false", _SWITCH),
    "stickiness.type": Attribute("source_ip", ("source_ip",)),
    "target_group_health.dns_failover.minimum_healthy_targets.count": Attribute("1"),
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": Attribute("off"),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": Attribute("1"),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": Attribute("off"),
    "target_health_state.unhealthy.connection_termination.enabled": Attribute("true", _SWITCH),
    "target_health_state.unhealthy.draining_interval_seconds": Attribute("0", (), 0, 360000),
}
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html
LISTENER = {"tcp.idle_timeout.seconds": Attribute("350", (), 60, 6000)}


@rule("elbv2.ModifyLoadBalancerAttributes", "elbv2.ModifyTargetGroupAttributes", "elbv2.ModifyListenerAttributes")
def attributes_known(noun: str, known: dict[str, Attribute], given: list[dict[str, str]]) -> dict[str, str]:
    """An attribute that the resource does not have, or a value that it cannot have, is refused; then
    none of the call's attributes is set.

    Source: botocore elbv2.LoadBalancerAttribute, TargetGroupAttribute, ListenerAttribute; messages as moto
    has them, where it does (ValidationError).
    """
    for one in given:
        key, value = one.get("Key", ""), str(one.get("Value", ""))
        allowed = known.get(key)
        if allowed is None:
            raise AwsError("ValidationError", f"{noun} attribute key '{key}' is not recognized")
        if allowed.words and value not in allowed.words:
            raise AwsError("ValidationError", f"'{key}' value '{value}' must be one of {list(allowed.words)}")
        if allowed.high and not (value.isdigit() and allowed.low <= int(value) <= allowed.high):
            text = f"'{key}' value '{value}' must be between '{allowed.low}-{allowed.high}' inclusive"
            raise AwsError("ValidationError", text)
    return {one["Key"]: str(one.get("Value", "")) for one in given}


def in_force(known: dict[str, Attribute], thing: Any) -> dict[str, str]:
    """The attributes of a resource with their defaults."""
    own = {"preserve_client_ip.enabled": _preserves(thing)} if known is TARGET_GROUP else {}
    fixed = {key: a.default for key, a in known.items() if a.default is not None}
    return {**fixed, **own, **thing.attributes}


def _preserves(group: Any) -> str:
    """aws-facts 2.1: off by default for addresses with TCP or TLS, else on."""
    off = group.settings["TargetType"] == "ip" and group.settings["Protocol"] in ("TCP", "TLS")
    return "false" if off else "true"


def _shown(known: dict[str, Attribute], thing: Any) -> dict[str, Any]:
    return {"Attributes": [{"Key": k, "Value": v} for k, v in in_force(known, thing).items()]}


@answers("elbv2", "ModifyLoadBalancerAttributes")
def modify_load_balancer_attributes(call: Call) -> dict[str, Any]:
    """Sets attributes of a load balancer."""
    balancer = load_balancer_exists(call, call.params["LoadBalancerArn"])
    changes = attributes_known("Load balancer", LOAD_BALANCER, call.params["Attributes"])
    balancer.attributes.update(changes)
    return {"Attributes": [{"Key": k, "Value": v} for k, v in changes.items()]}


@answers("elbv2", "DescribeLoadBalancerAttributes")
def describe_load_balancer_attributes(call: Call) -> dict[str, Any]:
    """Shows attributes of a load balancer."""
    return _shown(LOAD_BALANCER, load_balancer_exists(call, call.params["LoadBalancerArn"]))


@answers("elbv2", "ModifyTargetGroupAttributes")
def modify_target_group_attributes(call: Call) -> dict[str, Any]:
    """Sets attributes of a target group."""
    group = target_group_exists(call, call.params["TargetGroupArn"])
    group.attributes.update(attributes_known("Target group", TARGET_GROUP, call.params["Attributes"]))
    return _shown(TARGET_GROUP, group)


@answers("elbv2", "DescribeTargetGroupAttributes")
def describe_target_group_attributes(call: Call) -> dict[str, Any]:
    """Shows attributes of a target group."""
    return _shown(TARGET_GROUP, target_group_exists(call, call.params["TargetGroupArn"]))


@answers("elbv2", "ModifyListenerAttributes")
def modify_listener_attributes(call: Call) -> dict[str, Any]:
    """Sets attributes of a listener."""
    listener = listener_exists(call, call.params["ListenerArn"])
    listener.attributes.update(attributes_known("Listener", LISTENER, call.params["Attributes"]))
    return _shown(LISTENER, listener)


@answers("elbv2", "DescribeListenerAttributes")
def describe_listener_attributes(call: Call) -> dict[str, Any]:
    """Shows attributes of a listener."""
    return _shown(LISTENER, listener_exists(call, call.params["ListenerArn"]))
