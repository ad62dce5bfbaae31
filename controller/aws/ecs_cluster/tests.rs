use engine::Class;
use serde_json::{Value, json};

use super::*;
use crate::aws::sources::Listed;
use crate::aws::wire::{Wire, answer, key, mark, request, said, stamp, tags, untagged, view};

const CLUSTER_ARN: &str = "arn:aws:ecs:eu-west-1:123456789012:cluster/shop_orders";

fn cluster() -> EcsCluster {
    EcsCluster { name: "main", cluster_name: "shop_orders".to_owned() }
}

fn seen() -> EcsClusterSeen {
    EcsClusterSeen {
        cluster_name: "shop_orders".to_owned(),
        capacity_providers: CAPACITY_PROVIDERS.map(str::to_owned).into(),
        default_strategy: Vec::new(),
    }
}

fn shown(status: &str) -> Value {
    json!({"clusterArn": CLUSTER_ARN, "clusterName": "shop_orders", "status": status,
           "capacityProviders": ["FARGATE_SPOT", "FARGATE"]})
}

fn marked(status: &str) -> Value {
    let tags: Vec<_> = mark(&cluster()).tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    let mut cluster = shown(status);
    cluster["tags"] = tags.into();
    cluster
}

fn described(clusters: &[Value]) -> Value {
    json!({ "clusters": clusters })
}

async fn find(shown: Value) -> Option<Sdk> {
    let wire = Wire::default().answer_json(&described(&[shown]));
    EcsClusters::find(&wire.cloud().ecs, &Id::from(CLUSTER_ARN)).await.unwrap()
}

#[test]
fn fields_are_compared() {
    let providers = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let cases = [
        (seen(), "in sync"),
        (EcsClusterSeen { capacity_providers: providers(&["FARGATE"]), ..seen() }, "update capacityProviders"),
        (EcsClusterSeen { cluster_name: "other".to_owned(), ..seen() }, "replace clusterName"),
        (
            EcsClusterSeen {
                default_strategy: vec![
                    CapacityProviderStrategyItem::builder().capacity_provider("FARGATE").build().unwrap(),
                ],
                ..seen()
            },
            "in sync",
        ),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&cluster().compare(&seen, &Ids::default())), expected, "{seen:?}");
    }
    assert!(cluster().needs().is_empty());
}

#[tokio::test]
async fn each_status_is_a_phase_and_an_inactive_cluster_is_gone() {
    for (status, expected) in [
        ("ACTIVE", Phase::Ready),
        ("PROVISIONING", Phase::Pending("PROVISIONING".into())),
        ("DEPROVISIONING", Phase::Deleting),
        ("FAILED", Phase::Failed("ECS could not make it".into())),
    ] {
        assert_eq!(phase(&find(shown(status)).await.unwrap()), expected);
    }
    assert_eq!(find(shown("INACTIVE")).await, None);
    let mut changing = shown("ACTIVE");
    changing["attachmentsStatus"] = "UPDATE_IN_PROGRESS".into();
    assert!(matches!(phase(&find(changing.clone()).await.unwrap()), Phase::Pending(_)));
    changing["attachmentsStatus"] = "UPDATE_FAILED".into();
    assert!(matches!(phase(&find(changing).await.unwrap()), Phase::Broken(_)));
}

#[tokio::test]
async fn ours_is_read_and_what_bears_no_mark_is_not() {
    let (ours, other) = (find(marked("ACTIVE")).await.unwrap(), find(shown("ACTIVE")).await.unwrap());
    let view = View { listed: Listed { ecs_clusters: answer([ours.clone(), other]), ..Listed::default() }, ..view() };
    let [live] = EcsCluster::read(&view, &stamp().owner).try_into().unwrap();
    assert_eq!((live.key, live.id.as_str(), live.phase), (key::<EcsCluster>("main"), CLUSTER_ARN, Phase::Ready));
    assert_eq!((live.seen, live.tags), (seen(), mark(&cluster()).tags));
    let (id, tags) = EcsClusters::mark(&ours).unwrap();
    assert_eq!((id.as_str(), tags), (CLUSTER_ARN, mark(&cluster()).tags));
}

#[tokio::test]
async fn every_cluster_is_described() {
    let wire = Wire::default()
        .answer_json(&json!({"clusterArns": [CLUSTER_ARN]}))
        .answer_json(&described(&[shown("ACTIVE"), shown("INACTIVE")]));
    assert_eq!(EcsClusters::list(&wire.cloud().ecs).await.unwrap().len(), 1);
    let described = [("clusters.0", CLUSTER_ARN), ("include.0", "TAGS"), ("include.1", "ATTACHMENTS")];
    assert_eq!(wire.requests(), [request("ListClusters", &[]), request("DescribeClusters", &described)]);
}

