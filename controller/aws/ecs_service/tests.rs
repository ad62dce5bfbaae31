use std::collections::BTreeSet;

use engine::{Attributes, Class, Id, Key, Known};
use serde_json::json;

use super::testing::{CLUSTER_ARN, GROUP_ARN, SERVICE_ARN, definition_arn, service, shown};
use super::*;
use crate::aws::wire::{Wire, key, mark, request, said, stamp, tags, untagged};

mod effects;
mod reading;

pub(super) fn declared() -> EcsService {
    EcsService {
        name: "main",
        service_name: "shop_orders".to_owned(),
        cluster: EcsCluster::reference("main"),
        task_definition: TaskDefinition::reference("main"),
        yields: false,
        failed: None,
        subnets: ["ecs-a", "ecs-b"].map(Subnet::reference).into(),
        security_group: SecurityGroup::reference("task"),
        target_group: TargetGroup::reference("main"),
        listener: Listener::reference("main"),
        container_port: 8080,
        desired: Desired::Fixed(2),
        capacity: vec![Capacity { provider: "FARGATE".to_owned(), base: 1, weight: 1 }],
        deployment: Deployment {
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: true,
            rollback: true,
        },
        grace_seconds: 60,
        execute_command: false,
        ways: vec![super::super::VpcEndpoint::reference("logs").ready()],
    }
}

pub(super) fn ids() -> Ids {
    let known = |id: &str| Known { id: Id::from(id), attributes: Attributes::new() };
    let definition =
        Known { attributes: Attributes::from([(REGISTERED.into(), "3000".to_owned())]), ..known(&definition_arn(3)) };
    [
        (EcsCluster::reference("main").key().clone(), known(CLUSTER_ARN)),
        (TaskDefinition::reference("main").key().clone(), definition),
        (Subnet::reference("ecs-a").key().clone(), known("subnet-a")),
        (Subnet::reference("ecs-b").key().clone(), known("subnet-b")),
        (SecurityGroup::reference("task").key().clone(), known("sg-1")),
        (TargetGroup::reference("main").key().clone(), known(GROUP_ARN)),
        (Listener::reference("main").key().clone(), known("arn:listener")),
    ]
    .into_iter()
    .collect()
}

pub(super) fn seen() -> EcsServiceSeen {
    EcsServiceSeen {
        service_name: "shop_orders".to_owned(),
        cluster: CLUSTER_ARN.to_owned(),
        task_definition: definition_arn(3),
        registered: Some(3000),
        failed: None,
        subnets: ["subnet-a", "subnet-b"].map(str::to_owned).into(),
        security_groups: ["sg-1".to_owned()].into(),
        public_ip: false,
        targets: [format!("{GROUP_ARN} app:8080")].into(),
        desired: 2,
        capacity: declared().capacity,
        deployment: declared().deployment,
        grace_seconds: 60,
        execute_command: false,
        managed_tags: true,
        propagate_tags: "SERVICE".to_owned(),
    }
}

fn compared(declared: &EcsService, seen: &EcsServiceSeen) -> String {
    said(&declared.compare(seen, &ids()))
}

#[test]
fn fields_are_compared() {
    let other = || BTreeSet::from(["other".to_owned()]);
    let spot = Capacity { provider: "FARGATE_SPOT".to_owned(), base: 0, weight: 1 };
    let cases = [
        (seen(), "in sync"),
        (EcsServiceSeen { service_name: "other".to_owned(), ..seen() }, "replace serviceName"),
        (EcsServiceSeen { cluster: "other".to_owned(), ..seen() }, "replace cluster"),
        (EcsServiceSeen { task_definition: definition_arn(2), ..seen() }, "update taskDefinition"),
        (EcsServiceSeen { subnets: other(), ..seen() }, "update subnets"),
        (EcsServiceSeen { security_groups: other(), ..seen() }, "update securityGroups"),
        (EcsServiceSeen { public_ip: true, ..seen() }, "update publicIp"),
        (EcsServiceSeen { targets: other(), ..seen() }, "update targets"),
        (EcsServiceSeen { desired: 1, ..seen() }, "update desiredCount"),
        (EcsServiceSeen { capacity: vec![spot], ..seen() }, "update capacity"),
        (
            EcsServiceSeen { deployment: Deployment { rollback: false, ..declared().deployment }, ..seen() },
            "update deployment",
        ),
        (EcsServiceSeen { grace_seconds: 0, ..seen() }, "update healthCheckGracePeriodSeconds"),
        (EcsServiceSeen { execute_command: true, ..seen() }, "update enableExecuteCommand"),
        (EcsServiceSeen { managed_tags: false, ..seen() }, "update enableManagedTags"),
        (EcsServiceSeen { propagate_tags: "NONE".to_owned(), ..seen() }, "update propagateTags"),
    ];
    for (seen, expected) in cases {
        assert_eq!(compared(&declared(), &seen), expected, "{seen:?}");
    }
}

