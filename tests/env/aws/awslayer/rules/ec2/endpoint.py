"""VPC endpoints: gateway endpoints with their routes, interface endpoints with their interfaces."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from moto.ec2.utils import random_vpc_ep_id

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...registry import answers, rule
from . import endpoint_parts as parts
from . import endpoint_service, vpc
from .common import (
    client_token_repeats,
    missing,
    put_tags,
    remember_token,
    tags_fit_the_operation,
    tags_of,
    values,
)

_FULL_ACCESS = {
    "Version": "2008-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
_POLICY_LIMIT = 20480


class Endpoint:
    """An endpoint as the layer keeps it, in moto's store and under the names that moto uses."""

    def __init__(self, of: Any, service: dict[str, Any], kind: str) -> None:
        self.id = random_vpc_ep_id()
        self.vpc_id = of.id
        self.service_name = service["ServiceName"]
        self.vpc_endpoint_type = kind
        self.state = "pending"
        self.created = datetime.now(UTC)
        self.policy_document = json.dumps(_FULL_ACCESS)
        self.route_table_ids: list[str] = []
        self.subnet_ids: list[str] = []
        self.security_group_ids: list[str] = []
        # Subnet id -> interface id.
        self.interfaces: dict[str, str] = {}
        self.private_dns_enabled = False
        self.private_name = service.get("PrivateDnsName", "")


def view(call: Call, endpoint: Any) -> dict[str, Any]:
    """An endpoint as answers show it. States are in lower case, as AWS sends them."""
    shown: dict[str, Any] = {
        "VpcEndpointId": endpoint.id,
        "VpcEndpointType": endpoint.vpc_endpoint_type,
        "VpcId": endpoint.vpc_id,
        "ServiceName": endpoint.service_name,
        "ServiceRegion": call.region,
        "State": endpoint.state,
        "PolicyDocument": endpoint.policy_document,
        "RouteTableIds": list(endpoint.route_table_ids),
        "SubnetIds": list(endpoint.subnet_ids),
        "Groups": parts.groups(call, endpoint.security_group_ids),
        "PrivateDnsEnabled": endpoint.private_dns_enabled,
        "RequesterManaged": False,
        "NetworkInterfaceIds": list(endpoint.interfaces.values()),
        "DnsEntries": [],
        "CreationTimestamp": endpoint.created,
        "OwnerId": call.account,
        "Tags": tags_of(call, endpoint.id),
    }
    if endpoint.vpc_endpoint_type == "Interface":
        shown["IpAddressType"] = "ipv4"
        shown["DnsOptions"] = {"DnsRecordIpType": "ipv4"}
        shown["DnsEntries"] = parts.dns_entries(call, endpoint)
    return shown


@rule("ec2.CreateVpcEndpoint")
def endpoint_parameters_fit_the_type(params: dict[str, Any], kind: str) -> None:
    """Gateway: route tables only. Interface: subnets, groups and private DNS only. Default: Gateway.

    Source: botocore ec2.CreateVpcEndpoint ("(Gateway endpoint) The route table IDs", "(Interface ...)").
    """
    foreign = {
        "Gateway": ("SubnetIds", "SecurityGroupIds", "SubnetConfigurations"),
        "Interface": ("RouteTableIds",),
    }
    for name in foreign.get(kind, ()):
        if params.get(name):
            raise AwsError("InvalidParameter", f"{name} is not applicable to {kind} VPC endpoints.")
    if kind == "Gateway" and params.get("PrivateDnsEnabled"):
        raise AwsError("InvalidParameter", "Private DNS is only supported for Interface VPC endpoints.")


