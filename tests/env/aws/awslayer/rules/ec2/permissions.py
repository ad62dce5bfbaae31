"""Permissions of requests as single rules, and rules as the permissions of answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import rule

_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
_NUMBERS = {str(n) for n in range(256)}


@dataclass(frozen=True)
class Permission:
    """One rule as it is compared: the description does not count."""

    protocol: str
    from_port: int | None
    to_port: int | None
    kind: str  # CidrIp | CidrIpv6 | PrefixListId | GroupId
    value: str

    def text(self) -> str:
        """How EC2's messages name it."""
        ports = "ALL" if self.protocol == "-1" else f"from port: {self.from_port}, to port: {self.to_port}"
        return f"peer: {self.value}, {self.protocol.upper()}, {ports}, ALLOW"


def asked_for(params: dict[str, Any]) -> Iterator[tuple[Permission, str | None]]:
    """The single rules of a request, with their descriptions."""
    listed = list(params.get("IpPermissions") or [])
    if params.get("CidrIp") or params.get("IpProtocol"):
        flat = {k: params[k] for k in ("IpProtocol", "FromPort", "ToPort") if k in params}
        listed.append({**flat, "IpRanges": [{"CidrIp": params["CidrIp"]}] if params.get("CidrIp") else []})
    if not listed:
        raise AwsError("MissingParameter", "The request must contain the parameter ipPermissions")
    for item in listed:
        protocol, low, high = protocol_and_ports(item)
        peers = list(_peers(item))
        if not peers:
            raise AwsError("InvalidParameterValue", "No peer (CIDR, prefix list or group) is given")
        for kind, value, description in peers:
            yield Permission(protocol, low, high, kind, value), description


@rule("ec2.AuthorizeSecurityGroupIngress", "ec2.AuthorizeSecurityGroupEgress", "ec2.ModifySecurityGroupRules")
def protocol_and_ports(item: dict[str, Any]) -> tuple[str, int | None, int | None]:
    """A known protocol; both ports for TCP and UDP, in order and within 0 to 65535; none for -1.

    Source: botocore ec2.IpPermission (IpProtocol, FromPort, ToPort); EC2 error codes
    (InvalidParameterValue, InvalidPermission.Malformed).
    """
    given = str(item.get("IpProtocol", "")).lower()
    protocol = _PROTOCOLS.get(given, given)
    if protocol not in ("-1", "tcp", "udp", "icmp", "icmpv6") and protocol not in _NUMBERS:
        text = (
            f"Invalid value '{given or 'null'}' for protocol. "
            "VPC security group rules must specify protocols explicitly."
        )
        raise AwsError("InvalidParameterValue", text)
    low, high = item.get("FromPort"), item.get("ToPort")
    if protocol not in ("tcp", "udp", "icmp", "icmpv6"):
        return protocol, None, None
    if low is None or high is None:
        text = "Invalid value for portRange. Must specify both from and to ports with TCP/UDP."
        raise AwsError("InvalidParameterValue", text)
    if protocol in ("tcp", "udp") and not 0 <= low <= high <= 65535:
        raise AwsError("InvalidParameterValue", f"Invalid port range: {low} to {high}")
    return protocol, int(low), int(high)


@rule("ec2.AuthorizeSecurityGroupIngress", "ec2.AuthorizeSecurityGroupEgress")
def peer_block_in_canonical_form(kind: str, text: str) -> str:
    """A rule's CIDR block is read and brought to its canonical form.

    Source: botocore ec2.AuthorizeSecurityGroupIngress ("If you specify 100.68.0.18/18, ... we modify it");
    EC2 error codes (InvalidParameterValue: CIDR block is malformed).
    """
    try:
        return str(IPv6Network(text, strict=False) if kind == "CidrIpv6" else IPv4Network(text, strict=False))
    except ValueError as error:
        raise AwsError("InvalidParameterValue", f"CIDR block {text} is malformed") from error


def of_rule(one: Any) -> Permission:
    """What a stored rule permits."""
    for kind in ("CidrIp", "CidrIpv6"):
        if one.ip_range.get(kind):
            return Permission(str(one.ip_protocol), one.from_port, one.to_port, kind, one.ip_range[kind])
    if one.prefix_list_id:
        return Permission(str(one.ip_protocol), one.from_port, one.to_port, "PrefixListId", one.prefix_list_id)
    group = str(one.source_group.get("GroupId"))
    return Permission(str(one.ip_protocol), one.from_port, one.to_port, "GroupId", group)


def grouped(call: Call, rules: Iterable[Any]) -> list[dict[str, Any]]:
    """Rules as IpPermissions: one entry per protocol and ports."""
    entries: dict[tuple[str, int | None, int | None], dict[str, Any]] = {}
    for one in rules:
        allowed = of_rule(one)
        entry = entries.setdefault(
            (allowed.protocol, allowed.from_port, allowed.to_port),
            {
                "IpProtocol": allowed.protocol,
                **({} if allowed.from_port is None else {"FromPort": allowed.from_port, "ToPort": allowed.to_port}),
                "UserIdGroupPairs": [],
                "IpRanges": [],
                "Ipv6Ranges": [],
                "PrefixListIds": [],
            },
        )
        described = {"Description": one.ip_range["Description"]} if one.ip_range.get("Description") else {}
        if allowed.kind == "GroupId":
            entry["UserIdGroupPairs"].append({"GroupId": allowed.value, "UserId": call.account, **described})
        else:
            member = {"CidrIp": "IpRanges", "CidrIpv6": "Ipv6Ranges", "PrefixListId": "PrefixListIds"}
            entry[member[allowed.kind]].append({allowed.kind: allowed.value, **described})
    return list(entries.values())


def _peers(item: dict[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    for member, kind in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
        for peer in item.get(member) or []:
            yield kind, peer_block_in_canonical_form(kind, peer.get(kind, "")), peer.get("Description")
    for peer in item.get("PrefixListIds") or []:
        yield "PrefixListId", peer.get("PrefixListId", ""), peer.get("Description")
    for peer in item.get("UserIdGroupPairs") or []:
        yield "GroupId", peer.get("GroupId", ""), peer.get("Description")
