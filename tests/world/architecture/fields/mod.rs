//! Every field of the manifest changed once, on stacks that say them all: the calls that each change takes are those of
//! `tests/golden/fields.txt`, and after each there is nothing left to do.

mod entrance;
mod network;
mod service;
mod small;

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::Value;

use super::golden::golden;
use super::{brought, is_ready, line};
use crate::support::emulator::by_operation;
use crate::support::root;
use crate::support::stack::Stack;

/// A field that is changed, and how.
pub(super) struct Row {
    /// Its path in the definition.
    field: &'static str,
    /// The change in words.
    how: &'static str,
    /// Where it is in the manifest, and what is declared there from then on; null: nothing.
    changes: Vec<(&'static str, Value)>,
    /// What is to come of it.
    then: Then,
}

pub(super) enum Then {
    /// The stack is as declared again.
    Ready,
    /// The stack comes to rest otherwise.
    Rests(fn(&fargatestack::api::Stack) -> bool),
    /// The API server refuses it, saying this.
    Refused(&'static str),
}

/// A change that is made.
pub(super) fn set(field: &'static str, how: &'static str, at: &'static str, to: Value) -> Row {
    Row { field, how, changes: vec![(at, to)], then: Then::Ready }
}

/// Changes that can only be made together.
pub(super) fn together<const N: usize>(
    field: &'static str,
    how: &'static str,
    changes: [(&'static str, Value); N],
) -> Row {
    Row { field, how, changes: changes.into(), then: Then::Ready }
}

/// A change that the API server refuses, for this reason.
pub(super) fn refused(field: &'static str, at: &'static str, to: Value, message: &'static str) -> Row {
    Row { field, how: "refused", changes: vec![(at, to)], then: Then::Refused(message) }
}

/// Sets what `at` points to: a member, or the next item of a list.
fn put(spec: &mut Value, at: &str, to: Value) {
    let (parent, name) = at.rsplit_once('/').unwrap();
    match spec.pointer_mut(parent).unwrap_or_else(|| panic!("{at} is nowhere")) {
        Value::Array(items) => {
            let index: usize = name.parse().unwrap();
            match to {
                Value::Null => drop(items.remove(index)),
                to if index == items.len() => items.push(to),
                to => items[index] = to,
            }
        }
        Value::Object(members) => match to {
            Value::Null => drop(members.remove(name).unwrap_or_else(|| panic!("{at} is not there"))),
            to => drop(members.insert(name.to_owned(), to)),
        },
        other => panic!("{at}: {other}"),
    }
}

/// Makes each change on `stack`, which is declared as `spec`; a line for each.
pub(super) async fn changed(stack: &Stack, spec: &mut Value, rows: Vec<Row>) -> Vec<String> {
    let mut lines = Vec::new();
    for row in rows {
        let Row { field, how, changes, then } = row;
        let mut next = spec.clone();
        for (at, to) in changes {
            put(&mut next, at, to);
        }
        assert_ne!(next, *spec, "{field}: {how} changes nothing");
        let calls = match then {
            Then::Ready => caused(stack, field, &next, is_ready).await,
            Then::Rests(rests) => caused(stack, field, &next, rests).await,
            Then::Refused(message) => {
                let error = stack.refusal(&next).await;
                assert!(error.contains(message), "{field}: {error}");
                lines.push(format!("{field} | refused | {message}"));
                continue;
            }
        };
        lines.push(format!("{field} | {how} | {calls}").trim_end().to_owned());
        *spec = next;
    }
    lines
}

/// The changes in AWS that a declaration causes; nothing follows them.
async fn caused(stack: &Stack, field: &str, spec: &Value, rests: fn(&fargatestack::api::Stack) -> bool) -> String {
    let mark = stack.account.now();
    stack.apply(spec).await;
    stack.until(&format!("the change of {field} is made"), rests).await;
    let calls: Vec<_> = stack.account.calls(mark).into_iter().filter(|call| call.write).collect();
    let refused: Vec<_> = calls.iter().filter(|call| call.error.is_some()).collect();
    assert!(refused.is_empty(), "{field}: {refused:?}");
    let mark = stack.account.now();
    stack.look().await;
    let again = stack.account.writes(mark);
    assert!(again.is_empty(), "{field}: a further look changes something: {again:?}\n{}", stack.describe().await);
    line(&by_operation(&calls))
}

/// Paths of the definition's fields that have no fields themselves.
fn leaves() -> BTreeSet<String> {
    fn walk(node: &Value, path: &str, found: &mut BTreeSet<String>) {
        let (node, path) = match node.get("items") {
            Some(items) if items.get("properties").is_some() => (items, format!("{path}[]")),
            _ => (node, path.to_owned()),
        };
        match node["properties"].as_object() {
            Some(members) => {
                for (name, member) in members {
                    walk(member, format!("{path}.{name}").trim_start_matches('.'), found);
                }
            }
            None => drop(found.insert(path)),
        }
    }
    let text = std::fs::read_to_string(root().join("crds/fargatestacks.yaml")).unwrap();
    let definition: Value = serde_yaml::from_str(&text).unwrap();
    let spec = "/spec/versions/0/schema/openAPIV3Schema/properties/spec";
    let mut found = BTreeSet::new();
    walk(definition.pointer(spec).unwrap(), "", &mut found);
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 5)]
#[expect(clippy::disallowed_methods, reason = "lives side by side, which ask the emulator without yielding")]
async fn every_field_is_changed_by_the_calls_that_it_needs() {
    let lives = [
        tokio::spawn(network::lead()),
        tokio::spawn(service::lead()),
        tokio::spawn(entrance::lead()),
        tokio::spawn(small::lead()),
        tokio::spawn(brought::lead()),
    ];
    let lines: Vec<_> = join_all(lives).await.into_iter().flat_map(Result::unwrap).collect();
    let shown: BTreeSet<_> = lines.iter().filter_map(|line| line.split(" | ").next()).map(str::to_owned).collect();
    let untold: Vec<_> = leaves().into_iter().filter(|leaf| !shown.contains(leaf)).collect();
    assert!(untold.is_empty(), "fields without a change: {untold:?}");
    golden("fields.txt", &lines);
}
