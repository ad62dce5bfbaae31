//! Facts: what a graph is designed from beside the declaration. The account, the zones of its slots, the prefix list of S3, the
//! image of the service, and the properties of what the user brings.

mod ask;
mod brought;
mod image;
mod user_pool;
mod zones;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use engine::Fault;
use ipnet::Ipv4Net;
use tokio::sync::Mutex;

use super::call::{Call, call};
use super::owner::Owner;
use super::scope::Scope;
use super::sources::View;
use super::{FailedRollout, running_image};

pub use image::{Image, Reference, ResolvedImage, WantedImage, WantedRepository, domain, parse, repository_uri};
pub use user_pool::BroughtUserPool;

/// The calls of this module.
pub const CALLS: &[Call] = &[
    call("cognito-idp:DescribeUserPool"),
    call("ec2:DescribeAvailabilityZones"),
    call("ec2:DescribeInternetGateways"),
    call("ec2:DescribeManagedPrefixLists"),
    call("ec2:DescribeRouteTables"),
    call("ec2:DescribeSecurityGroups"),
    call("ec2:DescribeSubnets"),
    call("ec2:DescribeVpcAttribute"),
    call("ec2:DescribeVpcs"),
    call("ecr:DescribeImages"),
];

/// How long an answer about the whole account is used: zones and managed prefix lists change a few times a year.
const ACCOUNT_WIDE: Duration = Duration::from_hours(1);

/// How long an answer about what a stack brings is kept for a caller that takes it at that age.
const FORGOTTEN: Duration = Duration::from_hours(24);

/// What is known of the world in which a stack is designed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The 12-digit account.
    pub account: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The region.
    pub region: String,
    /// One zone for each slot, in the order of the slots a, b, c and so on.
    pub zones: Vec<Zone>,
    /// Id of the managed prefix list of S3, if it was wanted.
    pub s3_prefix_list: Option<String>,
    /// The image of the service.
    pub image: Image,
    /// The image that the service runs, with its digest, whoever rolled it out.
    pub running_image: Option<String>,
    /// The last failed rollout that is remembered: handed through.
    pub failed_rollout: Option<FailedRollout>,
    /// ARN of the permissions boundary of every role that is created, if the identity asks for one.
    pub permissions_boundary: Option<String>,
    /// The user pool that the user brings.
    pub user_pool: Option<BroughtUserPool>,
    /// What else the user brings.
    pub existing: Existing,
    /// What works, but deserves a word.
    pub warnings: Vec<Warning>,
}

/// An availability zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its id, the same place in every account, for example `euw1-az1`.
    pub id: String,
    /// Its name in this account, for example `eu-west-1a`.
    pub name: String,
}

/// Properties of what the user brings; empty if nothing is brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Existing {
    /// The VPC.
    pub vpc: Option<BroughtVpc>,
    /// The brought subnets of all tiers, by id.
    pub subnets: BTreeMap<String, BroughtSubnet>,
    /// What works, but deserves a word.
    pub warnings: Vec<Warning>,
}

/// A VPC that the user brings: with DNS support and DNS hostnames on, and an internet gateway attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroughtVpc {
    /// Its id.
    pub id: String,
    /// Its associated IPv4 blocks.
    pub blocks: Vec<Ipv4Net>,
    /// The attached internet gateway.
    pub internet_gateway: String,
}

/// A subnet that the user brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroughtSubnet {
    /// Its zone.
    pub zone: Zone,
    /// Its block.
    pub cidr: Ipv4Net,
}

/// Something that works, but that the user should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// One word, of a closed list: `ZoneSupportUnknown`, `ZoneNotSupported`, `TasksNotIsolated`, `ImageGone`,
    /// `ImageNotLookedFor`.
    pub reason: &'static str,
    /// What it is, and what could be done about it.
    pub message: String,
}

/// What facts are asked for. A plain image of the declaration: this room does not know manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The zones.
    pub zones: WantedZones,
    /// Ids of the zones that earlier passes chose, in the order of the slots; empty if nothing is remembered.
    pub remembered_zones: Vec<String>,
    /// Whether the managed prefix list of S3 is needed.
    pub s3_prefix_list: bool,
    /// The image of the service.
    pub image: WantedImage,
    /// The last failed rollout that is remembered: handed through.
    pub failed_rollout: Option<FailedRollout>,
    /// ARN of the permissions boundary that the identity asks for: handed through.
    pub permissions_boundary: Option<String>,
    /// Id of the user pool that the user brings.
    pub user_pool: Option<String>,
    /// What else the user brings.
    pub existing: WantedExisting,
}

/// Which zones are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedZones {
    /// So many.
    Count(usize),
    /// These, by name, in this order.
    Names(Vec<String>),
}

/// What the user says exists.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WantedExisting {
    /// The VPC; without it nothing is brought.
    pub vpc: Option<String>,
    /// Blocks of that VPC in which subnets are built, each with the field that names it.
    pub blocks: Vec<(&'static str, Ipv4Net)>,
    /// Brought tiers: the field that lists them, and one subnet per slot.
    pub tiers: Vec<(&'static str, Vec<String>)>,
    /// Route tables of the task subnets.
    pub route_tables: Vec<String>,
    /// Security group of the interface endpoints.
    pub endpoint_group: Option<String>,
}

/// Why there are no facts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    /// AWS did not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The declaration asks for what the account does not have.
    #[error("{field}: {message}")]
    Unsatisfied {
        /// Path of the field, for example `spec.network.existing.vpcId`.
        field: String,
        /// What is wrong, and what to do.
        message: String,
    },
}

