"""What a task definition must be, before it is registered."""

from __future__ import annotations

import re
from typing import Any

from ...errors import AwsError
from ...registry import rule

_ROLE = re.compile(r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")
_GB = 1024
# CPU units -> memory in MiB: ECS Developer Guide, fargate-tasks-services, "Task CPU and memory".
_SIZES: dict[int, list[int]] = {
    256: [512, _GB, 2 * _GB],
    512: [_GB * n for n in range(1, 5)],
    1024: [_GB * n for n in range(2, 9)],
    2048: [_GB * n for n in range(4, 17)],
    4096: [_GB * n for n in range(8, 31)],
    8192: [_GB * n for n in range(16, 61, 4)],
    16384: [_GB * n for n in range(32, 121, 8)],
}
_ECR = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com")
_REQUIRED_LOG_OPTIONS = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix")


def refuse(message: str) -> AwsError:
    """How ECS refuses a definition."""
    return AwsError("ClientException", message)


@rule("ecs.RegisterTaskDefinition")
def size_is_in_the_table(params: dict[str, Any]) -> tuple[str, str]:
    """On Fargate cpu and memory are given for the task, and are a pair of the table; both may be written
    with their units, and are kept as plain numbers.

    Source: ECS Developer Guide, fargate-tasks-services; botocore ecs.RegisterTaskDefinition (cpu, memory).
    """
    for name in ("cpu", "memory"):
        if not params.get(name):
            raise refuse(f"Fargate requires that '{name}' be defined at the task level.")
    cpu = _number(str(params["cpu"]), "vcpu")
    memory = _number(str(params["memory"]), "gb")
    if cpu not in _SIZES:
        raise refuse("Invalid 'cpu' setting for task.")
    if memory not in _SIZES[cpu]:
        text = f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS "
        raise refuse(text + "documentation for the valid values.")
    return str(cpu), str(memory)


def _number(text: str, unit: str) -> int:
    lowered = text.lower().replace(" ", "")
    try:
        return int(float(lowered.removesuffix(unit)) * _GB) if lowered.endswith(unit) else int(lowered)
    except ValueError as error:
        raise refuse(f"Invalid setting for task: {text}") from error


@rule("ecs.RegisterTaskDefinition")
def fargate_needs_awsvpc(params: dict[str, Any]) -> None:
    """Fargate knows the network mode awsvpc only.

    Source: botocore ecs.RegisterTaskDefinition (networkMode: "If using the Fargate launch type, the awsvpc
    network mode is required").
    """
    if params.get("networkMode") != "awsvpc":
        raise refuse("Fargate only supports network mode 'awsvpc'.")


@rule("ecs.RegisterTaskDefinition")
def roles_are_roles(params: dict[str, Any]) -> None:
    """The roles are named by full ARNs.

    Source: botocore ecs.RegisterTaskDefinition ("The short name or full ARN of the IAM role"); with a name,
    or anything else that is no role, AWS answers ClientException "Role is not valid".
    """
    for name in ("executionRoleArn", "taskRoleArn"):
        if params.get(name) and not _ROLE.match(params[name]):
            raise refuse("Role is not valid")


@rule("ecs.RegisterTaskDefinition")
def fargate_needs_an_execution_role(params: dict[str, Any]) -> None:
    """On Fargate an execution role is needed for an image of ECR, for awslogs and for secrets.

    Source: ECS Developer Guide, task_execution_IAM_role; messages as terraform-provider-aws issues have
    them from AWS.
    """
    if params.get("executionRoleArn"):
        return
    for container in params["containerDefinitions"]:
        if _ECR.match(container.get("image", "")):
            raise refuse("Fargate requires task definition to have execution role ARN to support ECR images.")
        if (container.get("logConfiguration") or {}).get("logDriver") == "awslogs":
            text = "Fargate requires task definition to have execution role ARN to support log driver awslogs."
            raise refuse(text)
        if container.get("secrets"):
            raise refuse(
                "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
            )


@rule("ecs.RegisterTaskDefinition")
def containers_fit_together(containers: list[dict[str, Any]]) -> None:
    """Containers have names of their own and images; one at least is essential.

    Source: botocore ecs.ContainerDefinition (name, image, essential: "All tasks must have at least one
    essential container").
    """
    names = [c.get("name") for c in containers]
    for container in containers:
        if not container.get("name") or not container.get("image"):
            missing = "Container.name" if not container.get("name") else "Container.image"
            raise refuse(f"{missing} should not be null or empty.")
    if len(set(names)) < len(names):
        raise refuse("Container.name should be unique in the task definition.")
    if not any(c.get("essential", True) for c in containers):
        raise refuse("A task definition must have at least one essential container.")


@rule("ecs.RegisterTaskDefinition")
def ports_are_those_of_the_task(containers: list[dict[str, Any]]) -> None:
    """With awsvpc a host port, if given, is the container port, and a port is used once in a task.

    Source: botocore ecs.PortMapping (hostPort: "can be left blank or must be the same value as the
    containerPort").
    """
    used: set[tuple[int, str]] = set()
    for container in containers:
        for mapping in container.get("portMappings") or []:
            port, host = mapping.get("containerPort"), mapping.get("hostPort")
            if port is None or not 1 <= int(port) <= 65535:
                raise refuse(f"Invalid container port: {port}")
            if host not in (None, 0, port):
                text = "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
                raise refuse(text)
            key = (int(port), mapping.get("protocol", "tcp"))
            if key in used:
                raise refuse("Port mappings: a container port is used more than once in the task definition.")
            used.add(key)


@rule("ecs.RegisterTaskDefinition")
def log_options_are_complete(containers: list[dict[str, Any]]) -> None:
    """Awslogs on Fargate needs its group, region and stream prefix.

    Source: ECS Developer Guide, using_awslogs ("awslogs-stream-prefix: Required when using Fargate").
    """
    for container in containers:
        logs = container.get("logConfiguration") or {}
        if logs.get("logDriver") == "awslogs":
            lacking = [o for o in _REQUIRED_LOG_OPTIONS if not (logs.get("options") or {}).get(o)]
            if lacking:
                raise refuse(f"Log driver awslogs requires options: {', '.join(lacking)}")
        elif logs and logs.get("logDriver") not in ("splunk", "awsfirelens"):
            raise refuse(f"Log driver {logs.get('logDriver')} is not supported on Fargate.")


@rule("ecs.RegisterTaskDefinition")
def environment_has_no_secret_of_the_same_name(containers: list[dict[str, Any]]) -> None:
    """A name is either a variable or a secret of a container.

    Source: ECS Developer Guide, secrets-envvar; AWS answers ClientException "The secret name must be unique
    and not shared with any new or existing environment variables set on the container".
    """
    for container in containers:
        names = {item.get("name") for item in container.get("environment") or []}
        for secret in container.get("secrets") or []:
            if secret["name"] in names:
                text = "The secret name must be unique and not shared with any new or existing environment variables "
                raise refuse(text + f"set on the container, such as '{secret['name']}'.")
