"""Elastic IP addresses."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import Any

from moto.ec2.utils import random_eip_association_id

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...registry import answers, rule
from . import interface
from .common import missing, put_tags, tags_fit_the_operation, tags_of

# Documentation ranges do not suffice for a hundred stacks; 18.200.0.0/16 is Amazon's own in eu-west-1.
_FIRST_PUBLIC = IPv4Address("18.200.0.1")


@rule("ec2.*")
def allocation_exists(call: Call, allocation_id: str) -> Any:
    """An operation on an allocation that does not exist is refused.

    Source: EC2 User Guide, "Error codes for the Amazon EC2 API" (InvalidAllocationID.NotFound).
    """
    found = next((a for a in call.ec2.addresses if a.allocation_id == allocation_id), None)
    if found is None:
        raise missing("InvalidAllocationID.NotFound", "allocation ID", allocation_id)
    return found


def view(call: Call, address: Any) -> dict[str, Any]:
    """An address as answers show it."""
    shown = {
        "AllocationId": address.allocation_id,
        "Domain": "vpc",
        "PublicIp": address.public_ip,
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": call.region,
        "Tags": tags_of(call, address.allocation_id),
    }
    if address.association_id:
        shown["AssociationId"] = address.association_id
    if address.eni is not None:
        managed = address.eni.requester_managed
        shown["NetworkInterfaceId"] = address.eni.id
        shown["NetworkInterfaceOwnerId"] = "amazon-aws" if managed else call.account
        shown["PrivateIpAddress"] = address.eni.private_ip_address
    service = getattr(address, "service_managed", None)
    if service:
        shown["ServiceManaged"] = service
    return shown


@rule("ec2.AllocateAddress", "ec2.CreateNatGateway")
def address_quota(call: Call) -> None:
    """A bounded number of addresses per Region.

    Source: aws-facts 1.2 (5 by default) and 5.2 (AddressLimitExceeded, with AWS's message).
    """
    own = [a for a in call.ec2.addresses if not getattr(a, "service_managed", None)]
    if len(own) >= call.quota("addresses"):
        raise AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.")


def allocate(call: Call) -> Any:
    """Allocates the lowest free public address: no two in a region are ever the same."""
    taken = {a.public_ip for a in call.ec2.addresses}
    address = _FIRST_PUBLIC
    while str(address) in taken:
        address += 1
    return call.ec2.allocate_address("vpc", address=str(address))


@answers("ec2", "AllocateAddress")
def allocate_address(call: Call) -> dict[str, Any]:
    """Allocates an address."""
    tags = tags_fit_the_operation(call, "elastic-ip")
    address_quota(call)
    made = allocate(call)
    put_tags(call, made.allocation_id, tags)
    call.created(made.allocation_id)
    return {
        "AllocationId": made.allocation_id,
        "Domain": "vpc",
        "NetworkBorderGroup": call.region,
        "PublicIp": made.public_ip,
        "PublicIpv4Pool": "amazon",
    }


@answers("ec2", "DescribeAddresses")
def describe_addresses(call: Call) -> dict[str, Any]:
    """Lists addresses; this operation has no pages."""
    wanted = call.params.get("PublicIps") or []
    known = {a.public_ip for a in call.ec2.addresses}
    for public_ip in wanted:
        if public_ip not in known:
            raise AwsError("InvalidAddress.NotFound", f"Address '{public_ip}' not found.")
    result = describe(call, LISTING)
    if wanted:
        result["Addresses"] = [a for a in result["Addresses"] if a["PublicIp"] in wanted]
    return result


@rule("ec2.ReleaseAddress")
def address_in_use_stays(address: Any) -> None:
    """An associated address cannot be released; one of a service is never the user's to release.

    Source: aws-facts 7 (InvalidIPAddress.InUse, AuthFailure); botocore ec2.ReleaseAddress.
    """
    if getattr(address, "service_managed", None):
        raise AwsError("AuthFailure", "You do not have permission to access the specified resource.")
    if address.association_id:
        raise AwsError("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")


@answers("ec2", "ReleaseAddress")
def release_address(call: Call) -> dict[str, Any]:
    """Releases an address."""
    if not call.params.get("AllocationId"):
        raise AwsError("MissingParameter", "The request must contain the parameter AllocationId")
    address = allocation_exists(call, call.params["AllocationId"])
    address_in_use_stays(address)
    release(call, address)
    return {}


def release(call: Call, address: Any) -> None:
    """Takes an address out of the store."""
    call.ec2.addresses.remove(address)
    call.ec2.tags.pop(address.allocation_id, None)


@rule("ec2.AssociateAddress")
def one_association_per_address(address: Any, *, reassociation: bool) -> None:
    """An associated address moves only when reassociation is allowed.

    Source: botocore ec2.AssociateAddress; EC2 error codes (Resource.AlreadyAssociated).
    """
    if address.association_id and not reassociation:
        text = f"resource {address.allocation_id} is already associated with associate-id {address.association_id}"
        raise AwsError("Resource.AlreadyAssociated", text)


def bind(address: Any, to: Any) -> str:
    """Associates an address with an interface."""
    address.eni = to
    address.association_id = random_eip_association_id()
    to.public_ip = address.public_ip
    return str(address.association_id)


def unbind(address: Any) -> None:
    """Undoes an association."""
    if address.eni is not None:
        address.eni.public_ip = None
    address.eni = address.association_id = None


@answers("ec2", "AssociateAddress")
def associate_address(call: Call) -> dict[str, Any]:
    """Associates an address with an interface of the user's."""
    address = allocation_exists(call, call.params.get("AllocationId", ""))
    to = interface.network_interface_exists(call, call.params.get("NetworkInterfaceId", ""))
    one_association_per_address(address, reassociation=bool(call.params.get("AllowReassociation")))
    unbind(address)
    return {"AssociationId": bind(address, to)}


@rule("ec2.DisassociateAddress")
def managed_association_stays(address: Any) -> None:
    """The address of a NAT gateway cannot be disassociated by hand.

    Source: VPC User Guide, "NAT gateway basics" (an address cannot be disassociated after creation);
    aws-facts 7 (AuthFailure).
    """
    if address.eni is not None and address.eni.requester_managed:
        raise AwsError("AuthFailure", "You do not have permission to access the specified resource.")


@answers("ec2", "DisassociateAddress")
def disassociate_address(call: Call) -> dict[str, Any]:
    """Disassociates an address."""
    wanted = call.params.get("AssociationId", "")
    address = next((a for a in call.ec2.addresses if a.association_id and a.association_id == wanted), None)
    if address is None:
        raise missing("InvalidAssociationID.NotFound", "association ID", wanted)
    managed_association_stays(address)
    unbind(address)
    return {}


def things(call: Call) -> Iterable[tuple[str, Any]]:
    """All addresses of the account and region."""
    return [(a.allocation_id, a) for a in call.ec2.addresses]


LISTING = Listing(
    result="Addresses",
    id_member="AllocationId",
    things=things,
    view=view,
    ids="AllocationIds",
    not_found=lambda i: missing("InvalidAllocationID.NotFound", "allocation ID", i),
    filters={
        "allocation-id": "AllocationId",
        "association-id": "AssociationId",
        "domain": "Domain",
        "instance-id": "InstanceId",
        "network-border-group": "NetworkBorderGroup",
        "network-interface-id": "NetworkInterfaceId",
        "network-interface-owner-id": "NetworkInterfaceOwnerId",
        "private-ip-address": "PrivateIpAddress",
        "public-ip": "PublicIp",
    },
    paged=False,
)
