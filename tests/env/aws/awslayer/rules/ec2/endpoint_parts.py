"""What an endpoint is made of: routes, interfaces, groups, private names."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...moto_types import Route
from ...registry import rule
from . import endpoint_service, interface, prefix_list, route, security_group, subnet, zones
from .common import missing, values


@rule("ec2.ModifyVpcEndpoint")
def endpoint_exists(call: Call, endpoint_id: str) -> Any:
    """An operation on an endpoint that does not exist, or is being deleted, is refused.

    Source: EC2 User Guide, "Error codes for the Amazon EC2 API" (InvalidVpcEndpointId.NotFound).
    """
    found = call.ec2.vpc_end_points.get(endpoint_id)
    if found is None or found.state == "deleting":
        raise missing("InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id", endpoint_id)
    return found


@rule("ec2.ModifyVpcEndpoint")
def changes_fit_the_type(params: dict[str, Any], endpoint: Any) -> None:
    """Route tables change on gateway endpoints; subnets, groups and private DNS on interface endpoints.

    Source: botocore ec2.ModifyVpcEndpoint ("(Gateway endpoint)", "(Interface endpoint)").
    """
    foreign = {
        "Gateway": (
            "AddSubnetIds",
            "RemoveSubnetIds",
            "AddSecurityGroupIds",
            "RemoveSecurityGroupIds",
            "PrivateDnsEnabled",
        ),
        "Interface": ("AddRouteTableIds", "RemoveRouteTableIds"),
    }
    for name in foreign[endpoint.vpc_endpoint_type]:
        if params.get(name):
            text = f"{name} is not applicable to {endpoint.vpc_endpoint_type} VPC endpoints."
            raise AwsError("InvalidParameter", text)


# --- gateway endpoints -------------------------------------------------------------------------


@rule("ec2.CreateVpcEndpoint", "ec2.ModifyVpcEndpoint")
def gateway_endpoint_adds_routes(call: Call, endpoint: Any, table: Any) -> None:
    """A gateway endpoint puts a route to its service's prefix list into each of its route tables; a table
    that has such a route already is refused. DescribeRouteTables shows the route.

    Source: PrivateLink guide, gateway-endpoints (routing); aws-facts 6.2 ("Gateway: route already exists").
    """
    listed = prefix_list.of_service(call, endpoint.service_name)
    if listed is None:
        raise AwsError("InvalidServiceName", f"'{endpoint.service_name}' has no prefix list")
    if table.vpc_id != endpoint.vpc_id:
        text = f"Route table {table.id} and VPC {endpoint.vpc_id} belong to different networks"
        raise AwsError("InvalidParameter", text)
    if route.find(table, "DestinationPrefixListId", listed.id) is not None:
        text = f"route table {table.id} already has a route with destination-prefix-list-id {listed.id}"
        raise AwsError("RouteAlreadyExists", text)


def add_route_tables(call: Call, endpoint: Any, table_ids: list[str]) -> None:
    """Associates a gateway endpoint with route tables, all or none."""
    from .route_table import route_table_exists

    tables = [route_table_exists(call, table_id) for table_id in table_ids]
    for table in tables:
        gateway_endpoint_adds_routes(call, endpoint, table)
    listed = prefix_list.of_service(call, endpoint.service_name)
    for table in tables:
        made = Route(table, None, None, listed, vpc_endpoint_id=endpoint.id)
        table._routes[made.id] = made
        endpoint.route_table_ids.append(table.id)


def remove_route_tables(call: Call, endpoint: Any, table_ids: list[str]) -> None:
    """Undoes the association with route tables; the routes go with it."""
    for table_id in table_ids:
        table = call.ec2.route_tables.get(table_id)
        if table is not None:
            table._routes = {k: r for k, r in table._routes.items() if r.vpc_endpoint_id != endpoint.id}
        if table_id in endpoint.route_table_ids:
            endpoint.route_table_ids.remove(table_id)


# --- interface endpoints -----------------------------------------------------------------------


@rule("ec2.CreateVpcEndpoint", "ec2.ModifyVpcEndpoint")
def endpoint_subnets_fit(call: Call, endpoint: Any, added: list[Any]) -> None:
    """Subnets are of the endpoint's VPC, one per zone, in zones that the service has.

    Source: aws-facts 4 ("one subnet per AZ; service may lack an AZ"); botocore ec2.CreateVpcEndpoint;
    EC2 error codes (DuplicateSubnetsInSameZone, InvalidParameter).
    """
    present = [subnet.subnet_exists(call, s) for s in endpoint.subnet_ids]
    there = {z["ZoneName"] for z in endpoint_service.endpoint_service_may_lack_a_zone(call, endpoint.service_name)}
    used = {s.availability_zone for s in present}
    for one in added:
        if one.vpc_id != endpoint.vpc_id:
            text = f"Subnet {one.id} and VPC {endpoint.vpc_id} belong to different networks"
            raise AwsError("InvalidParameter", text)
        if one.availability_zone not in there:
            text = (
                f"The VPC endpoint service {endpoint.service_name} does not support the availability zone "
                f"of the subnet: {one.id}."
            )
            raise AwsError("InvalidParameter", text)
        if one.availability_zone in used:
            text = f"Found another VPC endpoint subnet in the availability zone of {one.id}"
            raise AwsError("DuplicateSubnetsInSameZone", text)
        used.add(one.availability_zone)


def add_subnets(call: Call, endpoint: Any, subnet_ids: list[str]) -> None:
    """Gives an interface endpoint a requester-managed interface in each subnet, all or none."""
    added = [subnet.subnet_exists(call, s) for s in subnet_ids]
    endpoint_subnets_fit(call, endpoint, added)
    free = [interface.subnet_has_free_address(call, s) for s in added]
    for one, address in zip(added, free, strict=True):
        made = interface.make(
            call,
            one,
            address,
            kind="vpc_endpoint",
            description=f"VPC Endpoint Interface {endpoint.id}",
            group_ids=endpoint.security_group_ids,
            managed=True,
        )
        endpoint.subnet_ids.append(one.id)
        endpoint.interfaces[one.id] = made.id


def remove_subnets(call: Call, endpoint: Any, subnet_ids: list[str]) -> None:
    """Takes subnets away with their interfaces."""
    for subnet_id in subnet_ids:
        if subnet_id in endpoint.subnet_ids:
            endpoint.subnet_ids.remove(subnet_id)
            interface.remove_after_lingering(call, [endpoint.interfaces.pop(subnet_id)])


def release_interfaces(call: Call, endpoint: Any) -> None:
    """Takes all interfaces away."""
    interface.remove_after_lingering(call, list(endpoint.interfaces.values()))


@rule("ec2.CreateVpcEndpoint", "ec2.ModifyVpcEndpoint")
def groups_belong_to_the_vpc(call: Call, vpc_id: str, group_ids: list[str]) -> None:
    """An endpoint's security groups exist and are of its VPC.

    Source: EC2 error codes (InvalidGroup.NotFound, InvalidParameter).
    """
    for group_id in group_ids:
        group = security_group.security_group_exists(call, group_id)
        if group.vpc_id != vpc_id:
            text = f"Security group {group_id} and VPC {vpc_id} belong to different networks"
            raise AwsError("InvalidParameter", text)


@rule("ec2.CreateVpcEndpoint")
def default_group(call: Call, vpc_id: str) -> str:
    """An interface endpoint that names no security group gets the VPC's default group.

    Source: aws-facts 4; botocore ec2.CreateVpcEndpoint, SecurityGroupIds.
    """
    return str(next(g.id for g in call.ec2.groups[vpc_id].values() if g.is_default))


def change_groups(call: Call, endpoint: Any) -> None:
    """Adds and removes groups, on the interfaces too."""
    removed = values(call.params.get("RemoveSecurityGroupIds"))
    kept = [g for g in endpoint.security_group_ids if g not in removed]
    endpoint.security_group_ids = values([*kept, *values(call.params.get("AddSecurityGroupIds"))])
    for interface_id in endpoint.interfaces.values():
        found = [security_group.find(call, g) for g in endpoint.security_group_ids]
        call.ec2.enis[interface_id]._group_set = [g for g in found if g is not None]


def groups(call: Call, group_ids: list[str]) -> list[dict[str, str]]:
    """Groups as answers show them."""
    found = [security_group.find(call, g) for g in group_ids]
    return [{"GroupId": g.id, "GroupName": g.name} for g in found if g is not None]


@rule("ec2.CreateVpcEndpoint", "ec2.ModifyVpcEndpoint")
def private_dns_needs_vpc_dns(of: Any) -> None:
    """Private DNS needs both DNS attributes of the VPC.

    Source: aws-facts 4; botocore ec2.CreateVpcEndpoint, PrivateDnsEnabled.
    """
    if not (of.enable_dns_support and of.enable_dns_hostnames):
        text = (
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes "
            f"set to true for {of.id}"
        )
        raise AwsError("InvalidParameter", text)


@rule("ec2.CreateVpcEndpoint", "ec2.ModifyVpcEndpoint")
def private_name_is_free(call: Call, endpoint: Any) -> None:
    """A second endpoint with private DNS for the same service in a VPC is refused, also while the first
    is being deleted.

    Source: aws-facts 4 (hashicorp/terraform-provider-aws#17535).
    """
    for other in call.ec2.vpc_end_points.values():
        same = other.vpc_id == endpoint.vpc_id and other.service_name == endpoint.service_name
        if same and other.id != endpoint.id and other.private_dns_enabled:
            text = (
                "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
                f"{endpoint.private_name} in the VPC {endpoint.vpc_id}"
            )
            raise AwsError("InvalidParameter", text)


def dns_entries(call: Call, endpoint: Any) -> list[dict[str, str]]:
    """The names under which an interface endpoint is reached."""
    short = endpoint.service_name.rpartition(f"{call.region}.")[2]
    base = f"{endpoint.id}-{endpoint.id[-8:]}"
    domain = f"{short}.{call.region}.vpce.amazonaws.com"
    entries = [{"DnsName": f"{base}.{domain}", "HostedZoneId": "Z38GZ743OKFT7T"}]
    for subnet_id in endpoint.subnet_ids:
        zone = subnet.subnet_exists(call, subnet_id).availability_zone
        if zones.by_name(call, zone):
            entries.append({"DnsName": f"{base}-{zone}.{domain}", "HostedZoneId": "Z38GZ743OKFT7T"})
    if endpoint.private_dns_enabled:
        entries.append({"DnsName": endpoint.private_name, "HostedZoneId": "Z1HUB23UULQXV"})
    return entries
