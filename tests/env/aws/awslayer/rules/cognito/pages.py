"""Pages of Cognito's lists, and what a list does not see yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...paging import cut
from ...registry import rule


@rule("cognito-idp.ListUserPools", "cognito-idp.ListUserPoolClients", "cognito-idp.ListResourceServers")
def sixty_to_a_page(
    call: Call, items: Sequence[Any], key: Callable[[Any], str], default: int = 60
) -> tuple[list[Any], dict[str, str]]:
    """Lists come in pages of at most 60.

    Source: botocore cognito-idp.ListUserPools, MaxResults (1 to 60) and NextToken.
    """
    missed = [i for i in items if call.world.staleness.misses(call.account, key(i), call.now, by_id=False)]
    asked = int(call.params.get("MaxResults") or default)
    if not 1 <= asked <= 60:
        text = f"Value '{asked}' at 'maxResults' failed to satisfy constraint: Member must be between 1 and 60"
        raise AwsError("InvalidParameterException", f"1 validation error detected: {text}")
    size = min(asked, int(call.world.settings.get("pageSize", call.account)))
    kept = [i for i in items if i not in missed]
    try:
        page, token = cut(kept, key, size, call.wire.operation, call.params.get("NextToken"))
    except ValueError as error:
        raise AwsError("InvalidParameterException", "Invalid pagination token given.") from error
    return page, {"NextToken": token} if token else {}
