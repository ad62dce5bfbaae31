//! What a stack leaves behind on purpose or by force, what takes it over, and what lost the mark that says whose it is.

use aws_sdk_ec2::types::Tag;
use fargatestack::aws::owner::{RETAINED, STACK, UID};
use k8s_openapi::api::core::v1::Event;
use kube::Api;
use kube::api::ListParams;
use serde_json::{Value, json};

use crate::controller;
use crate::support::cloud::{items, same};
use crate::support::stack::{Stack, holds};

fn without_nat() -> Value {
    json!({"retain": [], "network": {"nat": {"mode": "None"}}})
}

fn retaining() -> Value {
    json!({"network": {"nat": {"mode": "None"}}, "deletionPolicy": "Retain"})
}

#[tokio::test]
async fn what_is_retained_is_taken_over_by_the_next_stack_of_the_name() {
    let stack = Stack::prepare(controller(), "retained").await;
    let empty = stack.account.dump();
    stack.declare(retaining()).await;
    stack.settled().await;
    let (built, mark) = (stack.cloud(), stack.account.now());
    stack.delete().await;
    stack.gone().await;
    let kept = stack.cloud();
    assert_eq!(kept.ids(), built.ids());
    for key in kept.keys() {
        assert_eq!(kept.tag(key, RETAINED), Some("true"), "{key}");
    }
    let writes = stack.account.writes(mark);
    assert!(writes.iter().all(|operation| operation.to_lowercase().contains("tag")), "{writes:?}");

    let mark = stack.account.now();
    stack.declare(without_nat()).await;
    stack.settled().await;
    let (taken, uid) = (stack.cloud(), stack.get().await.uid().to_owned());
    assert_eq!(taken.ids(), built.ids());
    for key in taken.keys() {
        assert_eq!((taken.tag(key, RETAINED), taken.tag(key, UID)), (None, Some(uid.as_str())), "{key}");
    }
    let writes = stack.account.writes(mark);
    assert!(writes.iter().all(|operation| operation.to_lowercase().contains("tag")), "{writes:?}");
    stack.stays().await;

    stack.delete().await;
    stack.gone().await;
    same(&stack.account.dump(), &empty);
}

/// The notes of the events about `stack` with this reason.
async fn events(stack: &Stack, reason: &str) -> Vec<String> {
    let events: Api<Event> = Api::namespaced(stack.client(), &stack.namespace);
    let about = ListParams::default().fields(&format!("involvedObject.name={},reason={reason}", stack.name));
    events.list(&about).await.unwrap().into_iter().filter_map(|event| event.message).collect()
}

#[tokio::test]
async fn a_stack_whose_identity_is_lost_goes_by_force_and_says_what_it_leaves() {
    let stack = Stack::built(controller(), "orphan", without_nat()).await;
    let (built, dump) = (stack.cloud(), stack.account.dump());
    let remove = ["delete", "awsidentity", &stack.namespace];
    stack.controller.world().kubectl(&remove, "").expect_success();
    let uid = stack.get().await.uid().to_owned();
    // On a stack that nobody deletes it does nothing.
    stack.annotate("force-orphan", &uid).await;
    stack.reason("Stalled", "IdentityNotFound").await;
    stack.annotate("force-orphan", "another uid").await;
    stack.delete().await;
    let message = stack.reason("DeletionBlocked", "IdentityNotFound").await;
    assert!(message.contains("fargatestack.dev/force-orphan"), "{message}");
    stack.annotate("force-orphan", &uid).await;
    stack.gone().await;
    same(&stack.account.dump(), &dump);
    let notes = events(&stack, "Retained").await;
    for (key, id) in built.ids() {
        let named = format!("{key} ({id})");
        assert_eq!(notes.iter().filter(|note| note.contains(&named)).count(), 1, "{named}: {notes:?}");
    }
}

/// Takes the mark off a resource; returns it.
async fn unmark(stack: &Stack, key: &str) -> (String, Vec<Tag>) {
    let cloud = stack.cloud();
    let tags = items(cloud.body(key), "Tags")
        .iter()
        .map(|tag| Tag::builder().key(tag["Key"].as_str().unwrap()).value(tag["Value"].as_str().unwrap()).build());
    let (id, tags) = (cloud.id(key).to_owned(), tags.collect::<Vec<_>>());
    let call = stack.account.ec2().delete_tags().resources(&id).set_tags(Some(tags.clone()));
    call.send().await.unwrap();
    (id, tags)
}

async fn mark(stack: &Stack, (id, tags): &(String, Vec<Tag>)) {
    let call = stack.account.ec2().create_tags().resources(id).set_tags(Some(tags.clone()));
    call.send().await.unwrap();
}

#[tokio::test]
async fn what_lost_its_mark_is_named_and_left_until_it_is_put_back() {
    let stack = Stack::prepare(controller(), "unmarked").await;
    let empty = stack.account.dump();
    stack.declare(without_nat()).await;
    stack.settled().await;
    let (built, mark_of_ledger) = (stack.cloud(), stack.account.now());
    let tags = unmark(&stack, "subnet/app-a").await;
    stack.look().await;
    let message = stack.reason("Stalled", "Unmarked").await;
    let ownership = format!("{STACK}={}", stack.qualified());
    assert!(message.contains("subnet/app-a") && message.contains(&tags.0), "{message}");
    assert!(message.contains(&ownership), "{message}");
    stack.look().await;
    assert_eq!(stack.account.writes(mark_of_ledger), Vec::<String>::new(), "nothing is made in its place");
    mark(&stack, &tags).await;
    stack.repaired().await;
    assert_eq!(stack.cloud().ids(), built.ids());

    let tags = unmark(&stack, "subnet/app-a").await;
    stack.delete().await;
    stack
        .until("it is named", |it| {
            let named = |condition: &str| {
                let found = crate::support::stack::find(it, condition);
                found.is_some_and(|found| found.message.contains(&tags.0))
            };
            holds(it, "DeletionBlocked") && named("DeletionBlocked")
        })
        .await;
    assert!(stack.account.dump().to_string().contains(&tags.0), "it is not deleted");
    mark(&stack, &tags).await;
    stack.look().await;
    stack.gone().await;
    same(&stack.account.dump(), &empty);
}
