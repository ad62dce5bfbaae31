"""Describe operations: ids, filters, pages, and the lag between create and list, the same for all."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .call import Call
from .errors import AwsError
from .paging import cut
from .registry import rule

Item = dict[str, Any]


@dataclass(frozen=True)
class Listing:
    """How one Describe operation works."""

    # Member of the answer, and the member of an item that is its id.
    result: str
    id_member: str
    # Yields (id, thing) for everything in the account and region, in a stable order.
    things: Callable[[Call], Iterable[tuple[str, Any]]]
    view: Callable[[Call, Any], Item]
    # Member of the request that names ids, and the error for one that does not exist.
    ids: str = ""
    not_found: Callable[[str], AwsError] | None = None
    # Filter name -> path of members in the item.
    filters: dict[str, str] = field(default_factory=dict)
    filter_member: str = "Filters"
    tagged: bool = True
    paged: bool = True


def describe(call: Call, listing: Listing) -> dict[str, Any]:
    """Answers a Describe operation."""
    wanted = list(dict.fromkeys(call.params.get(listing.ids) or [])) if listing.ids else []
    found = _by_id(call, listing, wanted) if wanted else list(listing.things(call))
    filters = filters_known(call, listing)
    items = [item for rid, thing in found if (item := _shown(call, listing, rid, thing, filters)) is not None]
    named = bool(wanted) or any(listing.filters.get(name) == listing.id_member for name, _ in filters)
    items = [i for i in items if not lag_between_create_and_list(call, str(i.get(listing.id_member)), named)]
    if not listing.paged:
        return {listing.result: items}
    page, token = pages(call, items, listing, bool(wanted))
    return {listing.result: page, **({"NextToken": token} if token else {})}


@rule("ec2.Describe*")
def filters_known(call: Call, listing: Listing) -> list[tuple[str, list[str]]]:
    """A filter that the operation does not know is refused; known ones all have to match, one value each.

    Source: EC2 API Reference, Filter, and the list of filters of each Describe operation.
    """
    filters = []
    for item in call.params.get(listing.filter_member) or []:
        name = item.get("Name", "")
        tag = listing.tagged and (name.startswith("tag:") or name in ("tag-key", "tag-value"))
        if name not in listing.filters and not tag:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
        filters.append((name, [str(v) for v in item.get("Values") or []]))
    if len(filters) > 200:
        raise AwsError("FilterLimitExceeded", "The maximum number of filter values is 200")
    return filters


@rule("ec2.Describe*")
def lag_between_create_and_list(call: Call, resource_id: str, named: object) -> bool:
    """A list, or a read by id, may miss a resource that was just created (only when a test orders it).

    Source: aws-facts 6.1; EC2 Developer Guide, "Eventual consistency in the Amazon EC2 API". That a filter on the ids
    reads like the parameter for ids is assumed.
    """
    return call.world.staleness.misses(call.account, resource_id, call.now, by_id=bool(named))


@rule("ec2.Describe*")
def pages(call: Call, items: list[Item], listing: Listing, by_id: bool) -> tuple[list[Item], str | None]:
    """Long answers come in pages: MaxResults and NextToken; MaxResults does not go with ids.

    Source: EC2 API Reference, "Paginating"; botocore ec2 models (MaxResults ranges).
    """
    asked = call.params.get("MaxResults")
    if asked is not None and by_id:
        text = "The parameter maxResults cannot be used with the parameter that names ids"
        raise AwsError("InvalidParameterCombination", text)
    if asked is not None and not 1 <= int(asked) <= 1000:
        raise AwsError("InvalidParameterValue", f"Value ( {asked} ) for parameter maxResults is invalid.")
    size = int(asked or call.world.settings.get("pageSize", call.account))
    token = call.params.get("NextToken")
    try:
        return cut(items, lambda item: item.get(listing.id_member), size, call.wire.operation, token)
    except ValueError as error:
        raise AwsError("InvalidNextToken", f"The token '{token}' is invalid") from error


def matches(item: Item, path: str, allowed: list[str]) -> bool:
    """Whether any value at the path matches any of the allowed ones; * and ? are wildcards."""
    return any(_pattern(a).fullmatch(value) for value in _texts(item, path.split(".")) for a in allowed)


def _by_id(call: Call, listing: Listing, wanted: list[str]) -> list[tuple[str, Any]]:
    there = dict(listing.things(call))
    for resource_id in wanted:
        hidden = resource_id in there and lag_between_create_and_list(call, resource_id, True)
        if (resource_id not in there or hidden) and listing.not_found is not None:
            raise listing.not_found(resource_id)
    return [(rid, thing) for rid, thing in there.items() if rid in wanted]


def _shown(
    call: Call, listing: Listing, resource_id: str, thing: Any, filters: list[tuple[str, list[str]]]
) -> Item | None:
    tags = call.ec2.tags.get(resource_id, {}) if listing.tagged else {}
    # Tags first: they are cheap to look at, and most of a shared account is somebody else's.
    if not all(_tags_match(tags, name, allowed) for name, allowed in filters if name not in listing.filters):
        return None
    item = listing.view(call, thing)
    for name, allowed in filters:
        if name in listing.filters and not matches(item, listing.filters[name], allowed):
            return None
    return item


def _tags_match(tags: dict[str, str], name: str, allowed: list[str]) -> bool:
    if name == "tag-key":
        texts = list(tags)
    elif name == "tag-value":
        texts = list(tags.values())
    else:
        texts = [tags[name[4:]]] if name[4:] in tags else []
    return any(_pattern(a).fullmatch(text) for text in texts for a in allowed)


def _texts(value: Any, path: list[str]) -> Iterable[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
    elif path:
        if isinstance(value, dict) and value.get(path[0]) is not None:
            yield from _texts(value[path[0]], path[1:])
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif value is not None:
        yield str(value)


@functools.lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    parts = []
    escaped = False
    for char in text:
        if escaped:
            parts.append(re.escape(char))
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in "*?":
            parts.append(".*" if char == "*" else ".")
        else:
            parts.append(re.escape(char))
    return re.compile("".join(parts), re.DOTALL)
