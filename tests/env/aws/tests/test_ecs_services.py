from __future__ import annotations

from typing import Any

import pytest

from awslayer.server import Server

from .fargate import Fargate
from .support import Aws, refused

rule = pytest.mark.rule


@pytest.fixture
def fargate(aws: Aws, layer: Server) -> Fargate:
    return Fargate(aws, layer)


@rule("service_of_the_name_again")
def test_the_same_token_and_parameters_is_the_same_service(fargate: Fargate) -> None:
    definition = fargate.definition()
    first = fargate.service(definition, clientToken="one")
    again = fargate.service(definition, clientToken="one")
    assert again["deployments"][0]["id"] == first["deployments"][0]["id"]
    with refused("InvalidParameterException", "Creation of service was not idempotent."):
        fargate.service(definition, clientToken="one", desiredCount=3)
    with refused("InvalidParameterException", "not idempotent"):
        fargate.service(definition, clientToken="two")
    with refused("InvalidParameterException", "36"):
        fargate.service(definition, serviceName="other", clientToken="x" * 37)


@rule("network_exists")
def test_the_network_of_a_service(fargate: Fargate) -> None:
    def with_network(**network: Any) -> None:
        given = {"subnets": fargate.subnets, "securityGroups": [fargate.task_group], **network}
        fargate.service(networkConfiguration={"awsvpcConfiguration": given})

    with refused("InvalidParameterException", "must be provided"):
        fargate.service(networkConfiguration=None)
    with refused("InvalidParameterException", "subnet-00000000"):
        with_network(subnets=["subnet-00000000"])
    with refused("InvalidParameterException", "sg-00000000"):
        with_network(securityGroups=["sg-00000000"])
    with refused("InvalidParameterException", "at most"):
        with_network(securityGroups=[fargate.task_group] * 6)
    other = fargate.aws.group(fargate.aws.vpc("10.9.0.0/16"), "other")
    with refused("InvalidParameterException", "same VPC"):
        with_network(securityGroups=[other])


@rule("load_balancers_fit", "grace_period_needs_a_load_balancer")
def test_the_load_balancer_of_a_service(fargate: Fargate) -> None:
    def with_balancer(**item: Any) -> None:
        given = {"targetGroupArn": fargate.group, "containerName": "app", "containerPort": 8080, **item}
        fargate.service(loadBalancers=[given])

    with refused("InvalidParameterException", "does not have an associated load balancer"):
        with_balancer(targetGroupArn=fargate.target_group("lonely"))
    with refused("InvalidParameterException", "does not exist"):
        with_balancer(targetGroupArn=fargate.group + "x")
    with refused("InvalidParameterException", "incompatible"):
        with_balancer(targetGroupArn=fargate.target_group("instances", TargetType="instance"))
    with refused("InvalidParameterException", "container web does not exist"):
        with_balancer(containerName="web")
    with refused("InvalidParameterException", "container port 81"):
        with_balancer(containerPort=81)
    with refused("InvalidParameterException", "grace period"):
        fargate.service(loadBalancers=[], healthCheckGracePeriodSeconds=10)
    assert fargate.service(healthCheckGracePeriodSeconds=60)["healthCheckGracePeriodSeconds"] == 60


@rule("strategy_or_launch_type", "strategy_is_of_the_cluster", "strategy_changes", "removed_providers_are_unused")
def test_launch_types_and_strategies(fargate: Fargate) -> None:
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 3}, {"capacityProvider": "FARGATE", "weight": 1, "base": 1}]
    with refused("InvalidParameterException", "both a launch type and capacity provider strategy"):
        fargate.service(capacityProviderStrategy=spot)
    fargate.ecs.create_cluster(clusterName="bare")
    with refused("InvalidParameterException", "not associated with the cluster"):
        fargate.service(cluster="bare", launchType=None, capacityProviderStrategy=spot)
    with refused("InvalidParameterException", "greater than zero"):
        fargate.service(launchType=None, capacityProviderStrategy=[{"capacityProvider": "FARGATE"}])
    fargate.service(launchType=None, capacityProviderStrategy=spot, desiredCount=5)
    shown = fargate.shown()
    assert "launchType" not in shown
    providers = [t["capacityProviderName"] for t in fargate.tasks()]
    assert (providers.count("FARGATE"), providers.count("FARGATE_SPOT")) == (2, 3)
    with refused("ResourceInUseException"):
        fargate.ecs.put_cluster_capacity_providers(
            cluster="web", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
        )
    before = shown["deployments"][0]["id"]
    fargate.update(capacityProviderStrategy=[], forceNewDeployment=True)
    shown = fargate.shown()
    assert shown["launchType"] == "FARGATE"
    assert shown["deployments"][0]["id"] != before


@rule("platform_exists", "definition_is_for_fargate", "deployment_configuration", "service_quota")
def test_other_parameters_of_a_service(fargate: Fargate) -> None:
    with refused("PlatformUnknownException"):
        fargate.service(platformVersion="9.9.9")
    with refused("InvalidParameterException", "does not support launch_type FARGATE"):
        fargate.service(fargate.definition(requiresCompatibilities=["EC2"]))
    with refused("ClientException", "TaskDefinition not found"):
        fargate.service("web:99")
    with refused("InvalidParameterException", "cannot block deployment"):
        fargate.service(deploymentConfiguration={"maximumPercent": 100, "minimumHealthyPercent": 100})
    fargate.aws.quota(servicesPerCluster=1)
    made = fargate.service(deploymentConfiguration=None)
    assert made["deploymentConfiguration"]["minimumHealthyPercent"] == 100
    assert made["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": False, "rollback": False}
    with refused("InvalidParameterException", "maximum number of services"):
        fargate.service(serviceName="other")


