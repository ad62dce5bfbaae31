"""VPCs, their blocks and their attributes."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...moto_types import SecurityGroupRule
from ...registry import answers, rule
from . import blocks
from .common import missing, put_tags, tags_fit_the_operation, tags_of

_ATTRIBUTES = {
    "EnableDnsSupport": "enable_dns_support",
    "EnableDnsHostnames": "enable_dns_hostnames",
    "EnableNetworkAddressUsageMetrics": "enable_network_address_usage_metrics",
}


@rule("ec2.*")
def vpc_exists(call: Call, vpc_id: str) -> Any:
    """An operation on a VPC that does not exist is refused.

    Source: EC2 User Guide, "Error codes for the Amazon EC2 API" (InvalidVpcID.NotFound).
    """
    vpc = call.ec2.vpcs.get(vpc_id)
    if vpc is None:
        raise missing("InvalidVpcID.NotFound", "vpc ID", vpc_id)
    return vpc


def view(call: Call, vpc: Any) -> dict[str, Any]:
    """A VPC as answers show it."""
    return {
        "VpcId": vpc.id,
        "State": vpc.state,
        "CidrBlock": str(IPv4Network(vpc.cidr_block, strict=False)),
        "CidrBlockAssociationSet": [association_view(a) for a in associations(vpc)],
        "DhcpOptionsId": vpc.dhcp_options_id,
        "InstanceTenancy": vpc.instance_tenancy,
        "IsDefault": vpc.is_default,
        "OwnerId": call.account,
        "Tags": tags_of(call, vpc.id),
    }


def associated_blocks(vpc: Any) -> list[IPv4Network]:
    """The blocks whose association is complete."""
    return [
        IPv4Network(a["cidr_block"], strict=False)
        for a in associations(vpc)
        if a["cidr_block_state"]["state"] == "associated"
    ]


@rule("ec2.CreateVpc")
def vpc_quota(call: Call) -> None:
    """A bounded number of VPCs per Region.

    Source: aws-facts 1.2 (5 by default); EC2 error codes (VpcLimitExceeded).
    """
    if len(call.ec2.vpcs) >= call.quota("vpcs"):
        raise AwsError("VpcLimitExceeded", "The maximum number of VPCs has been reached.")


@rule("ec2.CreateVpc")
def default_group_lets_itself_in(call: Call, vpc_id: str) -> None:
    """A VPC's default group admits everything from its own members and lets everything out.

    Source: VPC User Guide, default-security-group.
    """
    for group in call.ec2.groups[vpc_id].values():
        peer = {"GroupId": group.id}
        own = SecurityGroupRule(call.ec2, "-1", group.id, "", "", None, peer, is_egress=False)
        group.ingress_rules.append(own)


@answers("ec2", "CreateVpc")
def create_vpc(call: Call) -> dict[str, Any]:
    """Creates a VPC with its main route table, default group and default network ACL."""
    text = call.params.get("CidrBlock")
    if not text:
        raise AwsError("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    tags = tags_fit_the_operation(call, "vpc")
    block = blocks.block_in_canonical_form(text)
    blocks.vpc_block_size(block)
    blocks.vpc_block_usable(block)
    vpc_quota(call)
    vpc = call.ec2.create_vpc(str(block), call.params.get("InstanceTenancy", "default"))
    default_group_lets_itself_in(call, vpc.id)
    put_tags(call, vpc.id, tags)
    vpc.state = "pending"
    call.world.after("vpc.create", call.memory, lambda: setattr(vpc, "state", "available"))
    call.created(vpc.id)
    return {"Vpc": view(call, vpc)}


@answers("ec2", "DescribeVpcs")
def describe_vpcs(call: Call) -> dict[str, Any]:
    """Lists VPCs."""
    return describe(call, LISTING)


@rule("ec2.DeleteVpc")
def vpc_delete_refused_while_used(call: Call, vpc_id: str) -> None:
    """A VPC that holds anything but its main route table, default group and default ACL cannot be deleted.

    Source: aws-facts 7; botocore ec2.DeleteVpc (DependencyViolation).
    """
    ec2 = call.ec2
    used = (
        any(s.vpc_id == vpc_id for zone in ec2.subnets.values() for s in zone.values())
        or any(i.vpc is not None and i.vpc.id == vpc_id for i in ec2.internet_gateways.values())
        or any(e.vpc_id == vpc_id for e in ec2.vpc_end_points.values() if e.state != "deleted")
        or any(n.vpc_id == vpc_id for n in ec2.nat_gateways.values() if n.state not in ("deleted", "failed"))
        or any(t.vpc_id == vpc_id and not t.main_association_id for t in ec2.route_tables.values())
        or any(not g.is_default for g in ec2.groups.get(vpc_id, {}).values())
        or any(a.vpc_id == vpc_id and not a.default for a in ec2.network_acls.values())
        or any(e.vpc_id == vpc_id for e in ec2.enis.values())
    )
    if used:
        raise AwsError("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")


@answers("ec2", "DeleteVpc")
def delete_vpc(call: Call) -> dict[str, Any]:
    """Deletes a VPC with what AWS made for it."""
    ec2 = call.ec2
    vpc = vpc_exists(call, call.params["VpcId"])
    vpc_delete_refused_while_used(call, vpc.id)
    for table in [t for t in ec2.route_tables.values() if t.vpc_id == vpc.id]:
        ec2.route_tables.pop(table.id)
        ec2.tags.pop(table.id, None)
    for acl in [a for a in ec2.network_acls.values() if a.vpc_id == vpc.id]:
        ec2.network_acls.pop(acl.id)
        ec2.tags.pop(acl.id, None)
    for group in ec2.groups.pop(vpc.id, {}).values():
        ec2.tags.pop(group.id, None)
    ec2.vpcs.pop(vpc.id)
    ec2.tags.pop(vpc.id, None)
    return {}


@rule("ec2.ModifyVpcAttribute")
def one_vpc_attribute_per_call(names: list[str]) -> None:
    """ModifyVpcAttribute takes exactly one attribute.

    Source: aws-facts 4; botocore ec2.ModifyVpcAttribute ("You can only modify one attribute at a time").
    """
    if not names:
        raise AwsError("MissingParameter", "The request must contain the parameter attribute")
    if len(names) > 1:
        text = f"Fields for multiple attribute types specified: {', '.join(n[0].lower() + n[1:] for n in names)}"
        raise AwsError("InvalidParameterCombination", text)


@rule("ec2.ModifyVpcAttribute")
def dns_hostnames_need_dns_support(vpc: Any, name: str, value: bool) -> None:
    """DNS hostnames can be enabled only while DNS support is.

    Source: botocore ec2.ModifyVpcAttribute, EnableDnsHostnames; the code is not documented,
    InvalidParameterValue is assumed.
    """
    if name == "EnableDnsHostnames" and value and not vpc.enable_dns_support:
        raise AwsError("InvalidParameterValue", "enableDnsHostnames requires enableDnsSupport to be true")


@answers("ec2", "ModifyVpcAttribute")
def modify_vpc_attribute(call: Call) -> dict[str, Any]:
    """Sets one attribute."""
    vpc = vpc_exists(call, call.params["VpcId"])
    names = [name for name in _ATTRIBUTES if name in call.params]
    one_vpc_attribute_per_call(names)
    value = bool(call.params[names[0]].get("Value"))
    dns_hostnames_need_dns_support(vpc, names[0], value)
    setattr(vpc, _ATTRIBUTES[names[0]], value)
    return {}


@answers("ec2", "DescribeVpcAttribute")
def describe_vpc_attribute(call: Call) -> dict[str, Any]:
    """Shows the one attribute that was asked for."""
    vpc = vpc_exists(call, call.params["VpcId"])
    name = str(call.params.get("Attribute", ""))
    name = name[:1].upper() + name[1:]
    if name not in _ATTRIBUTES:
        raise AwsError("MissingParameter", "The request must contain the parameter attribute")
    return {"VpcId": vpc.id, name: {"Value": bool(getattr(vpc, _ATTRIBUTES[name]))}}


def associations(vpc: Any) -> list[dict[str, Any]]:
    """The IPv4 blocks of a VPC as moto keeps them, the primary first."""
    return list(vpc.get_cidr_block_association_set(ipv6=False))


def association_view(association: dict[str, Any]) -> dict[str, Any]:
    """An association of a block as answers show it."""
    state = association["cidr_block_state"]
    said = {"StatusMessage": state["status_message"]} if "status_message" in state else {}
    return {
        "AssociationId": association["association_id"],
        "CidrBlock": str(IPv4Network(association["cidr_block"], strict=False)),
        "CidrBlockState": {"State": state["state"], **said},
    }


def things(call: Call) -> Iterable[tuple[str, Any]]:
    """All VPCs of the account and region."""
    return list(call.ec2.vpcs.items())


LISTING = Listing(
    result="Vpcs",
    id_member="VpcId",
    things=things,
    view=view,
    ids="VpcIds",
    not_found=lambda i: missing("InvalidVpcID.NotFound", "vpc ID", i),
    filters={
        "cidr": "CidrBlock",
        "cidr-block": "CidrBlock",
        "cidr-block-association.cidr-block": "CidrBlockAssociationSet.CidrBlock",
        "cidr-block-association.association-id": "CidrBlockAssociationSet.AssociationId",
        "cidr-block-association.state": "CidrBlockAssociationSet.CidrBlockState.State",
        "dhcp-options-id": "DhcpOptionsId",
        "is-default": "IsDefault",
        "isDefault": "IsDefault",
        "owner-id": "OwnerId",
        "state": "State",
        "vpc-id": "VpcId",
    },
)
