from __future__ import annotations

import pytest

from .support import Aws, refused

rule = pytest.mark.rule


@rule("subnet_block_size")
def test_a_subnet_is_between_16_and_28(aws: Aws) -> None:
    vpc = aws.vpc()
    with refused("InvalidSubnet.Range"):
        aws.subnet(vpc, "10.0.0.0/29")


@rule("subnet_inside_associated_block")
def test_a_subnet_lies_in_a_block_that_is_associated(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.durations(cidr_associate=10)
    aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="172.10.0.0/16")
    for block in ("10.1.0.0/24", "172.10.1.0/24"):
        with refused("InvalidSubnet.Range"):
            aws.subnet(vpc, block)
    aws.step(11)
    aws.subnet(vpc, "172.10.1.0/24")


@rule("subnets_do_not_overlap")
def test_subnets_of_a_vpc_do_not_overlap(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.subnet(vpc, "10.0.0.0/20")
    with refused("InvalidSubnet.Conflict"):
        aws.subnet(vpc, "10.0.8.0/24")
    aws.subnet(aws.vpc(), "10.0.8.0/24")


@rule("subnet_quota")
def test_the_quota_of_subnets(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.quota(subnetsPerVpc=1)
    aws.subnet(vpc)
    with refused("SubnetLimitExceeded"):
        aws.subnet(vpc, "10.0.2.0/24")


@rule("subnet_exists", "subnet_delete_refused_while_used")
def test_a_subnet_with_an_interface_stays(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc())
    interface = aws.interface(subnet)
    with refused("DependencyViolation", subnet):
        aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.delete_network_interface(NetworkInterfaceId=interface)
    aws.ec2.delete_subnet(SubnetId=subnet)
    with refused("InvalidSubnetID.NotFound", subnet):
        aws.ec2.delete_subnet(SubnetId=subnet)


def test_an_association_goes_with_its_subnet(aws: Aws) -> None:
    vpc = aws.vpc()
    table, subnet = aws.table(vpc), aws.subnet(vpc)
    aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    aws.ec2.delete_subnet(SubnetId=subnet)
    assert aws.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Associations"] == []


@rule("one_subnet_attribute_per_call")
def test_attributes_change_one_at_a_time(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc())
    with refused("InvalidParameterCombination"):
        aws.ec2.modify_subnet_attribute(
            SubnetId=subnet, MapPublicIpOnLaunch={"Value": True}, AssignIpv6AddressOnCreation={"Value": True}
        )
    shown = aws.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]
    assert shown["MapPublicIpOnLaunch"] is False
    aws.ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    assert aws.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["MapPublicIpOnLaunch"] is True


@rule("zone_asked_for", "zone_ids_behind_names")
def test_zones_by_name_and_by_id(aws: Aws) -> None:
    vpc = aws.vpc()
    by_id = aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZoneId="euw1-az2")["Subnet"]
    zones = aws.ec2.describe_availability_zones(ZoneIds=["euw1-az2"])["AvailabilityZones"]
    assert [z["ZoneName"] for z in zones] == [by_id["AvailabilityZone"]]
    with refused("InvalidParameterCombination"):
        aws.ec2.create_subnet(
            VpcId=vpc, CidrBlock="10.0.2.0/24", AvailabilityZone="eu-west-1a", AvailabilityZoneId="euw1-az2"
        )
    with refused("InvalidParameterValue", "eu-west-1a"):
        aws.subnet(vpc, "10.0.2.0/24", "us-east-1a")
    before = {z["ZoneName"]: z["ZoneId"] for z in aws.ec2.describe_availability_zones()["AvailabilityZones"]}
    aws.settings(zoneShift=1)
    after = {z["ZoneName"]: z["ZoneId"] for z in aws.ec2.describe_availability_zones()["AvailabilityZones"]}
    assert sorted(before.values()) == sorted(after.values()) == ["euw1-az1", "euw1-az2", "euw1-az3"]
    assert all(before[name] != after[name] for name in before)


def test_us_east_1_has_the_zone_that_vpc_link_lacks(aws: Aws) -> None:
    zones = aws.client("ec2", region="us-east-1").describe_availability_zones()["AvailabilityZones"]
    assert sorted(z["ZoneId"] for z in zones) == [f"use1-az{n}" for n in range(1, 7)]


def test_addresses_are_counted(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.1.0/28")
    aws.interface(subnet)
    assert aws.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"] == 10
