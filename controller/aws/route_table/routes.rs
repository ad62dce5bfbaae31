//! The routes of a table.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Route as Sdk, RouteOrigin, RouteState, RouteTable as SdkTable};
use engine::{Class, Effect, Fault, Id, Tags};

use crate::aws::clients::from_list;
use crate::aws::ec2::Ec2;
use crate::aws::fault::is_not_found;
use crate::aws::owner;

/// Who put a route into the table, and so who can take it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// Somebody who called `CreateRoute`.
    Caller,
    /// A gateway endpoint that the table is associated with.
    Endpoint,
    /// Route propagation.
    Propagation,
}

/// A route as AWS shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRoute {
    /// Id of what it leads to.
    pub target: String,
    /// What it leads to is gone, detached or not usable.
    pub blackhole: bool,
    /// Who made it.
    pub maker: Maker,
}

impl SeenRoute {
    /// For people and for the comparison: a blackhole is never what is declared.
    #[must_use]
    pub fn describe(&self) -> String {
        let Self { target, blackhole, maker: _ } = self;
        if *blackhole { format!("{target} (blackhole)") } else { target.clone() }
    }
}

/// Routes as AWS shows them, by destination: a block, or the id of a prefix list.
pub type Routes = BTreeMap<String, SeenRoute>;

/// What a declared route leads to, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hop {
    InternetGateway(Id),
    NatGateway(Id),
}

impl Hop {
    pub(super) fn id(&self) -> &Id {
        match self {
            Self::InternetGateway(id) | Self::NatGateway(id) => id,
        }
    }

    pub(super) fn seen(&self) -> SeenRoute {
        SeenRoute { target: self.id().as_str().to_owned(), blackhole: false, maker: Maker::Caller }
    }
}

/// The routes of `table` but the local ones and those through `own_endpoints`, which belong to the endpoint.
pub(super) fn read(table: &SdkTable, own_endpoints: &BTreeSet<&str>) -> Routes {
    let mut routes = Routes::new();
    for route in table.routes() {
        let (Some(destination), target) = (destination(route), target(route)) else { continue };
        if target == "local" || own_endpoints.contains(target) {
            continue;
        }
        let seen = SeenRoute {
            target: target.to_owned(),
            blackhole: route.state() == Some(&RouteState::Blackhole),
            maker: maker(route, target),
        };
        // A propagated route yields to a static one with the same destination.
        if seen.maker == Maker::Propagation {
            routes.entry(destination.to_owned()).or_insert(seen);
        } else {
            routes.insert(destination.to_owned(), seen);
        }
    }
    routes
}

fn destination(route: &Sdk) -> Option<&str> {
    route.destination_cidr_block().or(route.destination_ipv6_cidr_block()).or(route.destination_prefix_list_id())
}

fn target(route: &Sdk) -> &str {
    [
        route.gateway_id(),
        route.nat_gateway_id(),
        route.transit_gateway_id(),
        route.vpc_peering_connection_id(),
        route.egress_only_internet_gateway_id(),
        // A route to an instance shows its interface too.
        route.instance_id(),
        route.network_interface_id(),
        route.local_gateway_id(),
        route.carrier_gateway_id(),
        route.core_network_arn(),
        route.odb_network_arn(),
    ]
    .into_iter()
    .flatten()
    .find(|target| !target.is_empty())
    .unwrap_or("an unknown target")
}

fn maker(route: &Sdk, target: &str) -> Maker {
    match route.origin() {
        Some(RouteOrigin::EnableVgwRoutePropagation | RouteOrigin::Advertisement) => Maker::Propagation,
        _ if route.destination_prefix_list_id().is_some() && target.starts_with("vpce-") => Maker::Endpoint,
        _ => Maker::Caller,
    }
}

