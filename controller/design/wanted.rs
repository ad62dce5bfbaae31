//! Which facts a declaration needs.

use crate::api::Spec;
use crate::api::spec::{Auth, Cognito, Image, Pool, Zones};
use crate::aws::FailedRollout;
use crate::aws::facts::{
    Reference, ResolvedImage, Wanted, WantedExisting, WantedImage, WantedRepository, WantedZones, parse,
};

/// What earlier passes found, to be kept to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// Ids of the zones, by slot.
    pub zones: Vec<String>,
    /// The image that was last found.
    pub image: Option<ResolvedImage>,
    /// The last failed rollout.
    pub failed_rollout: Option<FailedRollout>,
}

/// The facts that the design of `spec` needs. `permissions_boundary` is that of the identity.
#[must_use]
pub fn wanted(spec: &Spec, remembered: Remembered, permissions_boundary: Option<String>) -> Wanted {
    let network = &spec.network;
    let zones = match &network.zones {
        Zones::Count(count) => WantedZones::Count(*count),
        Zones::Names(names) => WantedZones::Names(names.clone()),
    };
    let existing = &network.existing;
    let tiers = [
        ("spec.network.existing.publicSubnetIds", &existing.public_subnet_ids),
        ("spec.network.existing.appSubnetIds", &existing.app_subnet_ids),
        ("spec.network.existing.ecsSubnetIds", &existing.ecs_subnet_ids),
    ];
    let builds_in_vpc_cidr = !network.public_subnets.is_empty() || !network.app_subnets.is_empty();
    let blocks = [
        ("spec.network.vpcCidr", network.vpc_cidr, builds_in_vpc_cidr),
        ("spec.network.ecsCidr", network.ecs_cidr, !network.ecs_subnets.is_empty()),
    ];
    Wanted {
        zones,
        remembered_zones: remembered.zones,
        // Layers of images come from S3 in every form of the network.
        s3_prefix_list: true,
        image: image(spec, remembered.image),
        failed_rollout: remembered.failed_rollout,
        permissions_boundary,
        user_pool: user_pool(spec),
        existing: WantedExisting {
            vpc: existing.vpc_id.clone(),
            blocks: blocks.into_iter().filter(|block| block.2).map(|(field, block, _)| (field, block)).collect(),
            tiers: tiers
                .into_iter()
                .filter(|(_, ids)| !ids.is_empty())
                .map(|(field, ids)| (field, ids.clone()))
                .collect(),
            route_tables: existing.ecs_route_table_ids.clone(),
            endpoint_group: existing.endpoint_security_group_id.clone(),
        },
    }
}

/// The user pool that the user brings.
#[must_use]
pub fn user_pool(spec: &Spec) -> Option<String> {
    match &spec.auth {
        Auth::Cognito(Cognito { pool: Pool::Brought(id), .. }) => Some(id.clone()),
        Auth::Cognito(_) | Auth::External(_) => None,
    }
}

/// The image, in the stack's repository unless its full name is declared.
fn image(spec: &Spec, last: Option<ResolvedImage>) -> WantedImage {
    let own = || WantedRepository::Own(spec.registry.name().to_owned());
    let (repository, reference) = match &spec.service.image {
        Image::Tag(tag) => (own(), Reference::Tag(tag.clone())),
        Image::Digest(digest) => (own(), Reference::Digest(digest.clone())),
        Image::Uri(uri) => match parse(uri) {
            Some((repository, reference)) => (WantedRepository::Uri(repository), reference),
            // What docker means by a name without tag; the schema admits none.
            None => (WantedRepository::Uri(uri.clone()), Reference::Tag("latest".to_owned())),
        },
    };
    WantedImage { repository, reference, last }
}
