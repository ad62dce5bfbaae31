"""Network load balancers: created, listed, deleted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ...call import Call
from ...errors import AwsError, ControlError
from ...registry import answers, dumps, rule
from . import load_balancer_parts as parts
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

# Hosted zones of network load balancers, by region: https://docs.aws.amazon.com/general/latest/gr/elb.html
_HOSTED_ZONES = {"eu-west-1": "Z2IFOLAFXWLO4F", "us-east-1": "Z26RNL4JYFTOTI", "eu-central-1": "Z3F0SRJ5LGBH90"}


class LoadBalancer:
    """A network load balancer as the layer keeps it, in moto's store and under the names that moto uses."""

    def __init__(self, call: Call, name: str) -> None:
        unique = new_id()
        self.name = name
        self.full_name = f"net/{name}/{unique}"
        self.arn = arn(call, f"loadbalancer/{self.full_name}")
        self.dns_name = f"{name}-{unique}.elb.{call.region}.amazonaws.com"
        self.created = datetime.now(UTC)
        self.state = "provisioning"
        self.scheme = call.params.get("Scheme", "internet-facing")
        self.ip_address_type = call.params.get("IpAddressType", "ipv4")
        self.vpc_id = ""
        self.security_groups: list[str] = []
        # Groups can only be changed on a load balancer that was created with some.
        self.has_groups = False
        self.enforce_private_link = "on"
        # Subnet id -> interface id, in the order given.
        self.interfaces: dict[str, str] = {}
        # ARN -> listener.
        self.listeners: dict[str, Any] = {}
        self.attributes: dict[str, str] = {}


@rule("elbv2.*")
def load_balancer_exists(call: Call, balancer_arn: str) -> Any:
    """An operation on a load balancer that does not exist is refused.

    Source: botocore elbv2 (LoadBalancerNotFoundException: "The specified load balancer does not exist").
    """
    found = store(call).load_balancers.get(balancer_arn)
    if found is None or hidden(call, balancer_arn):
        raise AwsError("LoadBalancerNotFound", f"Load balancer '{balancer_arn}' not found")
    return found


def view(call: Call, balancer: Any) -> dict[str, Any]:
    """A load balancer as answers show it."""
    shown: dict[str, Any] = {
        "LoadBalancerArn": balancer.arn,
        "DNSName": balancer.dns_name,
        "CanonicalHostedZoneId": _HOSTED_ZONES.get(call.region, "Z2IFOLAFXWLO4F"),
        "CreatedTime": balancer.created,
        "LoadBalancerName": balancer.name,
        "Scheme": balancer.scheme,
        "VpcId": balancer.vpc_id,
        "State": {"Code": balancer.state},
        "Type": "network",
        "AvailabilityZones": parts.zones_of(call, balancer),
        "IpAddressType": balancer.ip_address_type,
    }
    if balancer.security_groups:
        shown["SecurityGroups"] = list(balancer.security_groups)
        shown["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"] = balancer.enforce_private_link
    return shown


@rule("elbv2.CreateLoadBalancer")
def same_name_and_settings_is_the_same_balancer(call: Call, name: str) -> Any | None:
    """Creating a load balancer again with the same name and settings returns it; with other settings it
    is refused. Tags are not among the settings.

    Source: aws-facts 6.2; botocore elbv2.CreateLoadBalancer ("This operation is idempotent ...");
    message as seen in kubernetes-sigs/aws-load-balancer-controller issues (DuplicateLoadBalancerName).
    """
    found = next((b for b in store(call).load_balancers.values() if b.name == name), None)
    if found is None:
        return None
    params = call.params
    same = (
        sorted(parts.subnets_asked_for(params)) == sorted(found.interfaces)
        and sorted(params.get("SecurityGroups") or []) == sorted(found.security_groups)
        and params.get("Scheme", "internet-facing") == found.scheme
        and params.get("IpAddressType", "ipv4") == found.ip_address_type
    )
    if not same:
        text = f"A load balancer with the same name '{name}' exists, but with different settings"
        raise AwsError("DuplicateLoadBalancerName", text)
    return found


@rule("elbv2.CreateLoadBalancer")
def load_balancer_quota(call: Call) -> None:
    """A bounded number of network load balancers per Region.

    Source: aws-facts 2.3 (50 by default); botocore elbv2 (TooManyLoadBalancersException).
    """
    if len(store(call).load_balancers) >= call.quota("networkLoadBalancers"):
        raise AwsError("TooManyLoadBalancers", "You've reached the limit on the number of load balancers")


@rule("elbv2.CreateLoadBalancer", "elbv2.DescribeLoadBalancers")
def balancer_is_provisioned_first(call: Call, balancer: LoadBalancer) -> None:
    """A new load balancer is provisioning, and active later.

    Source: aws-facts 2.3 (states) and 11 (about two and a half minutes).
    """

    def active() -> None:
        if balancer.state == "provisioning":
            balancer.state = "active"

    call.world.after("balancer.create", call.memory, active)


