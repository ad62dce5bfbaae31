//! Several replicas, one leader: how the lease goes from one to the next, and that nobody acts beside or after the leader.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::faults::{made, once};
use crate::support::controller::{BRIEF_LEASE, Controller, ONE_CALL};
use crate::support::stack::{Stack, remembered};
use crate::support::{World, eventually};

const LEASE: [&str; 3] = ["--namespace=fargatestack-system", "lease", "fargatestack-controller"];

/// A lease that nobody waits out: who follows its holder got it released.
const LONG_LEASE: [(&str, &str); 3] = [
    ("FARGATESTACK_LEASE_DURATION_SECONDS", "3600"),
    ("FARGATESTACK_LEASE_RENEW_DEADLINE_SECONDS", "1800"),
    ("FARGATESTACK_LEASE_RETRY_SECONDS", "1"),
];

/// One zone: each kind of resource is there.
fn small() -> Value {
    json!({"network": {"availabilityZones": {"count": 1}}})
}

/// Which pod holds the lease, and how often it changed hands.
fn held(world: &World) -> (String, i64) {
    let lease = world.kubectl(&[&["get", "--output=json"][..], &LEASE].concat(), "").expect_success();
    let spec = serde_json::from_str::<Value>(&lease).unwrap()["spec"].take();
    let holder = spec["holderIdentity"].as_str().unwrap_or_default();
    let pod = holder.rsplit_once('_').map_or(holder, |(pod, _)| pod);
    (pod.to_owned(), spec["leaseTransitions"].as_i64().unwrap_or_default())
}

fn until_held(world: &World, by: &str, transitions: i64) {
    eventually(&format!("{by} holds the lease"), || (held(world) == (by.to_owned(), transitions)).then_some(()));
}

/// Makes `holder` the holder, as if the lease had been taken.
fn give_to(world: &World, holder: &str) {
    let patch = json!({"spec": {"holderIdentity": holder}}).to_string();
    world.kubectl(&[&["patch", "--type=merge", "--patch", &patch][..], &LEASE].concat(), "").expect_success();
}

/// How it answers probes, whether it leads, and whether it ever called AWS.
fn state(controller: &Controller) -> (u16, u16, Option<String>, bool) {
    let (lives, _) = controller.get("--health-address", "/healthz");
    let (ready, _) = controller.get("--health-address", "/readyz");
    let leads = controller.metric("leader_election_master_status{name=\"fargatestack-controller\"}");
    let (_, metrics) = controller.get("--metrics-address", "/metrics");
    (lives, ready, leads, metrics.contains("fargatestack_aws_requests_total"))
}

/// What its log says of what it did after it said so.
fn writes_after(controller: &Controller, message: &str) -> Vec<Value> {
    let mut lines = controller.lines().into_iter();
    lines.find(|line| line["message"].as_str().is_some_and(|it| it.starts_with(message))).expect("it said so");
    let written = |line: &Value| line["message"].as_str().is_some_and(|message| message.starts_with("AWS write"));
    lines.filter(written).collect()
}

