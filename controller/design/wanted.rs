//! Which facts a declaration needs.

use crate::api::Spec;
use crate::api::spec::Zones;
use crate::aws::facts::{Wanted, WantedExisting, WantedZones};

/// The facts that the design of `spec` needs. `remembered_zones` are the zone ids that earlier passes chose, by slot.
#[must_use]
pub fn wanted(spec: &Spec, remembered_zones: &[String]) -> Wanted {
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
        remembered_zones: remembered_zones.to_vec(),
        // Layers of images come from S3 in every form of the network.
        s3_prefix_list: true,
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
