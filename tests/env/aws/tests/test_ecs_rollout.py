from __future__ import annotations

from typing import Any

import pytest

from awslayer.server import Server

from .fargate import GROUP, Fargate
from .support import Aws, refused

rule = pytest.mark.rule


@pytest.fixture
def fargate(aws: Aws, layer: Server) -> Fargate:
    return Fargate(aws, layer)


def _deployments(fargate: Fargate) -> list[tuple[str, str, int]]:
    return [(d["status"], d["rolloutState"], d["runningCount"]) for d in fargate.shown()["deployments"]]


@rule("task_gets_an_interface", "registry_gives_a_token", "roles_are_assumed", "secrets_are_read")
@rule(
    "log_streams_are_made",
    "image_is_pulled",
    "judge",
    "task_is_registered",
    "deployment_keeps_within_bounds",
    "surplus_goes",
)
def test_a_service_starts_registers_and_completes(fargate: Fargate) -> None:
    made = fargate.service()
    assert (made["status"], made["runningCount"], made["deployments"][0]["rolloutState"]) == (
        "ACTIVE",
        0,
        "IN_PROGRESS",
    )
    shown = fargate.shown()
    assert (shown["desiredCount"], shown["runningCount"], shown["pendingCount"]) == (2, 2, 0)
    assert _deployments(fargate) == [("PRIMARY", "COMPLETED", 2)]
    assert "has reached a steady state" in shown["events"][0]["message"]
    assert fargate.health(fargate.group) == [("healthy", None)] * 2
    tasks = fargate.tasks()
    assert {t["lastStatus"] for t in tasks} == {"RUNNING"}
    assert {t["availabilityZone"] for t in tasks} == {"eu-west-1a", "eu-west-1b"}
    assert tasks[0]["containers"][0]["imageDigest"] == fargate.push("other", "1.0")
    streams = fargate.logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert len(streams) == 2
    assert streams[0]["logStreamName"].startswith("web/app/")


def test_tasks_hold_their_subnets_and_groups(fargate: Fargate) -> None:
    fargate.service()
    task = fargate.tasks()[0]
    details = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}
    ec2 = fargate.aws.ec2
    eni = ec2.describe_network_interfaces(NetworkInterfaceIds=[details["networkInterfaceId"]])["NetworkInterfaces"][0]
    assert eni["PrivateIpAddress"] == details["privateIPv4Address"]
    assert eni["InterfaceType"] == "interface"
    assert eni["RequesterManaged"] is True
    assert eni["Description"].startswith(f"arn:aws:ecs:eu-west-1:{fargate.aws.account}:attachment/")
    assert [g["GroupId"] for g in eni["Groups"]] == [fargate.task_group]
    with refused("DependencyViolation"):
        ec2.delete_subnet(SubnetId=details["subnetId"])
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=fargate.task_group)
    with refused("OperationNotPermitted"):
        ec2.delete_network_interface(NetworkInterfaceId=eni["NetworkInterfaceId"])


def test_every_step_takes_the_time_that_a_test_gives_it(fargate: Fargate) -> None:
    fargate.aws.durations(task_provision=10, task_start=20, target_initial=30)
    fargate.service()
    seen: list[tuple[set[str], list[str], str]] = []
    for seconds in (0, 11, 20, 30):
        fargate.aws.step(seconds)
        states = [state for state, _ in fargate.health(fargate.group)]
        rollout = fargate.shown()["deployments"][0]["rolloutState"]
        seen.append(({t["lastStatus"] for t in fargate.tasks()}, states, rollout))
    assert seen == [
        ({"PROVISIONING"}, [], "IN_PROGRESS"),
        ({"PENDING"}, [], "IN_PROGRESS"),
        ({"RUNNING"}, ["initial"] * 2, "IN_PROGRESS"),
        ({"RUNNING"}, ["healthy"] * 2, "COMPLETED"),
    ]


def test_one_step_over_a_long_time_sees_the_whole_rollout(fargate: Fargate) -> None:
    fargate.aws.durations(task_provision=10, task_start=20, target_initial=30)
    fargate.service()
    fargate.shown()
    fargate.aws.step(600)
    shown = fargate.shown()
    assert shown["deployments"][0]["rolloutState"] == "COMPLETED"
    age: Any = shown["deployments"][0]["updatedAt"] - shown["createdAt"]
    assert 60 <= age.total_seconds() < 70


