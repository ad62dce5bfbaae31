//! Security group rule: one sentence of who may speak to whom.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>

use aws_sdk_ec2::types::{
    IpPermission, IpRange, PrefixListId, ResourceType, SecurityGroupRule as Sdk, SecurityGroupRuleRequest,
    SecurityGroupRuleUpdate, UserIdGroupPair,
};
use engine::{
    Change, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Ref, Replace, Unresolved,
};

use super::SecurityGroup;
use super::call::{Call, EC2_TAGS, call};
use super::clients::from_list;
use super::ec2::{Ec2, specification};
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Question, View, answered};

mod peer;
mod rules;

pub use peer::Peer;
use peer::Type;
pub use rules::{Rules, revoke};

/// Which way the traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into the group's interfaces.
    Ingress,
    /// Out of them.
    Egress,
}

/// Who may speak to whom, on which ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroupRule {
    /// Which one; says both ends, for example `task-from-vpc-link`.
    pub name: String,
    /// The group it is in. Fixed at creation.
    pub group: Ref<SecurityGroup>,
    /// Which way. Fixed at creation.
    pub direction: Direction,
    /// `tcp`, `udp`, ...
    pub protocol: String,
    /// First port.
    pub from_port: i32,
    /// Last port.
    pub to_port: i32,
    /// The other side.
    pub peer: Peer,
}

/// What AWS shows of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroupRuleSeen {
    /// Its group.
    pub group: String,
    /// Whether it is an egress rule.
    pub egress: bool,
    /// Protocol.
    pub protocol: String,
    /// First port.
    pub from_port: i32,
    /// Last port.
    pub to_port: i32,
    /// Block, group or prefix list.
    pub peer: String,
}

impl SecurityGroupRule {
    fn peer(&self, ids: &Ids) -> Result<String, Unresolved> {
        Ok(match &self.peer {
            Peer::Cidr(cidr) => cidr.to_string(),
            Peer::Group(group) => ids.of(group)?.as_str().to_owned(),
            Peer::GroupId(id) | Peer::PrefixList(id) => id.clone(),
        })
    }

    fn permission(&self, peer: String) -> IpPermission {
        let permission =
            IpPermission::builder().ip_protocol(&self.protocol).from_port(self.from_port).to_port(self.to_port);
        match self.peer {
            Peer::Cidr(_) => permission.ip_ranges(IpRange::builder().cidr_ip(peer).description(&self.name).build()),
            Peer::Group(_) | Peer::GroupId(_) => permission
                .user_id_group_pairs(UserIdGroupPair::builder().group_id(peer).description(&self.name).build()),
            Peer::PrefixList(_) => {
                permission.prefix_list_ids(PrefixListId::builder().prefix_list_id(peer).description(&self.name).build())
            }
        }
        .build()
    }

    fn request(&self, peer: String) -> SecurityGroupRuleRequest {
        let request = SecurityGroupRuleRequest::builder()
            .ip_protocol(&self.protocol)
            .from_port(self.from_port)
            .to_port(self.to_port)
            .description(&self.name);
        match self.peer {
            Peer::Cidr(_) => request.cidr_ipv4(peer),
            Peer::Group(_) | Peer::GroupId(_) => request.referenced_group_id(peer),
            Peer::PrefixList(_) => request.prefix_list_id(peer),
        }
        .build()
    }

    fn seen(&self, group: &Id, peer: String) -> SecurityGroupRuleSeen {
        SecurityGroupRuleSeen {
            group: group.as_str().to_owned(),
            egress: self.direction == Direction::Egress,
            protocol: self.protocol.clone(),
            from_port: self.from_port,
            to_port: self.to_port,
            peer,
        }
    }
}

impl Resource for SecurityGroupRule {
    type Seen = SecurityGroupRuleSeen;
    type Client = aws_sdk_ec2::Client;

    const KIND: Kind =
        Kind { order: 90, name: "security-group-rule", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::SecurityGroupRules];
    const CALLS: &'static [Call] = &[
        call("ec2:AuthorizeSecurityGroupEgress").with(&[EC2_TAGS]),
        call("ec2:AuthorizeSecurityGroupIngress").with(&[EC2_TAGS]),
        call("ec2:CreateTags"),
        call("ec2:DeleteTags"),
        call("ec2:DescribeSecurityGroupRules"),
        call("ec2:ModifySecurityGroupRules"),
        call("ec2:RevokeSecurityGroupEgress"),
        call("ec2:RevokeSecurityGroupIngress"),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn needs(&self) -> Vec<Need> {
        let peer = match &self.peer {
            Peer::Group(group) => Some(group.exists()),
            Peer::Cidr(_) | Peer::GroupId(_) | Peer::PrefixList(_) => None,
        };
        std::iter::once(self.group.exists()).chain(peer).collect()
    }

