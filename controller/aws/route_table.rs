//! Route table: its routes and subnet associations belong to it.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{ResourceType, RouteTable as Sdk};
use engine::{
    Change, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref, Replace, Tags,
    Unresolved,
};
use ipnet::Ipv4Net;

use super::call::{Call, EC2_TAGS, call};
use super::clients::from_list;
use super::ec2::{Ec2, specification};
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::{Claim, Owner};
use super::resource::{Mark, Resource};
use super::sources::{Question, View, answered};
use super::{InternetGateway, NatGateway, Subnet, Vpc};

mod associations;
mod routes;

pub use associations::Associations;
use routes::Hop;
pub use routes::{Maker, Routes, SeenRoute};

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Straight to the internet.
    InternetGateway(Ref<InternetGateway>),
    /// Through a NAT gateway.
    NatGateway(Ref<NatGateway>),
}

/// One route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Destination block.
    pub destination: Ipv4Net,
    /// Where it leads.
    pub target: Target,
}

/// The routes of some subnets. Any other route in it is drift, but local ones and that of the stack's own S3 endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTable {
    /// Which one: `public`, `app-a`, `ecs`.
    pub name: String,
    /// The VPC. Fixed at creation.
    pub vpc: Ref<Vpc>,
    /// Its routes beside the local ones.
    pub routes: Vec<Route>,
    /// The subnets that use it.
    pub subnets: Vec<Ref<Subnet>>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTableSeen {
    /// Its VPC.
    pub vpc: String,
    /// Its routes but the local ones and those of the stack's own endpoints.
    pub routes: Routes,
    /// What uses it.
    pub associations: Associations,
}

impl RouteTable {
    fn hops(&self, ids: &Ids) -> Result<BTreeMap<String, Hop>, Unresolved> {
        let hop = |target: &Target| {
            Ok(match target {
                Target::InternetGateway(gateway) => Hop::InternetGateway(ids.of(gateway)?.clone()),
                Target::NatGateway(gateway) => Hop::NatGateway(ids.of(gateway)?.clone()),
            })
        };
        self.routes.iter().map(|route| Ok((route.destination.trunc().to_string(), hop(&route.target)?))).collect()
    }

    fn subnet_ids(&self, ids: &Ids) -> Result<BTreeSet<String>, Unresolved> {
        self.subnets.iter().map(|subnet| Ok(ids.of(subnet)?.as_str().to_owned())).collect()
    }

    /// Routes first, so that a subnet is moved to a table that leads somewhere; associations also if a route is refused, since
    /// a subnet without its table uses the VPC's main one.
    async fn bring(&self, ec2: &Ec2, live: &Live<RouteTableSeen>, ids: &Ids) -> Result<Live<RouteTableSeen>, Fault> {
        let hops = self.hops(ids).map_err(|cause| unresolved("CreateRoute", &cause))?;
        let subnets = self.subnet_ids(ids).map_err(|cause| unresolved("AssociateRouteTable", &cause))?;
        let route_result = routes::bring(ec2, &live.id, &live.tags, &hops, &live.seen.routes).await;
        let associations = associations::bring(ec2, &live.id, &subnets, &live.seen.associations).await?;
        route_result?;
        let routes = hops.iter().map(|(destination, hop)| (destination.clone(), hop.seen())).collect();
        let seen = RouteTableSeen { vpc: live.seen.vpc.clone(), routes, associations };
        Ok(Live { on: hangs_on(&seen), phase: Phase::Ready, seen, ..live.clone() })
    }
}

impl Resource for RouteTable {
    type Seen = RouteTableSeen;
    type Client = aws_sdk_ec2::Client;

