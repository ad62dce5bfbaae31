//! One thing of every kind changed behind the controller's back, and every kind deleted where AWS lets its user do that.
//!
//! What was changed is left alone while it is only reported, the stack is suspended, only observed, or waits for approval, and then
//! put right in place.
//! What was deleted is made again, and nothing else. The calls are those of `tests/golden/drift.txt`.

mod entrance;
mod network;
mod service;

use std::collections::{BTreeMap, BTreeSet};

use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use fargatestack::aws::KINDS;
use serde_json::{Value, json};

use super::golden::golden;
use super::{built, line, manifest, push_when_made, ready};
use crate::controller;
use crate::support::cloud::Cloud;
use crate::support::emulator::{Account, by_operation};
use crate::support::stack::{Stack, find, holds, remembered};

/// What goes when its user deletes something of a kind, or is nothing without it: made again along with it.
const ALONG: [(&str, &[&str]); 5] = [
    ("load-balancer", &["listener"]),
    ("scalable-target", &["scaling-policy"]),
    ("api", &["integration", "authorizer", "route", "stage", "api-mapping"]),
    ("domain-name", &["api-mapping"]),
    ("ecs-service", &["scalable-target", "scaling-policy"]),
];

/// The user's hand in the account of a stack.
struct Hand {
    account: Account,
    stack: Stack,
    cloud: Cloud,
    /// AWS ids of everything, by logical id.
    ids: BTreeMap<String, String>,
}

impl Hand {
    async fn of(stack: &Stack) -> Self {
        let ids = remembered(&stack.get().await);
        Self { account: stack.account.clone(), stack: stack.clone(), cloud: stack.cloud(), ids }
    }

    #[track_caller]
    fn id(&self, key: &str) -> &str {
        self.ids.get(key).unwrap_or_else(|| panic!("no {key} among {:?}", self.ids.keys()))
    }

    /// Id of `key` within its API or pool.
    #[track_caller]
    fn own(&self, key: &str) -> &str {
        self.id(key).split_once('/').expect("something within a parent").1
    }

    /// The name of cluster, service and family.
    fn ecs_name(&self) -> String {
        self.stack.qualified().replace('/', "_")
    }
}

/// What became of an attempt to change or delete.
#[derive(Debug, PartialEq)]
enum Done {
    /// It is done.
    Yes,
    /// AWS refused it with this code.
    Refused(String),
    /// There is nothing that anybody could change, since AWS lets nobody.
    Fixed,
}

/// What became of a call.
fn done<T, E: ProvideErrorMetadata + std::fmt::Debug>(answer: Result<T, E>) -> Done {
    match answer {
        Ok(_) => Done::Yes,
        Err(error) => Done::Refused(error.code().unwrap_or_else(|| panic!("{error:?}")).to_owned()),
    }
}

/// Changes one thing of `kind`.
async fn change(hand: &Hand, kind: &str) -> Done {
    let done = match network::change(hand, kind).await {
        Some(done) => Some(done),
        None => match service::change(hand, kind).await {
            Some(done) => Some(done),
            None => entrance::change(hand, kind).await,
        },
    };
    done.unwrap_or_else(|| panic!("no drift of {kind}"))
}

/// Deletes one of `kind`.
async fn delete(hand: &Hand, kind: &str) -> Done {
    let done = match network::delete(hand, kind).await {
        Some(done) => Some(done),
        None => match service::delete(hand, kind).await {
            Some(done) => Some(done),
            None => entrance::delete(hand, kind).await,
        },
    };
    done.unwrap_or_else(|| panic!("no deletion of {kind}"))
}

#[tokio::test]
async fn drift_of_every_kind_is_held_back_or_repaired_and_nothing_else_replaced() {
    let stack = Stack::prepare(controller(), "drift").await;
    let mut spec = manifest::full(&stack).await;
    // Capacity that a service uses nobody can take off the cluster.
    spec["service"]["capacity"] = json!([{"provider": "FARGATE"}]);
    built(&stack, spec.clone()).await;
    beside_it(&stack).await;
    let mut lines = changed(&stack, &mut spec).await;
    for kind in KINDS {
        lines.push(deleted(&stack, kind.name).await);
    }
    golden("drift.txt", &lines);
}

/// A stack that only observes, beside a complete one of somebody else's: it plans everything for itself and touches nothing.
async fn beside_it(stack: &Stack) {
    let mark = stack.account.now();
    let observer = stack.sibling("observer");
    let image = format!("{}.dkr.ecr.eu-west-1.amazonaws.com/shop/orders:1.4.2", stack.account.id());
    let mut spec = observer.minimal_with(json!({"mode": "Observe"}));
    spec["service"]["image"] = json!({"uri": image});
    observer.apply(&spec).await;
    let status = observer.until("the plan is shown", |it| it.status.plan.is_some()).await.status;
    let plan = status.plan.unwrap();
    assert!(plan.more == 0 && plan.steps.iter().all(|step| step.action == "Create"), "{plan:?}");
    let kinds: BTreeSet<_> = plan.steps.iter().filter_map(|step| step.key.split('/').next()).collect();
    let of_minimal: BTreeSet<_> = KINDS.iter().map(|kind| kind.name).filter(|kind| !UNSAID.contains(kind)).collect();
    assert_eq!(kinds, of_minimal);
    observer.delete().await;
    observer.gone().await;
    assert_eq!(stack.account.writes(mark), Vec::<String>::new());
}

