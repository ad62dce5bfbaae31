//! Secondary CIDR block of a VPC: an association that carries no tag. It is ours if it is the block that the mark of our VPC
//! names, so that associations which others add to the same VPC are never touched.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>

use aws_sdk_ec2::types::{
    Vpc as Sdk, VpcCidrBlockAssociation as Association, VpcCidrBlockState, VpcCidrBlockStateCode,
};
use engine::{
    Attributes, Change, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref, Replace,
    Tags,
};
use ipnet::Ipv4Net;

use super::Vpc;
use super::call::{Call, call};
use super::clients::TagSet as _;
use super::ec2::Ec2;
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::{self, Owner};
use super::resource::{Mark, Resource};
use super::sources::{Question, View, answered};

/// The one name of this kind: an association has no tag that could tell another.
const NAME: &str = "ecs";

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
pub struct VpcCidrSeen {
    /// The VPC that it is associated with.
    pub vpc: String,
    /// The block.
    pub cidr: String,
}

impl Resource for VpcCidr {
    type Seen = VpcCidrSeen;
    type Client = aws_sdk_ec2::Client;

    const KIND: Kind = Kind { order: 20, name: "vpc-cidr", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::Never;
    const TAGGABLE: bool = false;
    const SOURCES: &'static [Question] = &[Question::Vpcs];
    const CALLS: &'static [Call] =
        &[call("ec2:AssociateVpcCidrBlock"), call("ec2:DescribeVpcs"), call("ec2:DisassociateVpcCidrBlock")];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        vec![self.vpc.exists()]
    }

