"""Network interfaces: those of users, and those that AWS makes for gateways and endpoints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...registry import answers, rule
from . import security_group, subnet
from .common import missing, put_tags, tags_fit_the_operation, tags_of


@rule("ec2.*")
def network_interface_exists(call: Call, interface_id: str) -> Any:
    """An operation on a network interface that does not exist is refused.

    Source: EC2 User Guide, "Error codes for the Amazon EC2 API" (InvalidNetworkInterfaceID.NotFound).
    """
    interface = call.ec2.enis.get(interface_id)
    if interface is None:
        raise missing("InvalidNetworkInterfaceID.NotFound", "networkInterface ID", interface_id)
    return interface


@rule("ec2.CreateNetworkInterface", "ec2.CreateVpcEndpoint", "ec2.ModifyVpcEndpoint")
def subnet_has_free_address(call: Call, of: Any) -> str:
    """A network interface needs a free address in its subnet.

    Source: EC2 error codes (InsufficientFreeAddressesInSubnet).
    """
    address = subnet.free_address(call, of)
    if address is None:
        text = f"The specified subnet does not have enough free addresses: {of.id}"
        raise AwsError("InsufficientFreeAddressesInSubnet", text)
    return address


def make(call: Call, of: Any, address: str, *, kind: str, description: str, group_ids: list[str], managed: bool) -> Any:
    """Puts an interface into a subnet."""
    made = call.ec2.create_network_interface(of, address, description=description, group_ids=group_ids or None)
    made.interface_type = kind
    made.requester_managed = managed
    if managed:
        made.status = "in-use"
        if not group_ids:
            made._group_set = []
    return made


def remove(call: Call, interface_id: str) -> None:
    """Takes an interface away."""
    call.ec2.enis.pop(interface_id, None)
    call.ec2.tags.pop(interface_id, None)


def remove_after_lingering(call: Call, interface_ids: list[str]) -> None:
    """Takes interfaces away that may outlive what they were made for."""
    ec2 = call.ec2

    def gone() -> None:
        for interface_id in interface_ids:
            ec2.enis.pop(interface_id, None)
            ec2.tags.pop(interface_id, None)

    call.world.after("interface.linger", call.memory, gone)
    call.world.settle(call.account)


def view(call: Call, interface: Any) -> dict[str, Any]:
    """A network interface as answers show it."""
    shown: dict[str, Any] = {
        "NetworkInterfaceId": interface.id,
        "SubnetId": interface.subnet.id,
        "VpcId": interface.subnet.vpc_id,
        "AvailabilityZone": interface.subnet.availability_zone,
        "Description": interface.description,
        "Groups": [{"GroupId": g.id, "GroupName": g.name} for g in interface._group_set],
        "InterfaceType": {"nat_gateway": "natGateway"}.get(interface.interface_type, interface.interface_type),
        "Ipv6Addresses": [],
        "MacAddress": interface.mac_address,
        "OwnerId": call.account,
        "PrivateIpAddress": interface.private_ip_address,
        "PrivateIpAddresses": [
            {"Primary": bool(a.get("Primary")), "PrivateIpAddress": a["PrivateIpAddress"]}
            for a in interface.private_ip_addresses
        ],
        "RequesterManaged": bool(interface.requester_managed),
        "SourceDestCheck": bool(interface.source_dest_check) and interface.interface_type != "nat_gateway",
        "Status": interface.status,
        "TagSet": tags_of(call, interface.id),
    }
    if interface.requester_managed:
        shown["RequesterId"] = "amazon-aws"
        shown["Attachment"] = {
            "AttachmentId": interface.id.replace("eni-", "ela-attach-"),
            "DeleteOnTermination": False,
            "DeviceIndex": 1,
            "InstanceOwnerId": "amazon-aws",
            "Status": "attached",
        }
    # An interface knows its public address; only then is it worth a search.
    address = next((a for a in call.ec2.addresses if a.eni is interface), None) if interface.public_ip else None
    if address is not None:
        shown["Association"] = {
            "AllocationId": address.allocation_id,
            "AssociationId": address.association_id,
            "IpOwnerId": call.account,
            "PublicDnsName": "",
            "PublicIp": address.public_ip,
        }
    return shown


@answers("ec2", "CreateNetworkInterface")
def create_network_interface(call: Call) -> dict[str, Any]:
    """Creates an interface of the user's."""
    of = subnet.subnet_exists(call, call.params["SubnetId"])
    tags = tags_fit_the_operation(call, "network-interface")
    groups = list(call.params.get("Groups") or [])
    for group_id in groups:
        security_group.security_group_exists(call, group_id)
    address = call.params.get("PrivateIpAddress") or subnet_has_free_address(call, of)
    made = make(
        call,
        of,
        address,
        kind="interface",
        description=call.params.get("Description", ""),
        group_ids=groups,
        managed=False,
    )
    put_tags(call, made.id, tags)
    call.created(made.id)
    return {"NetworkInterface": view(call, made)}