@rule("change_rolls_out")
def test_which_changes_roll_out(fargate: Fargate) -> None:
    fargate.service()

    def rolls_out(**changes: Any) -> bool:
        before = fargate.shown()["deployments"][0]["id"]
        return bool(fargate.update(**changes)["deployments"][0]["id"] != before)

    network = {"subnets": fargate.subnets[:1], "securityGroups": [fargate.task_group], "assignPublicIp": "DISABLED"}
    same = fargate.shown()["networkConfiguration"]
    breaker = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
    verdicts = {
        "count": rolls_out(desiredCount=1),
        "settings": rolls_out(deploymentConfiguration=breaker, healthCheckGracePeriodSeconds=5),
        "exec": rolls_out(enableExecuteCommand=True),
        "same network": rolls_out(networkConfiguration=same),
        "network": rolls_out(networkConfiguration={"awsvpcConfiguration": network}),
        "platform": rolls_out(platformVersion="1.4.0"),
        "forced": rolls_out(forceNewDeployment=True),
        "definition": rolls_out(taskDefinition=fargate.definition()),
    }
    assert [name for name, did in verdicts.items() if did] == ["network", "platform", "forced", "definition"]


@rule("services_asked_for_at_once", "tasks_asked_for_at_once", "deployments_asked_for_at_once", "task_exists")
def test_how_many_are_asked_for_at_once(fargate: Fargate) -> None:
    with refused("InvalidParameterException", "at most 10"):
        fargate.ecs.describe_services(cluster="web", services=["web"] * 11)
    with refused("InvalidParameterException", "at most 100"):
        fargate.ecs.describe_tasks(cluster="web", tasks=["x"] * 101)
    with refused("InvalidParameterException", "at most 20"):
        fargate.ecs.describe_service_deployments(serviceDeploymentArns=["x"] * 21)
    with refused("InvalidParameterException", "not found"):
        fargate.ecs.stop_task(cluster="web", task="x")
    missing = fargate.ecs.describe_services(cluster="web", services=["x"])
    assert [f["reason"] for f in missing["failures"]] == ["MISSING"]
    assert fargate.ecs.describe_tasks(cluster="web", tasks=["x"])["failures"][0]["reason"] == "MISSING"


def test_a_stopped_task_is_replaced_and_shown_for_an_hour(fargate: Fargate) -> None:
    fargate.service()
    fargate.shown()
    victim = fargate.tasks()[0]["taskArn"]
    fargate.ecs.stop_task(cluster="web", task=victim, reason="because")
    assert fargate.shown()["runningCount"] == 2
    stopped = fargate.tasks("STOPPED")
    assert [(t["taskArn"], t["stopCode"], t["stoppedReason"]) for t in stopped] == [
        (victim, "UserInitiated", "because")
    ]
    fargate.aws.step(3601)
    assert fargate.tasks("STOPPED") == []


def test_a_scheduler_may_take_its_time(fargate: Fargate) -> None:
    fargate.service()
    fargate.shown()
    fargate.aws.durations(service_look=5)

    def counts() -> list[int]:
        shown = fargate.shown()
        return [shown["desiredCount"], shown["runningCount"], shown["pendingCount"]]

    fargate.update(desiredCount=3)
    assert counts() == [3, 2, 0]
    fargate.aws.step(5)
    assert counts() == [3, 3, 0]
    fargate.ecs.stop_task(cluster="web", task=fargate.tasks()[0]["taskArn"])
    assert counts() == [3, 2, 0]
    fargate.aws.step(5)
    assert counts() == [3, 3, 0]


def test_the_history_of_a_service(fargate: Fargate) -> None:
    fargate.service()
    fargate.shown()
    fargate.update(forceNewDeployment=True)
    fargate.shown()
    brief = fargate.ecs.list_service_deployments(cluster="web", service="web")["serviceDeployments"]
    assert [b["status"] for b in brief] == ["SUCCESSFUL", "SUCCESSFUL"]
    full = fargate.ecs.describe_service_deployments(serviceDeploymentArns=[brief[0]["serviceDeploymentArn"]])
    shown = full["serviceDeployments"][0]
    assert shown["targetServiceRevision"]["runningTaskCount"] == 2
    assert shown["deploymentCircuitBreaker"] == {"status": "MONITORING_COMPLETE", "failureCount": 0, "threshold": 3}
    assert [s["arn"] for s in shown["sourceServiceRevisions"]] == [brief[1]["targetServiceRevisionArn"]]
    arn = shown["targetServiceRevision"]["arn"]
    revision = fargate.ecs.describe_service_revisions(serviceRevisionArns=[arn])["serviceRevisions"][0]
    assert revision["containerImages"][0]["imageDigest"] == fargate.push("again", "1.0")


def test_a_deleted_definition_goes_when_no_service_uses_it(fargate: Fargate) -> None:
    arn = fargate.definition()
    fargate.service(arn)
    fargate.shown()
    fargate.ecs.deregister_task_definition(taskDefinition=arn)
    deleted = fargate.ecs.delete_task_definitions(taskDefinitions=[arn])["taskDefinitions"]
    assert deleted[0]["status"] == "DELETE_IN_PROGRESS"
    assert fargate.shown()["runningCount"] == 2
    assert fargate.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["status"] == "DELETE_IN_PROGRESS"
