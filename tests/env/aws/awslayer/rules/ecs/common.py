"""What the nouns of ECS share: names and ARNs, tags, pages."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...listing import lag_between_create_and_list
from ...registry import answers, rule
from .store import Cluster, Service, store

TagList = list[dict[str, str]]


def last_part(name_or_arn: str) -> str:
    """The name in an ARN, or the name itself."""
    return name_or_arn.rpartition("/")[2]


@rule("ecs.*")
def cluster_exists(call: Call, name_or_arn: str | None) -> Cluster:
    """An operation in a cluster that does not exist, or is INACTIVE, is refused; `default` is meant when
    none is named.

    Source: botocore ecs.ClusterNotFoundException; ECS API Reference, CreateService (cluster).
    """
    name = last_part(name_or_arn or "default")
    cluster = store(call).clusters.get(name)
    unseen = cluster is not None and lag_between_create_and_list(call, cluster.arn, [cluster.arn])
    if cluster is None or cluster.status != "ACTIVE" or unseen:
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    return cluster


@rule("ecs.*")
def service_exists(call: Call, cluster: Cluster, name_or_arn: str) -> Service:
    """An operation on a service that does not exist is refused, and a change to one that is not ACTIVE.

    Source: botocore ecs.ServiceNotFoundException, ecs.ServiceNotActiveException.
    """
    service = find_service(call, cluster, name_or_arn)
    if service is None or lag_between_create_and_list(call, service.arn, [service.arn]):
        raise AwsError("ServiceNotFoundException", "Service not found.")
    if service.status != "ACTIVE" and call.entry.write and call.wire.operation != "DeleteService":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
    return service


def find_service(call: Call, cluster: Cluster, name_or_arn: str) -> Service | None:
    """A service of a cluster, whatever its status."""
    return store(call).services.get(f"{cluster.name}/{last_part(name_or_arn)}")


@rule("ecs.*")
def ecs_tags_well_formed(call: Call, given: TagList | None) -> dict[str, str]:
    """Tags: at most 50, keys once each, of up to 128 characters and not starting with aws:, values of up
    to 256.

    Source: ECS API Reference, Tag ("Maximum number of tags per resource: 50"; the prefix is reserved).
    """
    keys = [tag.get("key", "") for tag in given or []]
    if len(keys) > call.quota("tagsPerResource"):
        text = f"Tags can not be more than {call.quota('tagsPerResource')}"
        raise AwsError("InvalidParameterException", text)
    for key in keys:
        if key.lower().startswith("aws:") or not key or len(key) > 128 or keys.count(key) > 1:
            text = f"Tag key '{key}' is duplicated, empty, too long, or has the reserved prefix aws:"
            raise AwsError("InvalidParameterException", text)
    return {tag["key"]: tag.get("value", "") for tag in given or []}


def shown_tags(tags: dict[str, str]) -> TagList:
    """Tags as answers show them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def page(call: Call, items: list[Any], default: int = 100) -> tuple[list[Any], dict[str, str]]:
    """One page of a list by maxResults and nextToken; the second value holds the token for the next."""
    try:
        start = int(call.params.get("nextToken") or 0)
    except ValueError as error:
        raise AwsError("InvalidParameterException", "Invalid token") from error
    size = int(call.params.get("maxResults") or default)
    size = min(size, int(call.world.settings.get("pageSize", call.account)))
    more = {"nextToken": str(start + size)} if start + size < len(items) else {}
    return items[start : start + size], more


def seen(call: Call, resource_arn: str, *, by_id: bool = False) -> bool:
    """Whether this read sees a resource, which tests can hide for a while."""
    return not lag_between_create_and_list(call, resource_arn, [resource_arn] if by_id else [])


def fingerprint(params: dict[str, Any]) -> str:
    """A hash of parameters, client tokens left out."""
    kept = {k: v for k, v in params.items() if k != "clientToken"}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()


@rule("ecs.TagResource", "ecs.UntagResource", "ecs.ListTagsForResource")
def tagged_resource_exists(call: Call, resource_arn: str) -> dict[str, str]:
    """Tags belong to a resource that exists.

    Source: botocore ecs.TagResource (errors ResourceNotFoundException, InvalidParameterException).
    """
    tags = store(call).tags.get(resource_arn)
    if tags is None:
        raise AwsError("InvalidParameterException", "The specified resource cannot be found.")
    return tags


@answers("ecs", "TagResource")
def tag_resource(call: Call) -> dict[str, Any]:
    """Adds or overwrites tags."""
    tags = tagged_resource_exists(call, call.params["resourceArn"])
    given = ecs_tags_well_formed(call, call.params["tags"])
    ecs_tags_well_formed(call, shown_tags({**tags, **given}))
    tags.update(given)
    return {}


@answers("ecs", "UntagResource")
def untag_resource(call: Call) -> dict[str, Any]:
    """Removes tags; keys that are not there are no error."""
    tags = tagged_resource_exists(call, call.params["resourceArn"])
    for key in call.params["tagKeys"]:
        tags.pop(key, None)
    return {}


@answers("ecs", "ListTagsForResource")
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """Lists the tags of a resource."""
    return {"tags": shown_tags(tagged_resource_exists(call, call.params["resourceArn"]))}
