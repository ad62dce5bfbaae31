//! Checks of `spec.network`.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;

use super::{Findings, association, endpoints};
use crate::api::limits;
use crate::api::manifest::network as raw;
use crate::api::manifest::network::NatMode;
use crate::api::spec::{ExistingNetwork, FlowLogs, Network, Service, Zones};

/// Default number of zones.
const ZONES: usize = 2;

/// Most zones, as the schema says.
const MOST_ZONES: usize = 6;

/// The checked network; `None` only together with a finding. `service` says which endpoints its tasks need.
pub(super) fn check(
    network: &raw::Network,
    region: &str,
    service: Option<&Service>,
    findings: &mut Findings,
) -> Option<Network> {
    let zones = zones(network.availability_zones.as_ref(), region, findings);
    let existing = existing(network.existing.as_ref());
    let vpc_cidr = block("spec.network.vpcCidr", &network.vpc_cidr, findings);
    let ecs_cidr = block("spec.network.ecsCidr", &network.ecs_cidr, findings);
    if existing.vpc_id.is_none() {
        blocks(vpc_cidr, ecs_cidr, findings);
    }
    let count = zones.count();
    let tiers = [
        Tier {
            field: "publicSubnets",
            within: "vpcCidr",
            block: vpc_cidr,
            listed: network.public_subnets.as_deref(),
            brought: &existing.public_subnet_ids,
            step: 10,
        },
        Tier {
            field: "appSubnets",
            within: "vpcCidr",
            block: vpc_cidr,
            listed: network.app_subnets.as_deref(),
            brought: &existing.app_subnet_ids,
            step: 1,
        },
        Tier {
            field: "ecsSubnets",
            within: "ecsCidr",
            block: ecs_cidr,
            listed: network.ecs_subnets.as_deref(),
            brought: &existing.ecs_subnet_ids,
            step: 1,
        },
    ]
    .map(|tier| (tier.field, tier.subnets(count, findings)));
    apart(&tiers, findings);
    let endpoints = endpoints::check(&network.endpoints, &existing, service, findings);
    nat(network.nat.mode, &existing, findings);
    let flow_logs = network.flow_logs.as_ref().map(|logs| FlowLogs { retention_days: logs.retention_days });
    if flow_logs.is_some_and(|logs| !limits::LOG_RETENTION_DAYS.contains(&logs.retention_days)) {
        findings.refuse(
            "spec.network.flowLogs.retentionDays",
            "is no number of days that CloudWatch Logs knows: use 14, 30, 90 or 365",
        );
    }
    let [(_, public_subnets), (_, app_subnets), (_, ecs_subnets)] = tiers;
    Some(Network {
        vpc_cidr: vpc_cidr?,
        ecs_cidr: ecs_cidr?,
        zones,
        public_subnets,
        app_subnets,
        ecs_subnets,
        nat: network.nat.mode,
        endpoints,
        flow_logs,
        existing,
    })
}

fn zones(zones: Option<&raw::AvailabilityZones>, region: &str, findings: &mut Findings) -> Zones {
    const FIELD: &str = "spec.network.availabilityZones";
    let (count, names) = zones.map_or((None, None), |zones| (zones.count, zones.names.as_ref()));
    if zones.is_some() && count.is_some() == names.is_some() {
        findings.refuse(FIELD, "needs either count or names, and only one of them");
    }
    let Some(names) = names else {
        let count = count.map_or(Some(ZONES), |count| usize::try_from(count).ok());
        let fitting = count.filter(|count| (1..=MOST_ZONES).contains(count));
        if fitting.is_none() {
            findings.refuse(format_args!("{FIELD}.count"), "is out of range: use 1 to 6");
        }
        return Zones::Count(fitting.unwrap_or(ZONES));
    };
    if !(1..=MOST_ZONES).contains(&names.len()) || names.iter().collect::<BTreeSet<_>>().len() != names.len() {
        findings.refuse(format_args!("{FIELD}.names"), "needs 1 to 6 different zones");
    }
    for (index, name) in names.iter().enumerate().filter(|(_, name)| !name.starts_with(region)) {
        findings.refuse(format_args!("{FIELD}.names[{index}]"), format!("{name} is no zone of {region}"));
    }
    Zones::Names(names.clone())
}

fn existing(existing: Option<&raw::ExistingNetwork>) -> ExistingNetwork {
    existing.map_or_else(ExistingNetwork::default, |existing| ExistingNetwork {
        vpc_id: Some(existing.vpc_id.clone()),
        public_subnet_ids: existing.public_subnet_ids.clone().unwrap_or_default(),
        app_subnet_ids: existing.app_subnet_ids.clone().unwrap_or_default(),
        ecs_subnet_ids: existing.ecs_subnet_ids.clone().unwrap_or_default(),
        ecs_route_table_ids: existing.ecs_route_table_ids.clone().unwrap_or_default(),
        endpoint_security_group_id: existing.endpoint_security_group_id.clone(),
    })
}

