from __future__ import annotations

import pytest

from .support import Aws, refused

rule = pytest.mark.rule


def _home(aws: Aws) -> tuple[str, str]:
    """A VPC with a gateway, and a subnet."""
    vpc = aws.vpc()
    aws.gateway(vpc)
    return vpc, aws.subnet(vpc)


def test_a_gateway_is_pending_and_then_available(aws: Aws) -> None:
    _, subnet = _home(aws)
    aws.durations(nat_create=100)
    nat = aws.nat(subnet)
    assert aws.nat_state(nat)["State"] == "pending"
    aws.step(101)
    assert aws.nat_state(nat)["State"] == "available"


def test_without_durations_the_answer_says_pending_and_the_next_look_available(aws: Aws) -> None:
    _, subnet = _home(aws)
    made = aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=aws.address())["NatGateway"]
    assert made["State"] == "pending"
    assert aws.nat_state(made["NatGatewayId"])["State"] == "available"


def test_a_deleted_gateway_keeps_its_address_until_it_is_gone_and_stays_visible(aws: Aws) -> None:
    vpc, subnet = _home(aws)
    address = aws.address()
    nat = aws.nat(subnet, address)
    table = aws.table(vpc)
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    aws.durations(nat_delete=60)
    aws.ec2.delete_nat_gateway(NatGatewayId=nat)
    assert aws.nat_state(nat)["State"] == "deleting"
    with refused("InvalidIPAddress.InUse"):
        aws.ec2.release_address(AllocationId=address)
    with refused("DependencyViolation"):
        aws.ec2.delete_subnet(SubnetId=subnet)
    aws.step(61)
    assert aws.nat_state(nat)["State"] == "deleted"
    assert aws.routes(table)[1]["State"] == "blackhole"
    aws.ec2.release_address(AllocationId=address)
    aws.ec2.delete_subnet(SubnetId=subnet)
    aws.step(3601)
    with refused("NatGatewayNotFound"):
        aws.nat_state(nat)


@rule("nat_gateway_exists")
def test_a_missing_gateway_is_named(aws: Aws) -> None:
    with refused("NatGatewayNotFound", "nat-00000000"):
        aws.ec2.delete_nat_gateway(NatGatewayId="nat-00000000")


@rule("nat_gateway_fails_later")
def test_a_gateway_without_internet_fails_later(aws: Aws) -> None:
    nat = aws.nat(aws.subnet(aws.vpc()))
    shown = aws.nat_state(nat)
    assert (shown["State"], shown["FailureCode"]) == ("failed", "Gateway.NotAttached")


@rule("nat_gateway_fails_later")
def test_an_address_serves_one_gateway(aws: Aws) -> None:
    _, subnet = _home(aws)
    address = aws.address()
    first, second = aws.nat(subnet, address), aws.nat(subnet, address)
    unknown = aws.nat(subnet, "eipalloc-00000000")
    assert aws.nat_state(first)["State"] == "available"
    assert aws.nat_state(second)["FailureCode"] == "Resource.AlreadyAssociated"
    assert aws.nat_state(unknown)["FailureCode"] == "InvalidAllocationID.NotFound"
    bound = aws.ec2.describe_addresses(AllocationIds=[address])["Addresses"][0]
    assert bound["NetworkInterfaceId"] == aws.nat_state(first)["NatGatewayAddresses"][0]["NetworkInterfaceId"]


@rule("nat_gateway_fails_later")
def test_a_test_may_order_a_failure(aws: Aws) -> None:
    _, subnet = _home(aws)
    aws.durations(nat_create=5)
    aws.control("POST", "nat-failures", {"code": "InsufficientFreeAddressesInSubnet"})
    address = aws.address()
    failing = aws.nat(subnet, address)
    assert aws.nat_state(failing)["State"] == "pending"
    aws.step(6)
    assert aws.nat_state(failing)["FailureCode"] == "InsufficientFreeAddressesInSubnet"
    healthy = aws.nat(subnet, address)
    aws.step(6)
    assert aws.nat_state(healthy)["State"] == "available"


@rule("nat_gateway_parameters_fit")
def test_zonal_and_regional_parameters_do_not_mix(aws: Aws) -> None:
    vpc, subnet = _home(aws)
    with refused("MissingParameter"):
        aws.ec2.create_nat_gateway(SubnetId=subnet)
    with refused("MissingParameter"):
        aws.ec2.create_nat_gateway(AvailabilityMode="regional")
    with refused("InvalidParameterCombination", "SubnetId"):
        aws.ec2.create_nat_gateway(AvailabilityMode="regional", VpcId=vpc, SubnetId=subnet)
    with refused("InvalidParameterCombination", "public"):
        aws.ec2.create_nat_gateway(AvailabilityMode="regional", VpcId=vpc, ConnectivityType="private")
    with refused("InvalidParameterCombination", "private"):
        aws.ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private", AllocationId=aws.address())


