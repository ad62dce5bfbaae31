"""Why tasks do not start: take one thing away, and the reason names it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from awslayer.server import Server

from .fargate import PULL_AND_LOG, Fargate
from .support import Aws, permission

rule = pytest.mark.rule


@pytest.fixture
def fargate(aws: Aws, layer: Server) -> Fargate:
    return Fargate(aws, layer)


def _reason(fargate: Fargate, definition: str | None = None) -> str:
    """Why the tasks of a new service, or of a new deployment of it, do not start."""
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    if fargate.ecs.list_services(cluster="web")["serviceArns"]:
        fargate.update(forceNewDeployment=True)
    else:
        fargate.service(definition, deploymentConfiguration=breaker)
    assert fargate.shown()["deployments"][0]["rolloutState"] == "FAILED"
    task = fargate.tasks("STOPPED")[-1]
    assert (task["stopCode"], task["desiredStatus"]) == ("TaskFailedToStart", "STOPPED")
    assert "startedAt" not in task
    return str(task["stoppedReason"])


def _starts(fargate: Fargate) -> bool:
    fargate.update(forceNewDeployment=True)
    return bool(fargate.shown()["deployments"][0]["rolloutState"] == "COMPLETED")


_BLOCKED = {
    "ecr.api": "unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send "
    'request failed caused by: Post "https://api.ecr.eu-west-1.amazonaws.com/": dial tcp ',
    "ecr.dkr": "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref ",
    "logs": "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log "
    'stream: RequestError: send request failed caused by: Post "https://logs.eu-west-1.amazonaws.com/": dial tcp ',
    "s3": "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: "
    "failed to do request: Get https://prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com/: dial tcp ",
}


def test_without_an_endpoint_its_service_is_not_reached(fargate: Fargate) -> None:
    for service in ("s3", "ecr.dkr", "logs", "ecr.api"):
        fargate.aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[fargate.endpoints[service]])
        reason = _reason(fargate)
        assert _BLOCKED[service] in reason
        assert ":443: i/o timeout" in reason


def test_private_names_are_needed(fargate: Fargate) -> None:
    for service in ("ecr.api", "ecr.dkr", "logs"):
        endpoint = fargate.endpoints[service]
        fargate.aws.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=False)
        assert _BLOCKED[service] in _reason(fargate)
        fargate.aws.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=True)
    assert _starts(fargate)
    for attribute in ("EnableDnsHostnames", "EnableDnsSupport"):
        settings: Any = {"VpcId": fargate.vpc, attribute: {"Value": False}}
        fargate.aws.ec2.modify_vpc_attribute(**settings)
    assert "lookup api.ecr.eu-west-1.amazonaws.com: no such host" in _reason(fargate)


def test_groups_must_let_tasks_get_to_endpoints_and_s3(fargate: Fargate) -> None:
    fargate.no_longer_in(fargate.endpoint_group, 443, group=fargate.task_group)
    assert _BLOCKED["ecr.api"] in _reason(fargate)
    fargate.let_in(fargate.endpoint_group, 443, group=fargate.task_group)
    fargate.no_longer_out(fargate.task_group, 443, group=fargate.endpoint_group)
    assert _BLOCKED["ecr.api"] in _reason(fargate)
    fargate.out(fargate.task_group, 443, group=fargate.endpoint_group)
    fargate.no_longer_out(fargate.task_group, 443, prefix=fargate.s3)
    assert _BLOCKED["s3"] in _reason(fargate)
    fargate.out(fargate.task_group, 443, prefix=fargate.s3)
    fargate.aws.ec2.modify_vpc_endpoint(VpcEndpointId=fargate.endpoints["s3"], RemoveRouteTableIds=[fargate.table])
    assert _BLOCKED["s3"] in _reason(fargate)
    fargate.aws.ec2.modify_vpc_endpoint(VpcEndpointId=fargate.endpoints["s3"], AddRouteTableIds=[fargate.table])
    assert _starts(fargate)


def test_a_nat_gateway_stands_in_for_endpoints(fargate: Fargate) -> None:
    ec2 = fargate.aws.ec2
    ec2.delete_vpc_endpoints(VpcEndpointIds=list(fargate.endpoints.values()))
    fargate.aws.gateway(fargate.vpc)
    nat = fargate.aws.nat(fargate.aws.subnet(fargate.vpc, "10.0.3.0/24"))
    ec2.create_route(RouteTableId=fargate.table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    everywhere: Any = permission("tcp", 443, cidr="0.0.0.0/0")
    ec2.authorize_security_group_egress(GroupId=fargate.task_group, IpPermissions=everywhere)
    fargate.service()
    assert fargate.shown()["runningCount"] == 2


def _policy(action: str) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
    return json.dumps({"Statement": [statement]})


def test_the_policy_of_an_endpoint_must_allow_it(fargate: Fargate) -> None:
    cases = {
        "ecr.api": ("ecr:GetAuthorizationToken", "unable to retrieve ecr registry auth"),
        "ecr.dkr": ("ecr:BatchGetImage", "CannotPullContainerError: pull image manifest"),
        "logs": ("logs:CreateLogStream", "failed to validate logger args"),
        "s3": ("s3:GetObject", "CannotPullContainerError: ref pull"),
    }
    for service, (action, words) in cases.items():
        endpoint = fargate.endpoints[service]
        fargate.aws.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument=_policy("x:y"))
        reason = _reason(fargate)
        assert words in reason
        assert f"because no VPC endpoint policy allows the {action} action" in reason
        fargate.aws.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument=_policy("*"))
    assert _starts(fargate)


def test_the_execution_role_must_be_allowed(fargate: Fargate) -> None:
    for action in PULL_AND_LOG:
        fargate.allow("execution", [a for a in PULL_AND_LOG if a != action])
        reason = _reason(fargate)
        assert f"is not authorized to perform: {action} on resource: " in reason
        assert f"because no identity-based policy allows the {action} action" in reason
    fargate.allow("execution", PULL_AND_LOG)
    assert _starts(fargate)


@rule("roles_are_assumed")
def test_ecs_must_be_trusted_by_the_roles(fargate: Fargate) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    fargate.iam.update_assume_role_policy(RoleName="execution", PolicyDocument=document)
    assert "ECS was unable to assume the role" in _reason(fargate)


@pytest.mark.parametrize(("account", "starts"), [("own", True), ("999999999999", False)])
def test_ecs_names_itself_and_the_account_when_it_takes_a_role(fargate: Fargate, account: str, starts: bool) -> None:
    own = account.replace("own", fargate.aws.account)
    condition = {
        "StringEquals": {"aws:SourceAccount": own},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{fargate.aws.region}:{own}:*"},
    }
    trusted = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [{**trusted, "Condition": condition}]})
    fargate.iam.update_assume_role_policy(RoleName="execution", PolicyDocument=document)
    fargate.service()
    assert len(fargate.tasks()) == (2 if starts else 0)


def test_a_log_group_must_exist(fargate: Fargate) -> None:
    fargate.logs.delete_log_group(logGroupName="/ecs/web")
    assert "ResourceNotFoundException: The specified log group does not exist." in _reason(fargate)


def test_an_image_must_exist(fargate: Fargate) -> None:
    reason = _reason(fargate, fargate.definition("2.0"))
    assert reason.startswith(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve"
    )
    assert reason.endswith("web:2.0: not found")
    container = fargate.tasks("STOPPED")[-1]["containers"][0]
    assert container["reason"] == reason


def test_images_outside_of_ecr_are_not_reached_from_isolated_subnets(fargate: Fargate) -> None:
    reason = _reason(fargate, fargate.definition(container={"image": "nginx:1"}))
    assert "failed to resolve ref docker.io/nginx:1: failed to do request: Head" in reason
    elsewhere = fargate.image().replace("eu-west-1", "us-east-1")
    fargate.update(taskDefinition=fargate.definition(container={"image": elsewhere}))
    fargate.shown()
    assert f"failed to resolve ref {elsewhere}: failed to do request: Head" in fargate.stopped_reason()


def _secret(fargate: Fargate, source: str) -> str:
    return fargate.definition(container={"secrets": [{"name": "A", "valueFrom": source}]})


@rule("secrets_are_read")
def test_secrets_of_the_manager_must_be_readable(fargate: Fargate) -> None:
    manager: Any = fargate.aws.client("secretsmanager")
    arn = manager.create_secret(Name="db", SecretString="x")["ARN"]
    reason = _reason(fargate, _secret(fargate, arn))
    assert f"failed to fetch secret {arn} from secrets manager: RequestError" in reason
    _endpoint(fargate, "secretsmanager")
    assert "not authorized to perform: secretsmanager:GetSecretValue" in _reason(fargate)
    fargate.allow("execution", [*PULL_AND_LOG, "secretsmanager:GetSecretValue"])
    fargate.update(forceNewDeployment=True)
    assert fargate.shown()["runningCount"] == 2
    fargate.update(taskDefinition=_secret(fargate, arn.replace("secret:db", "secret:other")))
    fargate.shown()
    assert "Secrets Manager can't find the specified secret" in fargate.stopped_reason()


def test_a_key_of_ones_own_must_be_usable(fargate: Fargate) -> None:
    key = fargate.aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    arn = fargate.aws.client("secretsmanager").create_secret(Name="db", SecretString="x", KmsKeyId=key)["ARN"]
    _endpoint(fargate, "secretsmanager")
    fargate.allow("execution", [*PULL_AND_LOG, "secretsmanager:GetSecretValue"])
    assert "Access to KMS is not allowed" in _reason(fargate, _secret(fargate, arn + ":password::"))
    fargate.allow("execution", [*PULL_AND_LOG, "secretsmanager:GetSecretValue", "kms:Decrypt"])
    fargate.update(forceNewDeployment=True)
    assert fargate.shown()["runningCount"] == 2


def test_parameters_must_be_readable(fargate: Fargate) -> None:
    fargate.aws.client("ssm").put_parameter(Name="/web/db", Value="x", Type="SecureString")
    arn = f"arn:aws:ssm:eu-west-1:{fargate.aws.account}:parameter/web/db"
    assert "unable to retrieve secrets from ssm: service call has been retried 5" in _reason(
        fargate, _secret(fargate, arn)
    )
    _endpoint(fargate, "ssm")
    assert "not authorized to perform: ssm:GetParameters" in _reason(fargate)
    fargate.allow("execution", [*PULL_AND_LOG, "ssm:GetParameters"])
    fargate.update(forceNewDeployment=True)
    assert fargate.shown()["runningCount"] == 2
    fargate.update(taskDefinition=_secret(fargate, arn + "x"))
    fargate.shown()
    assert "invalid ssm parameters: web/dbx" in fargate.stopped_reason()


def _endpoint(fargate: Fargate, service: str) -> None:
    fargate.aws.endpoint_for(
        fargate.vpc,
        service,
        SubnetIds=fargate.subnets,
        SecurityGroupIds=[fargate.endpoint_group],
        PrivateDnsEnabled=True,
    )
