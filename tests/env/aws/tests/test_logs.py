from __future__ import annotations

from typing import Any

import pytest

from .support import Aws, refused

rule = pytest.mark.rule


@pytest.fixture
def logs(aws: Aws) -> Any:
    client = aws.client("logs")
    client.create_log_group(logGroupName="/web", tags={"a": "1"})
    return client


def _arn(aws: Aws, name: str = "/web") -> str:
    return f"arn:aws:logs:eu-west-1:{aws.account}:log-group:{name}"


@rule("log_group_is_new", "log_group_exists", "log_group_quota")
def test_names_of_groups(aws: Aws, logs: Any) -> None:
    with refused("ResourceAlreadyExistsException"):
        logs.create_log_group(logGroupName="/web")
    with refused("ResourceNotFoundException", "The specified log group does not exist."):
        logs.delete_log_group(logGroupName="/other")
    with refused("ResourceNotFoundException"):
        logs.put_retention_policy(logGroupName="/other", retentionInDays=7)
    aws.quota(logGroups=1)
    with refused("LimitExceededException"):
        logs.create_log_group(logGroupName="/other")


@rule("retention_is_one_of_the_list")
def test_retention(logs: Any) -> None:
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]
    with refused("InvalidParameterException", "Value '10' at 'retentionInDays'"):
        logs.put_retention_policy(logGroupName="/web", retentionInDays=10)
    logs.put_retention_policy(logGroupName="/web", retentionInDays=14)
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 14
    logs.delete_retention_policy(logGroupName="/web")
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]


@rule("prefix_or_pattern")
def test_groups_are_listed_by_prefix_in_pages_and_late(aws: Aws, logs: Any) -> None:
    for number in range(5):
        logs.create_log_group(logGroupName=f"/ecs/{number}")
    asked = {"logGroupNamePrefix": "/ecs/", "PaginationConfig": {"PageSize": 2}}
    pages = [p["logGroups"] for p in logs.get_paginator("describe_log_groups").paginate(**asked)]
    assert [g["logGroupName"] for page in pages for g in page] == [f"/ecs/{n}" for n in range(5)]
    assert len(pages) == 3
    assert [g["logGroupName"] for g in logs.describe_log_groups(logGroupNamePattern="WE")["logGroups"]] == ["/web"]
    with refused("InvalidParameterException", "mutually exclusive"):
        logs.describe_log_groups(logGroupNamePrefix="a", logGroupNamePattern="abc")
    with refused("InvalidParameterException", "nextToken"):
        logs.describe_log_groups(nextToken="x")
    aws.settings(lag={"resources": "arn:aws:logs:*", "reads": 1})
    logs.create_log_group(logGroupName="/late")
    seen = [len(logs.describe_log_groups(logGroupNamePrefix="/late")["logGroups"]) for _ in range(2)]
    assert seen == [0, 1]


@rule("tagged_log_group_exists", "log_tags_within_limit")
def test_tags(aws: Aws, logs: Any) -> None:
    logs.tag_resource(resourceArn=_arn(aws), tags={"b": "2"})
    logs.untag_resource(resourceArn=_arn(aws), tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=_arn(aws))["tags"] == {"b": "2"}
    with refused("ResourceNotFoundException"):
        logs.list_tags_for_resource(resourceArn=_arn(aws, "/other"))
    with refused("InvalidParameterException", "resourceArn"):
        logs.tag_resource(resourceArn=_arn(aws) + ":*", tags={"b": "2"})
    with refused("TooManyTagsException"):
        logs.tag_resource(resourceArn=_arn(aws), tags={str(n): "" for n in range(50)})
    logs.delete_log_group(logGroupName="/web")
    logs.create_log_group(logGroupName="/web")
    assert logs.list_tags_for_resource(resourceArn=_arn(aws))["tags"] == {}


@rule("protected_log_group_stays")
def test_a_protected_group_stays(aws: Aws, logs: Any) -> None:
    before = aws.dump()
    logs.create_log_group(logGroupName="/kept", deletionProtectionEnabled=True)
    with refused("ValidationException", "deletion protection"):
        logs.delete_log_group(logGroupName="/kept")
    logs.put_log_group_deletion_protection(logGroupIdentifier=_arn(aws, "/kept"), deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName="/kept")
    assert aws.dump() == before


def test_ledger_and_faults_know_logs(aws: Aws, logs: Any) -> None:
    aws.fault(service="logs", operation="PutRetentionPolicy", code="ThrottlingException", status=400)
    with refused("ThrottlingException"):
        logs.put_retention_policy(logGroupName="/web", retentionInDays=7)
    logs.put_retention_policy(logGroupName="/web", retentionInDays=7)
    calls = aws.ledger(service="logs", write="true")
    assert [(c["operation"], c["effect"]) for c in calls] == [
        ("CreateLogGroup", True),
        ("PutRetentionPolicy", False),
        ("PutRetentionPolicy", True),
    ]
