"""Log groups: moto keeps them; the layer adds what AWS refuses, pages, tags that go with their group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.logs.models import logs_backends

from ...call import Call
from ...errors import AwsError
from ...listing import lag_between_create_and_list
from ...paging import cut
from ...registry import answers, dumps, rule

# botocore logs.Days.
_RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
_PAGE = 50


def store(call: Call) -> Any:
    """Moto's store of log groups of the call's account and region."""
    return logs_backends[call.account][call.region]


@rule("logs.*")
def log_group_exists(call: Call, name: str) -> Any:
    """An operation on a log group that does not exist is refused.

    Source: botocore logs.ResourceNotFoundException; message as AWS has it.
    """
    found = store(call).groups.get(name)
    if found is None or lag_between_create_and_list(call, found.arn, [found.arn]):
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return found


@rule("logs.CreateLogGroup")
def log_group_is_new(call: Call, name: str) -> None:
    """The name of a log group is unique in a Region.

    Source: aws-facts 6.2; botocore logs.ResourceAlreadyExistsException.
    """
    if name in store(call).groups:
        raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists")


@rule("logs.CreateLogGroup")
def log_group_quota(call: Call) -> None:
    """A bounded number of log groups per Region.

    Source: CloudWatch Logs User Guide, cloudwatch_limits_cwl (1,000,000); botocore logs.LimitExceededException.
    """
    if len(store(call).groups) >= call.quota("logGroups"):
        raise AwsError("LimitExceededException", "Resource limit exceeded.")


@answers("logs", "CreateLogGroup")
def create_log_group(call: Call) -> dict[str, Any]:
    """Creates a log group whose events never expire."""
    params = call.params
    name = params["logGroupName"]
    log_group_is_new(call, name)
    log_group_quota(call)
    log_tags_within_limit(call, params.get("tags") or {})
    made = store(call).create_log_group(name, dict(params.get("tags") or {}), kmsKeyId=params.get("kmsKeyId"))
    made.log_class = params.get("logGroupClass") or "STANDARD"
    made.protected = bool(params.get("deletionProtectionEnabled"))
    call.created(made.arn)
    return {}


def view(group: Any) -> dict[str, Any]:
    """A log group as answers show it."""
    return {
        **group.to_describe_dict(),
        "logGroupClass": getattr(group, "log_class", "STANDARD"),
        "deletionProtectionEnabled": getattr(group, "protected", False),
    }


@answers("logs", "DescribeLogGroups")
def describe_log_groups(call: Call) -> dict[str, Any]:
    """Lists log groups by prefix or pattern, in pages of 50 at most."""
    params = call.params
    prefix, pattern = params.get("logGroupNamePrefix"), params.get("logGroupNamePattern")
    prefix_or_pattern(prefix, pattern)
    found = [
        g
        for name, g in sorted(store(call).groups.items())
        if (not prefix or name.startswith(prefix))
        and (not pattern or pattern.lower() in name.lower())
        and params.get("logGroupClass") in (None, getattr(g, "log_class", "STANDARD"))
        and not lag_between_create_and_list(call, g.arn, [])
    ]
    size = min(int(params.get("limit") or _PAGE), int(call.world.settings.get("pageSize", call.account)))
    try:
        shown, token = cut(found, lambda g: str(g.name), size, call.wire.operation, params.get("nextToken"))
    except ValueError as error:
        raise AwsError("InvalidParameterException", "The specified nextToken is invalid.") from error
    return {"logGroups": [view(g) for g in shown], **({"nextToken": token} if token else {})}


@rule("logs.DescribeLogGroups")
def prefix_or_pattern(prefix: str | None, pattern: str | None) -> None:
    """A prefix and a pattern exclude each other.

    Source: botocore logs.DescribeLogGroups (logGroupNamePattern: "mutually exclusive").
    """
    if prefix and pattern:
        text = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        raise AwsError("InvalidParameterException", text)


@rule("logs.PutRetentionPolicy")
def retention_is_one_of_the_list(days: int) -> None:
    """A retention is one of a list of numbers of days.

    Source: botocore logs.Days ("Possible values are: 1, 3, 5, 7, ..."); form as AWS's validation errors.
    """
    if days not in _RETENTIONS:
        allowed = ", ".join(str(d) for d in _RETENTIONS)
        text = f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: "
        raise AwsError("InvalidParameterException", f"{text}Member must satisfy enum value set: [{allowed}]")


@answers("logs", "PutRetentionPolicy")
def put_retention_policy(call: Call) -> dict[str, Any]:
    """Sets the retention."""
    group = log_group_exists(call, call.params["logGroupName"])
    retention_is_one_of_the_list(call.params["retentionInDays"])
    group.set_retention_policy(call.params["retentionInDays"])
    return {}


@answers("logs", "PutLogGroupDeletionProtection")
def put_log_group_deletion_protection(call: Call) -> dict[str, Any]:
    """Switches deletion protection, which moto lacks."""
    name = call.params["logGroupIdentifier"].partition(":log-group:")[2] or call.params["logGroupIdentifier"]
    log_group_exists(call, name).protected = bool(call.params["deletionProtectionEnabled"])
    return {}


@rule("logs.DeleteLogGroup")
def protected_log_group_stays(group: Any) -> None:
    """A log group with deletion protection cannot be deleted.

    Source: aws-facts 7; botocore logs.PutLogGroupDeletionProtection; the code is assumed to be
    ValidationException, which DeleteLogGroup has in its model.
    """
    if getattr(group, "protected", False):
        text = f"The log group {group.name} has deletion protection enabled and cannot be deleted."
        raise AwsError("ValidationException", text)


@answers("logs", "DeleteLogGroup")
def delete_log_group(call: Call) -> dict[str, Any]:
    """Deletes a log group with its streams and tags."""
    group = log_group_exists(call, call.params["logGroupName"])
    protected_log_group_stays(group)
    store(call).delete_log_group(group.name)
    store(call).tagger.delete_all_tags_for_resource(group.arn)
    return {}


@rule("logs.TagResource", "logs.UntagResource", "logs.ListTagsForResource")
def tagged_log_group_exists(call: Call) -> Any:
    """Tags belong to a log group that exists, named by its ARN without the :* that
    DescribeLogGroups adds (which the model refuses).

    Source: botocore logs.TagResource (resourceArn), logs.ResourceNotFoundException.
    """
    arn = call.params["resourceArn"]
    found = next((g for g in store(call).groups.values() if g.arn == arn), None)
    if found is None and ":log-group:" in arn:
        raise AwsError("ResourceNotFoundException", "The specified resource does not exist.")
    return found


@rule("logs.TagResource", "logs.CreateLogGroup")
def log_tags_within_limit(call: Call, tags: dict[str, str]) -> None:
    """At most 50 tags on a log group, and none that starts with aws:.

    Source: botocore logs.TooManyTagsException; CloudWatch Logs User Guide, "Tag restrictions".
    """
    if len(tags) > call.quota("tagsPerResource"):
        raise AwsError("TooManyTagsException", "A resource can have no more than 50 tags.")
    if any(key.lower().startswith("aws:") for key in tags):
        raise AwsError("InvalidParameterException", "Tag keys starting with aws: are reserved.")


@answers("logs", "TagResource")
def tag_resource(call: Call) -> dict[str, Any]:
    """Adds or overwrites tags."""
    group = tagged_log_group_exists(call)
    if group is not None:
        tags = store(call).tagger.get_tag_dict_for_resource(group.arn)
        log_tags_within_limit(call, {**tags, **call.params["tags"]})
    return call.ask_moto()


@answers("logs", "UntagResource")
def untag_resource(call: Call) -> dict[str, Any]:
    """Removes tags."""
    tagged_log_group_exists(call)
    return call.ask_moto()


@answers("logs", "ListTagsForResource")
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """Lists the tags of a resource."""
    tagged_log_group_exists(call)
    return call.ask_moto()


@dumps("logs")
def dumped(call: Call) -> dict[str, Iterable[Any]]:
    """Log groups with their tags; streams come and go with tasks."""
    kept = store(call)
    changing = ("creationTime", "storedBytes")
    return {
        "logGroups": [
            {
                **{k: v for k, v in view(g).items() if k not in changing},
                "tags": kept.tagger.get_tag_dict_for_resource(g.arn),
            }
            for _, g in sorted(kept.groups.items())
        ]
    }
