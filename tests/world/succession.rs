//! What a stack leaves behind on purpose or by force, what takes it over, and what lost the mark that says whose it is.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::Tag;
use fargatestack::api;
use fargatestack::aws::owner::{RETAINED, STACK, UID};
use k8s_openapi::api::core::v1::Event;
use kube::Api;
use kube::api::ListParams;
use serde_json::{Value, json};

use crate::controller;
use crate::support::cloud::{items, same};
use crate::support::emulator::REGION;
use crate::support::stack::{Stack, holds, remembered};

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

/// What holds data, by logical id: images, what applications know of the user pool, logs.
fn holding_data(stack: &api::Stack) -> BTreeMap<String, String> {
    let kinds = ["log-group", "repository", "resource-server", "user-pool", "user-pool-client", "user-pool-domain"];
    let mut ids = remembered(stack);
    ids.retain(|key, _| key.split('/').next().is_some_and(|kind| kinds.contains(&kind)));
    ids
}

/// The tags of what can carry some of that.
async fn tags_of_data(stack: &Stack, ids: &BTreeMap<String, String>) -> BTreeMap<String, BTreeMap<String, String>> {
    let account = &stack.account;
    let (ecr, logs) = (account.ecr(), account.logs());
    let mut tags = BTreeMap::new();
    for (key, id) in ids {
        let found: BTreeMap<_, _> = match key.split('/').next().unwrap() {
            "repository" => {
                let shown = ecr.describe_repositories().repository_names(id).send().await.unwrap();
                let arn = shown.repositories()[0].repository_arn().unwrap();
                let tags = ecr.list_tags_for_resource().resource_arn(arn).send().await.unwrap().tags.unwrap();
                tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
            }
            "log-group" => {
                let arn = format!("arn:aws:logs:{REGION}:{}:log-group:{id}", account.id());
                logs.list_tags_for_resource()
                    .resource_arn(arn)
                    .send()
                    .await
                    .unwrap()
                    .tags
                    .unwrap()
                    .into_iter()
                    .collect()
            }
            "user-pool" => {
                let shown = account.cognito().describe_user_pool().user_pool_id(id).send().await.unwrap();
                shown.user_pool.unwrap().user_pool_tags.unwrap().into_iter().collect()
            }
            _ => continue,
        };
        tags.insert(key.clone(), found);
    }
    tags
}

/// By default what holds data outlives its stack, and the next one of its name serves with it, image and all.
#[tokio::test]
async fn what_is_kept_by_default_serves_the_next_stack() {
    let spec = || {
        json!({
            "network": {"nat": {"mode": "None"}, "flowLogs": {"retentionDays": 7}},
            "auth": {
                "userPool": {"domainPrefix": "kept-by-default"},
                "resourceServers": [{"identifier": "orders", "scopes": ["read"]}],
                "clients": [
                    {"name": "web", "flows": ["AuthorizationCode"], "callbackUrls": ["https://shop.example.com/in"]},
                    {"name": "batch", "flows": ["ClientCredentials"], "generateSecret": true},
                ],
            },
        })
    };
    let stack = Stack::working(controller(), "kept", spec()).await;
    let first = stack.get().await;
    let (data, outputs) = (holding_data(&first), first.status.outputs.clone().unwrap());
    let keys: Vec<_> = data.keys().map(String::as_str).collect();
    let expected = [
        "log-group/access",
        "log-group/flow",
        "log-group/tasks",
        "repository/main",
        "resource-server/orders",
        "user-pool-client/batch",
        "user-pool-client/web",
        "user-pool-domain/main",
        "user-pool/main",
    ];
    assert_eq!(keys, expected);
    stack.delete().await;
    stack.gone().await;
    assert!(stack.cloud().is_empty(), "{:?}", stack.cloud().keys());
    for (key, tags) in tags_of_data(&stack, &data).await {
        assert_eq!(tags.get(RETAINED).map(String::as_str), Some("true"), "{key}");
    }

    let mark = stack.account.now();
    stack.declare(spec()).await;
    let second = stack.ready().await;
    let uid = second.uid().to_owned();
    assert_ne!(uid, first.uid());
    assert_eq!(holding_data(&second), data);
    let after = second.status.outputs.clone().unwrap();
    assert_eq!((after.client_ids, after.repository_uri), (outputs.client_ids, outputs.repository_uri));
    assert_eq!(second.status.service.unwrap().image, first.status.service.unwrap().image);
    let data_again = ["CreateLogGroup", "CreateRepository", "CreateResourceServer", "CreateUserPool"];
    let made = stack.account.writes(mark).into_iter().filter(|call| data_again.iter().any(|it| call.starts_with(it)));
    assert_eq!(made.collect::<Vec<_>>(), Vec::<String>::new());
    for (key, tags) in tags_of_data(&stack, &data).await {
        assert_eq!((tags.get(RETAINED), tags.get(UID).map(String::as_str)), (None, Some(uid.as_str())), "{key}");
    }
    stack.stays().await;
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
