//! The whole architecture, end to end: built, changed in every field, meddled with in every kind, held back, deleted.
//!
//! Each test leads stacks through a life of their own.

mod brought;
mod drift;
mod ending;
mod fields;
mod golden;
mod life;
mod manifest;

use std::collections::BTreeMap;

use fargatestack::api;

use crate::support::emulator::Call;
use crate::support::eventually;
use crate::support::stack::{Stack, find, holds};

/// Everything is as declared, and nothing is under way.
fn is_ready(stack: &api::Stack) -> bool {
    let current = stack.status.observed_generation == stack.metadata.generation;
    current && holds(stack, "Ready") && find(stack, "Reconciling").is_none()
}

/// Waits until everything of `stack` is as declared, and nothing is under way.
async fn ready(stack: &Stack) -> api::Stack {
    stack.until("it is ready and nothing is under way", is_ready).await
}

/// Declares `spec` for `stack`, pushes its image as soon as there is a repository, and waits until it is ready.
async fn built(stack: &Stack, spec: serde_json::Value) -> api::Stack {
    stack.apply(&spec).await;
    push_when_made(stack, 0);
    ready(stack).await
}

/// Pushes the image of `stack` as soon as a repository is made, after `since` in the ledger.
fn push_when_made(stack: &Stack, since: u64) {
    let repository = eventually("a repository is made", || {
        let calls = stack.account.calls(since).into_iter();
        let mut made = calls.filter(|call| call.operation == "CreateRepository" && call.effect);
        made.next().and_then(|call| call.request["repositoryName"].as_str().map(str::to_owned))
    });
    stack.account.push(&repository, "1.4.2");
}

/// Name of the repository that a stack's images come from.
fn repository(stack: &api::Stack) -> Option<String> {
    let uri = stack.status.outputs.as_ref()?.repository_uri.as_deref()?;
    uri.split_once('/').map(|(_, name)| name.to_owned())
}

/// Operations with how often they occur, as one line.
fn line(calls: &BTreeMap<String, usize>) -> String {
    let counted = calls.iter().map(|(operation, count)| format!("{operation} {count}"));
    counted.collect::<Vec<_>>().join(", ")
}

/// The changes among `calls`.
fn writes(calls: &[Call]) -> impl Iterator<Item = &Call> {
    calls.iter().filter(|call| call.write)
}
