from __future__ import annotations

from typing import Any

import pytest

from awslayer.server import Server

from .architecture import APP, Way
from .front import Front
from .support import Aws, control_error

rule = pytest.mark.rule


@pytest.fixture
def front(aws: Aws, layer: Server) -> Front:
    return Front(Way(aws, layer))


def test_every_rule_on_the_way_is_needed(front: Front) -> None:
    front.open()
    way = front.way
    link, balancer, task = way.link_group, way.balancer_group, way.task_group
    token = front.token()
    assert front.stops_at(token=token) == (200, "")
    gates: list[tuple[Any, Any, tuple[Any, ...], str]] = [
        (way.no_longer_out, way.out, (link, 80, balancer), "egress of vpc link"),
        (way.no_longer_in, way.let_in, (balancer, 80, link), "ingress of load balancer from vpc link"),
        (way.no_longer_out, way.out, (balancer, APP, task), "egress of load balancer web to target"),
        (way.no_longer_in, way.let_in, (task, APP, balancer), "ingress of target"),
    ]
    for close, reopen, (owner, port, peer), words in gates:
        close(owner, port, group=peer)
        status, hop = front.stops_at(token=token)
        assert status == 503
        assert hop.startswith(words), hop
        reopen(owner, port, group=peer)
        assert front.stops_at(token=token) == (200, "")


def test_the_group_of_the_link_does_not_reach_tasks_behind_a_balancer_with_another(front: Front) -> None:
    way = front.open().way
    way.no_longer_in(way.task_group, group=way.balancer_group)
    way.let_in(way.task_group, group=way.link_group)
    assert front.stops_at(token=front.token())[1].startswith("ingress of target")
    preserve = [{"Key": "preserve_client_ip.enabled", "Value": "true"}]
    way.elb.modify_target_group_attributes(TargetGroupArn=front.group, Attributes=preserve)
    assert front.stops_at(token=front.token())[1].startswith("ingress of target")


def test_one_group_for_link_and_balancer_makes_the_way_too(front: Front) -> None:
    way = front.way
    both, task = way.link_group, way.task_group
    way.elb.set_security_groups(LoadBalancerArn=front.balancer, SecurityGroups=[both])
    steps: list[tuple[Any, str, int, str]] = [
        (way.out, both, 80, both),
        (way.let_in, both, 80, both),
        (way.out, both, APP, task),
        (way.let_in, task, APP, both),
    ]
    for allow, owner, port, peer in steps:
        assert front.stops_at(token=front.token())[0] == 503
        allow(owner, port, group=peer)
    assert front.stops_at(token=front.token()) == (200, "")


def test_the_way_ends_where_something_is_not_there(front: Front) -> None:
    way, token = front.open().way, front.token()
    gateway = way.gateway
    way.aws.control("POST", "vpc-links", {"region": "eu-west-1", "id": front.link, "status": "FAILED"})
    assert front.stops_at(token=token) == (503, "vpc link")
    way.aws.control("POST", "vpc-links", {"region": "eu-west-1", "id": front.link, "status": "AVAILABLE"})
    assert front.stops_at(token=token) == (200, "")
    addresses = [{"Id": a} for a in front.tasks]
    way.elb.deregister_targets(TargetGroupArn=front.group, Targets=addresses)
    assert front.stops_at(token=token) == (503, "targets")
    way.elb.register_targets(TargetGroupArn=front.group, Targets=addresses)
    way.elb.delete_listener(ListenerArn=front.listener)
    assert front.stops_at(token=token) == (503, "listener")
    gateway.update_route(ApiId=front.api, RouteId=front.route, RouteKey="GET /only")
    assert front.stops_at(token=token) == (404, "route")
    gateway.delete_stage(ApiId=front.api, StageName="$default")
    assert front.stops_at(token=token) == (404, "stage")
    gateway.update_api(ApiId=front.api, DisableExecuteApiEndpoint=True)
    assert front.stops_at(token=token) == (404, "api")
    gateway.delete_api(ApiId=front.api)
    assert front.stops_at(token=token) == (404, "api")


