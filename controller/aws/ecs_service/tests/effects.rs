use engine::{Phase, Verdict};
use serde_json::Value;

use super::*;

/// A create or update that answers with the service of `changes`.
fn answering(changes: Value) -> Wire {
    Wire::default().answer_json(&json!({"service": shown(changes)}))
}

#[tokio::test]
async fn a_create_says_everything_and_carries_token_and_mark() {
    let wire = answering(json!({"deployments": [{"status": "PRIMARY", "rolloutState": "IN_PROGRESS"}], "tags": null}));
    let mark = mark(&declared());
    let made = declared().create(&wire.cloud().ecs, &ids(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), &made.tags), (SERVICE_ARN, &mark.tags));
    assert!(matches!(made.phase, Phase::Pending(_)));
    assert_eq!(said(&declared().compare(&made.seen, &ids())), "in sync");
    let [create] = wire.requests().try_into().unwrap();
    assert_eq!(tags(&create), mark.tags);
    let definition = definition_arn(3);
    let expected = [
        ("clientToken", &mark.token[..36]),
        ("cluster", CLUSTER_ARN),
        ("serviceName", "shop_orders"),
        ("taskDefinition", &definition),
        ("desiredCount", "2"),
        ("networkConfiguration.awsvpcConfiguration.subnets.0", "subnet-a"),
        ("networkConfiguration.awsvpcConfiguration.subnets.1", "subnet-b"),
        ("networkConfiguration.awsvpcConfiguration.securityGroups.0", "sg-1"),
        ("networkConfiguration.awsvpcConfiguration.assignPublicIp", "DISABLED"),
        ("loadBalancers.0.targetGroupArn", GROUP_ARN),
        ("loadBalancers.0.containerName", "app"),
        ("loadBalancers.0.containerPort", "8080"),
        ("capacityProviderStrategy.0.capacityProvider", "FARGATE"),
        ("capacityProviderStrategy.0.base", "1"),
        ("capacityProviderStrategy.0.weight", "1"),
        ("deploymentConfiguration.minimumHealthyPercent", "100"),
        ("deploymentConfiguration.maximumPercent", "200"),
        ("deploymentConfiguration.deploymentCircuitBreaker.enable", "true"),
        ("deploymentConfiguration.deploymentCircuitBreaker.rollback", "true"),
        ("availabilityZoneRebalancing", "ENABLED"),
        ("healthCheckGracePeriodSeconds", "60"),
        ("enableExecuteCommand", "false"),
        ("enableECSManagedTags", "true"),
        ("propagateTags", "SERVICE"),
    ];
    assert_eq!(untagged(&create), request("CreateService", &expected));
}

#[tokio::test]
async fn a_scaled_service_begins_with_the_fewest_tasks() {
    let wire = answering(json!({}));
    let scaled = EcsService { desired: Desired::Scaled { initial: 4 }, ..declared() };
    scaled.create(&wire.cloud().ecs, &ids(), &mark(&scaled)).await.unwrap();
    assert_eq!(wire.requests()[0]["desiredCount"], "4");
}

/// What an update to `declared` of a service that shows `changes` sends, beside which service it is.
async fn update(declared: &EcsService, changes: Value) -> Vec<(String, String)> {
    let live = shown::live(&service(changes).await, (Key::new(EcsService::KIND, "main"), 0), None).unwrap();
    let Verdict::Update(differences) = declared.compare(&live.seen, &ids()).verdict() else { panic!("{live:?}") };
    let wire = answering(json!({}));
    let after = declared.update(&wire.cloud().ecs, &live, &differences, &ids()).await.unwrap();
    assert_eq!(after.tags, live.tags);
    let [mut request] = wire.requests().try_into().unwrap();
    for (name, value) in [("Action", "UpdateService"), ("cluster", CLUSTER_ARN), ("service", SERVICE_ARN)] {
        assert_eq!(request.remove(name).as_deref(), Some(value));
    }
    request.into_iter().collect()
}

#[tokio::test]
async fn an_update_sends_what_differs_and_nothing_else() {
    let definition = definition_arn(3);
    let network = "networkConfiguration.awsvpcConfiguration";
    let network = [
        (format!("{network}.assignPublicIp"), "DISABLED"),
        (format!("{network}.securityGroups.0"), "sg-1"),
        (format!("{network}.subnets.0"), "subnet-a"),
        (format!("{network}.subnets.1"), "subnet-b"),
    ];
    let network: Vec<(&str, &str)> = network.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let of_network = |changes: Value| json!({"networkConfiguration": {"awsvpcConfiguration": changes}});
    let cases = [
        (json!({"taskDefinition": definition_arn(2)}), vec![("taskDefinition", definition.as_str())]),
        (json!({"desiredCount": 1}), vec![("desiredCount", "2")]),
        (of_network(json!({"assignPublicIp": "ENABLED"})), network.clone()),
        (of_network(json!({"securityGroups": ["sg-2"]})), network.clone()),
        (of_network(json!({"subnets": ["subnet-a"]})), network),
        (
            json!({"loadBalancers": []}),
            vec![
                ("loadBalancers.0.containerName", "app"),
                ("loadBalancers.0.containerPort", "8080"),
                ("loadBalancers.0.targetGroupArn", GROUP_ARN),
            ],
        ),
        (
            json!({"capacityProviderStrategy": []}),
            vec![
                ("capacityProviderStrategy.0.base", "1"),
                ("capacityProviderStrategy.0.capacityProvider", "FARGATE"),
                ("capacityProviderStrategy.0.weight", "1"),
                ("forceNewDeployment", "true"),
            ],
        ),
        (
            json!({"deploymentConfiguration": {"maximumPercent": 150}}),
            vec![
                ("availabilityZoneRebalancing", "ENABLED"),
                ("deploymentConfiguration.deploymentCircuitBreaker.enable", "true"),
                ("deploymentConfiguration.deploymentCircuitBreaker.rollback", "true"),
                ("deploymentConfiguration.maximumPercent", "200"),
                ("deploymentConfiguration.minimumHealthyPercent", "100"),
            ],
        ),
        (json!({"healthCheckGracePeriodSeconds": 0}), vec![("healthCheckGracePeriodSeconds", "60")]),
        (json!({"enableExecuteCommand": true}), vec![("enableExecuteCommand", "false")]),
        (json!({"enableECSManagedTags": false}), vec![("enableECSManagedTags", "true")]),
        (json!({"propagateTags": "NONE"}), vec![("propagateTags", "SERVICE")]),
    ];
    for (changes, expected) in cases {
        let expected: Vec<_> = expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        assert_eq!(update(&declared(), changes.clone()).await, expected, "{changes}");
    }
}

