from __future__ import annotations

import json
from typing import Any

import pytest

from .support import Aws, refused

rule = pytest.mark.rule
TASKS = {"Service": "ecs-tasks.amazonaws.com"}
EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


def _trust(**changes: Any) -> str:
    statement = {"Effect": "Allow", "Principal": TASKS, "Action": "sts:AssumeRole", **changes}
    kept = {k: v for k, v in statement.items() if v is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [kept]})


def _document(action: Any = "s3:GetObject", resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def iam(aws: Aws) -> Any:
    return aws.client("iam")


def _role(iam: Any, name: str = "execution", **more: Any) -> str:
    return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=_trust(), **more)["Role"]["Arn"])


def _policy(iam: Any, name: str) -> str:
    return str(iam.create_policy(PolicyName=name, PolicyDocument=_document())["Policy"]["Arn"])


@rule("role_exists")
def test_a_role_shows_what_it_was_made_with(aws: Aws, iam: Any) -> None:
    bound = _policy(iam, "bound")
    _role(iam, Path="/stacks/", PermissionsBoundary=bound, Tags=[{"Key": "owner", "Value": "me"}], Description="runs")
    role = iam.get_role(RoleName="execution")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{aws.account}:role/stacks/execution"
    assert (role["Tags"], role["PermissionsBoundary"]["PermissionsBoundaryArn"]) == (
        [{"Key": "owner", "Value": "me"}],
        bound,
    )
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == TASKS
    for call in (iam.get_role, iam.delete_role, iam.list_role_policies, iam.list_attached_role_policies):
        with refused("NoSuchEntity", "none"):
            call(RoleName="none")


@rule("role_name_is_free")
def test_names_of_roles_are_unique_whatever_their_case(iam: Any) -> None:
    _role(iam, "execution")
    for name in ("execution", "EXECUTION"):
        with refused("EntityAlreadyExists", name):
            _role(iam, name, Path="/elsewhere/")


@rule("trust_policy_is_one")
@pytest.mark.parametrize(
    "document",
    ["no json", "{}", _trust(Resource="*"), _trust(Action="s3:GetObject"), _trust(Principal=None)],
)
def test_a_trust_policy_is_checked(iam: Any, document: str) -> None:
    with refused("MalformedPolicyDocument"):
        iam.create_role(RoleName="execution", AssumeRolePolicyDocument=document)
    _role(iam)
    with refused("MalformedPolicyDocument"):
        iam.update_assume_role_policy(RoleName="execution", PolicyDocument=document)


@rule("trust_policy_is_one", "inline_policies_bounded", "attached_policies_bounded", "role_quota")
def test_sizes_and_numbers_are_bounded(aws: Aws, iam: Any) -> None:
    accounts = [f"arn:aws:iam::{n:012}:root" for n in range(100)]
    with refused("LimitExceeded", "2048"):
        iam.create_role(RoleName="execution", AssumeRolePolicyDocument=_trust(Principal={"AWS": accounts}))
    _role(iam)
    long = _document([f"s3:{'A' * 100}{n}" for n in range(60)])
    iam.put_role_policy(RoleName="execution", PolicyName="one", PolicyDocument=long)
    iam.put_role_policy(RoleName="execution", PolicyName="one", PolicyDocument=long)
    with refused("LimitExceeded", "10240"):
        iam.put_role_policy(RoleName="execution", PolicyName="two", PolicyDocument=long)
    aws.quota(policiesPerRole=1, roles=1)
    first, second = _policy(iam, "first"), _policy(iam, "second")
    for _ in range(2):
        iam.attach_role_policy(RoleName="execution", PolicyArn=first)
    with refused("LimitExceeded", "PoliciesPerRole: 1"):
        iam.attach_role_policy(RoleName="execution", PolicyArn=second)
    with refused("LimitExceeded", "RolesPerAccount"):
        _role(iam, "other")


