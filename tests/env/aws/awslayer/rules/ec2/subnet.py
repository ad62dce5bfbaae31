"""Subnets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...registry import answers, rule
from . import blocks, vpc, zones
from .common import missing, put_tags, tags_fit_the_operation, tags_of

_ATTRIBUTES = {
    "MapPublicIpOnLaunch": "map_public_ip_on_launch",
    "AssignIpv6AddressOnCreation": "assign_ipv6_address_on_creation",
}
# AWS reserves the first four addresses of a subnet and the last.
RESERVED = 5


@rule("ec2.*")
def subnet_exists(call: Call, subnet_id: str) -> Any:
    """An operation on a subnet that does not exist is refused.

    Source: EC2 User Guide, "Error codes for the Amazon EC2 API" (InvalidSubnetID.NotFound).
    """
    for zone in call.ec2.subnets.values():
        if subnet_id in zone:
            return zone[subnet_id]
    raise missing("InvalidSubnetID.NotFound", "subnet ID", subnet_id)


def view(call: Call, subnet: Any) -> dict[str, Any]:
    """A subnet as answers show it."""
    zone = zones.by_name(call, subnet.availability_zone)
    return {
        "SubnetId": subnet.id,
        "SubnetArn": f"arn:aws:ec2:{call.region}:{call.account}:subnet/{subnet.id}",
        "VpcId": subnet.vpc_id,
        "State": subnet.state,
        "CidrBlock": subnet.cidr_block,
        "AvailabilityZone": subnet.availability_zone,
        "AvailabilityZoneId": zone["ZoneId"] if zone else subnet.availability_zone_id,
        "AvailableIpAddressCount": free_addresses(call, subnet),
        "MapPublicIpOnLaunch": bool(subnet.map_public_ip_on_launch),
        "DefaultForAz": bool(subnet.default_for_az),
        "AssignIpv6AddressOnCreation": bool(subnet.assign_ipv6_address_on_creation),
        "MapCustomerOwnedIpOnLaunch": False,
        "EnableDns64": False,
        "Ipv6Native": False,
        "Ipv6CidrBlockAssociationSet": [],
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": "ip-name",
            "EnableResourceNameDnsARecord": False,
            "EnableResourceNameDnsAAAARecord": False,
        },
        "OwnerId": call.account,
        "Tags": tags_of(call, subnet.id),
    }


def interfaces(call: Call, subnet_id: str) -> list[Any]:
    """The network interfaces in a subnet."""
    return [e for e in call.ec2.enis.values() if e.subnet.id == subnet_id]


def free_addresses(call: Call, subnet: Any) -> int:
    """How many addresses are left."""
    taken = call.once("addresses taken", lambda: _taken(call))
    return int(IPv4Network(subnet.cidr_block).num_addresses) - RESERVED - int(taken[subnet.id])


def _taken(call: Call) -> Counter[str]:
    taken: Counter[str] = Counter()
    for interface in call.ec2.enis.values():
        taken[interface.subnet.id] += len(interface.private_ip_addresses)
    return taken


def free_address(call: Call, subnet: Any) -> str | None:
    """The lowest free address of a subnet, None when it is full."""
    network = IPv4Network(subnet.cidr_block)
    taken = {a["PrivateIpAddress"] for e in interfaces(call, subnet.id) for a in e.private_ip_addresses}
    first, last = int(network.network_address) + RESERVED - 1, int(network.broadcast_address)
    return next((text for i in range(first, last) if (text := str(IPv4Address(i))) not in taken), None)


@rule("ec2.CreateSubnet")
def subnet_block_size(block: IPv4Network) -> None:
    """A subnet's block is between /16 and /28.

    Source: aws-facts 1.2; botocore ec2.CreateSubnet; EC2 error codes (InvalidSubnet.Range).
    """
    if not 16 <= block.prefixlen <= 28:
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")


@rule("ec2.CreateSubnet")
def subnet_inside_associated_block(of: Any, block: IPv4Network) -> None:
    """A subnet lies inside one block of its VPC whose association is complete.

    Source: aws-facts 1.2 (CreateSubnet before `associated` fails); EC2 error codes (InvalidSubnet.Range).
    """
    if not any(block.subnet_of(existing) for existing in vpc.associated_blocks(of)):
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")


@rule("ec2.CreateSubnet")
def subnets_do_not_overlap(call: Call, vpc_id: str, block: IPv4Network) -> None:
    """A subnet may not overlap another one of its VPC.

    Source: EC2 error codes (InvalidSubnet.Conflict); aws-facts 6.2.
    """
    for _, other in things(call):
        if other.vpc_id == vpc_id and block.overlaps(IPv4Network(other.cidr_block)):
            raise AwsError("InvalidSubnet.Conflict", f"The CIDR '{block}' conflicts with another subnet")


@rule("ec2.CreateSubnet")
def subnet_quota(call: Call, vpc_id: str) -> None:
    """A bounded number of subnets per VPC.

    Source: aws-facts 1.2 (200 by default); EC2 error codes (SubnetLimitExceeded).
    """
    if sum(1 for _, s in things(call) if s.vpc_id == vpc_id) >= call.quota("subnetsPerVpc"):
        text = f"The maximum number of subnets has been reached for VPC '{vpc_id}'."
        raise AwsError("SubnetLimitExceeded", text)


@answers("ec2", "CreateSubnet")
def create_subnet(call: Call) -> dict[str, Any]:
    """Creates a subnet in a zone given by name or by id."""
    ec2 = call.ec2
    of = vpc.vpc_exists(call, call.params["VpcId"])
    tags = tags_fit_the_operation(call, "subnet")
    if not call.params.get("CidrBlock"):
        raise AwsError("MissingParameter", "The request must contain the parameter cidrBlock")
    block = blocks.block_in_canonical_form(call.params["CidrBlock"])
    zone = zones.zone_asked_for(call)
    subnet_block_size(block)
    subnet_inside_associated_block(of, block)
    subnets_do_not_overlap(call, of.id, block)
    subnet_quota(call, of.id)
    subnet = ec2.create_subnet(of.id, str(block), availability_zone=zone["ZoneName"])
    # Moto takes the first subnet that it sees in a zone for the default one.
    subnet.default_for_az = subnet.map_public_ip_on_launch = False
    put_tags(call, subnet.id, tags)
    subnet.state = "pending"
    call.world.after("subnet.create", call.memory, lambda: setattr(subnet, "state", "available"))
    call.created(subnet.id)
    return {"Subnet": view(call, subnet)}


@answers("ec2", "DescribeSubnets")
def describe_subnets(call: Call) -> dict[str, Any]:
    """Lists subnets."""
    return describe(call, LISTING)


@rule("ec2.DeleteSubnet")
def subnet_delete_refused_while_used(call: Call, subnet_id: str) -> None:
    """A subnet with a network interface in it (of a NAT gateway, an endpoint, anything) cannot be deleted.

    Source: aws-facts 7 (interface endpoints: also while `deleting`); EC2 error codes (DependencyViolation).
    """
    if interfaces(call, subnet_id):
        raise AwsError("DependencyViolation", f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")


@answers("ec2", "DeleteSubnet")
def delete_subnet(call: Call) -> dict[str, Any]:
    """Deletes a subnet; its association with a route table goes with it."""
    ec2 = call.ec2
    subnet = subnet_exists(call, call.params["SubnetId"])
    subnet_delete_refused_while_used(call, subnet.id)
    for table in ec2.route_tables.values():
        for key, target in list(table._associations.items()):
            if target == subnet.id:
                del table._associations[key]
    for acl in ec2.network_acls.values():
        for key, association in list(acl._associations.items()):
            if association.subnet_id == subnet.id:
                del acl._associations[key]
    for zone in ec2.subnets.values():
        zone.pop(subnet.id, None)
    ec2.tags.pop(subnet.id, None)
    return {}


@rule("ec2.ModifySubnetAttribute")
def one_subnet_attribute_per_call(names: list[str]) -> None:
    """ModifySubnetAttribute takes exactly one attribute.

    Source: botocore ec2.ModifySubnetAttribute ("You can only modify one attribute at a time").
    """
    if len(names) != 1:
        raise AwsError("InvalidParameterCombination", "Exactly one attribute can be modified at a time")


@answers("ec2", "ModifySubnetAttribute")
def modify_subnet_attribute(call: Call) -> dict[str, Any]:
    """Sets one attribute."""
    subnet = subnet_exists(call, call.params["SubnetId"])
    names = [name for name in call.params if name != "SubnetId"]
    one_subnet_attribute_per_call(names)
    attribute = _ATTRIBUTES.get(names[0])
    if attribute is None:
        raise AwsError("InternalFailure", f"the emulator lacks the attribute {names[0]}", 501)
    setattr(subnet, attribute, bool(call.params[names[0]].get("Value")))
    return {}


def things(call: Call) -> Iterable[tuple[str, Any]]:
    """All subnets of the account and region, in the order in which they were made."""
    found = [(s.id, s) for zone in call.ec2.subnets.values() for s in zone.values()]
    born = call.memory.born
    return sorted(found, key=lambda pair: born.get(pair[0], 0))


LISTING = Listing(
    result="Subnets",
    id_member="SubnetId",
    things=things,
    view=view,
    ids="SubnetIds",
    not_found=lambda i: missing("InvalidSubnetID.NotFound", "subnet ID", i),
    filters={
        "availability-zone": "AvailabilityZone",
        "availabilityZone": "AvailabilityZone",
        "availability-zone-id": "AvailabilityZoneId",
        "availabilityZoneId": "AvailabilityZoneId",
        "available-ip-address-count": "AvailableIpAddressCount",
        "cidr-block": "CidrBlock",
        "cidr": "CidrBlock",
        "cidrBlock": "CidrBlock",
        "default-for-az": "DefaultForAz",
        "defaultForAz": "DefaultForAz",
        "map-public-ip-on-launch": "MapPublicIpOnLaunch",
        "owner-id": "OwnerId",
        "state": "State",
        "subnet-arn": "SubnetArn",
        "subnet-id": "SubnetId",
        "vpc-id": "VpcId",
    },
)
