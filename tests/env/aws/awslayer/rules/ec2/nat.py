"""NAT gateways, zonal and regional, and how they come and go over time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.utils import random_nat_gateway_id

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...registry import answers, rule
from . import address, gateway, interface, subnet, vpc, zones
from .common import (
    client_token_repeats,
    missing,
    put_tags,
    remember_token,
    tags_fit_the_operation,
    tags_of,
)

_TERMINAL = ("deleted", "failed")


class Gateway(NatGateway):
    """Moto's class, so that its routes can point here, with what moto does not know."""

    def __init__(self, call: Call, vpc_id: str, mode: str, connectivity: str) -> None:
        self.ec2_backend = call.ec2
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


@rule("ec2.*")
def nat_gateway_exists(call: Call, nat_id: str) -> Any:
    """An operation on a NAT gateway that does not exist is refused.

    Source: emulator-notes (DeleteNatGateway); EC2 error codes (NatGatewayNotFound).
    """
    found = call.ec2.nat_gateways.get(nat_id)
    if found is None:
        raise AwsError("NatGatewayNotFound", f"NatGateway {nat_id} was not found")
    return found


def view(call: Call, nat: Any) -> dict[str, Any]:
    """A NAT gateway as answers show it."""
    shown: dict[str, Any] = {
        "NatGatewayId": nat.id,
        "State": nat.state,
        "VpcId": nat.vpc_id,
        "ConnectivityType": nat.connectivity_type,
        "AvailabilityMode": nat.mode,
        "CreateTime": nat.created,
        "NatGatewayAddresses": [dict(a) for a in nat.address_set],
        "Tags": tags_of(call, nat.id),
    }
    if nat.subnet_id:
        shown["SubnetId"] = nat.subnet_id
    if nat.mode == "regional":
        shown["AutoScalingIps"] = shown["AutoProvisionZones"] = "enabled" if nat.auto else "disabled"
        shown["RouteTableId"] = nat.route_table_id
    if nat.deleted is not None:
        shown["DeleteTime"] = nat.deleted
    if nat.failure is not None:
        shown["FailureCode"], shown["FailureMessage"] = nat.failure
    return shown


@rule("ec2.CreateNatGateway")
def nat_gateway_parameters_fit(params: dict[str, Any]) -> None:
    """Zonal: a subnet, and an allocation if public. Regional: a VPC, public, no subnet, no allocation.

    Source: aws-facts 5.2; VPC User Guide, nat-gateways-regional; botocore ec2.CreateNatGateway.
    """
    regional = params.get("AvailabilityMode") == "regional"
    public = params.get("ConnectivityType", "public") == "public"
    if regional:
        if not params.get("VpcId"):
            raise AwsError("MissingParameter", "The request must contain the parameter VpcId")
        for name in ("SubnetId", "AllocationId"):
            if params.get(name):
                text = f"{name} cannot be specified for a regional NAT gateway"
                raise AwsError("InvalidParameterCombination", text)
        if not public:
            raise AwsError("InvalidParameterCombination", "A regional NAT gateway must be public")
        return
    if not params.get("SubnetId"):
        raise AwsError("MissingParameter", "The request must contain the parameter subnetId")
    if params.get("AvailabilityZoneAddresses"):
        text = "AvailabilityZoneAddresses can only be specified for a regional NAT gateway"
        raise AwsError("InvalidParameterCombination", text)
    if public and not params.get("AllocationId"):
        raise AwsError("MissingParameter", "The request must contain the parameter allocationId")
    if not public and params.get("AllocationId"):
        text = "AllocationId cannot be specified for a private NAT gateway"
        raise AwsError("InvalidParameterCombination", text)


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


@answers("ec2", "CreateNatGateway")
def create_nat_gateway(call: Call) -> dict[str, Any]:
    """Creates a NAT gateway: pending, then available or failed."""
    nat_gateway_parameters_fit(call.params)
    tags = tags_fit_the_operation(call, "natgateway")
    repeated = client_token_repeats(call)
    token = call.params.get("ClientToken")
    if repeated is not None and repeated in call.ec2.nat_gateways:
        return {"NatGateway": view(call, call.ec2.nat_gateways[repeated]), "ClientToken": token}
    nat = _zonal(call) if call.params.get("AvailabilityMode") != "regional" else _regional(call)
    call.ec2.nat_gateways[nat.id] = nat
    put_tags(call, nat.id, tags)
    remember_token(call, nat.id)
    call.created(nat.id)
    return {"NatGateway": view(call, nat), **({"ClientToken": token} if token else {})}


@answers("ec2", "DescribeNatGateways")
def describe_nat_gateways(call: Call) -> dict[str, Any]:
    """Lists NAT gateways, those deleted or failed within the last hour included."""
    return describe(call, LISTING)


