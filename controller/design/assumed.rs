//! Facts of an account that nobody asked: what a declaration means, without AWS.

use super::{Remembered, SLOTS, wanted};
use crate::api::Spec;
use crate::api::spec::{Registry, Zones};
use crate::aws::facts::{
    BroughtSubnet, BroughtUserPool, BroughtVpc, Existing, Facts, Image, Reference, ResolvedImage, Wanted,
    WantedRepository, Zone, domain, repository_uri,
};

/// The account in AWS's own examples.
pub const ACCOUNT: &str = "111122223333";

/// Stands for what only AWS can tell.
const UNKNOWN: &str = "unknown";

/// What is assumed of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// Its number.
    pub account: String,
    /// The image stands in the repository that is built; in one that exists it does in any case.
    pub image_pushed: bool,
    /// ARN of the permissions boundary that the identity asks for.
    pub permissions_boundary: Option<String>,
}

impl Default for Assumption {
    fn default() -> Self {
        Self { account: ACCOUNT.to_owned(), image_pushed: false, permissions_boundary: None }
    }
}

/// What [`super::graph`] needs beside `spec`, if everything that the user brings stands as it should, the named zones are there,
/// and of zones that are only counted the first ones are taken.
#[must_use]
pub fn assumed(spec: &Spec, assumption: &Assumption) -> Facts {
    let account = &assumption.account;
    let wanted = wanted(spec, Remembered::default(), assumption.permissions_boundary.clone());
    let partition = partition(&spec.region);
    let zones = zones(spec);
    Facts {
        account: account.clone(),
        partition: partition.to_owned(),
        region: spec.region.clone(),
        s3_prefix_list: Some(format!("pl-{UNKNOWN}")),
        image: image(spec, &wanted, partition, assumption),
        running_image: None,
        failed_rollout: None,
        permissions_boundary: wanted.permissions_boundary,
        user_pool: wanted.user_pool.map(|id| BroughtUserPool {
            arn: format!("arn:{partition}:cognito-idp:{}:{account}:userpool/{id}", spec.region),
            issuer: format!("https://cognito-idp.{}.{}/{id}", spec.region, domain(partition)),
        }),
        existing: existing(spec, &zones),
        zones,
        warnings: Vec::new(),
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
fn partition(region: &str) -> &'static str {
    let partitions = [("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")];
    partitions.into_iter().find(|(regions, _)| region.starts_with(regions)).map_or("aws", |(_, partition)| partition)
}

/// Their ids differ from account to account; the name stands in for it.
fn zones(spec: &Spec) -> Vec<Zone> {
    let zone = |name: String| Zone { id: name.clone(), name };
    match &spec.network.zones {
        Zones::Names(names) => names.iter().cloned().map(zone).collect(),
        Zones::Count(count) => {
            SLOTS.iter().take(*count).map(|letter| zone(format!("{}{letter}", spec.region))).collect()
        }
    }
}

fn existing(spec: &Spec, zones: &[Zone]) -> Existing {
    let network = &spec.network;
    let brought = &network.existing;
    let vpc = brought.vpc_id.clone().map(|id| BroughtVpc {
        id,
        blocks: vec![network.vpc_cidr, network.ecs_cidr],
        internet_gateway: format!("igw-{UNKNOWN}"),
    });
    let tiers = [
        (&brought.public_subnet_ids, network.vpc_cidr),
        (&brought.app_subnet_ids, network.vpc_cidr),
        (&brought.ecs_subnet_ids, network.ecs_cidr),
    ];
    let subnets = tiers.into_iter().flat_map(|(ids, cidr)| {
        ids.iter().zip(zones).map(move |(id, zone)| (id.clone(), BroughtSubnet { zone: zone.clone(), cidr }))
    });
    Existing { vpc, subnets: subnets.collect(), warnings: Vec::new() }
}

/// The image: a repository that is built holds nothing before somebody pushes.
fn image(spec: &Spec, wanted: &Wanted, partition: &str, assumption: &Assumption) -> Image {
    let Assumption { account, image_pushed, .. } = assumption;
    let (repository_uri, builds) = match &wanted.image.repository {
        WantedRepository::Own(name) => {
            (repository_uri(partition, account, &spec.region, name), matches!(spec.registry, Registry::Own(_)))
        }
        WantedRepository::Uri(uri) => (uri.clone(), false),
    };
    let reference = wanted.image.reference.clone();
    if builds && !image_pushed {
        return Image::NotFound { repository_uri, reference, last: None };
    }
    let digest = match &reference {
        Reference::Digest(digest) => digest.clone(),
        Reference::Tag(_) => format!("sha256:{}", "0".repeat(64)),
    };
    Image::Resolved(ResolvedImage { repository_uri, reference, digest })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{brought, facts, spec};
    use super::*;

    fn of(spec: &Spec, image_pushed: bool) -> Facts {
        assumed(spec, &Assumption { image_pushed, ..Assumption::default() })
    }

    /// What is assumed has the form of what AWS says: the same keys are designed from both.
    #[test]
    fn the_graph_is_that_of_an_account() {
        let stamp = std::sync::Arc::new(crate::aws::wire::stamp());
        let keys = |spec: &Spec, facts: &Facts| {
            super::super::graph(spec, facts, &stamp).unwrap().nodes().keys().cloned().collect::<Vec<_>>()
        };
        for spec in [spec(json!({})), brought(json!({})), spec(json!({"network": {"nat": {"mode": "Single"}}}))] {
            assert_eq!(keys(&spec, &of(&spec, true)), keys(&spec, &facts()));
        }
    }

    #[test]
    fn a_repository_that_is_built_is_empty() {
        let theirs = json!({"registry": {"existing": {"repositoryName": "theirs"}}});
        let uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/other:2";
        let elsewhere = json!({"service": {"image": {"tag": null, "uri": uri}}});
        for (changes, pushed, stands) in
            [(json!({}), false, false), (json!({}), true, true), (theirs, false, true), (elsewhere, false, true)]
        {
            let facts = of(&spec(changes.clone()), pushed);
            assert_eq!(facts.image.to_run().is_some(), stands, "{changes}");
        }
    }

    #[test]
    fn zones_are_those_that_are_named_or_the_first() {
        let names = |changes| of(&spec(changes), false).zones.into_iter().map(|zone| zone.name).collect::<Vec<_>>();
        assert_eq!(names(json!({})), ["eu-west-1a", "eu-west-1b"]);
        let named = json!({"network": {"availabilityZones": {"names": ["eu-west-1c", "eu-west-1a"]}}});
        assert_eq!(names(named), ["eu-west-1c", "eu-west-1a"]);
    }

    #[test]
    fn the_partition_follows_from_the_region() {
        let regions =
            [("eu-west-1", "aws"), ("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")];
        for (region, expected) in regions {
            assert_eq!(partition(region), expected, "{region}");
        }
    }
}
