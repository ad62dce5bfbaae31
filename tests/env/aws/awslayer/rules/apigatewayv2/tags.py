"""Tags of APIs, stages, VPC links and custom domain names, by ARN."""

from __future__ import annotations

import re
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from .common import api_exists, stage_of, tags_allowed
from .domain import domain_exists
from .store import Item
from .vpc_link import vpc_link_exists

_ARN = re.compile(r"^arn:aws:apigateway:([a-z0-9-]+)::/(apis|vpclinks|domainnames)/([^/]+)(?:/stages/([^/]+))?$")


@rule("apigatewayv2.TagResource", "apigatewayv2.UntagResource", "apigatewayv2.GetTags")
def tagged_gateway_resource_exists(call: Call, arn: str) -> Item:
    """Tags are those of an API, a stage, a VPC link or a domain name that exists; routes, integrations,
    authorizers and mappings have none.

    Source: aws-facts 6.2 ("Not taggable"); API Gateway Developer Guide, apigateway-tagging-supported-resources
    and arn-format-reference.
    """
    match = _ARN.match(arn)
    if match is None or match.group(1) != call.region:
        raise AwsError("NotFoundException", "Invalid Resource ARN specified", 404)
    _, kind, resource_id, stage = match.groups()
    if kind == "apis":
        api = api_exists(call, resource_id)
        return stage_of(call, api, stage) if stage else api.shown
    if kind == "vpclinks":
        return vpc_link_exists(call, resource_id).shown
    return domain_exists(call, resource_id).shown


@answers("apigatewayv2", "GetTags")
def get_tags(call: Call) -> dict[str, Any]:
    """Shows the tags of a resource."""
    return {"Tags": tagged_gateway_resource_exists(call, call.params["ResourceArn"])["Tags"]}


@answers("apigatewayv2", "TagResource")
def tag_resource(call: Call) -> dict[str, Any]:
    """Sets tags."""
    item = tagged_gateway_resource_exists(call, call.params["ResourceArn"])
    item["Tags"] = tags_allowed(call, item["Tags"], call.params.get("Tags"))
    return {}


@answers("apigatewayv2", "UntagResource")
def untag_resource(call: Call) -> dict[str, Any]:
    """Takes tags away; a key that is not there is no error."""
    item = tagged_gateway_resource_exists(call, call.params["ResourceArn"])
    item["Tags"] = {k: v for k, v in item["Tags"].items() if k not in call.params["TagKeys"]}
    return {}
