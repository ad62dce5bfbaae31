//! Elastic IP address.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-eips.html>

use aws_sdk_ec2::types::{Address, DomainType, ResourceType};
use engine::{
    Attributes, Change, Class, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Replace,
};

use super::call::{Call, EC2_TAGS, call};
use super::clients::from_list;
use super::ec2::{Ec2, specification};
use super::fault::{incomplete, is_not_found};
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Question, View, answered};

/// The attribute with the address itself.
pub const PUBLIC_IP: &str = "publicIp";

/// A public address for a NAT gateway. Its id is the allocation's, its attribute [`PUBLIC_IP`] the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElasticIp {
    /// Which one: the name of its NAT gateway.
    pub name: String,
}

/// What AWS shows of it that could differ from what is declared: nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElasticIpSeen {}

impl Resource for ElasticIp {
    type Seen = ElasticIpSeen;
    type Client = aws_sdk_ec2::Client;

    const KIND: Kind = Kind { order: 50, name: "elastic-ip", creation: Creation::Intent, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::Addresses];
    const CALLS: &'static [Call] = &[
        call("ec2:AllocateAddress").with(&[EC2_TAGS]),
        call("ec2:CreateTags"),
        call("ec2:DeleteTags"),
        call("ec2:DescribeAddresses"),
        call("ec2:ReleaseAddress"),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn compare(&self, seen: &ElasticIpSeen, _: &Ids) -> Comparison {
        let ElasticIpSeen {} = seen;
        Comparison::default()
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<ElasticIpSeen>> {
        answered(&view.addresses).iter().filter_map(|address| read_one(address, owner)).collect()
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html>
    async fn create(&self, ec2: &Ec2, _: &Ids, mark: &Mark) -> Result<Live<ElasticIpSeen>, Fault> {
        const OPERATION: &str = "AllocateAddress";
        let call = ec2
            .writes()
            .allocate_address()
            .domain(DomainType::Vpc)
            .tag_specifications(specification(ResourceType::ElasticIp, &mark.tags));
        let address = ec2.write(OPERATION, call.send()).await?;
        let id = address.allocation_id().ok_or_else(|| incomplete(OPERATION, "allocationId"))?;
        let attributes = attributes(address.public_ip());
        Ok(Live { attributes, ..mark.live(id, Phase::Ready, ElasticIpSeen {}) })
    }

    /// Nothing of an address can be changed but its tags, and `compare` reports no such change.
    async fn update(
        &self,
        _: &Ec2,
        live: &Live<ElasticIpSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<ElasticIpSeen>, Fault> {
        Ok(live.clone())
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReleaseAddress.html>
    ///
    /// Refused while in use, also for a while after its NAT gateway is gone.
    async fn delete(ec2: &Ec2, live: &Live<ElasticIpSeen>) -> Result<Deletion, Fault> {
        let call = ec2.writes().release_address().allocation_id(live.id.as_str());
        match ec2.write("ReleaseAddress", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            // This call answers so for an address that a gateway still holds; wrong credentials fail at every other call too.
            Err(fault) if fault.code == "AuthFailure" => Err(Fault { class: Class::NotYet, ..fault }),
            Err(fault) => Err(fault),
        }
    }
}

fn read_one(address: &Address, owner: &Owner) -> Option<Live<ElasticIpSeen>> {
    let (key, attempt) = owner.mark_of(ElasticIp::KIND, address.tags())?;
    let tags = from_list(address.tags());
    Some(Live {
        key,
        attempt,
        id: Id::from(address.allocation_id()?),
        attributes: attributes(address.public_ip()),
        phase: Phase::Ready,
        seen: ElasticIpSeen {},
        on: Vec::new(),
        within: None,
        tags,
        created: None,
    })
}

fn attributes(public_ip: Option<&str>) -> Attributes {
    public_ip.map(|ip| (PUBLIC_IP.into(), ip.to_owned())).into_iter().collect()
}

#[cfg(test)]
mod tests;