@rule("traffic_wakes_a_link")
def test_traffic_wakes_an_inactive_link(front: Front) -> None:
    way, token = front.open().way, front.token()
    way.aws.durations(link_create=120)
    way.aws.control("POST", "vpc-links", {"region": "eu-west-1", "id": front.link, "status": "INACTIVE"})
    for _ in range(2):
        assert front.stops_at(token=token) == (503, "vpc link")
        assert way.gateway.get_vpc_link(VpcLinkId=front.link)["VpcLinkStatus"] == "PENDING"
    way.aws.step(121)
    assert front.stops_at(token=token) == (200, "")


def test_a_balancer_that_is_provisioning_serves_nothing(aws: Aws, layer: Server) -> None:
    aws.durations(balancer_create=150)
    front = Front(Way(aws, layer)).open()
    assert front.stops_at(token=front.token()) == (503, "load balancer")
    aws.step(151)
    assert front.stops_at(token=front.token()) == (200, "")


def test_a_balancer_that_failed_serves_nothing(front: Front) -> None:
    way, token = front.open().way, front.token()
    order = {"region": "eu-west-1", "arn": front.balancer, "state": "failed"}
    way.aws.control("POST", "load-balancers", order)
    shown = way.elb.describe_load_balancers(LoadBalancerArns=[front.balancer])["LoadBalancers"][0]
    assert shown["State"]["Code"] == "failed"
    assert front.stops_at(token=token) == (503, "load balancer")
    way.aws.control("POST", "load-balancers", {**order, "state": "active_impaired"})
    assert front.stops_at(token=token) == (200, "")
    assert "one of the states" in control_error(way.aws, "POST", "load-balancers", {**order, "state": "x"})


def test_single_hops_are_asked_by_name(front: Front) -> None:
    way = front.way

    def ask(source: dict[str, str], to: dict[str, str], port: int) -> bool:
        order = {"region": "eu-west-1", "from": source, "to": to, "port": port}
        return bool(way.aws.control("POST", "reach", order)["ok"])

    link, balancer, task = {"vpcLink": front.link}, {"loadBalancer": front.balancer}, {"task": "web"}
    hops = [(link, balancer, 80), (balancer, task, APP), (link, task, APP), (task, {"service": "logs"}, 443)]
    assert [ask(*hop) for hop in hops] == [False, False, False, False]
    front.open()
    assert [ask(*hop) for hop in hops] == [True, True, False, False]
    missing = {"region": "eu-west-1", "from": {"vpcLink": "none00"}, "to": task}
    assert "no vpcLink none00" in control_error(way.aws, "POST", "reach", missing)


@rule("unhealthy_groups_fail_open")
def test_healthy_targets_serve_and_without_any_all_do(front: Front) -> None:
    way, token = front.open().way, front.token()
    way.elb.modify_target_group(TargetGroupArn=front.group, HealthCheckProtocol="HTTP")
    way.application(does="errors")
    shown = front.walk(token=token)
    assert shown["status"] == 500
    assert any("fails open" in h["why"] for h in shown["hops"])
    way.application(does="silent")
    assert front.stops_at(token=token) == (503, "task")
    way.application(does="answers")
    assert any("2 of 2 targets" in h["why"] for h in front.walk(token=token)["hops"])
    way.elb.register_targets(TargetGroupArn=front.group, Targets=[{"Id": "10.0.1.200"}])
    assert any("2 of 3 targets" in h["why"] for h in front.walk(token=token)["hops"])
    assert front.stops_at(token=token) == (200, "")


def test_without_cross_zone_only_zones_with_healthy_targets_take_part(front: Front) -> None:
    way, token = front.open().way, front.token()
    way.elb.deregister_targets(TargetGroupArn=front.group, Targets=[{"Id": front.tasks[1]}])
    assert any(h["hop"] == "zones" and "eu-west-1a" in h["why"] for h in front.walk(token=token)["hops"])
    cross = [{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}]
    way.elb.modify_load_balancer_attributes(LoadBalancerArn=front.balancer, Attributes=cross)
    shown = front.walk(token=token)
    assert shown["status"] == 200
    assert not any(h["hop"] == "zones" for h in shown["hops"])


def test_the_way_through_is_shut_again_when_the_account_is_reset(front: Front) -> None:
    front.open()
    front.way.aws.control("POST", "reset")
    assert front.stops_at() == (404, "api")
