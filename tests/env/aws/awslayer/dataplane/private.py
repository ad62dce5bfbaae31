"""From a VPC link to a task: interfaces, load balancer, targets, and every rule between them."""

from __future__ import annotations

from typing import Any

from .. import reach, tasks
from ..call import Call
from ..reach import Peer
from ..registry import rule
from ..rules.apigatewayv2 import vpc_link
from ..rules.apigatewayv2.store import Link, store
from ..rules.elbv2 import attributes, listener, target
from ..rules.elbv2.common import store as balancers
from ..rules.elbv2.target_group import Target
from .way import UNAVAILABLE, Trace

Item = dict[str, Any]


def to_task(call: Call, trace: Trace, integration: Item) -> tuple[tasks.RunningTask, int]:
    """Follows a private integration to the task that answers it, and the status with which it does."""
    link = _awake(call, trace, str(integration.get("ConnectionId")))
    listening = listener.find(call, str(integration["IntegrationUri"]))
    if listening is None:
        raise trace.stopped("listener", f"{integration['IntegrationUri']} does not exist", UNAVAILABLE)
    balancer = balancers(call).load_balancers[listening.load_balancer_arn]
    if balancer.state not in ("active", "active_impaired"):
        raise trace.stopped("load balancer", f"{balancer.name} is {balancer.state}", UNAVAILABLE)
    trace.passed("load balancer", f"{balancer.name} listens on port {listening.port}")
    group = balancers(call).target_groups[listening.target_group_arns()[0]]
    chosen = unhealthy_groups_fail_open(call, trace, group)
    nodes = _nodes(call, trace, group, balancer, chosen)
    _link_to_balancer(call, trace, link, nodes, listening.port)
    _balancer_to_targets(call, trace, group, balancer, link, chosen)
    return _answer(call, trace, group, chosen)


@rule("execute-api.Invoke")
def traffic_wakes_a_link(call: Call, trace: Trace, link: Link) -> None:
    """Requests over a link that is not available fail; one that is inactive is provisioned again by them.

    Source: aws-facts 3 (INACTIVE after 60 days without traffic; traffic re-provisions it); API Gateway
    Developer Guide, apigateway-vpc-links-v2.
    """
    status, link_id = link.shown["VpcLinkStatus"], link.shown["VpcLinkId"]
    if status == "INACTIVE":
        vpc_link.link_is_pending_first(call, link)
        raise trace.stopped("vpc link", f"{link_id} was INACTIVE, and is now being provisioned", UNAVAILABLE)
    if status != "AVAILABLE":
        raise trace.stopped("vpc link", f"{link_id} is {status}", UNAVAILABLE)


def _awake(call: Call, trace: Trace, link_id: str) -> Link:
    link = store(call).links.get(link_id)
    if link is None:
        raise trace.stopped("vpc link", f"{link_id} does not exist", UNAVAILABLE)
    traffic_wakes_a_link(call, trace, link)
    trace.passed("vpc link", f"{link_id} is AVAILABLE")
    return link


@rule("execute-api.Invoke")
def unhealthy_groups_fail_open(call: Call, trace: Trace, group: Any) -> list[Target]:
    """Traffic goes to the healthy targets; if there is none, to all of them.

    Source: aws-facts 2.1 (fail-open); Network Load Balancers guide, load-balancer-troubleshooting.
    """
    health = [(t, target.health(call, group, t)) for t in group.present()]
    serving = [(t, v) for t, v in health if v[0] not in ("unused", "draining")]
    healthy = [t for t, v in serving if v[0] == "healthy"]
    if not serving:
        states = ", ".join(f"{t.address}: {v[0]}" for t, v in health) or "none is registered"
        raise trace.stopped("targets", f"no target of {group.name} is in use ({states})", UNAVAILABLE)
    if healthy:
        trace.passed("targets", f"{len(healthy)} of {len(health)} targets of {group.name} are healthy")
        return healthy
    states = ", ".join(f"{t.address}: {v[0]} {v[1] or ''}".strip() for t, v in serving)
    trace.passed("targets", f"no target of {group.name} is healthy ({states}); the load balancer fails open")
    return [t for t, _ in serving]


def _nodes(call: Call, trace: Trace, group: Any, balancer: Any, chosen: list[Target]) -> list[Any]:
    """The load balancer's interfaces that take part: without cross-zone traffic, those in zones with a
    chosen target; the others are not in DNS.
    """
    nodes = [call.ec2.enis[i] for i in balancer.interfaces.values()]
    if target.crosses_zones(group, balancer):
        return nodes
    homes = [target.subnet_of(call, group.vpc_id, t.address) for t in chosen]
    zones = {h.availability_zone for h in homes if h is not None}
    taking_part = [n for n in nodes if n.subnet.availability_zone in zones]
    if len(taking_part) < len(nodes):
        trace.passed("zones", f"only {', '.join(sorted(zones))} in DNS: cross-zone load balancing is off")
    return taking_part


def _link_to_balancer(call: Call, trace: Trace, link: Link, nodes: list[Any], port: int) -> None:
    name = f"vpc link {link.shown['VpcLinkId']}"
    sources = [reach.of_interface(call.ec2.enis[i], name) for i in link.interfaces]
    pairs = [(s, reach.of_interface(n, "load balancer")) for s in sources for n in nodes]
    _every_pair(call, trace, pairs, port)


def _balancer_to_targets(call: Call, trace: Trace, group: Any, balancer: Any, link: Link, chosen: list[Target]) -> None:
    """The load balancer's own groups speak for what it forwards, also when clients' addresses are preserved."""
    preserved = attributes.in_force(attributes.TARGET_GROUP, group)["preserve_client_ip.enabled"] == "true"
    client = call.ec2.enis[link.interfaces[0]].private_ip_address
    for one in chosen:
        to = target.target_peer(call, group, one)
        nodes = target.nodes_for(call, group, balancer, to)
        if preserved:
            nodes = [Peer(n.name, client, n.groups, n.subnet) for n in nodes]
        _every_pair(call, trace, [(n, to) for n in nodes], one.port)


def _every_pair(call: Call, trace: Trace, pairs: list[tuple[Peer, Peer]], port: int) -> None:
    for gate in reach.weakest(call, pairs, port):
        if not gate.ok:
            raise trace.stopped(gate.hop, gate.why, UNAVAILABLE)
        trace.passed(gate.hop, gate.why)


def _answer(call: Call, trace: Trace, group: Any, chosen: list[Target]) -> tuple[tasks.RunningTask, int]:
    task, status = None, None
    for one in chosen:
        task = tasks.at(call.world, call.account, call.region, group.vpc_id, one.address)
        status = tasks.answer(call.world, task, one.port) if task else None
        if task is None or status is None:
            text = f"nothing answers at {one.address} on port {one.port}"
            raise trace.stopped("task", text, UNAVAILABLE)
    if task is None or status is None:
        raise trace.stopped("task", "there is no target", UNAVAILABLE)
    trace.passed("task", f"{task.arn} answers with {status}")
    return task, status
