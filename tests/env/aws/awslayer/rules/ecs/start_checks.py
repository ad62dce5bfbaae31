"""Whether a task can start: its role, secrets, log group, image, and the way to each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.logs.models import logs_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from ... import policies, reach
from ...call import Call
from ...conditions import Context
from ...registry import rule
from . import agent, image, life
from .store import Task

_NO_INIT = "ResourceInitializationError: "
_NO_SECRETS = _NO_INIT + "unable to pull secrets or registry auth: execution resource retrieval failed: "
_NO_LOGS = _NO_INIT + "failed to validate logger args: create stream has been retried 1 times: "
_NO_PULL = "CannotPullContainerError: "
# Stands for the public address of a registry.
_REGISTRY = "44.208.254.194"


@dataclass(frozen=True)
class Obstacle:
    """Why a task does not start: the task's stopped reason, and what its containers say."""

    reason: str
    containers: dict[str, str] = field(default_factory=dict)


def obstacle(call: Call, task: Task) -> Obstacle | None:
    """The first thing on the way to RUNNING that is missing."""
    reason = roles_are_assumed(task)
    if reason is not None:
        return Obstacle(reason)
    for check in (secrets_are_read, registry_gives_a_token, log_streams_are_made):
        reason = check(call, task)
        if reason is not None:
            return Obstacle(reason)
    for container in life.containers(task):
        reason = image_is_pulled(call, task, container)
        if reason is not None:
            return Obstacle(reason, {container["name"]: reason})
    return None


@rule("ecs.CreateService", "ecs.UpdateService")
def roles_are_assumed(task: Task) -> str | None:
    """ECS takes the execution and task roles, naming itself and the account; their trust policies must let it.

    Source: ECS Developer Guide, task_execution_IAM_role and task-iam-roles (aws:SourceAccount, and aws:SourceArn
    `arn:aws:ecs:region:account:*`), and troubleshooting ("ECS was unable to assume the role").
    """
    context: Context = {"aws:SourceArn": task.arn, "aws:SourceAccount": task.arn.split(":")[4]}
    for name in ("executionRoleArn", "taskRoleArn"):
        role = task.definition.content.get(name)
        if role and not policies.service_may_assume(role, "ecs-tasks.amazonaws.com", context).allowed:
            return (
                f"ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the "
                "role being passed has the proper trust relationship and permissions and that your IAM user has "
                "permissions to pass this role."
            )
    return None


@rule("ecs.CreateService", "ecs.UpdateService")
def secrets_are_read(call: Call, task: Task) -> str | None:
    """Secrets are read by the execution role, from inside the task's network, before anything else.

    Source: ECS Developer Guide, secrets-envvar and resource-initialization-error; AWS re:Post,
    ecs-unable-to-pull-secrets (the texts).
    """
    for container in life.containers(task):
        for secret in container.get("secrets") or []:
            reason = _secret(call, task, str(secret["valueFrom"]))
            if reason is not None:
                return reason
    return None


def _secret(call: Call, task: Task, source: str) -> str | None:
    if ":secretsmanager:" in source:
        return _secret_of_the_manager(call, task, ":".join(source.split(":")[:7]))
    parameter = source.rpartition(":parameter")[2] or source
    arn = source if source.startswith("arn:") else f"arn:aws:ssm:{call.region}:{call.account}:parameter/{source}"
    what = _NO_SECRETS + "unable to retrieve secrets from ssm: service call has been retried "
    blocked = agent.no_way(call, task, "ssm", "ssm:GetParameters", arn)
    if blocked is not None:
        return f"{what}5 time(s): {blocked}"
    denied = agent.not_allowed(call, task, "ssm:GetParameters", arn)
    if denied is not None:
        return f"{what}1 time(s): {denied}"
    names = {parameter, parameter.removeprefix("/")}
    if not names & set(ssm_backends[call.account][call.region]._parameters):
        return f"{what}1 time(s): invalid ssm parameters: {parameter.removeprefix('/')}"
    return None


def _secret_of_the_manager(call: Call, task: Task, arn: str) -> str | None:
    what = _NO_SECRETS + "unable to retrieve secret from asm: service call has been retried "
    fetch = f"failed to fetch secret {arn} from secrets manager: "
    blocked = agent.no_way(call, task, "secretsmanager", "secretsmanager:GetSecretValue", arn)
    if blocked is not None:
        return f"{what}5 time(s): {fetch}{blocked}"
    denied = agent.not_allowed(call, task, "secretsmanager:GetSecretValue", arn)
    if denied is not None:
        return f"{what}1 time(s): {fetch}{denied}"
    secrets = secretsmanager_backends[call.account][call.region].secrets
    found: Any = next((s for s in secrets.values() if s.arn == arn or s.arn[:-7] == arn), None)
    if found is None:
        text = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
        return f"{what}1 time(s): {fetch}{text}"
    key = found.kms_key_id
    if key and not key.endswith("alias/aws/secretsmanager"):
        key = key if key.startswith("arn:") else f"arn:aws:kms:{call.region}:{call.account}:key/{key}"
        if agent.not_allowed(call, task, "kms:Decrypt", key) is not None:
            return f"{what}1 time(s): {fetch}AccessDeniedException: Access to KMS is not allowed"
    return None


@rule("ecs.CreateService", "ecs.UpdateService")
def registry_gives_a_token(call: Call, task: Task) -> str | None:
    """For an image of ECR a token of the registry is fetched first: by the execution role, through the name
    api.ecr, from inside the task's network.

    Source: aws-facts 4; ECS Developer Guide, resource-initialization-error; AWS re:Post,
    ecs-unable-to-pull-secrets (the texts).
    """
    if not any(image.reference(c["image"]) for c in life.containers(task)):
        return None
    what = _NO_SECRETS + "unable to retrieve ecr registry auth: service call has been retried 3 time(s): "
    action = "ecr:GetAuthorizationToken"
    blocked = agent.no_way(call, task, "ecr.api", action, "*") or agent.not_allowed(call, task, action, "*")
    return f"{what}{blocked}" if blocked else None


