from __future__ import annotations

from typing import Any

import pytest

from .support import Aws, refused

rule = pytest.mark.rule
_ROLE = "arn:aws:iam::123456789012:role/execution"


@pytest.fixture
def ecs(aws: Aws) -> Any:
    return aws.client("ecs")


def _parameters(**more: Any) -> dict[str, Any]:
    given = {
        "family": "web",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "app", "image": "nginx", "portMappings": [{"containerPort": 80}]}],
    }
    return {k: v for k, v in {**given, **more}.items() if v is not None}


def _register(ecs: Any, **more: Any) -> Any:
    return ecs.register_task_definition(**_parameters(**more))["taskDefinition"]


def _containers(**more: Any) -> list[dict[str, Any]]:
    return [{"name": "app", "image": "nginx", **more}]


@rule("content_is_normalised", "definition_exists")
def test_a_definition_comes_back_with_defaults(ecs: Any) -> None:
    made = _register(ecs, tags=[{"key": "a", "value": "1"}])
    assert made["containerDefinitions"][0] == {
        "name": "app",
        "image": "nginx",
        "cpu": 0,
        "essential": True,
        "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
    }
    assert (made["volumes"], made["compatibilities"]) == ([], ["EC2", "FARGATE"])
    shown = ecs.describe_task_definition(taskDefinition="web", include=["TAGS"])
    assert shown["tags"] == [{"key": "a", "value": "1"}]
    assert shown["taskDefinition"] == made
    with refused("ClientException", "Unable to describe"):
        ecs.describe_task_definition(taskDefinition="web:2")


@rule("size_is_in_the_table")
@pytest.mark.parametrize(
    ("cpu", "memory", "words"),
    [
        ("256", "4096", "No Fargate configuration exists"),
        ("300", "512", "Invalid 'cpu'"),
        (None, "512", "'cpu' be defined"),
        ("256", None, "'memory' be defined"),
        ("16 vCPU", "33 GB", "No Fargate configuration exists"),
        ("lots", "512", "Invalid setting"),
    ],
)
def test_sizes_that_fargate_does_not_have(ecs: Any, cpu: str | None, memory: str | None, words: str) -> None:
    with refused("ClientException", words):
        _register(ecs, cpu=cpu, memory=memory)


def test_sizes_are_kept_as_numbers(ecs: Any) -> None:
    made = _register(ecs, cpu=".5 vCPU", memory="1GB")
    assert (made["cpu"], made["memory"]) == ("512", "1024")


@rule("fargate_needs_awsvpc", "fargate_needs_an_execution_role", "roles_are_roles")
def test_what_fargate_needs(ecs: Any) -> None:
    with refused("ClientException", "network mode"):
        _register(ecs, networkMode="bridge")
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1"
    with refused("ClientException", "support ECR images"):
        _register(ecs, containerDefinitions=_containers(image=image))
    secret = [{"name": "A", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a"}]
    with refused("ClientException", "executionRoleArn"):
        _register(ecs, containerDefinitions=_containers(secrets=secret))
    logs = {"logDriver": "awslogs", "options": {}}
    with refused("ClientException", "log driver awslogs"):
        _register(ecs, containerDefinitions=_containers(logConfiguration=logs))
    with refused("ClientException", "Role is not valid"):
        _register(ecs, executionRoleArn="execution")


@rule("containers_fit_together", "ports_are_those_of_the_task", "log_options_are_complete")
@rule("environment_has_no_secret_of_the_same_name")
def test_containers(ecs: Any) -> None:
    with refused("ClientException", "unique"):
        _register(ecs, containerDefinitions=_containers() * 2)
    with refused("ClientException", "Container.image"):
        _register(ecs, containerDefinitions=[{"name": "app"}])
    with refused("ClientException", "essential"):
        _register(ecs, containerDefinitions=_containers(essential=False))
    with refused("ClientException", "must match"):
        _register(ecs, containerDefinitions=_containers(portMappings=[{"containerPort": 80, "hostPort": 81}]))
    with refused("ClientException", "more than once"):
        _register(ecs, containerDefinitions=_containers(portMappings=[{"containerPort": 80}] * 2))
    logs = {"logDriver": "awslogs", "options": {"awslogs-group": "web"}}
    with refused("ClientException", "awslogs-region, awslogs-stream-prefix"):
        _register(ecs, executionRoleArn=_ROLE, containerDefinitions=_containers(logConfiguration=logs))
    with refused("ClientException", "json-file"):
        _register(ecs, containerDefinitions=_containers(logConfiguration={"logDriver": "json-file"}))
    twice = {"environment": [{"name": "A", "value": "1"}], "secrets": [{"name": "A", "valueFrom": "a"}]}
    with refused("ClientException", "must be unique"):
        _register(ecs, executionRoleArn=_ROLE, containerDefinitions=_containers(**twice))


@rule("revision_is_named", "only_inactive_definitions_are_deleted")
def test_definitions_are_listed_deregistered_and_deleted(ecs: Any) -> None:
    arns = [_register(ecs)["taskDefinitionArn"] for _ in range(3)]
    _register(ecs, family="web-other")
    listed = ecs.list_task_definitions(familyPrefix="web", sort="DESC")["taskDefinitionArns"]
    assert listed == arns[::-1]
    assert ecs.list_task_definition_families()["families"] == ["web", "web-other"]
    with refused("ClientException", "Revision is missing"):
        ecs.deregister_task_definition(taskDefinition="web")
    gone = ecs.deregister_task_definition(taskDefinition=arns[0])["taskDefinition"]
    assert gone["status"] == "INACTIVE"
    assert ecs.list_task_definitions(familyPrefix="web")["taskDefinitionArns"] == arns[1:]
    assert ecs.list_task_definitions(familyPrefix="web", status="INACTIVE")["taskDefinitionArns"] == arns[:1]
    with refused("InvalidParameterException", "at most 10"):
        ecs.delete_task_definitions(taskDefinitions=arns * 4)
    deleted = ecs.delete_task_definitions(taskDefinitions=arns[:2])
    assert [d["taskDefinitionArn"] for d in deleted["taskDefinitions"]] == arns[:1]
    assert [f["arn"] for f in deleted["failures"]] == [arns[1]]
    with refused("ClientException"):
        ecs.describe_task_definition(taskDefinition=arns[0])
    assert _register(ecs)["revision"] == 4