@answers("ec2", "DescribeNetworkInterfaces")
def describe_network_interfaces(call: Call) -> dict[str, Any]:
    """Lists network interfaces."""
    return describe(call, LISTING)


@rule("ec2.DeleteNetworkInterface")
def used_network_interface_stays(interface: Any) -> None:
    """An interface that AWS manages, or that is attached, cannot be deleted by the user.

    Source: EC2 User Guide, "Requester-managed network interfaces"; EC2 error codes
    (OperationNotPermitted, InvalidNetworkInterface.InUse).
    """
    if interface.requester_managed:
        text = f"You are not allowed to manage '{interface.id.replace('eni-', 'ela-attach-')}' attachments."
        raise AwsError("OperationNotPermitted", text)
    if interface.instance is not None:
        text = f"Network interface '{interface.id}' is currently in use."
        raise AwsError("InvalidNetworkInterface.InUse", text)


@answers("ec2", "DeleteNetworkInterface")
def delete_network_interface(call: Call) -> dict[str, Any]:
    """Deletes an interface of the user's; an address associated with it stays allocated."""
    interface = network_interface_exists(call, call.params["NetworkInterfaceId"])
    used_network_interface_stays(interface)
    for address in call.ec2.addresses:
        if address.eni is interface:
            address.eni = address.association_id = None
    remove(call, interface.id)
    return {}


def things(call: Call) -> Iterable[tuple[str, Any]]:
    """All network interfaces of the account and region."""
    return list(call.ec2.enis.items())


LISTING = Listing(
    result="NetworkInterfaces",
    id_member="NetworkInterfaceId",
    things=things,
    view=view,
    ids="NetworkInterfaceIds",
    not_found=lambda i: missing("InvalidNetworkInterfaceID.NotFound", "networkInterface ID", i),
    filters={
        "addresses.primary": "PrivateIpAddresses.Primary",
        "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
        "association.allocation-id": "Association.AllocationId",
        "association.association-id": "Association.AssociationId",
        "association.ip-owner-id": "Association.IpOwnerId",
        "association.public-dns-name": "Association.PublicDnsName",
        "association.public-ip": "Association.PublicIp",
        "attachment.attachment-id": "Attachment.AttachmentId",
        "attachment.instance-id": "Attachment.InstanceId",
        "attachment.instance-owner-id": "Attachment.InstanceOwnerId",
        "attachment.status": "Attachment.Status",
        "availability-zone": "AvailabilityZone",
        "description": "Description",
        "group-id": "Groups.GroupId",
        "group-name": "Groups.GroupName",
        "interface-type": "InterfaceType",
        "mac-address": "MacAddress",
        "network-interface-id": "NetworkInterfaceId",
        "owner-id": "OwnerId",
        "private-ip-address": "PrivateIpAddress",
        "requester-id": "RequesterId",
        "requester-managed": "RequesterManaged",
        "source-dest-check": "SourceDestCheck",
        "status": "Status",
        "subnet-id": "SubnetId",
        "vpc-id": "VpcId",
    },
)