/// What was seen of the targets still holds after a change that rolls out nothing, and tells nothing after one that does.
#[tokio::test]
async fn a_change_of_the_number_leaves_a_service_as_usable_as_it_was() {
    let after = async |healthy: &'static str, answer: Value| {
        let mut live =
            shown::live(&service(json!({"desiredCount": 1})).await, (Key::new(EcsService::KIND, "main"), 0), None)
                .unwrap();
        live.attributes.insert(attribute::HEALTHY.into(), healthy.to_owned());
        let Verdict::Update(differences) = declared().compare(&live.seen, &ids()).verdict() else { panic!("{live:?}") };
        declared().update(&answering(answer).cloud().ecs, &live, &differences, &ids()).await.unwrap()
    };
    assert_eq!(after("2", json!({})).await.phase, Phase::Ready);
    let more = after("2", json!({"desiredCount": 3})).await;
    assert!(matches!(more.phase, Phase::Broken(_)), "{:?}", more.phase);
    assert_eq!(more.attributes[attribute::TO_START], "1");
    let from_none = after("0", json!({"runningCount": 0})).await;
    assert!(matches!(from_none.phase, Phase::Broken(_)) && !from_none.attributes.contains_key(attribute::TO_START));
    let rolling = json!({"deployments": [{"status": "PRIMARY", "rolloutState": "IN_PROGRESS"}]});
    assert!(matches!(after("2", rolling).await.phase, Phase::Pending(_)));
}

/// Tasks can be moved between zones only where there may be more of them for a while.
#[tokio::test]
async fn zones_are_not_rebalanced_where_no_task_may_be_added() {
    let tight = Deployment { minimum_healthy_percent: 50, maximum_percent: 100, ..declared().deployment };
    let sent = update(&EcsService { deployment: tight, ..declared() }, json!({})).await;
    assert!(sent.contains(&("availabilityZoneRebalancing".to_owned(), "DISABLED".to_owned())), "{sent:?}");
}

#[tokio::test]
async fn a_rollout_that_is_tried_again_is_forced() {
    let failed = FailedRollout { deployment: "d1".to_owned(), task_definition: definition_arn(3), stands: false };
    let declared = EcsService { failed: Some(failed), ..declared() };
    let mut live = shown::live(&service(json!({})).await, (Key::new(EcsService::KIND, "main"), 0), None).unwrap();
    live.seen.failed = Some(ended("d1", 3));
    let Verdict::Update(differences) = declared.compare(&live.seen, &ids()).verdict() else { panic!("{live:?}") };
    let wire = answering(json!({}));
    let after = declared.update(&wire.cloud().ecs, &live, &differences, &ids()).await.unwrap();
    assert_eq!(said(&declared.compare(&after.seen, &ids())), "in sync");
    let expected = [("cluster", CLUSTER_ARN), ("service", SERVICE_ARN), ("forceNewDeployment", "true")];
    assert_eq!(wire.requests(), [request("UpdateService", &expected)]);
}

#[tokio::test]
async fn a_delete_is_forced_takes_time_and_can_be_repeated() {
    let delete = async |wire: Wire| {
        let live = mark(&declared()).live(SERVICE_ARN, Phase::Ready, seen());
        let deleted = EcsService::delete(&wire.cloud().ecs, &live).await;
        let expected = [("cluster", CLUSTER_ARN), ("service", SERVICE_ARN), ("force", "true")];
        assert_eq!(wire.requests(), [request("DeleteService", &expected)]);
        deleted
    };
    assert_eq!(delete(answering(json!({"status": "DRAINING"}))).await, Ok(Deletion::Going));
    assert_eq!(delete(Wire::default().refuse_json(400, "ServiceNotFoundException")).await, Ok(Deletion::Gone));
    assert_eq!(delete(Wire::default().refuse_json(400, "ClusterNotFoundException")).await, Ok(Deletion::Gone));
    let fault = delete(Wire::default().refuse_json(400, "AccessDeniedException")).await.unwrap_err();
    assert_eq!(fault.class, Class::Denied);
}
