//! VPC endpoint, interface or gateway.

use engine::{Change, Comparison, Creation, Deletion, Fault, Ids, Kind, Live, Need, Ref, Replace};

use super::ec2::Ec2;
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Question, View};
use super::{RouteTable, SecurityGroup, Subnet, Vpc};
/// What the endpoint is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// Network interfaces with private DNS names.
    Interface {
        /// One subnet a zone.
        subnets: Vec<Ref<Subnet>>,
        /// The group around its interfaces: without one AWS takes the VPC's default group.
        security_group: Ref<SecurityGroup>,
    },
    /// Routes to a prefix list.
    Gateway {
        /// The tables that get the route.
        route_tables: Vec<Ref<RouteTable>>,
    },
}

/// A private way to an AWS service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcEndpoint {
    /// Which one: the service's short name with `.` as `-`, for example `ecr-api`.
    pub name: String,
    /// Full service name, for example `com.amazonaws.eu-west-1.ecr.api`. Fixed at creation.
    pub service_name: String,
    /// The VPC. Fixed at creation.
    pub vpc: Ref<Vpc>,
    /// What it is attached to; its type is fixed at creation.
    pub attachment: Attachment,
    /// Resource policy, as JSON; `None` for AWS's own, which allows everything.
    pub policy: Option<serde_json::Value>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcEndpointSeen {}

impl Resource for VpcEndpoint {
    type Seen = VpcEndpointSeen;

    const KIND: Kind = Kind { order: 100, name: "vpc-endpoint", creation: Creation::Token, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::DeleteFirst;
    const SOURCES: &'static [Question] = &[Question::VpcEndpoints];
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
