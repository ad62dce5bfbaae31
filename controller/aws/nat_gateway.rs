//! NAT gateway, zonal or regional.

use engine::{Change, Comparison, Creation, Deletion, Fault, Ids, Kind, Live, Need, Ref, Replace};

use super::ec2::Ec2;
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Question, View};
use super::{ElasticIp, InternetGateway, Subnet, Vpc};
/// Where a NAT gateway is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// In one public subnet, with one address.
    Zonal {
        /// The subnet. Fixed at creation.
        subnet: Ref<Subnet>,
        /// The address. Fixed at creation.
        address: Ref<ElasticIp>,
    },
    /// In no subnet, in every zone, with addresses that AWS manages.
    Regional,
}

/// The way out for private subnets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatGateway {
    /// Which one: a zone letter, or `regional`.
    pub name: String,
    /// The VPC.
    pub vpc: Ref<Vpc>,
    /// The gateway behind it: must be attached, or AWS lets the NAT gateway fail.
    pub internet_gateway: Ref<InternetGateway>,
    /// Where it is. Fixed at creation.
    pub placement: Placement,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatGatewaySeen {}

impl Resource for NatGateway {
    type Seen = NatGatewaySeen;

    const KIND: Kind = Kind { order: 60, name: "nat-gateway", creation: Creation::Token, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::DeleteFirst;
    const SOURCES: &'static [Question] = &[Question::NatGateways];
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
