//! VPC: its DNS attributes and its emptied default security group belong to it.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/configure-your-vpc.html>

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, VpcState};
use engine::{Change, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Replace, Tags};
use ipnet::Ipv4Net;

use super::call::{Call, EC2_TAGS, call};
use super::clients::from_list;
use super::ec2::{Ec2, specification};
use super::fault::{incomplete, is_not_found};
use super::holders;
use super::owner::{self, Owner};
use super::resource::{Mark, Resource};
use super::security_group_rule::{Rules, revoke};
use super::sources::{Question, View, answered};

/// The network that everything else lives in. DNS support and hostnames are always on: private DNS of endpoints needs both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// Which one; a stack has one, `main`.
    pub name: &'static str,
    /// Primary IPv4 block, /16 to /28. Fixed at creation.
    pub cidr: Ipv4Net,
    /// The block that [`super::VpcCidr`] adds. Noted in a tag of the VPC: associations carry none, and others may add their own.
    pub secondary_cidr: Option<Ipv4Net>,
}

/// What AWS shows of a VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcSeen {
    /// Primary IPv4 block.
    pub cidr: String,
    /// `enableDnsSupport`.
    pub dns_support: bool,
    /// `enableDnsHostnames`.
    pub dns_hostnames: bool,
    /// Rules of the default security group, which nothing uses and which is therefore kept empty.
    pub default_group_rules: Rules,
}

impl Resource for Vpc {
    type Seen = VpcSeen;
    type Client = aws_sdk_ec2::Client;

