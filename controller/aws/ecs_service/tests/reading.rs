use aws_sdk_ecs::types::Task;
use aws_sdk_elasticloadbalancingv2::types::{TargetHealth, TargetHealthDescription, TargetHealthStateEnum as State};
use engine::Phase;
use serde_json::Value;

use super::*;
use crate::aws::observe::{Expected, Named};
use crate::aws::sources::{Detail, Detailed, Listed, Look};
use crate::aws::task_definition::{DescribedTaskDefinition, TaskDefinitions};
use crate::aws::wire::{answer, view};

fn target(state: &State) -> TargetHealthDescription {
    TargetHealthDescription::builder().target_health(TargetHealth::builder().state(state.clone()).build()).build()
}

/// The service with `changes` and targets in these states, read.
async fn read(changes: Value, targets: &[State]) -> Live<EcsServiceSeen> {
    let base = testing::view_of(changes).await;
    let targets = [(GROUP_ARN, targets.iter().map(target).collect())].into_iter().collect();
    let view = View { detailed: Detailed { service_targets: targets, ..base.detailed }, ..view() };
    let [live] = EcsService::read(&view, &stamp().owner).try_into().unwrap();
    live
}

fn at(rollout: &str) -> Value {
    json!({"deployments": [{"status": "PRIMARY", "taskDefinition": definition_arn(3), "rolloutState": rollout}]})
}

#[tokio::test]
async fn a_service_is_read_with_what_must_outlive_it() {
    let live = read(json!({}), &[State::Healthy, State::Healthy]).await;
    assert_eq!((live.key, live.id.as_str()), (key::<EcsService>("main"), SERVICE_ARN));
    assert_eq!((live.phase, live.created), (Phase::Ready, Some(1_700_000_000)));
    assert_eq!(live.seen, EcsServiceSeen { registered: None, ..seen() });
    let definition = definition_arn(3);
    let on = [CLUSTER_ARN, &definition, GROUP_ARN, "subnet-a", "subnet-b", "sg-1"];
    assert_eq!(live.on, on.map(Id::from));
    assert_eq!(live.attributes[attribute::RUNNING], "2");
    assert_eq!(live.attributes[attribute::DESIRED], "2");
    assert_eq!(live.attributes[attribute::TASK_DEFINITION], definition);
}

#[tokio::test]
async fn the_roles_of_its_tasks_must_outlive_it() {
    let wire = Wire::default().answer_json(&json!({"taskDefinition": {
        "taskDefinitionArn": definition_arn(3), "registeredAt": 3,
        "executionRoleArn": "arn:aws:iam::1:role/path/execution", "taskRoleArn": "arn:aws:iam::1:role/task",
        "containerDefinitions": [{"image": "repository@sha256:aa"}]}}));
    let described = TaskDefinitions::ask(&wire.cloud().ecs, &Id::from(definition_arn(3))).await.unwrap().unwrap();
    let base = testing::view_of(json!({})).await;
    let task_definitions = [(definition_arn(3), described)].into_iter().collect();
    let view = View { detailed: Detailed { task_definitions, ..base.detailed }, ..view() };
    let [live] = EcsService::read(&view, &stamp().owner).try_into().unwrap();
    assert!(live.on.contains(&Id::from("execution")) && live.on.contains(&Id::from("task")), "{:?}", live.on);
    assert_eq!(live.seen.registered, Some(3000));
    assert_eq!(running_image(&view, &stamp().owner).as_deref(), Some("repository@sha256:aa"));
    assert_eq!(running_image(&self::view(), &stamp().owner), None);
}