#[tokio::test]
async fn a_create_carries_all_tags() {
    let wire = Wire::default()
        .answer_json(&described(&[shown("INACTIVE")]))
        .answer_json(&json!({"cluster": shown("PROVISIONING")}));
    let mark = mark(&cluster());
    let made = cluster().create(&wire.cloud().ecs, &Ids::default(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), &made.seen, &made.tags), (CLUSTER_ARN, &seen(), &mark.tags));
    assert_eq!(made.phase, Phase::Pending("PROVISIONING".into()));
    let [_, create] = wire.requests().try_into().unwrap();
    let expected =
        [("clusterName", "shop_orders"), ("capacityProviders.0", "FARGATE"), ("capacityProviders.1", "FARGATE_SPOT")];
    assert_eq!((untagged(&create), tags(&create)), (request("CreateCluster", &expected), mark.tags));
}

/// The call itself would return whatever has the name.
#[tokio::test]
async fn a_cluster_that_stands_is_taken_only_if_it_is_ours() {
    let create = async |standing| {
        let wire = Wire::default().answer_json(&described(&[standing]));
        let made = cluster().create(&wire.cloud().ecs, &Ids::default(), &mark(&cluster())).await;
        assert_eq!(wire.requests().len(), 1);
        made
    };
    assert_eq!(create(marked("ACTIVE")).await.unwrap().id.as_str(), CLUSTER_ARN);
    let fault = create(shown("ACTIVE")).await.unwrap_err();
    assert_eq!((fault.class, fault.effect), (Class::Conflict, engine::Effect::None));
}

#[tokio::test]
async fn providers_are_put_right_and_the_default_strategy_stays() {
    let item = |name: &str| CapacityProviderStrategyItem::builder().capacity_provider(name).weight(2).build().unwrap();
    let changed = EcsClusterSeen {
        capacity_providers: BTreeSet::from(["FARGATE".to_owned(), "mine".to_owned()]),
        default_strategy: vec![item("mine"), item("FARGATE")],
        ..seen()
    };
    let live = mark(&cluster()).live(CLUSTER_ARN, Phase::Ready, changed);
    let wire = Wire::default().answer_json(&json!({"cluster": shown("ACTIVE")}));
    let after = cluster().update(&wire.cloud().ecs, &live, &[], &Ids::default()).await.unwrap();
    assert_eq!(said(&cluster().compare(&after.seen, &Ids::default())), "in sync");
    let expected = [
        ("cluster", CLUSTER_ARN),
        ("capacityProviders.0", "FARGATE"),
        ("capacityProviders.1", "FARGATE_SPOT"),
        ("defaultCapacityProviderStrategy.0.base", "0"),
        ("defaultCapacityProviderStrategy.0.capacityProvider", "FARGATE"),
        ("defaultCapacityProviderStrategy.0.weight", "2"),
    ];
    let [put] = wire.requests().try_into().unwrap();
    let mut put = put;
    put.entry("defaultCapacityProviderStrategy.0.base".to_owned()).or_insert_with(|| "0".to_owned());
    assert_eq!(put, request("PutClusterCapacityProviders", &expected));
}

#[tokio::test]
async fn a_delete_waits_for_services_and_can_be_repeated() {
    let delete = async |wire: Wire| {
        let live = mark(&cluster()).live(CLUSTER_ARN, Phase::Ready, seen());
        let deleted = EcsCluster::delete(&wire.cloud().ecs, &live).await;
        assert_eq!(wire.requests()[0], request("DeleteCluster", &[("cluster", CLUSTER_ARN)]));
        deleted
    };
    assert_eq!(delete(Wire::default().answer_json(&json!({}))).await, Ok(Deletion::Gone));
    assert_eq!(delete(Wire::default().refuse_json(400, "ClusterNotFoundException")).await, Ok(Deletion::Gone));
    let full = |code| Wire::default().refuse_json(400, code);
    let wire = full("ClusterContainsServicesException")
        .answer_json(&json!({"serviceArns": ["s1", "s2"]}))
        .answer_json(&json!({"services": [{"serviceName": "carts", "createdBy": "arn:aws:iam::1:role/them"}, {"serviceName": "old"}]}));
    let fault = delete(wire).await.unwrap_err();
    let expected = "it holds service carts (made by arn:aws:iam::1:role/them), service old";
    assert_eq!((fault.class, fault.message.as_str()), (Class::NotYet, expected));
    let wire = full("ClusterContainsTasksException").answer_json(&json!({"taskArns": ["t1"]})).answer_json(
        &json!({"tasks": [{"taskArn": "arn:aws:ecs:r:1:task/c/t1", "group": "family:job", "startedBy": "them"}]}),
    );
    let fault = delete(wire).await.unwrap_err();
    assert_eq!(
        (fault.class, fault.message.as_str()),
        (Class::NotYet, "it holds task t1 (family:job, started by them)")
    );
    let unseen = full("ClusterContainsServicesException").answer_json(&json!({"serviceArns": []}));
    assert_eq!(delete(unseen).await.unwrap_err().message, "said so");
}
