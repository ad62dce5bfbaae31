"""What a load balancer is made of: subnets with interfaces in them, and security groups."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from ..ec2 import interface, security_group, subnet


def subnets_asked_for(params: dict[str, Any]) -> list[str]:
    """The subnet ids of a request, given plainly or in mappings."""
    mapped = [m["SubnetId"] for m in params.get("SubnetMappings") or []]
    return list(dict.fromkeys([*(params.get("Subnets") or []), *mapped]))


def zones_of(call: Call, balancer: Any) -> list[dict[str, Any]]:
    """The zones of a load balancer as answers show them."""
    return [
        {"ZoneName": subnet.subnet_exists(call, s).availability_zone, "SubnetId": s, "LoadBalancerAddresses": []}
        for s in balancer.interfaces
    ]


@rule("elbv2.CreateLoadBalancer", "elbv2.SetSubnets")
def balancer_subnets_fit(call: Call, subnet_ids: list[str], scheme: str) -> list[Any]:
    """At least one subnet, all of one VPC, one per zone; an internet-facing load balancer needs an
    internet gateway.

    Source: aws-facts 2.3; botocore elbv2.CreateLoadBalancer (SubnetNotFoundException,
    InvalidSubnetException, InvalidConfigurationRequestException).
    """
    if not subnet_ids:
        raise AwsError("ValidationError", "At least one subnet must be specified")
    found: list[Any] = []
    for subnet_id in subnet_ids:
        one = next((s for i, s in subnet.things(call) if i == subnet_id), None)
        if one is None:
            raise AwsError("SubnetNotFound", f"The subnet ID '{subnet_id}' is not found")
        found.append(one)
    if len({s.vpc_id for s in found}) > 1:
        raise AwsError("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
    if len({s.availability_zone for s in found}) < len(found):
        text = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        raise AwsError("InvalidConfigurationRequest", text)
    gateways = call.ec2.internet_gateways.values()
    if scheme == "internet-facing" and not any(g.vpc and g.vpc.id == found[0].vpc_id for g in gateways):
        raise AwsError("InvalidSubnet", f"VPC {found[0].vpc_id} has no internet gateway")
    return found


@rule("elbv2.CreateLoadBalancer", "elbv2.SetSubnets")
def eight_free_addresses(call: Call, added: list[Any]) -> None:
    """Each subnet of a load balancer needs eight free addresses.

    Source: aws-facts 2.3; Network Load Balancers guide, availability-zones (InvalidSubnetException).
    """
    for one in added:
        if subnet.free_addresses(call, one) < 8:
            text = (
                f"Not enough IP space available in {one.id}. ELB requires at least 8 free IP addresses in each subnet."
            )
            raise AwsError("InvalidSubnet", text)


@rule("elbv2.CreateLoadBalancer", "elbv2.SetSecurityGroups")
def balancer_groups_fit(call: Call, vpc_id: str, group_ids: list[str]) -> None:
    """Security groups exist, are of the load balancer's VPC, and not more than an interface can have.

    Source: botocore elbv2.CreateLoadBalancer (InvalidSecurityGroupException); aws-facts 1.2 (5 per interface).
    """
    for group_id in group_ids:
        group = security_group.find(call, group_id)
        if group is None:
            raise AwsError("InvalidSecurityGroup", f"Security group '{group_id}' does not exist")
        if group.vpc_id != vpc_id:
            text = f"Security group '{group_id}' is not in the VPC '{vpc_id}' of the load balancer"
            raise AwsError("InvalidConfigurationRequest", text)
    if len(group_ids) > call.quota("groupsPerInterface"):
        raise AwsError("InvalidConfigurationRequest", "Too many security groups are specified")


def add_subnets(call: Call, balancer: Any, added: list[Any]) -> None:
    """Puts an interface that AWS manages into each subnet."""
    eight_free_addresses(call, added)
    for one in added:
        made = interface.make(
            call,
            one,
            interface.subnet_has_free_address(call, one),
            kind="network_load_balancer",
            description=f"ELB {balancer.full_name}",
            group_ids=balancer.security_groups,
            managed=True,
        )
        balancer.interfaces[one.id] = made.id


def release_interfaces(call: Call, interface_ids: list[str]) -> None:
    """Lets interfaces go, after they have lingered."""
    interface.remove_after_lingering(call, interface_ids)


@rule("elbv2.SetSecurityGroups")
def groups_only_if_created_with_some(balancer: Any, group_ids: list[str]) -> None:
    """The groups of a network load balancer can be changed only if it was created with some, and never
    to none.

    Source: aws-facts 2.3; Network Load Balancers guide, load-balancer-security-groups; message of
    kubernetes-sigs/cluster-api-provider-aws#4790. The refusal of an empty list is documented, its
    code assumed.
    """
    if not balancer.has_groups:
        text = (
            "You cannot set security groups on a Network Load Balancer which was created without any security groups."
        )
        raise AwsError("InvalidConfigurationRequest", text)
    if not group_ids:
        text = "You must specify at least one security group for this Network Load Balancer."
        raise AwsError("InvalidConfigurationRequest", text)


@answers("elbv2", "SetSecurityGroups")
def set_security_groups(call: Call) -> dict[str, Any]:
    """Replaces the groups of a load balancer, on its interfaces too."""
    from .load_balancer import load_balancer_exists

    balancer = load_balancer_exists(call, call.params["LoadBalancerArn"])
    groups = list(dict.fromkeys(call.params.get("SecurityGroups") or []))
    groups_only_if_created_with_some(balancer, groups)
    balancer_groups_fit(call, balancer.vpc_id, groups)
    balancer.security_groups = groups
    for interface_id in balancer.interfaces.values():
        call.ec2.enis[interface_id]._group_set = [security_group.security_group_exists(call, g) for g in groups]
    enforced = call.params.get("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
    balancer.enforce_private_link = enforced or balancer.enforce_private_link
    return {
        "SecurityGroupIds": list(groups),
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": balancer.enforce_private_link,
    }


@rule("elbv2.SetSubnets")
def subnet_of_a_zone_is_changed_in_two_steps(call: Call, balancer: Any, wanted: list[Any]) -> None:
    """Zones can be added and removed; another subnet in a zone needs that zone to be removed first.

    Source: aws-facts 2.3; Network Load Balancers guide, availability-zones; the code is not documented,
    InvalidConfigurationRequest is assumed.
    """
    present = {subnet.subnet_exists(call, s).availability_zone: s for s in balancer.interfaces}
    for one in wanted:
        if present.get(one.availability_zone, one.id) != one.id:
            text = (
                f"The subnet of the Availability Zone '{one.availability_zone}' cannot be changed while the zone is "
                "enabled: disable it first"
            )
            raise AwsError("InvalidConfigurationRequest", text)


@answers("elbv2", "SetSubnets")
def set_subnets(call: Call) -> dict[str, Any]:
    """Replaces the list of subnets: interfaces come and go with them."""
    from .load_balancer import load_balancer_exists

    balancer = load_balancer_exists(call, call.params["LoadBalancerArn"])
    wanted = balancer_subnets_fit(call, subnets_asked_for(call.params), balancer.scheme)
    if wanted[0].vpc_id != balancer.vpc_id:
        raise AwsError("InvalidConfigurationRequest", "The subnets must belong to the VPC of the load balancer")
    subnet_of_a_zone_is_changed_in_two_steps(call, balancer, wanted)
    kept = {s.id for s in wanted}
    add_subnets(call, balancer, [s for s in wanted if s.id not in balancer.interfaces])
    gone = [balancer.interfaces.pop(s) for s in list(balancer.interfaces) if s not in kept]
    release_interfaces(call, gone)
    return {"AvailabilityZones": zones_of(call, balancer), "IpAddressType": balancer.ip_address_type}
