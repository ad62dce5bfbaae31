from __future__ import annotations

import pytest

from .support import Aws, refused

rule = pytest.mark.rule


@rule("internet_gateway_attached_once", "one_internet_gateway_per_vpc")
def test_one_gateway_one_vpc(aws: Aws) -> None:
    one, other = aws.vpc(), aws.vpc()
    gateway = aws.gateway(one)
    for vpc in (one, other):
        with refused("Resource.AlreadyAssociated", gateway):
            aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    second = aws.gateway()
    with refused("InvalidParameterValue", "already has an internet gateway attached"):
        aws.ec2.attach_internet_gateway(InternetGatewayId=second, VpcId=one)


@rule("attached_internet_gateway_stays", "detach_needs_attachment", "internet_gateway_exists")
def test_a_gateway_is_detached_before_it_goes(aws: Aws) -> None:
    vpc = aws.vpc()
    gateway = aws.gateway(vpc)
    with refused("DependencyViolation", gateway):
        aws.ec2.delete_internet_gateway(InternetGatewayId=gateway)
    aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    with refused("Gateway.NotAttached"):
        aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    aws.ec2.delete_internet_gateway(InternetGatewayId=gateway)
    with refused("InvalidInternetGatewayID.NotFound"):
        aws.ec2.delete_internet_gateway(InternetGatewayId=gateway)


@rule("detach_refused_with_mapped_addresses")
def test_a_gateway_stays_while_an_address_is_mapped(aws: Aws) -> None:
    vpc = aws.vpc()
    gateway = aws.gateway(vpc)
    address = aws.address()
    interface = aws.interface(aws.subnet(vpc))
    bound = aws.ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface)["AssociationId"]
    with refused("DependencyViolation", "mapped public address"):
        aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    aws.ec2.disassociate_address(AssociationId=bound)
    aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)


@rule("internet_gateway_quota")
def test_the_quota_of_gateways(aws: Aws) -> None:
    aws.quota(internetGateways=1)
    aws.gateway()
    with refused("InternetGatewayLimitExceeded"):
        aws.gateway()


@rule("address_quota")
def test_the_quota_of_addresses(aws: Aws) -> None:
    aws.settings(quotas="aws")
    taken = [aws.address() for _ in range(5)]
    with refused("AddressLimitExceeded"):
        aws.address()
    aws.ec2.release_address(AllocationId=taken[0])
    aws.address()


@rule("allocation_exists", "one_association_per_address", "address_in_use_stays")
def test_an_address_is_bound_once_and_stays_while_it_is(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc())
    address, one, other = aws.address(), aws.interface(subnet), aws.interface(subnet)
    aws.ec2.associate_address(AllocationId=address, NetworkInterfaceId=one)
    with refused("Resource.AlreadyAssociated", address):
        aws.ec2.associate_address(AllocationId=address, NetworkInterfaceId=other)
    moved = aws.ec2.associate_address(AllocationId=address, NetworkInterfaceId=other, AllowReassociation=True)
    with refused("InvalidIPAddress.InUse"):
        aws.ec2.release_address(AllocationId=address)
    aws.ec2.disassociate_address(AssociationId=moved["AssociationId"])
    aws.ec2.release_address(AllocationId=address)
    with refused("InvalidAllocationID.NotFound", address):
        aws.ec2.release_address(AllocationId=address)


@rule("managed_association_stays")
def test_the_address_of_a_nat_gateway_is_not_the_users_to_unbind(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    address = aws.address()
    aws.nat(aws.subnet(vpc), address)
    shown = aws.ec2.describe_addresses(AllocationIds=[address])["Addresses"][0]
    with refused("AuthFailure"):
        aws.ec2.disassociate_address(AssociationId=shown["AssociationId"])


@rule("network_interface_exists", "used_network_interface_stays")
def test_an_interface_of_aws_is_not_the_users_to_delete(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    nat = aws.nat(aws.subnet(vpc))
    interface = aws.nat_state(nat)["NatGatewayAddresses"][0]["NetworkInterfaceId"]
    shown = aws.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
    assert (shown["RequesterManaged"], shown["InterfaceType"]) == (True, "natGateway")
    with refused("OperationNotPermitted"):
        aws.ec2.delete_network_interface(NetworkInterfaceId=interface)
    with refused("InvalidNetworkInterfaceID.NotFound"):
        aws.ec2.delete_network_interface(NetworkInterfaceId="eni-00000000")


@rule("subnet_has_free_address")
def test_a_full_subnet_takes_no_interface(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.1.0/28")
    for _ in range(11):
        aws.interface(subnet)
    with refused("InsufficientFreeAddressesInSubnet"):
        aws.interface(subnet)
