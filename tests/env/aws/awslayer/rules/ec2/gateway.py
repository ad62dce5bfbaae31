"""Internet gateways and their attachment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...registry import answers, rule
from . import vpc
from .common import missing, put_tags, tags_fit_the_operation, tags_of


@rule("ec2.*")
def internet_gateway_exists(call: Call, gateway_id: str) -> Any:
    """An operation on an internet gateway that does not exist is refused.

    Source: EC2 User Guide, "Error codes for the Amazon EC2 API" (InvalidInternetGatewayID.NotFound).
    """
    gateway = call.ec2.internet_gateways.get(gateway_id)
    if gateway is None:
        raise missing("InvalidInternetGatewayID.NotFound", "internetGateway ID", gateway_id)
    return gateway


def view(call: Call, gateway: Any) -> dict[str, Any]:
    """An internet gateway as answers show it."""
    attached = [{"State": "available", "VpcId": gateway.vpc.id}] if gateway.vpc else []
    return {
        "InternetGatewayId": gateway.id,
        "Attachments": attached,
        "OwnerId": call.account,
        "Tags": tags_of(call, gateway.id),
    }


def attached_to(call: Call, vpc_id: str) -> Any | None:
    """The internet gateway of a VPC."""
    gateways = call.ec2.internet_gateways.values()
    return next((g for g in gateways if g.vpc is not None and g.vpc.id == vpc_id), None)


@rule("ec2.CreateInternetGateway")
def internet_gateway_quota(call: Call) -> None:
    """A bounded number of internet gateways per Region.

    Source: aws-facts 1.2 (5 by default); EC2 error codes (InternetGatewayLimitExceeded).
    """
    if len(call.ec2.internet_gateways) >= call.quota("internetGateways"):
        text = "The maximum number of internet gateways has been reached."
        raise AwsError("InternetGatewayLimitExceeded", text)


@answers("ec2", "CreateInternetGateway")
def create_internet_gateway(call: Call) -> dict[str, Any]:
    """Creates an internet gateway that is attached to nothing."""
    tags = tags_fit_the_operation(call, "internet-gateway")
    internet_gateway_quota(call)
    gateway = call.ec2.create_internet_gateway()
    put_tags(call, gateway.id, tags)
    call.created(gateway.id)
    return {"InternetGateway": view(call, gateway)}


@answers("ec2", "DescribeInternetGateways")
def describe_internet_gateways(call: Call) -> dict[str, Any]:
    """Lists internet gateways."""
    return describe(call, LISTING)


@rule("ec2.AttachInternetGateway")
def internet_gateway_attached_once(gateway: Any) -> None:
    """An internet gateway is attached to one VPC at most.

    Source: aws-facts 6.2; EC2 error codes (Resource.AlreadyAssociated).
    """
    if gateway.vpc is not None:
        text = f"resource {gateway.id} is already attached to network {gateway.vpc.id}"
        raise AwsError("Resource.AlreadyAssociated", text)


@rule("ec2.AttachInternetGateway")
def one_internet_gateway_per_vpc(call: Call, vpc_id: str) -> None:
    """A VPC has one internet gateway at most.

    Source: VPC User Guide, "Enable internet access"; the answer as real accounts gave it:
    github.com/cloudfoundry-incubator/kubo-deployment/issues/167.
    """
    if attached_to(call, vpc_id) is not None:
        text = f"Network {vpc_id} already has an internet gateway attached"
        raise AwsError("InvalidParameterValue", text)


@answers("ec2", "AttachInternetGateway")
def attach_internet_gateway(call: Call) -> dict[str, Any]:
    """Attaches an internet gateway to a VPC."""
    gateway = internet_gateway_exists(call, call.params["InternetGatewayId"])
    to = vpc.vpc_exists(call, call.params["VpcId"])
    internet_gateway_attached_once(gateway)
    one_internet_gateway_per_vpc(call, to.id)
    gateway.vpc = to
    return {}


@rule("ec2.DetachInternetGateway")
def detach_refused_with_mapped_addresses(call: Call, vpc_id: str) -> None:
    """An internet gateway stays attached while public addresses are mapped into the VPC.

    Source: aws-facts 7; VPC User Guide, VPC_Internet_Gateway; message: gruntwork-io/cloud-nuke pull 591.
    """
    mapped = any(e.vpc_id == vpc_id and e.public_ip for e in call.ec2.enis.values())
    # A regional NAT gateway has addresses, but no interface in any subnet.
    regional = any(
        n.vpc_id == vpc_id and n.mode == "regional" and n.state not in ("deleted", "failed")
        for n in call.ec2.nat_gateways.values()
    )
    if mapped or regional:
        raise AwsError(
            "DependencyViolation",
            f"Network {vpc_id} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway.",
        )


@rule("ec2.DetachInternetGateway")
def detach_needs_attachment(gateway: Any, vpc_id: str) -> None:
    """Only an attached gateway can be detached.

    Source: EC2 error codes (Gateway.NotAttached).
    """
    if gateway.vpc is None or gateway.vpc.id != vpc_id:
        raise AwsError("Gateway.NotAttached", f"resource {gateway.id} is not attached to network {vpc_id}")


@answers("ec2", "DetachInternetGateway")
def detach_internet_gateway(call: Call) -> dict[str, Any]:
    """Detaches an internet gateway; routes to it become blackholes."""
    gateway = internet_gateway_exists(call, call.params["InternetGatewayId"])
    detach_needs_attachment(gateway, call.params["VpcId"])
    detach_refused_with_mapped_addresses(call, call.params["VpcId"])
    gateway.vpc = None
    return {}


@rule("ec2.DeleteInternetGateway")
def attached_internet_gateway_stays(gateway: Any) -> None:
    """An attached internet gateway cannot be deleted.

    Source: botocore ec2.DeleteInternetGateway ("You must detach"); EC2 error codes (DependencyViolation).
    """
    if gateway.vpc is not None:
        text = f"The internetGateway '{gateway.id}' has dependencies and cannot be deleted."
        raise AwsError("DependencyViolation", text)


@answers("ec2", "DeleteInternetGateway")
def delete_internet_gateway(call: Call) -> dict[str, Any]:
    """Deletes a detached internet gateway."""
    gateway = internet_gateway_exists(call, call.params["InternetGatewayId"])
    attached_internet_gateway_stays(gateway)
    call.ec2.internet_gateways.pop(gateway.id)
    call.ec2.tags.pop(gateway.id, None)
    return {}


def things(call: Call) -> Iterable[tuple[str, Any]]:
    """All internet gateways of the account and region."""
    return list(call.ec2.internet_gateways.items())


LISTING = Listing(
    result="InternetGateways",
    id_member="InternetGatewayId",
    things=things,
    view=view,
    ids="InternetGatewayIds",
    not_found=lambda i: missing("InvalidInternetGatewayID.NotFound", "internetGateway ID", i),
    filters={
        "attachment.state": "Attachments.State",
        "attachment.vpc-id": "Attachments.VpcId",
        "internet-gateway-id": "InternetGatewayId",
        "owner-id": "OwnerId",
    },
)
