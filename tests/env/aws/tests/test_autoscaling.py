from __future__ import annotations

from typing import Any

import pytest

from awslayer.server import Server

from .fargate import Fargate
from .support import Aws, control_error, refused

rule = pytest.mark.rule
_KEY = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/web/web",
    "ScalableDimension": "ecs:service:DesiredCount",
}


class Scaling:
    """A service of two tasks, and the client."""

    def __init__(self, aws: Aws, layer: Server) -> None:
        self.fargate = Fargate(aws, layer)
        self.fargate.service()
        self.client: Any = aws.client("application-autoscaling")

    def register(self, low: int | None = 1, high: int | None = 4, **more: Any) -> Any:
        given = {**_KEY, "MinCapacity": low, "MaxCapacity": high, **more}
        return self.client.register_scalable_target(**{k: v for k, v in given.items() if v is not None})

    def put(self, name: str = "cpu", metric: str = "ECSServiceAverageCPUUtilization", **more: Any) -> Any:
        tracking = {"TargetValue": 60.0, "PredefinedMetricSpecification": {"PredefinedMetricType": metric}, **more}
        return self.client.put_scaling_policy(
            **_KEY,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=tracking,
        )

    def scale(self, count: int) -> int:
        order = {"region": "eu-west-1", "cluster": "web", "service": "web", "count": count}
        return int(self.fargate.aws.control("POST", "scale", order)["desiredCount"])


@pytest.fixture
def scaling(aws: Aws, layer: Server) -> Scaling:
    return Scaling(aws, layer)


@rule("count_stays_within_the_capacities", "capacities_fit", "service_to_scale_exists", "dimension_is_a_count_of_tasks")
@rule("scalable_target_quota")
def test_a_target_brings_the_count_inside_its_capacities(aws: Aws, scaling: Scaling) -> None:
    with refused("ValidationException", "MaxCapacity cannot be null"):
        scaling.register(high=None)
    with refused("ValidationException", "less than minimum"):
        scaling.register(low=3, high=2)
    with refused("ValidationException", "ECS service doesn't exist"):
        scaling.register(ResourceId="service/web/other")
    with refused("ValidationException", "Unsupported"):
        scaling.register(ResourceId="web")
    aws.quota(scalableTargets=1)
    arn = scaling.register(low=3, high=6)["ScalableTargetARN"]
    assert (scaling.fargate.shown()["desiredCount"], scaling.fargate.shown()["runningCount"]) == (3, 3)
    assert scaling.register(low=None, high=2 + 2)["ScalableTargetARN"] == arn
    shown = scaling.client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]
    assert (shown["MinCapacity"], shown["MaxCapacity"], shown["ScalableTargetARN"]) == (3, 4, arn)
    scaling.fargate.service(serviceName="other", clientToken="other")
    with refused("LimitExceededException"):
        scaling.register(ResourceId="service/web/other")


def test_a_policy_scales_within_the_capacities(scaling: Scaling) -> None:
    scaling.register(high=3)
    scaling.put()
    assert scaling.scale(10) == 3
    assert scaling.fargate.shown()["runningCount"] == 3
    activities = scaling.client.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"]
    assert activities[0]["Description"] == "Setting desired count to 3."
    scaling.register(SuspendedState={"DynamicScalingInSuspended": True})
    assert scaling.scale(1) == 3


@rule("tracked_metric_fits", "policy_exists", "target_is_registered")
def test_policies(scaling: Scaling) -> None:
    with refused("ObjectNotFoundException", "No scalable target"):
        scaling.put()
    with refused("ObjectNotFoundException"):
        scaling.client.deregister_scalable_target(**_KEY)
    scaling.register()
    made = scaling.put()
    assert scaling.put(TargetValue=50.0)["PolicyARN"] == made["PolicyARN"]
    scaling.put("memory", "ECSServiceAverageMemoryUtilization")
    shown = scaling.client.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=_KEY["ResourceId"])
    values = [p["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for p in shown["ScalingPolicies"]]
    assert values == [50.0, 60.0]
    with refused("ValidationException", "Only one TargetTrackingScaling policy"):
        scaling.put("again")
    with refused("ValidationException", "ResourceLabel"):
        scaling.put("requests", "ALBRequestCountPerTarget")
    with refused("ValidationException", "not valid for ecs"):
        scaling.put("other", "DynamoDBReadCapacityUtilization")
    with refused("ValidationException", "Exactly one"):
        scaling.put("both", CustomizedMetricSpecification={"MetricName": "queue", "Namespace": "web"})
    scaling.client.delete_scaling_policy(**_KEY, PolicyName="memory")
    with refused("ObjectNotFoundException", "policy name: memory"):
        scaling.client.delete_scaling_policy(**_KEY, PolicyName="memory")


def test_a_target_goes_with_its_policies(aws: Aws, scaling: Scaling) -> None:
    scaling.fargate.shown()
    before = aws.dump()
    scaling.register()
    scaling.put()
    assert aws.dump() != before
    scaling.client.deregister_scalable_target(**_KEY)
    assert scaling.client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert aws.dump() == before
    assert "there is none" in control_error(
        aws, "POST", "scale", {"region": "eu-west-1", "cluster": "web", "service": "web", "count": 1}
    )


@rule("scalable_target_is_tagged")
def test_tags_of_a_target(scaling: Scaling) -> None:
    arn = scaling.register(Tags={"a": "1"})["ScalableTargetARN"]
    scaling.client.tag_resource(ResourceARN=arn, Tags={"b": "2"})
    scaling.client.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert scaling.client.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "2"}
    with refused("ResourceNotFoundException"):
        scaling.client.list_tags_for_resource(ResourceARN=arn + "x")
