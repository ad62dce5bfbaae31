//! IAM role that a service of AWS assumes on the stack's behalf, with its policies as its content.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::Client as IamClient;
use engine::{Change, Comparison, Creation, Deletion, Fault, Ids, Kind, Live, Need, Phase, Replace};
use serde_json::Value;

use super::call::{Call, ROLE_TAGS, call};
use super::clients::to_list;
use super::cloud::Iam;
use super::document::says;
use super::fault::{incomplete, is_not_found};
use super::owner::Owner;
use super::resource::{ARN, Mark, Resource};
use super::sources::{Question, View, answered};

mod content;
mod shown;

pub use shown::{RoleDetail, RoleDetails, Roles};

/// Path under which all roles are that the controller makes; that of one stack follows it, so that policies can speak of them, and
/// lists tell whose they are.
pub const PATH: &str = "/fargatestack/";

/// Name of the inline policy.
const POLICY: &str = "fargatestack";

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Which one: `execution`, `task`, `flow`.
    pub name: &'static str,
    /// Its name in AWS, unique in the account. Fixed at creation.
    pub role_name: String,
    /// Its path in AWS, below [`PATH`]. Fixed at creation.
    pub path: String,
    /// Who may assume it.
    pub trust: Value,
    /// What it may do, beside the managed policies.
    pub policy: Option<Value>,
    /// ARNs of managed policies.
    pub managed: BTreeSet<String>,
    /// ARN of the policy beyond which it may do nothing. Without one, a boundary that somebody else set stays: it only limits.
    pub boundary: Option<String>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSeen {
    /// Its name.
    pub role_name: String,
    /// Its path.
    pub path: String,
    /// Who may assume it, as AWS writes it.
    pub trust: String,
    /// Its inline policies by name, as AWS writes them.
    pub inline: BTreeMap<String, String>,
    /// ARNs of the managed policies.
    pub managed: BTreeSet<String>,
    /// ARN of its permissions boundary.
    pub boundary: Option<String>,
}

impl Role {
    /// Whether `inline` is exactly the declared policy.
    fn policy_agrees(&self, inline: &BTreeMap<String, String>) -> bool {
        match &self.policy {
            Some(policy) => inline.len() == 1 && inline.get(POLICY).is_some_and(|seen| says(policy, seen)),
            None => inline.is_empty(),
        }
    }

    /// What stands under its name, when AWS says that something does: what an earlier, lost call of the same create made.
    async fn standing(&self, iam: &Iam, mark: &Mark, refusal: Fault) -> Result<Live<RoleSeen>, Fault> {
        let Some(detail) = shown::detail(iam, &self.role_name).await? else { return Err(refusal) };
        if !mark.is_on(&detail.tags) {
            return Err(mark.held(refusal, &format!("role {}", self.role_name), &detail.tags));
        }
        Ok(shown::live(&detail, (mark.key.clone(), mark.attempt)))
    }
}

impl Resource for Role {
    type Seen = RoleSeen;
    type Client = IamClient;

    const KIND: Kind = Kind { order: 130, name: "role", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    // Its name is its ARN, which is named elsewhere before it stands.
    const REPLACE: Replace = Replace::DeleteFirst;
    const SOURCES: &'static [Question] = &[Question::Roles, Question::RoleDetails];
    const CALLS: &'static [Call] = &[
        call("iam:AttachRolePolicy"),
        call("iam:CreateRole").with(&[ROLE_TAGS]),
        call("iam:DeleteRole"),
        call("iam:DeleteRolePolicy"),
        call("iam:DetachRolePolicy"),
        call("iam:GetRole"),
        call("iam:GetRolePolicy"),
        call("iam:ListAttachedRolePolicies"),
        call("iam:ListRolePolicies"),
        call("iam:ListRoles"),
        call("iam:PutRolePermissionsBoundary"),
        call("iam:PutRolePolicy"),
        call("iam:TagRole"),
        call("iam:UntagRole"),
        call("iam:UpdateAssumeRolePolicy"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn compare(&self, seen: &RoleSeen, _: &Ids) -> Comparison {
        let RoleSeen { role_name, path, trust, inline, managed, boundary } = seen;
        Comparison::default()
            .fixed("roleName", &self.role_name, role_name)
            .fixed("path", &self.path, path)
            .field("permissionsBoundary", &self.boundary.as_ref().or(boundary.as_ref()), &boundary.as_ref())
            .opaque("trust", &true, &says(&self.trust, trust))
            .opaque("policy", &true, &self.policy_agrees(inline))
            .field("managedPolicies", &self.managed, managed)
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<RoleSeen>> {
        let read_one = |role: &aws_sdk_iam::types::Role| {
            let detail = view.detailed.role_details.get(role.role_name())?;
            Some(shown::live(detail, owner.mark_of(Self::KIND, &detail.tags)?))
        };
        answered(&view.listed.roles).iter().filter_map(read_one).collect()
    }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
    ///
    /// Its policies follow at once; if one fails the role stays pending and the next pass updates it, as after a crash between
    /// the calls. The boundary is there from the first moment.
    async fn create(&self, iam: &Iam, _: &Ids, mark: &Mark) -> Result<Live<RoleSeen>, Fault> {
        const OPERATION: &str = "CreateRole";
        let trust = self.trust.to_string();
        let call = iam
            .writes()
            .create_role()
            .role_name(&self.role_name)
            .path(&self.path)
            .assume_role_policy_document(&trust)
            .set_permissions_boundary(self.boundary.clone())
            .set_tags(Some(to_list(&mark.tags)));
        let made = match iam.write(OPERATION, call.send()).await {
            Ok(answer) => answer.role.ok_or_else(|| incomplete(OPERATION, "role"))?,
            Err(fault) if fault.code == "EntityAlreadyExists" => return self.standing(iam, mark, fault).await,
            Err(fault) => return Err(fault),
        };
        let seen = RoleSeen {
            role_name: self.role_name.clone(),
            path: self.path.clone(),
            trust,
            inline: BTreeMap::new(),
            managed: BTreeSet::new(),
            boundary: self.boundary.clone(),
        };
        let live = mark.live(self.role_name.clone(), Phase::Ready, seen);
        let live = Live { attributes: [(ARN.into(), made.arn().to_owned())].into_iter().collect(), ..live };
        Ok(match self.bring(iam, &live.seen).await {
            Ok(seen) => Live { seen, ..live },
            Err(fault) => Live { phase: Phase::Pending(format!("policies are missing: {fault}")), ..live },
        })
    }

    async fn update(&self, iam: &Iam, live: &Live<RoleSeen>, _: &[Change], _: &Ids) -> Result<Live<RoleSeen>, Fault> {
        let seen = self.bring(iam, &live.seen).await?;
        Ok(Live { phase: Phase::Ready, seen, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>: refused before its policies are gone.
    async fn delete(iam: &Iam, live: &Live<RoleSeen>) -> Result<Deletion, Fault> {
        let name = live.id.as_str();
        content::empty(iam, name, &live.seen).await?;
        match iam.write("DeleteRole", iam.writes().delete_role().role_name(name).send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

#[cfg(test)]
mod tests;
