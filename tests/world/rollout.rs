//! Which image runs, and what becomes of a rollout that fails: it is remembered, told, and not tried for ever.

use serde_json::{Value, json};

use crate::controller;
use crate::service::running_image;
use crate::support::emulator::REGION;
use crate::support::stack::{Stack, find, holds};

/// What runs follows what is declared, by whatever name, and what a tag stands for.
#[tokio::test]
async fn an_image_is_named_by_tag_digest_or_uri() {
    let spec = |image: Value| json!({"registry": {"tagImmutability": false}, "service": {"image": image}});
    let stack = Stack::working(controller(), "images", spec(json!({}))).await;
    let registry = format!("{}.dkr.ecr.{REGION}.amazonaws.com", stack.account.id());
    let own = format!("{registry}/images/orders");
    let runs = async |what: &str, expected: String| {
        stack.ready().await;
        assert_eq!(running_image(&stack).await, expected, "{what}");
        stack.stays().await;
    };
    let found = stack.get().await.status.service.unwrap().image.unwrap();
    assert_eq!(found.name, format!("{own}:1.4.2"));
    runs("a tag", format!("{own}@{}", found.digest)).await;

    let digest = stack.push("2.0.0");
    stack.declare(spec(json!({"tag": null, "digest": digest}))).await;
    stack.until("the digest is seen", |it| it.status.observed_generation == Some(2)).await;
    runs("a digest", format!("{own}@{digest}")).await;

    stack.account.ecr().create_repository().repository_name("base/orders").send().await.unwrap();
    let digest = stack.account.push("base/orders", "3");
    stack.declare(spec(json!({"tag": null, "uri": format!("{registry}/base/orders:3")}))).await;
    stack.until("the URI is seen", |it| it.status.observed_generation == Some(3)).await;
    runs("a URI", format!("{registry}/base/orders@{digest}")).await;

    let moved = stack.account.push_as("base/orders", "3", "another one");
    assert_ne!(moved, digest);
    stack.looking("the tag's new image is rolled out", |it| holds(it, "Ready") && !holds(it, "Reconciling")).await;
    runs("a tag that moved", format!("{registry}/base/orders@{moved}")).await;
}

/// Waits for the failure, and sees that nothing is tried again because of it.
async fn fails(stack: &Stack, reason: &str) {
    let message = stack.reason("Ready", reason).await;
    assert!(message.contains("the application ended by itself"), "{message}");
    let seen = stack.get().await;
    for condition in ["ServiceReady", "Stalled"] {
        assert_eq!(find(&seen, condition).unwrap().reason, reason);
    }
    assert!(seen.status.service.unwrap().failed_rollout.is_some());
    for _ in 0..3 {
        stack.stays().await;
    }
    stack.reason("Ready", reason).await;
}

/// The changes of the service that the controller sends while `spec` is declared and comes to `reason`.
async fn tries(stack: &Stack, spec: Value, reason: &str) -> usize {
    let mark = stack.account.now();
    stack.declare(spec).await;
    let generation = stack.get().await.metadata.generation;
    let seen = |it: &fargatestack::api::Stack| {
        it.status.observed_generation == generation && find(it, "Ready").is_some_and(|it| it.reason == reason)
    };
    stack.until(&format!("the declaration comes to {reason}"), seen).await;
    if reason == "Ready" {
        stack.ready().await;
    } else {
        fails(stack, reason).await;
    }
    stack.account.writes(mark).into_iter().filter(|call| call == "UpdateService").count()
}

/// A rollout that fails is told and remembered; each change of the declaration, in whatever field, is one try.
async fn a_failed_rollout(namespace: &str, rollback: bool, reason: &str) {
    let spec = |tag: &str, team: &str| {
        json!({
            "tags": {"team": team},
            "service": {"image": {"tag": tag}, "deployment": {"rollback": rollback}},
        })
    };
    let stack = Stack::working(controller(), namespace, spec("1.4.2", "a")).await;
    let good = running_image(&stack).await;
    let bad = format!("*{}", stack.push("2.0.0"));
    stack.account.applications(&bad, "crashes");
    assert_eq!(tries(&stack, spec("2.0.0", "a"), reason).await, 1);
    // What ran before still does.
    assert_eq!(stack.get().await.status.replicas, Some(2));
    assert_eq!(running_image(&stack).await == good, rollback);
    assert_eq!(tries(&stack, spec("2.0.0", "b"), reason).await, 1, "another field is changed");
    stack.account.applications(&bad, "answers");
    fails(&stack, reason).await;
    assert_eq!(tries(&stack, spec("2.0.0", "c"), "Ready").await, 1);
    assert_ne!(running_image(&stack).await, good);
    assert!(stack.get().await.status.service.unwrap().failed_rollout.is_none());
    stack.stays().await;
}

#[tokio::test]
async fn a_rollback_is_not_ready_and_is_tried_again_when_declared() {
    a_failed_rollout("rolled-back", true, "RolledBack").await;
}

#[tokio::test]
async fn a_rollout_that_failed_for_good_is_tried_again_when_declared() {
    a_failed_rollout("rollout-failed", false, "RolloutFailed").await;
}

/// There is nothing to return to.
#[tokio::test]
async fn a_first_rollout_that_fails_is_tried_again_when_declared() {
    let stack = Stack::prepare(controller(), "first-rollout").await;
    stack.account.applications("*", "crashes");
    stack.declare(json!({})).await;
    stack.settled().await;
    stack.push("1.4.2");
    stack.look().await;
    fails(&stack, "RolloutFailed").await;
    stack.account.applications("*", "answers");
    fails(&stack, "RolloutFailed").await;
    assert_eq!(tries(&stack, json!({"tags": {"team": "shop"}}), "Ready").await, 1);
    stack.stays().await;
}
