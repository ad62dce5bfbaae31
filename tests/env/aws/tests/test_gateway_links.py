from __future__ import annotations

from typing import Any

import pytest

from awslayer.server import Server

from .architecture import Way
from .support import Aws, control_error, refused

rule = pytest.mark.rule


@pytest.fixture
def way(aws: Aws, layer: Server) -> Way:
    return Way(aws, layer)


def _link(way: Way, link: str) -> Any:
    return way.gateway.get_vpc_link(VpcLinkId=link)


def _interfaces(way: Way) -> list[Any]:
    kind: Any = [{"Name": "interface-type", "Values": ["api_gateway_managed"]}]
    return list(way.aws.ec2.describe_network_interfaces(Filters=kind)["NetworkInterfaces"])


@rule("link_is_pending_first", "vpc_link_exists")
def test_a_link_is_pending_then_available_then_deleting_then_gone(way: Way) -> None:
    way.aws.durations(link_create=180, link_delete=120)
    link = way.link(Tags={"owner": "a"})
    shown = _link(way, link)
    assert (shown["VpcLinkStatus"], shown["VpcLinkVersion"], shown["Tags"]) == ("PENDING", "V2", {"owner": "a"})
    assert (shown["SubnetIds"], shown["SecurityGroupIds"]) == (way.subnets, [way.link_group])
    way.aws.step(181)
    assert _link(way, link)["VpcLinkStatus"] == "AVAILABLE"
    way.gateway.delete_vpc_link(VpcLinkId=link)
    assert _link(way, link)["VpcLinkStatus"] == "DELETING"
    way.gateway.delete_vpc_link(VpcLinkId=link)
    way.aws.step(121)
    with refused("NotFoundException", link):
        _link(way, link)
    with refused("NotFoundException"):
        way.gateway.delete_vpc_link(VpcLinkId=link)


def test_interfaces_of_a_link_block_deletes_until_it_is_gone(way: Way) -> None:
    way.aws.durations(link_delete=120, interface_linger=60)
    link = way.link()
    shown = _interfaces(way)
    assert sorted(i["SubnetId"] for i in shown) == sorted(way.subnets)
    assert {i["Groups"][0]["GroupId"] for i in shown} == {way.link_group}
    assert [(t["Key"], t["Value"]) for t in shown[0]["TagSet"]] == [("VpcLinkId", link)]
    way.gateway.delete_vpc_link(VpcLinkId=link)
    way.aws.step(121)
    with refused("NotFoundException"):
        _link(way, link)
    with refused("DependencyViolation"):
        way.aws.ec2.delete_subnet(SubnetId=way.subnets[0])
    with refused("DependencyViolation"):
        way.aws.ec2.delete_security_group(GroupId=way.link_group)
    way.aws.step(61)
    way.aws.ec2.delete_subnet(SubnetId=way.subnets[0])
    way.aws.ec2.delete_security_group(GroupId=way.link_group)


def test_a_link_may_fail_and_may_fall_asleep(way: Way) -> None:
    order = {"region": "eu-west-1", "of": "vpc-link", "message": "no capacity"}
    way.aws.control("POST", "gateway-failures", order)
    failed, good = way.link(), way.link()
    shown = _link(way, failed)
    assert (shown["VpcLinkStatus"], shown["VpcLinkStatusMessage"]) == ("FAILED", "no capacity")
    assert _link(way, good)["VpcLinkStatus"] == "AVAILABLE"
    assert len(_interfaces(way)) == 2
    asleep = {"region": "eu-west-1", "id": good, "status": "INACTIVE"}
    way.aws.control("POST", "vpc-links", asleep)
    assert _link(way, good)["VpcLinkStatus"] == "INACTIVE"
    assert _interfaces(way) == []
    way.aws.control("POST", "vpc-links", {**asleep, "status": "AVAILABLE"})
    assert len(_interfaces(way)) == 2
    assert "INACTIVE, FAILED or AVAILABLE" in control_error(way.aws, "POST", "vpc-links", {**asleep, "status": "x"})
    assert "a message" in control_error(way.aws, "POST", "gateway-failures", {"of": "vpc-link"})


def test_a_link_in_a_full_subnet_fails_later(way: Way) -> None:
    small = way.aws.subnet(way.vpc, "10.0.3.0/28", "eu-west-1c")
    for _ in range(11):
        way.aws.interface(small)
    link = way.link(SubnetIds=[small])
    assert _link(way, link)["VpcLinkStatus"] == "FAILED"
    assert "free addresses" in _link(way, link)["VpcLinkStatusMessage"]
    way.gateway.delete_vpc_link(VpcLinkId=link)
    assert way.gateway.get_vpc_links()["Items"] == []


def test_what_the_layer_lacks_is_not_moto_s_to_answer(way: Way) -> None:
    with refused("InternalFailure", "the emulator lacks ExportApi"):
        way.gateway.export_api(ApiId=way.api(), OutputType="JSON", Specification="OAS30")
    with refused("InternalFailure", "the emulator lacks DescribeRules"):
        way.elb.describe_rules()


