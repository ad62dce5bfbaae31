//! Names and ARNs that follow from the declaration and the account alone, so that policies need not wait for what they name.

use sha2::{Digest, Sha256};

use crate::api::Spec;
use crate::aws::ROLE_PATH;
use crate::aws::facts::Facts;

/// Longest name of an IAM role.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const ROLE_NAME: usize = 64;

/// Longest name of a security group.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html>
const SECURITY_GROUP_NAME: usize = 255;

/// ARN of the role with which ECS pulls the image, reads secrets and writes the log: brought, or that of the role to be built.
#[must_use]
pub fn execution_role_arn(spec: &Spec, facts: &Facts) -> String {
    let brought = spec.service.existing.execution_role_arn.clone();
    brought.unwrap_or_else(|| role_arn(spec, facts, "execution"))
}

/// ARN of the application's own role: brought, or that of the role to be built.
#[must_use]
pub fn task_role_arn(spec: &Spec, facts: &Facts) -> String {
    spec.service.existing.task_role_arn.clone().unwrap_or_else(|| role_arn(spec, facts, "task"))
}

/// ARN of the stack's repository, built or brought.
#[must_use]
pub fn repository_arn(spec: &Spec, facts: &Facts) -> String {
    let Facts { partition, region, account, .. } = facts;
    format!("arn:{partition}:ecr:{region}:{account}:repository/{}", spec.registry.name())
}

/// ARN of the repository in an image's full name, `ACCOUNT.dkr.ecr.REGION.DOMAIN/REPOSITORY` with `:TAG` or `@DIGEST`; `None` if
/// it is no such name.
#[must_use]
pub fn repository_arn_of_image(uri: &str, facts: &Facts) -> Option<String> {
    let (registry, image) = uri.split_once('/')?;
    let mut labels = registry.split('.');
    let account = labels.next()?;
    let region = labels.nth(2)?;
    let name = image.split(['@', ':']).next()?;
    Some(format!("arn:{}:ecr:{region}:{account}:repository/{name}", facts.partition))
}

/// Name of the cluster, of the service and of the family of task definitions.
#[must_use]
pub fn ecs(spec: &Spec) -> String {
    crate::aws::ecs::name_of(&format!("{}/{}", spec.namespace, spec.name))
}

/// Name of the log group `part`. API Gateway writes access logs only where its own prefix says that it may.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html>
#[must_use]
pub fn log_group(spec: &Spec, part: &str) -> String {
    let vended = if part == "access" { "/aws/vendedlogs" } else { "" };
    format!("{vended}/fargatestack/{}/{}/{part}", spec.namespace, spec.name)
}

/// ARN of the log group `part`.
#[must_use]
pub fn log_group_arn(spec: &Spec, facts: &Facts, part: &str) -> String {
    format!("arn:{}:logs:{}:{}:log-group:{}", facts.partition, facts.region, facts.account, log_group(spec, part))
}

/// Longest name of an HTTP API or a VPC link.
///
/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/vpclinks.html>
const API_NAME: usize = 128;

/// Name of the HTTP API and of its VPC link, for people: it need not be unique.
#[must_use]
pub fn api(spec: &Spec) -> String {
    truncated(&format!("{}/{}", spec.namespace, spec.name), API_NAME).to_owned()
}

/// Name of the security group `role`.
///
/// Unique in a VPC that several stacks share, since no two stacks of an account and region have the same namespace and name (`/`
/// is in neither). It carries a hash of the description, the only fixed field beside the VPC, in which names are unique anyway:
/// so a group that has to be replaced and its successor stand side by side.
#[must_use]
pub fn security_group(spec: &Spec, role: &str, description: &str) -> String {
    // The prefix also keeps a namespace such as `sg-team` from making a name that AWS refuses.
    let readable = format!("fargatestack/{}/{}/{role}", spec.namespace, spec.name);
    limited(&readable, &format!("{readable}\n{description}"), SECURITY_GROUP_NAME)
}

/// Name of the role `part`, unique in the account: roles of all regions share one list.
pub(super) fn role(spec: &Spec, part: &str) -> String {
    let Spec { namespace, name, region, .. } = spec;
    // The end must survive: it tells the roles of a stack apart for people; the hash does so for AWS.
    let identity = format!("{region}\n{namespace}/{name}\n{part}");
    let ending = format!("-{part}");
    let stack = format!("{namespace}-{name}");
    let readable = truncated(&stack, ROLE_NAME - HASH - ending.len());
    limited(&format!("{readable}{ending}"), &identity, ROLE_NAME)
}

/// Path of the stack's roles: lists tell by it whose they are, and administrators can write policies about it.
pub(super) fn role_path(spec: &Spec) -> String {
    format!("{ROLE_PATH}{}/{}/", spec.namespace, spec.name)
}

fn role_arn(spec: &Spec, facts: &Facts, part: &str) -> String {
    format!("arn:{}:iam::{}:role{}{}", facts.partition, facts.account, role_path(spec), role(spec, part))
}

/// What a hash and its dash take of a name.
const HASH: usize = 9;

/// `readable`, cut where it must be, and a hash of `identity`: at most `limit` characters, and different for each identity.
fn limited(readable: &str, identity: &str, limit: usize) -> String {
    format!("{}-{}", truncated(readable, limit - HASH), hex::encode(&Sha256::digest(identity)[..4]))
}

/// The first `limit` bytes; names of Kubernetes are ASCII.
fn truncated(text: &str, limit: usize) -> &str {
    text.get(..limit).unwrap_or(text)
}

#[cfg(test)]
mod tests;
