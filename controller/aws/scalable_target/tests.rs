use engine::Class;
use serde_json::{Value, json};

use super::*;
use crate::aws::ecs_service::testing::{SERVICE_ARN, view_of};
use crate::aws::sources::Listed;
use crate::aws::wire::{Wire, answer, ids, key, mark, request, said, stamp, view};

const RESOURCE: &str = "service/shop_orders/shop_orders";

fn target() -> ScalableTarget {
    ScalableTarget { name: "main", service: EcsService::reference("main"), min: 2, max: 10 }
}

fn seen() -> ScalableTargetSeen {
    ScalableTargetSeen { min: 2, max: 10, suspended: false }
}

fn shown(resource: &str) -> Value {
    json!({
        "ServiceNamespace": "ecs", "ResourceId": resource, "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 2, "MaxCapacity": 10, "RoleARN": "arn:role", "CreationTime": 1_700_000_000,
        "SuspendedState": {"DynamicScalingInSuspended": false},
    })
}

async fn listed(targets: &[Value]) -> Vec<Sdk> {
    let wire = Wire::default().answer_json(&json!({ "ScalableTargets": targets }));
    let targets = ScalableTargets::list(&wire.cloud().scaling).await.unwrap();
    assert_eq!(wire.requests(), [request("DescribeScalableTargets", &[("ServiceNamespace", "ecs")])]);
    targets
}

/// The call that registers [`target`].
fn register() -> crate::aws::wire::Request {
    let said = [
        ("ServiceNamespace", "ecs"),
        ("ResourceId", RESOURCE),
        ("ScalableDimension", "ecs:service:DesiredCount"),
        ("MinCapacity", "2"),
        ("MaxCapacity", "10"),
        ("SuspendedState.DynamicScalingInSuspended", "false"),
        ("SuspendedState.DynamicScalingOutSuspended", "false"),
        ("SuspendedState.ScheduledScalingSuspended", "false"),
    ];
    request("RegisterScalableTarget", &said)
}

#[test]
fn fields_are_compared() {
    let cases = [
        (seen(), "in sync"),
        (ScalableTargetSeen { min: 1, ..seen() }, "update min"),
        (ScalableTargetSeen { max: 3, ..seen() }, "update max"),
        (ScalableTargetSeen { suspended: true, ..seen() }, "update suspended"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&target().compare(&seen, &Ids::default())), expected, "{seen:?}");
    }
    assert_eq!(target().needs(), [EcsService::reference("main").exists()]);
}

#[tokio::test]
async fn whatever_scales_our_service_is_read_and_nothing_else() {
    let mut held = shown(RESOURCE);
    held["SuspendedState"]["ScheduledScalingSuspended"] = true.into();
    let scalable_targets = answer(listed(&[held, shown("service/shop_orders/other")]).await);
    let listed = Listed { scalable_targets, ..Listed::default() };
    let view_of = view_of(json!({})).await;
    let view = View { listed: listed.clone(), ..view_of };
    let [live] = ScalableTarget::read(&view, &stamp().owner).try_into().unwrap();
    assert_eq!((live.key, live.id.as_str()), (key::<ScalableTarget>("main"), RESOURCE));
    assert_eq!((live.on, live.within), (vec![Id::from(SERVICE_ARN)], None));
    assert_eq!(live.seen, ScalableTargetSeen { suspended: true, ..seen() });
    let nobody = View { listed, ..crate::aws::wire::view() };
    assert!(ScalableTarget::read(&nobody, &stamp().owner).is_empty());
    assert!(ScalableTarget::read(&View { detailed: view.detailed, ..self::view() }, &stamp().owner).is_empty());
}

#[tokio::test]
async fn one_is_found_by_its_resource() {
    let wire = Wire::default().answer_json(&json!({"ScalableTargets": [shown(RESOURCE)]}));
    let found = ScalableTargets::find(&wire.cloud().scaling, &Id::from(RESOURCE)).await.unwrap();
    assert_eq!(found.unwrap().resource_id(), RESOURCE);
    let asked =
        [("ServiceNamespace", "ecs"), ("ResourceIds.0", RESOURCE), ("ScalableDimension", "ecs:service:DesiredCount")];
    assert_eq!(wire.requests(), [request("DescribeScalableTargets", &asked)]);
}

#[tokio::test]
async fn it_is_made_and_changed_by_the_same_call() {
    let wire = Wire::default().answer_json(&json!({})).answer_json(&json!({}));
    let ids = ids([(key::<EcsService>("main"), SERVICE_ARN)]);
    let scaling = wire.cloud().scaling;
    let made = target().create(&scaling, &ids, &mark(&target())).await.unwrap();
    assert_eq!((made.id.as_str(), made.phase.clone(), made.seen), (RESOURCE, Phase::Ready, seen()));
    let changed = Live { seen: ScalableTargetSeen { max: 3, ..seen() }, ..made };
    assert_eq!(target().update(&scaling, &changed, &[], &ids).await.unwrap().seen, seen());
    assert_eq!(wire.requests(), [register(), register()]);
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    let delete = async |wire: Wire| {
        let live = mark(&target()).live(RESOURCE, Phase::Ready, seen());
        let deleted = ScalableTarget::delete(&wire.cloud().scaling, &live).await;
        let said =
            [("ServiceNamespace", "ecs"), ("ResourceId", RESOURCE), ("ScalableDimension", "ecs:service:DesiredCount")];
        assert_eq!(wire.requests(), [request("DeregisterScalableTarget", &said)]);
        deleted
    };
    assert_eq!(delete(Wire::default().answer_json(&json!({}))).await, Ok(Deletion::Gone));
    assert_eq!(delete(Wire::default().refuse_json(400, "ObjectNotFoundException")).await, Ok(Deletion::Gone));
    let fault = delete(Wire::default().refuse_json(400, "ConcurrentUpdateException")).await.unwrap_err();
    assert_eq!(fault.class, Class::Conflict);
}
