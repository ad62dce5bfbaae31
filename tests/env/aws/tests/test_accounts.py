from __future__ import annotations

import json
from typing import Any

import pytest

from .support import Aws, refused

rule = pytest.mark.rule


def _trust(principal: Any, condition: Any = None) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition or {}}]})


def _role(aws: Aws, name: str, trust: str) -> str:
    return str(aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"])


@pytest.fixture
def other(aws: Aws) -> Aws:
    return Aws(aws.endpoint, str(900000000000 + int(aws.account[-6:])))


def test_a_key_of_twelve_digits_is_the_account(aws: Aws) -> None:
    who = aws.client("sts").get_caller_identity()
    assert (who["Account"], who["Arn"]) == (aws.account, f"arn:aws:iam::{aws.account}:root")


def test_accounts_share_nothing(aws: Aws, other: Aws) -> None:
    vpc = aws.vpc()
    with refused("InvalidVpcID.NotFound"):
        other.ec2.describe_vpcs(VpcIds=[vpc])


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("ec2", "describe_vpcs", "AuthFailure"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("ecs", "list_clusters", "UnrecognizedClientException"),
    ],
)
def test_an_unknown_key_is_refused(aws: Aws, service: str, call: str, code: str) -> None:
    client = aws.client(service, key="AKIAUNKNOWNUNKNOWN12")
    with refused(code):
        getattr(client, call)()


def test_the_key_of_an_iam_user_acts_in_its_account(aws: Aws) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="robot")
    key = iam.create_access_key(UserName="robot")["AccessKey"]["AccessKeyId"]
    assert aws.client("sts", key=key).get_caller_identity()["Arn"] == f"arn:aws:iam::{aws.account}:user/robot"


@rule("role_that_may_be_assumed", "role_trusts_caller")
def test_a_role_in_another_account_acts_there(aws: Aws, other: Aws) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "shop"}}
    arn = _role(other, "builder", _trust({"AWS": f"arn:aws:iam::{aws.account}:root"}, condition))
    sts = aws.client("sts")
    for wrong in ({}, {"ExternalId": "else"}):
        with refused("AccessDenied", arn):
            sts.assume_role(RoleArn=arn, RoleSessionName="test", **wrong)
    given = sts.assume_role(RoleArn=arn, RoleSessionName="test", ExternalId="shop")["Credentials"]
    session = other.client("sts", given["AccessKeyId"], given["SessionToken"])
    assert session.get_caller_identity()["Arn"] == f"arn:aws:sts::{other.account}:assumed-role/builder/test"
    vpc = other.client("ec2", given["AccessKeyId"], given["SessionToken"]).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]
    assert vpc["OwnerId"] == other.account
    assert other.ec2.describe_vpcs(VpcIds=[vpc["VpcId"]])["Vpcs"]
    written = [e for e in other.ledger() if e["operation"] == "CreateVpc"]
    assert written[0]["principal"].endswith("assumed-role/builder/test")


@rule("role_that_may_be_assumed", "role_trusts_caller")
@pytest.mark.parametrize(
    "trust",
    [
        _trust({"AWS": "arn:aws:iam::000000000000:root"}),
        _trust({"Service": "ecs-tasks.amazonaws.com"}),
        _trust({"AWS": "*"}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    ],
)
def test_a_role_that_does_not_trust_the_caller(aws: Aws, other: Aws, trust: str) -> None:
    arn = _role(other, "closed", trust)
    with refused("AccessDenied"):
        aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")


@rule("role_that_may_be_assumed")
def test_a_role_that_does_not_exist(aws: Aws, other: Aws) -> None:
    arn = f"arn:aws:iam::{other.account}:role/none"
    with refused("AccessDenied"):
        aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")
    other.settings(assumeRole="any")
    given = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    who = aws.client("sts", given["AccessKeyId"], given["SessionToken"]).get_caller_identity()
    assert who["Account"] == other.account
    with refused("ValidationError"):
        aws.client("sts").assume_role(RoleArn="arn:aws:iam::x:role/none", RoleSessionName="test")
