//! Which zone each slot is in.

use std::collections::BTreeMap;

use super::ask::ListedZone;
use super::{Existing, FactsError, Wanted, WantedExisting, WantedZones, Warning, Zone, unsatisfied};
use crate::aws::owner::Owner;
use crate::aws::sources::{View, answered};
use crate::aws::{Resource, Subnet};

/// Zones in which API Gateway offers VPC links, by region: a stack's API could not be built in another.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html>
const VPC_LINK_ZONES: &[(&str, &str, &[u8])] = &[
    ("us-east-1", "use1", &[1, 2, 4, 5, 6]),
    ("us-east-2", "use2", &[1, 2, 3]),
    ("us-west-1", "usw1", &[1, 3]),
    ("us-west-2", "usw2", &[1, 2, 3, 4]),
    ("ca-central-1", "cac1", &[1, 2]),
    ("sa-east-1", "sae1", &[1, 2, 3]),
    ("eu-west-1", "euw1", &[1, 2, 3]),
    ("eu-west-2", "euw2", &[1, 2, 3]),
    ("eu-west-3", "euw3", &[1, 3]),
    ("eu-central-1", "euc1", &[1, 2, 3]),
    ("eu-north-1", "eun1", &[1, 2, 3]),
    ("ap-east-1", "ape1", &[2, 3]),
    ("ap-south-1", "aps1", &[1, 2, 3]),
    ("ap-northeast-1", "apne1", &[1, 2, 4]),
    ("ap-northeast-2", "apne2", &[1, 2, 3]),
    ("ap-southeast-1", "apse1", &[1, 2, 3]),
    ("ap-southeast-2", "apse2", &[1, 2, 3]),
    ("me-south-1", "mes1", &[1, 2, 3]),
    ("us-gov-west-1", "usgw1", &[1, 2, 3]),
];

const FIELD: &str = "spec.network.availabilityZones";

/// Everything that the choice depends on.
pub(super) struct Request<'a> {
    pub region: &'a str,
    pub wanted: &'a WantedZones,
    /// By slot, the zone of the subnets that the user brings.
    pub brought: &'a BTreeMap<usize, Zone>,
    /// By slot, the zone of the stack's own subnets.
    pub owned: &'a BTreeMap<usize, Zone>,
    /// Ids of the zones chosen before, by slot.
    pub remembered: &'a [String],
    /// What the region has.
    pub listed: &'a [ListedZone],
}

/// Whether the zones follow without a look at the stack's own subnets.
pub(super) fn certain(wanted: &Wanted) -> bool {
    match &wanted.zones {
        WantedZones::Count(count) => wanted.remembered_zones.len() >= *count,
        WantedZones::Names(_) => true,
    }
}

/// By slot, where subnets of `owner` stand, as their keys (`public-b`: slot 1) and AWS say.
pub(super) fn owned(view: &View, owner: &Owner) -> BTreeMap<usize, Zone> {
    let mut subnets: Vec<_> = answered(&view.subnets)
        .iter()
        .filter_map(|subnet| {
            let (key, _) = owner.mark_of(Subnet::KIND, subnet.tags())?;
            let letter = key.name.rsplit_once('-')?.1;
            let slot = letter.bytes().next().filter(|_| letter.len() == 1)?.checked_sub(b'a')?;
            let zone = Zone { id: subnet.availability_zone_id()?.into(), name: subnet.availability_zone()?.into() };
            Some((usize::from(slot), key, subnet.subnet_id()?.to_owned(), zone))
        })
        .collect();
    // Two of one slot may contradict each other: the first by key and id decides, the same one in every pass.
    subnets.sort_by(|one, other| (&one.1, &one.2).cmp(&(&other.1, &other.2)));
    let mut slots = BTreeMap::new();
    for (slot, _, _, zone) in subnets {
        slots.entry(slot).or_insert(zone);
    }
    slots
}

/// By slot, the zone of brought subnets: different in each slot, the same in each tier.
pub(super) fn brought(wanted: &WantedExisting, existing: &Existing) -> Result<BTreeMap<usize, Zone>, FactsError> {
    let mut slots: BTreeMap<usize, Zone> = BTreeMap::new();
    for (field, ids) in &wanted.tiers {
        let mut of_tier: Vec<&Zone> = Vec::new();
        for (slot, id) in ids.iter().enumerate() {
            let Some(subnet) = existing.subnets.get(id) else { continue };
            let zone = &subnet.zone;
            let at = format!("{field}[{slot}]");
            if of_tier.contains(&zone) {
                let message =
                    format!("{id} is in {} ({}), as another subnet of the list: name one per zone", zone.name, zone.id);
                return Err(unsatisfied(at, message));
            }
            let of_slot = slots.entry(slot).or_insert_with(|| zone.clone());
            if of_slot != zone {
                let message = format!(
                    "{id} is in {}, but the subnet of another tier at this place is in {}: list all tiers in the same order of zones",
                    zone.name, of_slot.name
                );
                return Err(unsatisfied(at, message));
            }
            of_tier.push(zone);
        }
    }
    Ok(slots)
}

