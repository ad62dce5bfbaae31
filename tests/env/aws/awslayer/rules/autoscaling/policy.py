"""Scaling policies that track a target value."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from .store import Target, dimension_is_a_count_of_tasks, identity, page, store, target_is_registered

_METRICS = (
    "ECSServiceAverageCPUUtilization",
    "ECSServiceAverageMemoryUtilization",
    "ALBRequestCountPerTarget",
    "ECSServiceAverageCPUUtilizationHighResolution",
    "ECSServiceAverageMemoryUtilizationHighResolution",
)


@rule("application-autoscaling.PutScalingPolicy")
def tracked_metric_fits(target: Target, name: str, given: dict[str, Any] | None) -> dict[str, Any]:
    """A policy tracks one metric, predefined for ECS or customized, which no other policy of the target
    tracks; ALBRequestCountPerTarget needs its resource label.

    Source: botocore application-autoscaling.TargetTrackingScalingPolicyConfiguration,
    PredefinedMetricSpecification; AWS answers ValidationException "Only one TargetTrackingScaling policy for
    a given metric specification is allowed.".
    """
    if not given:
        text = "TargetTrackingScalingPolicyConfiguration must be specified for policies of type TargetTrackingScaling"
        raise AwsError("ValidationException", text)
    predefined, customized = given.get("PredefinedMetricSpecification"), given.get("CustomizedMetricSpecification")
    if bool(predefined) == bool(customized):
        text = "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified"
        raise AwsError("ValidationException", text)
    if predefined:
        kind = predefined["PredefinedMetricType"]
        if kind not in _METRICS:
            raise AwsError("ValidationException", f"Predefined metric type {kind} is not valid for ecs")
        if (kind == "ALBRequestCountPerTarget") != bool(predefined.get("ResourceLabel")):
            raise AwsError("ValidationException", f"ResourceLabel does not fit the metric type {kind}")
    for other, policy in target.policies.items():
        configuration = policy["TargetTrackingScalingPolicyConfiguration"]
        if other != name and configuration.get("PredefinedMetricSpecification") == predefined and predefined:
            text = "Only one TargetTrackingScaling policy for a given metric specification is allowed."
            raise AwsError("ValidationException", text)
    return given


@answers("application-autoscaling", "PutScalingPolicy")
def put_scaling_policy(call: Call) -> dict[str, Any]:
    """Makes or replaces a policy of a registered target."""
    params = call.params
    dimension_is_a_count_of_tasks(call)
    target = target_is_registered(call)
    name = params["PolicyName"]
    known = target.policies.get(name)
    kind = params.get("PolicyType") or (known["PolicyType"] if known else "StepScaling")
    if kind != "TargetTrackingScaling":
        raise AwsError("InternalFailure", "the emulator lacks scaling policies that do not track a target", 501)
    given = params.get("TargetTrackingScalingPolicyConfiguration")
    configuration = tracked_metric_fits(target, name, given)
    if known is None:
        prefix = f"arn:aws:autoscaling:{call.region}:{call.account}:scalingPolicy:{identity()}"
        known = target.policies[name] = {
            **target.key,
            "PolicyName": name,
            "PolicyARN": f"{prefix}:resource/ecs/{target.resource}:policyName/{name}",
            "PolicyType": kind,
            "Alarms": [_alarm(call, target, side) for side in ("AlarmHigh", "AlarmLow")],
            "CreationTime": call.world.date(call.account),
        }
        call.created(known["PolicyARN"])
    known["TargetTrackingScalingPolicyConfiguration"] = dict(configuration)
    return {"PolicyARN": known["PolicyARN"], "Alarms": known["Alarms"]}


def _alarm(call: Call, target: Target, side: str) -> dict[str, str]:
    name = f"TargetTracking-{target.resource}-{side}-{identity()}"
    return {"AlarmName": name, "AlarmARN": f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:{name}"}


@answers("application-autoscaling", "DescribeScalingPolicies")
def describe_scaling_policies(call: Call) -> dict[str, Any]:
    """Lists policies, all or those of a resource, or with given names."""
    params = call.params
    names = params.get("PolicyNames") or []
    found = [
        policy
        for target in store(call).values()
        if params["ServiceNamespace"] == "ecs" and params.get("ResourceId") in (None, target.resource)
        for name, policy in target.policies.items()
        if not names or name in names
    ]
    shown, more = page(call, found, 10)
    return {"ScalingPolicies": shown, **more}


@answers("application-autoscaling", "DeleteScalingPolicy")
def delete_scaling_policy(call: Call) -> dict[str, Any]:
    """Deletes a policy with its alarms."""
    target = target_is_registered(call, "scaling policy")
    policy_exists(target, call.params["PolicyName"])
    del target.policies[call.params["PolicyName"]]
    return {}


@rule("application-autoscaling.DeleteScalingPolicy")
def policy_exists(target: Target, name: str) -> None:
    """Only a policy that exists is deleted.

    Source: botocore application-autoscaling.ObjectNotFoundException; words as moto has them from AWS.
    """
    if name not in target.policies:
        key = target.key
        text = f"No scaling policy found for service namespace: ecs, resource ID: {key['ResourceId']}, "
        text += f"scalable dimension: {key['ScalableDimension']}, policy name: {name}"
        raise AwsError("ObjectNotFoundException", text)
