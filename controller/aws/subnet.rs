//! Subnet.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html>

use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, Subnet as Sdk, SubnetState};
use engine::{Change, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Ref, Replace};
use ipnet::Ipv4Net;

use super::call::{Call, EC2_TAGS, call};
use super::clients::from_list;
use super::ec2::{Ec2, specification};
use super::fault::{incomplete, is_not_found, unresolved};
use super::holders;
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Question, View, answered};
use super::vpc_cidr::holding;
use super::{Vpc, VpcCidr};

/// A block of addresses in one zone. Nothing that starts in it gets a public address by itself.
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
pub struct SubnetSeen {
    /// Its VPC.
    pub vpc: String,
    /// Its block.
    pub cidr: String,
    /// Zone ID.
    pub zone_id: String,
    /// `MapPublicIpOnLaunch`.
    pub map_public_ip: bool,
}

impl Resource for Subnet {
    type Seen = SubnetSeen;
    type Client = aws_sdk_ec2::Client;

    const KIND: Kind = Kind { order: 40, name: "subnet", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::Never;
    /// `on` also looks at the VPCs. They are no source: while they cannot be read, neither a VPC nor a block is deleted anyway.
    const SOURCES: &'static [Question] = &[Question::Subnets];
    const CALLS: &'static [Call] = &[
        call("ec2:CreateSubnet").with(&[EC2_TAGS]),
        call("ec2:CreateTags"),
        call("ec2:DeleteSubnet"),
        call("ec2:DeleteTags"),
        call("ec2:DescribeNetworkInterfaces"),
        call("ec2:DescribeSubnets"),
        call("ec2:ModifySubnetAttribute"),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn needs(&self) -> Vec<Need> {
        std::iter::once(self.vpc.exists()).chain(self.block.as_ref().map(Ref::ready)).collect()
    }

    fn compare(&self, seen: &SubnetSeen, ids: &Ids) -> Comparison {
        let SubnetSeen { vpc, cidr, zone_id, map_public_ip } = seen;
        Comparison::default()
            .fixed_ref("vpc", ids.of(&self.vpc), vpc)
            .fixed("cidr", &self.cidr.to_string(), cidr)
            .fixed("zoneId", &self.zone_id, zone_id)
            .field("mapPublicIpOnLaunch", &false, map_public_ip)
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<SubnetSeen>> {
        answered(&view.subnets).iter().filter_map(|subnet| read_one(subnet, view, owner)).collect()
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html>
    ///
    /// A block that another subnet of the VPC overlaps is refused with `InvalidSubnet.Conflict`; if that subnet is ours, the next
    /// look shows it.
    async fn create(&self, ec2: &Ec2, ids: &Ids, mark: &Mark) -> Result<Live<SubnetSeen>, Fault> {
        const OPERATION: &str = "CreateSubnet";
        let vpc = ids.of(&self.vpc).map_err(|cause| unresolved(OPERATION, &cause))?;
        let block = self.block.as_ref().map(|block| ids.of(block)).transpose();
        let block = block.map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = ec2
            .writes()
            .create_subnet()
            .vpc_id(vpc.as_str())
            .cidr_block(self.cidr.to_string())
            .availability_zone_id(&self.zone_id)
            .tag_specifications(specification(ResourceType::Subnet, &mark.tags));
        let subnet = ec2.write(OPERATION, call.send()).await?.subnet.ok_or_else(|| incomplete(OPERATION, "subnet"))?;
        let id = subnet.subnet_id().ok_or_else(|| incomplete(OPERATION, "subnetId"))?;
        let on = std::iter::once(vpc).chain(block).cloned().collect();
        Ok(Live { on, ..mark.live(id, phase(subnet.state()), seen(&subnet)) })
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySubnetAttribute.html>
    async fn update(
        &self,
        ec2: &Ec2,
        live: &Live<SubnetSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<SubnetSeen>, Fault> {
        let off = AttributeBooleanValue::builder().value(false).build();
        let call = ec2.writes().modify_subnet_attribute().subnet_id(live.id.as_str()).map_public_ip_on_launch(off);
        ec2.write("ModifySubnetAttribute", call.send()).await?;
        let seen = SubnetSeen { map_public_ip: false, ..live.seen.clone() };
        Ok(Live { seen, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html>: refused while a network interface is in it,
    /// also one that AWS is still taking down for an endpoint or a gateway.
    async fn delete(ec2: &Ec2, live: &Live<SubnetSeen>) -> Result<Deletion, Fault> {
        match ec2.write("DeleteSubnet", ec2.writes().delete_subnet().subnet_id(live.id.as_str()).send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(holders::of_subnet(ec2, live.id.as_str(), fault).await),
        }
    }
}

fn read_one(subnet: &Sdk, view: &View, owner: &Owner) -> Option<Live<SubnetSeen>> {
    let (key, attempt) = owner.mark_of(Subnet::KIND, subnet.tags())?;
    let tags = from_list(subnet.tags());
    let vpc = answered(&view.vpcs).iter().find(|vpc| vpc.vpc_id() == subnet.vpc_id());
    let cidr = subnet.cidr_block().and_then(|cidr| cidr.parse().ok());
    let block = vpc.zip(cidr).and_then(|(vpc, cidr)| holding(vpc, owner, cidr));
    Some(Live {
        key,
        attempt,
        id: Id::from(subnet.subnet_id()?),
        attributes: engine::Attributes::new(),
        phase: phase(subnet.state()),
        seen: seen(subnet),
        on: subnet.vpc_id().map(Id::from).into_iter().chain(block).collect(),
        within: None,
        tags,
        created: None,
    })
}

fn seen(subnet: &Sdk) -> SubnetSeen {
    SubnetSeen {
        vpc: subnet.vpc_id().unwrap_or_default().to_owned(),
        cidr: subnet.cidr_block().unwrap_or_default().to_owned(),
        zone_id: subnet.availability_zone_id().unwrap_or_default().to_owned(),
        map_public_ip: subnet.map_public_ip_on_launch().unwrap_or_default(),
    }
}

fn phase(state: Option<&SubnetState>) -> Phase {
    match state {
        Some(SubnetState::Available) => Phase::Ready,
        Some(state @ (SubnetState::Failed | SubnetState::FailedInsufficientCapacity)) => {
            Phase::Failed(state.as_str().to_owned())
        }
        Some(SubnetState::Unavailable) => Phase::Broken("unavailable".to_owned()),
        Some(state) => Phase::Pending(state.as_str().to_owned()),
        None => Phase::Pending("no state".to_owned()),
    }
}

#[cfg(test)]
mod tests;
