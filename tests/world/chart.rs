//! The Helm chart: what its Deployment admits does the work, and nothing is lost when it is upgraded, removed and installed again.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::controller;
use crate::support::chart::{RELEASE, Release, current, older};
use crate::support::controller::Controller;
use crate::support::emulator::REGION;
use crate::support::stack::{Stack, holds, remembered};
use crate::support::{World, eventually};

/// What the definitions of the older chart lack.
const NEWER: &str = "    shortNames:\n    - fgs\n";

fn small() -> Value {
    json!({"network": {"availabilityZones": {"count": 1}, "nat": {"mode": "None"}}})
}

/// The names of the objects of a kind.
fn names(world: &World, kind: &str) -> Vec<String> {
    let listed = world.kubectl(&["get", kind, "--output=name"], "").expect_success();
    listed.lines().map(|line| line.rsplit('/').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn the_chart_comes_goes_and_returns_without_a_change_in_aws() {
    let (world, _ending) = World::own();
    let mut release = Release::prepare(world).await;
    release.set(
        "awsIdentities",
        json!({"of-the-release": {"accountId": "210000000001", "allowedRegions": [REGION], "allowedNamespaces": {"names": ["shop"]}}}),
    );
    let folder = PathBuf::from(world.value("STATE_DIR")).join("data");
    let notes = release.upgrade(&older(&release, &folder, NEWER));
    assert!(notes.contains("NOT MADE YET: the AwsIdentities of-the-release"), "{notes}");
    let ready = release.ready();
    assert_eq!(ready.len(), 2, "by their own probes");
    release.helm(&["test", RELEASE, "--timeout=2m"], "").expect_success();
    assert!(ready.contains(&release.leader()), "{ready:?}");
    assert!(!world.kubectl(&["get", "fgs", "--all-namespaces"], "").success, "the older definition has no short name");

    // As the controller's ServiceAccount, with the role of its annotation, and from there into the stack's account.
    let stack = Stack::built(Controller::elsewhere(world), "shop", small()).await;
    stack.stays().await;
    let before = stack.get().await;

    let mark = stack.account.now();
    release.upgrade(&current());
    assert_eq!(release.ready().len(), 2);
    world.kubectl(&["get", "fgs", "--all-namespaces"], "").expect_success();
    assert!(names(world, "awsidentities").contains(&"of-the-release".to_owned()));
    stack.stays().await;
    unchanged(&stack, &before, mark).await;

    let mark = stack.account.now();
    let dump = stack.account.dump();
    release.uninstall();
    let left = stack.get().await;
    assert!(left.metadata.deletion_timestamp.is_none() && left.metadata.finalizers == before.metadata.finalizers);
    assert_eq!(stack.account.dump(), dump);
    assert!(!names(world, "awsidentities").contains(&"of-the-release".to_owned()));

    release.upgrade(&current());
    stack.stays().await;
    unchanged(&stack, &before, mark).await;
    stack.delete().await;
    stack.gone().await;
    assert!(stack.cloud().is_empty());
}

/// The stack is the one that it was, with what it had, and AWS was not written to since `mark`.
async fn unchanged(stack: &Stack, before: &fargatestack::api::Stack, mark: u64) {
    let now = stack.get().await;
    assert_eq!(now.metadata.uid, before.metadata.uid);
    assert_eq!(now.metadata.generation, before.metadata.generation);
    assert_eq!(remembered(&now), remembered(before));
    assert!(holds(&now, "NetworkReady"));
    assert_eq!(stack.account.writes(mark), Vec::<String>::new());
}

#[tokio::test]
async fn a_protected_stack_is_not_deleted() {
    let (world, _ending) = World::own();
    let release = Release::prepare(world).await;
    release.upgrade(&current());
    let stack = Stack::prepare(Controller::elsewhere(world), "protected").await;
    stack.declare(json!({"deletionProtection": true, "suspend": true})).await;
    // The API server learns of a policy a moment after it was made.
    let trial = ["delete", "fargatestack", &stack.name, "-n", &stack.namespace, "--dry-run=server"];
    let refusal = eventually("the deletion is refused", || {
        let outcome = world.kubectl(&trial, "");
        (!outcome.success).then_some(outcome.stderr)
    });
    let advice = format!("FargateStack {}/{} is protected", stack.namespace, stack.name);
    assert!(refusal.contains(&advice) && refusal.contains("set spec.deletionProtection to false first"), "{refusal}");
    assert!(!world.kubectl(&["delete", "fargatestacks", "--all", "-n", &stack.namespace, "--wait=false"], "").success);
    assert!(stack.get().await.metadata.deletion_timestamp.is_none());

    stack.declare(json!({"deletionProtection": false})).await;
    stack.delete().await;
    stack.gone().await;
}

#[test]
fn what_the_controller_lacks_is_named() {
    let (told, ends_well) = controller().check(&[]);
    assert!(ends_well && !told.contains("FAILED"), "{told}");
    for subject in ["definitions", "leader", "AWS"] {
        assert!(told.contains(&format!("ok      {subject}: ")), "{told}");
    }
    let (told, ends_well) = controller().check(&[("AWS_ACCESS_KEY_ID", "AKIAUNKNOWNUNKNOWN12")]);
    assert!(!ends_well && told.contains("FAILED  AWS: ") && told.contains("InvalidClientTokenId"), "{told}");
    assert!(told.contains("ok      leader: single_"), "{told}");
    let (told, ends_well) = controller().check(&[("AWS_REGION", "")]);
    assert!(!ends_well && told.contains("set AWS_REGION"), "{told}");
}