@answers("elbv2", "CreateLoadBalancer")
def create_load_balancer(call: Call) -> dict[str, Any]:
    """Creates a network load balancer with an interface in each of its subnets."""
    params = call.params
    if params.get("Type", "application") != "network":
        raise AwsError("InternalFailure", "the emulator lacks load balancers of types other than network", 501)
    name_is_allowed("Load balancer", params["Name"])
    tags = balancer_tags_allowed(call, params.get("Tags"), {})
    existing = same_name_and_settings_is_the_same_balancer(call, params["Name"])
    if existing is not None:
        return {"LoadBalancers": [view(call, existing)]}
    load_balancer_quota(call)
    balancer = LoadBalancer(call, params["Name"])
    subnets = parts.balancer_subnets_fit(call, parts.subnets_asked_for(params), balancer.scheme)
    balancer.vpc_id = subnets[0].vpc_id
    groups = list(dict.fromkeys(params.get("SecurityGroups") or []))
    parts.balancer_groups_fit(call, balancer.vpc_id, groups)
    balancer.security_groups, balancer.has_groups = groups, bool(groups)
    parts.add_subnets(call, balancer, subnets)
    store(call).load_balancers[balancer.arn] = balancer
    put_tags(call, balancer.arn, tags)
    balancer_is_provisioned_first(call, balancer)
    call.created(balancer.arn)
    return {"LoadBalancers": [view(call, balancer)]}


@answers("elbv2", "DescribeLoadBalancers")
def describe_load_balancers(call: Call) -> dict[str, Any]:
    """Lists load balancers, or those with given ARNs or names: one that is missing fails the call."""
    arns, names = call.params.get("LoadBalancerArns") or [], call.params.get("Names") or []
    if arns and names:
        text = "Load balancer names and load balancer ARNs cannot be specified at the same time"
        raise AwsError("ValidationError", text)
    found = list(store(call).load_balancers.values())
    if arns or names:
        found = [b for b in found if (b.arn in arns or b.name in names) and not hidden(call, b.arn)]
        if len(found) < len({*arns, *names}):
            raise AwsError("LoadBalancerNotFound", "One or more load balancers not found")
        return {"LoadBalancers": [view(call, b) for b in found]}
    return described(call, found, view, "LoadBalancers", "LoadBalancerArn", named=False)


@rule("elbv2.DeleteLoadBalancer")
def protected_balancer_stays(balancer: Any) -> None:
    """A load balancer with deletion protection cannot be deleted.

    Source: aws-facts 2.3; botocore elbv2.DeleteLoadBalancer (OperationNotPermittedException).
    """
    if balancer.attributes.get("deletion_protection.enabled") == "true":
        text = f"Load balancer '{balancer.arn}' cannot be deleted because deletion protection is enabled"
        raise AwsError("OperationNotPermitted", text)


@rule("elbv2.DeleteLoadBalancer")
def balancer_interfaces_outlive_it(call: Call, balancer: Any) -> None:
    """Deleting a load balancer takes its listeners; its interfaces outlive it (the duration
    interface.linger), and keep subnets and groups from being deleted. One that does not exist is
    deleted with success.

    Source: aws-facts 7; botocore elbv2.DeleteLoadBalancer ("If the load balancer does not exist or has
    already been deleted, the call succeeds"; "Deleting a load balancer also deletes its listeners").
    """
    for listener_arn in balancer.listeners:
        forget_tags(call, listener_arn)
    store(call).load_balancers.pop(balancer.arn)
    forget_tags(call, balancer.arn)
    parts.release_interfaces(call, list(balancer.interfaces.values()))


@answers("elbv2", "DeleteLoadBalancer")
def delete_load_balancer(call: Call) -> dict[str, Any]:
    """Deletes a load balancer."""
    balancer = store(call).load_balancers.get(call.params["LoadBalancerArn"])
    if balancer is not None:
        protected_balancer_stays(balancer)
        balancer_interfaces_outlive_it(call, balancer)
    return {}


def order(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """A test's order: `{arn, state}` puts a load balancer into a state."""
    balancer = store(call).load_balancers.get(str(asked.get("arn")))
    states = ("active", "provisioning", "active_impaired", "failed")
    if balancer is None or asked.get("state") not in states:
        raise ControlError(f"load-balancers needs the arn of a load balancer, and one of the states {states}")
    balancer.state = asked["state"]
    return {"arn": balancer.arn, "state": balancer.state}


@dumps("elbv2")
def dumped(call: Call) -> dict[str, Iterable[Any]]:
    """Load balancers with their attributes."""
    found = store(call).load_balancers.values()
    return {"loadBalancers": [{**view(call, b), "Attributes": dict(b.attributes)} for b in found]}
