"""What the nouns of API Gateway share: ids, merges, lists in pages, tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...paging import cut
from ...registry import rule
from .store import Api, Item, store


def bad_request(text: str) -> AwsError:
    """API Gateway's answer to a request that cannot be right."""
    return AwsError("BadRequestException", text, 400)


def conflict(text: str) -> AwsError:
    """API Gateway's answer to a request that the present state does not allow."""
    return AwsError("ConflictException", text, 409)


def missing(noun: str, resource_id: str) -> AwsError:
    """API Gateway's answer to an id that does not exist."""
    return AwsError("NotFoundException", f"Invalid {noun} identifier specified {resource_id}".rstrip(), 404)


def too_many(text: str) -> AwsError:
    """API Gateway's answer to one resource more than the quota allows."""
    return AwsError("TooManyRequestsException", text, 429)


def given(call: Call, *left_out: str) -> Item:
    """The members that a request gives, without some."""
    return {k: v for k, v in call.params.items() if v is not None and k not in left_out}


@rule("apigatewayv2.*")
def api_exists(call: Call, api_id: str | None = None) -> Api:
    """An operation on an API that does not exist, its deletion included, is refused.

    Source: botocore apigatewayv2 (NotFoundException); message as moto has it from AWS.
    """
    wanted = str(api_id or call.params["ApiId"])
    if call.entry.write:
        one_change_at_a_time(call, wanted)
    found = store(call).apis.get(wanted)
    if found is None or hidden(call, wanted):
        raise missing("API", wanted)
    return found


@rule("apigatewayv2.*")
def one_change_at_a_time(call: Call, api_id: str) -> None:
    """A change of an API that arrives while another one is under way may be refused; with the setting
    apiConflicts it is.

    Source: hashicorp/terraform-provider-aws#40575 (ConflictException, with the message).
    """
    earlier = (seq < call.entry.seq for seq in list(call.world.under_way.get((call.account, api_id), ())))
    if call.world.settings.get("apiConflicts", call.account) and any(earlier):
        raise conflict("Unable to complete operation due to concurrent modification. Please try again later.")


def hidden(call: Call, resource_id: str) -> bool:
    """Whether a read by id misses a resource, as a test has ordered."""
    return call.world.staleness.misses(call.account, resource_id, call.now, by_id=True)


@rule("apigatewayv2.Get*")
def listed(call: Call, items: Iterable[Item], key: str, within: str = "") -> dict[str, Any]:
    """Lists come in pages: MaxResults, a number in a string, and NextToken. A list may miss what was just
    created (only when a test orders it); `within` goes before names that are not unique in the account.

    Source: botocore apigatewayv2.GetApis (MaxResults, NextToken); aws-facts 6.1.
    """
    asked = call.params.get("MaxResults")
    if asked is not None and not (asked.isdigit() and 1 <= int(asked) <= 500):
        raise bad_request(f"Invalid value for maxResults: {asked}")
    size = int(asked or call.world.settings.get("pageSize", call.account))
    misses = call.world.staleness.misses
    seen = [i for i in items if not misses(call.account, f"{within}{i[key]}", call.now, by_id=False)]
    try:
        shown, token = cut(seen, lambda i: str(i[key]), size, call.wire.operation, call.params.get("NextToken"))
    except ValueError as error:
        raise bad_request("Invalid next token specified") from error
    return {"Items": shown, **({"NextToken": token} if token else {})}


@rule("apigatewayv2.CreateApi", "apigatewayv2.CreateVpcLink", "apigatewayv2.CreateStage", "apigatewayv2.TagResource")
def tags_allowed(call: Call, present: dict[str, str], added: dict[str, str] | None) -> dict[str, str]:
    """Keys of 1 to 128 characters, not starting with aws:, values of at most 256, at most 50 tags.

    Source: API Gateway Developer Guide, apigateway-tagging-concepts (restrictions); the code is not
    documented, BadRequestException is assumed.
    """
    for key, value in (added or {}).items():
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise bad_request(f"Invalid tag: {key[:140]}")
        if key.lower().startswith("aws:"):
            raise bad_request("Tag keys starting with 'aws:' are reserved for internal use")
    together = {**present, **(added or {})}
    if len(together) > call.quota("tagsPerResource"):
        raise bad_request("Number of tags exceeds the limit")
    return together


def one_of(call: Call, items: dict[str, Item], noun: str, resource_id: str, within: str = "") -> Item:
    """The item with an id, or the service's NotFoundException."""
    if resource_id not in items or hidden(call, f"{within}{resource_id}"):
        raise missing(noun, resource_id)
    return items[resource_id]


def stage_of(call: Call, api: Api, name: str) -> Item:
    """A stage of an API, or NotFoundException."""
    return one_of(call, api.stages, "stage", name, api.stage_prefix())


def merged(present: Item, changes: Item, check: Callable[[Item], None]) -> Item:
    """An item with changes, once they have been checked together; the stored one is changed then."""
    together = {**present, **changes}
    check(together)
    present.clear()
    present.update(together)
    return present