#[tokio::test]
async fn ready_is_a_complete_rollout_with_enough_healthy_targets() {
    use State::{Draining, Healthy, Initial, Unhealthy};
    let ready = |changes, targets: &'static [State]| async move { read(changes, targets).await.phase };
    let broken = |needed, desired| Phase::Broken(format!("less than {needed} of {desired} tasks are healthy targets"));
    let cases: [(Value, &[State], Phase); 11] = [
        (json!({}), &[Healthy, Healthy], Phase::Ready),
        (json!({}), &[Healthy, Unhealthy], broken(2, 2)),
        (json!({}), &[], broken(2, 2)),
        // A target that is on its way in, but none that works.
        (json!({}), &[Initial, Initial], broken(2, 2)),
        // Half will do.
        (json!({"deploymentConfiguration": {"minimumHealthyPercent": 50}}), &[Healthy, Unhealthy], Phase::Ready),
        (json!({"deploymentConfiguration": {"minimumHealthyPercent": 0}}), &[Unhealthy, Unhealthy], broken(1, 2)),
        // A scale-out is under way.
        (
            json!({"desiredCount": 10, "runningCount": 4, "pendingCount": 6}),
            &[Healthy, Healthy, Initial, Initial],
            Phase::Ready,
        ),
        // A Spot task was taken, and another one is being started.
        (json!({"runningCount": 1, "pendingCount": 1}), &[Healthy, Draining], Phase::Ready),
        // No other one can be started.
        (json!({"runningCount": 1, "pendingCount": 0}), &[Healthy, Draining], broken(2, 2)),
        // Targets that no task stands behind any more.
        (json!({"runningCount": 0, "pendingCount": 0}), &[Healthy, Healthy], broken(2, 2)),
        (json!({"desiredCount": 0, "runningCount": 0}), &[], Phase::Ready),
    ];
    for (changes, targets, expected) in cases {
        assert_eq!(ready(changes.clone(), targets).await, expected, "{changes} {targets:?}");
    }
}

/// Where ECS has yet to begin to start tasks, that is told beside the phase.
#[tokio::test]
async fn tasks_that_ecs_has_yet_to_start_are_counted_if_they_are_all_that_is_lacking() {
    use State::{Draining, Healthy, Initial, Unhealthy};
    let cases: [(Value, &[State], Option<&str>); 7] = [
        (json!({}), &[Healthy, Healthy], None),
        (json!({"desiredCount": 4}), &[Healthy, Healthy], Some("2")),
        (json!({"desiredCount": 4, "runningCount": 3}), &[Healthy, Healthy, Initial], Some("1")),
        (json!({"runningCount": 1}), &[Healthy, Draining], Some("1")),
        // None works, or one that runs does not.
        (json!({"runningCount": 1}), &[Unhealthy], None),
        (json!({}), &[Healthy, Unhealthy], None),
        (json!({"desiredCount": 4}), &[Healthy, Unhealthy], None),
    ];
    for (changes, targets, expected) in cases {
        let live = read(changes.clone(), targets).await;
        let told = live.attributes.get(attribute::TO_START).map(String::as_str);
        assert_eq!(told, expected, "{changes} {targets:?}");
        let healthy = targets.iter().filter(|state| **state == Healthy).count().to_string();
        assert_eq!(live.attributes[attribute::HEALTHY], healthy);
    }
}

#[tokio::test]
async fn each_state_of_a_rollout_is_a_phase() {
    use State::Healthy;
    let phase = |changes| async { read(changes, &[Healthy, Healthy]).await.phase };
    assert_eq!(phase(at("COMPLETED")).await, Phase::Ready);
    assert_eq!(phase(at("IN_PROGRESS")).await, Phase::Pending("shop_orders:3 is being rolled out".into()));
    assert_eq!(phase(at("FAILED")).await, Phase::Broken("the rollout of shop_orders:3 failed".into()));
    assert_eq!(phase(json!({"deployments": []})).await, Phase::Pending("no deployment yet".into()));
    assert_eq!(phase(json!({"status": "DRAINING"})).await, Phase::Deleting);
    let unasked = testing::view_of(json!({})).await;
    let live = EcsService::read(&unasked, &stamp().owner).remove(0);
    assert_eq!(live.phase, Phase::Pending("its targets were not looked at yet".into()));
}

#[tokio::test]
async fn what_is_gone_or_somebody_elses_is_not_read() {
    let wire = Wire::default().answer_json(&json!({"services": [shown(json!({"status": "INACTIVE"}))]}));
    assert_eq!(EcsServices::ask(&wire.cloud().ecs, &Id::from(SERVICE_ARN)).await, Ok(None));
    let wire = Wire::default().refuse_json(400, "ClusterNotFoundException");
    assert_eq!(EcsServices::ask(&wire.cloud().ecs, &Id::from(SERVICE_ARN)).await, Ok(None));
    let wire = Wire::default().refuse_json(400, "AccessDeniedException");
    let fault = EcsServices::ask(&wire.cloud().ecs, &Id::from(SERVICE_ARN)).await.unwrap_err();
    assert_eq!(fault.class, Class::Denied);
    let theirs = testing::view_of(json!({"tags": []})).await;
    assert!(EcsService::read(&theirs, &stamp().owner).is_empty());
}