fn unsatisfied(field: impl Into<String>, message: impl Into<String>) -> FactsError {
    FactsError::Unsatisfied { field: field.into(), message: message.into() }
}

/// The answers behind facts, kept with their scope. Two callers at the same time may ask twice; nothing else comes of it.
#[derive(Debug, Default)]
pub struct Cache {
    zones: Mutex<Option<(Instant, Vec<ask::ListedZone>)>>,
    s3_prefix_list: Mutex<Option<(Instant, Option<String>)>>,
    existing: Mutex<BTreeMap<WantedExisting, (Instant, Existing)>>,
    images: image::Cache,
    user_pools: user_pool::Cache,
}

/// The facts for `wanted`.
///
/// What concerns the whole account is asked once an hour; what the user brings and the image, if the last answer is older than
/// `not_before`.
/// The zones of `owner`'s subnets in `view` are kept; so are the remembered ones. `now` is the caller's clock.
///
/// # Errors
/// [`FactsError::Fault`] if AWS does not answer, or if `view` does not know the subnets and no zone is remembered or named for
/// some slot: zones are never chosen anew because of a failed look. [`FactsError::Unsatisfied`] if the account lacks what is wanted.
pub async fn facts(
    scope: &Scope,
    owner: &Owner,
    view: &View,
    wanted: &Wanted,
    not_before: Instant,
    now: Instant,
) -> Result<Facts, FactsError> {
    if let (Err(fault), false) = (&view.subnets, zones::certain(wanted)) {
        return Err(fault.clone().into());
    }
    let existing = existing(scope, &wanted.existing, not_before, now).await?;
    let listed = listed_zones(scope, now).await?;
    let standing = zones::owned(view, owner);
    let brought = zones::brought(&wanted.existing, &existing)?;
    let request = zones::Request {
        region: &scope.region,
        wanted: &wanted.zones,
        brought: &brought,
        owned: &standing,
        remembered: &wanted.remembered_zones,
        listed: &listed,
    };
    let (zones, mut warnings) = zones::choose(&request)?;
    warnings.extend(existing.warnings.iter().cloned());
    let s3_prefix_list = if wanted.s3_prefix_list { Some(s3_prefix_list(scope, now).await?) } else { None };
    let (image, warning) = image::resolve(scope, &wanted.image, not_before, now).await?;
    warnings.extend(warning);
    let user_pool = match &wanted.user_pool {
        Some(id) => Some(user_pool::brought(scope, id, not_before, now).await?),
        None => None,
    };
    Ok(Facts {
        account: scope.account.clone(),
        partition: scope.partition.clone(),
        region: scope.region.clone(),
        zones,
        s3_prefix_list,
        image,
        running_image: running_image(view, owner),
        failed_rollout: wanted.failed_rollout.clone(),
        permissions_boundary: wanted.permissions_boundary.clone(),
        user_pool,
        existing,
        warnings,
    })
}

async fn listed_zones(scope: &Scope, now: Instant) -> Result<Vec<ask::ListedZone>, Fault> {
    let mut latest = scope.facts.zones.lock().await;
    if let Some((asked, zones)) = latest.as_ref().filter(|(asked, _)| fresh(*asked, now)) {
        tracing::trace!(age = ?now.saturating_duration_since(*asked), "zones from cache");
        return Ok(zones.clone());
    }
    let zones = ask::zones(&scope.cloud.ec2).await?;
    *latest = Some((now, zones.clone()));
    Ok(zones)
}

async fn s3_prefix_list(scope: &Scope, now: Instant) -> Result<String, FactsError> {
    let mut latest = scope.facts.s3_prefix_list.lock().await;
    let name = format!("com.amazonaws.{}.s3", scope.region);
    let known = latest.as_ref().filter(|(asked, _)| fresh(*asked, now)).map(|(_, id)| id.clone());
    let id = if let Some(id) = known {
        id
    } else {
        let id = ask::prefix_list(&scope.cloud.ec2, &name).await?;
        *latest = Some((now, id.clone()));
        id
    };
    id.ok_or_else(|| {
        unsatisfied("spec.region", format!("{} has no managed prefix list {name}: use another region", scope.region))
    })
}

async fn existing(
    scope: &Scope,
    wanted: &WantedExisting,
    not_before: Instant,
    now: Instant,
) -> Result<Existing, FactsError> {
    let Some(vpc) = &wanted.vpc else { return Ok(Existing::default()) };
    let known = scope.facts.existing.lock().await.get(wanted).cloned();
    if let Some((asked, existing)) = known
        && asked >= not_before
    {
        return Ok(existing);
    }
    let answers = ask::brought(scope, vpc, wanted, now).await?;
    let existing = brought::check(vpc, wanted, &answers)?;
    let mut all = scope.facts.existing.lock().await;
    all.retain(|_, (asked, _)| now.saturating_duration_since(*asked) < FORGOTTEN);
    all.insert(wanted.clone(), (now, existing.clone()));
    Ok(existing)
}

fn fresh(asked: Instant, now: Instant) -> bool {
    now.saturating_duration_since(asked) < ACCOUNT_WIDE
}

#[cfg(test)]
mod tests;