@answers("ec2", "DeleteNatGateway")
def delete_nat_gateway(call: Call) -> dict[str, Any]:
    """Deletes a NAT gateway: deleting, then deleted; its address stays bound until then."""
    nat = nat_gateway_exists(call, call.params["NatGatewayId"])
    delete_is_idempotent = nat.state in ("deleting", "deleted")
    if not delete_is_idempotent:
        nat.state = "deleting"
        call.world.after("nat.delete", call.memory, lambda: _deleted(call, nat))
    return {"NatGatewayId": nat.id}


@rule("ec2.AssociateNatGatewayAddress", "ec2.DisassociateNatGatewayAddress")
def nat_gateway_takes_addresses_when_available(nat: Any) -> None:
    """Addresses are added to and taken from a public gateway that is available.

    Source: VPC User Guide, "Edit secondary IP address associations"; the code is not documented,
    IncorrectState is assumed.
    """
    if nat.state != "available" or nat.connectivity_type != "public":
        raise AwsError("IncorrectState", f"NatGateway {nat.id} is not available and public")


@answers("ec2", "AssociateNatGatewayAddress")
def associate_nat_gateway_address(call: Call) -> dict[str, Any]:
    """Adds secondary addresses, which moto lacks."""
    nat = nat_gateway_exists(call, call.params["NatGatewayId"])
    nat_gateway_takes_addresses_when_available(nat)
    found = [address.allocation_exists(call, a) for a in call.params["AllocationIds"]]
    for one in found:
        address.one_association_per_address(one, reassociation=False)
    for one in found:
        zone = call.params.get("AvailabilityZone")
        _bind(call, nat, one, zone)
    return {"NatGatewayId": nat.id, "NatGatewayAddresses": [dict(a) for a in nat.address_set]}


@answers("ec2", "DisassociateNatGatewayAddress")
def disassociate_nat_gateway_address(call: Call) -> dict[str, Any]:
    """Takes secondary addresses away, which moto lacks."""
    nat = nat_gateway_exists(call, call.params["NatGatewayId"])
    nat_gateway_takes_addresses_when_available(nat)
    for wanted in call.params["AssociationIds"]:
        entry = next((a for a in nat.address_set if a.get("AssociationId") == wanted), None)
        if entry is None or (entry.get("IsPrimary") and nat.mode == "zonal"):
            raise missing("InvalidAssociationID.NotFound", "association ID", wanted)
        address.unbind(address.allocation_exists(call, entry["AllocationId"]))
        nat.address_set.remove(entry)
        interface.remove(call, entry["NetworkInterfaceId"])
    return {"NatGatewayId": nat.id, "NatGatewayAddresses": [dict(a) for a in nat.address_set]}


def _zonal(call: Call) -> Gateway:
    of = subnet.subnet_exists(call, call.params["SubnetId"])
    nat_gateway_quota(call, of.availability_zone)
    public = call.params.get("ConnectivityType", "public") == "public"
    nat = Gateway(call, of.vpc_id, "zonal", "public" if public else "private")
    nat.subnet_id = of.id
    allocations = [call.params["AllocationId"]] if public else []
    nat.failure = nat_gateway_fails_later(call, nat, allocations)
    if nat.failure is not None:
        nat.address_set = [{"AllocationId": a, "IsPrimary": True, "Status": "failed"} for a in allocations]
    elif public:
        _bind(call, nat, address.allocation_exists(call, allocations[0]), None)
    else:
        made = _interface(call, nat, of)
        nat.address_set = [_entry(made, None, primary=True)]
    failure, nat.failure = nat.failure, None
    call.world.after("nat.create", call.memory, lambda: _decided(call, nat, failure))
    return nat


def _regional(call: Call) -> Gateway:
    of = vpc.vpc_exists(call, call.params["VpcId"])
    nat = Gateway(call, of.id, "regional", "public")
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


def _bind(call: Call, nat: Any, one: Any, zone: str | None) -> None:
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


def _deleted(call: Call, nat: Gateway) -> None:
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


def things(call: Call) -> Iterable[tuple[str, Any]]:
    """All NAT gateways of the account and region."""
    return list(call.ec2.nat_gateways.items())


LISTING = Listing(
    result="NatGateways",
    id_member="NatGatewayId",
    things=things,
    view=view,
    ids="NatGatewayIds",
    not_found=lambda i: AwsError("NatGatewayNotFound", f"NatGateway {i} was not found"),
    filters={
        "nat-gateway-id": "NatGatewayId",
        "state": "State",
        "subnet-id": "SubnetId",
        "vpc-id": "VpcId",
    },
    filter_member="Filter",
)
