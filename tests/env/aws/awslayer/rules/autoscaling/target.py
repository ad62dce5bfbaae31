"""Scalable targets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...call import Call
from ...errors import AwsError, ControlError
from ...listing import lag_between_create_and_list
from ...registry import answers, dumps, rule
from ..ecs import scheduler
from ..ecs.store import Service
from .store import Target, dimension_is_a_count_of_tasks, identity, page, service_of, store, target_is_registered

_SUSPENDED = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
_SLR = "AWSServiceRoleForApplicationAutoScaling_ECSService"


def view(target: Target) -> dict[str, Any]:
    """A scalable target as answers show it."""
    return {
        **target.key,
        "MinCapacity": target.low,
        "MaxCapacity": target.high,
        "RoleARN": target.role,
        "CreationTime": target.created,
        "SuspendedState": dict(target.suspended),
        "ScalableTargetARN": target.arn,
    }


@rule("application-autoscaling.RegisterScalableTarget")
def service_to_scale_exists(call: Call, resource: str) -> Service:
    """Only an ACTIVE service can be registered.

    Source: message as moto has it from AWS (ValidationException "ECS service doesn't exist").
    """
    found = service_of(call, resource)
    if found is None:
        raise AwsError("ValidationException", f"ECS service doesn't exist: {resource}")
    return found


@rule("application-autoscaling.RegisterScalableTarget")
def capacities_fit(known: Target | None, params: dict[str, Any]) -> tuple[int, int]:
    """A new target names both capacities; an update those that change; the maximum is not below the minimum.

    Source: botocore application-autoscaling.RegisterScalableTarget (MinCapacity and MaxCapacity: "required
    when registering a new scalable target").
    """
    low, high = params.get("MinCapacity"), params.get("MaxCapacity")
    if known is None and (low is None or high is None):
        which = "MinCapacity" if low is None else "MaxCapacity"
        raise AwsError("ValidationException", f"{which} cannot be null when registering a new scalable target")
    if known is not None:
        low, high = (known.low if low is None else low), (known.high if high is None else high)
    assert low is not None
    assert high is not None
    if low < 0 or high < low:
        raise AwsError("ValidationException", "Maximum capacity cannot be less than minimum capacity")
    return int(low), int(high)


@rule("application-autoscaling.RegisterScalableTarget")
def scalable_target_quota(call: Call) -> None:
    """A bounded number of scalable targets per Region.

    Source: Application Auto Scaling User Guide, service quotas (Amazon ECS: 3,000); botocore
    application-autoscaling.LimitExceededException.
    """
    if len(store(call)) >= call.quota("scalableTargets"):
        raise AwsError("LimitExceededException", "The maximum number of scalable targets has been reached.")


@answers("application-autoscaling", "RegisterScalableTarget")
def register_scalable_target(call: Call) -> dict[str, Any]:
    """Registers a target, or changes what is named of one."""
    params = call.params
    resource = dimension_is_a_count_of_tasks(call)
    service = service_to_scale_exists(call, resource)
    known = store(call).get(resource)
    low, high = capacities_fit(known, params)
    if known is None:
        scalable_target_quota(call)
        prefix = f"arn:aws:application-autoscaling:{call.region}:{call.account}:scalable-target/"
        slr = f"arn:aws:iam::{call.account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/{_SLR}"
        none = dict.fromkeys(_SUSPENDED, False)
        made = Target(
            resource, prefix + identity(), low, high, slr, call.world.date(call.account), none, params.get("Tags") or {}
        )
        known = store(call)[resource] = made
        call.created(known.arn)
    known.low, known.high = low, high
    known.suspended |= params.get("SuspendedState") or {}
    count_stays_within_the_capacities(call, service, known)
    return {"ScalableTargetARN": known.arn}


@rule("application-autoscaling.RegisterScalableTarget")
def count_stays_within_the_capacities(call: Call, service: Service, target: Target) -> None:
    """A desired count outside of a target's capacities is brought inside at once.

    Source: aws-facts 12; botocore application-autoscaling.RegisterScalableTarget (MinCapacity: "When a
    scaling policy takes effect ... and the current capacity is outside, it scales to the range").
    """
    scale(call, service, target, service.desired, "the scalable target was registered")


def scale(call: Call, service: Service, target: Target, count: int, cause: str) -> None:
    """Sets a service's desired count, within the target's capacities, and notes the activity."""
    wanted = min(max(count, target.low), target.high)
    if wanted == service.desired:
        return
    service.desired = wanted
    date = call.world.date(call.account)
    target.activities.append(
        {
            **target.key,
            "ActivityId": identity(),
            "Description": f"Setting desired count to {wanted}.",
            "Cause": cause,
            "StartTime": date,
            "EndTime": date,
            "StatusCode": "Successful",
            "StatusMessage": f"Successfully set desired count to {wanted}. Change successfully fulfilled by ecs.",
        }
    )
    scheduler.look_soon(call, service)


def order(call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    """Lets a policy scale a service, as an alarm would; a suspended direction does nothing."""
    resource = f"service/{spec.get('cluster')}/{spec.get('service')}"
    target, service = store(call).get(resource), service_of(call, resource)
    if target is None or service is None or "count" not in spec:
        raise ControlError(f"scale needs cluster, service and count, and a scalable target; there is none: {resource}")
    count = int(spec["count"])
    direction = "DynamicScalingOutSuspended" if count > service.desired else "DynamicScalingInSuspended"
    if not target.suspended[direction]:
        scale(call, service, target, count, "monitor alarm in state ALARM triggered a policy")
    return {"desiredCount": service.desired}


@answers("application-autoscaling", "DescribeScalableTargets")
def describe_scalable_targets(call: Call) -> dict[str, Any]:
    """Lists targets, all or those of some resources."""
    wanted = call.params.get("ResourceIds") or []
    found = [
        view(t)
        for t in store(call).values()
        if call.params["ServiceNamespace"] == "ecs"
        and (not wanted or t.resource in wanted)
        and not lag_between_create_and_list(call, t.arn, wanted)
    ]
    shown, more = page(call, found, 50)
    return {"ScalableTargets": shown, **more}


@answers("application-autoscaling", "DeregisterScalableTarget")
def deregister_scalable_target(call: Call) -> dict[str, Any]:
    """Forgets a target with its policies; the service keeps its desired count."""
    del store(call)[target_is_registered(call).resource]
    return {}


@answers("application-autoscaling", "DescribeScalingActivities")
def describe_scaling_activities(call: Call) -> dict[str, Any]:
    """Lists what was scaled, the newest first."""
    resource = call.params.get("ResourceId")
    found = [a for t in store(call).values() if resource in (None, t.resource) for a in reversed(t.activities)]
    shown, more = page(call, found, 50)
    return {"ScalingActivities": shown, **more}


@rule("application-autoscaling.TagResource", "application-autoscaling.ListTagsForResource")
def scalable_target_is_tagged(call: Call) -> Target:
    """Tags belong to a scalable target that exists, named by its ARN.

    Source: botocore application-autoscaling.ResourceNotFoundException.
    """
    arn = call.params["ResourceARN"]
    found = next((t for t in store(call).values() if t.arn == arn), None)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"No scalable target found for resource ARN: {arn}")
    return found


@answers("application-autoscaling", "TagResource")
def tag_resource(call: Call) -> dict[str, Any]:
    """Adds or overwrites tags."""
    scalable_target_is_tagged(call).tags.update(call.params["Tags"])
    return {}


@answers("application-autoscaling", "UntagResource")
def untag_resource(call: Call) -> dict[str, Any]:
    """Removes tags."""
    target = scalable_target_is_tagged(call)
    for key in call.params["TagKeys"]:
        target.tags.pop(key, None)
    return {}


@answers("application-autoscaling", "ListTagsForResource")
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """Lists the tags of a target."""
    return {"Tags": dict(scalable_target_is_tagged(call).tags)}


@dumps("application-autoscaling")
def dumped(call: Call) -> dict[str, Iterable[Any]]:
    """Targets with their policies; times and ARNs are left out."""
    changing = ("CreationTime", "ScalableTargetARN", "PolicyARN", "Alarms")
    return {
        "scalableTargets": [
            {
                **{k: v for k, v in view(t).items() if k not in changing},
                "tags": t.tags,
                "policies": [{k: v for k, v in p.items() if k not in changing} for p in t.policies.values()],
            }
            for t in store(call).values()
        ]
    }
