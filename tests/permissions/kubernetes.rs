//! The rules of the roles, and the requests that they allowed.

use std::collections::BTreeSet;

use fargatestack::operator::rbac;
use serde::Deserialize;
use serde_yaml::Value;

use super::{equal, records};

/// A request of a `ServiceAccount` of the installation, and what allowed it.
#[derive(Deserialize)]
pub(super) struct Request {
    verb: String,
    group: String,
    resource: String,
    decision: String,
    /// `ClusterRole`, or `Role`: at home.
    kind: String,
    role: String,
}

/// What one word of a rule allows: kind of the role, group, resource, verb.
type Right = [String; 4];

fn words<'a>(rule: &'a Value, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    rule[name].as_sequence().unwrap().iter().map(|word| word.as_str().unwrap())
}

/// Every right of the roles that are installed. The chart's are generated from the same rules.
fn granted() -> BTreeSet<Right> {
    let manifest = rbac::manifest().unwrap();
    let mut rights = BTreeSet::new();
    for document in serde_yaml::Deserializer::from_str(&manifest) {
        let object = Value::deserialize(document).unwrap();
        let kind = object["kind"].as_str().unwrap();
        for rule in object["rules"].as_sequence().into_iter().flatten() {
            for group in words(rule, "apiGroups") {
                for resource in words(rule, "resources") {
                    rights.extend(words(rule, "verbs").map(|verb| [kind, group, resource, verb].map(str::to_owned)));
                }
            }
        }
    }
    rights
}

#[test]
fn what_is_granted_in_kubernetes_is_what_was_used() {
    let requests: Vec<_> = records().into_iter().flat_map(|record| record.kubernetes).collect();
    // What everybody may: to be told what there is, and what oneself may.
    let ours = requests.into_iter().filter(|it| it.decision == "allow" && !it.role.starts_with("system:"));
    equal(&granted(), &ours.map(|it| [it.kind, it.group, it.resource, it.verb]).collect());
}

#[test]
fn nothing_is_granted_by_a_wildcard_and_no_secret_is_listed() {
    let granted = granted();
    assert!(granted.len() > 10, "{granted:?}");
    assert!(granted.iter().flatten().all(|word| !word.contains('*')), "{granted:?}");
    let of_secrets: Vec<_> =
        granted.iter().filter(|right| right[2] == "secrets").map(|right| right[3].as_str()).collect();
    assert_eq!(of_secrets, ["create", "get", "patch"]);
}
