"""VPC links: pending for a while, with interfaces of AWS's in the subnets as long as they last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ...call import Call
from ...errors import AwsError, ControlError
from ...registry import answers, dumps, rule
from ...tokens import identifier
from ..ec2 import interface, security_group, subnet, zones
from .common import bad_request, given, hidden, listed, missing, tags_allowed, too_many
from .store import Link, store

# aws-facts 3: the Availability Zone ids that VPC links support. A Region that is not listed has no gap.
ZONES = {
    "us-east-1": ("use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6"),
    "us-west-1": ("usw1-az1", "usw1-az3"),
    "us-west-2": ("usw2-az1", "usw2-az2", "usw2-az3", "usw2-az4"),
    "ca-central-1": ("cac1-az1", "cac1-az2"),
    "eu-west-3": ("euw3-az1", "euw3-az3"),
    "ap-east-1": ("ape1-az2", "ape1-az3"),
    "ap-northeast-1": ("apne1-az1", "apne1-az2", "apne1-az4"),
    "ap-northeast-2": ("apne2-az1", "apne2-az2", "apne2-az3"),
    "me-south-1": ("mes1-az1", "mes1-az2", "mes1-az3"),
}


@rule("apigatewayv2.*")
def vpc_link_exists(call: Call, link_id: str) -> Link:
    """An operation on a VPC link that does not exist is refused.

    Source: botocore apigatewayv2 (NotFoundException); message as moto has it from AWS.
    """
    found = store(call).links.get(link_id)
    if found is None or hidden(call, link_id):
        raise missing("VpcLink", link_id)
    return found


@rule("apigatewayv2.CreateVpcLink")
def link_subnets_fit(call: Call, subnet_ids: list[str]) -> list[Any]:
    """One to ten subnets that exist, of one VPC.

    Source: aws-facts 3 (quota of 10 subnets); botocore apigatewayv2.CreateVpcLink, SubnetIds; the code is
    not documented, BadRequestException is assumed.
    """
    if not subnet_ids:
        raise bad_request("Subnet ids cannot be empty")
    if len(subnet_ids) > call.quota("subnetsPerVpcLink"):
        raise bad_request("Too many subnets are specified for the VPC link")
    there = dict(subnet.things(call))
    absent = [s for s in subnet_ids if s not in there]
    if absent:
        raise bad_request(f"The subnet ids {absent} do not exist")
    found = [there[s] for s in subnet_ids]
    if len({s.vpc_id for s in found}) > 1:
        raise bad_request("All subnets of a VPC link must belong to the same VPC")
    return found


@rule("apigatewayv2.CreateVpcLink")
def link_zones_supported(call: Call, subnets: list[Any]) -> None:
    """VPC links work in some Availability Zones only, named by id.

    Source: aws-facts 3; API Gateway Developer Guide, apigateway-vpc-links-v2;
    message of aws/aws-cdk#13569 (BadRequestException).
    """
    supported = ZONES.get(call.region)
    for one in subnets:
        zone = zones.by_name(call, one.availability_zone)
        if supported is not None and zone is not None and zone["ZoneId"] not in supported:
            text = f"Subnet '{one.id}' is in Availability Zone '{zone['ZoneId']}' where service is not available"
            raise bad_request(text)


@rule("apigatewayv2.CreateVpcLink")
def link_groups_fit(call: Call, vpc_id: str, group_ids: list[str]) -> list[str]:
    """Security groups exist, and are of the subnets' VPC. Without any, the VPC's default group is taken,
    an assumption: the parameter is optional, and what happens then is not documented.

    Source: botocore apigatewayv2.CreateVpcLink, SecurityGroupIds; aws-facts 15; the code is not
    documented, BadRequestException is assumed.
    """
    for group_id in group_ids:
        group = security_group.find(call, group_id)
        if group is None:
            raise bad_request(f"The security group '{group_id}' does not exist")
        if group.vpc_id != vpc_id:
            raise bad_request(f"The security group '{group_id}' does not belong to the VPC {vpc_id} of the subnets")
    if group_ids:
        return group_ids
    return [str(next(g.id for g in call.ec2.groups[vpc_id].values() if g.is_default))]


@rule("apigatewayv2.CreateVpcLink")
def link_quota(call: Call) -> None:
    """A bounded number of VPC links per Region.

    Source: aws-facts 3 (10 by default); the code is not documented, TooManyRequestsException is assumed.
    """
    if len(store(call).links) >= call.quota("vpcLinks"):
        raise too_many("Maximum number of VPC links for this account has been reached")


@rule("apigatewayv2.CreateVpcLink", "apigatewayv2.GetVpcLink")
def link_is_pending_first(call: Call, link: Link) -> None:
    """A new link, like one that traffic wakes, is pending, and available or failed later.

    Source: aws-facts 3 (states) and 11 (minutes); botocore apigatewayv2.VpcLinkStatus.
    """
    link.shown["VpcLinkStatus"] = "PENDING"
    link.shown["VpcLinkStatusMessage"] = "VPC link is provisioning ENIs"
    failure = _fails_with(call, link)

    def settled() -> None:
        if link.shown["VpcLinkStatus"] == "PENDING" and failure is None:
            set_state(call, link, "AVAILABLE", "VPC link is ready to route traffic")
        elif link.shown["VpcLinkStatus"] == "PENDING" and failure is not None:
            set_state(call, link, "FAILED", failure)

    call.world.after("link.create", call.memory, settled)


def _fails_with(call: Call, link: Link) -> str | None:
    """Why a link will not become available: a test's order, or a subnet without a free address."""
    ordered = next((f for f in store(call).failures if f[0] == "vpc-link"), None)
    if ordered is not None:
        store(call).failures.remove(ordered)
        return ordered[1]
    try:
        add_interfaces(call, link)
    except AwsError as error:
        return error.message
    return None


