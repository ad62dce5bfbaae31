//! The IAM policies that are handed out allow what the controller's code calls, and nothing else.

use std::collections::BTreeSet;

use fargatestack::aws;
use serde_json::Value;

fn statements() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/iam");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let policies = files.map(|path| serde_json::from_str::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap());
    policies.flat_map(|policy| policy["Statement"].as_array().unwrap().clone()).collect()
}

fn actions(statement: &Value) -> Vec<String> {
    statement["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_policies_are_what_the_code_names() {
    let allowed: BTreeSet<String> = statements().iter().flat_map(actions).collect();
    let calls = aws::CALLS.iter().flat_map(|(_, calls)| *calls).chain(aws::facts::CALLS);
    let named: BTreeSet<String> = calls.flat_map(|call| call.actions()).map(str::to_owned).collect();
    assert_eq!(allowed, named);
}

#[test]
fn looking_changes_nothing() {
    let statements = statements();
    let looks: Vec<&Value> = statements.iter().filter(|it| it["Sid"] == "Look").collect();
    assert_eq!(looks.len(), 3);
    for action in looks.into_iter().flat_map(actions) {
        let verb = action.split_once(':').unwrap().1;
        assert!(["Describe", "Get", "List"].iter().any(|prefix| verb.starts_with(prefix)), "{action}");
    }
}