/// `text` as a block that AWS takes.
fn block(field: &str, text: &str, findings: &mut Findings) -> Option<Ipv4Net> {
    let Ok(block) = text.parse::<Ipv4Net>() else {
        findings.refuse(field, format!("{text} is no IPv4 block: write one like 10.0.0.0/16"));
        return None;
    };
    if block != block.trunc() {
        findings.refuse(field, format!("{text} is not canonical: write {}", block.trunc()));
    } else if !(16..=28).contains(&block.prefix_len()) {
        findings.refuse(field, format!("{text} is of a size that AWS does not make: use /16 to /28"));
    } else if !association::is_usable(block) {
        findings.refuse(field, format!("{text} lies in a range that AWS reserves: choose another block"));
    } else {
        return Some(block);
    }
    None
}

fn blocks(vpc: Option<Ipv4Net>, ecs: Option<Ipv4Net>, findings: &mut Findings) {
    let (Some(vpc), Some(ecs)) = (vpc, ecs) else { return };
    if overlap(vpc, ecs) {
        findings.refuse(
            "spec.network.ecsCidr",
            format!("{ecs} overlaps vpcCidr {vpc}: choose a block of its own, for example 100.64.0.0/16"),
        );
    } else if let Some(why) = association::refusal(vpc, ecs) {
        findings.refuse(
            "spec.network.ecsCidr",
            format!("{ecs} {why}: use a block of vpcCidr's own range, or of 100.64.0.0/10"),
        );
    }
}

fn overlap(one: Ipv4Net, other: Ipv4Net) -> bool {
    one.contains(&other) || other.contains(&one)
}

/// One tier of subnets: listed, brought or derived.
struct Tier<'a> {
    field: &'static str,
    within: &'static str,
    block: Option<Ipv4Net>,
    listed: Option<&'a [String]>,
    brought: &'a [String],
    /// Distance of the third octets of derived blocks.
    step: u8,
}

impl Tier<'_> {
    /// Its blocks, one per zone; empty if it is brought, or after a finding.
    fn subnets(&self, zones: usize, findings: &mut Findings) -> Vec<Ipv4Net> {
        let field = format!("spec.network.{}", self.field);
        let given = self.listed.map_or(self.brought.len(), <[String]>::len);
        if self.listed.is_some() && !self.brought.is_empty() {
            findings.refuse(&field, "is built and brought (existing): set only one of them");
        } else if (self.listed.is_some() || !self.brought.is_empty()) && given != zones {
            findings
                .refuse(&field, format!("has {given} entries for {zones} availability zones: one per zone is needed"));
        }
        match self.listed {
            Some(listed) => self.listed(&field, listed, findings),
            None if self.brought.is_empty() => self.derived(&field, zones, findings),
            None => Vec::new(),
        }
    }

    fn listed(&self, field: &str, listed: &[String], findings: &mut Findings) -> Vec<Ipv4Net> {
        let mut subnets = Vec::new();
        for (index, text) in listed.iter().enumerate() {
            let field = format!("{field}[{index}]");
            let Some(subnet) = block(&field, text, findings) else { continue };
            if let Some(block) = self.block.filter(|block| !block.contains(&subnet)) {
                findings.refuse(&field, format!("{subnet} lies outside {} {block}", self.within));
            }
            subnets.push(subnet);
        }
        subnets
    }

    /// x.y.STEP.0/24, x.y.2*STEP.0/24 and so on.
    fn derived(&self, field: &str, zones: usize, findings: &mut Findings) -> Vec<Ipv4Net> {
        let Some(block) = self.block else { return Vec::new() };
        if block.prefix_len() != 16 {
            findings.refuse(field, format!("must be listed: blocks are derived only when {} is a /16", self.within));
            return Vec::new();
        }
        let third = (1_u8..).map(|zone| zone.saturating_mul(self.step));
        third.take(zones).filter_map(|third| subnet(block, third)).collect()
    }
}

/// The /24 of `block`, a /16, with this third octet.
fn subnet(block: Ipv4Net, third: u8) -> Option<Ipv4Net> {
    let [a, b, _, _] = block.network().octets();
    Ipv4Net::new([a, b, third, 0].into(), 24).ok()
}

/// No two subnets overlap, derived ones included.
fn apart(tiers: &[(&str, Vec<Ipv4Net>); 3], findings: &mut Findings) {
    let all: Vec<_> = tiers.iter().flat_map(|(field, nets)| nets.iter().map(move |net| (*field, *net))).collect();
    for (index, (field, net)) in all.iter().enumerate() {
        if let Some((other, clash)) = all.iter().take(index).find(|(_, earlier)| overlap(*earlier, *net)) {
            findings.refuse(
                format_args!("spec.network.{field}"),
                format!("{net} overlaps {clash} of {other}: list other blocks"),
            );
        }
    }
}

fn nat(mode: NatMode, existing: &ExistingNetwork, findings: &mut Findings) {
    if mode != NatMode::None && !existing.app_subnet_ids.is_empty() {
        findings.refuse(
            "spec.network.nat.mode",
            "must be None with existing.appSubnetIds: the routes of brought subnets are yours",
        );
    }
}
