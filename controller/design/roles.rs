//! Roles: what ECS, the application and the flow log may do, and nothing beyond.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::endpoint_policies::{parameters, repositories, secrets};
use super::{Draft, names};
use crate::api::Spec;
use crate::aws::facts::{Facts, domain};
use crate::aws::{ARN, Resource, Role};

/// Adds the roles, built or brought.
pub(super) fn draw(spec: &Spec, facts: &Facts, draft: &mut Draft) {
    let brought = &spec.service.existing;
    let tasks = trust("ecs-tasks.amazonaws.com", &format!("ecs:{}:{}:*", facts.region, facts.account), facts);
    let role = |name: &'static str, trust: &Value, policy: Option<Value>, managed: BTreeSet<String>| Role {
        name,
        role_name: names::role(spec, name),
        path: names::role_path(spec),
        trust: trust.clone(),
        policy,
        managed,
        boundary: facts.permissions_boundary.clone(),
    };
    match &brought.execution_role_arn {
        Some(arn) => given("execution", arn, draft),
        None => draft.node(role("execution", &tasks, Some(execution(spec, facts)), BTreeSet::new())),
    }
    match &brought.task_role_arn {
        Some(arn) => given("task", arn, draft),
        None => draft.node(role("task", &tasks, task(spec), spec.service.task_role_policies.clone())),
    }
    if spec.network.flow_logs.is_some() {
        let source = format!("ec2:{}:{}:vpc-flow-log/*", facts.region, facts.account);
        let trust = trust("vpc-flow-logs.amazonaws.com", &source, facts);
        draft.node(role("flow", &trust, Some(flow(spec, facts)), BTreeSet::new()));
    }
}

/// A role that the user brings: known by its name, the last part of its ARN.
fn given(name: &'static str, arn: &str, draft: &mut Draft) {
    let id = arn.rsplit('/').next().unwrap_or(arn);
    draft.given_with(Role::reference(name).key(), id, [(ARN, arn.to_owned())]);
}

/// Who may assume a role: a service of AWS, and only on behalf of this account's own resources. Otherwise anybody's service could be
/// made to use it.
///
/// - <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
/// - <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
fn trust(service: &str, source: &str, facts: &Facts) -> Value {
    policy([json!({
        "Effect": "Allow",
        "Principal": { "Service": service },
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": { "aws:SourceAccount": facts.account },
            "ArnLike": { "aws:SourceArn": format!("arn:{}:{source}", facts.partition) },
        },
    })])
}

/// Pulls from this repository, writes this log, reads exactly the declared secrets.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html>
fn execution(spec: &Spec, facts: &Facts) -> Value {
    let streams = format!("{}:*", names::log_group_arn(spec, facts, "tasks"));
    let mut statements = vec![
        // This action knows no resources.
        allow(&["ecr:GetAuthorizationToken"], ["*".to_owned()]),
        allow(
            &["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            repositories(spec, facts),
        ),
        allow(&["logs:CreateLogStream", "logs:PutLogEvents"], [streams]),
    ];
    let reads = [
        ("secretsmanager", "secretsmanager:GetSecretValue", secrets(spec)),
        ("ssm", "ssm:GetParameters", parameters(spec)),
    ];
    let used: Vec<_> = reads.into_iter().filter(|(_, _, arns)| !arns.is_empty()).collect();
    if !used.is_empty() {
        statements.push(decrypt(used.iter().map(|(service, _, _)| *service), facts));
    }
    statements.extend(used.into_iter().map(|(_, action, arns)| allow(&[action], arns)));
    policy(statements)
}

/// Decrypts secrets by whichever key encrypts them, but only through `services`, which hand out no secret that the role may not read.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>
fn decrypt(services: impl Iterator<Item = &'static str>, facts: &Facts) -> Value {
    let domain = domain(&facts.partition);
    let through: Vec<_> = services.map(|service| format!("{service}.{}.{domain}", facts.region)).collect();
    let mut statement = allow(&["kms:Decrypt"], ["*".to_owned()]);
    statement["Condition"] = json!({ "StringEquals": { "kms:ViaService": through } });
    statement
}

/// Nothing but command execution, if that is on.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#ecs-exec-required-iam-permissions>
fn task(spec: &Spec) -> Option<Value> {
    let channels = [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ];
    // These actions know no resources.
    spec.service.enable_execute_command.then(|| policy([allow(&channels, ["*".to_owned()])]))
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html>
fn flow(spec: &Spec, facts: &Facts) -> Value {
    let group = names::log_group_arn(spec, facts, "flow");
    policy([
        allow(&["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], [format!("{group}:*")]),
        allow(&["logs:DescribeLogGroups"], ["*".to_owned()]),
    ])
}

fn policy(statements: impl IntoIterator<Item = Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements.into_iter().collect::<Vec<_>>() })
}

fn allow(actions: &[&str], resources: impl IntoIterator<Item = String>) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources.into_iter().collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests;
