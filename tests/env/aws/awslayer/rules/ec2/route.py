"""Routes: what they may lead to, and what becomes of them when that is gone."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...moto_types import Route
from ...registry import answers, rule
from . import blocks, gateway, interface, prefix_list
from .common import missing

_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "VpcPeeringConnectionId",
    "TransitGatewayId",
    "EgressOnlyInternetGatewayId",
    "VpcEndpointId",
    "LocalGatewayId",
    "CarrierGatewayId",
)
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


def view(call: Call, route: Any) -> dict[str, Any]:
    """A route as DescribeRouteTables shows it."""
    shown: dict[str, Any] = {"Origin": "CreateRouteTable" if route.local else "CreateRoute"}
    shown["State"] = "blackhole" if target_gone_makes_blackhole(call, route) else "active"
    for member, value in (
        ("DestinationCidrBlock", route.destination_cidr_block),
        ("DestinationIpv6CidrBlock", route.destination_ipv6_cidr_block),
        ("DestinationPrefixListId", route.destination_prefix_list_id),
        ("GatewayId", route.gateway_id),
        ("NatGatewayId", route.nat_gateway_id),
        ("NetworkInterfaceId", route.network_interface_id),
        ("InstanceId", route.instance_id),
        ("VpcPeeringConnectionId", route.vpc_peering_connection_id),
        ("TransitGatewayId", route.transit_gateway_id),
        ("EgressOnlyInternetGatewayId", route.egress_only_internet_gateway_id),
    ):
        if value:
            shown[member] = value
    return shown


@rule("ec2.DescribeRouteTables")
def target_gone_makes_blackhole(call: Call, route: Any) -> bool:
    """A route whose target is deleted, detached or not usable stays, and its state is blackhole.

    Source: aws-facts 5.2; botocore ec2.Route, State ("blackhole ... the specified gateway isn't
    attached to the VPC, or the specified NAT instance has been terminated").
    """
    if route.local:
        return False
    if route.nat_gateway is not None:
        nat = call.ec2.nat_gateways.get(route.nat_gateway.id)
        return nat is None or nat.state in ("deleting", "deleted", "failed")
    if route.gateway is not None and route.gateway.id.startswith("igw-"):
        gone = route.gateway.id not in call.ec2.internet_gateways
        return gone or route.gateway.vpc is None or route.gateway.vpc.id != route.route_table.vpc_id
    if route.interface is not None:
        return route.interface.id not in call.ec2.enis
    return False


def find(table: Any, member: str, destination: str) -> Any | None:
    """The route of a table to a destination."""
    attribute = {
        "DestinationCidrBlock": "destination_cidr_block",
        "DestinationIpv6CidrBlock": "destination_ipv6_cidr_block",
        "DestinationPrefixListId": "destination_prefix_list_id",
    }[member]
    return next((r for r in table._routes.values() if getattr(r, attribute) == destination), None)


@rule("ec2.CreateRoute", "ec2.ReplaceRoute", "ec2.DeleteRoute")
def one_destination(call: Call) -> tuple[str, str]:
    """A route has exactly one destination; IPv4 blocks are brought to their canonical form.

    Source: botocore ec2.CreateRoute ("You must specify either a destination CIDR block or a prefix list
    ID"; "We modify the specified CIDR block to its canonical form").
    """
    given = [(name, call.params[name]) for name in _DESTINATIONS if call.params.get(name)]
    if not given:
        raise AwsError("MissingParameter", "The request must contain the parameter destinationCidrBlock")
    if len(given) > 1:
        text = f"The parameters {given[0][0]} and {given[1][0]} cannot be used together"
        raise AwsError("InvalidParameterCombination", text)
    name, text = given[0]
    if name == "DestinationCidrBlock":
        return name, str(blocks.block_in_canonical_form(text, "destinationCidrBlock"))
    if name == "DestinationPrefixListId":
        prefix_list.prefix_list_exists(call, text)
    return name, text


@rule("ec2.CreateRoute", "ec2.ReplaceRoute")
def one_target(call: Call) -> str:
    """A route has exactly one target.

    Source: botocore ec2.CreateRoute; EC2 error codes (MissingParameter, InvalidParameterCombination).
    """
    given = [name for name in _TARGETS if call.params.get(name)]
    if call.params.get("LocalTarget"):
        given.append("LocalTarget")
    if not given:
        text = (
            "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, "
            "vpcPeeringConnectionId, egressOnlyInternetGatewayId, instanceId, ..."
        )
        raise AwsError("MissingParameter", text)
    if len(given) > 1:
        text = f"The request must contain exactly one target, not {', '.join(given)}"
        raise AwsError("InvalidParameterCombination", text)
    return given[0]


@rule("ec2.CreateRoute", "ec2.ReplaceRoute")
def target_belongs_to_the_vpc(call: Call, table: Any, target: str) -> None:
    """A route's target exists and belongs to the table's VPC; an internet gateway must be attached to it.

    Source: EC2 error codes (InvalidGatewayID.NotFound, InvalidNatGatewayID.NotFound,
    InvalidParameterValue); a NAT gateway may still be pending: github.com/boto/boto3/issues/779.
    """
    wanted = str(call.params[target])
    if target == "GatewayId" and wanted == "local":
        return
    if target == "GatewayId":
        found = call.ec2.internet_gateways.get(wanted)
        if wanted.startswith("vpce-"):
            text = "Routes to a gateway endpoint are made by its association with the route table"
            raise AwsError("InvalidParameterValue", text)
        if found is None:
            raise missing("InvalidGatewayID.NotFound", "gateway ID", wanted)
        home = gateway.internet_gateway_exists(call, wanted).vpc
        home_id = home.id if home is not None else None
    elif target == "NatGatewayId":
        nat = call.ec2.nat_gateways.get(wanted)
        if nat is None or nat.state in ("deleting", "deleted", "failed"):
            raise missing("InvalidNatGatewayID.NotFound", "natGateway ID", wanted)
        home_id = nat.vpc_id
    elif target == "NetworkInterfaceId":
        home_id = interface.network_interface_exists(call, wanted).vpc_id
    else:
        return
    if home_id != table.vpc_id:
        text = f"route table {table.id} and network gateway {wanted} belong to different networks"
        raise AwsError("InvalidParameterValue", text)


@rule("ec2.CreateRoute")
def route_is_new(table: Any, member: str, destination: str) -> None:
    """A table has one route per destination, local ones included.

    Source: aws-facts 6.2; EC2 error codes (RouteAlreadyExists).
    """
    if find(table, member, destination) is not None:
        raise AwsError("RouteAlreadyExists", f"The route identified by {destination} already exists.")


@rule("ec2.CreateRoute")
def route_quota(call: Call, table: Any) -> None:
    """A bounded number of routes per table.

    Source: VPC User Guide, amazon-vpc-limits; EC2 error codes (RouteLimitExceeded).
    """
    if len(table._routes) >= call.quota("routesPerTable"):
        text = f"The maximum number of routes has been reached for route table '{table.id}'."
        raise AwsError("RouteLimitExceeded", text)


@answers("ec2", "CreateRoute")
def create_route(call: Call) -> dict[str, Any]:
    """Adds a route."""
    from .route_table import route_table_exists

    table = route_table_exists(call, call.params["RouteTableId"])
    member, destination = one_destination(call)
    target = one_target(call)
    target_belongs_to_the_vpc(call, table, target)
    route_is_new(table, member, destination)
    route_quota(call, table)
    _put(call, table, member, destination, target)
    return {"Return": True}


@rule("ec2.ReplaceRoute")
def replaced_route_exists(table: Any, member: str, destination: str) -> Any:
    """Only an existing route can be replaced.

    Source: EC2 answers InvalidParameterValue here; moto's InvalidParameterValueErrorReplaceRoute says so too.
    """
    found = find(table, member, destination)
    if found is None:
        text = f"There is no route defined for '{destination}' in the route table. Use CreateRoute instead."
        raise AwsError("InvalidParameterValue", text)
    return found


@answers("ec2", "ReplaceRoute")
def replace_route(call: Call) -> dict[str, Any]:
    """Gives a route another target."""
    from .route_table import route_table_exists

    table = route_table_exists(call, call.params["RouteTableId"])
    member, destination = one_destination(call)
    target = one_target(call)
    found = replaced_route_exists(table, member, destination)
    routes_of_aws_stay(table, found, destination, "replace")
    target_belongs_to_the_vpc(call, table, target)
    del table._routes[found.id]
    _put(call, table, member, destination, target)
    return {}


@rule("ec2.DeleteRoute", "ec2.ReplaceRoute")
def routes_of_aws_stay(table: Any, found: Any, destination: str, verb: str) -> None:
    """Local routes, and those of gateway endpoints, cannot be removed by hand.

    Source: VPC User Guide, VPC_Route_Tables ("You can't delete the local route"); PrivateLink guide,
    gateway-endpoints ("You can't explicitly add, modify, or delete endpoint routes").
    """
    if found.local:
        text = f"cannot {verb} local route {destination} in route table {table.id}"
        raise AwsError("InvalidParameterValue", text)
    if found.gateway_id and found.gateway_id.startswith("vpce-"):
        text = f"cannot {verb} VPC endpoint route {destination} in route table {table.id}"
        raise AwsError("InvalidParameterValue", text)


@answers("ec2", "DeleteRoute")
def delete_route(call: Call) -> dict[str, Any]:
    """Removes a route."""
    from .route_table import route_table_exists

    table = route_table_exists(call, call.params["RouteTableId"])
    member, destination = one_destination(call)
    found = find(table, member, destination)
    if found is None:
        text = f"no route with destination-cidr-block {destination} in route table {table.id}"
        raise AwsError("InvalidRoute.NotFound", text)
    routes_of_aws_stay(table, found, destination, "remove")
    del table._routes[found.id]
    return {}


def _put(call: Call, table: Any, member: str, destination: str, target: str) -> None:
    ec2 = call.ec2
    wanted = str(call.params[target])
    prefix = ec2.managed_prefix_lists.get(destination) if member == "DestinationPrefixListId" else None
    supported = {
        "GatewayId": ("gateway", ec2.internet_gateways),
        "NatGatewayId": ("nat_gateway", ec2.nat_gateways),
        "NetworkInterfaceId": ("interface", ec2.enis),
        "TransitGatewayId": ("transit_gateway", ec2.transit_gateways),
        "VpcPeeringConnectionId": ("vpc_pcx", ec2.vpc_pcxs),
        "EgressOnlyInternetGatewayId": ("egress_only_igw", ec2.egress_only_internet_gateways),
    }
    if target not in supported:
        raise AwsError("InternalFailure", f"the emulator lacks routes to {target}", 501)
    keyword, store = supported[target]
    thing = store.get(wanted)
    if thing is None:
        raise missing(f"Invalid{target.removesuffix('Id')}ID.NotFound", target, wanted)
    made = Route(
        table,
        destination if member == "DestinationCidrBlock" else None,
        destination if member == "DestinationIpv6CidrBlock" else None,
        prefix,
        **{keyword: thing},
    )
    table._routes[made.id] = made
