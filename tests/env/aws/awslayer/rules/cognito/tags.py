"""Tags of user pools, the one taggable kind of Cognito's that has a description of its own."""

from __future__ import annotations

import re
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import store

_ARN = re.compile(r"^arn:aws[a-z-]*:cognito-idp:([a-z0-9-]+):(\d{12}):userpool/([\w-]+)$")


@rule("cognito-idp.CreateUserPool", "cognito-idp.UpdateUserPool", "cognito-idp.TagResource")
def pool_tags_well_formed(call: Call, tags: dict[str, str]) -> dict[str, str]:
    """Keys do not start with aws:, and there are at most 50.

    Source: Cognito Developer Guide, "Tagging Amazon Cognito resources"; the words of the refusals are assumed.
    """
    if any(key.lower().startswith("aws:") for key in tags):
        raise AwsError("InvalidParameterException", "Tag keys may not start with the reserved prefix aws:")
    limit = call.quota("tagsPerResource")
    if len(tags) > limit:
        raise AwsError("InvalidParameterException", f"A resource may have at most {limit} tags")
    return dict(tags)


@rule("cognito-idp.ListTagsForResource", "cognito-idp.TagResource", "cognito-idp.UntagResource")
def tagged_pool_exists(call: Call) -> Any:
    """Tags are read and written by the ARN of a user pool of the caller's account and region.

    Source: botocore cognito-idp.ListTagsForResource (ResourceNotFoundException, InvalidParameterException).
    """
    arn = call.params["ResourceArn"]
    match = _ARN.match(arn)
    if match is None:
        raise AwsError("InvalidParameterException", f"Invalid resource ARN {arn}")
    region, account, pool_id = match.groups()
    if (region, account) != (call.region, call.account):
        raise AwsError("ResourceNotFoundException", f"User pool {pool_id} does not exist.")
    return store.user_pool_exists(call, pool_id)


@answers("cognito-idp", "ListTagsForResource")
def list_tags(call: Call) -> dict[str, Any]:
    """The tags of a pool, which moto cannot list."""
    return {"Tags": dict(tagged_pool_exists(call).tags)}


@answers("cognito-idp", "TagResource")
def tag(call: Call) -> dict[str, Any]:
    """Adds or overwrites tags."""
    pool = tagged_pool_exists(call)
    pool.tags = pool_tags_well_formed(call, {**pool.tags, **(call.params.get("Tags") or {})})
    return {}


@answers("cognito-idp", "UntagResource")
def untag(call: Call) -> dict[str, Any]:
    """Removes tags; those that are not there are no error."""
    pool = tagged_pool_exists(call)
    gone = set(call.params.get("TagKeys") or [])
    pool.tags = {key: value for key, value in pool.tags.items() if key not in gone}
    return {}
