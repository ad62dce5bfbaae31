//! The whole architecture, end to end: built, changed in every field, meddled with in every kind, held back, deleted.
//!
//! Each test leads stacks through a life of their own. What all the lives called in AWS is what the policies allow
//! ([`permissions`]).

mod architecture;
mod brought;
mod drift;
mod ending;
mod fields;
mod golden;
mod manifest;
mod permissions;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use fargatestack::api;
use futures::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::support::emulator::{Account, Call};
use crate::support::eventually;
use crate::support::stack::{Stack, find, holds};

/// A life of stacks that several tests need: led by the first that asks, once.
struct Life {
    cell: OnceCell<Vec<Account>>,
    begun: AtomicBool,
}

impl Life {
    const fn new() -> Self {
        Self { cell: OnceCell::const_new(), begun: AtomicBool::new(false) }
    }

    /// The accounts in which it took place.
    async fn led(&self, lead: BoxFuture<'_, Vec<Account>>) -> &[Account] {
        let once = async {
            assert!(!self.begun.swap(true, Ordering::Relaxed), "it failed: see the test of its own");
            lead.await
        };
        self.cell.get_or_init(|| once).await
    }
}

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
    let repository = eventually("a repository is made", || {
        let calls = stack.account.calls(0).into_iter();
        let mut made = calls.filter(|call| call.operation == "CreateRepository" && call.effect);
        made.next().and_then(|call| call.request["repositoryName"].as_str().map(str::to_owned))
    });
    stack.account.push(&repository, "1.4.2");
    ready(stack).await
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
