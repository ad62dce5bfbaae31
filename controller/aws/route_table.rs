//! Route table: its routes and subnet associations belong to it.

use engine::{Change, Comparison, Creation, Deletion, Fault, Ids, Kind, Live, Need, Ref, Replace};
use ipnet::Ipv4Net;

use super::ec2::Ec2;
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Question, View};
use super::{InternetGateway, NatGateway, Subnet, Vpc};
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
pub struct RouteTableSeen {}

impl Resource for RouteTable {
    type Seen = RouteTableSeen;

    const KIND: Kind = Kind { order: 70, name: "route-table", creation: Creation::Token, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::RouteTables];
    const ACTIONS: &'static [&'static str] = &[];

    fn name(&self) -> &str {
        &self.name
    }

    fn needs(&self) -> Vec<Need> {
        todo!()
    }

    fn compare(&self, seen: &Self::Seen, ids: &Ids) -> Comparison {
        todo!()
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<Self::Seen>> {
        todo!()
    }

    async fn create(&self, ec2: &Ec2, ids: &Ids, mark: &Mark) -> Result<Live<Self::Seen>, Fault> {
        todo!()
    }

    async fn update(
        &self,
        ec2: &Ec2,
        live: &Live<Self::Seen>,
        _: &[Change],
        ids: &Ids,
    ) -> Result<Live<Self::Seen>, Fault> {
        todo!()
    }

    async fn delete(ec2: &Ec2, live: &Live<Self::Seen>) -> Result<Deletion, Fault> {
        todo!()
    }
}
