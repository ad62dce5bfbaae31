//! NAT gateway, zonal or regional.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html>

use aws_sdk_ec2::types::{AvailabilityMode, ConnectivityType, NatGateway as Sdk, NatGatewayState, ResourceType};
use engine::{
    Change, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref, Replace, Tags,
};

use super::call::{Call, EC2_TAGS, call};
use super::clients::from_list;
use super::ec2::{Ec2, specification};
use super::elastic_ip::PUBLIC_IP;
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Question, View, answered};
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
pub struct NatGatewaySeen {
    /// Its VPC.
    pub vpc: String,
    /// `zonal` or `regional`.
    pub availability_mode: String,
    /// Its subnet; empty for a regional one.
    pub subnet: String,
    /// Allocation id of its primary address, if it is zonal: those of a regional one are AWS's.
    pub address: String,
}

impl Resource for NatGateway {
    type Seen = NatGatewaySeen;
    type Client = aws_sdk_ec2::Client;

    const KIND: Kind = Kind { order: 60, name: "nat-gateway", creation: Creation::Token, holds_data: false, keep: 0 };
    // An address serves one gateway at a time.
    const REPLACE: Replace = Replace::DeleteFirst;
    const SOURCES: &'static [Question] = &[Question::NatGateways];
    const CALLS: &'static [Call] = &[
        call("ec2:CreateNatGateway").with(&[EC2_TAGS]),
        call("ec2:CreateTags"),
        call("ec2:DeleteNatGateway"),
        call("ec2:DeleteTags"),
        call("ec2:DescribeInternetGateways"),
        call("ec2:DescribeNatGateways"),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn needs(&self) -> Vec<Need> {
        let mut needs = vec![self.vpc.exists(), self.internet_gateway.ready()];
        match &self.placement {
            Placement::Zonal { subnet, address } => needs.extend([subnet.exists(), address.exists()]),
            Placement::Regional => {}
        }
        needs
    }

    fn compare(&self, seen: &NatGatewaySeen, ids: &Ids) -> Comparison {
        let NatGatewaySeen { vpc, availability_mode, subnet, address } = seen;
        let mode = self.placement.availability_mode();
        let table = Comparison::default().fixed_ref("vpc", ids.of(&self.vpc), vpc).fixed(
            "availabilityMode",
            mode.as_str(),
            availability_mode.as_str(),
        );
        match &self.placement {
            Placement::Zonal { subnet: declared, address: allocation } => {
                table.fixed_ref("subnet", ids.of(declared), subnet).fixed_ref("address", ids.of(allocation), address)
            }
            Placement::Regional => table,
        }
    }

