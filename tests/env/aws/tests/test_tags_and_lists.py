from __future__ import annotations

import re
from typing import Any

import pytest
from moto.core.utils import get_service_model

from awslayer.dump import _listings
from awslayer.registry import HANDLERS

from .support import Aws, refused

rule = pytest.mark.rule


def _tags(**tags: str) -> Any:
    return [{"Key": k, "Value": v} for k, v in tags.items()]


def _spec(kind: str, tags: Any) -> Any:
    return [{"ResourceType": kind, "Tags": tags}]


@rule("tags_fit_the_operation")
def test_tags_at_creation_name_what_is_created(aws: Aws) -> None:
    with refused("InvalidParameterValue", "subnet"):
        aws.ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=_spec("subnet", _tags(a="b")))
    with refused("InvalidParameterValue", "at least one tag"):
        aws.ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=_spec("vpc", []))


@rule("tags_well_formed", "tags_within_limit")
def test_tags_that_are_refused(aws: Aws) -> None:
    vpc = aws.vpc()
    for bad in (
        [{"Key": "aws:mine", "Value": "v"}],
        [{"Key": "k" * 129, "Value": "v"}],
        [{"Key": "k", "Value": "v" * 257}],
        [{"Key": "k", "Value": "v"}, {"Key": "k", "Value": "w"}],
    ):
        with refused("InvalidParameterValue"):
            aws.ec2.create_tags(Resources=[vpc], Tags=bad)  # type: ignore[arg-type]
    aws.ec2.create_tags(Resources=[vpc], Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])
    with refused("TagLimitExceeded"):
        aws.ec2.create_tags(Resources=[vpc], Tags=_tags(one="more"))


@rule("tagged_resources_exist")
def test_all_or_none_is_tagged(aws: Aws) -> None:
    vpc = aws.vpc()
    with refused("InvalidSubnetID.NotFound"):
        aws.ec2.create_tags(Resources=[vpc, "subnet-00000000"], Tags=_tags(a="b"))
    with refused("InvalidID"):
        aws.ec2.create_tags(Resources=[vpc, "whatever"], Tags=_tags(a="b"))
    assert aws.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"] == []


@rule("tag_value_must_match_to_delete")
def test_a_tag_goes_when_its_value_matches(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.ec2.create_tags(Resources=[vpc], Tags=_tags(a="1", b="2", c="3"))
    aws.ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "a", "Value": "x"}, {"Key": "b"}, {"Key": "none"}])
    assert aws.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"] == _tags(a="1", c="3")
    filters: Any = [{"Name": "resource-id", "Values": [vpc]}, {"Name": "key", "Values": ["a"]}]
    shown = aws.ec2.describe_tags(Filters=filters)["Tags"]
    assert shown == [{"ResourceId": vpc, "ResourceType": "vpc", "Key": "a", "Value": "1"}]


@rule("filters_known")
def test_filters(aws: Aws) -> None:
    one, other = aws.vpc(), aws.vpc("10.1.0.0/16")
    aws.ec2.create_tags(Resources=[one], Tags=_tags(stack="shop/orders", key="vpc"))
    aws.ec2.create_tags(Resources=[other], Tags=_tags(stack="shop/other"))

    def found(*filters: tuple[str, list[str]]) -> list[str]:
        given: Any = [{"Name": name, "Values": values} for name, values in filters]
        return [v["VpcId"] for v in aws.ec2.describe_vpcs(Filters=given)["Vpcs"]]

    assert found(("tag:stack", ["shop/orders"])) == [one]
    assert found(("tag:stack", ["shop/*"])) == [one, other]
    assert found(("tag:stack", ["shop/*"]), ("tag-key", ["key"])) == [one]
    assert found(("tag:stack", ["shop/order?"]), ("cidr", ["10.0.0.0/16", "10.1.0.0/16"])) == [one]
    assert found(("is-default", ["false"]), ("state", ["available"])) == [one, other]
    assert found(("vpc-id", [])) == []
    with refused("InvalidParameterValue", "colour"):
        found(("colour", ["blue"]))