@rule("link_subnets_fit", "link_groups_fit")
def test_subnets_and_groups_of_a_link(way: Way) -> None:
    elsewhere = way.aws.vpc()
    with refused("BadRequestException", "subnet-00000000"):
        way.link(SubnetIds=["subnet-00000000"])
    with refused("BadRequestException", "same VPC"):
        way.link(SubnetIds=[way.subnets[0], way.aws.subnet(elsewhere)])
    with refused("BadRequestException", "cannot be empty"):
        way.link(SubnetIds=[])
    with refused("BadRequestException", "sg-00000000"):
        way.link(SecurityGroupIds=["sg-00000000"])
    with refused("BadRequestException", "does not belong to the VPC"):
        way.link(SecurityGroupIds=[way.aws.group(elsewhere)])
    assert _link(way, way.link(SecurityGroupIds=[]))["SecurityGroupIds"] == [way.aws.default_group(way.vpc)]
    assert len(way.gateway.get_vpc_links()["Items"]) == 1


@rule("link_zones_supported")
def test_zones_that_links_support(aws: Aws) -> None:
    paris = Aws(aws.endpoint, aws.account, "eu-west-3")
    vpc = paris.vpc()
    zones = {z["ZoneId"]: z["ZoneName"] for z in paris.client("ec2").describe_availability_zones()["AvailabilityZones"]}

    def link(block: str, zone: str) -> None:
        ec2 = paris.client("ec2")
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zones[zone])["Subnet"]["SubnetId"]
        paris.client("apigatewayv2").create_vpc_link(Name="web", SubnetIds=[made])

    with refused("BadRequestException", "euw3-az2"):
        link("10.0.1.0/24", "euw3-az2")
    link("10.0.2.0/24", "euw3-az3")


@rule("referenced_link_stays")
def test_a_link_that_an_integration_uses_stays(way: Way) -> None:
    link, api = way.link(), way.api()
    listener = way.listener(way.balancer(), way.target_group())
    integration = way.integration(api, link, listener)
    with refused("BadRequestException", "Cannot delete vpc link"):
        way.gateway.delete_vpc_link(VpcLinkId=link)
    other = way.link()
    way.gateway.update_integration(ApiId=api, IntegrationId=integration, ConnectionId=other)
    way.gateway.delete_vpc_link(VpcLinkId=link)
    way.gateway.delete_api(ApiId=api)
    way.gateway.delete_vpc_link(VpcLinkId=other)
    assert way.gateway.get_vpc_links()["Items"] == []


@rule("link_quota", "api_quota")
def test_quotas(way: Way) -> None:
    way.aws.quota(vpcLinks=1, httpApis=1, subnetsPerVpcLink=2)
    way.link()
    way.api()
    with refused("TooManyRequestsException", "VPC links"):
        way.link()
    with refused("TooManyRequestsException", "APIs"):
        way.api()


def test_only_the_name_of_a_link_changes(way: Way) -> None:
    link = way.link()
    assert way.gateway.update_vpc_link(VpcLinkId=link, Name="other")["Name"] == "other"
    assert _link(way, link)["SubnetIds"] == way.subnets


def test_two_links_of_one_name_are_two(way: Way) -> None:
    assert way.link() != way.link()


def test_one_link_every_fifteen_seconds(way: Way) -> None:
    way.aws.settings(buckets=True)
    link = way.link()
    with refused("TooManyRequestsException"):
        way.link()
    way.aws.step(15)
    way.link()
    way.gateway.delete_vpc_link(VpcLinkId=link)
    with refused("TooManyRequestsException"):
        way.gateway.delete_vpc_link(VpcLinkId=link)


@rule("tagged_gateway_resource_exists", "tags_allowed")
def test_tags_by_arn(way: Way) -> None:
    link, api = way.link(Tags={"a": "1"}), way.api(Tags={"a": "2"})
    way.stage(api, Tags={"a": "3"})
    root = "arn:aws:apigateway:eu-west-1::"
    arns = [f"{root}/vpclinks/{link}", f"{root}/apis/{api}", f"{root}/apis/{api}/stages/$default"]
    for arn in arns:
        way.gateway.tag_resource(ResourceArn=arn, Tags={"b": "x", "c": ""})
        way.gateway.untag_resource(ResourceArn=arn, TagKeys=["c", "none"])
    assert [way.gateway.get_tags(ResourceArn=a)["Tags"] for a in arns] == [{"a": n, "b": "x"} for n in "123"]
    assert way.gateway.get_apis()["Items"][0]["Tags"] == {"a": "2", "b": "x"}
    with refused("NotFoundException"):
        way.gateway.get_tags(ResourceArn=f"{root}/apis/none")
    with refused("NotFoundException"):
        way.gateway.tag_resource(ResourceArn=f"{root}/apis/{api}/routes/x", Tags={"a": "1"})
    with refused("BadRequestException", "aws:"):
        way.link(Tags={"aws:x": "1"})
    way.aws.quota(tagsPerResource=2)
    with refused("BadRequestException", "Number of tags"):
        way.gateway.tag_resource(ResourceArn=arns[0], Tags={"d": "1"})
