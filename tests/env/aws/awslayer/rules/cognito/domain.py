"""Domains of user pools: where their hosted sign-in and token endpoints are."""

from __future__ import annotations

from typing import Any

from ...errors import AwsError
from ...registry import rule


def of_pool(pool: Any) -> list[Any]:
    """The domains of a pool."""
    return [d for d in pool.backend.user_pool_domains.values() if d.user_pool_id == pool.id]


def shown_in_pool(pool: Any) -> dict[str, str]:
    """A pool's description names its prefix domain and its own domain."""
    return {"CustomDomain" if "." in d.domain else "Domain": d.domain for d in of_pool(pool)}


@rule("cognito-idp.DeleteUserPool")
def pool_with_domain_stays(pool: Any) -> None:
    """A pool with a domain cannot be deleted.

    Source: aws-facts 7; terraform-provider-aws issue 16479 (code and message).
    """
    if of_pool(pool):
        text = "User pool cannot be deleted. It has a domain configured that should be deleted first."
        raise AwsError("InvalidParameterException", text)
