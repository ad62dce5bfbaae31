"""Whether traffic passes: security groups, prefix lists and route tables as AWS evaluates them.

The layer moves no packets. A flow is two peers and a port; every hop has a verdict with its reason.
Security groups are stateful: what is let through one way is answered the other way. Network ACLs
are taken to be the default ones, which let everything through.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from .call import Call
from .rules.ec2 import permissions, prefix_list, route, security_group

# Stands for the public addresses of services without a prefix list; a block of Amazon's.
_PUBLIC = "52.94.0.1"


@dataclass(frozen=True)
class Peer:
    """One end of a flow.

    `groups` are the security groups of its network interface; none at all means that no group
    filters it (a load balancer without groups, or an address outside of the VPC).
    `subnet` is None for an address outside of the VPC.
    """

    name: str
    address: str
    groups: tuple[str, ...] = ()
    subnet: Any = None
    public_address: bool = False


@dataclass(frozen=True)
class Hop:
    """One gate on the way, whether it lets the flow through, and why."""

    hop: str
    ok: bool
    why: str


def of_interface(interface: Any, name: str = "") -> Peer:
    """The peer behind one of moto's network interfaces."""
    return Peer(
        name=name or str(interface.id),
        address=str(interface.private_ip_address),
        groups=tuple(g.id for g in interface._group_set),
        subnet=interface.subnet,
        public_address=bool(interface.public_ip),
    )


def hops(call: Call, source: Peer, target: Peer, port: int, protocol: str = "tcp") -> list[Hop]:
    """Every gate between two peers, in order: the way out, the route, the way in. All are evaluated,
    also behind one that is closed.
    """
    gates = []
    if source.groups:
        gates.append(egress(call, source, target, port, protocol))
    if source.subnet is not None:
        gates.append(routed(call, source, target))
    if target.groups:
        gates.append(ingress(call, source, target, port, protocol))
    return gates


def weakest(call: Call, pairs: Iterable[tuple[Peer, Peer]], port: int, protocol: str = "tcp") -> list[Hop]:
    """The gates of the first pair, or of the first that is not open: where a connection may take any pair,
    the way is open only if all are.
    """
    every = [hops(call, source, target, port, protocol) for source, target in pairs]
    return next((gates for gates in every if not passes(gates)), every[0] if every else [])


def passes(gates: Iterable[Hop]) -> bool:
    """Whether every gate is open."""
    return all(gate.ok for gate in gates)


def to_service(call: Call, source: Peer, service: str, port: int = 443) -> list[Hop]:
    """Every gate between a peer inside a VPC and an AWS service of its region, named as in its endpoint's
    service name ("ecr.api", "logs", "s3"): the name, and what lies behind the name that it resolves to.

    Policies of endpoints are not looked at.
    """
    named, target = _resolved(call, source, service)
    return [named] if target is None else [named, *hops(call, source, target, port)]


def endpoint_of(call: Call, vpc_id: str, service: str) -> Any | None:
    """The interface endpoint to which a service's own name resolves in a VPC, if there is one:
    private DNS is on, and it is available.
    """
    name = f"com.amazonaws.{call.region}.{service}"
    for endpoint in call.ec2.vpc_end_points.values():
        private = endpoint.vpc_endpoint_type == "Interface" and endpoint.private_dns_enabled
        if private and (endpoint.vpc_id, endpoint.service_name) == (vpc_id, name) and endpoint.state == "available":
            return endpoint
    return None


def _resolved(call: Call, source: Peer, service: str) -> tuple[Hop, Peer | None]:
    """What a service's own name means in the source's VPC: an endpoint's interface, else a public address.

    https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html (private DNS)
    """
    what = f"name of {service}"
    vpc = call.ec2.vpcs[source.subnet.vpc_id]
    if not vpc.enable_dns_support:
        return Hop(what, False, f"{vpc.id} has enableDnsSupport off: no name resolves"), None
    endpoint = endpoint_of(call, vpc.id, service) if vpc.enable_dns_hostnames else None
    if endpoint is not None and endpoint.interfaces:
        own = call.ec2.enis[endpoint.interfaces.get(source.subnet.id) or next(iter(endpoint.interfaces.values()))]
        return Hop(what, True, f"private name of {endpoint.id}"), of_interface(own, f"{service} endpoint {endpoint.id}")
    listed = prefix_list.of_service(call, f"com.amazonaws.{call.region}.{service}")
    public = blocks_of(call, listed.id) if listed is not None else []
    address = str(public[0][1]) if public else _PUBLIC
    return Hop(what, True, f"public address {address}"), Peer(service, address)


def egress(call: Call, source: Peer, target: Peer, port: int, protocol: str = "tcp") -> Hop:
    """Whether a rule of the source's groups lets the flow out.

    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
    """
    what = f"egress of {source.name} to {target.name} port {port}"
    return _gate(call, what, source.groups, target, port, protocol, outbound=True)


def ingress(call: Call, source: Peer, target: Peer, port: int, protocol: str = "tcp") -> Hop:
    """Whether a rule of the target's groups lets the flow in.

    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
    """
    what = f"ingress of {target.name} from {source.name} port {port}"
    return _gate(call, what, target.groups, source, port, protocol, outbound=False)


