use serde_json::{Value, json};

use super::*;
use crate::aws::ecs_service::testing::view_of;
use crate::aws::scalable_target::ScalableTargets;
use crate::aws::sources::Listed;
use crate::aws::wire::{Wire, answer, ids, key, mark, request, said, stamp, view};

const RESOURCE: &str = "service/shop_orders/shop_orders";
const POLICY_ARN: &str = "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:1:policyName/cpu";

fn policy() -> ScalingPolicy {
    ScalingPolicy { name: "cpu", target: ScalableTarget::reference("main"), cpu_percent: 60 }
}

fn seen() -> ScalingPolicySeen {
    ScalingPolicySeen {
        policy_name: "cpu".to_owned(),
        policy_type: "TargetTrackingScaling".to_owned(),
        metric: "ECSServiceAverageCPUUtilization".to_owned(),
        target_value: 60.0,
        scale_in_disabled: false,
    }
}

fn shown(name: &str, resource: &str) -> Value {
    json!({
        "PolicyARN": POLICY_ARN, "PolicyName": name, "ServiceNamespace": "ecs", "ResourceId": resource,
        "ScalableDimension": "ecs:service:DesiredCount", "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 60.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
        },
        "CreationTime": 1_700_000_000,
    })
}

async fn listed(policies: &[Value]) -> Vec<Sdk> {
    let wire = Wire::default().answer_json(&json!({ "ScalingPolicies": policies }));
    let policies = ScalingPolicies::list(&wire.cloud().scaling).await.unwrap();
    assert_eq!(wire.requests(), [request("DescribeScalingPolicies", &[("ServiceNamespace", "ecs")])]);
    policies
}

#[test]
fn fields_are_compared() {
    let cases = [
        (seen(), "in sync"),
        (ScalingPolicySeen { target_value: 70.0, ..seen() }, "update cpuPercent"),
        (ScalingPolicySeen { metric: "none".to_owned(), ..seen() }, "update metric"),
        (ScalingPolicySeen { scale_in_disabled: true, ..seen() }, "update scaleInDisabled"),
        (ScalingPolicySeen { policy_type: "StepScaling".to_owned(), ..seen() }, "replace policyType"),
        (ScalingPolicySeen { policy_name: "other".to_owned(), ..seen() }, "replace policyName"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&policy().compare(&seen, &Ids::default())), expected, "{seen:?}");
    }
    assert_eq!(policy().needs(), [ScalableTarget::reference("main").exists()]);
}

/// A policy that somebody added to our target is read, so that it is removed.
#[tokio::test]
async fn every_policy_of_our_target_is_read() {
    let policies = [shown("cpu", RESOURCE), shown("mine", RESOURCE), shown("cpu", "service/other/other")];
    let target = json!({"ScalableTargets": [{
        "ServiceNamespace": "ecs", "ResourceId": RESOURCE, "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 2, "MaxCapacity": 10, "RoleARN": "arn:role", "CreationTime": 1_700_000_000,
    }]});
    let wire = Wire::default().answer_json(&target);
    let listed = Listed {
        scalable_targets: answer(ScalableTargets::list(&wire.cloud().scaling).await.unwrap()),
        scaling_policies: answer(listed(&policies).await),
        ..Listed::default()
    };
    let view = View { listed, ..view_of(json!({})).await };
    let [live, other] = ScalingPolicy::read(&view, &stamp().owner).try_into().unwrap();
    assert_eq!((live.key, live.id.as_str()), (key::<ScalingPolicy>("cpu"), POLICY_ARN));
    assert_eq!((live.seen, live.within), (seen(), Some(Id::from(RESOURCE))));
    assert_eq!(other.key, key::<ScalingPolicy>("mine"));
    assert!(ScalingPolicy::read(&self::view(), &stamp().owner).is_empty());
}

#[tokio::test]
async fn it_is_made_and_changed_by_the_same_call() {
    let answer = json!({"PolicyARN": POLICY_ARN});
    let wire = Wire::default().answer_json(&answer).answer_json(&answer);
    let ids = ids([(key::<ScalableTarget>("main"), RESOURCE)]);
    let scaling = wire.cloud().scaling;
    let made = policy().create(&scaling, &ids, &mark(&policy())).await.unwrap();
    assert_eq!((made.id.as_str(), made.within.clone()), (POLICY_ARN, Some(Id::from(RESOURCE))));
    let changed = Live { seen: ScalingPolicySeen { target_value: 5.0, ..seen() }, ..made };
    assert_eq!(policy().update(&scaling, &changed, &[], &ids).await.unwrap().seen, seen());
    let configuration = |name: &str| format!("TargetTrackingScalingPolicyConfiguration.{name}");
    let (metric, target, disabled) = (
        configuration("PredefinedMetricSpecification.PredefinedMetricType"),
        configuration("TargetValue"),
        configuration("DisableScaleIn"),
    );
    let put = [
        ("PolicyName", "cpu"),
        ("PolicyType", "TargetTrackingScaling"),
        ("ServiceNamespace", "ecs"),
        ("ResourceId", RESOURCE),
        ("ScalableDimension", "ecs:service:DesiredCount"),
        (metric.as_str(), "ECSServiceAverageCPUUtilization"),
        (target.as_str(), "60.0"),
        (disabled.as_str(), "false"),
    ];
    assert_eq!(wire.requests(), [request("PutScalingPolicy", &put), request("PutScalingPolicy", &put)]);
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    for wire in [Wire::default().answer_json(&json!({})), Wire::default().refuse_json(400, "ObjectNotFoundException")] {
        let live = mark(&policy()).live(POLICY_ARN, Phase::Ready, seen());
        let live = Live { within: Some(Id::from(RESOURCE)), ..live };
        assert_eq!(ScalingPolicy::delete(&wire.cloud().scaling, &live).await, Ok(Deletion::Gone));
        let said = [
            ("PolicyName", "cpu"),
            ("ServiceNamespace", "ecs"),
            ("ResourceId", RESOURCE),
            ("ScalableDimension", "ecs:service:DesiredCount"),
        ];
        assert_eq!(wire.requests(), [request("DeleteScalingPolicy", &said)]);
    }
}