    /// A deleted gateway, which AWS shows for another hour, is gone.
    fn read(view: &View, owner: &Owner) -> Vec<Live<NatGatewaySeen>> {
        answered(&view.nat_gateways)
            .iter()
            .filter(|gateway| gateway.state() != Some(&NatGatewayState::Deleted))
            .filter_map(|gateway| {
                let mark = owner.mark_of(Self::KIND, gateway.tags())?;
                let mut live = live(gateway, mark, from_list(gateway.tags()))?;
                live.on.extend(attached_to(view, &live.seen.vpc));
                Some(live)
            })
            .collect()
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html>
    ///
    /// Succeeds at once and may fail later. The token of a dead gateway returns the dead one, whose phase then says so.
    async fn create(&self, ec2: &Ec2, ids: &Ids, mark: &Mark) -> Result<Live<NatGatewaySeen>, Fault> {
        const OPERATION: &str = "CreateNatGateway";
        let unresolved = |cause| unresolved(OPERATION, &cause);
        let call = ec2
            .writes()
            .create_nat_gateway()
            .client_token(&mark.token)
            .connectivity_type(ConnectivityType::Public)
            .tag_specifications(specification(ResourceType::Natgateway, &mark.tags));
        let call = match &self.placement {
            // The mode is left out where it is the default: partitions without regional gateways need not know it.
            Placement::Zonal { subnet, address } => call
                .subnet_id(ids.of(subnet).map_err(unresolved)?.as_str())
                .allocation_id(ids.of(address).map_err(unresolved)?.as_str()),
            Placement::Regional => call
                .availability_mode(AvailabilityMode::Regional)
                .vpc_id(ids.of(&self.vpc).map_err(unresolved)?.as_str()),
        };
        let gateway = ec2.write(OPERATION, call.send()).await?.nat_gateway;
        let gateway = gateway.ok_or_else(|| incomplete(OPERATION, "natGateway"))?;
        let live = live(&gateway, (mark.key.clone(), mark.attempt), mark.tags.clone());
        let mut live = live.ok_or_else(|| incomplete(OPERATION, "natGatewayId"))?;
        live.on.push(ids.of(&self.internet_gateway).map_err(unresolved)?.clone());
        Ok(live)
    }

    /// Nothing of it can be changed but its tags, and `compare` reports no such change.
    async fn update(
        &self,
        _: &Ec2,
        live: &Live<NatGatewaySeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<NatGatewaySeen>, Fault> {
        Ok(live.clone())
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNatGateway.html>: routes to it become blackholes, its
    /// address stays allocated.
    async fn delete(ec2: &Ec2, live: &Live<NatGatewaySeen>) -> Result<Deletion, Fault> {
        let call = ec2.writes().delete_nat_gateway().nat_gateway_id(live.id.as_str());
        match ec2.write("DeleteNatGateway", call.send()).await {
            Ok(_) => Ok(Deletion::Going),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

impl Placement {
    fn availability_mode(&self) -> AvailabilityMode {
        match self {
            Self::Zonal { .. } => AvailabilityMode::Zonal,
            Self::Regional => AvailabilityMode::Regional,
        }
    }
}

/// The gateway under its key and attempt, hanging on its VPC and, if it is zonal, on its subnet and addresses.
fn live(gateway: &Sdk, (key, attempt): (Key, u32), tags: Tags) -> Option<Live<NatGatewaySeen>> {
    let subnet = gateway.subnet_id().filter(|id| !id.is_empty());
    // Only zonal gateways have a subnet, which tells where the mode is left out.
    let default = if subnet.is_some() { AvailabilityMode::Zonal } else { AvailabilityMode::Regional };
    let mode = gateway.availability_mode().unwrap_or(&default);
    let addresses = gateway.nat_gateway_addresses();
    let primary = addresses.iter().find(|address| address.is_primary() == Some(true)).or(addresses.first());
    let public_ip = primary.and_then(|address| address.public_ip());
    // The addresses of a regional gateway are AWS's own.
    let allocations: Vec<&str> =
        subnet.iter().flat_map(|_| addresses).filter_map(|address| address.allocation_id()).collect();
    let address = primary.and_then(|address| address.allocation_id()).filter(|id| allocations.contains(id));
    Some(Live {
        key,
        attempt,
        id: Id::from(gateway.nat_gateway_id()?),
        attributes: public_ip.map(|ip| (PUBLIC_IP.into(), ip.to_owned())).into_iter().collect(),
        phase: phase(gateway),
        seen: NatGatewaySeen {
            vpc: gateway.vpc_id().unwrap_or_default().to_owned(),
            availability_mode: mode.as_str().to_owned(),
            subnet: subnet.unwrap_or_default().to_owned(),
            address: address.unwrap_or_default().to_owned(),
        },
        on: gateway.vpc_id().into_iter().chain(subnet).chain(allocations).map(Id::from).collect(),
        within: None,
        tags,
        created: gateway.create_time().map(aws_smithy_types::DateTime::secs),
    })
}

/// The internet gateway attached to `vpc`, which cannot be detached while the NAT gateway has public addresses. That of a brought
/// VPC is not in the view, and never deleted.
fn attached_to(view: &View, vpc: &str) -> Option<Id> {
    answered(&view.internet_gateways)
        .iter()
        .find(|gateway| gateway.attachments().iter().any(|attachment| attachment.vpc_id() == Some(vpc)))
        .and_then(|gateway| gateway.internet_gateway_id())
        .map(Id::from)
}

fn phase(gateway: &Sdk) -> Phase {
    match gateway.state() {
        Some(NatGatewayState::Available) => Phase::Ready,
        Some(NatGatewayState::Failed) => Phase::Failed(format!(
            "{}: {}",
            gateway.failure_code().unwrap_or("no code"),
            gateway.failure_message().unwrap_or("no message")
        )),
        Some(NatGatewayState::Deleting | NatGatewayState::Deleted) => Phase::Deleting,
        Some(state) => Phase::Pending(state.as_str().to_owned()),
        None => Phase::Pending("no state".to_owned()),
    }
}

#[cfg(test)]
mod tests;
