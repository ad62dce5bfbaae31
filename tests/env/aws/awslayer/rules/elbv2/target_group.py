"""Target groups: what targets are, how their health is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, dumps, rule
from .common import (
    arn,
    balancer_tags_allowed,
    described,
    forget_tags,
    hidden,
    name_is_allowed,
    new_id,
    put_tags,
    store,
)
from .health_check import defaults, health_check_fits

NETWORK_PROTOCOLS = ("TCP", "TLS", "UDP", "TCP_UDP")
_IDENTITY = ("Protocol", "Port", "VpcId", "TargetType")


@dataclass
class Target:
    """One target; times are seconds of the layer's clock."""

    address: str
    port: int
    since: float
    drained: float | None = None


class TargetGroup:
    """A target group as the layer keeps it, in moto's store and under the names that moto uses."""

    def __init__(self, call: Call, settings: dict[str, Any], now: Callable[[], float]) -> None:
        self.name = str(settings["TargetGroupName"])
        self.arn = arn(call, f"targetgroup/{self.name}/{new_id()}")
        self.vpc_id = str(settings["VpcId"])
        # The settings, named as in the model.
        self.settings = settings
        self.attributes: dict[str, str] = {}
        # (address, port) -> target, draining ones included.
        self.targets: dict[tuple[str, int], Target] = {}
        self._now = now

    @property
    def port(self) -> int:
        """The port of targets that name none."""
        return int(self.settings["Port"])

    def register(self, targets: list[dict[str, Any]]) -> None:
        """Takes targets in; one that is there already stays as it is."""
        for given in targets:
            address, port = str(given["Id"]), int(given.get("Port") or self.port)
            present = self.targets.get((address, port))
            if present is None or present.drained is not None:
                self.targets[address, port] = Target(address, port, self._now())

    def deregister(self, targets: list[dict[str, Any]], drain: float = 0.0) -> None:
        """Lets targets go after they have drained for some seconds; without a port, all of an address."""
        for given in targets:
            for key, target in list(self.targets.items()):
                if key[0] == given["Id"] and given.get("Port") in (None, key[1]):
                    target.drained = self._now() + drain

    def present(self) -> list[Target]:
        """The targets, those that drain included."""
        self.targets = {k: t for k, t in self.targets.items() if t.drained is None or t.drained > self._now()}
        return list(self.targets.values())


@rule("elbv2.*")
def target_group_exists(call: Call, group_arn: str) -> Any:
    """An operation on a target group that does not exist is refused.

    Source: botocore elbv2 (TargetGroupNotFoundException).
    """
    found = store(call).target_groups.get(group_arn)
    if found is None or hidden(call, group_arn):
        raise AwsError("TargetGroupNotFound", f"Target group '{group_arn}' not found")
    return found


def listeners_using(call: Call, group_arn: str) -> list[Any]:
    """The listeners that forward to a target group."""
    balancers = store(call).load_balancers.values()
    return [x for b in balancers for x in b.listeners.values() if group_arn in x.target_group_arns()]


def view(call: Call, group: Any) -> dict[str, Any]:
    """A target group as answers show it."""
    balancers = dict.fromkeys(x.load_balancer_arn for x in listeners_using(call, group.arn))
    return {"TargetGroupArn": group.arn, **group.settings, "LoadBalancerArns": list(balancers)}


@rule("elbv2.CreateTargetGroup")
def same_name_and_settings_is_the_same_group(call: Call, settings: dict[str, Any]) -> Any | None:
    """Creating a target group again with the same name and settings returns it; with other settings it
    is refused.

    Source: aws-facts 6.2; botocore elbv2.CreateTargetGroup ("This operation is idempotent ...",
    DuplicateTargetGroupNameException).
    """
    found = next((g for g in store(call).target_groups.values() if g.name == settings["TargetGroupName"]), None)
    if found is not None and found.settings != settings:
        text = f"A target group with the same name '{found.name}' exists, but with different settings"
        raise AwsError("DuplicateTargetGroupName", text)
    return found


@rule("elbv2.CreateTargetGroup")
def group_parameters_are_complete(call: Call, params: dict[str, Any]) -> None:
    """A group of addresses needs protocol, port and VPC; the VPC exists.

    Source: botocore elbv2.CreateTargetGroup (Protocol, Port, VpcId: "required"); messages as moto has
    them from AWS (ValidationError).
    """
    for member, noun in (("Protocol", "protocol"), ("Port", "port"), ("VpcId", "VPC ID")):
        if not params.get(member):
            raise AwsError("ValidationError", f"A {noun} must be specified")
    if params["VpcId"] not in call.ec2.vpcs:
        raise AwsError("ValidationError", f"The VPC ID '{params['VpcId']}' is not found")


