"""What a dump shows of ECS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...call import Call
from ...registry import dumps
from .store import store

_CHANGING = ("registeredAt", "deregisteredAt", "registeredBy")


@dumps("ecs")
def dumped(call: Call) -> dict[str, Iterable[Any]]:
    """Clusters, ACTIVE definitions and services with their tags; tasks come and go, and are left out."""
    kept = store(call)
    return {
        "clusters": [
            {
                "clusterName": c.name,
                "settings": c.settings,
                "capacityProviders": c.providers,
                "defaultCapacityProviderStrategy": c.strategy,
                "tags": kept.tags.get(c.arn, {}),
            }
            for c in kept.clusters.values()
            if c.status == "ACTIVE"
        ],
        "taskDefinitions": [
            {"arn": d.arn, **{k: v for k, v in d.content.items() if k not in _CHANGING}, "tags": kept.tags[d.arn]}
            for revisions in kept.families.values()
            for d in revisions.values()
            if d.status == "ACTIVE"
        ],
        "services": [
            {
                "serviceName": s.name,
                "clusterArn": s.cluster.arn,
                "status": s.status,
                "desiredCount": s.desired,
                "taskDefinition": s.primary.revision.definition,
                **{k: v for k, v in s.settings.items() if k != "clientToken"},
                "tags": kept.tags.get(s.arn, {}),
            }
            for s in kept.services.values()
            if s.status != "INACTIVE"
        ],
    }
