"""What the nouns of EC2 share: tags in requests and answers, client tokens, ids that must exist."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import rule
from ...world import Token

TagList = list[dict[str, str]]


def tags_of(call: Call, resource_id: str) -> TagList:
    """The tags of a resource as answers show them."""
    return [{"Key": k, "Value": v} for k, v in call.ec2.tags.get(resource_id, {}).items()]


@rule("ec2.*")
def tags_fit_the_operation(call: Call, resource_type: str) -> dict[str, str]:
    """Tags given at creation must name the resource type that the operation creates.

    Source: EC2 API Reference, TagSpecification; EC2 User Guide, "Error codes" (InvalidParameterValue).
    """
    tags: dict[str, str] = {}
    for spec in call.params.get("TagSpecifications", []):
        kind = spec.get("ResourceType")
        if kind != resource_type:
            text = f"'{kind}' is not a valid taggable resource type for this operation."
            raise AwsError("InvalidParameterValue", text)
        given = spec.get("Tags") or []
        if not given:
            raise AwsError("InvalidParameterValue", "Tag specification must have at least one tag")
        tags_well_formed(given)
        tags.update({tag["Key"]: tag.get("Value", "") for tag in given})
    tags_within_limit(call, tags)
    return tags


@rule("ec2.CreateTags", "ec2.Create*", "ec2.AllocateAddress")
def tags_well_formed(tags: TagList) -> None:
    """Keys: 1 to 128 characters, once each, not starting with aws:. Values: at most 256 characters.

    Source: EC2 User Guide, "Tag your Amazon EC2 resources", tag restrictions.
    """
    keys = [tag.get("Key", "") for tag in tags]
    for tag, key in zip(tags, keys, strict=True):
        if not key or len(key) > 128:
            raise AwsError("InvalidParameterValue", f"Tag key exceeds the maximum length of 128 characters: {key!r}")
        if key.lower().startswith("aws:"):
            text = "Tag keys starting with 'aws:' are reserved for internal use"
            raise AwsError("InvalidParameterValue", text)
        if len(tag.get("Value", "")) > 256:
            raise AwsError("InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters")
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise AwsError("InvalidParameterValue", f"Duplicate tag key '{twice}' specified.")


@rule("ec2.CreateTags", "ec2.Create*", "ec2.AllocateAddress")
def tags_within_limit(call: Call, tags: dict[str, str]) -> None:
    """At most 50 tags on a resource.

    Source: EC2 User Guide, "Tag your Amazon EC2 resources", tag restrictions (TagLimitExceeded).
    """
    limit = call.quota("tagsPerResource")
    if len(tags) > limit:
        raise AwsError("TagLimitExceeded", f"More than {limit} tags specified for use by the resource.")


def put_tags(call: Call, resource_id: str, tags: dict[str, str]) -> None:
    """Writes tags to moto's store."""
    call.ec2.tags[resource_id].update(tags)


def fingerprint(call: Call) -> str:
    """A hash of the request's parameters, the token left out."""
    params = {k: v for k, v in call.params.items() if k != "ClientToken"}
    return hashlib.sha256(json.dumps(params, sort_keys=True, default=str).encode()).hexdigest()


@rule("ec2.CreateRouteTable", "ec2.CreateNatGateway", "ec2.CreateVpcEndpoint")
def client_token_repeats(call: Call) -> str | None:
    """The same client token and parameters name the same resource again, also when it is dead since;
    the same token with other parameters is refused.

    Source: aws-facts 6.1; EC2 Developer Guide, "Ensuring idempotency in Amazon EC2 API requests".
    """
    text = call.params.get("ClientToken")
    if not text:
        return None
    if len(text) > 64:
        raise AwsError("InvalidParameterValue", "ClientToken exceeds the maximum length of 64 characters")
    token = call.memory.tokens.get((call.wire.operation, text))
    if token is None:
        return None
    if token.fingerprint != fingerprint(call):
        raise AwsError(
            "IdempotentParameterMismatch",
            "The request uses the same client token as a previous, but non-identical request.",
        )
    return token.resource_id


def remember_token(call: Call, resource_id: str) -> None:
    """Notes what the request's client token stands for from now on."""
    text = call.params.get("ClientToken")
    if text:
        call.memory.tokens[call.wire.operation, text] = Token(fingerprint(call), resource_id)


def missing(code: str, noun: str, resource_id: str) -> AwsError:
    """EC2's answer to an id that does not exist."""
    return AwsError(code, f"The {noun} '{resource_id}' does not exist")


def values(items: Any) -> list[str]:
    """A list parameter without repetitions, in its order."""
    return list(dict.fromkeys(items or []))
