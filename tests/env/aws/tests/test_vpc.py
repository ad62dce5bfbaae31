from __future__ import annotations

from typing import Any

import pytest

from .support import Aws, refused

rule = pytest.mark.rule


@rule("vpc_block_size")
@pytest.mark.parametrize("block", ["10.0.0.0/15", "10.0.0.0/29"])
def test_a_block_outside_16_to_28_is_refused(aws: Aws, block: str) -> None:
    with refused("InvalidVpc.Range"):
        aws.vpc(block)


@rule("vpc_block_usable")
@pytest.mark.parametrize("block", ["0.1.0.0/16", "127.0.0.0/16", "169.254.0.0/16", "224.0.0.0/16"])
def test_a_block_that_no_vpc_can_have_is_refused(aws: Aws, block: str) -> None:
    with refused("InvalidVpc.Range"):
        aws.vpc(block)


@rule("block_in_canonical_form")
def test_a_block_is_stored_in_its_canonical_form(aws: Aws) -> None:
    vpc = aws.ec2.create_vpc(CidrBlock="100.68.0.18/18")["Vpc"]
    assert vpc["CidrBlock"] == "100.68.0.0/18"
    for text in ("10.0.0.0", "10.0.0.0/x", "ten"):
        with refused("InvalidParameterValue", text):
            aws.vpc(text)


# aws-facts 1.1, row by row: what stands, what is added, whether AWS lets it.
ASSOCIATIONS = [
    ("10.0.0.0/16", "172.10.0.0/16", True),
    ("10.0.0.0/16", "172.16.0.0/16", False),
    ("10.0.0.0/16", "192.168.0.0/16", False),
    ("10.0.0.0/16", "198.19.0.0/16", False),
    ("10.0.0.0/16", "100.64.0.0/16", True),
    ("10.0.0.0/16", "10.2.0.0/16", True),
    ("10.1.0.0/16", "10.0.0.0/16", False),
    ("10.2.0.0/16", "10.0.0.0/16", True),
    ("172.16.0.0/16", "172.31.0.0/16", False),
    ("172.16.0.0/16", "172.20.0.0/16", True),
    ("172.16.0.0/16", "10.0.0.0/16", False),
    ("172.16.0.0/16", "192.168.0.0/16", False),
    ("192.168.0.0/24", "192.168.1.0/24", True),
    ("192.168.0.0/24", "10.0.0.0/16", False),
    ("192.168.0.0/24", "172.16.0.0/16", False),
    ("198.19.0.0/24", "10.0.0.0/16", False),
    ("198.19.0.0/24", "198.19.1.0/24", True),
    ("100.64.0.0/16", "10.0.0.0/16", False),
    ("100.64.0.0/16", "198.19.0.0/16", False),
    ("100.64.0.0/16", "100.65.0.0/16", True),
    ("172.10.0.0/16", "192.168.0.0/16", False),
    ("172.10.0.0/16", "100.64.0.0/16", True),
]


@rule("vpc_blocks_may_stand_together")
@pytest.mark.parametrize(("standing", "added", "allowed"), ASSOCIATIONS)
def test_the_association_table(aws: Aws, standing: str, added: str, allowed: bool) -> None:
    vpc = aws.vpc(standing)
    if allowed:
        aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=added)
        assert [a["CidrBlock"] for a in _associations(aws, vpc)] == [standing, added]
    else:
        with refused("InvalidVpc.Range", "restricted"):
            aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=added)


@rule("vpc_blocks_do_not_overlap", "vpc_block_leaves_routes_alone")
def test_a_block_may_not_overlap_blocks_or_swallow_routes(aws: Aws) -> None:
    vpc = aws.vpc()
    table = aws.table(vpc)
    gateway = aws.gateway(vpc)
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="100.64.1.0/24", GatewayId=gateway)
    for block in ("10.0.128.0/20", "100.64.0.0/16"):
        with refused("InvalidVpc.Range", "conflicts"):
            aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=block)


@rule("vpc_block_quota")
def test_five_blocks_per_vpc(aws: Aws) -> None:
    vpc = aws.vpc()
    for third in range(2, 6):
        aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=f"10.{third}.0.0/16")
    with refused("CidrLimitExceeded"):
        aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.9.0.0/16")


def test_an_association_takes_its_time_and_brings_local_routes(aws: Aws) -> None:
    vpc = aws.vpc()
    table = aws.table(vpc)
    aws.durations(cidr_associate=10, cidr_disassociate=10)
    made = aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="172.10.0.0/16")["CidrBlockAssociation"]
    assert made["CidrBlockState"]["State"] == "associating"
    assert _associations(aws, vpc)[1]["CidrBlockState"]["State"] == "associating"
    assert [r["DestinationCidrBlock"] for r in aws.routes(table)] == ["10.0.0.0/16"]
    aws.step(11)
    assert _associations(aws, vpc)[1]["CidrBlockState"]["State"] == "associated"
    assert [r["DestinationCidrBlock"] for r in aws.routes(table)] == ["10.0.0.0/16", "172.10.0.0/16"]
    aws.ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"])
    assert _associations(aws, vpc)[1]["CidrBlockState"]["State"] == "disassociating"
    aws.step(11)
    assert len(_associations(aws, vpc)) == 1
    assert len(aws.routes(table)) == 1


