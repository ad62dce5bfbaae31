//! Who a stack acts as: from its `identityRef` to a connection. Fails closed.

use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client, ResourceExt as _};

use crate::api::{AwsIdentity, Stack};
use crate::aws::scope::{Connection, Role};
use crate::status::Problem;

/// An identity that this stack may use.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The name of the `AwsIdentity`; `None` for the controller's own.
    pub name: Option<String>,
    /// How to connect.
    pub connection: Connection,
    /// The account that it must lead to.
    pub account: Option<String>,
    /// ARN of the permissions boundary of every role that is created.
    pub permissions_boundary: Option<String>,
}

/// Resolves the identity of `stack`, in its `namespace`. `stacks_before`: how many stacks that use an identity come before this one,
/// see [`precedes`].
///
/// A deletion uses the identity and region of the status, so that it needs no valid spec; where the stack's declaration names
/// another identity, that one is used all the same: it may be the repair.
///
/// # Errors
/// The outer error is Kubernetes' own; the inner one is why the stack may not act.
pub async fn resolve(
    client: &Client,
    stack: &Stack,
    namespace: &Namespace,
    stacks_before: impl Fn(&str) -> usize,
    own_allowed: bool,
) -> kube::Result<Result<Resolved, Problem>> {
    let region = stack.status.region.clone().or_else(|| stack.controls.region.clone());
    let Some(region) = region else {
        return Ok(Err(Problem::IdentityRefused(
            "spec.region is not set: name the region, for example eu-west-1".into(),
        )));
    };
    let unreadable = stack.spec.is_err();
    let name = stack.controls.identity.clone().or_else(|| stack.status.identity.clone().filter(|_| unreadable));
    let Some(name) = name else {
        let own = Resolved {
            name: None,
            connection: Connection { region, role: None },
            account: None,
            permissions_boundary: None,
        };
        let refused =
            "this installation does not lend its own AWS identity: set spec.identityRef.name to an AwsIdentity";
        return Ok(if own_allowed { Ok(own) } else { Err(Problem::IdentityRefused(refused.into())) });
    };
    let Some(identity) = Api::<AwsIdentity>::all(client.clone()).get_opt(&name).await? else {
        return Ok(Err(Problem::IdentityMissing(name)));
    };
    let refusal = refusal(&identity, stack, namespace, &region, stacks_before(&name));
    Ok(refusal.map_or_else(|| Ok(connect(&identity, region)), |why| Err(Problem::IdentityRefused(why))))
}

fn refusal(
    identity: &AwsIdentity,
    stack: &Stack,
    namespace: &Namespace,
    region: &str,
    before: usize,
) -> Option<String> {
    let name = identity.name_any();
    let spec = &identity.spec;
    if !spec.allowed_namespaces.admits(stack.namespace(), namespace.labels()) {
        return Some(format!(
            "AwsIdentity {name} does not allow namespace {}: see its spec.allowedNamespaces",
            stack.namespace()
        ));
    }
    if !spec.allowed_regions.iter().any(|allowed| allowed == region) {
        return Some(format!("AwsIdentity {name} does not allow region {region}: see its spec.allowedRegions"));
    }
    let most = spec.max_stacks.and_then(|most| usize::try_from(most).ok())?;
    // A stack that was already let in is not thrown out when the limit is lowered.
    let newcomer = stack.status.account_id.is_none();
    (newcomer && before >= most)
        .then(|| format!("AwsIdentity {name} allows {most} stacks and {before} came before: see its spec.maxStacks"))
}

/// Whether `other` uses an identity before `stack` does: it was let in already, or it is older. So that of several newcomers as
/// many are let in as there is room for, whichever asks first.
#[must_use]
pub fn precedes(other: &Stack, stack: &Stack) -> bool {
    let age = |stack: &Stack| (stack.metadata.creation_timestamp.clone(), stack.uid().to_owned());
    other.uid() != stack.uid() && (other.status.account_id.is_some() || age(other) < age(stack))
}

fn connect(identity: &AwsIdentity, region: String) -> Resolved {
    let spec = &identity.spec;
    let role = spec.role_arn.as_ref().map(|arn| Role {
        arn: arn.clone(),
        external_id: spec.external_id.clone(),
        // One session for every stack of the identity: a session of its own would be a scope of its own, and share nothing.
        session_name: session_name(&identity.name_any()),
        session_tags: spec.session_tags.clone().unwrap_or_default(),
    });
    Resolved {
        name: Some(identity.name_any()),
        connection: Connection { region, role },
        account: Some(spec.account_id.clone()),
        permissions_boundary: spec.permissions_boundary_arn.clone(),
    }
}

/// A role session name has at most 64 characters.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
fn session_name(identity: &str) -> String {
    format!("fargatestack-{identity}").chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stack(uid: &str, created: &str, account: Option<&str>) -> Stack {
        let metadata = json!({"name": uid, "namespace": "shop", "uid": uid, "creationTimestamp": created});
        serde_json::from_value(json!({"metadata": metadata, "spec": {}, "status": {"accountId": account}})).unwrap()
    }

    #[test]
    fn those_let_in_come_first_then_the_older_ones() {
        let (early, late) = ("2026-11-24T01:00:00Z", "2026-11-24T02:00:00Z");
        let asking = stack("b", early, None);
        let cases = [
            (stack("b", early, None), false),
            (stack("a", early, None), true),
            (stack("c", early, None), false),
            (stack("a", late, None), false),
            (stack("a", late, Some("111122223333")), true),
        ];
        for (other, expected) in cases {
            assert_eq!(precedes(&other, &asking), expected, "{other:?}");
        }
    }
}
