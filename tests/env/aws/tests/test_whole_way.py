"""From an empty account to an answer, and back to an empty account: ECS, load balancing and API Gateway together."""

from __future__ import annotations

from typing import Any

import pytest

from awslayer.server import Server

from .architecture import APP
from .fargate import GROUP, Fargate
from .support import Aws, refused


class Stack(Fargate):
    """A Fargate service behind an HTTP API with a user pool."""

    def __init__(self, aws: Aws, layer: Server) -> None:
        super().__init__(aws, layer)
        self.listening = str(
            self.elb.describe_listeners(LoadBalancerArn=self.balancer_arn)["Listeners"][0]["ListenerArn"]
        )
        self.out(self.link_group, 80, group=self.balancer_group)
        self.let_in(self.balancer_group, 80, group=self.link_group)
        self.link_id, self.api_id = self.link(), self.api()
        pool, client = self.pool()
        target = f"integrations/{self.integration(self.api_id, self.link_id, self.listening)}"
        jwt = {"AuthorizationType": "JWT", "AuthorizerId": self.authorizer(self.api_id, pool, client)}
        self.route(self.api_id, "GET /closed", Target=target, **jwt)
        self.route(self.api_id, "GET /open", Target=target)
        self.stage(self.api_id)

    def walk(self, path: str = "/open") -> Any:
        return self.aws.control("POST", "walk", {"api": self.api_id, "path": path})


@pytest.fixture
def stack(aws: Aws, layer: Server) -> Stack:
    return Stack(aws, layer)


def test_a_service_answers_behind_its_api(stack: Stack) -> None:
    assert stack.walk()["status"] == 503
    stack.service()
    shown = stack.walk()
    assert (shown["status"], shown["body"]["path"]) == (200, "/open")
    assert shown["body"]["task"] in [t["taskArn"] for t in stack.tasks()]
    assert stack.walk("/closed")["status"] == 401


def test_a_rollout_keeps_the_api_answering(stack: Stack) -> None:
    stack.service()
    before = stack.walk()["body"]["task"]
    stack.aws.durations(target_initial=20, target_drain=10)
    stack.update(taskDefinition=stack.definition(cpu="512", memory="1024"))
    statuses = set()
    for _ in range(8):
        statuses.add(stack.walk()["status"])
        stack.aws.step(10)
    assert statuses == {200}
    assert stack.shown()["deployments"][0]["rolloutState"] == "COMPLETED"
    assert stack.walk()["body"]["task"] != before


def test_what_stops_the_tasks_stops_the_answers(stack: Stack) -> None:
    stack.service()
    stack.behave(does="errors")
    assert stack.walk()["status"] == 500
    stack.behave(does="answers")
    assert stack.walk()["status"] == 200
    stack.update(desiredCount=0)
    assert [h["hop"] for h in stack.walk()["hops"] if not h["ok"]] == ["targets"]


def test_a_stack_comes_down_in_the_order_that_aws_asks_for(stack: Stack) -> None:
    aws, elb, gateway, ec2 = stack.aws, stack.elb, stack.gateway, stack.aws.ec2
    aws.durations(interface_linger=60, link_delete=120)
    stack.service()
    with refused("ResourceInUse"):
        elb.delete_target_group(TargetGroupArn=stack.group)
    with refused("BadRequestException"):
        gateway.delete_vpc_link(VpcLinkId=stack.link_id)
    with refused("ClusterContainsServicesException"):
        stack.ecs.delete_cluster(cluster="web")
    gateway.delete_api(ApiId=stack.api_id)
    gateway.delete_vpc_link(VpcLinkId=stack.link_id)
    stack.ecs.delete_service(cluster="web", service="web", force=True)
    elb.delete_load_balancer(LoadBalancerArn=stack.balancer_arn)
    elb.delete_target_group(TargetGroupArn=stack.group)
    ec2.delete_vpc_endpoints(VpcEndpointIds=list(stack.endpoints.values()))
    with refused("DependencyViolation"):
        ec2.delete_subnet(SubnetId=stack.subnets[0])
    aws.step(200)
    stack.shown()
    aws.step(200)
    stack.ecs.delete_cluster(cluster="web")
    every = (stack.link_group, stack.balancer_group, stack.task_group, stack.endpoint_group)
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=stack.task_group)
    stack.no_longer_out(stack.link_group, 80, group=stack.balancer_group)
    stack.no_longer_in(stack.balancer_group, 80, group=stack.link_group)
    stack.no_longer_out(stack.balancer_group, APP, group=stack.task_group)
    stack.no_longer_in(stack.task_group, APP, group=stack.balancer_group)
    stack.no_longer_out(stack.task_group, 443, group=stack.endpoint_group)
    stack.no_longer_in(stack.endpoint_group, 443, group=stack.task_group)
    for group in every:
        ec2.delete_security_group(GroupId=group)
    for subnet in stack.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_route_table(RouteTableId=stack.table)
    ec2.delete_vpc(VpcId=stack.vpc)
    stack.logs.delete_log_group(logGroupName=GROUP)
