//! Internet gateway and its attachment.

use engine::{Change, Comparison, Creation, Deletion, Fault, Ids, Kind, Live, Need, Ref, Replace};

use super::Vpc;
use super::ec2::Ec2;
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Question, View};
/// The VPC's door to the internet: attached to its VPC, or pending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternetGateway {
    /// Which one; a stack has one, `main`.
    pub name: &'static str,
    /// The VPC that it is attached to.
    pub vpc: Ref<Vpc>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternetGatewaySeen {}

impl Resource for InternetGateway {
    type Seen = InternetGatewaySeen;

    const KIND: Kind =
        Kind { order: 30, name: "internet-gateway", creation: Creation::Intent, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::InternetGateways];
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
