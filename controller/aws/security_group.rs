//! Security group. Rules are a kind of their own, which breaks the cycles between groups; a rule that is not ours is drift of
//! the group, the allow-all egress that AWS puts into every new group included.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/security-groups.html>

use std::collections::BTreeSet;

use aws_sdk_ec2::types::ResourceType;
use engine::{Change, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Ref, Replace};

use super::Vpc;
use super::call::{Call, EC2_TAGS, call};
use super::clients::from_list;
use super::ec2::{Ec2, specification};
use super::fault::{incomplete, is_not_found, unresolved};
use super::holders;
use super::owner::{Claim, Owner};
use super::resource::{Mark, Resource};
use super::security_group_rule::{Rules, revoke};
use super::sources::{Question, View, answered};

/// A group of rules around network interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Which one: `task`, `vpc-link`, `endpoints`, `load-balancer`.
    pub name: &'static str,
    /// Unique in the VPC, up to 255 characters, not starting with `sg-`. Fixed at creation.
    pub group_name: String,
    /// For people, up to 255 characters of AWS's set. Fixed at creation.
    pub description: String,
    /// Where it is. Fixed at creation.
    pub vpc: Ref<Vpc>,
}

/// What AWS shows of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroupSeen {
    /// Its name.
    pub group_name: String,
    /// Its description.
    pub description: String,
    /// Its VPC.
    pub vpc: String,
    /// Rules in it that are not ours.
    pub foreign_rules: Rules,
}

impl Resource for SecurityGroup {
    type Seen = SecurityGroupSeen;
    type Client = aws_sdk_ec2::Client;

    const KIND: Kind =
        Kind { order: 80, name: "security-group", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::SecurityGroups, Question::SecurityGroupRules];
    const CALLS: &'static [Call] = &[
        call("ec2:CreateSecurityGroup").with(&[EC2_TAGS]),
        call("ec2:CreateTags"),
        call("ec2:DeleteSecurityGroup"),
        call("ec2:DeleteTags"),
        call("ec2:DescribeNetworkInterfaces"),
        call("ec2:DescribeSecurityGroupRules"),
        call("ec2:DescribeSecurityGroups"),
        call("ec2:RevokeSecurityGroupEgress"),
        call("ec2:RevokeSecurityGroupIngress"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        vec![self.vpc.exists()]
    }

    fn compare(&self, seen: &SecurityGroupSeen, ids: &Ids) -> Comparison {
        let SecurityGroupSeen { group_name, description, vpc, foreign_rules } = seen;
        Comparison::default()
            .fixed_ref("vpc", ids.of(&self.vpc), vpc)
            .fixed("groupName", &self.group_name, group_name)
            .fixed("description", &self.description, description)
            .field("foreignRules", &BTreeSet::new(), &foreign_rules.ids())
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<SecurityGroupSeen>> {
        answered(&view.security_groups)
            .iter()
            .filter_map(|group| {
                let (key, attempt) = owner.mark_of(Self::KIND, group.tags())?;
                let tags = from_list(group.tags());
                let id = group.group_id()?;
                let vpc = group.vpc_id().unwrap_or_default();
                let foreign = Rules::of_group(view, id, |rule| owner.claim(rule.tags()) != Claim::Ours);
                Some(Live {
                    key,
                    attempt,
                    id: Id::from(id),
                    attributes: engine::Attributes::new(),
                    phase: Phase::Ready,
                    seen: SecurityGroupSeen {
                        group_name: group.group_name().unwrap_or_default().to_owned(),
                        description: group.description().unwrap_or_default().to_owned(),
                        vpc: vpc.to_owned(),
                        foreign_rules: foreign,
                    },
                    on: vec![Id::from(vpc)],
                    within: None,
                    tags,
                    created: None,
                })
            })
            .collect()
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html>
    ///
    /// The allow-all egress that comes with it is revoked in the next pass, as any other foreign rule; until then it is not ready.
    async fn create(&self, ec2: &Ec2, ids: &Ids, mark: &Mark) -> Result<Live<SecurityGroupSeen>, Fault> {
        const OPERATION: &str = "CreateSecurityGroup";
        let vpc = ids.of(&self.vpc).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = ec2
            .writes()
            .create_security_group()
            .group_name(&self.group_name)
            .description(&self.description)
            .vpc_id(vpc.as_str())
            .tag_specifications(specification(ResourceType::SecurityGroup, &mark.tags));
        let id = ec2.write(OPERATION, call.send()).await?.group_id.ok_or_else(|| incomplete(OPERATION, "groupId"))?;
        let seen = SecurityGroupSeen {
            group_name: self.group_name.clone(),
            description: self.description.clone(),
            vpc: vpc.as_str().to_owned(),
            foreign_rules: Rules::default(),
        };
        Ok(Live {
            on: vec![vpc.clone()],
            ..mark.live(id, Phase::Pending("AWS's allow-all egress rule is still in it".to_owned()), seen)
        })
    }

    async fn update(
        &self,
        ec2: &Ec2,
        live: &Live<SecurityGroupSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<SecurityGroupSeen>, Fault> {
        revoke(ec2, &live.seen.foreign_rules).await?;
        let seen = SecurityGroupSeen { foreign_rules: Rules::default(), ..live.seen.clone() };
        Ok(Live { seen, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html>: refused while a network interface
    /// or a rule of another group refers to it.
    async fn delete(ec2: &Ec2, live: &Live<SecurityGroupSeen>) -> Result<Deletion, Fault> {
        let call = ec2.writes().delete_security_group().group_id(live.id.as_str());
        match ec2.write("DeleteSecurityGroup", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(holders::of_security_group(ec2, live.id.as_str(), fault).await),
        }
    }
}

#[cfg(test)]
mod tests;
