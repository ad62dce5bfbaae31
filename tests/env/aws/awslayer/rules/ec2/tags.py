"""CreateTags, DeleteTags and DescribeTags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...registry import answers, rule
from . import address, endpoint, gateway, interface, nat, route_table, security_group, subnet, vpc
from . import security_group_rule as group_rule
from .common import missing, tags_well_formed, tags_within_limit, values

# Id prefix -> everything of that kind, the code when one is missing, and AWS's word for it.
_KINDS: dict[str, tuple[Any, str, str]] = {
    "vpc": (vpc.things, "InvalidVpcID.NotFound", "vpc ID"),
    "subnet": (subnet.things, "InvalidSubnetID.NotFound", "subnet ID"),
    "igw": (gateway.things, "InvalidInternetGatewayID.NotFound", "internetGateway ID"),
    "eipalloc": (address.things, "InvalidAllocationID.NotFound", "allocation ID"),
    "nat": (nat.things, "NatGatewayNotFound", "natGateway ID"),
    "rtb": (route_table.things, "InvalidRouteTableID.NotFound", "routeTable ID"),
    "sg": (security_group.things, "InvalidGroup.NotFound", "security group"),
    "sgr": (group_rule.things, "InvalidSecurityGroupRuleId.NotFound", "security group rule ID"),
    "vpce": (endpoint.things, "InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id"),
    "eni": (interface.things, "InvalidNetworkInterfaceID.NotFound", "networkInterface ID"),
}


@rule("ec2.CreateTags", "ec2.DeleteTags")
def tagged_resources_exist(call: Call, resource_ids: list[str]) -> None:
    """Every resource that is to be tagged exists; otherwise none is tagged.

    Source: botocore ec2.CreateTags; EC2 error codes (InvalidID, Invalid*.NotFound).
    """
    stores: dict[str, set[str]] = {}
    for resource_id in resource_ids:
        prefix = resource_id.rpartition("-")[0]
        if prefix in _KINDS:
            things, code, noun = _KINDS[prefix]
            if prefix not in stores:
                stores[prefix] = {i for i, _ in things(call)}
            if resource_id not in stores[prefix]:
                raise missing(code, noun, resource_id)
        elif get_prefix(resource_id) not in EC2_PREFIX_TO_RESOURCE:
            raise AwsError("InvalidID", f"The ID '{resource_id}' is not valid")


@answers("ec2", "CreateTags")
def create_tags(call: Call) -> dict[str, Any]:
    """Adds or overwrites tags, on all resources or on none."""
    resource_ids = values(call.params["Resources"])
    given = call.params["Tags"]
    tags_well_formed(given)
    tagged_resources_exist(call, resource_ids)
    new = {tag["Key"]: tag.get("Value", "") for tag in given}
    for resource_id in resource_ids:
        tags_within_limit(call, {**call.ec2.tags.get(resource_id, {}), **new})
    for resource_id in resource_ids:
        call.ec2.tags[resource_id].update(new)
    return {}


@rule("ec2.DeleteTags")
def tag_value_must_match_to_delete(held: dict[str, str], wanted: dict[str, Any]) -> bool:
    """A tag that is deleted with a value goes only if the value is the same; an absent tag is no error.

    Source: botocore ec2.DeleteTags ("If you specify a tag key without a tag value, any tag with this key
    is deleted ... If an empty string, only if its value is an empty string").
    """
    key = wanted.get("Key", "")
    return key in held and ("Value" not in wanted or held[key] == wanted["Value"])


@answers("ec2", "DeleteTags")
def delete_tags(call: Call) -> dict[str, Any]:
    """Removes tags; without any named, all but AWS's own."""
    resource_ids = values(call.params["Resources"])
    tagged_resources_exist(call, resource_ids)
    for resource_id in resource_ids:
        held = call.ec2.tags.get(resource_id, {})
        asked = call.params.get("Tags")
        if asked is None:
            asked = [{"Key": key} for key in list(held) if not key.startswith("aws:")]
        for wanted in asked:
            if tag_value_must_match_to_delete(held, wanted):
                del held[wanted["Key"]]
    return {}


@answers("ec2", "DescribeTags")
def describe_tags(call: Call) -> dict[str, Any]:
    """Lists tags, one item per resource and key."""
    return describe(call, LISTING)


def _things(call: Call) -> Iterable[tuple[str, Any]]:
    return [(rid, (rid, k, v)) for rid, tags in call.ec2.tags.items() for k, v in tags.items()]


def _view(_: Call, thing: tuple[str, str, str]) -> dict[str, Any]:
    resource_id, key, value = thing
    prefix = resource_id.rpartition("-")[0]
    kind = {"sgr": "security-group-rule", "vpce": "vpc-endpoint", "nat": "natgateway", "eipalloc": "elastic-ip"}
    known = kind.get(prefix) or EC2_PREFIX_TO_RESOURCE.get(get_prefix(resource_id), "")
    return {"ResourceId": resource_id, "ResourceType": known, "Key": key, "Value": value}


LISTING = Listing(
    result="Tags",
    id_member="ResourceId",
    things=_things,
    view=_view,
    filters={"key": "Key", "resource-id": "ResourceId", "resource-type": "ResourceType", "value": "Value"},
)