/// One zone per slot, and what deserves a word about them.
pub(super) fn choose(request: &Request<'_>) -> Result<(Vec<Zone>, Vec<Warning>), FactsError> {
    let zones = match request.wanted {
        WantedZones::Count(count) => counted(request, *count)?,
        WantedZones::Names(names) => named(request, names)?,
    };
    Ok((zones, warnings(request)))
}

fn warnings(request: &Request<'_>) -> Vec<Warning> {
    let Request { region, brought, .. } = request;
    if !VPC_LINK_ZONES.iter().any(|(listed, _, _)| listed == region) {
        let message =
            format!("it is not known in which zones of {region} API Gateway offers VPC links: all are taken as good");
        return vec![Warning { reason: "ZoneSupportUnknown", message }];
    }
    let unsupported = brought.values().filter(|zone| !supports_vpc_link(region, &zone.id));
    unsupported
        .map(|Zone { id, name }| Warning {
            reason: "ZoneNotSupported",
            message: format!(
                "API Gateway is not known to offer VPC links in {name} ({id}): bring subnets of another zone"
            ),
        })
        .collect()
}

/// Brought and owned zones stay; then the remembered ones; then the first by id.
fn counted(request: &Request<'_>, count: usize) -> Result<Vec<Zone>, FactsError> {
    let Request { region, wanted: _, brought, owned, remembered, listed } = request;
    let mut slots: Vec<Option<Zone>> =
        (0..count).map(|slot| brought.get(&slot).or(owned.get(&slot)).cloned()).collect();
    for slot in 0..count {
        let Some(zone) = remembered.get(slot).and_then(|id| listed.iter().find(|zone| zone.id == *id)) else {
            continue;
        };
        if slots[slot].is_none() && !taken(&slots, &zone.id) {
            slots[slot] = Some(zone.into());
        }
    }
    let mut candidates: Vec<&ListedZone> =
        listed.iter().filter(|zone| zone.available && supports_vpc_link(region, &zone.id)).collect();
    candidates.sort_by(|one, other| one.id.cmp(&other.id));
    for slot in 0..count {
        if slots[slot].is_none() {
            let free = candidates.iter().find(|zone| !taken(&slots, &zone.id));
            slots[slot] = free.map(|zone| Zone::from(*zone));
        }
    }
    let chosen: Vec<Zone> = slots.into_iter().flatten().collect();
    if chosen.len() < count {
        let possible = chosen.len();
        let message = format!(
            "{region} has {possible} zones in which a VPC link can be built, not {count}: ask for at most {possible}"
        );
        return Err(unsatisfied(format!("{FIELD}.count"), message));
    }
    Ok(chosen)
}

/// The zones of these names. Subnets cannot move: where some stand already, the name must agree.
fn named(request: &Request<'_>, names: &[String]) -> Result<Vec<Zone>, FactsError> {
    let Request { region, wanted: _, brought, owned, remembered: _, listed } = request;
    let mut zones = Vec::new();
    for (slot, name) in names.iter().enumerate() {
        let field = format!("{FIELD}.names[{slot}]");
        let Some(zone) = listed.iter().find(|zone| zone.name == *name) else {
            let mut known: Vec<&str> = listed.iter().map(|zone| zone.name.as_str()).collect();
            known.sort_unstable();
            let known = known.join(", ");
            return Err(unsatisfied(field, format!("{name} is no zone of this account: it has {known}")));
        };
        if let Some(standing) = brought.get(&slot).or(owned.get(&slot)).filter(|standing| standing.id != zone.id) {
            let standing = &standing.name;
            let message = format!("subnets stand in {standing} at this place and cannot move: write {standing}");
            return Err(unsatisfied(field, message));
        }
        if !brought.contains_key(&slot) && !supports_vpc_link(region, &zone.id) {
            let message = format!("API Gateway offers no VPC links in {name} ({}): name another zone", zone.id);
            return Err(unsatisfied(field, message));
        }
        zones.push(zone.into());
    }
    Ok(zones)
}

fn taken(slots: &[Option<Zone>], id: &str) -> bool {
    slots.iter().flatten().any(|zone| zone.id == id)
}

/// Whether a VPC link can be built in the zone; true for every zone of a region that the table does not know.
fn supports_vpc_link(region: &str, id: &str) -> bool {
    let Some((_, prefix, numbers)) = VPC_LINK_ZONES.iter().find(|(listed, _, _)| *listed == region) else {
        return true;
    };
    numbers.iter().any(|number| id == format!("{prefix}-az{number}"))
}

impl From<&ListedZone> for Zone {
    fn from(zone: &ListedZone) -> Self {
        Self { id: zone.id.clone(), name: zone.name.clone() }
    }
}

#[cfg(test)]
mod tests;
