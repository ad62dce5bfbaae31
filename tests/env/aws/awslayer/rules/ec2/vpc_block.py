"""Secondary blocks of VPCs: associated and disassociated over time."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import blocks
from .vpc import association_view, associations, vpc_exists

# What of the region's memory holds the failures that a test has ordered.
_ORDERS = "blocks that are to fail"


@rule("ec2.AssociateVpcCidrBlock")
def vpc_block_quota(call: Call, vpc: Any) -> None:
    """Five IPv4 blocks per VPC, the primary counted.

    Source: aws-facts 1.2; VPC User Guide, amazon-vpc-limits (CidrLimitExceeded).
    """
    limit = call.quota("cidrsPerVpc")
    if len(associations(vpc)) >= limit:
        text = f"This network '{vpc.id}' has met its maximum number of allowed CIDRs: {limit}"
        raise AwsError("CidrLimitExceeded", text)


@rule("ec2.AssociateVpcCidrBlock")
def vpc_block_leaves_routes_alone(call: Call, vpc: Any, block: IPv4Network) -> None:
    """A block is refused when a route of the VPC has the same or a narrower destination.

    Source: aws-facts 1.2; VPC User Guide, vpc-cidr-blocks (must not be the same or larger than the
    destination of a route); the code is not documented, InvalidVpc.Range is assumed.
    """
    for table in call.ec2.route_tables.values():
        for route in table._routes.values():
            if table.vpc_id != vpc.id or route.local or not route.destination_cidr_block:
                continue
            destination = IPv4Network(route.destination_cidr_block)
            if destination.subnet_of(block):
                text = f"The CIDR '{block}' conflicts with the route to '{destination}' in '{table.id}'."
                raise AwsError("InvalidVpc.Range", text)


@answers("ec2", "AssociateVpcCidrBlock")
def associate_vpc_cidr_block(call: Call) -> dict[str, Any]:
    """Adds a secondary block: associating, then associated with a local route in every table."""
    ec2 = call.ec2
    vpc = vpc_exists(call, call.params["VpcId"])
    if not call.params.get("CidrBlock"):
        raise AwsError("MissingParameter", "The request must contain the parameter cidrBlock")
    block = blocks.block_in_canonical_form(call.params["CidrBlock"])
    blocks.vpc_block_size(block)
    blocks.vpc_block_usable(block)
    existing = [IPv4Network(a["cidr_block"], strict=False) for a in associations(vpc)]
    blocks.vpc_blocks_do_not_overlap(existing, block)
    blocks.vpc_blocks_may_stand_together(existing, block)
    vpc_block_leaves_routes_alone(call, vpc, block)
    vpc_block_quota(call, vpc)
    association = vpc.associate_vpc_cidr_block(str(block))
    association["cidr_block_state"] = {"state": "associating"}
    orders = call.memory.kept.get(_ORDERS, [])
    failure = orders.pop(0) if orders else None

    def associated() -> None:
        if association["cidr_block_state"]["state"] != "associating":
            return
        if failure is not None:
            association["cidr_block_state"] = {"state": "failed", "status_message": failure}
            return
        association["cidr_block_state"] = {"state": "associated"}
        for table in ec2.route_tables.values():
            if table.vpc_id == vpc.id:
                ec2.create_route(table.id, str(block), local=True)

    call.world.after("cidr.associate", call.memory, associated)
    call.created(association["association_id"])
    return {"VpcId": vpc.id, "CidrBlockAssociation": association_view(association)}


def fail_next(call: Call, message: str) -> None:
    """The next association in this account and region ends `failed`, for this reason."""
    call.memory.kept.setdefault(_ORDERS, []).append(message)


@rule("ec2.DisassociateVpcCidrBlock")
def primary_block_stays(vpc: Any, association: dict[str, Any]) -> None:
    """The primary block can never be disassociated.

    Source: aws-facts 1.2; botocore ec2.DisassociateVpcCidrBlock; message as moto has it from AWS.
    """
    if association["cidr_block"] == vpc.cidr_block:
        raise AwsError(
            "OperationNotPermitted",
            f"The vpc CIDR block with association ID {association['association_id']} may not be "
            "disassociated. It is the primary IPv4 CIDR block of the VPC",
        )


@rule("ec2.DisassociateVpcCidrBlock")
def block_with_subnets_stays(call: Call, vpc: Any, association: dict[str, Any]) -> None:
    """A block with subnets cannot be disassociated.

    Source: aws-facts 1.2; botocore ec2.DisassociateVpcCidrBlock ("You must first delete all subnets");
    the code is not documented, DependencyViolation is assumed.
    """
    block = IPv4Network(association["cidr_block"], strict=False)
    for zone in call.ec2.subnets.values():
        for subnet in zone.values():
            if subnet.vpc_id == vpc.id and IPv4Network(subnet.cidr_block).subnet_of(block):
                text = f"The CIDR block '{block}' is in use by '{subnet.id}' and cannot be disassociated."
                raise AwsError("DependencyViolation", text)


@answers("ec2", "DisassociateVpcCidrBlock")
def disassociate_vpc_cidr_block(call: Call) -> dict[str, Any]:
    """Removes a secondary block and its local routes."""
    ec2 = call.ec2
    wanted = call.params["AssociationId"]
    vpc = next((v for v in ec2.vpcs.values() if wanted in v._cidr_block_association_set), None)
    if vpc is None:
        text = f"The vpc CIDR block association ID '{wanted}' does not exist"
        raise AwsError("InvalidVpcCidrBlockAssociationID.NotFound", text)
    association = vpc._cidr_block_association_set[wanted]
    primary_block_stays(vpc, association)
    block_with_subnets_stays(call, vpc, association)
    association["cidr_block_state"] = {"state": "disassociating"}
    for table in ec2.route_tables.values():
        for key, route in list(table._routes.items()):
            if table.vpc_id == vpc.id and route.local and route.destination_cidr_block == association["cidr_block"]:
                del table._routes[key]
    gone = vpc._cidr_block_association_set
    call.world.after("cidr.disassociate", call.memory, lambda: gone.pop(wanted, None))
    return {"VpcId": vpc.id, "CidrBlockAssociation": association_view(association)}
