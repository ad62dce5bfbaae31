from __future__ import annotations

from typing import Any

import pytest

from awslayer.server import Server

from .architecture import APP, Way
from .support import Aws, refused

rule = pytest.mark.rule


@pytest.fixture
def way(aws: Aws, layer: Server) -> Way:
    return Way(aws, layer)


def _group(way: Way, arn: str) -> Any:
    return way.elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]


@rule("same_name_and_settings_is_the_same_group")
def test_a_target_group_by_default_and_again(way: Way) -> None:
    arn = way.target_group()
    shown = _group(way, arn)
    assert shown == {
        "TargetGroupArn": arn,
        "TargetGroupName": "web",
        "Protocol": "TCP",
        "Port": APP,
        "VpcId": way.vpc,
        "TargetType": "ip",
        "IpAddressType": "ipv4",
        "HealthCheckProtocol": "TCP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 10,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "LoadBalancerArns": [],
    }
    assert way.target_group() == arn
    with refused("DuplicateTargetGroupName"):
        way.target_group(Port=81)


@rule("group_parameters_are_complete", "health_check_fits")
def test_parameters_of_a_target_group(way: Way) -> None:
    with refused("ValidationError", "A port must be specified"):
        way.target_group(Port=None)
    with refused("ValidationError", "'vpc-00000000' is not found"):
        way.target_group(VpcId="vpc-00000000")
    with refused("InvalidConfigurationRequest", "path"):
        way.target_group(HealthCheckPath="/")
    with refused("InvalidConfigurationRequest", "matcher"):
        way.target_group(Matcher={"HttpCode": "200"})
    with refused("ValidationError", "must be smaller than or equal"):
        way.target_group(HealthCheckTimeoutSeconds=31)
    with refused("ValidationError", "Health check port"):
        way.target_group(HealthCheckPort="none")
    with refused("ValidationError", "200-599"):
        way.target_group(HealthCheckProtocol="HTTP", Matcher={"HttpCode": "100-200"})
    with refused("ValidationError", "cannot be disabled"):
        way.target_group(HealthCheckEnabled=False)
    with refused("ValidationError", "must be one of"):
        way.target_group(HealthCheckProtocol="UDP")


def test_the_health_check_of_a_target_group_changes_in_place(way: Way) -> None:
    arn = way.target_group()
    way.elb.modify_target_group(
        TargetGroupArn=arn, HealthCheckProtocol="HTTP", HealthCheckPath="/healthz", HealthCheckIntervalSeconds=10
    )
    shown = _group(way, arn)
    assert (shown["HealthCheckProtocol"], shown["HealthCheckPath"], shown["Port"]) == ("HTTP", "/healthz", APP)
    assert (shown["HealthCheckIntervalSeconds"], shown["Matcher"]) == (10, {"HttpCode": "200-399"})
    with refused("ValidationError", "smaller"):
        way.elb.modify_target_group(TargetGroupArn=arn, HealthCheckTimeoutSeconds=11)
    assert _group(way, arn) == shown
    way.elb.modify_target_group(TargetGroupArn=arn, HealthCheckProtocol="TCP")
    assert "HealthCheckPath" not in _group(way, arn)


@rule("attributes_known")
def test_attributes_of_target_groups_and_listeners(way: Way) -> None:
    group = way.target_group()
    listener = way.listener(way.balancer(), group)

    def change(key: str, value: str) -> dict[str, str]:
        shown = way.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[{"Key": key, "Value": value}])[
            "Attributes"
        ]
        return {a["Key"]: a["Value"] for a in shown}

    with refused("ValidationError", "0-3600"):
        change("deregistration_delay.timeout_seconds", "3601")
    with refused("ValidationError", "not recognized"):
        change("slow_start.duration_seconds", "30")
    shown = change("deregistration_delay.timeout_seconds", "30")
    assert shown["deregistration_delay.timeout_seconds"] == "30"
    assert shown["preserve_client_ip.enabled"] == "false"
    idle = [{"Key": "tcp.idle_timeout.seconds", "Value": "59"}]
    with refused("ValidationError", "60-6000"):
        way.elb.modify_listener_attributes(ListenerArn=listener, Attributes=idle)
    assert way.elb.describe_listener_attributes(ListenerArn=listener)["Attributes"][0]["Value"] == "350"


