"""What tests ask about reachability: peers named in JSON, verdicts as JSON."""

from __future__ import annotations

from dataclasses import asdict
from ipaddress import IPv4Address
from typing import Any

from . import reach
from .call import Call
from .errors import ControlError
from .reach import Peer
from .rules.ec2 import subnet


def serve(call: Call, order: dict[str, Any]) -> dict[str, Any]:
    """Answers `{from, to, port, protocol}` with every gate between the two and whether all are open.

    A peer is `{"interface": id}`, `{"address": ..., "subnet": id, "groups": [ids]}` (a peer that need not
    exist) or `{"address": ...}` (outside of the VPC); a target may also be `{"service": "ecr.api"}`.
    """
    port, protocol = int(order.get("port", 443)), str(order.get("protocol", "tcp"))
    source = _peer(call, order.get("from"), "from")
    to = order.get("to") or {}
    if "service" in to:
        gates = reach.to_service(call, source, str(to["service"]), port)
    else:
        gates = reach.hops(call, source, _peer(call, to, "to"), port, protocol)
    return {"ok": reach.passes(gates), "hops": [asdict(gate) for gate in gates]}


def _peer(call: Call, named: Any, member: str) -> Peer:
    if not isinstance(named, dict) or not ("interface" in named or "address" in named):
        raise ControlError(f"{member} is a peer: an interface, or an address (with subnet and groups)")
    if "interface" in named:
        found = call.ec2.enis.get(named["interface"])
        if found is None:
            raise ControlError(f"{member}: no interface {named['interface']}")
        return reach.of_interface(found)
    address = str(IPv4Address(named["address"]))
    home = subnet.subnet_exists(call, named["subnet"]) if named.get("subnet") else None
    return Peer(named.get("name", address), address, tuple(named.get("groups", ())), home)
