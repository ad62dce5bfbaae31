//! The policies of a role, brought to what is declared. Each call states a fact and may be repeated.
//!
//! - <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html>
//! - <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html>
//! - <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>
//! - <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html>

use std::collections::BTreeMap;

use engine::Fault;

use super::{POLICY, Role, RoleSeen};
use crate::aws::cloud::Iam;
use crate::aws::document::says;
use crate::aws::fault::is_not_found;

impl Role {
    /// Brings the content of the role from `seen` to what is declared; returns it as it then is. Limits come first, rights last.
    pub(super) async fn bring(&self, iam: &Iam, seen: &RoleSeen) -> Result<RoleSeen, Fault> {
        let name = seen.role_name.as_str();
        self.bound(iam, seen).await?;
        let mut trust = seen.trust.clone();
        if !says(&self.trust, &trust) {
            trust = self.trust.to_string();
            let call = iam.writes().update_assume_role_policy().role_name(name).policy_document(&trust);
            iam.write("UpdateAssumeRolePolicy", call.send()).await?;
        }
        for policy in seen.inline.keys().filter(|policy| *policy != POLICY || self.policy.is_none()) {
            remove(iam, name, policy).await?;
        }
        for policy in seen.managed.difference(&self.managed) {
            detach(iam, name, policy).await?;
        }
        let mut inline = BTreeMap::new();
        if let Some(policy) = &self.policy {
            inline.insert(POLICY.to_owned(), policy.to_string());
            if seen.inline.get(POLICY).is_none_or(|seen| !says(policy, seen)) {
                let call = iam.writes().put_role_policy().role_name(name).policy_name(POLICY);
                iam.write("PutRolePolicy", call.policy_document(policy.to_string()).send()).await?;
            }
        }
        for policy in self.managed.difference(&seen.managed) {
            let call = iam.writes().attach_role_policy().role_name(name).policy_arn(policy);
            iam.write("AttachRolePolicy", call.send()).await?;
        }
        let (managed, boundary) = (self.managed.clone(), self.boundary.clone().or_else(|| seen.boundary.clone()));
        Ok(RoleSeen { trust, inline, managed, boundary, ..seen.clone() })
    }

    async fn bound(&self, iam: &Iam, seen: &RoleSeen) -> Result<(), Fault> {
        let Some(boundary) = self.boundary.as_ref().filter(|boundary| seen.boundary.as_ref() != Some(*boundary)) else {
            return Ok(());
        };
        let call = iam.writes().put_role_permissions_boundary().role_name(&seen.role_name);
        iam.write("PutRolePermissionsBoundary", call.permissions_boundary(boundary).send()).await.map(drop)
    }
}

/// Takes every policy away. One that is away already, with or without its role, is none to take away.
pub(super) async fn empty(iam: &Iam, name: &str, seen: &RoleSeen) -> Result<(), Fault> {
    let away = |answer: Result<(), Fault>| match answer {
        Err(fault) if is_not_found(&fault) => Ok(()),
        answer => answer,
    };
    for policy in &seen.managed {
        away(detach(iam, name, policy).await)?;
    }
    for policy in seen.inline.keys() {
        away(remove(iam, name, policy).await)?;
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html>
async fn detach(iam: &Iam, name: &str, policy: &str) -> Result<(), Fault> {
    let call = iam.writes().detach_role_policy().role_name(name).policy_arn(policy);
    iam.write("DetachRolePolicy", call.send()).await.map(drop)
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html>
async fn remove(iam: &Iam, name: &str, policy: &str) -> Result<(), Fault> {
    let call = iam.writes().delete_role_policy().role_name(name).policy_name(policy);
    iam.write("DeleteRolePolicy", call.send()).await.map(drop)
}
