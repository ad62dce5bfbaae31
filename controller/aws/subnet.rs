//! Subnet.

use engine::{Change, Comparison, Creation, Deletion, Fault, Ids, Kind, Live, Need, Ref, Replace};
use ipnet::Ipv4Net;

use super::ec2::Ec2;
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Question, View};
use super::{Vpc, VpcCidr};
/// A block of addresses in one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Which one: tier and zone letter, for example `ecs-a`.
    pub name: String,
    /// The VPC. Fixed at creation.
    pub vpc: Ref<Vpc>,
    /// The secondary block that it lies in, if it does: that must be associated first.
    pub block: Option<Ref<VpcCidr>>,
    /// Its block, /16 to /28. Fixed at creation.
    pub cidr: Ipv4Net,
    /// Zone ID, for example `euw1-az1`. Fixed at creation.
    pub zone_id: String,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubnetSeen {}

impl Resource for Subnet {
    type Seen = SubnetSeen;

    const KIND: Kind = Kind { order: 40, name: "subnet", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::Never;
    const SOURCES: &'static [Question] = &[Question::Subnets];
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