@rule("boundary_exists")
def test_a_boundary_exists(aws: Aws, iam: Any) -> None:
    none = f"arn:aws:iam::{aws.account}:policy/none"
    with refused("NoSuchEntity", none):
        _role(iam, PermissionsBoundary=none)
    _role(iam)
    with refused("NoSuchEntity", none):
        iam.put_role_permissions_boundary(RoleName="execution", PermissionsBoundary=none)
    iam.put_role_permissions_boundary(RoleName="execution", PermissionsBoundary=_policy(iam, "bound"))
    iam.delete_role_permissions_boundary(RoleName="execution")
    assert "PermissionsBoundary" not in iam.get_role(RoleName="execution")["Role"]


@rule("policies_of_aws_exist")
def test_policies_of_aws_are_there(iam: Any) -> None:
    _role(iam)
    iam.attach_role_policy(RoleName="execution", PolicyArn=EXECUTION)
    assert iam.list_attached_role_policies(RoleName="execution")["AttachedPolicies"] == [
        {"PolicyName": "AmazonECSTaskExecutionRolePolicy", "PolicyArn": EXECUTION}
    ]
    version = iam.get_policy(PolicyArn=EXECUTION)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=EXECUTION, VersionId=version)["PolicyVersion"]["Document"]
    assert "ecr:GetAuthorizationToken" in document["Statement"][0]["Action"]
    with refused("NoSuchEntity"):
        iam.attach_role_policy(RoleName="execution", PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicyOfAws")


def test_a_role_with_policies_stays(iam: Any) -> None:
    _role(iam)
    iam.attach_role_policy(RoleName="execution", PolicyArn=EXECUTION)
    iam.put_role_policy(RoleName="execution", PolicyName="inline", PolicyDocument=_document())
    with refused("DeleteConflict", "detach all policies"):
        iam.delete_role(RoleName="execution")
    iam.detach_role_policy(RoleName="execution", PolicyArn=EXECUTION)
    with refused("DeleteConflict", "delete policies"):
        iam.delete_role(RoleName="execution")
    iam.delete_role_policy(RoleName="execution", PolicyName="inline")
    iam.delete_role(RoleName="execution")
    with refused("NoSuchEntity"):
        iam.get_role(RoleName="execution")


@rule("marked_pages")
def test_lists_come_in_pages(iam: Any) -> None:
    for name in ("a", "b", "c"):
        _role(iam, name, Path="/stacks/")
    _role(iam, "other", Path="/elsewhere/")
    first = iam.list_roles(PathPrefix="/stacks/", MaxItems=2)
    second = iam.list_roles(PathPrefix="/stacks/", MaxItems=2, Marker=first["Marker"])
    assert [r["RoleName"] for r in first["Roles"] + second["Roles"]] == ["a", "b", "c"]
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)
    assert not {"Tags", "PermissionsBoundary"} & set(first["Roles"][0])
    for name in ("p", "q"):
        iam.put_role_policy(RoleName="a", PolicyName=name, PolicyDocument=_document())
        iam.attach_role_policy(RoleName="a", PolicyArn=_policy(iam, name))
    inline = iam.get_paginator("list_role_policies").paginate(RoleName="a", PaginationConfig={"PageSize": 1})
    assert [name for page in inline for name in page["PolicyNames"]] == ["p", "q"]
    attached = iam.get_paginator("list_attached_role_policies").paginate(RoleName="a", PaginationConfig={"PageSize": 1})
    assert [p["PolicyName"] for page in attached for p in page["AttachedPolicies"]] == ["p", "q"]
    with refused("ValidationError", "Marker"):
        iam.list_roles(Marker="nonsense")