/// Brings the routes of `table`, which carries `tags`, from `seen` to `declared`. What cannot be deleted by its route is named
/// last, after everything else was done.
pub(super) async fn bring(
    ec2: &Ec2,
    table: &Id,
    tags: &Tags,
    declared: &BTreeMap<String, Hop>,
    seen: &Routes,
) -> Result<(), Fault> {
    let mut obstacle = None;
    for (destination, route) in seen.iter().filter(|(destination, _)| !declared.contains_key(*destination)) {
        match route.maker {
            Maker::Caller => delete(ec2, table, destination).await?,
            Maker::Endpoint if is_own(ec2, &route.target, tags).await? => {}
            Maker::Endpoint | Maker::Propagation => obstacle = Some(foreign(table, destination, route)),
        }
    }
    for (destination, hop) in declared {
        match seen.get(destination) {
            Some(route) if *route == hop.seen() => {}
            Some(SeenRoute { maker: Maker::Caller, .. }) => replace(ec2, table, destination, hop).await?,
            Some(_) | None => create(ec2, table, destination, hop).await?,
        }
    }
    obstacle.map_or(Ok(()), Err)
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html>
async fn create(ec2: &Ec2, table: &Id, destination: &str, hop: &Hop) -> Result<(), Fault> {
    let call = ec2.writes().create_route().route_table_id(table.as_str()).destination_cidr_block(destination);
    let call = match hop {
        Hop::InternetGateway(id) => call.gateway_id(id.as_str()),
        Hop::NatGateway(id) => call.nat_gateway_id(id.as_str()),
    };
    match ec2.write("CreateRoute", call.send()).await {
        Ok(_) => Ok(()),
        // What was seen is older than the route: a crash came between, or somebody else.
        Err(fault) if fault.code == "RouteAlreadyExists" => replace(ec2, table, destination, hop).await,
        Err(fault) => Err(fault),
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRoute.html>
async fn replace(ec2: &Ec2, table: &Id, destination: &str, hop: &Hop) -> Result<(), Fault> {
    let call = ec2.writes().replace_route().route_table_id(table.as_str()).destination_cidr_block(destination);
    let call = match hop {
        Hop::InternetGateway(id) => call.gateway_id(id.as_str()),
        Hop::NatGateway(id) => call.nat_gateway_id(id.as_str()),
    };
    ec2.write("ReplaceRoute", call.send()).await.map(drop)
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRoute.html>
async fn delete(ec2: &Ec2, table: &Id, destination: &str) -> Result<(), Fault> {
    let call = ec2.writes().delete_route().route_table_id(table.as_str());
    let call = if destination.starts_with("pl-") {
        call.destination_prefix_list_id(destination)
    } else if destination.contains(':') {
        call.destination_ipv6_cidr_block(destination)
    } else {
        call.destination_cidr_block(destination)
    };
    match ec2.write("DeleteRoute", call.send()).await {
        Ok(_) => Ok(()),
        Err(fault) if is_not_found(&fault) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Whether a gateway endpoint belongs to the stack that marked the table with `tags`, though the list of endpoints did not show
/// it: lists lag. One that is gone is in nobody's way.
async fn is_own(ec2: &Ec2, endpoint: &str, tags: &Tags) -> Result<bool, Fault> {
    let call = ec2.reads().describe_vpc_endpoints().vpc_endpoint_ids(endpoint);
    let found = match ec2.read("DescribeVpcEndpoints", call.send()).await {
        Ok(answer) => answer.vpc_endpoints.unwrap_or_default(),
        Err(fault) if is_not_found(&fault) => return Ok(true),
        Err(fault) => return Err(fault),
    };
    Ok(found.iter().all(|endpoint| {
        let its = from_list(endpoint.tags());
        [owner::STACK, owner::UID].iter().all(|key| its.get(*key) == tags.get(*key))
    }))
}

fn foreign(table: &Id, destination: &str, route: &SeenRoute) -> Fault {
    let target = &route.target;
    let (code, fix) = match route.maker {
        Maker::Endpoint => (
            "RouteOfForeignEndpoint",
            format!("remove {table} from the route tables of endpoint {target}, or delete that endpoint"),
        ),
        Maker::Caller | Maker::Propagation => {
            ("PropagatedRoute", format!("disable the route propagation of {target} into {table}"))
        }
    };
    Fault {
        class: Class::Conflict,
        effect: Effect::None,
        operation: "DeleteRoute",
        code: code.to_owned(),
        message: format!(
            "the route to {destination} through {target} is not this stack's and cannot be deleted by itself: {fix}"
        ),
        request_id: None,
    }
}
