//! Roles as IAM shows them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::Client as IamClient;
use aws_sdk_iam::types::Role as Sdk;
use engine::{Fault, Id, Key, Live, Phase, Tags};

use super::{PATH, RoleSeen};
use crate::aws::clients::from_list;
use crate::aws::cloud::Iam;
use crate::aws::document::decoded;
use crate::aws::fault::is_not_found;
use crate::aws::resource::ARN;
use crate::aws::sources::{Detail, Listing, Look, answered};

/// `ListRoles` under the controller's path.
pub struct Roles;

impl Listing for Roles {
    type Client = IamClient;
    type Item = Sdk;

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>
    async fn list(iam: &Iam) -> Result<Vec<Sdk>, Fault> {
        let call = iam.reads().list_roles().path_prefix(PATH).into_paginator().page_size(1000).items().send();
        iam.read("ListRoles", call.collect::<Result<Vec<_>, _>>()).await
    }

    async fn find(iam: &Iam, id: &Id) -> Result<Option<Sdk>, Fault> {
        get(iam, id.as_str()).await
    }

    fn mark(_: &Sdk) -> Option<(Id, Tags)> {
        None
    }
}

/// What a role's own questions answer.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleDetail {
    /// The role itself, with its boundary.
    pub role: Sdk,
    /// Its inline policies by name.
    pub inline: BTreeMap<String, String>,
    /// ARNs of the managed policies.
    pub managed: BTreeSet<String>,
    /// All its tags.
    pub tags: Tags,
}

/// `GetRole` and the lists of policies of the roles under the path of the stack that looks, by their name.
pub struct RoleDetails;

impl Detail for RoleDetails {
    type Client = IamClient;
    type Item = RoleDetail;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let path = format!("{PATH}{}/", look.owner.stack);
        let ours = answered(&look.view.listed.roles).iter().filter(|role| role.path() == path);
        ours.map(|role| Id::from(role.role_name())).collect()
    }

    async fn ask(iam: &Iam, name: &Id) -> Result<Option<RoleDetail>, Fault> {
        detail(iam, name.as_str()).await
    }

    fn tags(detail: &RoleDetail) -> Option<Tags> {
        Some(detail.tags.clone())
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>: unlike the list, it shows tags and boundary.
async fn get(iam: &Iam, name: &str) -> Result<Option<Sdk>, Fault> {
    match iam.read("GetRole", iam.reads().get_role().role_name(name).send()).await {
        Ok(answer) => Ok(answer.role),
        Err(fault) if is_not_found(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Everything about the role `name`; `None` if there is none.
///
/// - <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html>
/// - <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html>
/// - <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html>
pub(super) async fn detail(iam: &Iam, name: &str) -> Result<Option<RoleDetail>, Fault> {
    let Some(role) = get(iam, name).await? else { return Ok(None) };
    let attached = iam.reads().list_attached_role_policies().role_name(name).into_paginator().items().send();
    let attached = iam.read("ListAttachedRolePolicies", attached.collect::<Result<Vec<_>, _>>()).await?;
    let names = iam.reads().list_role_policies().role_name(name).into_paginator().items().send();
    let names = iam.read("ListRolePolicies", names.collect::<Result<Vec<_>, _>>()).await?;
    let mut inline = BTreeMap::new();
    for policy in names {
        let call = iam.reads().get_role_policy().role_name(name).policy_name(&policy);
        let document = iam.read("GetRolePolicy", call.send()).await?.policy_document;
        inline.insert(policy, decoded(&document));
    }
    let managed = attached.into_iter().filter_map(|policy| policy.policy_arn).collect();
    let tags = from_list(role.tags());
    Ok(Some(RoleDetail { role, inline, managed, tags }))
}

pub(super) fn live(detail: &RoleDetail, (key, attempt): (Key, u32)) -> Live<RoleSeen> {
    let RoleDetail { role, inline, managed, tags } = detail;
    let boundary = role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
    Live {
        key,
        attempt,
        id: Id::from(role.role_name()),
        attributes: [(ARN.into(), role.arn().to_owned())].into_iter().collect(),
        phase: Phase::Ready,
        seen: RoleSeen {
            role_name: role.role_name().to_owned(),
            path: role.path().to_owned(),
            trust: decoded(role.assume_role_policy_document().unwrap_or_default()),
            inline: inline.clone(),
            managed: managed.clone(),
            boundary: boundary.map(str::to_owned),
        },
        on: Vec::new(),
        within: None,
        tags: tags.clone(),
        created: Some(role.create_date().secs()),
    }
}
