//! Secondary CIDR block of a VPC.

use engine::{Change, Comparison, Creation, Deletion, Fault, Ids, Kind, Live, Need, Ref, Replace};
use ipnet::Ipv4Net;

use super::Vpc;
use super::ec2::Ec2;
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Question, View};
/// A block added to a VPC, here for the containers. Dies with its VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcCidr {
    /// Which one; a stack has one, `ecs`.
    pub name: &'static str,
    /// The VPC. Fixed.
    pub vpc: Ref<Vpc>,
    /// The block. Fixed.
    pub cidr: Ipv4Net,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcCidrSeen {}

impl Resource for VpcCidr {
    type Seen = VpcCidrSeen;

    const KIND: Kind = Kind { order: 20, name: "vpc-cidr", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::Never;
    const SOURCES: &'static [Question] = &[Question::Vpcs];
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
