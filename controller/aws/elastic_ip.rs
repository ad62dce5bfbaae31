//! Elastic IP address.

use engine::{Change, Comparison, Creation, Deletion, Fault, Ids, Kind, Live, Need, Ref, Replace};

use super::ec2::Ec2;
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Question, View};

/// A public address for a NAT gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElasticIp {
    /// Which one: the name of its NAT gateway.
    pub name: String,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElasticIpSeen {}

impl Resource for ElasticIp {
    type Seen = ElasticIpSeen;

    const KIND: Kind = Kind { order: 50, name: "elastic-ip", creation: Creation::Intent, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::Addresses];
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