    const KIND: Kind = Kind { order: 70, name: "route-table", creation: Creation::Token, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    // Without the endpoints nobody can tell an own endpoint's route from a foreign one.
    const SOURCES: &'static [Question] = &[Question::RouteTables, Question::VpcEndpoints];
    const CALLS: &'static [Call] = &[
        call("ec2:AssociateRouteTable"),
        call("ec2:CreateRoute"),
        call("ec2:CreateRouteTable").with(&[EC2_TAGS]),
        call("ec2:CreateTags"),
        call("ec2:DeleteRoute"),
        call("ec2:DeleteRouteTable"),
        call("ec2:DeleteTags"),
        call("ec2:DescribeRouteTables"),
        call("ec2:DescribeVpcEndpoints"),
        call("ec2:DisassociateRouteTable"),
        call("ec2:ReplaceRoute"),
        call("ec2:ReplaceRouteTableAssociation"),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn needs(&self) -> Vec<Need> {
        let targets = self.routes.iter().map(|route| match &route.target {
            Target::InternetGateway(gateway) => gateway.ready(),
            Target::NatGateway(gateway) => gateway.ready(),
        });
        std::iter::once(self.vpc.exists()).chain(self.subnets.iter().map(Ref::exists)).chain(targets).collect()
    }

    fn compare(&self, seen: &RouteTableSeen, ids: &Ids) -> Comparison {
        let RouteTableSeen { vpc, routes, associations } = seen;
        let users: BTreeSet<String> = associations.keys().cloned().collect();
        let table = Comparison::default().fixed_ref("vpc", ids.of(&self.vpc), vpc).field_refs(
            "subnets",
            self.subnets.iter().map(|subnet| ids.of(subnet)),
            &users,
        );
        let seen: BTreeMap<String, String> = routes.iter().map(|(to, route)| (to.clone(), route.describe())).collect();
        match self.hops(ids) {
            Ok(hops) => {
                table.field("routes", &hops.into_iter().map(|(to, hop)| (to, hop.seen().describe())).collect(), &seen)
            }
            Err(Unresolved(key)) => table.unresolved(key),
        }
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<RouteTableSeen>> {
        let own_endpoints: BTreeSet<&str> = answered(&view.vpc_endpoints)
            .iter()
            .filter(|endpoint| owner.claim(endpoint.tags()) == Claim::Ours)
            .filter_map(|endpoint| endpoint.vpc_endpoint_id())
            .collect();
        answered(&view.route_tables)
            .iter()
            .filter_map(|table| {
                let mark = owner.mark_of(Self::KIND, table.tags())?;
                live(table, &own_endpoints, mark, from_list(table.tags()))
            })
            .collect()
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html>
    ///
    /// Its routes and associations follow at once; if one fails the table stays pending and the next pass updates it, as after
    /// a crash between the calls.
    async fn create(&self, ec2: &Ec2, ids: &Ids, mark: &Mark) -> Result<Live<RouteTableSeen>, Fault> {
        const OPERATION: &str = "CreateRouteTable";
        let vpc = ids.of(&self.vpc).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = ec2
            .writes()
            .create_route_table()
            .client_token(&mark.token)
            .vpc_id(vpc.as_str())
            .tag_specifications(specification(ResourceType::RouteTable, &mark.tags));
        let table = ec2.write(OPERATION, call.send()).await?.route_table;
        let table = table.ok_or_else(|| incomplete(OPERATION, "routeTable"))?;
        let live = live(&table, &BTreeSet::new(), (mark.key.clone(), mark.attempt), mark.tags.clone());
        let live = live.ok_or_else(|| incomplete(OPERATION, "routeTableId"))?;
        Ok(match self.bring(ec2, &live, ids).await {
            Ok(live) => live,
            Err(fault) => {
                Live { phase: Phase::Pending(format!("routes or associations are missing: {fault}")), ..live }
            }
        })
    }

    async fn update(
        &self,
        ec2: &Ec2,
        live: &Live<RouteTableSeen>,
        _: &[Change],
        ids: &Ids,
    ) -> Result<Live<RouteTableSeen>, Fault> {
        self.bring(ec2, live, ids).await
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRouteTable.html>: refused while something is associated
    /// with it.
    async fn delete(ec2: &Ec2, live: &Live<RouteTableSeen>) -> Result<Deletion, Fault> {
        for association in live.seen.associations.values() {
            associations::disassociate(ec2, association).await?;
        }
        let call = ec2.writes().delete_route_table().route_table_id(live.id.as_str());
        match ec2.write("DeleteRouteTable", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

/// The table under its key and attempt. It has no states: what it lacks, the comparison tells.
fn live(
    table: &Sdk,
    own_endpoints: &BTreeSet<&str>,
    (key, attempt): (Key, u32),
    tags: Tags,
) -> Option<Live<RouteTableSeen>> {
    let seen = RouteTableSeen {
        vpc: table.vpc_id().unwrap_or_default().to_owned(),
        routes: routes::read(table, own_endpoints),
        associations: associations::read(table),
    };
    Some(Live {
        key,
        attempt,
        id: Id::from(table.route_table_id()?),
        attributes: engine::Attributes::new(),
        phase: Phase::Ready,
        on: hangs_on(&seen),
        seen,
        within: None,
        tags,
        created: None,
    })
}

/// Its VPC, its subnets, and the gateways that it leads to. A blackhole leads nowhere: a gateway behind one may go. The gateway of
/// an endpoint's route hangs on the table, not the other way round.
fn hangs_on(seen: &RouteTableSeen) -> Vec<Id> {
    let RouteTableSeen { vpc, routes, associations } = seen;
    let leads_to = |id: &&String| id.starts_with("igw-") || id.starts_with("nat-");
    let gateways = routes.values().filter(|route| !route.blackhole).map(|route| &route.target).filter(leads_to);
    let on: BTreeSet<&String> = std::iter::once(vpc).chain(associations.keys()).chain(gateways).collect();
    on.into_iter().map(|id| Id::from(id.as_str())).collect()
}

#[cfg(test)]
mod tests;
