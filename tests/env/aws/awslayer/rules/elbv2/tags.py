"""Tags of load balancers, target groups and listeners."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from .common import balancer_tags_allowed, put_tags, store, tags_of
from .listener import listener_exists
from .load_balancer import load_balancer_exists
from .target_group import target_group_exists


@rule("elbv2.AddTags", "elbv2.RemoveTags", "elbv2.DescribeTags")
def tagged_balancing_resource_exists(call: Call, resource_arn: str) -> None:
    """Every resource whose tags are read or changed exists: otherwise nothing is read or changed.

    Source: botocore elbv2.AddTags (LoadBalancerNotFoundException, TargetGroupNotFoundException,
    ListenerNotFoundException).
    """
    kinds = (
        (":loadbalancer/", load_balancer_exists),
        (":targetgroup/", target_group_exists),
        (":listener/", listener_exists),
    )
    exists = next((found for part, found in kinds if part in resource_arn), None)
    if exists is None:
        raise AwsError("ValidationError", f"'{resource_arn}' is not a valid resource ARN")
    exists(call, resource_arn)


@rule("elbv2.DescribeTags")
def twenty_resources_a_call(arns: list[str]) -> None:
    """DescribeTags takes at most 20 resources.

    Source: botocore elbv2.DescribeTags ("You can specify up to 20 resources in a single call").
    """
    if len(arns) > 20:
        raise AwsError("ValidationError", "At most 20 resources can be specified in a call")


@answers("elbv2", "AddTags")
def add_tags(call: Call) -> dict[str, Any]:
    """Sets tags on resources, all or none."""
    arns = call.params["ResourceArns"]
    for resource_arn in arns:
        tagged_balancing_resource_exists(call, resource_arn)
        balancer_tags_allowed(call, call.params["Tags"], tags_of(call, resource_arn))
    for resource_arn in arns:
        put_tags(call, resource_arn, {t["Key"]: t.get("Value", "") for t in call.params["Tags"]})
    return {}


@answers("elbv2", "RemoveTags")
def remove_tags(call: Call) -> dict[str, Any]:
    """Takes tags off resources; a key that is not there is no error."""
    for resource_arn in call.params["ResourceArns"]:
        tagged_balancing_resource_exists(call, resource_arn)
    for resource_arn in call.params["ResourceArns"]:
        store(call).tagging_service.untag_resource_using_names(resource_arn, call.params["TagKeys"])
    return {}


@answers("elbv2", "DescribeTags")
def describe_tags(call: Call) -> dict[str, Any]:
    """Shows the tags of up to twenty resources."""
    arns = call.params["ResourceArns"]
    twenty_resources_a_call(arns)
    for resource_arn in arns:
        tagged_balancing_resource_exists(call, resource_arn)
    shown = [(a, [{"Key": k, "Value": v} for k, v in tags_of(call, a).items()]) for a in arns]
    return {"TagDescriptions": [{"ResourceArn": a, "Tags": tags} for a, tags in shown]}
