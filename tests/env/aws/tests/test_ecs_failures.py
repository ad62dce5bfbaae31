from __future__ import annotations

from typing import Any

import pytest

from awslayer.server import Server

from .fargate import Fargate
from .support import Aws, control_error

rule = pytest.mark.rule


@pytest.fixture
def fargate(aws: Aws, layer: Server) -> Fargate:
    return Fargate(aws, layer)


def _deployments(fargate: Fargate) -> list[tuple[str, str, str]]:
    return [(d["status"], d["rolloutState"], d["taskDefinition"][-5:]) for d in fargate.shown()["deployments"]]


@rule("breaker_opens", "failures_until_the_breaker_opens")
def test_a_failed_rollout_rolls_back_to_the_last_that_completed(fargate: Fargate) -> None:
    fargate.service()
    first = fargate.shown()["deployments"][0]["id"]
    fargate.update(taskDefinition=fargate.definition("missing"))
    shown = fargate.shown()
    assert shown["taskDefinition"].endswith("web:1")
    assert _deployments(fargate) == [("PRIMARY", "COMPLETED", "web:1")]
    assert shown["deployments"][0]["id"] == first
    assert (shown["runningCount"], len(fargate.tasks("STOPPED"))) == (2, 4)
    messages = [e["message"] for e in shown["events"]]
    assert any("deployment failed: tasks failed to start." in m for m in messages)
    assert any(f"rolling back to deployment {first}." in m for m in messages)
    brief = fargate.ecs.list_service_deployments(cluster="web", service="web")["serviceDeployments"]
    assert [b["status"] for b in brief] == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]
    arns = [brief[0]["serviceDeploymentArn"]]
    full = fargate.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"][0]
    assert full["rollback"]["serviceRevisionArn"] == brief[1]["targetServiceRevisionArn"]
    assert full["deploymentCircuitBreaker"]["status"] == "TRIGGERED"