/// The writes that AWS saw, in its order, by the place among `replicas` of who logged them; what nobody did is left out.
fn writers(stack: &Stack, replicas: &[&Controller]) -> Vec<usize> {
    let mut by_request = BTreeMap::new();
    for (place, replica) in replicas.iter().enumerate() {
        for line in replica.told_writes() {
            let twice = by_request.insert(line["requestID"].as_str().unwrap_or_default().to_owned(), place);
            assert_eq!(twice, None, "{line}");
        }
    }
    let writes = stack.account.calls(0).into_iter().filter(|call| call.write);
    writes.filter_map(|call| by_request.get(&call.request_id).copied()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_goes_on_when_its_holder_is_asked_to_end_and_when_it_is_killed() {
    let (first, _ending) = Controller::alone(&[&LONG_LEASE[..], &[ONE_CALL]].concat());
    let (second, third) = (first.replica("second", &BRIEF_LEASE), first.replica("third", &BRIEF_LEASE));
    let world = first.world();
    let stack = Stack::prepare(first, "handed-over").await;
    // The answer to the first call of the first leader comes late, that to one of the second's never.
    stack.account.fault(&json!({"operation": "CreateVpc", "when": "after", "action": "none", "delay": 5}));
    stack.account.fault(&json!({"operation": "AllocateAddress", "when": "after", "action": "hang"}));
    stack.declare(small()).await;
    eventually("the first one's call is under way", || (stack.account.faults_hit() == 1).then_some(()));
    assert_eq!(held(world), ("single".to_owned(), 0));
    assert_eq!(state(first), (200, 200, Some("1".to_owned()), true));
    second.start();
    eventually("the second one waits", || second.lines().into_iter().find(|line| line["holder"].is_string()));
    assert_eq!(state(&second), (200, 200, Some("0".to_owned()), false));

    // What was under way is finished and written down, and nothing else is begun.
    assert_eq!(first.end(), Some(0));
    let after: Vec<_> = writes_after(first, "asked to end").iter().map(|line| line["key"].clone()).collect();
    assert!(!after.is_empty() && after.iter().all(|key| key == "vpc/main"), "{after:?}");
    assert_eq!(remembered(&stack.get().await).get("vpc/main").map(String::as_str), Some(stack.cloud().id("vpc/main")));

    until_held(world, "second", 1);
    eventually("the second one's call is under way", || (stack.account.faults_hit() == 2).then_some(()));
    third.start();
    eventually("the third one waits", || third.lines().into_iter().find(|line| line["holder"].is_string()));
    assert_eq!(state(&third), (200, 200, Some("0".to_owned()), false));
    second.kill();
    stack.account.heal();
    until_held(world, "third", 2);
    stack.settled().await;
    assert_eq!(made(&stack.account), once(1));
    stack.cloud();
    stack.stays().await;
    assert_eq!(third.end(), Some(0));
    assert_eq!(held(world), (String::new(), 2));

    let writers = writers(&stack, &[first, &second, &third]);
    assert!(writers.is_sorted(), "each acts after the one before it: {writers:?}");
    let lost = stack.account.calls(0).iter().filter(|call| call.write).count() - writers.len();
    assert_eq!(lost, 1, "the call that was never answered is the only one that nobody tells of");
    assert_eq!(writers.iter().max(), Some(&2));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_the_lease_stops_at_once_and_says_why() {
    let (controller, _ending) = Controller::alone(&[&BRIEF_LEASE[..], &[ONE_CALL]].concat());
    let (world, stack) = (controller.world(), Stack::prepare(controller, "deposed").await);
    let why = || {
        let last = controller.lines().pop().unwrap();
        (last["level"].as_str().unwrap_or_default().to_owned(), last["error"].as_str().unwrap_or_default().to_owned())
    };

    // Taken away in the middle of a call: the next one is not sent, and nothing is written down.
    stack.account.fault(&json!({"operation": "CreateVpc", "when": "after", "action": "none", "delay": 30}));
    stack.declare(small()).await;
    eventually("a call is under way", || (stack.account.faults_hit() == 1).then_some(()));
    let before = stack.get().await;
    give_to(world, "somebody");
    assert_eq!(controller.buried("the deposed one ends"), Some(1));
    assert_eq!(why(), ("ERROR".to_owned(), "leadership is lost: the lease is held by \"somebody\"".to_owned()));
    assert_eq!(stack.account.writes(0), ["CreateVpc"]);
    assert_eq!(stack.get().await.status, before.status);
    assert_eq!(held(world), ("somebody".to_owned(), 0));

    // Not renewed in time: it ends before anybody may follow.
    give_to(world, "");
    stack.account.heal();
    controller.start();
    stack.settled().await;
    assert_eq!(made(&stack.account), once(1));
    let binding = ["delete", "--namespace=fargatestack-system", "rolebinding", "fargatestack-controller"];
    world.kubectl(&binding, "").expect_success();
    assert_eq!(controller.buried("the one that cannot renew ends"), Some(1));
    assert_eq!(why(), ("ERROR".to_owned(), "leadership is lost: the lease could not be renewed in time".to_owned()));
    let (holder, transitions) = held(world);
    assert_eq!((holder.as_str(), transitions), ("single", 1));

    world.launch(&["install"]);
    controller.start();
    until_held(world, "single", 2);
    stack.stays().await;
}
