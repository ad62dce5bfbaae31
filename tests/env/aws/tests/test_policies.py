from __future__ import annotations

import json
from typing import Any

import pytest

from awslayer import policies
from awslayer.conditions import UnknownOperatorError, met

from .support import Aws

BUCKET = "arn:aws:s3:::layers/*"

NOT_IAM = {"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]}


def _allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": resource, **more}}


def _deny(action: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}


def _decision(documents: list[Any], action: str, resource: str = "*", boundary: Any = None) -> str:
    return policies.evaluate(documents, boundary, action, resource, {}).kind


@pytest.mark.parametrize(
    ("document", "action", "resource", "kind"),
    [
        (_allow("s3:GetObject", BUCKET), "s3:GetObject", "arn:aws:s3:::layers/a/b", "allowed"),
        (_allow("s3:getobject", BUCKET), "s3:GetObject", "arn:aws:s3:::layers/a", "allowed"),
        (_allow("s3:GetObject", BUCKET), "s3:GetObject", "arn:aws:s3:::Layers/a", "implicitDeny"),
        (_allow("s3:Get*", BUCKET), "s3:PutObject", "arn:aws:s3:::layers/a", "implicitDeny"),
        (_allow(["ecr:A", "ecr:B?"]), "ecr:Bx", "x", "allowed"),
        (NOT_IAM, "ec2:RunInstances", "*", "allowed"),
        (NOT_IAM, "iam:PassRole", "*", "implicitDeny"),
        ({"Statement": [{"Effect": "Allow", "Action": "*", "NotResource": "a"}]}, "ec2:X", "a", "implicitDeny"),
    ],
)
def test_actions_and_resources(document: Any, action: str, resource: str, kind: str) -> None:
    assert _decision([document], action, resource) == kind


def test_a_deny_wins_wherever_it_stands() -> None:
    assert _decision([_allow("*"), _deny("ec2:*")], "ec2:CreateVpc") == "explicitDeny"
    assert _decision([_allow("*")], "ec2:CreateVpc", boundary=_deny("ec2:*")) == "explicitDeny"


def test_a_boundary_allows_nothing_by_itself_and_bounds_everything() -> None:
    assert _decision([], "ec2:CreateVpc", boundary=_allow("*")) == "implicitDeny"
    assert _decision([_allow("*")], "ec2:CreateVpc", boundary=_allow("s3:*")) == "implicitDeny"
    assert _decision([_allow("*")], "s3:GetObject", boundary=_allow("s3:*")) == "allowed"


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"aws:ResourceTag/owner": "me"}}, {"aws:resourcetag/owner": "me"}, True),
        ({"StringEquals": {"aws:ResourceTag/owner": ["me", "you"]}}, {"aws:ResourceTag/owner": "you"}, True),
        ({"StringEquals": {"aws:ResourceTag/owner": "me"}}, {}, False),
        ({"StringEqualsIfExists": {"aws:ResourceTag/owner": "me"}}, {}, True),
        ({"StringNotEquals": {"a": "x"}}, {}, True),
        ({"StringNotEquals": {"a": ["x", "y"]}}, {"a": "y"}, False),
        ({"StringLike": {"a": "arn:*:role/?x"}}, {"a": "arn:aws:role/yx"}, True),
        ({"StringEqualsIgnoreCase": {"a": "X"}}, {"a": "x"}, True),
        ({"ArnLike": {"a": "arn:aws:iam::*:policy/b"}}, {"a": "arn:aws:iam::1:policy/b"}, True),
        ({"Bool": {"a": True}}, {"a": "true"}, True),
        ({"Null": {"a": "true"}}, {}, True),
        ({"Null": {"a": "false"}}, {}, False),
        ({"NumericLessThanEquals": {"a": "5"}}, {"a": "5"}, True),
        ({"NumericGreaterThan": {"a": "5"}}, {"a": "no number"}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, {"aws:TagKeys": ["a"]}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, {"aws:TagKeys": ["a", "c"]}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, {}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, {"aws:TagKeys": ["a", "c"]}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, {}, False),
        ({"StringEquals": {"a": "x"}, "StringLike": {"b": "y*"}}, {"a": "x", "b": "z"}, False),
    ],
)
def test_conditions(condition: Any, context: Any, holds: bool) -> None:
    assert met(condition, context) is holds


def test_an_operator_that_is_not_understood_is_no_guess() -> None:
    with pytest.raises(UnknownOperatorError):
        met({"DateLessThan": {"aws:CurrentTime": "2030-01-01"}}, {"aws:CurrentTime": "2026-01-01"})


def test_a_role_may_what_its_policies_and_its_boundary_allow(aws: Aws) -> None:
    iam = aws.client("iam")
    principal = {"Service": "ecs-tasks.amazonaws.com"}
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
    }
    role = iam.create_role(RoleName="execution", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="execution", PolicyName="pull", PolicyDocument=json.dumps(_allow("ecr:*")))
    made = iam.create_policy(PolicyName="logs", PolicyDocument=json.dumps(_allow("logs:PutLogEvents")))
    iam.attach_role_policy(RoleName="execution", PolicyArn=made["Policy"]["Arn"])
    assert policies.role_may(role, "ecr:GetAuthorizationToken").allowed
    assert policies.role_may(role, "logs:PutLogEvents").allowed
    assert policies.role_may(role, "s3:GetObject").why.startswith("because no identity-based policy allows")
    assert "does not exist" in policies.role_may(role + "x", "ecr:GetAuthorizationToken").why
    assert policies.service_may_assume(role, "ecs-tasks.amazonaws.com").allowed
    assert not policies.service_may_assume(role, "ec2.amazonaws.com").allowed
    bound = iam.create_policy(PolicyName="bound", PolicyDocument=json.dumps(_allow("logs:*")))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="execution", PermissionsBoundary=bound)
    assert policies.role_may(role, "logs:PutLogEvents").allowed
    assert "boundary" in policies.role_may(role, "ecr:GetAuthorizationToken").why