    const KIND: Kind = Kind { order: 10, name: "vpc", creation: Creation::Intent, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::Never;
    const SOURCES: &'static [Question] =
        &[Question::Vpcs, Question::VpcAttributes, Question::SecurityGroups, Question::SecurityGroupRules];
    const CALLS: &'static [Call] = &[
        call("ec2:CreateVpc").with(&[EC2_TAGS]),
        call("ec2:CreateTags"),
        call("ec2:DeleteTags"),
        call("ec2:DeleteVpc"),
        call("ec2:DescribeInternetGateways"),
        call("ec2:DescribeNetworkInterfaces"),
        call("ec2:DescribeRouteTables"),
        call("ec2:DescribeSecurityGroupRules"),
        call("ec2:DescribeSecurityGroups"),
        call("ec2:DescribeSubnets"),
        call("ec2:DescribeVpcAttribute"),
        call("ec2:DescribeVpcEndpoints"),
        call("ec2:DescribeVpcs"),
        call("ec2:ModifyVpcAttribute"),
        call("ec2:RevokeSecurityGroupEgress"),
        call("ec2:RevokeSecurityGroupIngress"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn compare(&self, seen: &VpcSeen, _: &Ids) -> Comparison {
        let VpcSeen { cidr, dns_support, dns_hostnames, default_group_rules } = seen;
        Comparison::default()
            .fixed("cidr", &self.cidr.to_string(), cidr)
            .field("enableDnsSupport", &true, dns_support)
            .field("enableDnsHostnames", &true, dns_hostnames)
            .field("defaultSecurityGroupRules", &BTreeSet::new(), &default_group_rules.ids())
    }

    fn extra_tags(&self) -> Tags {
        self.secondary_cidr.iter().map(|cidr| (owner::SECONDARY_CIDR.to_owned(), cidr.to_string())).collect()
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<VpcSeen>> {
        answered(&view.vpcs).iter().filter_map(|vpc| read_one(vpc, view, owner)).collect()
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html>
    ///
    /// Switches DNS hostnames on at once, since private DNS of endpoints is refused without. If that fails (a fresh id may not
    /// have spread yet) the VPC stays pending and the next pass updates it, as after a crash between the calls. The default
    /// group is emptied by an update too.
    async fn create(&self, ec2: &Ec2, _: &Ids, mark: &Mark) -> Result<Live<VpcSeen>, Fault> {
        let call = ec2
            .writes()
            .create_vpc()
            .cidr_block(self.cidr.to_string())
            .tag_specifications(specification(ResourceType::Vpc, &mark.tags));
        let vpc = ec2.write("CreateVpc", call.send()).await?.vpc.ok_or_else(|| incomplete("CreateVpc", "vpc"))?;
        let id = vpc.vpc_id.as_deref().ok_or_else(|| incomplete("CreateVpc", "vpcId"))?;
        let on = AttributeBooleanValue::builder().value(true).build();
        let hostnames = ec2.writes().modify_vpc_attribute().vpc_id(id).enable_dns_hostnames(on);
        let dns_hostnames = ec2.write("ModifyVpcAttribute", hostnames.send()).await.is_ok();
        let seen = VpcSeen {
            cidr: vpc.cidr_block.clone().unwrap_or_default(),
            dns_support: true,
            dns_hostnames,
            default_group_rules: Rules::default(),
        };
        Ok(mark.live(id, phase(vpc.state.as_ref(), &seen), seen))
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcAttribute.html> (one attribute a call)
    async fn update(&self, ec2: &Ec2, live: &Live<VpcSeen>, _: &[Change], _: &Ids) -> Result<Live<VpcSeen>, Fault> {
        let on = || AttributeBooleanValue::builder().value(true).build();
        let modify = || ec2.writes().modify_vpc_attribute().vpc_id(live.id.as_str());
        if !live.seen.dns_support {
            ec2.write("ModifyVpcAttribute", modify().enable_dns_support(on()).send()).await?;
        }
        if !live.seen.dns_hostnames {
            ec2.write("ModifyVpcAttribute", modify().enable_dns_hostnames(on()).send()).await?;
        }
        revoke(ec2, &live.seen.default_group_rules).await?;
        let seen = VpcSeen {
            dns_support: true,
            dns_hostnames: true,
            default_group_rules: Rules::default(),
            ..live.seen.clone()
        };
        Ok(Live { phase: Phase::Ready, seen, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html>: takes the default group, the main route
    /// table and the default network ACL with it.
    async fn delete(ec2: &Ec2, live: &Live<VpcSeen>) -> Result<Deletion, Fault> {
        match ec2.write("DeleteVpc", ec2.writes().delete_vpc().vpc_id(live.id.as_str()).send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(holders::of_vpc(ec2, live.id.as_str(), fault).await),
        }
    }
}

fn read_one(vpc: &aws_sdk_ec2::types::Vpc, view: &View, owner: &Owner) -> Option<Live<VpcSeen>> {
    let (key, attempt) = owner.mark_of(Vpc::KIND, vpc.tags())?;
    let tags = from_list(vpc.tags());
    let id = Id::from(vpc.vpc_id()?);
    // Unanswered attributes make the kind unknown; what is put in their place is never acted on.
    let dns = view.vpc_attributes.get(&id).and_then(|answer| answer.as_ref().ok()).copied();
    let default_group = answered(&view.security_groups)
        .iter()
        .find(|group| group.vpc_id() == Some(id.as_str()) && group.group_name() == Some("default"))
        .and_then(|group| group.group_id());
    let seen = VpcSeen {
        cidr: vpc.cidr_block().unwrap_or_default().to_owned(),
        dns_support: dns.is_some_and(|dns| dns.support),
        dns_hostnames: dns.is_some_and(|dns| dns.hostnames),
        default_group_rules: default_group.map(|group| Rules::of_group(view, group, |_| true)).unwrap_or_default(),
    };
    Some(Live {
        key,
        attempt,
        attributes: engine::Attributes::new(),
        phase: phase(vpc.state(), &seen),
        seen,
        on: Vec::new(),
        within: None,
        tags,
        created: None,
        id,
    })
}

fn phase(state: Option<&VpcState>, seen: &VpcSeen) -> Phase {
    match state {
        Some(VpcState::Available) if seen.dns_support && seen.dns_hostnames => Phase::Ready,
        Some(VpcState::Available) => Phase::Pending("DNS support or hostnames are off".to_owned()),
        Some(state) => Phase::Pending(state.as_str().to_owned()),
        None => Phase::Pending("no state".to_owned()),
    }
}

#[cfg(test)]
mod tests;