#[test]
fn a_service_is_asked_for_in_our_cluster_the_brought_one_and_where_memory_has_it() {
    let cluster = |name: &str, ours: bool| {
        let tags = stamp().tags(&key::<EcsCluster>("main"), 0, engine::Tags::new());
        let tags =
            tags.iter().filter(|_| ours).map(|(k, v)| aws_sdk_ecs::types::Tag::builder().key(k).value(v).build());
        let arn = format!("arn:aws:ecs:eu-west-1:123456789012:cluster/{name}");
        aws_sdk_ecs::types::Cluster::builder().cluster_arn(arn).set_tags(Some(tags.collect())).build()
    };
    let ecs_clusters = answer([cluster("shop_orders", true), cluster("other", false)]);
    let view = View { listed: Listed { ecs_clusters, ..Listed::default() }, ..view() };
    let brought = ["vpc-1".to_owned(), "arn:aws:ecs:eu-west-1:123456789012:cluster/theirs".to_owned()];
    let named = Named { brought: brought.into(), ..Named::default() };
    let remembered = "arn:aws:ecs:eu-west-1:123456789012:service/old/shop_orders";
    let expected = [Expected { kind: EcsService::KIND, id: Id::from(remembered), one_look_is_proof: true }];
    let look = Look { view: &view, owner: &stamp().owner, expected: &expected, named: &named };
    let theirs = "arn:aws:ecs:eu-west-1:123456789012:service/theirs/shop_orders";
    assert_eq!(EcsServices::subjects(&look), [SERVICE_ARN, remembered, theirs].map(Id::from).into());
}

/// Which details are asked about a service like this.
async fn asked(changes: Value) -> (bool, bool) {
    let view = testing::view_of(changes).await;
    let (owner, named) = (stamp().owner, Named::default());
    let look = Look { view: &view, owner: &owner, expected: &[], named: &named };
    (!StoppedTasks::subjects(&look).is_empty(), !ServiceRollouts::subjects(&look).is_empty())
}

#[tokio::test]
async fn a_service_that_works_costs_no_questions_about_failures() {
    let failing = |rollout: &str| {
        let deployment = json!({"status": "PRIMARY", "rolloutState": rollout, "failedTasks": 1});
        json!({"runningCount": 0, "pendingCount": 2, "deployments": [deployment]})
    };
    assert_eq!(asked(json!({})).await, (false, false));
    assert_eq!(asked(at("IN_PROGRESS")).await, (false, true));
    assert_eq!(asked(failing("IN_PROGRESS")).await, (true, true));
    assert_eq!(asked(failing("FAILED")).await, (true, true));
    assert_eq!(asked(json!({"runningCount": 1})).await, (true, false));
}

/// After a rollback all is well again but what was declared: the tasks that ended tell why.
#[tokio::test]
async fn a_rollout_that_failed_is_looked_into() {
    let base = testing::view_of(json!({})).await;
    for (last, expected) in [(Some(super::ended("d1", 4)), true), (None, false)] {
        let service_rollouts = [(SERVICE_ARN, last)].into_iter().collect();
        let view = View { detailed: Detailed { service_rollouts, ..base.detailed.clone() }, ..view() };
        let (owner, named) = (stamp().owner, Named::default());
        let look = Look { view: &view, owner: &owner, expected: &[], named: &named };
        assert_eq!(!StoppedTasks::subjects(&look).is_empty(), expected);
    }
}