def set_state(call: Call, link: Link, status: str, message: str) -> None:
    """Puts a link into a state: only one that is pending or available has interfaces."""
    link.shown["VpcLinkStatus"], link.shown["VpcLinkStatusMessage"] = status, message
    if status in ("FAILED", "INACTIVE"):
        interface.remove_after_lingering(call, link.interfaces)
        link.interfaces = []
    elif status == "AVAILABLE":
        add_interfaces(call, link)


def add_interfaces(call: Call, link: Link) -> None:
    """Puts an interface that AWS manages into each subnet of a link that has none there yet."""
    there = {call.ec2.enis[i].subnet.id for i in link.interfaces}
    for subnet_id in (s for s in link.shown["SubnetIds"] if s not in there):
        of = subnet.subnet_exists(call, subnet_id)
        made = interface.make(
            call,
            of,
            interface.subnet_has_free_address(call, of),
            kind="api_gateway_managed",
            description=f"VPC link {link.shown['VpcLinkId']}",
            group_ids=link.shown["SecurityGroupIds"],
            managed=True,
        )
        # aws-facts 7: "requester-managed, tagged VpcLinkId".
        call.ec2.tags[made.id]["VpcLinkId"] = link.shown["VpcLinkId"]
        link.interfaces.append(made.id)


@answers("apigatewayv2", "CreateVpcLink")
def create_vpc_link(call: Call) -> dict[str, Any]:
    """Creates a VPC link; subnets and groups cannot be changed later."""
    asked = given(call, "Tags")
    if not 1 <= len(asked["Name"]) <= 128:
        raise bad_request("Invalid VPC link name specified: expecting 1 to 128 characters")
    subnets = link_subnets_fit(call, list(dict.fromkeys(asked["SubnetIds"])))
    link_zones_supported(call, subnets)
    groups = link_groups_fit(call, subnets[0].vpc_id, list(dict.fromkeys(asked.get("SecurityGroupIds") or [])))
    tags = tags_allowed(call, {}, call.params.get("Tags"))
    link_quota(call)
    link = Link(
        {
            "VpcLinkId": identifier(6),
            "Name": asked["Name"],
            "SubnetIds": [s.id for s in subnets],
            "SecurityGroupIds": groups,
            "CreatedDate": datetime.now(UTC),
            "Tags": tags,
            "VpcLinkVersion": "V2",
        }
    )
    store(call).links[link.shown["VpcLinkId"]] = link
    link_is_pending_first(call, link)
    call.created(link.shown["VpcLinkId"])
    return link.shown


@answers("apigatewayv2", "GetVpcLink")
def get_vpc_link(call: Call) -> dict[str, Any]:
    """Shows a VPC link."""
    return vpc_link_exists(call, call.params["VpcLinkId"]).shown


@answers("apigatewayv2", "GetVpcLinks")
def get_vpc_links(call: Call) -> dict[str, Any]:
    """Lists VPC links with their tags."""
    return listed(call, [x.shown for x in store(call).links.values()], "VpcLinkId")


@answers("apigatewayv2", "UpdateVpcLink")
def update_vpc_link(call: Call) -> dict[str, Any]:
    """Changes the name, the only thing that can change."""
    link = vpc_link_exists(call, call.params["VpcLinkId"])
    link.shown.update(given(call, "VpcLinkId"))
    return link.shown


@rule("apigatewayv2.DeleteVpcLink")
def referenced_link_stays(call: Call, link_id: str) -> None:
    """A VPC link that an integration refers to cannot be deleted; the code is not one that the model names.

    Source: aws-facts 3; hashicorp/terraform-provider-aws#12195 (BadRequestException); the references
    of HTTP APIs are written in another form, which is not documented.
    """
    users = [
        f"{api.shown['ApiId']}/{i['IntegrationId']}"
        for api in store(call).apis.values()
        for i in api.integrations.values()
        if i.get("ConnectionId") == link_id
    ]
    if users:
        text = f"Cannot delete vpc link. Vpc link '{link_id}', is referenced in [{', '.join(users)}]"
        raise bad_request(text)


@answers("apigatewayv2", "DeleteVpcLink")
def delete_vpc_link(call: Call) -> dict[str, Any]:
    """Deletes a VPC link: it is deleting for a while, and its interfaces stay as long."""
    link = vpc_link_exists(call, call.params["VpcLinkId"])
    link_id = link.shown["VpcLinkId"]
    referenced_link_stays(call, link_id)
    if link.shown["VpcLinkStatus"] != "DELETING":
        link.shown["VpcLinkStatus"] = "DELETING"
        link.shown["VpcLinkStatusMessage"] = "VPC link is being deleted"

        def gone() -> None:
            store(call).links.pop(link_id, None)
            interface.remove_after_lingering(call, link.interfaces)

        call.world.after("link.delete", call.memory, gone)
    return {}


def order(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """A test's order: `{id, status, message}` puts a link into a state (INACTIVE, FAILED, AVAILABLE)."""
    link = store(call).links.get(str(asked.get("id")))
    status = asked.get("status")
    if link is None or status not in ("INACTIVE", "FAILED", "AVAILABLE"):
        raise ControlError("vpc-links needs the id of a link, and the status INACTIVE, FAILED or AVAILABLE")
    set_state(call, link, status, str(asked.get("message", "as ordered")))
    return {"id": link.shown["VpcLinkId"], "status": status}


@dumps("apigatewayv2")
def dumped(call: Call) -> dict[str, Iterable[Any]]:
    """VPC links."""
    return {"vpcLinks": [x.shown for x in store(call).links.values()]}
