"""Route tables and their associations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.ec2.utils import random_subnet_association_id

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...registry import answers, rule
from . import gateway, route, subnet, vpc
from .common import (
    client_token_repeats,
    missing,
    put_tags,
    remember_token,
    tags_fit_the_operation,
    tags_of,
)


@rule("ec2.*")
def route_table_exists(call: Call, table_id: str) -> Any:
    """An operation on a route table that does not exist is refused.

    Source: EC2 User Guide, "Error codes for the Amazon EC2 API" (InvalidRouteTableID.NotFound).
    """
    table = call.ec2.route_tables.get(table_id)
    if table is None:
        raise missing("InvalidRouteTableID.NotFound", "routeTable ID", table_id)
    return table


def view(call: Call, table: Any) -> dict[str, Any]:
    """A route table as answers show it."""
    associations = []
    if table.main_association_id:
        associations.append(_association(table, table.main_association_id, None))
    associations += [_association(table, key, target) for key, target in table._associations.items()]
    return {
        "RouteTableId": table.id,
        "VpcId": table.vpc_id,
        "Associations": associations,
        "PropagatingVgws": [],
        "Routes": [route.view(call, r) for r in table._routes.values()],
        "OwnerId": call.account,
        "Tags": tags_of(call, table.id),
    }


@rule("ec2.CreateRouteTable")
def route_table_quota(call: Call, vpc_id: str) -> None:
    """A bounded number of route tables per VPC.

    Source: aws-facts 1.2 (200 by default); EC2 error codes (RouteTableLimitExceeded).
    """
    if sum(1 for t in call.ec2.route_tables.values() if t.vpc_id == vpc_id) >= call.quota("routeTablesPerVpc"):
        raise AwsError("RouteTableLimitExceeded", "The maximum number of route tables has been reached.")


@answers("ec2", "CreateRouteTable")
def create_route_table(call: Call) -> dict[str, Any]:
    """Creates a route table with a local route per block of the VPC."""
    tags = tags_fit_the_operation(call, "route-table")
    token = call.params.get("ClientToken")
    repeated = client_token_repeats(call)
    if repeated is not None:
        if repeated not in call.ec2.route_tables:
            raise missing("InvalidRouteTableID.NotFound", "routeTable ID", repeated)
        return {"RouteTable": view(call, call.ec2.route_tables[repeated]), "ClientToken": token}
    of = vpc.vpc_exists(call, call.params["VpcId"])
    route_table_quota(call, of.id)
    table = call.ec2.create_route_table(of.id)
    put_tags(call, table.id, tags)
    remember_token(call, table.id)
    call.created(table.id)
    return {"RouteTable": view(call, table), **({"ClientToken": token} if token else {})}


@answers("ec2", "DescribeRouteTables")
def describe_route_tables(call: Call) -> dict[str, Any]:
    """Lists route tables with their routes and associations."""
    return describe(call, LISTING)


@rule("ec2.DeleteRouteTable")
def used_route_table_stays(table: Any) -> None:
    """A main route table, or one with an association, cannot be deleted.

    Source: botocore ec2.DeleteRouteTable ("You must disassociate ... You can't delete the main route
    table"); EC2 error codes (DependencyViolation).
    """
    if table.main_association_id or table._associations:
        text = f"The routeTable '{table.id}' has dependencies and cannot be deleted."
        raise AwsError("DependencyViolation", text)


@answers("ec2", "DeleteRouteTable")
def delete_route_table(call: Call) -> dict[str, Any]:
    """Deletes a route table."""
    table = route_table_exists(call, call.params["RouteTableId"])
    used_route_table_stays(table)
    for endpoint in call.ec2.vpc_end_points.values():
        if table.id in endpoint.route_table_ids:
            endpoint.route_table_ids.remove(table.id)
    call.ec2.route_tables.pop(table.id)
    call.ec2.tags.pop(table.id, None)
    return {}


@rule("ec2.AssociateRouteTable", "ec2.ReplaceRouteTableAssociation")
def route_table_and_subnet_share_a_vpc(table: Any, target_id: str, vpc_id: str) -> None:
    """A route table is associated within its own VPC only.

    Source: botocore ec2.AssociateRouteTable ("The subnet and route table must be in the same VPC");
    EC2 error codes (InvalidParameterValue).
    """
    if table.vpc_id != vpc_id:
        text = f"route table {table.id} and subnet {target_id} belong to different networks"
        raise AwsError("InvalidParameterValue", text)


@rule("ec2.AssociateRouteTable")
def one_route_table_per_subnet(call: Call, table: Any, target_id: str) -> str | None:
    """A subnet is associated with one table at most; the same association again is the same.

    Source: aws-facts 6.2; EC2 error codes (Resource.AlreadyAssociated).
    """
    for other in call.ec2.route_tables.values():
        for key, target in other._associations.items():
            if target == target_id:
                if other is table:
                    return str(key)
                text = f"the specified association for route table {table.id} conflicts with an existing association"
                raise AwsError("Resource.AlreadyAssociated", text)
    return None


@answers("ec2", "AssociateRouteTable")
def associate_route_table(call: Call) -> dict[str, Any]:
    """Associates a table with a subnet or an internet gateway."""
    table = route_table_exists(call, call.params["RouteTableId"])
    subnet_id, gateway_id = call.params.get("SubnetId"), call.params.get("GatewayId")
    if bool(subnet_id) == bool(gateway_id):
        text = "Either SubnetId or GatewayId must be given, not both"
        raise AwsError("InvalidParameterCombination" if subnet_id else "MissingParameter", text)
    if subnet_id:
        home = subnet.subnet_exists(call, subnet_id).vpc_id
    else:
        attached = gateway.internet_gateway_exists(call, str(gateway_id)).vpc
        home = attached.id if attached else ""
    target = str(subnet_id or gateway_id)
    route_table_and_subnet_share_a_vpc(table, target, home)
    key = one_route_table_per_subnet(call, table, target)
    if key is None:
        key = random_subnet_association_id()
        table._associations[key] = target
    return {"AssociationId": key, "AssociationState": {"State": "associated"}}


@rule("ec2.DisassociateRouteTable")
def main_association_stays(call: Call, association_id: str) -> None:
    """The main association of a VPC cannot be undone, only replaced.

    Source: botocore ec2.DisassociateRouteTable; EC2 error codes (InvalidParameterValue).
    """
    if any(t.main_association_id == association_id for t in call.ec2.route_tables.values()):
        text = f"cannot disassociate the main route table association {association_id}"
        raise AwsError("InvalidParameterValue", text)


@answers("ec2", "DisassociateRouteTable")
def disassociate_route_table(call: Call) -> dict[str, Any]:
    """Undoes an association; the subnet falls back to the main table."""
    wanted = call.params["AssociationId"]
    main_association_stays(call, wanted)
    for table in call.ec2.route_tables.values():
        if wanted in table._associations:
            del table._associations[wanted]
            return {}
    raise missing("InvalidAssociationID.NotFound", "association ID", wanted)


@answers("ec2", "ReplaceRouteTableAssociation")
def replace_route_table_association(call: Call) -> dict[str, Any]:
    """Moves an association to another table; it gets a new id."""
    wanted = call.params["AssociationId"]
    to = route_table_exists(call, call.params["RouteTableId"])
    for table in list(call.ec2.route_tables.values()):
        if table.main_association_id == wanted:
            route_table_and_subnet_share_a_vpc(to, "main", table.vpc_id)
            table.main_association_id = None
            to.main_association_id = random_subnet_association_id()
            return _replaced(to.main_association_id)
        if wanted in table._associations:
            route_table_and_subnet_share_a_vpc(to, table._associations[wanted], table.vpc_id)
            key = random_subnet_association_id()
            to._associations[key] = table._associations.pop(wanted)
            return _replaced(key)
    raise missing("InvalidAssociationID.NotFound", "association ID", wanted)


def _replaced(key: str) -> dict[str, Any]:
    return {"NewAssociationId": key, "AssociationState": {"State": "associated"}}


def _association(table: Any, key: str, target: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Main": target is None,
        "RouteTableAssociationId": key,
        "RouteTableId": table.id,
        "AssociationState": {"State": "associated"},
    }
    if target is not None:
        shown["GatewayId" if target.startswith("igw-") else "SubnetId"] = target
    return shown


def things(call: Call) -> Iterable[tuple[str, Any]]:
    """All route tables of the account and region."""
    return list(call.ec2.route_tables.items())


LISTING = Listing(
    result="RouteTables",
    id_member="RouteTableId",
    things=things,
    view=view,
    ids="RouteTableIds",
    not_found=lambda i: missing("InvalidRouteTableID.NotFound", "routeTable ID", i),
    filters={
        "association.gateway-id": "Associations.GatewayId",
        "association.route-table-association-id": "Associations.RouteTableAssociationId",
        "association.route-table-id": "Associations.RouteTableId",
        "association.subnet-id": "Associations.SubnetId",
        "association.main": "Associations.Main",
        "owner-id": "OwnerId",
        "route-table-id": "RouteTableId",
        "route.destination-cidr-block": "Routes.DestinationCidrBlock",
        "route.destination-ipv6-cidr-block": "Routes.DestinationIpv6CidrBlock",
        "route.destination-prefix-list-id": "Routes.DestinationPrefixListId",
        "route.gateway-id": "Routes.GatewayId",
        "route.instance-id": "Routes.InstanceId",
        "route.nat-gateway-id": "Routes.NatGatewayId",
        "route.transit-gateway-id": "Routes.TransitGatewayId",
        "route.origin": "Routes.Origin",
        "route.state": "Routes.State",
        "route.vpc-peering-connection-id": "Routes.VpcPeeringConnectionId",
        "vpc-id": "VpcId",
    },
)