@rule("used_target_group_stays", "target_group_exists")
def test_a_target_group_in_use_stays(way: Way) -> None:
    balancer, group = way.balancer(), way.target_group()
    listener = way.listener(balancer, group)
    assert _group(way, group)["LoadBalancerArns"] == [balancer]
    of = way.elb.describe_target_groups(LoadBalancerArn=balancer)["TargetGroups"]
    assert [g["TargetGroupArn"] for g in of] == [group]
    with refused("ResourceInUse", group):
        way.elb.delete_target_group(TargetGroupArn=group)
    way.elb.delete_listener(ListenerArn=listener)
    way.elb.delete_target_group(TargetGroupArn=group)
    way.elb.delete_target_group(TargetGroupArn=group)
    with refused("TargetGroupNotFound"):
        way.elb.describe_target_health(TargetGroupArn=group)


@rule("one_listener_per_port", "listener_exists")
def test_one_listener_per_port(way: Way) -> None:
    balancer, group, other = way.balancer(), way.target_group(), way.target_group("other")
    listener = way.listener(balancer, group)
    assert listener.startswith(balancer.replace(":loadbalancer/", ":listener/") + "/")
    assert way.listener(balancer, group) == listener
    with refused("DuplicateListener"):
        way.listener(balancer, other)
    second = way.listener(balancer, other, 81)
    with refused("DuplicateListener"):
        way.elb.modify_listener(ListenerArn=second, Port=80)
    way.elb.modify_listener(ListenerArn=second, Port=82, DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
    shown = way.elb.describe_listeners(ListenerArns=[second])["Listeners"][0]
    assert (shown["Port"], shown["DefaultActions"][0]["TargetGroupArn"]) == (82, group)
    way.elb.delete_listener(ListenerArn=second)
    with refused("ListenerNotFound"):
        way.elb.delete_listener(ListenerArn=second)
    assert len(way.elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]) == 1


@rule("network_listeners_forward", "listener_protocol_and_port", "target_group_fits_the_listener")
def test_what_a_listener_forwards_to(way: Way) -> None:
    balancer, group = way.balancer(), way.target_group()
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    with refused("InvalidLoadBalancerAction", "'forward'"):
        way.listener(balancer, group, DefaultActions=[fixed])
    with refused("ValidationError", "Listener protocol 'HTTP' must be one of"):
        way.listener(balancer, group, Protocol="HTTP")
    with refused("ValidationError", "port must be specified"):
        way.listener(balancer, group, Port=None)
    with refused("TargetGroupNotFound"):
        way.listener(balancer, group + "0")
    with refused("IncompatibleProtocols"):
        way.listener(balancer, way.target_group("udp", Protocol="UDP"))
    with refused("InvalidConfigurationRequest", "is not in the VPC"):
        way.listener(balancer, way.target_group("far", VpcId=way.aws.vpc()))
    way.listener(balancer, group)
    with refused("TargetGroupAssociationLimit"):
        way.listener(way.balancer("other"), group)


@rule("address_is_of_the_vpc")
def test_targets_are_addresses_of_the_vpc(way: Way) -> None:
    group = way.target_group()
    for bad, words in (("10.9.0.1", "not in the VPC"), ("i-00000000", "not a valid IPv4")):
        with refused("ValidationError", words):
            way.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.1.9"}, {"Id": bad}])
    assert way.health(group) == []
    way.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.1.9"}, {"Id": "10.0.1.9", "Port": 81}])
    shown = way.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [(d["Target"]["Port"], d["HealthCheckPort"]) for d in shown] == [(APP, str(APP)), (81, "81")]
    assert {d["Target"]["AvailabilityZone"] for d in shown} == {"eu-west-1a"}