/// Kinds of which the minimal manifest has none.
const UNSAID: [&str; 7] = [
    "flow-log",
    "scalable-target",
    "scaling-policy",
    "user-pool-domain",
    "resource-server",
    "domain-name",
    "api-mapping",
];

/// One thing of every kind is changed at once; the plan says what differs, and is carried out only when it may be.
async fn changed(stack: &Stack, spec: &mut Value) -> Vec<String> {
    let before = remembered(&stack.get().await);
    let hand = Hand::of(stack).await;
    // What differs while a declaration is new is the declaration's own: this one has been applied when others meddle.
    spec["driftPolicy"] = json!("Report");
    stack.apply(spec).await;
    ready(stack).await;
    let mark = stack.account.now();
    let mut fixed = Vec::new();
    for kind in KINDS {
        match change(&hand, kind.name).await {
            Done::Yes => {}
            Done::Fixed => fixed.push(kind.name),
            Done::Refused(code) => panic!("{}: {code}", kind.name),
        }
    }
    let silent = |what: &str| assert_eq!(stack.account.writes(mark), Vec::<String>::new(), "{what}");
    assert!(holds(&stack.look().await, "Drifted"), "{}", stack.describe().await);
    silent("reported");

    spec["suspend"] = json!(true);
    stack.apply(spec).await;
    stack.until("it is suspended", |it| holds(it, "Suspended")).await;
    stack.look().await;
    silent("suspended");

    spec.as_object_mut().unwrap().remove("suspend");
    spec["driftPolicy"] = json!("Repair");
    spec["mode"] = json!("Observe");
    stack.apply(spec).await;
    let current = |it: &fargatestack::api::Stack| it.status.observed_generation == it.metadata.generation;
    stack.until("the plan is observed", |it| current(it) && it.status.plan.is_some()).await;
    stack.look().await;
    silent("observed");

    spec["mode"] = json!("Approve");
    stack.apply(spec).await;
    let waits =
        |it: &fargatestack::api::Stack| find(it, "Ready").is_some_and(|ready| ready.reason == "AwaitingApproval");
    let status = stack.until("the plan waits", |it| current(it) && waits(it)).await.status;
    silent("waiting");
    let plan = status.plan.unwrap();
    let planned: BTreeSet<_> = plan.steps.iter().filter_map(|step| step.key.split('/').next()).collect();
    let drifted: BTreeSet<_> = KINDS.iter().map(|kind| kind.name).filter(|kind| !fixed.contains(kind)).collect();
    assert_eq!(planned, drifted, "{plan:?}");

    stack.annotate("approve", &plan.hash).await;
    ready(stack).await;
    let calls: Vec<_> = stack.account.calls(mark).into_iter().filter(|call| call.write).collect();
    assert_eq!(remembered(&stack.get().await), before, "nothing was replaced");
    spec["mode"] = json!("Apply");
    stack.apply(spec).await;
    ready(stack).await;
    stack.stays().await;

    // What others put there may bear the id that AWS gave it.
    let of = |key: &str| key.split('/').next().unwrap_or_default().to_owned();
    let named = |key: &str| if before.contains_key(key) { key.to_owned() } else { format!("{}: theirs", of(key)) };
    let steps = plan.steps.iter().map(|step| {
        format!("{} | {} | {}", named(&step.key), step.action, step.fields.join(", ")).trim_end().to_owned()
    });
    let fixed = fixed.iter().map(|kind| format!("{kind} | cannot be changed |"));
    let repair = format!("all that was changed | repaired | {}", line(&by_operation(&calls)));
    steps.chain(fixed).chain([repair]).collect()
}

/// One of `kind` is deleted, and made again.
async fn deleted(stack: &Stack, kind: &str) -> String {
    let hand = Hand::of(stack).await;
    match delete(&hand, kind).await {
        Done::Yes => {}
        Done::Refused(code) => return format!("{kind} | refused | {code}"),
        Done::Fixed => return format!("{kind} | cannot be deleted |"),
    }
    let mark = stack.account.now();
    stack.look().await;
    if kind == "repository" {
        // Its images went with it.
        push_when_made(stack, mark);
        stack.look().await;
    }
    ready(stack).await;
    let after = remembered(&stack.get().await);
    let along = ALONG.iter().find(|(parent, _)| *parent == kind).map(|(_, along)| *along).unwrap_or_default();
    for (key, id) in &hand.ids {
        let of = key.split('/').next().unwrap();
        let may = of == kind || along.contains(&of);
        assert!(may || after.get(key) == Some(id), "{kind} was deleted, and {key} replaced");
    }
    assert_eq!(after.keys().collect::<Vec<_>>(), hand.ids.keys().collect::<Vec<_>>());
    let calls: Vec<_> = stack.account.calls(mark).into_iter().filter(|call| call.write).collect();
    assert!(!calls.is_empty(), "{kind} was not missed");
    stack.stays().await;
    format!("{kind} | made again | {}", line(&by_operation(&calls)))
}
