"""Everything that a Fargate service in isolated subnets needs, built by tests: endpoints, roles, logs, an image."""

from __future__ import annotations

import json
from typing import Any

from awslayer.server import Server

from .architecture import APP, Way
from .support import Aws

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
PULL_AND_LOG = [
    "ecr:GetAuthorizationToken",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
]
GROUP = "/ecs/web"


class Fargate(Way):
    """A cluster `web` and all that tasks of a service need to start and to be healthy."""

    def __init__(self, aws: Aws, layer: Server) -> None:
        super().__init__(aws, layer)
        self.ecs: Any = aws.client("ecs")
        self.ecr: Any = aws.client("ecr")
        self.logs: Any = aws.client("logs")
        self.iam: Any = aws.client("iam")
        self.network()
        self.execution_role = self.role("execution", PULL_AND_LOG)
        self.logs.create_log_group(logGroupName=GROUP)
        self.ecr.create_repository(repositoryName="web")
        self.push("1.0")
        self.ecs.create_cluster(clusterName="web", capacityProviders=["FARGATE", "FARGATE_SPOT"])
        self.group = self.target_group()
        self.balancer_arn = self.balancer()
        self.listener(self.balancer_arn, self.group)

    def network(self) -> None:
        """Private names for ECR and logs, the gateway for S3, and rules that let tasks get there."""
        self.aws.dns(self.vpc)
        self.endpoint_group = self.closed_group("endpoints")
        self.table = self.aws.table(self.vpc)
        for subnet in self.subnets:
            self.aws.ec2.associate_route_table(RouteTableId=self.table, SubnetId=subnet)
        self.endpoints = {
            name: self.aws.endpoint_for(
                self.vpc, name, SubnetIds=self.subnets, SecurityGroupIds=[self.endpoint_group], PrivateDnsEnabled=True
            )
            for name in ("ecr.api", "ecr.dkr", "logs")
        }
        self.endpoints["s3"] = self.aws.endpoint_for(
            self.vpc, "s3", VpcEndpointType="Gateway", RouteTableIds=[self.table]
        )
        name = f"com.amazonaws.{self.aws.region}.s3"
        lists = self.aws.ec2.describe_managed_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": [name]}])
        self.s3 = lists["PrefixLists"][0]["PrefixListId"]
        self.out(self.task_group, 443, group=self.endpoint_group)
        self.out(self.task_group, 443, prefix=self.s3)
        self.let_in(self.endpoint_group, 443, group=self.task_group)
        self.balancer_to_task()

    def role(self, name: str, actions: list[str]) -> str:
        """A role that ECS may take, and which may do some things."""
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))
        self.allow(name, actions)
        return str(made["Role"]["Arn"])

    def allow(self, name: str, actions: list[str]) -> None:
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document)

    def push(self, tag: str, content: str | None = None) -> str:
        order = {"region": self.aws.region, "repository": "web", "tag": tag, "content": content}
        return str(self.aws.control("POST", "images", order)["digest"])

    def image(self, tag: str = "1.0") -> str:
        return f"{self.aws.account}.dkr.ecr.{self.aws.region}.amazonaws.com/web:{tag}"

    def definition(self, tag: str = "1.0", container: dict[str, Any] | None = None, **more: Any) -> str:
        options = {"awslogs-group": GROUP, "awslogs-region": self.aws.region, "awslogs-stream-prefix": "web"}
        web = {
            "name": "app",
            "image": self.image(tag),
            "portMappings": [{"containerPort": APP}],
            "logConfiguration": {"logDriver": "awslogs", "options": options},
            **(container or {}),
        }
        given = {
            "family": "web",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
            "executionRoleArn": self.execution_role,
            "containerDefinitions": [web],
        }
        made = self.ecs.register_task_definition(**{k: v for k, v in {**given, **more}.items() if v is not None})
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def service_parameters(self, definition: str, **more: Any) -> dict[str, Any]:
        network = {"subnets": self.subnets, "securityGroups": [self.task_group]}
        given = {
            "cluster": "web",
            "serviceName": "web",
            "taskDefinition": definition,
            "desiredCount": 2,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": network},
            "loadBalancers": [{"targetGroupArn": self.group, "containerName": "app", "containerPort": APP}],
            "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
        }
        return {k: v for k, v in {**given, **more}.items() if v is not None}

    def service(self, definition: str | None = None, **more: Any) -> Any:
        made = self.ecs.create_service(**self.service_parameters(definition or self.definition(), **more))
        return made["service"]

    def update(self, **changes: Any) -> Any:
        return self.ecs.update_service(cluster="web", service="web", **changes)["service"]

    def shown(self, name: str = "web") -> Any:
        return self.ecs.describe_services(cluster="web", services=[name], include=["TAGS"])["services"][0]

    def tasks(self, status: str = "RUNNING") -> list[Any]:
        arns = self.ecs.list_tasks(cluster="web", serviceName="web", desiredStatus=status)["taskArns"]
        return list(self.ecs.describe_tasks(cluster="web", tasks=arns)["tasks"]) if arns else []

    def stopped_reason(self) -> str:
        """Why the latest stopped task stopped."""
        return str(self.tasks("STOPPED")[-1]["stoppedReason"])

    def behave(self, **order: Any) -> None:
        self.aws.control("POST", "applications", order)

    def end(self, how: str, **more: Any) -> list[str]:
        ended: list[str] = self.aws.control("POST", "tasks", {"region": self.aws.region, "end": how, **more})["ended"]
        return ended
