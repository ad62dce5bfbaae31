//! Who a stack acts as: whom an identity admits, and what happens when it leads elsewhere.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::controller;
use crate::support::emulator::Account;
use crate::support::stack::{Stack, find, holds, settled};

fn small() -> Value {
    json!({"network": {"availabilityZones": {"count": 1}, "nat": {"mode": "None"}}})
}

/// Changes the spec of the identity of `stack`.
fn change(stack: &Stack, spec: &Value) {
    let patch = json!({"spec": spec}).to_string();
    let arguments = ["patch", "awsidentity", &stack.namespace, "--type=merge", "-p", &patch];
    stack.controller.world().kubectl(&arguments, "").expect_success();
}

/// An identity that leads to `account`.
fn to(account: &Account) -> Value {
    json!({"accountId": account.id(), "roleArn": format!("arn:aws:iam::{}:role/fargatestack", account.id())})
}

#[tokio::test]
async fn it_serves_only_whom_it_allows() {
    let owner = Stack::prepare(controller(), "identity-owner").await;
    let stack = Stack::prepare(controller(), "identity-thief").await;
    stack.declare(json!({"identityRef": {"name": owner.namespace}})).await;
    let refusal = stack.reason("Stalled", "IdentityRefused").await;
    assert!(refusal.contains("allowedNamespaces"), "{refusal}");
    let elsewhere = stack.sibling("elsewhere");
    elsewhere.declare(json!({"region": "eu-central-1"})).await;
    let refusal = elsewhere.reason("Stalled", "IdentityRefused").await;
    assert!(refusal.contains("allowedRegions"), "{refusal}");
    let nobody = stack.sibling("nobody");
    nobody.declare(json!({"identityRef": {"name": "nobody"}})).await;
    let refusal = nobody.reason("Stalled", "IdentityNotFound").await;
    assert!(refusal.contains("nobody"), "{refusal}");
    assert!(owner.account.calls(0).is_empty() && stack.account.calls(0).is_empty());
}

#[tokio::test]
async fn another_account_stalls_the_stack_until_it_leads_back() {
    let stack = Stack::built(controller(), "moved", small()).await;
    let (before, elsewhere) = (stack.cloud().ids(), Account::new(stack.controller.world()));
    let mark = stack.account.now();
    change(&stack, &to(&elsewhere));
    let message = stack.reason("Stalled", "AccountChanged").await;
    assert!(message.contains(stack.account.id()) && message.contains(elsewhere.id()), "{message}");
    stack.look().await;
    let asked: BTreeSet<_> = elsewhere.calls(0).into_iter().map(|call| call.service).collect();
    assert_eq!(asked, BTreeSet::from(["sts".to_owned()]), "who it is, and nothing else");
    assert_eq!(stack.account.writes(mark), Vec::<String>::new());
    assert_eq!(stack.get().await.status.account_id.as_deref(), Some(stack.account.id()));

    change(&stack, &to(&stack.account));
    stack.until("it goes on", |it| settled(it) && !holds(it, "Stalled")).await;
    assert_eq!(stack.cloud().ids(), before);
    stack.stays().await;
}

#[tokio::test]
async fn it_serves_as_many_stacks_as_it_allows() {
    let first = Stack::prepare(controller(), "crowded").await;
    change(&first, &json!({"maxStacks": 1}));
    first.declare(small()).await;
    first.settled().await;
    let second = first.sibling("second");
    second.declare(small()).await;
    let refusal = second.reason("Stalled", "IdentityRefused").await;
    assert!(refusal.contains("maxStacks") && refusal.contains(&first.namespace), "{refusal}");
    assert!(second.cloud().is_empty());

    // Who is in stays in when the limit sinks; who waits comes in when it rises.
    change(&first, &json!({"maxStacks": 2}));
    second.settled().await;
    change(&first, &json!({"maxStacks": 1}));
    for stack in [&first, &second] {
        stack.stays().await;
        assert!(find(&stack.get().await, "Stalled").is_none());
    }
}
