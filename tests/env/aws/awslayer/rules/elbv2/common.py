"""What the nouns of Elastic Load Balancing share: names, tags, pages, ids that must exist."""

from __future__ import annotations

import re
import secrets
from typing import Any

from moto.elbv2.models import elbv2_backends

from ...call import Call
from ...errors import AwsError
from ...paging import cut
from ...registry import rule

_NAME = re.compile(r"^[A-Za-z0-9-]+$")


def store(call: Call) -> Any:
    """Moto's store of load balancers of the call's account and region; the layer keeps its own there."""
    return elbv2_backends[call.account][call.region]


def arn(call: Call, resource: str) -> str:
    """The ARN of a resource such as `targetgroup/name/id`."""
    return f"arn:aws:elasticloadbalancing:{call.region}:{call.account}:{resource}"


def new_id() -> str:
    """The random part of an ARN."""
    return secrets.token_hex(8)


@rule("elbv2.CreateLoadBalancer", "elbv2.CreateTargetGroup")
def name_is_allowed(noun: str, name: str) -> None:
    """At most 32 letters, digits and hyphens, no hyphen first or last; a load balancer's name does not
    start with internal-.

    Source: aws-facts 2.3; botocore elbv2.CreateLoadBalancer and CreateTargetGroup, Name (ValidationError).
    """
    wrong = None
    if len(name) > 32:
        wrong = "cannot be longer than '32' characters"
    elif not _NAME.match(name):
        wrong = "can only contain characters that are alphanumeric characters and hyphens(-)"
    elif name.startswith("-") or name.endswith("-"):
        wrong = "cannot begin or end with '-'"
    elif noun == "Load balancer" and name.startswith("internal-"):
        wrong = "cannot begin with 'internal-'"
    if wrong:
        raise AwsError("ValidationError", f"{noun} name '{name}' {wrong}")


@rule("elbv2.CreateLoadBalancer", "elbv2.CreateTargetGroup", "elbv2.CreateListener", "elbv2.AddTags")
def balancer_tags_allowed(call: Call, tags: list[dict[str, str]] | None, present: dict[str, str]) -> dict[str, str]:
    """Keys once each, not starting with aws:, at most 50 tags on a resource.

    Source: botocore elbv2.AddTags (DuplicateTagKeysException, TooManyTagsException); Elastic Load
    Balancing guide, "Tag restrictions".
    """
    keys = [tag["Key"] for tag in tags or []]
    if len(set(keys)) < len(keys):
        raise AwsError("DuplicateTagKeys", "A tag key was specified more than once")
    if any(key.lower().startswith("aws:") for key in keys):
        raise AwsError("ValidationError", "Tag keys starting with 'aws:' are reserved for internal use")
    together = {**present, **{tag["Key"]: tag.get("Value", "") for tag in tags or []}}
    if len(together) > call.quota("tagsPerResource"):
        raise AwsError("TooManyTags", "You've reached the limit on the number of tags per resource")
    return together


def put_tags(call: Call, resource_arn: str, tags: dict[str, str]) -> None:
    """Writes tags to moto's store."""
    store(call).tagging_service.tag_resource(resource_arn, [{"Key": k, "Value": v} for k, v in tags.items()])


def tags_of(call: Call, resource_arn: str) -> dict[str, str]:
    """The tags of a resource."""
    return dict(store(call).tagging_service.get_tag_dict_for_resource(resource_arn))


def forget_tags(call: Call, resource_arn: str) -> None:
    """Takes the tags of a resource that is gone."""
    store(call).tagging_service.delete_all_tags_for_resource(resource_arn)


@rule("elbv2.Describe*")
def described(call: Call, things: list[Any], view: Any, result: str, key: str, *, named: bool) -> dict[str, Any]:
    """Long answers come in pages: PageSize and Marker, which do not go with names or ARNs. A list may
    miss what was just created (only when a test orders it).

    Source: botocore elbv2.DescribeLoadBalancers (PageSize, Marker, NextMarker); aws-facts 6.1.
    """
    if named and (call.params.get("PageSize") or call.params.get("Marker")):
        text = "Page size and marker cannot be specified together with names or ARNs"
        raise AwsError("ValidationError", text)
    seen = [t for t in things if not call.world.staleness.misses(call.account, t.arn, call.now, by_id=named)]
    items = [view(call, thing) for thing in seen]
    if named:
        return {result: items}
    size = int(call.params.get("PageSize") or call.world.settings.get("pageSize", call.account))
    try:
        shown, marker = cut(items, lambda i: str(i[key]), size, call.wire.operation, call.params.get("Marker"))
    except ValueError as error:
        raise AwsError("ValidationError", "The marker is not valid") from error
    return {result: shown, **({"NextMarker": marker} if marker else {})}


def hidden(call: Call, resource_arn: str) -> bool:
    """Whether a read by name or ARN misses a resource, as a test has ordered."""
    return bool(call.world.staleness.misses(call.account, resource_arn, call.now, by_id=True))
