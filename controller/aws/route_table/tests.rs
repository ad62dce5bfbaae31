use aws_sdk_ec2::types::{
    Route as SdkRoute, RouteOrigin, RouteState, RouteTableAssociation, RouteTableAssociationState,
    RouteTableAssociationStateCode, Tag, VpcEndpoint as SdkEndpoint,
};
use engine::{Attributes, Class, Known, Verdict};

use super::*;
use crate::aws::VpcEndpoint;
use crate::aws::wire::{Request, Wire, answer, mark, owned, request, stamp, tags, untagged, view};

mod compare;
mod effects;
mod reading;

const ANYWHERE: &str = "0.0.0.0/0";

/// The table of an app subnet, with its way out through a NAT gateway.
fn app() -> RouteTable {
    let gateway = Target::NatGateway(NatGateway::reference("a"));
    RouteTable {
        name: "app-a".to_owned(),
        vpc: Vpc::reference("main"),
        routes: vec![Route { destination: ANYWHERE.parse().unwrap(), target: gateway }],
        subnets: vec![Subnet::reference("app-a")],
    }
}

/// The table of the public subnets.
fn public() -> RouteTable {
    let gateway = Target::InternetGateway(InternetGateway::reference("main"));
    RouteTable {
        name: "public".to_owned(),
        routes: vec![Route { destination: ANYWHERE.parse().unwrap(), target: gateway }],
        subnets: vec![Subnet::reference("public-a"), Subnet::reference("public-b")],
        ..app()
    }
}

fn ids() -> Ids {
    let known = [
        (Vpc::reference("main").key().clone(), "vpc-1"),
        (InternetGateway::reference("main").key().clone(), "igw-1"),
        (NatGateway::reference("a").key().clone(), "nat-1"),
        (Subnet::reference("app-a").key().clone(), "subnet-a"),
        (Subnet::reference("public-a").key().clone(), "subnet-pa"),
        (Subnet::reference("public-b").key().clone(), "subnet-pb"),
    ];
    let known = known.into_iter().map(|(key, id)| (key, Known { id: Id::from(id), attributes: Attributes::new() }));
    known.collect()
}

fn to(target: &str) -> SeenRoute {
    SeenRoute { target: target.to_owned(), blackhole: false, maker: Maker::Caller }
}

/// As declared by [`app`].
fn seen() -> RouteTableSeen {
    RouteTableSeen {
        vpc: "vpc-1".to_owned(),
        routes: Routes::from([(ANYWHERE.to_owned(), to("nat-1"))]),
        associations: Associations::from([("subnet-a".to_owned(), "rtbassoc-1".to_owned())]),
    }
}

fn with_route(destination: &str, route: SeenRoute) -> RouteTableSeen {
    let mut seen = seen();
    seen.routes.insert(destination.to_owned(), route);
    seen
}

fn with_association(what: &str) -> RouteTableSeen {
    let mut seen = seen();
    seen.associations.insert(what.to_owned(), "rtbassoc-2".to_owned());
    seen
}

fn standing(seen: RouteTableSeen) -> Live<RouteTableSeen> {
    Live { on: hangs_on(&seen), ..mark(&app()).live("rtb-1", Phase::Ready, seen) }
}

fn endpoint_route(endpoint: &str) -> SdkRoute {
    SdkRoute::builder().destination_prefix_list_id("pl-1").gateway_id(endpoint).state(RouteState::Active).build()
}

/// A table in the VPC with its local route and `routes`.
fn shown(routes: impl IntoIterator<Item = SdkRoute>) -> Sdk {
    let local = SdkRoute::builder().destination_cidr_block("10.0.0.0/16").gateway_id("local").build();
    Sdk::builder()
        .route_table_id("rtb-1")
        .vpc_id("vpc-1")
        .set_routes(Some(std::iter::once(local).chain(routes).collect()))
        .set_tags(owned::<RouteTable>("app-a"))
        .build()
}

fn read(view: &View) -> Vec<Live<RouteTableSeen>> {
    RouteTable::read(view, &stamp().owner)
}

fn read_table(table: Sdk) -> Live<RouteTableSeen> {
    read(&View { route_tables: answer([table]), ..view() }).remove(0)
}
