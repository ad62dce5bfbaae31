//! `AwsIdentity`: who may act in which AWS account, and where.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::core::{Selector, SelectorExt};
use kube::{CustomResource, KubeSchema};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// An AWS role, and the namespaces, regions and account for which it may be used. What is not allowed is refused.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "fargatestack.dev",
    version = "v1alpha1",
    kind = "AwsIdentity",
    plural = "awsidentities",
    category = "aws",
    derive = "PartialEq",
    doc = "An AWS role, and the namespaces, regions and account for which stacks may use it. Set by administrators.",
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountId"),
    printcolumn(name = "Role", type_ = "string", json_path = ".spec.roleArn"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[x_kube(
    validation = Rule::new("!has(self.roleArn) || self.roleArn.contains('::' + self.accountId + ':')")
        .message("roleArn must be a role of accountId"),
    validation = Rule::new("!has(self.externalId) || has(self.roleArn)")
        .message("externalId is sent when a role is assumed: set roleArn too"),
    validation = Rule::new("!has(self.sessionTags) || has(self.roleArn)")
        .message("sessionTags are sent when a role is assumed: set roleArn too"),
)]
pub struct AwsIdentitySpec {
    /// Role to assume. Default: none, the controller's own credentials are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512), regex(pattern = "^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$"))]
    pub role_arn: Option<String>,
    /// External ID that the role's trust policy asks for, 2 to 1224 characters. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 1224), regex(pattern = r"^[\w+=,.@:/-]+$"))]
    pub external_id: Option<String>,
    /// Session tags sent with AssumeRole, at most 50. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 50, "additionalProperties" = {"type": "string", "maxLength": 256}))]
    #[x_kube(validation = Rule::new("self.all(k, size(k) >= 1 && size(k) <= 128 && !k.startsWith('aws:'))")
        .message("keys of session tags need 1 to 128 characters and must not begin with aws:"))]
    pub session_tags: Option<BTreeMap<String, String>>,
    /// Namespaces whose stacks may use this identity. Default: none.
    #[serde(default)]
    pub allowed_namespaces: AllowedNamespaces,
    /// Regions in which it may be used.
    #[schemars(
        length(min = 1, max = 40),
        inner(length(max = 32), regex(pattern = "^[a-z]{2}(-[a-z]+)+-[0-9]+$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub allowed_regions: Vec<String>,
    /// AWS account in which it acts, 12 digits. Credentials that lead to another account are refused.
    #[schemars(length(max = 12), regex(pattern = "^[0-9]{12}$"))]
    pub account_id: String,
    /// ARN of the permissions boundary of every role that is created. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512), regex(pattern = "^arn:aws[a-z-]*:iam::[0-9]{12}:policy/.+$"))]
    pub permissions_boundary_arn: Option<String>,
    /// Most stacks that may use it, 1 or more. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_stacks: Option<i32>,
}

/// Namespaces by name or by label; a namespace that matches either is allowed. Empty allows nobody.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AllowedNamespaces {
    /// Names of namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000), inner(length(min = 1, max = 63)), extend("x-kubernetes-list-type" = "set"))]
    pub names: Option<Vec<String>>,
    /// Labels of namespaces. An empty selector allows nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "label_selector")]
    pub selector: Option<LabelSelector>,
}

impl AllowedNamespaces {
    /// Whether stacks of the namespace `name` with these `labels` may use the identity. Fails closed: an empty or
    /// unreadable selector matches nobody.
    #[must_use]
    pub fn admits(&self, name: &str, labels: &BTreeMap<String, String>) -> bool {
        let named = self.names.iter().flatten().any(|allowed| allowed == name);
        named || self.selector.clone().is_some_and(|selector| selects(selector, labels))
    }
}

fn selects(selector: LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    Selector::try_from(selector).is_ok_and(|selector| !selector.selects_all() && selector.matches(labels))
}

fn label_selector(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "properties": {
            "matchLabels": {"type": "object", "additionalProperties": {"type": "string"}},
            "matchExpressions": {
                "type": "array",
                "x-kubernetes-list-type": "atomic",
                "items": {
                    "type": "object",
                    "required": ["key", "operator"],
                    "properties": {
                        "key": {"type": "string"},
                        "operator": {"type": "string", "enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
                        "values": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "atomic"},
                    },
                },
            },
        },
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn admits(allowed: Value, namespace: &str) -> bool {
        let labels = BTreeMap::from([("team".to_owned(), "shop".to_owned())]);
        serde_json::from_value::<AllowedNamespaces>(allowed).unwrap().admits(namespace, &labels)
    }

    #[test]
    fn names_and_labels_are_allowed() {
        assert!(admits(json!({"names": ["shop"]}), "shop"));
        assert!(!admits(json!({"names": ["shop"]}), "shop2"));
        assert!(admits(json!({"selector": {"matchLabels": {"team": "shop"}}}), "any"));
        assert!(!admits(json!({"selector": {"matchLabels": {"team": "other"}}}), "any"));
        assert!(admits(json!({"names": ["shop"], "selector": {"matchLabels": {"team": "other"}}}), "shop"));
    }

    #[test]
    fn what_is_empty_or_unreadable_allows_nobody() {
        for nobody in [
            json!({}),
            json!({"names": []}),
            json!({"selector": {}}),
            json!({"selector": {"matchLabels": {}}}),
            json!({"selector": {"matchExpressions": [{"key": "team", "operator": "Like", "values": ["shop"]}]}}),
            json!({"selector": {"matchExpressions": [{"key": "team", "operator": "In"}]}}),
        ] {
            assert!(!admits(nobody.clone(), "shop"), "{nobody}");
        }
    }
}
