use engine::{Live, Node as _, Phase, State};

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
const REGISTRY: &str = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: \
     unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed caused by: Post \
     \"https://api.ecr.eu-west-1.amazonaws.com/\": dial tcp 172.10.1.7:443: i/o timeout. Please check your task network configuration.";
const MANIFEST: &str = "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref \
     111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/orders3@sha256:aa: failed to do request: Head \
     \"https://111122223333.dkr.ecr.eu-west-1.amazonaws.com/v2/shop/orders3/manifests/sha256:aa\": dial tcp 172.10.1.8:443: i/o timeout";
const LAYER: &str = "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: failed to do \
     request: Get https://prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com/: dial tcp 52.94.0.1:443: i/o timeout";
const LOGGER: &str = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to \
     create Cloudwatch log stream: RequestError: send request failed caused by: Post \"https://logs.eu-west-1.amazonaws.com/\": dial tcp: \
     lookup logs.eu-west-1.amazonaws.com: no such host : exit status 1";
const SECRET: &str = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to \
     retrieve secret from asm: service call has been retried 5 time(s): failed to fetch secret arn:aws:secretsmanager:eu-west-1:1:secret:db \
     from secrets manager: RequestError: send request failed caused by: Post \"https://secretsmanager.eu-west-1.amazonaws.com/\": dial tcp \
     172.10.1.9:443: i/o timeout";
const PARAMETER: &str = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable \
     to retrieve secrets from ssm: service call has been retried 5 time(s): RequestError: Post \"https://ssm.eu-west-1.amazonaws.com/\": \
     dial tcp 172.10.1.9:443: i/o timeout";
const NO_SECRET: &str = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable \
     to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:eu-west-1:1:secret:db \
     from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.";
const RIGHT: &str = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to \
     retrieve ecr registry auth: service call has been retried 3 time(s): AccessDeniedException: User: \
     arn:aws:sts::111122223333:assumed-role/execution/0123456789abcdef is not authorized to perform: ecr:GetAuthorizationToken on resource: * \
     because no identity-based policy allows the ecr:GetAuthorizationToken action";
const POLICY: &str = "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: unexpected \
     status code https://prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com/: AccessDeniedException: User: arn:aws:sts::1:\
     assumed-role/execution/0 is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/* \
     because no VPC endpoint policy allows the s3:GetObject action";
const LOG_GROUP: &str = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create \
     Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1";
const NO_IMAGE: &str = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
     111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/orders@sha256:aa: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/orders@sha256:aa: \
     not found";
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

/// What stands and was changed is not said to be missing.
#[test]
fn the_part_that_is_not_as_declared_is_named_as_such() {
    use State::{Broken, Waiting, Withheld};
    type Case = (&'static str, &'static str, fn(Live<u8>) -> State<u8>, &'static str);
    let withheld = |live| Withheld(Some(live), "held".to_owned());
    let cases: [Case; 4] = [
        (LAYER, "vpc-endpoint/s3", withheld, "is not as declared"),
        (RIGHT, "role/execution", withheld, "is not as declared: ecr:GetAuthorizationToken on * is not allowed"),
        (LOGGER, "vpc-endpoint/logs", |live| Waiting(Some(live), "pending".to_owned()), "is not ready"),
        (HEALTH, "security-group-rule/vpc-link-to-task", |live| Broken(live, "broken".to_owned()), "is not ready"),
    ];
    for (stopped, part, state, expected) in cases {
        let mut outcome = without(&[]).outcome.unwrap();
        let live = outcome.states[&key(part)].live().unwrap().clone();
        outcome.states.insert(key(part), state(live));
        let said = diagnosis(&outcome, stopped);
        assert!(said.starts_with(&format!("{part}, ")) && said.contains(expected), "{part}: {said}");
    }
}

#[test]
fn what_is_not_the_networks_doing_is_told_apart() {
    let cases = [
        (NO_IMAGE, "its image is not in the repository"),
        (RIGHT, "role/execution, or the one that you bring, does not allow ecr:GetAuthorizationToken on *: "),
        (
            POLICY,
            "the policy of vpc-endpoint/s3 does not allow s3:GetObject on arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*",
        ),
        (NO_SECRET, "what spec.service.secrets names does not exist"),
        (PARAMETER, "vpc-endpoint/ssm, the endpoint of that service, is not declared"),
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
    assert!(steady(&"long ".repeat(100)).len() < 270);
}
