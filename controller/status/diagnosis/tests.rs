use engine::{Node as _, Phase};

use super::*;
use crate::status::tests::bench::{Bench, key, network, piece};

/// Everything that a task needs, by key.
const PARTS: [&str; 15] = [
    "vpc/main",
    "subnet/ecs-a",
    "route-table/ecs",
    "security-group-rule/endpoints-from-task",
    "security-group-rule/task-from-vpc-link",
    "security-group-rule/task-to-endpoints",
    "security-group-rule/task-to-s3",
    "security-group-rule/vpc-link-to-task",
    "vpc-endpoint/ecr-api",
    "vpc-endpoint/ecr-dkr",
    "vpc-endpoint/logs",
    "vpc-endpoint/s3",
    "vpc-endpoint/secretsmanager",
    "log-group/tasks",
    "role/execution",
];

/// As ECS says it, of one task.
const REGISTRY: &str = "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth \
     from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. \
     RequestError: send request failed caused by: Post \"https://api.ecr.eu-west-1.amazonaws.com/\": dial tcp 10.0.1.7:443: i/o timeout";
const MANIFEST: &str = "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref \
     111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/orders@sha256:aa: dial tcp 10.0.1.8:443: i/o timeout";
const LAYER: &str = "CannotPullContainerError: failed to copy: httpReadSeeker: Get \
     \"https://prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com/x\": dial tcp 52.218.1.1:443: i/o timeout";
const LOGGER: &str = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to \
     create Cloudwatch log stream: RequestCanceled: context deadline exceeded : exit status 1";
const SECRET: &str = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: \
     unable to retrieve secret from asm: RequestError: Post \"https://secretsmanager.eu-west-1.amazonaws.com/\": dial tcp: i/o timeout";
const RIGHT: &str = "ResourceInitializationError: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/execution/0123456789abcdef \
     is not authorized to perform: ecr:GetAuthorizationToken";
const LOG_GROUP: &str = "ResourceInitializationError: failed to validate logger args: ResourceNotFoundException: The specified log group \
     does not exist. : exit status 1";
const NO_IMAGE: &str =
    "CannotPullContainerError: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/orders@sha256:aa: not found";
const HEALTH: &str = "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/a/1)";
const EXIT: &str = "Essential container in task exited; exit code 1";
const MEMORY: &str =
    "Essential container in task exited; exit code 137; OutOfMemoryError: Container killed due to memory usage";

/// A stack of which everything stands but these parts.
fn without(absent: &[&str]) -> Bench {
    let mut bench = network();
    bench.declared = PARTS.iter().map(|text| piece(text, &[])).collect();
    bench.settle();
    for text in absent {
        // As with a policy that reports what is missing and does not repair it.
        bench.withheld.insert(key(text));
        bench.cloud.live.retain(|live| live.key != key(text));
        bench.seconds += 100_000;
    }
    if !absent.is_empty() {
        bench.pass();
    }
    bench
}

fn said(absent: &[&str], stopped: &str) -> String {
    diagnosis(without(absent).outcome.as_ref().unwrap(), stopped)
}

/// Each part is taken away alone; what ECS says then leads back to it, and to nothing while it stands.
#[test]
fn the_part_that_is_missing_is_named() {
    let cases = [
        (REGISTRY, "vpc-endpoint/ecr-api"),
        (REGISTRY, "security-group-rule/task-to-endpoints"),
        (REGISTRY, "security-group-rule/endpoints-from-task"),
        (MANIFEST, "vpc-endpoint/ecr-dkr"),
        (MANIFEST, "security-group-rule/task-to-endpoints"),
        (LAYER, "vpc-endpoint/s3"),
        (LAYER, "security-group-rule/task-to-s3"),
        (LAYER, "route-table/ecs"),
        (LOGGER, "vpc-endpoint/logs"),
        (SECRET, "vpc-endpoint/secretsmanager"),
        (RIGHT, "role/execution"),
        (LOG_GROUP, "log-group/tasks"),
        (HEALTH, "security-group-rule/task-from-vpc-link"),
        (HEALTH, "security-group-rule/vpc-link-to-task"),
    ];
    for (stopped, part) in cases {
        let named = said(&[part], stopped);
        assert!(named.starts_with(&format!("{part}, ")) && named.contains("is missing"), "{part}: {named}");
        let complete = said(&[], stopped);
        assert!(!complete.contains("is missing"), "{complete}");
    }
}

#[test]
fn what_is_not_the_networks_doing_is_told_apart() {
    let cases = [
        (NO_IMAGE, "its image is not in the repository"),
        (RIGHT, "a role of the task lacks the right"),
        (EXIT, "the application ended by itself"),
        (MEMORY, "its container used more than spec.service.memory"),
        (HEALTH, "the load balancer gets no answer from it: check spec.service.containerPort"),
        (REGISTRY, "it did not reach ecr-api, although rules, routes and endpoint are there"),
    ];
    for (stopped, expected) in cases {
        let said = said(&[], stopped);
        assert!(said.starts_with(expected), "{said}");
    }
    assert_eq!(said(&[], "something new"), "\"something new\"");
}

#[test]
fn an_endpoint_that_is_not_declared_is_named_as_such() {
    let mut bench = without(&[]);
    bench.declared.retain(|piece| piece.key() != key("vpc-endpoint/secretsmanager"));
    bench.cloud.phases.insert(key("vpc/main"), Phase::Ready);
    bench.settle();
    let said = diagnosis(bench.outcome.as_ref().unwrap(), SECRET);
    assert!(said.starts_with("vpc-endpoint/secretsmanager, the endpoint of that service, is not declared"), "{said}");
}

/// The same trouble of another task is no news.
#[test]
fn what_differs_from_task_to_task_is_left_out() {
    let of = |address: &str, task: &str, request: &str| {
        steady(&format!("task {task}: dial tcp {address}: i/o timeout, request id: {request}"))
    };
    let first = of("10.0.1.7:443", "4b1e0c5a9d9d4d5f8d0f8a5f2f1b3c4d", "3f2b8c1e-0a4d-4c7f-9b52-8d6a1f0e7c33");
    assert_eq!(first, of("10.0.2.9:443", "aa1e0c5a9d9d4d5f8d0f8a5f2f1b3c4e", "aa2b8c1e-0a4d-4c7f-9b52-8d6a1f0e7c34"));
    assert_eq!(first, "task ... dial tcp ... i/o timeout, request id: ...");
    assert_eq!(
        steady("repository@sha256:0123456789abcdef: not found"),
        "repository@sha256:0123456789abcdef: not found"
    );
    assert!(steady(&"long ".repeat(100)).len() < 220);
}