    fn compare(&self, seen: &VpcCidrSeen, ids: &Ids) -> Comparison {
        let VpcCidrSeen { vpc, cidr } = seen;
        Comparison::default().fixed_ref("vpc", ids.of(&self.vpc), vpc).fixed("cidr", &self.cidr.to_string(), cidr)
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<VpcCidrSeen>> {
        answered(&view.vpcs)
            .iter()
            .filter_map(|vpc| Some((vpc.vpc_id()?, marked(vpc, owner))))
            .flat_map(|(vpc, ours)| ours.filter_map(|it| live(it, vpc, Key::new(Self::KIND, NAME), 0)))
            .collect()
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateVpcCidrBlock.html>
    ///
    /// Looks at the VPC first: the call has no token, and a block that is already associated, after a lost answer say, is found.
    async fn create(&self, ec2: &Ec2, ids: &Ids, mark: &Mark) -> Result<Live<VpcCidrSeen>, Fault> {
        const OPERATION: &str = "AssociateVpcCidrBlock";
        let vpc = ids.of(&self.vpc).map_err(|cause| unresolved(OPERATION, &cause))?;
        let mut association = self.find(ec2, vpc).await?;
        if association.is_none() {
            let call = ec2.writes().associate_vpc_cidr_block().vpc_id(vpc.as_str()).cidr_block(self.cidr.to_string());
            association = ec2.write(OPERATION, call.send()).await?.cidr_block_association;
        }
        let association = association.ok_or_else(|| incomplete(OPERATION, "cidrBlockAssociation"))?;
        live(&association, vpc.as_str(), mark.key.clone(), mark.attempt)
            .ok_or_else(|| incomplete(OPERATION, "associationId"))
    }

    /// Nothing of an association can be changed, and `compare` reports no such change.
    async fn update(
        &self,
        _: &Ec2,
        live: &Live<VpcCidrSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<VpcCidrSeen>, Fault> {
        Ok(live.clone())
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateVpcCidrBlock.html>: refused while a subnet lies in
    /// it. Only for a failed one, and for one whose VPC stays; else it goes with its VPC.
    async fn delete(ec2: &Ec2, live: &Live<VpcCidrSeen>) -> Result<Deletion, Fault> {
        let call = ec2.writes().disassociate_vpc_cidr_block().association_id(live.id.as_str());
        match ec2.write("DisassociateVpcCidrBlock", call.send()).await {
            Ok(answer) => {
                let state = answer.cidr_block_association.as_ref().and_then(|it| it.cidr_block_state());
                let gone = state.and_then(VpcCidrBlockState::state) == Some(&VpcCidrBlockStateCode::Disassociated);
                Ok(if gone { Deletion::Gone } else { Deletion::Going })
            }
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

impl VpcCidr {
    /// The association of this block with `vpc`, if it stands or is on its way.
    async fn find(&self, ec2: &Ec2, vpc: &Id) -> Result<Option<Association>, Fault> {
        let call = ec2.reads().describe_vpcs().vpc_ids(vpc.as_str());
        let vpcs = match ec2.read("DescribeVpcs", call.send()).await {
            Ok(answer) => answer.vpcs.unwrap_or_default(),
            // A fresh id that has not spread yet; a VPC that is really gone makes the association itself fail.
            Err(fault) if is_not_found(&fault) => Vec::new(),
            Err(fault) => return Err(fault),
        };
        let cidr = self.cidr.to_string();
        let stands = |it: &Association| {
            let state = it.cidr_block_state().and_then(VpcCidrBlockState::state);
            matches!(state, Some(VpcCidrBlockStateCode::Associated | VpcCidrBlockStateCode::Associating))
        };
        let associations = vpcs.into_iter().flat_map(|vpc| vpc.cidr_block_association_set.unwrap_or_default());
        Ok(associations.into_iter().find(|it| it.cidr_block() == Some(&cidr) && stands(it)))
    }
}

/// The id of our association with `vpc` in which `block` lies, if there is one.
pub(super) fn holding(vpc: &Sdk, owner: &Owner, block: Ipv4Net) -> Option<Id> {
    let holds = |it: &&Association| {
        it.cidr_block().and_then(|cidr| cidr.parse::<Ipv4Net>().ok()).is_some_and(|cidr| cidr.contains(&block))
    };
    marked(vpc, owner).find(holds)?.association_id().map(Id::from)
}

/// The associations of `vpc` with the block that its mark names, none if the VPC is not ours. Disassociated ones, which EC2
/// may show for a while, are gone.
fn marked<'a>(vpc: &'a Sdk, owner: &Owner) -> impl Iterator<Item = &'a Association> {
    let ours = owner.mark_of(Vpc::KIND, vpc.tags()).and(vpc.tags().tag(owner::SECONDARY_CIDR)).map(str::to_owned);
    vpc.cidr_block_association_set().iter().filter(move |it| {
        let state = it.cidr_block_state().and_then(VpcCidrBlockState::state);
        ours.is_some() && it.cidr_block() == ours.as_deref() && state != Some(&VpcCidrBlockStateCode::Disassociated)
    })
}

fn live(association: &Association, vpc: &str, key: Key, attempt: u32) -> Option<Live<VpcCidrSeen>> {
    Some(Live {
        key,
        attempt,
        id: Id::from(association.association_id()?),
        attributes: Attributes::new(),
        phase: phase(association.cidr_block_state()),
        seen: VpcCidrSeen { vpc: vpc.to_owned(), cidr: association.cidr_block().unwrap_or_default().to_owned() },
        on: vec![Id::from(vpc)],
        within: Some(Id::from(vpc)),
        tags: Tags::new(),
        created: None,
    })
}

fn phase(state: Option<&VpcCidrBlockState>) -> Phase {
    let said = || {
        let message = state.and_then(VpcCidrBlockState::status_message).unwrap_or("AWS gives no reason");
        format!("the association failed: {message}")
    };
    match state.and_then(VpcCidrBlockState::state) {
        Some(VpcCidrBlockStateCode::Associated) => Phase::Ready,
        Some(VpcCidrBlockStateCode::Failing | VpcCidrBlockStateCode::Failed) => Phase::Failed(said()),
        Some(VpcCidrBlockStateCode::Disassociating | VpcCidrBlockStateCode::Disassociated) => Phase::Deleting,
        Some(state) => Phase::Pending(state.as_str().to_owned()),
        None => Phase::Pending("no state".to_owned()),
    }
}

#[cfg(test)]
mod tests;
