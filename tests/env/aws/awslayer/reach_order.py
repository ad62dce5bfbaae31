"""What tests ask about reachability: peers named in JSON, verdicts as JSON."""

from __future__ import annotations

from dataclasses import asdict
from ipaddress import IPv4Address
from typing import Any

from . import reach, tasks
from .call import Call
from .errors import ControlError
from .reach import Peer
from .rules.apigatewayv2 import store as gateway
from .rules.ec2 import subnet
from .rules.elbv2 import common as balancing

_KINDS = "interface, task, vpcLink, loadBalancer, or address (with subnet and groups, if it is inside of a VPC)"


def serve(call: Call, order: dict[str, Any]) -> dict[str, Any]:
    """Answers `{from, to, port, protocol}` with every gate between the two and whether all are open.

    A peer is `{"interface": id}`, `{"task": ARN or name of a service}`, `{"vpcLink": id}`,
    `{"loadBalancer": ARN}`, `{"address": ..., "subnet": id, "groups": [ids]}` (which need not exist) or
    `{"address": ...}` (outside of the VPC); a target may also be `{"service": "ecr.api"}`. Of peers with
    several interfaces every pair is looked at, and one that is closed is shown.
    """
    port, protocol = int(order.get("port", 443)), str(order.get("protocol", "tcp"))
    sources = _peers(call, order.get("from"), "from")
    to = order.get("to") or {}
    if "service" in to:
        ways = [reach.to_service(call, source, str(to["service"]), port) for source in sources]
        gates = next((w for w in ways if not reach.passes(w)), ways[0])
    else:
        targets = _peers(call, to, "to")
        gates = reach.weakest(call, [(s, t) for s in sources for t in targets], port, protocol)
    return {"ok": reach.passes(gates), "hops": [asdict(gate) for gate in gates]}


def _peers(call: Call, named: Any, member: str) -> list[Peer]:
    if not isinstance(named, dict):
        raise ControlError(f"{member} is a peer: {_KINDS}")
    if "address" in named:
        address = str(IPv4Address(named["address"]))
        home = subnet.subnet_exists(call, named["subnet"]) if named.get("subnet") else None
        return [Peer(named.get("name", address), address, tuple(named.get("groups", ())), home)]
    kind = next((k for k in ("interface", "task", "vpcLink", "loadBalancer") if k in named), None)
    if kind is None:
        raise ControlError(f"{member} is a peer: {_KINDS}")
    found = [i for i in _interfaces(call, kind, str(named[kind])) if i in call.ec2.enis]
    if not found:
        raise ControlError(f"{member}: no {kind} {named[kind]} has an interface")
    name = "" if kind == "interface" else f"{kind} {named[kind]}"
    return [reach.of_interface(call.ec2.enis[i], name) for i in found]


def _interfaces(call: Call, kind: str, wanted: str) -> list[str]:
    if kind == "interface":
        return [wanted]
    if kind == "task":
        running = tasks.running(call.world, call.account, call.region)
        return [t.interface for t in running if wanted in (t.arn, t.service)]
    if kind == "vpcLink":
        link = gateway.store(call).links.get(wanted)
        return list(link.interfaces) if link else []
    balancer = balancing.store(call).load_balancers.get(wanted)
    return list(balancer.interfaces.values()) if balancer else []