@rule("ecs.CreateService", "ecs.UpdateService")
def log_streams_are_made(call: Call, task: Task) -> str | None:
    """Awslogs makes a stream in a group that exists, by the execution role, from inside the task's network,
    before a container starts; with awslogs-create-group it makes the group.

    Source: ECS Developer Guide, using_awslogs; aws-sdk texts as in AWS re:Post, ecs-resource-initialization.
    """
    for group, _, options in _log_groups(task):
        region = options.get("awslogs-region", call.region)
        arn = f"arn:aws:logs:{region}:{call.account}:log-group:{group}:log-stream:*"
        what = _NO_LOGS + "failed to create Cloudwatch log stream: "
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            blocked = agent.no_way(call, task, "logs", action, arn) or agent.not_allowed(call, task, action, arn)
            if blocked is not None:
                return f"{what}{blocked} : exit status 1"
        if group not in logs_backends[call.account][region].groups:
            if options.get("awslogs-create-group") != "true":
                text = "ResourceNotFoundException: The specified log group does not exist."
                return f"{what}{text} : exit status 1"
            denied = agent.not_allowed(call, task, "logs:CreateLogGroup", arn.partition(":log-stream")[0])
            if denied is not None:
                return f"{_NO_LOGS}failed to create Cloudwatch log group: {denied} : exit status 1"
    return None


@rule("ecs.CreateService", "ecs.UpdateService")
def image_is_pulled(call: Call, task: Task, container: dict[str, Any]) -> str | None:
    """An image of ECR is pulled by the execution role: its manifest through the name dkr.ecr, its layers
    from S3. A tag is resolved to a digest by the first task of a deployment, and all later ones pull that.

    Source: aws-facts 4 and 12 (digests); ECS Developer Guide, task_cannot_pull_image; AWS re:Post,
    ecs-fargate-pull-container-error (the texts).
    """
    wanted = image.reference(container["image"])
    if wanted is None or wanted.region != call.region:
        return _public_image(call, task, container)
    host = f"{wanted.registry}.dkr.ecr.{wanted.region}.amazonaws.com"
    arn = f"arn:aws:ecr:{wanted.region}:{wanted.registry}:repository/{wanted.repository}"
    failed = f"{_NO_PULL}pull image manifest has been retried 5 time(s): failed to resolve ref {wanted.text}: "
    head = (
        f'failed to do request: Head "https://{host}/v2/{wanted.repository}/manifests/{wanted.digest or wanted.tag}": '
    )
    timed_out = agent.no_packets(call, task, "ecr.dkr")
    if timed_out is not None:
        return f"{failed}{head}{timed_out}"
    for action in ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"):
        refused = agent.endpoint_policy(call, task, "ecr.dkr", action, arn)
        refused = refused or agent.not_allowed(call, task, action, arn)
        if refused is not None:
            status = f"pulling from host {host} failed with status code [manifests {wanted.tag}]: 403 Forbidden"
            return f"{failed}{status}: {refused}"
    digest = task.deployment.revision.digests.get(container["name"]) or image.digest_of(wanted)
    if digest is None:
        once = failed.replace("5 time(s)", "1 time(s)")
        return f"{once}{wanted.text}: not found"
    layers = f"prod-{wanted.region}-starport-layer-bucket"
    bucket = f"arn:aws:s3:::{layers}/*"
    blocked = agent.no_packets(call, task, "s3") or agent.endpoint_policy(call, task, "s3", "s3:GetObject", bucket)
    if blocked is not None:
        copy = f"{_NO_PULL}ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: "
        forbidden = "unexpected status code https" if "AccessDenied" in blocked else "failed to do request: Get https"
        return f"{copy}{forbidden}://{layers}.s3.{wanted.region}.amazonaws.com/: {blocked}"
    task.deployment.revision.digests[container["name"]] = digest
    return None


def _public_image(call: Call, task: Task, container: dict[str, Any]) -> str | None:
    """An image of another registry, or another Region, is pulled over the Internet; it is taken to be there."""
    gates = reach.hops(call, agent.peer(call, task), reach.Peer("registry", _REGISTRY), 443)
    if reach.passes(gates):
        return None
    first, slash, rest = container["image"].partition("/")
    host, path = (first, rest) if slash and "." in first else ("docker.io", container["image"])
    head = f'failed to do request: Head "https://{host}/v2/{path}": dial tcp {_REGISTRY}:443: i/o timeout'
    return f"{_NO_PULL}pull image manifest has been retried 5 time(s): failed to resolve ref {host}/{path}: {head}"


def _log_groups(task: Task) -> Iterator[tuple[str, str, dict[str, str]]]:
    for container in life.containers(task):
        logs = container.get("logConfiguration") or {}
        if logs.get("logDriver") == "awslogs":
            options = logs.get("options") or {}
            yield options["awslogs-group"], container["name"], options


def logs_begin(call: Call, task: Task) -> None:
    """The task's containers have streams, and say their first line there."""
    for group, name, options in _log_groups(task):
        region = options.get("awslogs-region", call.region)
        backend = logs_backends[call.account][region]
        if group not in backend.groups:
            backend.create_log_group(group, {})
        stream = f"{options['awslogs-stream-prefix']}/{name}/{task.id}"
        backend.create_log_stream(group, stream)
        at = int(call.world.date(call.account).timestamp() * 1000)
        backend.put_log_events(group, stream, [{"timestamp": at, "message": f"{name} started"}])
