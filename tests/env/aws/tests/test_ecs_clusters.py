from __future__ import annotations

from typing import Any

import pytest

from .support import Aws, refused

rule = pytest.mark.rule


@pytest.fixture
def ecs(aws: Aws) -> Any:
    return aws.client("ecs")


@rule("cluster_of_the_name_again")
def test_a_cluster_by_its_name(ecs: Any) -> None:
    made = ecs.create_cluster(clusterName="web", tags=[{"key": "a", "value": "1"}])["cluster"]
    again = ecs.create_cluster(clusterName="web", settings=[{"name": "containerInsights", "value": "enabled"}])
    assert again["cluster"] == made
    assert made["settings"] == [{"name": "containerInsights", "value": "disabled"}]
    plain = ecs.describe_clusters(clusters=["web"])["clusters"][0]
    assert (plain["tags"], plain["settings"]) == ([], [])
    full = ecs.describe_clusters(clusters=[made["clusterArn"]], include=["TAGS", "SETTINGS"])["clusters"][0]
    assert full["tags"] == [{"key": "a", "value": "1"}]


@rule("cluster_exists")
def test_a_deleted_cluster_lingers_inactive(ecs: Any) -> None:
    ecs.create_cluster(clusterName="web")
    ecs.delete_cluster(cluster="web")
    assert ecs.describe_clusters(clusters=["web"])["clusters"][0]["status"] == "INACTIVE"
    assert ecs.list_clusters()["clusterArns"] == []
    with refused("ClusterNotFoundException"):
        ecs.delete_cluster(cluster="web")
    with refused("ClusterNotFoundException"):
        ecs.describe_services(cluster="web", services=["web"])
    missing = ecs.describe_clusters(clusters=["other"])["failures"]
    assert missing[0]["reason"] == "MISSING"
    assert ecs.create_cluster(clusterName="web")["cluster"]["status"] == "ACTIVE"


@rule("capacity_providers_exist")
def test_capacity_providers_and_settings(ecs: Any) -> None:
    ecs.create_cluster(clusterName="web")
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    with refused("InvalidParameterException", "not associated"):
        ecs.put_cluster_capacity_providers(
            cluster="web", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=strategy
        )
    with refused("InvalidParameterException", "does not exist"):
        ecs.create_cluster(clusterName="other", capacityProviders=["MINE"])
    shown = ecs.put_cluster_capacity_providers(
        cluster="web", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=strategy
    )["cluster"]
    assert shown["defaultCapacityProviderStrategy"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
    settings = [{"name": "containerInsights", "value": "enhanced"}]
    assert ecs.update_cluster(cluster="web", settings=settings)["cluster"]["settings"] == settings


@rule("cluster_quota")
def test_clusters_are_bounded(aws: Aws, ecs: Any) -> None:
    aws.quota(clusters=1)
    ecs.create_cluster(clusterName="web")
    with refused("LimitExceededException"):
        ecs.create_cluster(clusterName="other")


@rule("ecs_tags_well_formed", "tagged_resource_exists")
def test_tags(ecs: Any) -> None:
    arn = ecs.create_cluster(clusterName="web", tags=[{"key": "a", "value": "1"}])["cluster"]["clusterArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}])
    ecs.untag_resource(resourceArn=arn, tagKeys=["a", "c"])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
    with refused("InvalidParameterException", "aws:x"):
        ecs.tag_resource(resourceArn=arn, tags=[{"key": "aws:x", "value": "2"}])
    with refused("InvalidParameterException", "50"):
        ecs.tag_resource(resourceArn=arn, tags=[{"key": str(n), "value": ""} for n in range(50)])
    with refused("InvalidParameterException", "cannot be found"):
        ecs.list_tags_for_resource(resourceArn=arn + "x")


def test_lists_come_in_pages_and_late(aws: Aws, ecs: Any) -> None:
    for name in "abc":
        ecs.create_cluster(clusterName=name)
    pages = list(ecs.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(p["clusterArns"]) for p in pages] == [2, 1]
    aws.settings(lag={"resources": "arn:aws:ecs:*", "reads": 1})
    ecs.create_cluster(clusterName="d")
    assert [len(ecs.list_clusters()["clusterArns"]) for _ in range(2)] == [3, 4]


def test_ledger_faults_and_dump_know_ecs(aws: Aws, ecs: Any) -> None:
    before = aws.dump()
    aws.fault(service="ecs", operation="CreateCluster", code="ServerException", when="after")
    with refused("ServerException"):
        ecs.create_cluster(clusterName="web")
    ecs.describe_clusters(clusters=["web"])
    calls = aws.ledger(service="ecs")
    assert [(c["operation"], c["write"], c["effect"]) for c in calls] == [
        ("CreateCluster", True, True),
        ("DescribeClusters", False, False),
    ]
    assert aws.dump() != before
    ecs.delete_cluster(cluster="web")
    assert aws.dump() == before


def test_the_published_buckets_of_ecs(aws: Aws, ecs: Any) -> None:
    aws.settings(buckets=True)
    aws.control("POST", "clock", {"scale": 0}, account=None)
    try:
        for number in range(20):
            ecs.create_cluster(clusterName=f"c{number}")
        with refused("ThrottlingException", "Rate exceeded"):
            ecs.delete_cluster(cluster="c0")
        assert len(ecs.list_clusters()["clusterArns"]) == 20
        aws.step(1)
        ecs.delete_cluster(cluster="c0")
    finally:
        aws.control("POST", "clock", {"scale": 1}, account=None)
