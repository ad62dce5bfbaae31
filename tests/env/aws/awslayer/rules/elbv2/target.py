"""Targets: registered, deregistered, and how healthy they are."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

from ... import reach, tasks
from ...call import Call
from ...errors import AwsError
from ...reach import Peer
from ...registry import answers, rule
from .attributes import LOAD_BALANCER, TARGET_GROUP, in_force
from .common import store
from .health_check import expects
from .target_group import Target, listeners_using, target_group_exists

Verdict = tuple[str, str | None, str | None]
_HEALTHY: Verdict = ("healthy", None, None)


@rule("elbv2.RegisterTargets")
def address_is_of_the_vpc(call: Call, group: Any, given: dict[str, Any]) -> None:
    """The address of a target lies in a subnet of the target group's VPC.

    Source: aws-facts 1.3 (subnets count, not blocks); Network Load Balancers guide,
    target-group-register-targets; message of kubernetes-sigs/aws-load-balancer-controller#3714.
    Addresses outside of the VPC, which AWS takes with an Availability Zone, are not emulated.
    """
    try:
        address = IPv4Address(given["Id"])
    except ValueError as error:
        raise AwsError("ValidationError", f"The IP address '{given['Id']}' is not a valid IPv4 address") from error
    if subnet_of(call, group.vpc_id, str(address)) is None:
        text = f"The Availability Zone is required for IP address '{address}' because it is not in the VPC"
        raise AwsError("ValidationError", text)


@answers("elbv2", "RegisterTargets")
def register_targets(call: Call) -> dict[str, Any]:
    """Registers targets, all or none."""
    group = target_group_exists(call, call.params["TargetGroupArn"])
    if group.settings["TargetType"] != "ip":
        raise AwsError("InternalFailure", "the emulator lacks targets that are instances", 501)
    for given in call.params["Targets"]:
        address_is_of_the_vpc(call, group, given)
    group.register(call.params["Targets"])
    return {}


@answers("elbv2", "DeregisterTargets")
def deregister_targets(call: Call) -> dict[str, Any]:
    """Deregisters targets; one that is not registered is no error."""
    group = target_group_exists(call, call.params["TargetGroupArn"])
    group.deregister(call.params["Targets"], drain_seconds(call, group))
    return {}


def drain_seconds(call: Call, group: Any) -> float:
    """How long a target of the group drains: the duration target.drain, at most the group's delay."""
    delay = float(in_force(TARGET_GROUP, group)["deregistration_delay.timeout_seconds"])
    return min(delay, call.world.settings.duration("target.drain", call.account))


@answers("elbv2", "DescribeTargetHealth")
def describe_target_health(call: Call) -> dict[str, Any]:
    """Shows the health of a group's targets, or of those asked for."""
    group = target_group_exists(call, call.params["TargetGroupArn"])
    present = {(t.address, t.port): t for t in group.present()}
    asked = [(str(t["Id"]), int(t.get("Port") or group.port)) for t in call.params.get("Targets") or []]
    shown = []
    for address, port in asked or list(present):
        target = present.get((address, port))
        state, reason, text = health(call, group, target)
        verdict = {"State": state, "Reason": reason, "Description": text}
        described: dict[str, Any] = {"Id": address, "Port": port}
        home = subnet_of(call, group.vpc_id, address)
        if home is not None:
            described["AvailabilityZone"] = home.availability_zone
        shown.append(
            {
                "Target": described,
                "HealthCheckPort": str(check_port(group, port)),
                "TargetHealth": {k: v for k, v in verdict.items() if v is not None},
            }
        )
    return {"TargetHealthDescriptions": shown}


