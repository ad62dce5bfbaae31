"""What the layer keeps of Application Auto Scaling: scalable targets of ECS services, and their policies."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import rule
from ..ecs.store import Service
from ..ecs.store import store as ecs_store

DIMENSION = "ecs:service:DesiredCount"


@dataclass
class Target:
    """A scalable target."""

    resource: str
    arn: str
    low: int
    high: int
    role: str
    created: datetime
    suspended: dict[str, bool]
    tags: dict[str, str]
    # Policy name -> policy as answers show it.
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    activities: list[dict[str, Any]] = field(default_factory=list)

    @property
    def key(self) -> dict[str, str]:
        """The members that name the target in every answer."""
        return {"ServiceNamespace": "ecs", "ResourceId": self.resource, "ScalableDimension": DIMENSION}


def store(call: Call) -> dict[str, Target]:
    """Resource id -> target, of the call's account and region."""
    kept: dict[str, Target] = call.memory.kept.setdefault("application-autoscaling", {})
    return kept


@rule("application-autoscaling.RegisterScalableTarget", "application-autoscaling.PutScalingPolicy")
def dimension_is_a_count_of_tasks(call: Call) -> str:
    """For ECS the dimension is ecs:service:DesiredCount, and the resource is service/<cluster>/<service>.

    Source: botocore application-autoscaling.RegisterScalableTarget (ResourceId, ScalableDimension); message
    as moto has it from AWS. Other namespaces are not emulated.
    """
    params = call.params
    if params["ServiceNamespace"] != "ecs":
        raise AwsError("InternalFailure", "the emulator lacks scalable targets other than ECS services", 501)
    parts = params["ResourceId"].split("/")
    if params["ScalableDimension"] != DIMENSION or len(parts) != 3 or parts[0] != "service":
        text = "Unsupported service namespace, resource type or scalable dimension"
        raise AwsError("ValidationException", text)
    return str(params["ResourceId"])


def service_of(call: Call, resource: str) -> Service | None:
    """The ACTIVE service that a resource id names."""
    service = ecs_store(call).services.get(resource.removeprefix("service/"))
    return service if service is not None and service.status == "ACTIVE" else None


@rule("application-autoscaling.*")
def target_is_registered(call: Call, noun: str = "scalable target") -> Target:
    """An operation on a scalable target that is not registered is refused.

    Source: botocore application-autoscaling.ObjectNotFoundException; the message is AWS's for
    DeregisterScalableTarget.
    """
    params = call.params
    found = store(call).get(params["ResourceId"])
    if found is None or params["ScalableDimension"] != DIMENSION or params["ServiceNamespace"] != "ecs":
        text = f"No {noun} found for service namespace: {params['ServiceNamespace']}, resource ID: "
        text += f"{params['ResourceId']}, scalable dimension: {params['ScalableDimension']}"
        raise AwsError("ObjectNotFoundException", text)
    return found


def identity() -> str:
    """The random part of ARNs and activity ids."""
    return f"{random.getrandbits(128):032x}"


def page(call: Call, items: list[Any], default: int) -> tuple[list[Any], dict[str, str]]:
    """One page of a list by MaxResults and NextToken."""
    try:
        start = int(call.params.get("NextToken") or 0)
    except ValueError as error:
        raise AwsError("InvalidNextTokenException", "The next token supplied was invalid.") from error
    size = min(int(call.params.get("MaxResults") or default), default)
    size = min(size, int(call.world.settings.get("pageSize", call.account)))
    more = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return items[start : start + size], more
