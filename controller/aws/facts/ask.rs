//! The questions behind facts.

use std::time::Instant;

use aws_sdk_ec2::types::{Filter, InternetGateway, RouteTable, SecurityGroup, Subnet, Vpc};
use engine::{Fault, Id};

use super::WantedExisting;
use crate::aws::ec2::Ec2;
use crate::aws::scope::Scope;
use crate::aws::sources::DnsAttributes;

/// A zone as EC2 lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListedZone {
    /// Its id.
    pub id: String,
    /// Its name in this account.
    pub name: String,
    /// Whether new resources may be placed in it.
    pub available: bool,
}

/// What AWS says of what the user brings. An id that does not exist is merely not answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    pub vpc: Option<Vpc>,
    pub dns: Option<DnsAttributes>,
    pub internet_gateways: Vec<InternetGateway>,
    pub subnets: Vec<Subnet>,
    pub route_tables: Vec<RouteTable>,
    pub security_groups: Vec<SecurityGroup>,
}

/// The availability zones of the region: no local zones, no wavelength zones.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html>
pub(super) async fn zones(ec2: &Ec2) -> Result<Vec<ListedZone>, Fault> {
    let call = ec2.reads().describe_availability_zones();
    let answer = ec2.read("DescribeAvailabilityZones", call.send()).await?.availability_zones.unwrap_or_default();
    let zones =
        answer.into_iter().filter(|zone| zone.zone_type().unwrap_or("availability-zone") == "availability-zone");
    Ok(zones
        .filter_map(|zone| {
            let available = zone.state().is_none_or(|state| state.as_str() == "available");
            Some(ListedZone { id: zone.zone_id?, name: zone.zone_name?, available })
        })
        .collect())
}

/// The id of the managed prefix list `name`.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeManagedPrefixLists.html>
pub(super) async fn prefix_list(ec2: &Ec2, name: &str) -> Result<Option<String>, Fault> {
    let call = ec2.reads().describe_managed_prefix_lists().filters(filter("prefix-list-name", [name.to_owned()]));
    let answer = ec2.read("DescribeManagedPrefixLists", call.send()).await?.prefix_lists.unwrap_or_default();
    let list = answer.into_iter().find(|list| list.prefix_list_name() == Some(name));
    Ok(list.and_then(|list| list.prefix_list_id))
}

/// Everything about what the user brings. Asked by filter and not by id, so that one missing id does not hide the others.
pub(super) async fn brought(scope: &Scope, vpc: &str, wanted: &WantedExisting, now: Instant) -> Result<Answers, Fault> {
    let ec2 = &scope.cloud.ec2;
    let by_id = ec2.reads().describe_vpcs().filters(filter("vpc-id", [vpc.to_owned()]));
    let found = ec2.read("DescribeVpcs", by_id.send()).await?.vpcs.unwrap_or_default();
    let Some(found) = found.into_iter().next() else { return Ok(Answers::default()) };
    let id = Id::from(vpc);
    let mut dns = scope.sources.vpc_attributes(ec2, std::slice::from_ref(&id), now, now).await;
    let attached = ec2.reads().describe_internet_gateways().filters(filter("attachment.vpc-id", [vpc.to_owned()]));
    let gateways = ec2.read("DescribeInternetGateways", attached.send()).await?.internet_gateways;
    Ok(Answers {
        vpc: Some(found),
        dns: dns.remove(&id).transpose()?,
        internet_gateways: gateways.unwrap_or_default(),
        subnets: subnets(ec2, wanted).await?,
        route_tables: route_tables(ec2, wanted).await?,
        security_groups: security_groups(ec2, wanted).await?,
    })
}

async fn subnets(ec2: &Ec2, wanted: &WantedExisting) -> Result<Vec<Subnet>, Fault> {
    let ids: Vec<String> = wanted.tiers.iter().flat_map(|(_, ids)| ids.iter().cloned()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let call = ec2.reads().describe_subnets().filters(filter("subnet-id", ids));
    Ok(ec2.read("DescribeSubnets", call.send()).await?.subnets.unwrap_or_default())
}

async fn route_tables(ec2: &Ec2, wanted: &WantedExisting) -> Result<Vec<RouteTable>, Fault> {
    if wanted.route_tables.is_empty() {
        return Ok(Vec::new());
    }
    let call = ec2.reads().describe_route_tables().filters(filter("route-table-id", wanted.route_tables.clone()));
    Ok(ec2.read("DescribeRouteTables", call.send()).await?.route_tables.unwrap_or_default())
}

async fn security_groups(ec2: &Ec2, wanted: &WantedExisting) -> Result<Vec<SecurityGroup>, Fault> {
    let Some(group) = &wanted.endpoint_group else { return Ok(Vec::new()) };
    let call = ec2.reads().describe_security_groups().filters(filter("group-id", [group.clone()]));
    Ok(ec2.read("DescribeSecurityGroups", call.send()).await?.security_groups.unwrap_or_default())
}

fn filter(name: &str, values: impl IntoIterator<Item = String>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().collect())).build()
}
