//! What the controller may do in Kubernetes: generated into `manifests/rbac.yaml`, no more than it uses.

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, RoleRef, Subject};
use kube::core::ObjectMeta;

/// The namespace of the installation.
pub const NAMESPACE: &str = "fargatestack-system";
/// The name of the service account, role and binding.
pub const NAME: &str = "fargatestack-controller";

/// What the controller does, and why.
fn rules() -> Vec<PolicyRule> {
    let rule = |group: &str, resource: &str, verbs: &[&str]| PolicyRule {
        api_groups: Some(vec![group.to_owned()]),
        resources: Some(vec![resource.to_owned()]),
        verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
        ..PolicyRule::default()
    };
    vec![
        // Patch is for the finalizer alone: the spec is the user's.
        rule("fargatestack.dev", "fargatestacks", &["get", "list", "patch", "watch"]),
        rule("fargatestack.dev", "fargatestacks/status", &["patch"]),
        rule("fargatestack.dev", "awsidentities", &["get", "list", "watch"]),
        // The UIDs of the stack's namespace and of kube-system are part of the owner's mark; labels decide who may use an identity.
        rule("", "namespaces", &["get"]),
        rule("events.k8s.io", "events", &["create", "patch"]),
    ]
}

/// The manifest, one YAML document an object.
///
/// # Errors
/// If an object cannot be written as YAML.
pub fn manifest() -> Result<String, serde_yaml::Error> {
    let named = |namespace: Option<&str>, name: &str| ObjectMeta {
        name: Some(name.to_owned()),
        namespace: namespace.map(str::to_owned),
        ..ObjectMeta::default()
    };
    let namespace = Namespace { metadata: named(None, NAMESPACE), ..Namespace::default() };
    let account = ServiceAccount { metadata: named(Some(NAMESPACE), NAME), ..ServiceAccount::default() };
    let role = ClusterRole { metadata: named(None, NAME), rules: Some(rules()), ..ClusterRole::default() };
    let binding = ClusterRoleBinding {
        metadata: named(None, NAME),
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "ClusterRole".to_owned(),
            name: NAME.to_owned(),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: NAME.to_owned(),
            namespace: Some(NAMESPACE.to_owned()),
            ..Subject::default()
        }]),
    };
    let documents = [
        serde_yaml::to_string(&namespace)?,
        serde_yaml::to_string(&account)?,
        serde_yaml::to_string(&role)?,
        serde_yaml::to_string(&binding)?,
    ];
    Ok(documents.join("---\n"))
}
