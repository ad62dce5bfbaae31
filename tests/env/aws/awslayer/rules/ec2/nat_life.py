"""How NAT gateways come and go over time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from moto.ec2.utils import random_nat_gateway_id

from ...call import Call
from ...errors import AwsError
from ...registry import rule
from . import address, gateway, interface, subnet, vpc, zones

_TERMINAL = ("deleted", "failed")


class Gateway:
    """A gateway as the layer keeps it, in moto's store and under the names that moto uses."""

    def __init__(self, vpc_id: str, mode: str, connectivity: str) -> None:
        self.id = random_nat_gateway_id()
        self.vpc_id = vpc_id
        self.subnet_id = ""
        self.mode = mode
        self.connectivity_type = connectivity
        self.state = "pending"
        self.created = datetime.now(UTC)
        self.deleted: datetime | None = None
        self.failure: tuple[str, str] | None = None
        self.address_set: list[dict[str, Any]] = []
        self.auto = False
        self.route_table_id: str | None = None


@rule("ec2.CreateNatGateway")
def nat_gateway_quota(call: Call, zone: str) -> None:
    """A bounded number of NAT gateways per zone; pending, available and deleting ones count.

    Source: aws-facts 1.2 and 5.2 (NatGatewayLimitExceeded, with AWS's message).
    """
    limit = call.quota("natGatewaysPerZone")
    here = 0
    for other in call.ec2.nat_gateways.values():
        if other.state not in _TERMINAL and other.subnet_id:
            here += subnet.subnet_exists(call, other.subnet_id).availability_zone == zone
    if here >= limit:
        text = f"Performing this operation would exceed the limit of {limit} NAT gateways"
        raise AwsError("NatGatewayLimitExceeded", text)


@rule("ec2.CreateNatGateway")
def nat_gateway_fails_later(call: Call, nat: Any, allocations: list[str]) -> tuple[str, str] | None:
    """Creation is accepted and ends `failed` when the VPC has no internet gateway, an allocation is
    unknown or taken, or the subnet is full; a test may order any other code.

    Source: aws-facts 5.2; botocore ec2.NatGateway, FailureCode; VPC User Guide, nat-gateway-troubleshooting.
    """
    world = call.world
    ordered = next((f for f in world.nat_failures if f["account"] == call.account), None)
    if ordered is not None:
        world.nat_failures.remove(ordered)
        return ordered["code"], ordered["message"]
    if nat.connectivity_type == "public" and gateway.attached_to(call, nat.vpc_id) is None:
        return "Gateway.NotAttached", f"Network {nat.vpc_id} has no Internet gateway attached"
    for allocation in allocations:
        found = next((a for a in call.ec2.addresses if a.allocation_id == allocation), None)
        if found is None:
            text = f"Elastic IP address {allocation} could not be associated with this NAT gateway"
            return "InvalidAllocationID.NotFound", text
        if found.association_id:
            return "Resource.AlreadyAssociated", f"Elastic IP address [{allocation}] is already associated"
    if nat.subnet_id and subnet.free_address(call, subnet.subnet_exists(call, nat.subnet_id)) is None:
        text = f"Network vpc subnet {nat.subnet_id} has insufficient free addresses to create this NAT gateway"
        return "InsufficientFreeAddressesInSubnet", text
    return None


def zonal(call: Call) -> Gateway:
    """Begins the life of a gateway in a subnet."""
    of = subnet.subnet_exists(call, call.params["SubnetId"])
    nat_gateway_quota(call, of.availability_zone)
    public = call.params.get("ConnectivityType", "public") == "public"
    nat = Gateway(of.vpc_id, "zonal", "public" if public else "private")
    nat.subnet_id = of.id
    allocations = [call.params["AllocationId"]] if public else []
    nat.failure = nat_gateway_fails_later(call, nat, allocations)
    if nat.failure is not None:
        nat.address_set = [{"AllocationId": a, "IsPrimary": True, "Status": "failed"} for a in allocations]
    elif public:
        bind(call, nat, address.allocation_exists(call, allocations[0]), None)
    else:
        made = _interface(call, nat, of)
        nat.address_set = [_entry(made, None, primary=True)]
    failure, nat.failure = nat.failure, None
    call.world.after("nat.create", call.memory, lambda: _decided(call, nat, failure))
    return nat


