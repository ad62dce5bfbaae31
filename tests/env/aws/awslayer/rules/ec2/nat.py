"""NAT gateways, zonal and regional, and how they come and go over time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...registry import answers, rule
from . import address, interface, nat_life
from .common import (
    client_token_repeats,
    missing,
    put_tags,
    remember_token,
    tags_fit_the_operation,
    tags_of,
)


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


@answers("ec2", "CreateNatGateway")
def create_nat_gateway(call: Call) -> dict[str, Any]:
    """Creates a NAT gateway: pending, then available or failed."""
    nat_gateway_parameters_fit(call.params)
    tags = tags_fit_the_operation(call, "natgateway")
    repeated = client_token_repeats(call)
    token = call.params.get("ClientToken")
    if repeated is not None and repeated in call.ec2.nat_gateways:
        return {"NatGateway": view(call, call.ec2.nat_gateways[repeated]), "ClientToken": token}
    nat = nat_life.zonal(call) if call.params.get("AvailabilityMode") != "regional" else nat_life.regional(call)
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
        call.world.after("nat.delete", call.memory, lambda: nat_life.deleted(call, nat))
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
        nat_life.bind(call, nat, one, zone)
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
