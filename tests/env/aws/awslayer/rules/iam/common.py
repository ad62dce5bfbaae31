"""What the nouns of IAM share: the account's store, names that must exist, pages."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

from ...call import Call
from ...errors import AwsError
from ...paging import cut
from ...registry import rule

_OF_AWS = "arn:aws:iam::aws:policy/"


def store(call: Call) -> Any:
    """Moto's IAM store of the account; IAM has no regions."""
    return iam_backends[call.account]["aws"]


@rule("iam.*")
def role_exists(call: Call, name: str) -> Any:
    """An operation on a role that does not exist, or is not seen yet, is refused.

    Source: botocore iam.GetRole (NoSuchEntityException); aws-facts 10 (IAM is eventually consistent).
    """
    found = next((r for r in store(call).roles.values() if r.name == name), None)
    if found is None or call.world.staleness.misses(call.account, found.arn, call.now, by_id=True):
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
    return found


@rule("iam.AttachRolePolicy", "iam.GetPolicy", "iam.GetPolicyVersion")
def policies_of_aws_exist(call: Call, arn: str) -> Any | None:
    """The managed policies of AWS are in every account.

    Source: IAM User Guide, access_policies_managed-vs-inline (AWS managed policies); the documents are moto's
    copies.
    """
    held: dict[str, Any] = store(call).managed_policies
    if arn not in held and arn.startswith(_OF_AWS):
        path, _, name = arn.removeprefix(_OF_AWS).rpartition("/")
        data = _data_of_aws().get(name)
        if data is not None and data["Path"].strip("/") == path:
            held[arn] = AWSManagedPolicy.from_data(name, call.account, call.region, data)
    return held.get(arn)


@rule("iam.List*")
def marked_pages(
    call: Call, items: Sequence[Any], key: Callable[[Any], str | None]
) -> tuple[list[Any], dict[str, Any]]:
    """Lists come in pages: MaxItems (100 by default), IsTruncated and Marker.

    Source: botocore iam.ListRoles, MaxItems and Marker.
    """
    size = min(int(call.params.get("MaxItems") or 100), int(call.world.settings.get("pageSize", call.account)))
    try:
        page, token = cut(items, key, size, call.wire.operation, call.params.get("Marker"))
    except ValueError as error:
        raise AwsError("ValidationError", "Invalid Marker.") from error
    return page, {"IsTruncated": token is not None, **({"Marker": token} if token else {})}


@functools.cache
def _data_of_aws() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(aws_managed_policies_data)
    return data