@rule("ec2.CreateVpcEndpoint", "ec2.ModifyVpcEndpoint")
def endpoint_policy_is_a_policy(document: str) -> str:
    """A policy is a JSON object with statements, of at most 20,480 characters.

    Source: aws-facts 1.2 (size); PrivateLink guide, vpc-endpoints-access; EC2 error codes
    (InvalidPolicyDocument).
    """
    try:
        policy = json.loads(document)
        if not isinstance(policy, dict) or not policy.get("Statement"):
            raise ValueError("no Statement")
    except ValueError as error:
        text = f"The policy is not a valid policy document: {error}"
        raise AwsError("InvalidPolicyDocument", text) from error
    if len(document) > _POLICY_LIMIT:
        raise AwsError("InvalidPolicyDocument", f"The policy exceeds {_POLICY_LIMIT} characters")
    return document


@rule("ec2.CreateVpcEndpoint")
def endpoint_quota(call: Call, vpc_id: str, kind: str) -> None:
    """A bounded number of gateway endpoints per Region and of interface endpoints per VPC.

    Source: aws-facts 1.2 (20 and 50 by default); EC2 error codes (VpcEndpointLimitExceeded).
    """
    same = [e for e in call.ec2.vpc_end_points.values() if e.vpc_endpoint_type == kind]
    if kind == "Gateway":
        full = len(same) >= call.quota("gatewayEndpoints")
    else:
        full = sum(1 for e in same if e.vpc_id == vpc_id) >= call.quota("interfaceEndpointsPerVpc")
    if full:
        raise AwsError("VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached.")


@answers("ec2", "CreateVpcEndpoint")
def create_vpc_endpoint(call: Call) -> dict[str, Any]:
    """Creates an endpoint: a gateway is available at once, an interface endpoint is pending first."""
    params = call.params
    tags = tags_fit_the_operation(call, "vpc-endpoint")
    token = params.get("ClientToken")
    repeated = client_token_repeats(call)
    if repeated is not None:
        if repeated not in call.ec2.vpc_end_points:
            raise missing("InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id", repeated)
        return {"VpcEndpoint": view(call, call.ec2.vpc_end_points[repeated]), "ClientToken": token}
    of = vpc.vpc_exists(call, params["VpcId"])
    kind = params.get("VpcEndpointType", "Gateway")
    if kind not in ("Gateway", "Interface"):
        raise AwsError("InternalFailure", f"the emulator lacks endpoints of type {kind}", 501)
    if not params.get("ServiceName"):
        raise AwsError("MissingParameter", "The request must contain the parameter ServiceName")
    service = endpoint_service.endpoint_service_exists(call, params["ServiceName"], kind)
    endpoint_parameters_fit_the_type(params, kind)
    endpoint_quota(call, of.id, kind)
    endpoint = Endpoint(of, service, kind)
    if params.get("PolicyDocument"):
        endpoint.policy_document = endpoint_policy_is_a_policy(params["PolicyDocument"])
    if kind == "Gateway":
        parts.add_route_tables(call, endpoint, values(params.get("RouteTableIds")))
        endpoint.state = "available"
    else:
        _interface(call, of, endpoint)
    call.ec2.vpc_end_points[endpoint.id] = endpoint
    put_tags(call, endpoint.id, tags)
    remember_token(call, endpoint.id)
    call.created(endpoint.id)
    return {"VpcEndpoint": view(call, endpoint), **({"ClientToken": token} if token else {})}


def _interface(call: Call, of: Any, endpoint: Endpoint) -> None:
    params = call.params
    groups = values(params.get("SecurityGroupIds")) or [parts.default_group(call, of.id)]
    parts.groups_belong_to_the_vpc(call, of.id, groups)
    endpoint.security_group_ids = groups
    if params.get("PrivateDnsEnabled", True):
        parts.private_dns_needs_vpc_dns(of)
        parts.private_name_is_free(call, endpoint)
        endpoint.private_dns_enabled = True
    parts.add_subnets(call, endpoint, values(params.get("SubnetIds")))
    _available_later(call, endpoint, "endpoint.create")


def _available_later(call: Call, endpoint: Endpoint, duration: str) -> None:
    endpoint.state = "pending"

    def available() -> None:
        if endpoint.state == "pending":
            endpoint.state = "available"

    call.world.after(duration, call.memory, available)


