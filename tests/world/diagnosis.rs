//! Why tasks do not start, or are not reached: of all that they need one part is taken away at a time, and that part is named.

use aws_sdk_ec2::Client;
use fargatestack::api;
use serde_json::json;

use crate::controller;
use crate::support::stack::{Stack, find, holds, remembered, settled};

/// What is taken away, each by the key under which it has to be named.
const PARTS: [&str; 11] = [
    "security-group-rule/task-to-endpoints",
    "security-group-rule/endpoints-from-task",
    "security-group-rule/task-to-s3",
    "vpc-endpoint/s3",
    "vpc-endpoint/ecr-api",
    "vpc-endpoint/ecr-dkr",
    "vpc-endpoint/logs",
    "role/execution",
    "log-group/tasks",
    "security-group-rule/vpc-link-to-task",
    "security-group-rule/task-from-vpc-link",
];

async fn take_away(stack: &Stack, part: &str) {
    let id = remembered(&stack.get().await)[part].clone();
    let ec2 = stack.account.ec2();
    match part {
        // Its association alone: the way from the tasks' subnets.
        "vpc-endpoint/s3" => {
            let tables = stack.cloud().body(part)["RouteTableIds"].as_array().unwrap().clone();
            let tables = tables.iter().map(|table| table.as_str().unwrap().to_owned()).collect();
            let call = ec2.modify_vpc_endpoint().vpc_endpoint_id(id).set_remove_route_table_ids(Some(tables));
            call.send().await.unwrap();
        }
        "role/execution" => {
            // The right to pull alone.
            let statement =
                json!({"Effect": "Allow", "Resource": "*", "Action": ["ecr:GetAuthorizationToken", "logs:*"]});
            let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
            let iam = stack.account.iam();
            let policies = iam.list_role_policies().role_name(&id).send().await.unwrap();
            let [name] = policies.policy_names() else { panic!("{policies:?}") };
            iam.put_role_policy().role_name(&id).policy_name(name).policy_document(policy).send().await.unwrap();
        }
        "log-group/tasks" => {
            stack.account.logs().delete_log_group().log_group_name(id).send().await.unwrap();
        }
        _ if part.starts_with("vpc-endpoint/") => {
            ec2.delete_vpc_endpoints().vpc_endpoint_ids(id).send().await.unwrap();
        }
        _ => revoke(&ec2, &id).await,
    }
}

async fn revoke(ec2: &Client, rule: &str) {
    let described = ec2.describe_security_group_rules().security_group_rule_ids(rule).send().await.unwrap();
    let [described] = described.security_group_rules() else { panic!("{described:?}") };
    let group = described.group_id().unwrap();
    if described.is_egress() == Some(true) {
        let call = ec2.revoke_security_group_egress().group_id(group).security_group_rule_ids(rule);
        call.send().await.unwrap();
    } else {
        let call = ec2.revoke_security_group_ingress().group_id(group).security_group_rule_ids(rule);
        call.send().await.unwrap();
    }
}

/// Stops what runs, so that new tasks have to start.
async fn stop_tasks(stack: &Stack) {
    let (ecs, name) = (stack.account.ecs(), stack.qualified().replace('/', "_"));
    let tasks = ecs.list_tasks().cluster(&name).send().await.unwrap().task_arns.unwrap_or_default();
    for task in tasks {
        ecs.stop_task().cluster(&name).task(task).send().await.unwrap();
    }
}

/// What is said of the service, if it names `part` and no other.
fn named(stack: &api::Stack, part: &str) -> Option<String> {
    let message = &find(stack, "ServiceReady").filter(|it| it.reason == "Broken")?.message;
    let exactly = PARTS.iter().all(|other| message.contains(other) == (*other == part));
    exactly.then(|| message.clone())
}

/// With a policy that leaves the damage, since the controller would repair it before a task could tell.
#[tokio::test]
async fn the_part_that_tasks_lack_is_named_and_no_other() {
    let spec = json!({
        "driftPolicy": "Report",
        "network": {"nat": {"mode": "None"}},
        "service": {"deployment": {"healthCheckGracePeriodSeconds": 0}},
    });
    let stack = Stack::working(controller(), "truth-ways", spec).await;
    for part in PARTS {
        let mark = stack.account.now();
        take_away(&stack, part).await;
        let withheld = |it: &api::Stack| find(it, "Drifted").is_some_and(|it| it.message.contains(part));
        stack.looking(&format!("{part} is missed"), withheld).await;
        stop_tasks(&stack).await;
        let seen = stack.looking(&format!("{part} is named"), |it| named(it, part).is_some()).await;
        assert_eq!(find(&seen, "Ready").unwrap().reason, "Broken");
        let message = named(&seen, part);
        let again = stack.look().await;
        assert_eq!(named(&again, part), message, "the same trouble is no news");
        assert_eq!(stack.account.writes(mark), Vec::<String>::new(), "{part} is left as it is");

        let plan = again.status.plan.expect("the repair waits for approval");
        assert_eq!(plan.steps.iter().map(|step| step.key.as_str()).collect::<Vec<_>>(), [part]);
        stack.annotate("approve", &plan.hash).await;
        stack.looking(&format!("{part} is back"), |it| find(it, "Drifted").is_none()).await;
        // ECS tries again after a pause; what ended before is forgotten meanwhile.
        stack.account.step(4000);
        stack.looking("it works again", |it| holds(it, "Ready") && settled(it)).await;
    }
    stack.stays().await;
}