    fn compare(&self, seen: &SecurityGroupRuleSeen, ids: &Ids) -> Comparison {
        let SecurityGroupRuleSeen { group, egress, protocol, from_port, to_port, peer } = seen;
        let table = Comparison::default()
            .fixed_ref("group", ids.of(&self.group), group)
            .fixed("egress", &(self.direction == Direction::Egress), egress)
            .fixed("peerType", &self.peer.of_type(), &Type::of(peer))
            .field("protocol", &self.protocol, protocol)
            .field("fromPort", &self.from_port, from_port)
            .field("toPort", &self.to_port, to_port);
        match self.peer(ids) {
            Ok(declared) => table.field("peer", &declared, peer),
            Err(Unresolved(key)) => table.unresolved(key),
        }
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<SecurityGroupRuleSeen>> {
        answered(&view.security_group_rules).iter().filter_map(|rule| read_one(rule, owner)).collect()
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html>
    async fn create(&self, ec2: &Ec2, ids: &Ids, mark: &Mark) -> Result<Live<SecurityGroupRuleSeen>, Fault> {
        let operation = match self.direction {
            Direction::Ingress => "AuthorizeSecurityGroupIngress",
            Direction::Egress => "AuthorizeSecurityGroupEgress",
        };
        let group = ids.of(&self.group).map_err(|cause| unresolved(operation, &cause))?;
        let peer = self.peer(ids).map_err(|cause| unresolved(operation, &cause))?;
        let permission = self.permission(peer.clone());
        let tags = specification(ResourceType::SecurityGroupRule, &mark.tags);
        let rules = match self.direction {
            Direction::Ingress => {
                let call = ec2.writes().authorize_security_group_ingress().group_id(group.as_str());
                let call = call.ip_permissions(permission).tag_specifications(tags).send();
                ec2.write(operation, call).await?.security_group_rules
            }
            Direction::Egress => {
                let call = ec2.writes().authorize_security_group_egress().group_id(group.as_str());
                let call = call.ip_permissions(permission).tag_specifications(tags).send();
                ec2.write(operation, call).await?.security_group_rules
            }
        };
        let id = rules
            .and_then(|rules| rules.into_iter().next())
            .and_then(|rule| rule.security_group_rule_id)
            .ok_or_else(|| incomplete(operation, "securityGroupRuleId"))?;
        Ok(hung(mark.live(id, Phase::Ready, self.seen(group, peer))))
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySecurityGroupRules.html>
    async fn update(
        &self,
        ec2: &Ec2,
        live: &Live<SecurityGroupRuleSeen>,
        _: &[Change],
        ids: &Ids,
    ) -> Result<Live<SecurityGroupRuleSeen>, Fault> {
        const OPERATION: &str = "ModifySecurityGroupRules";
        let peer = self.peer(ids).map_err(|cause| unresolved(OPERATION, &cause))?;
        let change = SecurityGroupRuleUpdate::builder()
            .security_group_rule_id(live.id.as_str())
            .security_group_rule(self.request(peer.clone()))
            .build();
        let call = ec2.writes().modify_security_group_rules().group_id(&live.seen.group).security_group_rules(change);
        ec2.write(OPERATION, call.send()).await?;
        let seen = self.seen(&Id::from(live.seen.group.as_str()), peer);
        Ok(hung(Live { seen, ..live.clone() }))
    }

    async fn delete(ec2: &Ec2, live: &Live<SecurityGroupRuleSeen>) -> Result<Deletion, Fault> {
        let mut rules = Rules { group: live.seen.group.clone(), ..Rules::default() };
        let side = if live.seen.egress { &mut rules.egress } else { &mut rules.ingress };
        side.insert(live.id.as_str().to_owned());
        match revoke(ec2, &rules).await {
            Ok(()) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

fn read_one(rule: &Sdk, owner: &Owner) -> Option<Live<SecurityGroupRuleSeen>> {
    let (key, attempt) = owner.mark_of(SecurityGroupRule::KIND, rule.tags())?;
    let tags = from_list(rule.tags());
    let peer = rule
        .cidr_ipv4()
        .or(rule.cidr_ipv6())
        .or(rule.prefix_list_id())
        .or(rule.referenced_group_info().and_then(|group| group.group_id()));
    Some(hung(Live {
        key,
        attempt,
        id: Id::from(rule.security_group_rule_id()?),
        attributes: engine::Attributes::new(),
        phase: Phase::Ready,
        seen: SecurityGroupRuleSeen {
            group: rule.group_id()?.to_owned(),
            egress: rule.is_egress().unwrap_or_default(),
            protocol: rule.ip_protocol().unwrap_or_default().to_owned(),
            from_port: rule.from_port().unwrap_or_default(),
            to_port: rule.to_port().unwrap_or_default(),
            peer: peer.unwrap_or_default().to_owned(),
        },
        on: Vec::new(),
        within: None,
        tags,
        created: None,
    }))
}

/// Fills in what the rule hangs on: its group, with which it dies, unless it refers to another group, which could then never be
/// deleted while it stands; such a rule is revoked on its own.
fn hung(live: Live<SecurityGroupRuleSeen>) -> Live<SecurityGroupRuleSeen> {
    let group = Id::from(live.seen.group.as_str());
    let peer = Id::from(live.seen.peer.as_str());
    let refers = peer != group && Type::of(&live.seen.peer) == Type::SecurityGroup;
    let (on, within) = if refers { (vec![group, peer], None) } else { (vec![group.clone()], Some(group)) };
    Live { on, within, ..live }
}

#[cfg(test)]
mod tests;