@rule("pages")
def test_pages(aws: Aws) -> None:
    vpc = aws.vpc()
    made = [aws.subnet(vpc, f"10.0.{n}.0/24") for n in range(12)]
    filters: Any = [{"Name": "vpc-id", "Values": [vpc]}]
    page = aws.ec2.describe_subnets(Filters=filters, MaxResults=5)
    seen = [s["SubnetId"] for s in page["Subnets"]]
    aws.ec2.delete_subnet(SubnetId=seen[0])
    page = aws.ec2.describe_subnets(Filters=filters, MaxResults=5, NextToken=page["NextToken"])
    seen += [s["SubnetId"] for s in page["Subnets"]]
    page = aws.ec2.describe_subnets(Filters=filters, MaxResults=5, NextToken=page["NextToken"])
    seen += [s["SubnetId"] for s in page["Subnets"]]
    assert seen == made
    assert "NextToken" not in page
    with refused("InvalidParameterCombination"):
        aws.ec2.describe_subnets(SubnetIds=[made[1]], MaxResults=5)
    with refused("InvalidNextToken"):
        aws.ec2.describe_subnets(NextToken="nonsense")
    aws.settings(pageSize=4)
    short = aws.ec2.describe_subnets(Filters=filters)
    assert len(short["Subnets"]) == 4
    every = aws.ec2.get_paginator("describe_subnets").paginate(Filters=filters).build_full_result()
    assert [s["SubnetId"] for s in every["Subnets"]] == made[1:]


@rule("lag_between_create_and_list")
def test_a_new_resource_may_be_missing_from_lists(aws: Aws) -> None:
    old = aws.vpc()
    aws.settings(lag={"resources": "vpc-*", "reads": 2})
    new = aws.vpc()
    filters: Any = [{"Name": "is-default", "Values": ["false"]}]
    listed = [[v["VpcId"] for v in aws.ec2.describe_vpcs(Filters=filters)["Vpcs"]] for _ in range(3)]
    assert listed == [[old], [old], [old, new]]


@rule("lag_between_create_and_list")
def test_a_new_resource_may_be_missing_by_id_for_a_while(aws: Aws) -> None:
    aws.settings(lag={"resources": "vpc-*", "seconds": 30, "by_id": True})
    new = aws.vpc()
    with refused("InvalidVpcID.NotFound"):
        aws.ec2.describe_vpcs(VpcIds=[new])
    aws.step(31)
    aws.ec2.describe_vpcs(VpcIds=[new])


@rule("lag_between_create_and_list")
def test_an_old_resource_can_be_hidden_too(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.control("POST", "hide", {"id": vpc, "reads": 1})
    by_id = aws.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert len(by_id) == 1
    ids: Any = [{"Name": "vpc-id", "Values": [vpc, "vpc-0"]}]
    assert len(aws.ec2.describe_vpcs(Filters=ids)["Vpcs"]) == 1
    seen = [[v["VpcId"] for v in aws.ec2.describe_vpcs()["Vpcs"]].count(vpc) for _ in range(2)]
    assert seen == [0, 1]


@rule("account_attributes")
def test_account_attributes(aws: Aws) -> None:
    aws.settings(quotas="aws")
    shown = aws.ec2.describe_account_attributes(AttributeNames=["default-vpc"])["AccountAttributes"]
    assert shown[0]["AttributeValues"][0]["AttributeValue"].startswith("vpc-")
    every = {
        a["AttributeName"]: a["AttributeValues"] for a in aws.ec2.describe_account_attributes()["AccountAttributes"]
    }
    assert every["vpc-max-elastic-ips"] == [{"AttributeValue": "5"}]
    options = aws.ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]
    assert options["InternetGatewayBlockMode"] == "off"


# What the documentation of the operation lists and the layer has no use for: other kinds of resources.
UNSUPPORTED = re.compile(r"ipv6|outpost|customer-owned|private-dns-name|operator|lni|dns64|egress-only|transit|peering")


@pytest.mark.parametrize("kind", sorted(_listings()))
def test_filters_are_those_that_the_model_documents(kind: str) -> None:
    listing = _listings()[kind]
    operation = next(
        f"Describe{name}"
        for name in (listing.result, f"Managed{listing.result}")
        if ("ec2", f"Describe{name}") in HANDLERS and (kind != "prefixLists" or name.startswith("Managed"))
    )
    shape = get_service_model("ec2").operation_model(operation).input_shape
    text = shape.members[listing.filter_member].documentation
    documented = set(re.findall(r"<code>([a-z0-9.-]+)</code> ?-", text))
    wanted = {name for name in documented if not UNSUPPORTED.search(name) and name not in ("tag", "tag-key")}
    values = {"pending", "available", "attachment.attach-time", "attachment.delete-on-termination"}
    values |= {"attachment.device-index", "availability-zone-id", "addresses.association.owner-id"}
    values |= {"addresses.association.public-ip", "local-gateway-route-table-id"}
    if kind == "networkInterfaces":
        wanted -= values
    assert wanted - set(listing.filters) == set(), f"{operation} documents filters that the layer lacks"