def test_an_ordered_failure_of_an_association(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.control("POST", "block-failures", {"region": aws.region, "message": "limits"})
    made = aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="172.10.0.0/16")["CidrBlockAssociation"]
    assert made["CidrBlockState"]["State"] == "associating"
    assert _associations(aws, vpc)[1]["CidrBlockState"] == {"State": "failed", "StatusMessage": "limits"}
    with refused("InvalidSubnet.Range"):
        aws.subnet(vpc, "172.10.0.0/20")
    aws.ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"])
    aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="172.10.0.0/16")
    assert _associations(aws, vpc)[1]["CidrBlockState"] == {"State": "associated"}


@rule("primary_block_stays", "block_with_subnets_stays")
def test_what_cannot_be_disassociated(aws: Aws) -> None:
    vpc = aws.vpc()
    second = aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="172.10.0.0/16")["CidrBlockAssociation"]
    subnet = aws.subnet(vpc, "172.10.1.0/24")
    with refused("OperationNotPermitted", "primary"):
        aws.ec2.disassociate_vpc_cidr_block(AssociationId=_associations(aws, vpc)[0]["AssociationId"])
    with refused("DependencyViolation", subnet):
        aws.ec2.disassociate_vpc_cidr_block(AssociationId=second["AssociationId"])
    aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.disassociate_vpc_cidr_block(AssociationId=second["AssociationId"])
    with refused("InvalidVpcCidrBlockAssociationID.NotFound"):
        aws.ec2.disassociate_vpc_cidr_block(AssociationId=second["AssociationId"])


@rule("vpc_exists")
def test_a_missing_vpc_is_named(aws: Aws) -> None:
    with refused("InvalidVpcID.NotFound", "vpc-00000000"):
        aws.subnet("vpc-00000000")
    with refused("InvalidVpcID.NotFound"):
        aws.ec2.describe_vpcs(VpcIds=["vpc-00000000"])


@rule("vpc_quota")
def test_the_quota_of_vpcs(aws: Aws) -> None:
    aws.quota(vpcs=2)
    aws.vpc()
    with refused("VpcLimitExceeded"):
        aws.vpc()


@rule("default_group_lets_itself_in")
def test_what_comes_with_a_vpc(aws: Aws) -> None:
    vpc = aws.vpc()
    group = aws.default_group(vpc)
    shown = aws.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert shown["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group
    assert shown["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    assert len(aws.ec2.describe_route_tables(Filters=filters)["RouteTables"]) == 1  # type: ignore[arg-type]


@rule("one_vpc_attribute_per_call", "dns_hostnames_need_dns_support")
def test_attributes_change_one_at_a_time(aws: Aws) -> None:
    vpc = aws.vpc()
    with refused("InvalidParameterCombination"):
        aws.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True}, EnableDnsSupport={"Value": True})
    with refused("MissingParameter"):
        aws.ec2.modify_vpc_attribute(VpcId=vpc)
    assert _attributes(aws, vpc) == (True, False)
    aws.dns(vpc)
    assert _attributes(aws, vpc) == (True, True)
    other = aws.vpc()
    aws.ec2.modify_vpc_attribute(VpcId=other, EnableDnsSupport={"Value": False})
    with refused("InvalidParameterValue"):
        aws.dns(other)


@rule("vpc_delete_refused_while_used")
@pytest.mark.parametrize("holder", ["subnet", "gateway", "table", "group", "endpoint", "regional nat"])
def test_a_vpc_in_use_stays(aws: Aws, holder: str) -> None:
    vpc = aws.vpc()
    if holder == "subnet":
        aws.subnet(vpc)
    elif holder in ("gateway", "regional nat"):
        gateway = aws.gateway(vpc)
        if holder == "regional nat":
            nat = aws.ec2.create_nat_gateway(AvailabilityMode="regional", VpcId=vpc)["NatGateway"]["NatGatewayId"]
            aws.durations(nat_delete=10)
            aws.ec2.delete_nat_gateway(NatGatewayId=nat)
            with refused("DependencyViolation"):
                aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    elif holder == "table":
        aws.table(vpc)
    elif holder == "group":
        aws.group(vpc)
    else:
        aws.endpoint_for(vpc, "s3", VpcEndpointType="Gateway")
    with refused("DependencyViolation", vpc):
        aws.ec2.delete_vpc(VpcId=vpc)


def test_an_empty_vpc_goes_without_a_trace(aws: Aws) -> None:
    before = aws.dump()
    vpc = aws.vpc()
    aws.ec2.create_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "a"}])
    assert aws.dump() != before
    aws.ec2.delete_vpc(VpcId=vpc)
    assert aws.dump() == before


def test_a_vpc_is_pending_first(aws: Aws) -> None:
    aws.durations(vpc_create=5)
    vpc = aws.vpc()
    assert aws.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["State"] == "pending"
    aws.step(6)
    assert aws.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["State"] == "available"


def _associations(aws: Aws, vpc: str) -> list[Any]:
    shown = aws.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlockAssociationSet"]
    return [dict(a) for a in shown]


def _attributes(aws: Aws, vpc: str) -> tuple[bool, bool]:
    support = aws.ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")["EnableDnsSupport"]["Value"]
    names = aws.ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"]
    return bool(support), bool(names)
