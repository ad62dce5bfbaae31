//! The IAM policy that is handed out allows what the controller's code calls, and nothing else.

use std::collections::BTreeSet;

use fargatestack::aws;
use serde_json::Value;

#[test]
fn the_policy_is_what_the_code_names() {
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/iam/network.json");
    let policy: Value = serde_json::from_str(&std::fs::read_to_string(policy).unwrap()).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let allowed: Vec<&str> =
        statements.iter().flat_map(|it| it["Action"].as_array().unwrap()).filter_map(Value::as_str).collect();
    let distinct: BTreeSet<&str> = allowed.iter().copied().collect();
    assert_eq!(distinct.len(), allowed.len(), "an action is allowed twice");

    let of_kinds = aws::ACTIONS.iter().flat_map(|(_, actions)| actions.iter());
    let named: BTreeSet<&str> = of_kinds.chain(aws::facts::ACTIONS).copied().collect();
    assert_eq!(distinct, named);
}

#[test]
fn looking_changes_nothing() {
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/iam/network.json");
    let policy: Value = serde_json::from_str(&std::fs::read_to_string(policy).unwrap()).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let look = statements.iter().find(|it| it["Sid"] == "Look").unwrap();
    for action in look["Action"].as_array().unwrap() {
        assert!(action.as_str().unwrap().starts_with("ec2:Describe"), "{action}");
    }
}