@answers("ec2", "DescribeVpcEndpoints")
def describe_vpc_endpoints(call: Call) -> dict[str, Any]:
    """Lists endpoints, those that are being deleted included."""
    return describe(call, LISTING)


@answers("ec2", "ModifyVpcEndpoint")
def modify_vpc_endpoint(call: Call) -> dict[str, Any]:
    """Adds and removes route tables, subnets and groups; changes policy and private DNS."""
    params = call.params
    endpoint = parts.endpoint_exists(call, params["VpcEndpointId"])
    of = vpc.vpc_exists(call, endpoint.vpc_id)
    parts.changes_fit_the_type(params, endpoint)
    policy = endpoint_policy_is_a_policy(params["PolicyDocument"]) if params.get("PolicyDocument") else None
    parts.groups_belong_to_the_vpc(call, of.id, values(params.get("AddSecurityGroupIds")))
    dns = params.get("PrivateDnsEnabled")
    if dns and not endpoint.private_dns_enabled:
        parts.private_dns_needs_vpc_dns(of)
        parts.private_name_is_free(call, endpoint)
    parts.remove_route_tables(call, endpoint, values(params.get("RemoveRouteTableIds")))
    parts.add_route_tables(call, endpoint, values(params.get("AddRouteTableIds")))
    parts.remove_subnets(call, endpoint, values(params.get("RemoveSubnetIds")))
    parts.add_subnets(call, endpoint, values(params.get("AddSubnetIds")))
    parts.change_groups(call, endpoint)
    if dns is not None:
        endpoint.private_dns_enabled = bool(dns)
    if params.get("ResetPolicy"):
        policy = json.dumps(_FULL_ACCESS)
    endpoint.policy_document = policy or endpoint.policy_document
    if endpoint.vpc_endpoint_type == "Interface" and endpoint.state == "available":
        _available_later(call, endpoint, "endpoint.modify")
        call.world.settle(call.account)
    return {"Return": True}


@answers("ec2", "DeleteVpcEndpoints")
def delete_vpc_endpoints(call: Call) -> dict[str, Any]:
    """Deletes endpoints; ids that do not exist are named in the answer, which is itself a success."""
    unsuccessful = []
    for endpoint_id in values(call.params["VpcEndpointIds"]):
        endpoint = call.ec2.vpc_end_points.get(endpoint_id)
        if endpoint is None:
            text = f"The Vpc Endpoint Id '{endpoint_id}' does not exist"
            error = {"Code": "InvalidVpcEndpointId.NotFound", "Message": text}
            unsuccessful.append({"ResourceId": endpoint_id, "Error": error})
        elif endpoint.state != "deleting":
            _delete(call, endpoint)
    return {"Unsuccessful": unsuccessful}


def _delete(call: Call, endpoint: Any) -> None:
    endpoint.state = "deleting"
    parts.remove_route_tables(call, endpoint, list(endpoint.route_table_ids))

    def gone() -> None:
        endpoint.state = "deleted"
        call.ec2.vpc_end_points.pop(endpoint.id, None)
        call.ec2.tags.pop(endpoint.id, None)
        parts.release_interfaces(call, endpoint)

    call.world.after("endpoint.delete", call.memory, gone)


def things(call: Call) -> Iterable[tuple[str, Any]]:
    """All endpoints of the account and region."""
    return list(call.ec2.vpc_end_points.items())


LISTING = Listing(
    result="VpcEndpoints",
    id_member="VpcEndpointId",
    things=things,
    view=view,
    ids="VpcEndpointIds",
    not_found=lambda i: missing("InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id", i),
    filters={
        "ip-address-type": "IpAddressType",
        "service-name": "ServiceName",
        "service-region": "ServiceRegion",
        "vpc-id": "VpcId",
        "vpc-endpoint-id": "VpcEndpointId",
        "vpc-endpoint-state": "State",
        "vpc-endpoint-type": "VpcEndpointType",
    },
)
