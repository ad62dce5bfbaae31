"""Prefix lists: AWS's own, of S3 and DynamoDB above all, and those of users."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...registry import answers, rule
from .common import tags_of

# AWS's prefix lists have the same id in every account of a region; these are eu-west-1's, public knowledge.
_KNOWN = {
    ("eu-west-1", "s3"): "pl-6da54004",
    ("eu-west-1", "dynamodb"): "pl-6fa54006",
    ("us-east-1", "s3"): "pl-63a5400a",
    ("us-east-1", "dynamodb"): "pl-02cd2c6b",
}


@rule("ec2.DescribeManagedPrefixLists", "ec2.DescribePrefixLists", "ec2.CreateVpcEndpoint")
def prefix_lists_of_aws_have_one_id_per_region(call: Call) -> dict[str, Any]:
    """The id of an AWS-managed prefix list is the same in every account of a region.

    Source: VPC User Guide, working-with-aws-managed-prefix-lists; aws-facts 4 (the S3 prefix list).
    """
    lists = call.ec2.managed_prefix_lists
    for found in list(lists.values()):
        if found.owner_id == "AWS" and not getattr(found, "settled", False):
            short = found.prefix_list_name.rpartition(".")[2]
            fixed = _KNOWN.get((call.region, short))
            if fixed is None:
                fixed = f"pl-{zlib.crc32(f'{call.region}/{found.prefix_list_name}'.encode()):08x}"
            lists.pop(found.id)
            call.ec2.tags.pop(found.id, None)
            found.id = fixed
            found.settled = True
            lists[fixed] = found
    return dict(lists)


@rule("ec2.CreateRoute", "ec2.AuthorizeSecurityGroupIngress", "ec2.AuthorizeSecurityGroupEgress")
def prefix_list_exists(call: Call, list_id: str) -> Any:
    """A prefix list that is named must exist.

    Source: EC2 error codes (InvalidPrefixListID.NotFound).
    """
    found = prefix_lists_of_aws_have_one_id_per_region(call).get(list_id)
    if found is None or found.state == "delete-complete":
        raise AwsError("InvalidPrefixListID.NotFound", f"The prefix list ID '{list_id}' does not exist")
    return found


def of_service(call: Call, service_name: str) -> Any | None:
    """The prefix list of a service with a gateway endpoint."""
    lists = prefix_lists_of_aws_have_one_id_per_region(call).values()
    return next((p for p in lists if p.prefix_list_name == service_name), None)


def view(call: Call, found: Any) -> dict[str, Any]:
    """A managed prefix list as answers show it."""
    shown: dict[str, Any] = {
        "PrefixListId": found.id,
        "PrefixListName": found.prefix_list_name,
        "AddressFamily": found.address_family,
        "State": found.state,
        "OwnerId": found.owner_id,
        "PrefixListArn": f"arn:aws:ec2:{call.region}:{_owner(found)}:prefix-list/{found.id}",
        "Tags": tags_of(call, found.id),
    }
    if found.version is not None:
        shown["Version"] = int(found.version)
    if found.max_entries is not None:
        shown["MaxEntries"] = int(found.max_entries)
    return shown


@answers("ec2", "DescribeManagedPrefixLists")
def describe_managed_prefix_lists(call: Call) -> dict[str, Any]:
    """Lists prefix lists, AWS's and the account's."""
    return describe(call, MANAGED)


@answers("ec2", "DescribePrefixLists")
def describe_prefix_lists(call: Call) -> dict[str, Any]:
    """Lists the prefix lists of services with gateway endpoints."""
    return describe(call, PLAIN)


def _owner(found: Any) -> str:
    return "aws" if found.owner_id == "AWS" else str(found.owner_id)


def _missing(list_id: str) -> AwsError:
    return AwsError("InvalidPrefixListID.NotFound", f"The prefix list ID '{list_id}' does not exist")


def things(call: Call) -> Iterable[tuple[str, Any]]:
    """All prefix lists that the account can see in the region."""
    return list(prefix_lists_of_aws_have_one_id_per_region(call).items())


def _gateway_things(call: Call) -> Iterable[tuple[str, Any]]:
    services = (f"com.amazonaws.{call.region}.s3", f"com.amazonaws.{call.region}.dynamodb")
    return [(i, p) for i, p in things(call) if p.prefix_list_name in services]


def _plain_view(_: Call, found: Any) -> dict[str, Any]:
    entries = list(found.entries.values())[-1] if found.entries else []
    return {
        "PrefixListId": found.id,
        "PrefixListName": found.prefix_list_name,
        "Cidrs": [e["Cidr"] for e in entries],
    }


_FILTERS = {"owner-id": "OwnerId", "prefix-list-id": "PrefixListId", "prefix-list-name": "PrefixListName"}
MANAGED = Listing(
    result="PrefixLists",
    id_member="PrefixListId",
    things=things,
    view=view,
    ids="PrefixListIds",
    not_found=_missing,
    filters=_FILTERS,
    tagged=False,
)
PLAIN = Listing(
    result="PrefixLists",
    id_member="PrefixListId",
    things=_gateway_things,
    view=_plain_view,
    ids="PrefixListIds",
    not_found=_missing,
    filters={k: v for k, v in _FILTERS.items() if k != "owner-id"},
    tagged=False,
)