@rule("elbv2.DescribeTargetHealth")
def health(call: Call, group: Any, target: Target | None) -> Verdict:
    """State, reason and description of a target: unused without a listener or outside of the load
    balancer's zones; initial first; draining last; else what the health checks of every node find.

    Source: botocore elbv2.TargetHealth (State, Reason, Description); aws-facts 2.3 (target states).
    """
    if target is None:
        return "unused", "Target.NotRegistered", "Target is not registered to the target group"
    if target.drained is not None:
        return "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"
    balancer = balancer_of(call, group)
    if balancer is None:
        text = "Target group is not configured to receive traffic from the load balancer"
        return "unused", "Target.NotInUse", text
    home = subnet_of(call, group.vpc_id, target.address)
    zones = {call.ec2.enis[i].subnet.availability_zone for i in balancer.interfaces.values()}
    if home is None or home.availability_zone not in zones:
        text = "Target is in an Availability Zone that is not enabled for the load balancer"
        return "unused", "Target.NotInUse", text
    if call.now < target.since + call.world.settings.duration("target.initial", call.account):
        return "initial", "Elb.RegistrationInProgress", "Target registration is in progress"
    if balancer.state == "provisioning":
        return "initial", "Elb.InitialHealthChecking", "Initial health checks in progress"
    return health_check_obeys_groups(call, group, balancer, target)


@rule("elbv2.DescribeTargetHealth")
def health_check_obeys_groups(call: Call, group: Any, balancer: Any, target: Target) -> Verdict:
    """Health checks come from the load balancer's own interfaces: they pass when its groups let them out
    and the target's groups let them in, whatever the groups of clients; then the application answers.

    Source: aws-facts 2.1 and 2.3; Network Load Balancers guide, load-balancer-security-groups and
    target-group-health-checks.
    """
    port = check_port(group, target.port)
    to = target_peer(call, group, target)
    http = group.settings["HealthCheckProtocol"] != "TCP"
    for node in nodes_for(call, group, balancer, to):
        if not reach.passes(reach.hops(call, node, to, port)):
            if http:
                return "unhealthy", "Target.Timeout", "Request timed out"
            return "unhealthy", "Target.FailedHealthChecks", "Health checks failed"
    task = tasks.at(call.world, call.account, call.region, group.vpc_id, target.address)
    status = tasks.answer(call.world, task, port) if task else None
    if status is None:
        return "unhealthy", "Target.FailedHealthChecks", "Health checks failed"
    if http and not expects(group.settings, status):
        return "unhealthy", "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"
    return _HEALTHY


def balancer_of(call: Call, group: Any) -> Any | None:
    """The load balancer that sends traffic to a target group."""
    using = listeners_using(call, group.arn)
    return store(call).load_balancers[using[0].load_balancer_arn] if using else None


def crosses_zones(group: Any, balancer: Any) -> bool:
    """Whether nodes send traffic to targets in other zones: the group's own word, else the load balancer's."""
    own = in_force(TARGET_GROUP, group)["load_balancing.cross_zone.enabled"]
    if own == "use_load_balancer_configuration":
        return in_force(LOAD_BALANCER, balancer)["load_balancing.cross_zone.enabled"] == "true"
    return own == "true"


def nodes_for(call: Call, group: Any, balancer: Any, to: Peer) -> list[Peer]:
    """The load balancer's nodes that send traffic and health checks to a target."""
    nodes = [call.ec2.enis[i] for i in balancer.interfaces.values()]
    if not crosses_zones(group, balancer) and to.subnet is not None:
        nodes = [n for n in nodes if n.subnet.availability_zone == to.subnet.availability_zone]
    return [reach.of_interface(n, f"load balancer {balancer.name}") for n in nodes]


def target_peer(call: Call, group: Any, target: Target) -> Peer:
    """A target as the network sees it: the interface with its address, if there is one."""
    name = f"target {target.address}"
    task = tasks.at(call.world, call.account, call.region, group.vpc_id, target.address)
    if task is not None and task.interface in call.ec2.enis:
        return reach.of_interface(call.ec2.enis[task.interface], name)
    for interface in call.ec2.enis.values():
        if interface.private_ip_address == target.address and interface.subnet.vpc_id == group.vpc_id:
            return reach.of_interface(interface, name)
    return Peer(name, target.address, (), subnet_of(call, group.vpc_id, target.address))


def check_port(group: Any, traffic: int) -> int:
    """The port that a target's health is checked on."""
    port = str(group.settings["HealthCheckPort"])
    return traffic if port == "traffic-port" else int(port)


def subnet_of(call: Call, vpc_id: str, address: str) -> Any | None:
    """The subnet of a VPC in which an address lies."""
    wanted = IPv4Address(address)
    found = (s for zone in call.ec2.subnets.values() for s in zone.values() if s.vpc_id == vpc_id)
    return next((s for s in found if wanted in IPv4Network(s.cidr_block)), None)