def test_a_regional_gateway_has_no_subnet_and_brings_its_addresses(aws: Aws) -> None:
    vpc, _ = _home(aws)
    aws.subnet(vpc, "10.0.2.0/24", "eu-west-1b")
    before = aws.dump()
    nat = aws.ec2.create_nat_gateway(AvailabilityMode="regional", VpcId=vpc)["NatGateway"]["NatGatewayId"]
    shown = aws.nat_state(nat)
    assert shown["State"] == "available"
    assert shown["AvailabilityMode"] == "regional"
    assert "SubnetId" not in shown
    assert [a["AvailabilityZone"] for a in shown["NatGatewayAddresses"]] == ["eu-west-1a", "eu-west-1b"]
    managed = aws.ec2.describe_addresses()["Addresses"]
    assert {a["ServiceManaged"] for a in managed} == {"rnat"}
    with refused("AuthFailure"):
        aws.ec2.release_address(AllocationId=managed[0]["AllocationId"])
    aws.ec2.delete_nat_gateway(NatGatewayId=nat)
    assert aws.nat_state(nat)["State"] == "deleted"
    assert aws.dump() == before


def test_a_regional_gateway_with_addresses_of_the_user(aws: Aws) -> None:
    vpc, _ = _home(aws)
    address = aws.address()
    zones = [{"AvailabilityZoneId": "euw1-az1", "AllocationIds": [address]}]
    made = aws.client("ec2").create_nat_gateway(
        AvailabilityMode="regional", VpcId=vpc, AvailabilityZoneAddresses=zones
    )["NatGateway"]
    assert [a["AllocationId"] for a in made["NatGatewayAddresses"]] == [address]
    with refused("InvalidIPAddress.InUse"):
        aws.ec2.release_address(AllocationId=address)
    aws.ec2.delete_nat_gateway(NatGatewayId=made["NatGatewayId"])
    aws.nat_state(made["NatGatewayId"])
    aws.ec2.release_address(AllocationId=address)


@rule("nat_gateway_quota")
def test_pending_and_deleting_gateways_count(aws: Aws) -> None:
    _, subnet = _home(aws)
    aws.quota(natGatewaysPerZone=1)
    aws.durations(nat_create=10, nat_delete=10)
    nat = aws.nat(subnet)
    aws.ec2.delete_nat_gateway(NatGatewayId=nat)
    with refused("NatGatewayLimitExceeded"):
        aws.nat(subnet)
    aws.step(11)
    aws.nat(subnet)


@rule("client_token_repeats")
def test_the_same_token_is_the_same_gateway_also_when_it_is_dead(aws: Aws) -> None:
    _, subnet = _home(aws)
    address = aws.address()
    first = aws.nat(subnet, address, ClientToken="t-1")
    assert aws.nat(subnet, address, ClientToken="t-1") == first
    assert len(aws.ec2.describe_nat_gateways()["NatGateways"]) == 1
    aws.ec2.delete_nat_gateway(NatGatewayId=first)
    again = aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, ClientToken="t-1")["NatGateway"]
    assert (again["NatGatewayId"], again["State"]) == (first, "deleted")
    with refused("IdempotentParameterMismatch"):
        aws.nat(subnet, aws.address(), ClientToken="t-1")
    with refused("InvalidParameterValue", "64"):
        aws.nat(subnet, address, ClientToken="t" * 65)


@rule("nat_gateway_takes_addresses_when_available")
def test_secondary_addresses(aws: Aws) -> None:
    _, subnet = _home(aws)
    aws.durations(nat_create=10)
    nat = aws.nat(subnet)
    second = aws.address()
    with refused("IncorrectState"):
        aws.ec2.associate_nat_gateway_address(NatGatewayId=nat, AllocationIds=[second])
    aws.step(11)
    made = aws.ec2.associate_nat_gateway_address(NatGatewayId=nat, AllocationIds=[second])["NatGatewayAddresses"]
    assert [a["IsPrimary"] for a in made] == [True, False]
    aws.ec2.disassociate_nat_gateway_address(NatGatewayId=nat, AssociationIds=[made[1]["AssociationId"]])
    aws.ec2.release_address(AllocationId=second)