def routed(call: Call, source: Peer, target: Peer) -> Hop:
    """Whether the route table of the source's subnet leads to the target: the most specific route counts.

    https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html (route priority)
    """
    what = f"route from {source.name} to {target.name}"
    table = table_of(call, source.subnet)
    if table is None:
        return Hop(what, False, f"subnet {source.subnet.id} has no route table")
    best = _most_specific(call, table, IPv4Address(target.address))
    if best is None:
        return Hop(what, False, f"no route of {table.id} leads to {target.address}")
    if best.local:
        there = target.subnet is not None and target.subnet.vpc_id == source.subnet.vpc_id
        text = f"local route of {table.id} to {best.destination_cidr_block}"
        return Hop(what, there, text if there else f"{text}, but {target.name} is not in {source.subnet.vpc_id}")
    leads = _destination(best)
    if route.target_gone_makes_blackhole(call, best):
        return Hop(what, False, f"the route of {table.id} to {leads} is a blackhole")
    return _leaves(what, source, target, table, best)


def table_of(call: Call, subnet: Any) -> Any | None:
    """The route table in force for a subnet: the one associated with it, else the VPC's main table."""
    tables = [t for t in call.ec2.route_tables.values() if t.vpc_id == subnet.vpc_id]
    own = next((t for t in tables if subnet.id in t._associations.values()), None)
    return own or next((t for t in tables if t.main_association_id), None)


def _leaves(what: str, source: Peer, target: Peer, table: Any, best: Any) -> Hop:
    """A route that is not local: to a gateway endpoint, a NAT gateway, an internet gateway."""
    leads = _destination(best)
    if target.subnet is not None:
        return Hop(what, False, f"the route of {table.id} to {leads} leads out of the VPC")
    if best.vpc_endpoint_id:
        return Hop(what, True, f"gateway endpoint {best.vpc_endpoint_id} by {table.id}")
    if best.nat_gateway is not None:
        return Hop(what, True, f"NAT gateway {best.nat_gateway.id} by {table.id}")
    if best.gateway is not None and not source.public_address:
        text = f"{source.name} has no public address for the internet gateway {best.gateway.id}"
        return Hop(what, False, text)
    return Hop(what, True, f"the route of {table.id} to {leads}")


def _gate(
    call: Call, what: str, groups: tuple[str, ...], peer: Peer, port: int, protocol: str, *, outbound: bool
) -> Hop:
    for group_id in groups:
        group = security_group.find(call, group_id)
        if group is None:
            continue
        for one in group.egress_rules if outbound else group.ingress_rules:
            allowed = permissions.of_rule(one)
            if _covers(allowed, port, protocol) and _names(call, allowed, peer):
                return Hop(what, True, f"{group_id}: {allowed.text()}")
    direction = "egress" if outbound else "ingress"
    who = f"{peer.address} ({', '.join(peer.groups)})" if peer.groups else peer.address
    text = f"no {direction} rule of {', '.join(groups)} allows {protocol} {port} with {who}"
    return Hop(what, False, text)


def _covers(allowed: permissions.Permission, port: int, protocol: str) -> bool:
    if allowed.protocol == "-1":
        return True
    if allowed.protocol != protocol or allowed.from_port is None or allowed.to_port is None:
        return False
    return int(allowed.from_port) <= port <= int(allowed.to_port)


def _names(call: Call, allowed: permissions.Permission, peer: Peer) -> bool:
    """Whether the rule's peer is this one: by a group that it carries, or by its address."""
    if allowed.kind == "GroupId":
        return allowed.value in peer.groups
    address = IPv4Address(peer.address)
    if allowed.kind == "CidrIp":
        return address in IPv4Network(allowed.value)
    if allowed.kind == "PrefixListId":
        return any(address in block for block in blocks_of(call, allowed.value))
    return False


def blocks_of(call: Call, list_id: str) -> list[IPv4Network]:
    """The blocks of a prefix list in its latest version; none if there is no such list."""
    found = prefix_list.prefix_lists_of_aws_have_one_id_per_region(call).get(list_id)
    if found is None or not found.entries:
        return []
    latest = list(found.entries.values())[-1]
    return [IPv4Network(entry["Cidr"]) for entry in latest if ":" not in entry["Cidr"]]


def _most_specific(call: Call, table: Any, address: IPv4Address) -> Any | None:
    """The route with the longest prefix that holds the address. Routes of gateway endpoints are more
    specific than any default route, being to the blocks of a prefix list.
    """
    fits = []
    for one in table._routes.values():
        blocks = [IPv4Network(one.destination_cidr_block)] if one.destination_cidr_block else []
        if one.destination_prefix_list_id:
            blocks = blocks_of(call, one.destination_prefix_list_id)
        fits += [(block.prefixlen, bool(one.local), one) for block in blocks if address in block]
    return max(fits, key=lambda fit: fit[:2])[2] if fits else None


def _destination(one: Any) -> str:
    return str(one.destination_cidr_block or one.destination_prefix_list_id)
