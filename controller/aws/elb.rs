//! What the kinds of Elastic Load Balancing share: names, tags and attributes.
//!
//! A load balancer or target group is created idempotently by name: a call that names what stands already, with the same settings,
//! returns it, whoever made it. So a name belongs to one declaration of one stack, and what a create returned is only taken if it
//! bears our mark.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types::{LoadBalancer, TargetGroup};
use engine::{Fault, Id, Phase, Tags};
use sha2::{Digest, Sha256};

use super::clients::from_list;
use super::cloud::Elb;
use super::fault::refused;
use super::owner::STACK;
use super::resource::{Mark, Resource as _};
use super::sources::Look;

/// Attributes of a load balancer or target group, by name.
pub type ElbAttributes = BTreeMap<String, String>;

/// Longest readable part of a name: with the hashes, 32 characters.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html>
const READABLE: usize = 11;

/// How many `Describe*` items `DescribeTags` takes at once.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html>
const ARNS: usize = 20;

/// How the names of all load balancers and target groups of `stack` (`namespace/name`) begin. It never reads `internal-`, which
/// AWS keeps for itself.
pub(super) fn prefix(stack: &str) -> String {
    let readable: String = stack.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' }).collect();
    format!("fs-{}-{}-", readable.get(..READABLE).unwrap_or(&readable), hash(stack))
}

/// The name under which `mark` is created with these fixed fields: another one for every attempt and every declaration, so that a
/// successor stands beside what it replaces.
pub(super) fn name(mark: &Mark, fixed: &[&str]) -> String {
    let stack = mark.tags.get(STACK).map(String::as_str).unwrap_or_default();
    format!("{}{}", prefix(stack), hash(&format!("{}\n{}\n{}", mark.key, mark.attempt, fixed.join("\n"))))
}

/// The first 32 bits of a digest, as hexadecimal digits.
fn hash(text: &str) -> String {
    hex::encode(&Sha256::digest(text)[..4])
}

/// The tags of each of `arns`. One that is gone fails the call as a whole, as AWS does.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html>
pub(super) async fn tags(elb: &Elb, arns: &[String]) -> Result<BTreeMap<String, Tags>, Fault> {
    let mut tags = BTreeMap::new();
    for arns in arns.chunks(ARNS) {
        let call = elb.reads().describe_tags().set_resource_arns(Some(arns.to_vec()));
        let answer = elb.read("DescribeTags", call.send()).await?;
        tags.extend(
            answer
                .tag_descriptions()
                .iter()
                .filter_map(|described| Some((described.resource_arn()?.to_owned(), from_list(described.tags())))),
        );
    }
    Ok(tags)
}

/// Whether what a create came upon is ours: `code` is what AWS says where it refuses a name that is taken. A mark that cannot be read
/// now is read by the next look.
///
/// # Errors
/// A `Conflict` that names the holder, if it bears another mark.
pub(super) async fn adopted(
    elb: &Elb,
    (operation, code): (&'static str, &str),
    arn: &str,
    mark: &Mark,
) -> Result<Phase, Fault> {
    match tags(elb, &[arn.to_owned()]).await {
        Ok(mut found) => match found.remove(arn).unwrap_or_default() {
            ours if mark.is_on(&ours) => Ok(Phase::Ready),
            others => Err(mark.held(refused(operation, code, ""), arn, &others)),
        },
        Err(_) => Ok(Phase::Pending("its tags could not be read yet".to_owned())),
    }
}

/// The stack's load balancers: whose listeners are asked for.
pub(super) fn load_balancers(look: &Look<'_>) -> BTreeSet<Id> {
    super::LoadBalancer::read(look.view, look.owner).into_iter().map(|live| live.id).collect()
}

/// The load balancer `name`.
pub(super) async fn load_balancer(elb: &Elb, name: &str) -> Result<Option<LoadBalancer>, Fault> {
    let answer = elb.read("DescribeLoadBalancers", elb.reads().describe_load_balancers().names(name).send()).await?;
    Ok(answer.load_balancers.unwrap_or_default().into_iter().next())
}

/// The target group `name`.
pub(super) async fn target_group(elb: &Elb, name: &str) -> Result<Option<TargetGroup>, Fault> {
    let answer = elb.read("DescribeTargetGroups", elb.reads().describe_target_groups().names(name).send()).await?;
    Ok(answer.target_groups.unwrap_or_default().into_iter().next())
}

#[cfg(test)]
mod tests;