@rule("health")
def test_a_target_is_unused_initial_healthy_draining_and_gone(way: Way) -> None:
    way.aws.durations(target_initial=20, target_drain=60)
    way.balancer_to_task()
    group = way.target_group()
    address = way.task(group)
    assert way.health(group) == [("unused", "Target.NotInUse")]
    balancer = way.balancer(Subnets=way.subnets[1:])
    way.listener(balancer, group)
    assert way.health(group) == [("unused", "Target.NotInUse")]
    way.elb.set_subnets(LoadBalancerArn=balancer, Subnets=way.subnets)
    assert way.health(group) == [("initial", "Elb.RegistrationInProgress")]
    way.aws.step(21)
    assert way.health(group) == [("healthy", None)]
    way.elb.modify_target_group_attributes(
        TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]
    )
    way.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": address}])
    assert way.health(group) == [("draining", "Target.DeregistrationInProgress")]
    way.aws.step(31)
    assert way.health(group) == []
    asked = way.elb.describe_target_health(TargetGroupArn=group, Targets=[{"Id": address}])
    assert asked["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"] == "Target.NotRegistered"


@rule("health_check_obeys_groups")
def test_health_checks_need_the_balancers_egress_and_the_tasks_ingress(way: Way) -> None:
    group = way.target_group()
    way.listener(way.balancer(), group)
    way.task(group)
    bad = [("unhealthy", "Target.FailedHealthChecks")]
    assert way.health(group) == bad
    way.out(way.balancer_group, group=way.task_group)
    assert way.health(group) == bad
    # The group of clients is not the one that health checks come from.
    clients = way.closed_group("clients")
    way.let_in(way.task_group, group=clients)
    assert way.health(group) == bad
    way.let_in(way.task_group, group=way.balancer_group)
    assert way.health(group) == [("healthy", None)]


def test_a_balancer_without_groups_is_let_in_by_address_only(way: Way) -> None:
    group = way.target_group()
    way.listener(way.balancer(SecurityGroups=[]), group)
    way.task(group)
    way.let_in(way.task_group, group=way.balancer_group)
    assert way.health(group) == [("unhealthy", "Target.FailedHealthChecks")]
    way.let_in(way.task_group, cidr="10.0.0.0/16")
    assert way.health(group) == [("healthy", None)]


def test_a_health_check_hears_what_the_application_says(way: Way) -> None:
    way.balancer_to_task()
    group = way.target_group()
    way.listener(way.balancer(), group)
    way.task(group)
    way.application(does="errors")
    assert way.health(group) == [("healthy", None)]
    way.elb.modify_target_group(TargetGroupArn=group, HealthCheckProtocol="HTTP")
    assert way.health(group) == [("unhealthy", "Target.ResponseCodeMismatch")]
    way.application(does="silent")
    assert way.health(group) == [("unhealthy", "Target.FailedHealthChecks")]
    way.application(does="answers", port=9090)
    assert way.health(group) == [("unhealthy", "Target.FailedHealthChecks")]
    way.elb.modify_target_group(TargetGroupArn=group, HealthCheckPort="9090")
    assert way.health(group) == [("unhealthy", "Target.Timeout")]
    way.application(does="answers")
    way.elb.modify_target_group(TargetGroupArn=group, HealthCheckPort="traffic-port")
    assert way.health(group) == [("healthy", None)]


def test_without_cross_zone_a_zone_of_its_own_checks_a_target(way: Way) -> None:
    group = way.target_group()
    balancer = way.balancer()
    way.listener(balancer, group)
    way.out(way.balancer_group, group=way.task_group)
    way.let_in(way.task_group, cidr="10.0.1.0/24")
    way.task(group)
    assert way.health(group) == [("healthy", None)]
    cross = [{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}]
    way.elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=cross)
    assert way.health(group) == [("unhealthy", "Target.FailedHealthChecks")]
