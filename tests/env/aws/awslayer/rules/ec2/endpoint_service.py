"""Services that have VPC endpoints, and the zones in which they have them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

from moto.ec2.models.vpcs import AWS_ENDPOINT_SERVICES

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...registry import answers, rule
from . import zones

GATEWAY_SERVICES = ("s3", "dynamodb")
# Private names that are not <service>.<region>.amazonaws.com (ServiceDetails of the real service).
_PRIVATE_NAMES = {
    "ecr.api": "api.ecr.{region}.amazonaws.com",
    "ecr.dkr": "*.dkr.ecr.{region}.amazonaws.com",
    "s3": "*.s3.{region}.amazonaws.com",
    "execute-api": "*.execute-api.{region}.amazonaws.com",
}


def catalogue(call: Call, wanted: list[str] | None = None) -> list[dict[str, Any]]:
    """Every service with an endpoint of some type in the region, or those of them with certain names."""
    prefix = f"com.amazonaws.{call.region}."
    names = {short for short in (*AWS_ENDPOINT_SERVICES, *GATEWAY_SERVICES) if not wanted or prefix + short in wanted}
    details = []
    for short in sorted(names):
        details.append(_detail(call, short, "Interface"))
        if short in GATEWAY_SERVICES:
            details.append(_detail(call, short, "Gateway"))
    return details


def private_name(call: Call, short: str) -> str:
    """The DNS name that a private interface endpoint takes over in its VPC."""
    return _PRIVATE_NAMES.get(short, short + ".{region}.amazonaws.com").format(region=call.region)


@rule("ec2.CreateVpcEndpoint", "ec2.DescribeVpcEndpointServices")
def endpoint_service_exists(call: Call, name: str, kind: str | None = None) -> dict[str, Any]:
    """An endpoint is for a service of the region, and of a type that the service has.

    Source: EC2 error codes (InvalidServiceName); botocore ec2.CreateVpcEndpoint, VpcEndpointType.
    """
    found = catalogue(call, [name])
    if not found:
        raise AwsError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
    for detail in found:
        if kind is None or detail["ServiceType"][0]["ServiceType"] == kind:
            return detail
    raise AwsError("InvalidParameter", f"Endpoint type ({kind}) does not match available service types of {name}.")


@rule("ec2.DescribeVpcEndpointServices", "ec2.CreateVpcEndpoint")
def endpoint_service_may_lack_a_zone(call: Call, name: str) -> list[dict[str, Any]]:
    """A service need not have endpoints in every zone of the region (the setting endpointServiceGaps).

    Source: aws-facts 4 ("service may lack an AZ"); PrivateLink guide, create-interface-endpoint.
    """
    gaps = call.world.settings.get("endpointServiceGaps", call.account)
    lacking = [*gaps.get(name, []), *gaps.get(name.rpartition(f"{call.region}.")[2], [])]
    return [z for z in zones.all_zones(call) if z["ZoneId"] not in lacking]


@answers("ec2", "DescribeVpcEndpointServices")
def describe_vpc_endpoint_services(call: Call) -> dict[str, Any]:
    """Lists the services; an unknown name that is asked for is refused."""
    for name in call.params.get("ServiceNames") or []:
        endpoint_service_exists(call, name)
    result = describe(call, LISTING)
    result["ServiceNames"] = list(dict.fromkeys(d["ServiceName"] for d in result["ServiceDetails"]))
    return result


def _detail(call: Call, short: str, kind: str) -> dict[str, Any]:
    name = f"com.amazonaws.{call.region}.{short}"
    there = endpoint_service_may_lack_a_zone(call, name)
    detail: dict[str, Any] = {
        "ServiceName": name,
        "ServiceId": f"vpce-svc-{zlib.crc32(f'{name}/{kind}'.encode()):08x}",
        "ServiceType": [{"ServiceType": kind}],
        "ServiceRegion": call.region,
        "AvailabilityZones": [z["ZoneName"] for z in there],
        "AvailabilityZoneIds": [z["ZoneId"] for z in there],
        "Owner": "amazon",
        "BaseEndpointDnsNames": [f"{short}.{call.region}.vpce.amazonaws.com"],
        "VpcEndpointPolicySupported": True,
        "AcceptanceRequired": False,
        "ManagesVpcEndpoints": False,
        "Tags": [],
        "SupportedIpAddressTypes": ["ipv4"],
    }
    if kind == "Interface":
        own = private_name(call, short)
        detail["PrivateDnsName"] = own
        detail["PrivateDnsNames"] = [{"PrivateDnsName": own}]
        detail["PrivateDnsNameVerificationState"] = "verified"
    return detail


def _things(call: Call) -> Iterable[tuple[str, Any]]:
    return [(d["ServiceId"], d) for d in catalogue(call, call.params.get("ServiceNames"))]


LISTING = Listing(
    result="ServiceDetails",
    id_member="ServiceId",
    things=_things,
    view=lambda _, detail: dict(detail),
    filters={
        "owner": "Owner",
        "service-name": "ServiceName",
        "service-region": "ServiceRegion",
        "service-type": "ServiceType.ServiceType",
        "supported-ip-address-types": "SupportedIpAddressTypes",
    },
)
