from __future__ import annotations

from typing import Any

import pytest

from .support import Aws, refused

rule = pytest.mark.rule
EVERYWHERE = "0.0.0.0/0"


@rule("client_token_repeats", "route_table_exists")
def test_the_same_token_is_the_same_table(aws: Aws) -> None:
    vpc = aws.vpc()
    make = aws.ec2.create_route_table
    first = make(VpcId=vpc, ClientToken="t")["RouteTable"]["RouteTableId"]
    assert make(VpcId=vpc, ClientToken="t")["RouteTable"]["RouteTableId"] == first
    with refused("IdempotentParameterMismatch"):
        make(VpcId=aws.vpc(), ClientToken="t")
    with refused("InvalidRouteTableID.NotFound"):
        aws.ec2.delete_route_table(RouteTableId="rtb-00000000")


@rule("route_table_quota", "route_quota")
def test_quotas_of_tables_and_routes(aws: Aws) -> None:
    vpc = aws.vpc()
    table, gateway = aws.table(vpc), aws.gateway(vpc)
    aws.quota(routeTablesPerVpc=2, routesPerTable=1)
    with refused("RouteTableLimitExceeded"):
        aws.table(vpc)
    with refused("RouteLimitExceeded"):
        aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId=gateway)


@rule("used_route_table_stays", "main_association_stays")
def test_tables_in_use_stay(aws: Aws) -> None:
    vpc = aws.vpc()
    table, subnet = aws.table(vpc), aws.subnet(vpc)
    made = aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    with refused("DependencyViolation", table):
        aws.ec2.delete_route_table(RouteTableId=table)
    filters: Any = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    main = aws.ec2.describe_route_tables(Filters=filters)["RouteTables"][0]
    with refused("DependencyViolation"):
        aws.ec2.delete_route_table(RouteTableId=main["RouteTableId"])
    with refused("InvalidParameterValue", "main"):
        aws.ec2.disassociate_route_table(AssociationId=main["Associations"][0]["RouteTableAssociationId"])
    aws.ec2.disassociate_route_table(AssociationId=made)
    aws.ec2.delete_route_table(RouteTableId=table)
    with refused("InvalidAssociationID.NotFound"):
        aws.ec2.disassociate_route_table(AssociationId=made)


@rule("one_route_table_per_subnet", "route_table_and_subnet_share_a_vpc")
def test_a_subnet_has_one_table_of_its_own_vpc(aws: Aws) -> None:
    vpc = aws.vpc()
    one, other, subnet = aws.table(vpc), aws.table(vpc), aws.subnet(vpc)
    made = aws.ec2.associate_route_table(RouteTableId=one, SubnetId=subnet)["AssociationId"]
    assert aws.ec2.associate_route_table(RouteTableId=one, SubnetId=subnet)["AssociationId"] == made
    with refused("Resource.AlreadyAssociated"):
        aws.ec2.associate_route_table(RouteTableId=other, SubnetId=subnet)
    moved = aws.ec2.replace_route_table_association(AssociationId=made, RouteTableId=other)["NewAssociationId"]
    assert moved != made
    with refused("InvalidParameterValue", "different networks"):
        aws.ec2.associate_route_table(RouteTableId=aws.table(aws.vpc()), SubnetId=subnet)


@rule("one_destination", "one_target", "route_is_new")
def test_a_route_has_one_destination_and_one_target(aws: Aws) -> None:
    vpc = aws.vpc()
    table, gateway = aws.table(vpc), aws.gateway(vpc)
    with refused("MissingParameter"):
        aws.ec2.create_route(RouteTableId=table, GatewayId=gateway)
    with refused("MissingParameter"):
        aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE)
    with refused("InvalidParameterCombination"):
        aws.ec2.create_route(
            RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId=gateway, NatGatewayId="nat-00000000"
        )
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="100.64.3.9/10", GatewayId=gateway)
    assert aws.routes(table)[1]["DestinationCidrBlock"] == "100.64.0.0/10"
    for destination in ("100.64.0.0/10", "10.0.0.0/16"):
        with refused("RouteAlreadyExists", destination):
            aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock=destination, GatewayId=gateway)


@rule("target_belongs_to_the_vpc")
def test_targets_exist_and_are_of_the_vpc(aws: Aws) -> None:
    vpc, other = aws.vpc(), aws.vpc()
    table, elsewhere, loose = aws.table(vpc), aws.gateway(other), aws.gateway()
    for gateway in (elsewhere, loose):
        with refused("InvalidParameterValue", "different networks"):
            aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId=gateway)
    with refused("InvalidGatewayID.NotFound"):
        aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId="igw-00000000")
    with refused("InvalidNatGatewayID.NotFound"):
        aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, NatGatewayId="nat-00000000")


@rule("replaced_route_exists", "routes_of_aws_stay")
def test_routes_are_replaced_and_removed(aws: Aws) -> None:
    vpc = aws.vpc()
    table, gateway = aws.table(vpc), aws.gateway(vpc)
    interface = aws.interface(aws.subnet(vpc))
    with refused("InvalidParameterValue", "CreateRoute"):
        aws.ec2.replace_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId=gateway)
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId=gateway)
    aws.ec2.replace_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, NetworkInterfaceId=interface)
    assert aws.routes(table)[1]["NetworkInterfaceId"] == interface
    aws.ec2.delete_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE)
    with refused("InvalidRoute.NotFound"):
        aws.ec2.delete_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE)
    with refused("InvalidParameterValue", "local route"):
        aws.ec2.delete_route(RouteTableId=table, DestinationCidrBlock="10.0.0.0/16")


@rule("target_gone_makes_blackhole")
def test_a_route_whose_target_is_gone_is_a_blackhole(aws: Aws) -> None:
    vpc = aws.vpc()
    table, gateway = aws.table(vpc), aws.gateway(vpc)
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId=gateway)
    assert aws.routes(table)[1]["State"] == "active"
    aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert aws.routes(table)[1]["State"] == "blackhole"
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert aws.routes(table)[1]["State"] == "active"


@rule("prefix_list_exists", "prefix_lists_of_aws_have_one_id_per_region")
def test_prefix_lists_of_aws(aws: Aws) -> None:
    table = aws.table(aws.vpc())
    with refused("InvalidPrefixListID.NotFound"):
        aws.ec2.create_route(RouteTableId=table, DestinationPrefixListId="pl-00000000", GatewayId="local")
    filters: Any = [{"Name": "prefix-list-name", "Values": ["com.amazonaws.eu-west-1.s3"]}]
    mine = aws.ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    other = Aws(aws.endpoint, "999988887777").ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    assert [p["PrefixListId"] for p in mine] == [p["PrefixListId"] for p in other] == ["pl-6da54004"]
    plain = aws.ec2.describe_prefix_lists(Filters=filters)["PrefixLists"]
    assert plain[0]["Cidrs"]