def test_a_first_rollout_that_fails_stalls(fargate: Fargate) -> None:
    fargate.service(fargate.definition("missing"))
    shown = fargate.shown()["deployments"][0]
    assert (shown["rolloutState"], shown["failedTasks"], shown["runningCount"]) == ("FAILED", 4, 0)
    assert shown["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    fargate.aws.step(10000)
    assert fargate.shown()["deployments"][0]["failedTasks"] == 4
    fargate.push("missing")
    assert fargate.shown()["runningCount"] == 0
    fargate.update(forceNewDeployment=True)
    assert _deployments(fargate) == [("PRIMARY", "COMPLETED", "web:1")]


def test_without_rollback_a_failed_rollout_leaves_the_old_tasks(fargate: Fargate) -> None:
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    fargate.service(deploymentConfiguration=breaker)
    fargate.shown()
    fargate.update(taskDefinition=fargate.definition("missing"))
    fargate.shown()
    assert _deployments(fargate) == [("PRIMARY", "FAILED", "web:2"), ("ACTIVE", "COMPLETED", "web:1")]
    assert fargate.shown()["runningCount"] == 2


def test_without_a_breaker_a_service_tries_for_ever_but_not_in_haste(fargate: Fargate) -> None:
    breaker = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
    fargate.service(fargate.definition("missing"), deploymentConfiguration=breaker)
    shown = fargate.shown()["deployments"][0]
    assert (shown["rolloutState"], shown["failedTasks"]) == ("IN_PROGRESS", 4)
    assert "unable to consistently start tasks" in str([e["message"] for e in fargate.shown()["events"]])
    fargate.push("missing")
    fargate.aws.step(130)
    shown = fargate.shown()["deployments"][0]
    assert (shown["rolloutState"], shown["failedTasks"]) == ("COMPLETED", 0)


def test_how_many_failures_open_the_breaker(fargate: Fargate) -> None:
    definition = fargate.definition("missing")
    cases: list[tuple[int, dict[str, Any], int]] = [
        (2, {}, 3),
        (10, {}, 5),
        (2, {"type": "COUNT", "value": 7}, 7),
        (10, {"type": "UNBOUNDED_PERCENT", "value": 10}, 1),
    ]
    for number, (desired, threshold, failures) in enumerate(cases):
        breaker: dict[str, Any] = {"enable": True, "rollback": False}
        if threshold:
            breaker["thresholdConfiguration"] = threshold
        name = f"web-{number}"
        configuration = {"deploymentCircuitBreaker": breaker}
        fargate.service(definition, serviceName=name, desiredCount=desired, deploymentConfiguration=configuration)
        shown = fargate.shown(name)["deployments"][0]
        assert shown["rolloutState"] == "FAILED"
        history = fargate.ecs.list_service_deployments(cluster="web", service=name)["serviceDeployments"]
        arns = [history[0]["serviceDeploymentArn"]]
        full = fargate.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"][0]
        assert full["deploymentCircuitBreaker"]["threshold"] == failures
        assert failures <= shown["failedTasks"] <= failures + desired


def test_a_crashing_application_is_a_failure(fargate: Fargate) -> None:
    fargate.service()
    fargate.shown()
    fargate.push("2.0")
    fargate.behave(image="*:2.0", does="crashes", exit_code=3)
    fargate.update(taskDefinition=fargate.definition("2.0"))
    assert fargate.shown()["taskDefinition"].endswith("web:1")
    crashed = [t for t in fargate.tasks("STOPPED") if t["taskDefinitionArn"].endswith("web:2")]
    assert {(t["stopCode"], t["stoppedReason"]) for t in crashed} == {
        ("EssentialContainerExited", "Essential container in task exited")
    }
    assert crashed[0]["containers"][0]["exitCode"] == 3


@pytest.mark.parametrize("order", [{"does": "silent"}, {"port": 9999}])
def test_an_application_that_does_not_answer_is_unhealthy_and_replaced(fargate: Fargate, order: Any) -> None:
    fargate.behave(**order)
    fargate.service(healthCheckGracePeriodSeconds=60)
    assert fargate.health(fargate.group) == [("unhealthy", "Target.FailedHealthChecks")] * 2
    assert fargate.shown()["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert len(fargate.tasks()) == 2
    fargate.aws.step(61)
    assert len(fargate.tasks("STOPPED")) >= 2
    assert "failed ELB health checks in (target-group " in fargate.stopped_reason()
    fargate.aws.step(600)
    assert fargate.shown()["deployments"][0]["rolloutState"] == "FAILED"


def test_errors_fail_http_checks_and_not_tcp_checks(fargate: Fargate) -> None:
    fargate.behave(does="errors")
    fargate.service()
    assert fargate.shown()["deployments"][0]["rolloutState"] == "COMPLETED"
    fargate.elb.modify_target_group(
        TargetGroupArn=fargate.group, HealthCheckProtocol="HTTP", HealthCheckPath="/healthz"
    )
    fargate.shown()
    assert "failed ELB health checks" in fargate.stopped_reason()


def test_a_rule_that_is_taken_away_makes_targets_unhealthy(fargate: Fargate) -> None:
    fargate.service()
    assert fargate.shown()["runningCount"] == 2
    fargate.no_longer_out(fargate.balancer_group, group=fargate.task_group)
    fargate.shown()
    assert len(fargate.tasks("STOPPED")) >= 2
    fargate.out(fargate.balancer_group, group=fargate.task_group)
    fargate.aws.step(30 * 60)
    assert fargate.health(fargate.group) == [("healthy", None)] * 2


def test_spot_takes_tasks_back_and_new_ones_start(fargate: Fargate) -> None:
    fargate.service(launchType=None, capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}])
    fargate.shown()
    ended = fargate.end("spot", count=1)
    assert fargate.shown()["runningCount"] == 2
    stopped = fargate.tasks("STOPPED")
    assert [t["taskArn"] for t in stopped] == ended
    assert stopped[0]["stopCode"] == "SpotInterruption"
    assert stopped[0]["stoppedReason"] == "Your Spot Task was interrupted."


def test_an_application_that_exits_once_is_started_again(fargate: Fargate) -> None:
    fargate.service()
    fargate.shown()
    assert len(fargate.end("exit", service="web", exit_code=137)) == 2
    fargate.aws.step(61)
    assert fargate.shown()["runningCount"] == 2
    assert fargate.tasks("STOPPED")[0]["containers"][0]["exitCode"] == 137
    assert fargate.shown()["deployments"][0]["rolloutState"] == "COMPLETED"


def test_a_mistake_in_an_order_is_said(aws: Aws) -> None:
    assert "does must be one of" in control_error(aws, "POST", "applications", {"does": "dances"})
    assert "unknown fields" in control_error(aws, "POST", "applications", {"colour": "red"})
    assert "end must be one of" in control_error(aws, "POST", "tasks", {"region": aws.region, "end": "x"})
    assert "unknown" in control_error(aws, "POST", "tasks", {"region": aws.region, "end": "exit", "x": 1})