#[test]
fn the_order_of_capacity_providers_does_not_matter() {
    let item = |provider: &str| Capacity { provider: provider.to_owned(), base: 0, weight: 1 };
    let capacity = vec![item("FARGATE_SPOT"), item("FARGATE")];
    let seen = EcsServiceSeen { capacity: vec![item("FARGATE"), item("FARGATE_SPOT")], ..seen() };
    assert_eq!(compared(&EcsService { capacity, ..declared() }, &seen), "in sync");
}

#[test]
fn a_number_of_tasks_that_follows_the_load_is_not_compared() {
    let scaled = EcsService { desired: Desired::Scaled { initial: 2 }, ..declared() };
    assert_eq!(compared(&scaled, &EcsServiceSeen { desired: 9, ..seen() }), "in sync");
}

#[test]
fn nothing_is_compared_with_an_unknown_id() {
    for reference in declared().needs() {
        if [Listener::KIND, super::super::VpcEndpoint::KIND].contains(&reference.key.kind) {
            continue;
        }
        let mut ids = ids();
        ids.remove(&reference.key);
        assert_eq!(said(&declared().compare(&seen(), &ids)), format!("unknown {}", reference.key));
    }
}

#[test]
fn tasks_are_not_started_before_their_ways_stand() {
    let needs = declared().needs();
    let key = |need: &Need| (need.key.to_string(), need.until == engine::Until::Ready);
    let expected = [
        ("ecs-cluster/main", true),
        ("task-definition/main", true),
        ("security-group/task", false),
        ("target-group/main", false),
        ("listener/main", false),
        ("subnet/ecs-a", false),
        ("subnet/ecs-b", false),
        ("vpc-endpoint/logs", true),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(key, ready)| (key.to_owned(), ready)).collect();
    assert_eq!(needs.iter().map(key).collect::<Vec<_>>(), expected);
}

fn ended(deployment: &str, revision: u32) -> EndedRollout {
    EndedRollout {
        deployment: deployment.to_owned(),
        task_definition: definition_arn(revision),
        reason: "tasks failed to start".to_owned(),
    }
}

/// Revision 3 is declared.
#[test]
fn a_failed_rollout_is_tried_again_only_after_the_declaration_changed() {
    let remembered = |deployment: &str, revision, stands| {
        Some(FailedRollout { deployment: deployment.to_owned(), task_definition: definition_arn(revision), stands })
    };
    let cases = [
        // What is remembered, the last rollout if it failed, the revision that the service runs.
        (None, None, 2, "update taskDefinition"),
        // Seen for the first time: rolled back, or never there.
        (None, Some(ended("d1", 3)), 2, "in sync"),
        (None, Some(ended("d1", 3)), 3, "in sync"),
        // Remembered under this declaration, also when AWS shows it no more.
        (remembered("d1", 3, true), Some(ended("d1", 3)), 2, "in sync"),
        (remembered("d1", 3, true), None, 2, "in sync"),
        // The declaration changed since.
        (remembered("d1", 3, false), Some(ended("d1", 3)), 2, "update taskDefinition"),
        (remembered("d1", 3, false), Some(ended("d1", 3)), 3, "update rollout"),
        // It failed once more.
        (remembered("d1", 3, false), Some(ended("d2", 3)), 2, "in sync"),
        // Another revision failed.
        (remembered("d1", 2, true), Some(ended("d1", 2)), 1, "update taskDefinition"),
    ];
    for (failed, shown, revision, expected) in cases {
        let declared = EcsService { failed, ..declared() };
        let seen = EcsServiceSeen { failed: shown, task_definition: definition_arn(revision), ..seen() };
        assert_eq!(compared(&declared, &seen), expected, "{:?} {seen:?}", declared.failed);
    }
}

/// A rollback takes back subnets, groups, targets and capacity as well; what is not rolled out is changed all the same.
#[test]
fn what_a_rollback_took_back_is_not_changed_again() {
    let other = || BTreeSet::from(["other".to_owned()]);
    let spot = Capacity { provider: "FARGATE_SPOT".to_owned(), base: 0, weight: 1 };
    let failed = || EcsServiceSeen { failed: Some(ended("d1", 3)), ..seen() };
    let cases = [
        (EcsServiceSeen { subnets: other(), ..failed() }, "in sync"),
        (EcsServiceSeen { security_groups: other(), ..failed() }, "in sync"),
        (EcsServiceSeen { targets: other(), ..failed() }, "in sync"),
        (EcsServiceSeen { capacity: vec![spot], ..failed() }, "in sync"),
        (EcsServiceSeen { desired: 1, ..failed() }, "update desiredCount"),
        (EcsServiceSeen { subnets: other(), failed: Some(ended("d1", 2)), ..seen() }, "update subnets"),
    ];
    for (seen, expected) in cases {
        assert_eq!(compared(&declared(), &seen), expected, "{seen:?}");
    }
}

/// Ours was registered at 3000.
#[test]
fn what_a_pipeline_rolled_out_later_stays() {
    let compared = |registered| {
        let yields = EcsService { yields: true, ..declared() };
        compared(&yields, &EcsServiceSeen { task_definition: definition_arn(9), registered, ..seen() })
    };
    assert_eq!(compared(Some(4000)), "in sync");
    assert_eq!(compared(None), "in sync", "nothing is rolled back on a guess");
    assert_eq!(compared(Some(2000)), "update taskDefinition");
}
