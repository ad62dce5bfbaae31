from __future__ import annotations

from typing import Any

import pytest
from moto.core.utils import get_service_model

from awslayer.models import breaches

from .support import Aws, refused


def test_a_missing_parameter_is_named(aws: Aws) -> None:
    with refused("MissingParameter", "VpcId"):
        aws.client("ec2").create_subnet(CidrBlock="10.0.0.0/24")


def test_a_value_outside_its_enum_is_refused(aws: Aws) -> None:
    with refused("InvalidParameterValue", "InstanceTenancy"):
        aws.client("ec2").create_vpc(CidrBlock="10.0.0.0/16", InstanceTenancy="shared")


def test_a_number_outside_its_range_is_refused(aws: Aws) -> None:
    with refused("InvalidParameterValue", "maxResults"):
        aws.client("ec2").describe_vpcs(MaxResults=4)


def test_a_value_of_the_wrong_type_is_refused(aws: Aws) -> None:
    with refused("InvalidParameterValue"):
        aws.client("ec2").describe_vpcs(MaxResults="many")


def test_an_unknown_operation_and_an_unknown_parameter_are_refused(aws: Aws) -> None:
    client = aws.client("ec2")

    def rename(params: Any, **_: Any) -> None:
        params["body"]["Colour"] = "blue"

    client.meta.events.register("before-call.ec2.DescribeVpcs", rename)
    with refused("UnknownParameter", "Colour"):
        client.describe_vpcs()

    def other(params: Any, **_: Any) -> None:
        params["body"]["Action"] = "DescribeUnicorns"

    client.meta.events.register("before-call.ec2.DescribeSubnets", other)
    with refused("InvalidAction", "DescribeUnicorns"):
        client.describe_subnets()


@pytest.mark.parametrize(
    ("service", "call", "params", "code"),
    [
        ("iam", "create_role", {"RoleName": "x" * 65, "AssumeRolePolicyDocument": "{}"}, "ValidationError"),
        ("iam", "create_role", {"RoleName": "a role", "AssumeRolePolicyDocument": "{}"}, "ValidationError"),
        ("sts", "assume_role", {"RoleArn": "short", "RoleSessionName": "x"}, "ValidationError"),
        ("ecs", "create_service", {"cluster": "c"}, "InvalidParameterException"),
        ("logs", "create_log_group", {"logGroupName": "not allowed!"}, "InvalidParameterException"),
        ("cognito-idp", "create_user_pool", {"PoolName": "x" * 129}, "InvalidParameterException"),
        ("ecr", "create_repository", {"repositoryName": "UPPER"}, "InvalidParameterException"),
        ("apigatewayv2", "create_api", {"Name": "n"}, "BadRequestException"),
    ],
)
def test_every_service_is_held_against_its_model(
    aws: Aws, service: str, call: str, params: dict[str, Any], code: str
) -> None:
    client = aws.client(service)
    with refused(code):
        getattr(client, call)(**params)


def test_what_moto_answers_for_other_services_is_held_against_their_models_too(aws: Aws) -> None:
    """The account's fixture fails the test on any breach."""
    aws.client("ecs").create_cluster(clusterName="c")
    aws.client("ecs").describe_clusters(clusters=["c"])
    aws.client("logs").create_log_group(logGroupName="/shop/orders")
    aws.client("logs").describe_log_groups()
    aws.client("ecr").create_repository(repositoryName="shop/orders")
    aws.client("iam").list_roles()
    assert {e["service"] for e in aws.ledger()} == {"ecs", "logs", "ecr", "iam"}


def test_dry_run_has_no_effect(aws: Aws) -> None:
    with refused("DryRunOperation"):
        aws.ec2.create_vpc(CidrBlock="10.0.0.0/16", DryRun=True)
    assert aws.ledger()[0]["effect"] is False


def test_breaches_are_found_wherever_they_are() -> None:
    shape = get_service_model("ecr").operation_model("CreateRepository").input_shape
    found = {
        (b.kind, b.path)
        for b in breaches(
            shape,
            {
                "repositoryName": "A",
                "imageTagMutability": "SOMETIMES",
                "tags": [{"Key": 3, "Value": "x"}],
                "colour": "blue",
                "imageScanningConfiguration": {"scanOnPush": "yes"},
            },
        )
    }
    assert found == {
        ("length", "repositoryName"),
        ("pattern", "repositoryName"),
        ("enum", "imageTagMutability"),
        ("type", "tags.1.Key"),
        ("unknown", "colour"),
        ("type", "imageScanningConfiguration.scanOnPush"),
    }
    assert [b.kind for b in breaches(shape, {})] == ["missing"]