#[tokio::test]
async fn a_service_behind_our_latest_revision_is_asked_about_its_last_rollout() {
    let described = |revision: u32| {
        let definition = aws_sdk_ecs::types::TaskDefinition::builder()
            .registered_at(aws_sdk_ecs::primitives::DateTime::from_secs(i64::from(revision)))
            .build();
        let tags = stamp().tags(&key::<TaskDefinition>("main"), revision, engine::Tags::new());
        (definition_arn(revision), DescribedTaskDefinition { definition, tags })
    };
    let base = testing::view_of(json!({})).await;
    for (latest, expected) in [(3, false), (4, true)] {
        let task_definitions = (3..=latest).map(described).collect();
        let view = View { detailed: Detailed { task_definitions, ..base.detailed.clone() }, ..view() };
        let (owner, named) = (stamp().owner, Named::default());
        let look = Look { view: &view, owner: &owner, expected: &[], named: &named };
        assert_eq!(!ServiceRollouts::subjects(&look).is_empty(), expected);
        let named = Named { rollout: true, ..Named::default() };
        assert!(!ServiceRollouts::subjects(&Look { named: &named, ..look }).is_empty());
    }
}

#[tokio::test]
async fn the_last_rollout_tells_what_failed() {
    let brief = |created: i64, status: &str| {
        json!({"serviceDeploymentArn": format!("d{created}"), "targetServiceRevisionArn": format!("r{created}"),
               "status": status, "statusReason": "tasks failed to start", "createdAt": created})
    };
    let revisions = json!({"serviceRevisions": [{"taskDefinition": definition_arn(4)}]});
    let rolled_back = [brief(1, "SUCCESSFUL"), brief(2, "ROLLBACK_SUCCESSFUL")];
    let wire = Wire::default().answer_json(&json!({"serviceDeployments": rolled_back})).answer_json(&revisions);
    let ended = ServiceRollouts::ask(&wire.cloud().ecs, &Id::from(SERVICE_ARN)).await.unwrap().unwrap();
    assert_eq!(ended, Some(super::ended("d2", 4)));
    let listed = [("cluster", CLUSTER_ARN), ("service", SERVICE_ARN)];
    let expected = [
        request("ListServiceDeployments", &listed),
        request("DescribeServiceRevisions", &[("serviceRevisionArns.0", "r2")]),
    ];
    assert_eq!(wire.requests(), expected);

    let recovered = [brief(2, "ROLLBACK_SUCCESSFUL"), brief(3, "SUCCESSFUL")];
    for deployments in [json!(recovered), json!([brief(1, "IN_PROGRESS")]), json!([])] {
        let wire = Wire::default().answer_json(&json!({ "serviceDeployments": deployments }));
        assert_eq!(ServiceRollouts::ask(&wire.cloud().ecs, &Id::from(SERVICE_ARN)).await, Ok(Some(None)));
    }
}

#[tokio::test]
async fn the_last_unwished_end_of_a_task_is_told() {
    let tasks = json!({"tasks": [
        {"stopCode": "TaskFailedToStart", "stoppedReason": "CannotPullContainerError: first", "stoppingAt": 1},
        {"stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited",
         "stoppingAt": 2, "containers": [{"exitCode": 137, "reason": "OutOfMemoryError: killed"}]},
        {"stopCode": "ServiceSchedulerInitiated", "stoppingAt": 3,
         "stoppedReason": "Scaling activity initiated by (deployment ecs-svc/1)"},
        {"stopCode": "SpotInterruption", "stoppedReason": "taken", "stoppingAt": 4},
    ]});
    let wire = Wire::default().answer_json(&json!({"taskArns": ["t1", "t2", "t3", "t4"]})).answer_json(&tasks);
    let tasks: Vec<Task> = StoppedTasks::ask(&wire.cloud().ecs, &Id::from(SERVICE_ARN)).await.unwrap().unwrap();
    let listed = [("cluster", CLUSTER_ARN), ("serviceName", "shop_orders"), ("desiredStatus", "STOPPED")];
    assert_eq!(wire.requests()[0], request("ListTasks", &listed));
    let base = testing::view_of(json!({})).await;
    let stopped_tasks = [(SERVICE_ARN, tasks)].into_iter().collect();
    let view = View { detailed: Detailed { stopped_tasks, ..base.detailed }, ..view() };
    let [live] = EcsService::read(&view, &stamp().owner).try_into().unwrap();
    let said = "Essential container in task exited; exit code 137; OutOfMemoryError: killed";
    assert_eq!(live.attributes[attribute::STOPPED], said);
}