@rule("elbv2.CreateTargetGroup")
def target_group_quota(call: Call) -> None:
    """A bounded number of target groups per Region.

    Source: aws-facts 2.3 (3000 by default); botocore elbv2 (TooManyTargetGroupsException).
    """
    if len(store(call).target_groups) >= call.quota("targetGroups"):
        raise AwsError("TooManyTargetGroups", "You've reached the limit on the number of target groups")


@answers("elbv2", "CreateTargetGroup")
def create_target_group(call: Call) -> dict[str, Any]:
    """Creates a target group for addresses or instances behind a network load balancer."""
    params = call.params
    if params.get("TargetType", "instance") not in ("ip", "instance") or params.get("Protocol") not in (
        None,
        *NETWORK_PROTOCOLS,
    ):
        raise AwsError("InternalFailure", "the emulator lacks target groups of this type or protocol", 501)
    name_is_allowed("Target group", params["Name"])
    group_parameters_are_complete(call, params)
    tags = balancer_tags_allowed(call, params.get("Tags"), {})
    settings = {
        "TargetGroupName": params["Name"],
        **{name: params[name] for name in _IDENTITY if name in params},
        "TargetType": params.get("TargetType", "instance"),
        "IpAddressType": params.get("IpAddressType", "ipv4"),
        **defaults(params),
    }
    health_check_fits(params, settings)
    existing = same_name_and_settings_is_the_same_group(call, settings)
    if existing is not None:
        return {"TargetGroups": [view(call, existing)]}
    target_group_quota(call)
    world, account = call.world, call.account
    group = TargetGroup(call, settings, lambda: world.now(account))
    store(call).target_groups[group.arn] = group
    put_tags(call, group.arn, tags)
    call.created(group.arn)
    return {"TargetGroups": [view(call, group)]}


@answers("elbv2", "DescribeTargetGroups")
def describe_target_groups(call: Call) -> dict[str, Any]:
    """Lists target groups: all, those of a load balancer, or those with given ARNs or names."""
    from .load_balancer import load_balancer_exists

    params = call.params
    arns, names = params.get("TargetGroupArns") or [], params.get("Names") or []
    of = params.get("LoadBalancerArn")
    if sum(bool(given) for given in (arns, names, of)) > 1:
        text = "Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time"
        raise AwsError("ValidationError", text)
    found = sorted(store(call).target_groups.values(), key=lambda g: str(g.name))
    if of:
        load_balancer_exists(call, of)
        found = [g for g in found if any(x.load_balancer_arn == of for x in listeners_using(call, g.arn))]
    if arns or names:
        found = [g for g in found if (g.arn in arns or g.name in names) and not hidden(call, g.arn)]
        if len(found) < len({*arns, *names}):
            raise AwsError("TargetGroupNotFound", "One or more target groups not found")
        return {"TargetGroups": [view(call, g) for g in found]}
    return described(call, found, view, "TargetGroups", "TargetGroupArn", named=False)


@answers("elbv2", "ModifyTargetGroup")
def modify_target_group(call: Call) -> dict[str, Any]:
    """Changes the health check; port, protocol and VPC stay."""
    group = target_group_exists(call, call.params["TargetGroupArn"])
    changes = {k: v for k, v in call.params.items() if k != "TargetGroupArn" and v is not None}
    merged = {**group.settings, **changes}
    if merged["HealthCheckProtocol"] == "TCP" and "HealthCheckProtocol" in changes:
        merged = {k: v for k, v in merged.items() if k not in ("HealthCheckPath", "Matcher")}
    settings = {**merged, **defaults(merged)}
    health_check_fits(changes, settings)
    group.settings = settings
    return {"TargetGroups": [view(call, group)]}


@rule("elbv2.DeleteTargetGroup")
def used_target_group_stays(call: Call, group_arn: str) -> None:
    """A target group to which a listener forwards cannot be deleted; one that does not exist is deleted
    with success.

    Source: aws-facts 7; botocore elbv2.DeleteTargetGroup (ResourceInUseException; no error for a missing
    group is modelled).
    """
    if listeners_using(call, group_arn):
        text = f"Target group '{group_arn}' is currently in use by a listener or a rule"
        raise AwsError("ResourceInUse", text)


@answers("elbv2", "DeleteTargetGroup")
def delete_target_group(call: Call) -> dict[str, Any]:
    """Deletes a target group with its registrations."""
    group_arn = call.params["TargetGroupArn"]
    used_target_group_stays(call, group_arn)
    store(call).target_groups.pop(group_arn, None)
    forget_tags(call, group_arn)
    return {}


@dumps("elbv2")
def dumped(call: Call) -> dict[str, Iterable[Any]]:
    """Target groups with their attributes; targets come and go with tasks."""
    found = store(call).target_groups.values()
    return {"targetGroups": [{**view(call, g), "Attributes": dict(g.attributes)} for g in found]}