@rule("change_rolls_out")
def test_a_new_definition_replaces_the_tasks(fargate: Fargate) -> None:
    fargate.service()
    fargate.shown()
    old = {t["taskArn"] for t in fargate.tasks()}
    fargate.push("2.0")
    updated = fargate.update(taskDefinition=fargate.definition("2.0"))
    assert [d["status"] for d in updated["deployments"]] == ["PRIMARY", "ACTIVE"]
    shown = fargate.shown()
    assert shown["taskDefinition"].endswith("web:2")
    assert _deployments(fargate) == [("PRIMARY", "COMPLETED", 2)]
    assert not old & {t["taskArn"] for t in fargate.tasks()}
    assert {t["stopCode"] for t in fargate.tasks("STOPPED")} == {"ServiceSchedulerInitiated"}
    assert fargate.health(fargate.group) == [("healthy", None)] * 2


def test_a_rollout_keeps_the_old_tasks_until_the_new_ones_are_healthy(fargate: Fargate) -> None:
    fargate.service()
    fargate.shown()
    fargate.aws.durations(target_initial=30)
    fargate.update(forceNewDeployment=True)
    assert _deployments(fargate) == [("PRIMARY", "IN_PROGRESS", 2), ("ACTIVE", "COMPLETED", 2)]
    fargate.aws.step(31)
    fargate.shown()
    assert _deployments(fargate) == [("PRIMARY", "COMPLETED", 2)]


def test_a_rollout_with_room_for_one_moves_one_by_one(fargate: Fargate) -> None:
    fargate.service(deploymentConfiguration={"maximumPercent": 100, "minimumHealthyPercent": 50})
    fargate.shown()
    fargate.aws.durations(target_initial=30)
    fargate.update(forceNewDeployment=True)
    assert _deployments(fargate) == [("PRIMARY", "IN_PROGRESS", 1), ("ACTIVE", "COMPLETED", 1)]
    fargate.aws.step(31)
    assert _deployments(fargate) == [("PRIMARY", "IN_PROGRESS", 2)]
    fargate.aws.step(31)
    assert _deployments(fargate) == [("PRIMARY", "COMPLETED", 2)]


def test_the_desired_count_changes_without_a_rollout(fargate: Fargate) -> None:
    fargate.service()
    first = fargate.shown()["deployments"][0]["id"]
    fargate.update(desiredCount=3)
    assert (fargate.shown()["runningCount"], len(fargate.tasks())) == (3, 3)
    fargate.update(desiredCount=0)
    shown = fargate.shown()
    assert (shown["runningCount"], shown["desiredCount"]) == (0, 0)
    assert [d["id"] for d in shown["deployments"]] == [first]
    assert shown["deployments"][0]["rolloutState"] == "COMPLETED"
    assert fargate.health(fargate.group) == []


@rule("service_is_scaled_down", "service_drains", "service_exists", "used_cluster_stays", "service_of_the_name_again")
def test_a_service_drains_before_it_is_inactive(fargate: Fargate) -> None:
    fargate.service()
    fargate.shown()
    with refused("InvalidParameterException", "scaled above 0"):
        fargate.ecs.delete_service(cluster="web", service="web")
    with refused("ClusterContainsServicesException"):
        fargate.ecs.delete_cluster(cluster="web")
    fargate.aws.durations(task_stop=300)
    assert fargate.ecs.delete_service(cluster="web", service="web", force=True)["service"]["status"] == "DRAINING"
    assert fargate.shown()["status"] == "DRAINING"
    with refused("InvalidParameterException", "Creation of service was not idempotent."):
        fargate.service()
    with refused("ClusterContainsServicesException"):
        fargate.ecs.delete_cluster(cluster="web")
    with refused("ServiceNotActiveException"):
        fargate.update(desiredCount=1)
    fargate.aws.step(301)
    assert fargate.shown()["status"] == "INACTIVE"
    assert fargate.ecs.list_services(cluster="web")["serviceArns"] == []
    assert fargate.tasks() == []
    fargate.service()
    assert fargate.shown()["runningCount"] == 2
    with refused("ServiceNotFoundException"):
        fargate.ecs.update_service(cluster="web", service="other")
