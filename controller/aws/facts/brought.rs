//! Whether what the user brings can carry a stack.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{RouteState, RouteTable, Vpc, VpcCidrBlockStateCode};
use ipnet::Ipv4Net;

use super::ask::Answers;
use super::{BroughtSubnet, BroughtVpc, Existing, FactsError, WantedExisting, Warning, Zone, unsatisfied};

const VPC: &str = "spec.network.existing.vpcId";

/// The properties of what `wanted` names, from AWS's `answers`.
pub(super) fn check(vpc: &str, wanted: &WantedExisting, answers: &Answers) -> Result<Existing, FactsError> {
    let Some(found) = &answers.vpc else {
        return Err(unsatisfied(VPC, format!("{vpc} does not exist in this account and region: correct the id")));
    };
    let blocks = blocks(found);
    for (field, block) in &wanted.blocks {
        if !blocks.iter().any(|of_vpc| of_vpc.contains(block)) {
            let has: Vec<String> = blocks.iter().map(ToString::to_string).collect();
            let has = has.join(", ");
            let message = format!("{vpc} has no block {block}, only {has}: associate it, or name one of these");
            return Err(unsatisfied(*field, message));
        }
    }
    dns(vpc, answers)?;
    let gateway = answers.internet_gateways.iter().find_map(|gateway| gateway.internet_gateway_id());
    let Some(gateway) = gateway else {
        let message = format!("{vpc} has no internet gateway: attach one, public subnets need it");
        return Err(unsatisfied(VPC, message));
    };
    route_tables(vpc, wanted, answers)?;
    endpoint_group(vpc, wanted, answers)?;
    Ok(Existing {
        vpc: Some(BroughtVpc { id: vpc.to_owned(), blocks, internet_gateway: gateway.to_owned() }),
        subnets: subnets(vpc, wanted, answers)?,
        warnings: answers.route_tables.iter().filter_map(open).collect(),
    })
}

/// The IPv4 blocks that are usable.
fn blocks(vpc: &Vpc) -> Vec<Ipv4Net> {
    let associated = |association: &&aws_sdk_ec2::types::VpcCidrBlockAssociation| {
        let state = association.cidr_block_state().and_then(|state| state.state());
        state.is_none_or(|state| *state == VpcCidrBlockStateCode::Associated)
    };
    let associations = vpc.cidr_block_association_set().iter().filter(associated);
    associations.filter_map(|association| association.cidr_block()?.parse().ok()).collect()
}

/// Private DNS of the endpoints needs both attributes.
///
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html>
fn dns(vpc: &str, answers: &Answers) -> Result<(), FactsError> {
    let Some(dns) = answers.dns else { return Ok(()) };
    for (on, name, option) in [
        (dns.support, "DNS support", "--enable-dns-support"),
        (dns.hostnames, "DNS hostnames", "--enable-dns-hostnames"),
    ] {
        if !on {
            let message = format!(
                "{name} is off in {vpc}, and private endpoints need it: run aws ec2 modify-vpc-attribute --vpc-id {vpc} {option}"
            );
            return Err(unsatisfied(VPC, message));
        }
    }
    Ok(())
}

fn subnets(
    vpc: &str,
    wanted: &WantedExisting,
    answers: &Answers,
) -> Result<BTreeMap<String, BroughtSubnet>, FactsError> {
    let mut subnets = BTreeMap::new();
    for (field, ids) in &wanted.tiers {
        for (index, id) in ids.iter().enumerate() {
            let field = || format!("{field}[{index}]");
            let Some(subnet) = answers.subnets.iter().find(|subnet| subnet.subnet_id() == Some(id)) else {
                return Err(unsatisfied(
                    field(),
                    format!("{id} does not exist in this account and region: correct the id"),
                ));
            };
            let within = subnet.vpc_id().unwrap_or_default();
            if within != vpc {
                return Err(unsatisfied(field(), format!("{id} is in {within}, not in {vpc}: name a subnet of {vpc}")));
            }
            let cidr = subnet.cidr_block().and_then(|cidr| cidr.parse().ok());
            let zone = subnet.availability_zone_id().zip(subnet.availability_zone());
            let (Some(cidr), Some((zone_id, zone_name))) = (cidr, zone) else {
                return Err(unsatisfied(field(), format!("{id} has no IPv4 block in a zone: name another subnet")));
            };
            let zone = Zone { id: zone_id.to_owned(), name: zone_name.to_owned() };
            subnets.insert(id.clone(), BroughtSubnet { zone, cidr });
        }
    }
    Ok(subnets)
}

fn route_tables(vpc: &str, wanted: &WantedExisting, answers: &Answers) -> Result<(), FactsError> {
    for (index, id) in wanted.route_tables.iter().enumerate() {
        let found = answers.route_tables.iter().find(|table| table.route_table_id() == Some(id));
        if found.is_none_or(|table| table.vpc_id() != Some(vpc)) {
            let field = format!("spec.network.existing.ecsRouteTableIds[{index}]");
            return Err(unsatisfied(field, format!("{id} is no route table of {vpc}: correct the id")));
        }
    }
    Ok(())
}

fn endpoint_group(vpc: &str, wanted: &WantedExisting, answers: &Answers) -> Result<(), FactsError> {
    let Some(id) = &wanted.endpoint_group else { return Ok(()) };
    if answers.security_groups.iter().any(|group| group.group_id() == Some(id) && group.vpc_id() == Some(vpc)) {
        return Ok(());
    }
    let field = "spec.network.existing.endpointSecurityGroupId";
    Err(unsatisfied(field, format!("{id} is no security group of {vpc}: correct the id")))
}

/// A warning if tasks behind this table reach more than the VPC and gateway endpoints.
fn open(table: &RouteTable) -> Option<Warning> {
    let leads_out = table.routes().iter().find(|route| {
        let local = route.gateway_id() == Some("local");
        let endpoint = route.destination_prefix_list_id().is_some();
        !local && !endpoint && route.state() == Some(&RouteState::Active)
    })?;
    let destination =
        leads_out.destination_cidr_block().or(leads_out.destination_ipv6_cidr_block()).unwrap_or("another network");
    let id = table.route_table_id().unwrap_or_default();
    let message = format!("{id} leads tasks to {destination}: remove that route if they are to be isolated");
    Some(Warning { reason: "TasksNotIsolated", message })
}

#[cfg(test)]
mod tests;