def regional(call: Call) -> Gateway:
    """Begins the life of a gateway of a whole VPC, with a route table of its own."""
    of = vpc.vpc_exists(call, call.params["VpcId"])
    nat = Gateway(of.id, "regional", "public")
    manual = call.params.get("AvailabilityZoneAddresses") or []
    nat.auto = not manual
    allocations = [a for entry in manual for a in entry.get("AllocationIds") or []]
    failure = nat_gateway_fails_later(call, nat, allocations)
    table = call.ec2.create_route_table(of.id)
    nat.route_table_id = table.id
    attached = gateway.attached_to(call, of.id)
    if attached is not None:
        call.ec2.create_route(table.id, "0.0.0.0/0", gateway_id=attached.id)
    if failure is None:
        for zone, one in _regional_addresses(call, nat, manual):
            one.association_id = "eipassoc-" + one.allocation_id.removeprefix("eipalloc-")
            nat.address_set.append(_regional_entry(call, zone, one))
    call.world.after("nat.create", call.memory, lambda: _decided(call, nat, failure))
    return nat


def _regional_addresses(call: Call, nat: Gateway, manual: list[dict[str, Any]]) -> Iterable[tuple[str, Any]]:
    if manual:
        for entry in manual:
            zone = entry.get("AvailabilityZone")
            if zone is None:
                named = zones.by_id(call, entry.get("AvailabilityZoneId", ""))
                zone = named["ZoneName"] if named else ""
            for allocation in entry.get("AllocationIds") or []:
                yield zone, address.allocation_exists(call, allocation)
        return
    used = {s.availability_zone for _, s in subnet.things(call) if s.vpc_id == nat.vpc_id}
    for zone in sorted(used):
        one = address.allocate(call)
        one.service_managed = "rnat"
        yield zone, one


def _regional_entry(call: Call, zone: str, one: Any) -> dict[str, Any]:
    named = zones.by_name(call, zone)
    return {
        "AllocationId": one.allocation_id,
        "AssociationId": one.association_id,
        "PublicIp": one.public_ip,
        "IsPrimary": True,
        "Status": "succeeded",
        "AvailabilityZone": zone,
        "AvailabilityZoneId": named["ZoneId"] if named else "",
    }


def _interface(call: Call, nat: Gateway, of: Any) -> Any:
    free = interface.subnet_has_free_address(call, of)
    text = f"Interface for NAT Gateway {nat.id}"
    return interface.make(call, of, free, kind="nat_gateway", description=text, group_ids=[], managed=True)


def bind(call: Call, nat: Any, one: Any, zone: str | None) -> None:
    """Gives a gateway an address, with an interface if it is zonal."""
    if nat.mode == "regional":
        one.association_id = "eipassoc-" + one.allocation_id.removeprefix("eipalloc-")
        nat.address_set.append(_regional_entry(call, zone or "", one))
        return
    made = _interface(call, nat, subnet.subnet_exists(call, nat.subnet_id))
    address.bind(one, made)
    nat.address_set.append(_entry(made, one, primary=not nat.address_set))


def _entry(made: Any, one: Any | None, *, primary: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "NetworkInterfaceId": made.id,
        "PrivateIp": made.private_ip_address,
        "IsPrimary": primary,
        "Status": "succeeded",
    }
    if one is not None:
        entry["AllocationId"] = one.allocation_id
        entry["PublicIp"] = one.public_ip
        entry["AssociationId"] = one.association_id
    return entry


def _decided(call: Call, nat: Gateway, failure: tuple[str, str] | None) -> None:
    if nat.state != "pending":
        return
    if failure is None:
        nat.state = "available"
        return
    nat.state, nat.failure = "failed", failure
    _free(call, nat)
    call.world.after("nat.visible", call.memory, lambda: _forget(call, nat))


def deleted(call: Call, nat: Gateway) -> None:
    """Ends a deletion: address and interface are free, the gateway stays visible for a while."""
    nat.state, nat.deleted = "deleted", datetime.now(UTC)
    _free(call, nat)
    call.world.after("nat.visible", call.memory, lambda: _forget(call, nat))


def _free(call: Call, nat: Gateway) -> None:
    for entry in nat.address_set:
        one = next((a for a in call.ec2.addresses if a.allocation_id == entry.get("AllocationId")), None)
        bound = entry.get("AssociationId")
        if one is not None and bound and one.association_id == bound:
            address.unbind(one)
            if getattr(one, "service_managed", None):
                address.release(call, one)
        if entry.get("NetworkInterfaceId"):
            interface.remove(call, entry["NetworkInterfaceId"])
    if nat.route_table_id:
        call.ec2.route_tables.pop(nat.route_table_id, None)


def _forget(call: Call, nat: Gateway) -> None:
    call.ec2.nat_gateways.pop(nat.id, None)
    call.ec2.tags.pop(nat.id, None)
