//! Rules of a group that are not declared one by one: found, and revoked, together.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::SecurityGroupRule as Sdk;
use engine::Fault;

use crate::aws::ec2::Ec2;
use crate::aws::sources::{View, answered};

/// Rules of one group, by direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The group.
    pub group: String,
    /// Ids of ingress rules.
    pub ingress: BTreeSet<String>,
    /// Ids of egress rules.
    pub egress: BTreeSet<String>,
}

impl Rules {
    /// The rules of `group` in `view` that `which` picks.
    pub fn of_group(view: &View, group: &str, which: impl Fn(&Sdk) -> bool) -> Self {
        let mut rules = Self { group: group.to_owned(), ..Self::default() };
        for rule in
            answered(&view.security_group_rules).iter().filter(|rule| rule.group_id() == Some(group) && which(rule))
        {
            let side = if rule.is_egress().unwrap_or_default() { &mut rules.egress } else { &mut rules.ingress };
            side.extend(rule.security_group_rule_id().map(str::to_owned));
        }
        rules
    }

    /// All of them.
    #[must_use]
    pub fn ids(&self) -> BTreeSet<String> {
        self.ingress.union(&self.egress).cloned().collect()
    }
}

/// Takes rules out of their group.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html>
pub async fn revoke(ec2: &Ec2, rules: &Rules) -> Result<(), Fault> {
    let Rules { group, ingress, egress } = rules;
    if !ingress.is_empty() {
        let call = ec2.writes().revoke_security_group_ingress().group_id(group);
        let call = call.set_security_group_rule_ids(Some(ingress.iter().cloned().collect()));
        ec2.write("RevokeSecurityGroupIngress", call.send()).await?;
    }
    if !egress.is_empty() {
        let call = ec2.writes().revoke_security_group_egress().group_id(group);
        let call = call.set_security_group_rule_ids(Some(egress.iter().cloned().collect()));
        ec2.write("RevokeSecurityGroupEgress", call.send()).await?;
    }
    Ok(())
}
