"""What a dump shows of user pools."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...call import Call
from ...registry import dumps
from . import client, mfa, pool, resource_server, store


@dumps("cognito-idp")
def dumped(call: Call) -> dict[str, Iterable[Any]]:
    """Pools with their factors, clients without their secrets, resource servers and domains."""
    found = store.pools(call)
    return {
        "userPools": [{**pool.view(p), "Mfa": mfa.view(p)} for p in found],
        "clients": [_without_secret(client.view(c)) for p in found for c in p.clients.values()],
        "resourceServers": [resource_server.view(s) for p in found for s in p.resource_servers.values()],
        "domains": [
            {"Domain": d.domain, "UserPoolId": d.user_pool_id} for d in store.backend(call).user_pool_domains.values()
        ],
    }


def _without_secret(shown: dict[str, Any]) -> dict[str, Any]:
    return {**shown, "ClientSecret": "***"} if "ClientSecret" in shown else shown
