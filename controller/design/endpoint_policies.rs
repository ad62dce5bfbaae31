//! What endpoint policies allow: AWS's default lets isolated tasks speak to every account's buckets, registries and logs.
//!
//! Every statement has the principal `*` and names the role in a condition: a policy that names a role which does not exist yet
//! is refused, and one whose role was deleted and made anew no longer matches it.
//! <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::names;
use crate::api::Spec;
use crate::api::spec::{EndpointPolicies, Image, SecretSource};
use crate::aws::facts::Facts;

/// The policy of the endpoint of `service` (without `com.amazonaws.REGION.`); `None` for AWS's default.
pub(super) fn of(service: &str, spec: &Spec, facts: &Facts) -> Option<Value> {
    match spec.network.endpoints.policies {
        EndpointPolicies::FullAccess => None,
        EndpointPolicies::Restricted => {
            Some(json!({ "Version": "2012-10-17", "Statement": statements(service, spec, facts) }))
        }
    }
}

fn statements(service: &str, spec: &Spec, facts: &Facts) -> Vec<Value> {
    let Facts { partition, region, .. } = facts;
    let execution = names::execution_role_arn(spec, facts);
    match service {
        // By anybody: ECR signs the URLs of layers with credentials of its own.
        // <https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms>
        "s3" => {
            let layers = format!("arn:{partition}:s3:::prod-{region}-starport-layer-bucket/*");
            vec![json!({ "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": [layers] })]
        }
        "ecr.api" | "ecr.dkr" => vec![
            allow(&execution, &["ecr:GetAuthorizationToken"], ["*".to_owned()]),
            allow(
                &execution,
                &["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                repositories(spec, facts),
            ),
        ],
        "logs" => {
            let streams = format!("{}:*", names::log_group_arn(spec, facts, "tasks"));
            vec![allow(&execution, &["logs:CreateLogStream", "logs:PutLogEvents"], [streams])]
        }
        "secretsmanager" => used(&execution, "secretsmanager:GetSecretValue", secrets(spec), spec, facts),
        "ssm" => used(&execution, "ssm:GetParameters", parameters(spec), spec, facts),
        // Command execution runs with the application's role.
        // <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html>
        "ssmmessages" => {
            let channels = [
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            ];
            vec![allow(&names::task_role_arn(spec, facts), &channels, ["*".to_owned()])]
        }
        _ => vec![application(spec, facts)],
    }
}

/// What ECS reads for the tasks, and the application's own calls: those if the service is listed although ECS reads nothing from
/// it, or if the application has rights of its own.
fn used(execution: &str, action: &str, resources: BTreeSet<String>, spec: &Spec, facts: &Facts) -> Vec<Value> {
    let own = !spec.service.task_role_policies.is_empty() || spec.service.existing.task_role_arn.is_some();
    let calls = (own || resources.is_empty()).then(|| application(spec, facts));
    let read = (!resources.is_empty()).then(|| allow(execution, &[action], resources));
    read.into_iter().chain(calls).collect()
}

/// Whatever the application's role allows, but only on resources of the stack's account.
fn application(spec: &Spec, facts: &Facts) -> Value {
    json!({
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {
            "ArnEquals": { "aws:PrincipalArn": names::task_role_arn(spec, facts) },
            "StringEquals": { "aws:ResourceAccount": facts.account },
        },
    })
}

fn allow(role: &str, actions: &[&str], resources: impl IntoIterator<Item = String>) -> Value {
    json!({
        "Effect": "Allow",
        "Principal": "*",
        "Action": actions,
        "Resource": resources.into_iter().collect::<Vec<_>>(),
        "Condition": { "ArnEquals": { "aws:PrincipalArn": role } },
    })
}

/// The stack's repository, and that of an image from elsewhere: a rollback may still need the former.
pub(super) fn repositories(spec: &Spec, facts: &Facts) -> BTreeSet<String> {
    let elsewhere = match &spec.service.image {
        Image::Uri(uri) => names::repository_arn_of_image(uri, facts),
        Image::Tag(_) | Image::Digest(_) => None,
    };
    std::iter::once(names::repository_arn(spec, facts)).chain(elsewhere).collect()
}

/// ARNs of the secrets, without the key, stage and version that a task definition may append.
pub(super) fn secrets(spec: &Spec) -> BTreeSet<String> {
    let arns = spec.service.secrets.values().filter_map(|source| match source {
        SecretSource::SecretsManager(arn) => Some(arn.splitn(8, ':').take(7).collect::<Vec<_>>().join(":")),
        SecretSource::Parameter(_) => None,
    });
    arns.collect()
}

pub(super) fn parameters(spec: &Spec) -> BTreeSet<String> {
    let arns = spec.service.secrets.values().filter_map(|source| match source {
        SecretSource::Parameter(arn) => Some(arn.clone()),
        SecretSource::SecretsManager(_) => None,
    });
    arns.collect()
}

#[cfg(test)]
mod tests;