@rule("role_tags_well_formed")
def test_tag_keys_do_not_differ_by_case(aws: Aws, iam: Any) -> None:
    _role(iam, Tags=[{"Key": "owner", "Value": "me"}])
    iam.tag_role(RoleName="execution", Tags=[{"Key": "Owner", "Value": "you"}, {"Key": "team", "Value": "blue"}])
    iam.untag_role(RoleName="execution", TagKeys=["team", "absent"])
    assert iam.list_role_tags(RoleName="execution")["Tags"] == [{"Key": "Owner", "Value": "you"}]
    for tags in ([{"Key": "aws:x", "Value": ""}], [{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}]):
        with refused("InvalidInput"):
            iam.tag_role(RoleName="execution", Tags=tags)
        with refused("InvalidInput"):
            _role(iam, "other", Tags=tags)
    aws.quota(tagsPerResource=1)
    with refused("LimitExceeded"):
        iam.tag_role(RoleName="execution", Tags=[{"Key": "second", "Value": ""}])


@rule("service_role_once", "role_of_a_service_is_protected")
def test_a_service_has_one_role_that_is_its_own(iam: Any) -> None:
    made = iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]
    assert made["RoleName"] == "AWSServiceRoleForECS"
    assert iam.get_role(RoleName="AWSServiceRoleForECS")["Role"]["Arn"] == made["Arn"]
    with refused("InvalidInput", "has been taken"):
        iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    with refused("InvalidInput"):
        iam.create_service_linked_role(AWSServiceName="nothing.amazonaws.com")
    with refused("UnmodifiableEntity", "AWSServiceRoleForECS"):
        iam.delete_role(RoleName="AWSServiceRoleForECS")
    with refused("UnmodifiableEntity"):
        iam.put_role_policy(RoleName="AWSServiceRoleForECS", PolicyName="p", PolicyDocument=_document())


@rule("simulated_principal_exists")
def test_the_simulator_decides_as_the_policies_do(aws: Aws, iam: Any) -> None:
    role = _role(iam)
    iam.put_role_policy(
        RoleName="execution", PolicyName="read", PolicyDocument=_document("s3:*", "arn:aws:s3:::layers/*")
    )

    def simulated(**more: Any) -> list[str]:
        results = iam.simulate_principal_policy(
            PolicySourceArn=role, ActionNames=["s3:GetObject", "ec2:CreateVpc"], **more
        )["EvaluationResults"]
        return [r["EvalDecision"] for r in results]

    assert simulated(ResourceArns=["arn:aws:s3:::layers/a"]) == ["allowed", "implicitDeny"]
    assert simulated() == ["implicitDeny", "implicitDeny"]
    assert simulated(PolicyInputList=[_document("ec2:*")]) == ["implicitDeny", "allowed"]
    within = [_document("ec2:*")]
    assert simulated(ResourceArns=["arn:aws:s3:::layers/a"], PermissionsBoundaryPolicyInputList=within) == [
        "implicitDeny",
        "implicitDeny",
    ]
    with refused("NoSuchEntity"):
        iam.simulate_principal_policy(PolicySourceArn=role + "x", ActionNames=["s3:GetObject"])


def test_a_new_role_may_be_missed(aws: Aws, iam: Any) -> None:
    aws.settings(lag={"resources": "arn:aws:iam::*", "reads": 2, "by_id": True})
    _role(iam)
    assert iam.list_roles()["Roles"] == []
    with refused("NoSuchEntity"):
        iam.get_role(RoleName="execution")
    assert iam.get_role(RoleName="execution")["Role"]["RoleName"] == "execution"


def test_writes_are_in_the_ledger_and_the_dump_returns_to_where_it_was(aws: Aws, iam: Any) -> None:
    before = aws.dump()
    arn = _role(iam)
    iam.put_role_policy(RoleName="execution", PolicyName="inline", PolicyDocument=_document())
    assert "inline" in aws.dump()
    made, put = aws.ledger(write="true", service="iam")
    assert (made["operation"], made["effect"], arn in made["resources"]) == ("CreateRole", True, True)
    assert (put["operation"], put["request"]["RoleName"]) == ("PutRolePolicy", "execution")
    iam.delete_role_policy(RoleName="execution", PolicyName="inline")
    iam.delete_role(RoleName="execution")
    assert aws.dump() == before
