//! The end of a stack.

use std::time::Duration;

use engine::Class;

use super::bench::{Bench, SETTLE, at, fault, key, kind, network};
use crate::api::status::ConditionStatus::{False, True};
use crate::api::status::{RecordedPhase, ResourceRecord};
use crate::status::{Problem, left_behind, releasable};

fn built() -> Bench {
    let mut bench = network();
    bench.settle();
    bench.seconds += 1000;
    bench
}

fn releasable_now(bench: &Bench) -> bool {
    releasable(&bench.stack, bench.outcome.as_ref().unwrap(), SETTLE, bench.now())
}

#[test]
fn it_ends_when_looks_over_the_settle_window_show_nothing() {
    let mut bench = built();
    bench.delete();
    let mut first_empty = None;
    for _ in 0..60 {
        bench.pass();
        assert_eq!(bench.is("Ready"), (False, "Deleting"));
        assert_eq!(bench.condition("DeletionBlocked"), None);
        assert_eq!(bench.is("Reconciling"), (True, "Deleting"));
        if bench.condition("NothingLeft").is_some() {
            first_empty.get_or_insert(bench.seconds);
        }
        if releasable_now(&bench) {
            break;
        }
        bench.later();
    }
    assert!(bench.cloud.live.is_empty() && releasable_now(&bench));
    assert!(bench.seconds - first_empty.unwrap() >= 60);
    assert!(bench.status().resources.is_empty());
}

#[test]
fn something_that_shows_up_starts_the_window_anew() {
    let mut bench = built();
    let straggler = bench.cloud.live[0].clone();
    bench.delete();
    while bench.condition("NothingLeft").is_none() {
        bench.pass();
        bench.later();
    }
    bench.cloud.live.push(straggler);
    bench.seconds += 100;
    bench.pass();
    assert!(bench.condition("NothingLeft").is_none() && !releasable_now(&bench));
    bench.pass();
    assert!(!releasable_now(&bench));
}

/// Something else hangs on it: first that is ordinary, and only a standstill is told.
#[test]
fn a_blocker_is_named_at_a_standstill() {
    let mut bench = built();
    bench.cloud.faults.insert(key("subnet/ecs-a"), fault(Class::NotYet, "DependencyViolation"));
    bench.delete();
    bench.pass();
    assert_eq!(bench.condition("DeletionBlocked"), None);
    while bench.condition("DeletionBlocked").is_none() && bench.seconds < 10_000 {
        assert_eq!(bench.is("Reconciling"), (True, "Deleting"));
        bench.later();
        bench.pass();
    }
    assert_eq!(bench.is("DeletionBlocked"), (True, "DeletionBlocked"));
    let message = bench.message("DeletionBlocked");
    assert!(message.starts_with("subnet/ecs-a (subnet-"), "{message}");
    assert!(message.contains("DependencyViolation") && message.contains("Name=subnet-id,Values=subnet-"), "{message}");
    assert!(message.contains("did not make") && message.contains("owner"), "{message}");
    assert_eq!(bench.is("Stalled"), (True, "DeletionBlocked"));
    assert!(!releasable_now(&bench));
    assert!(bench.rest() <= Duration::from_secs(30));
    bench.cloud.faults.clear();
    bench.pass();
    assert_eq!(bench.condition("DeletionBlocked"), None);
}

#[test]
fn a_refusal_is_told_at_once() {
    let mut bench = built();
    bench.cloud.faults.insert(key("elastic-ip/a"), fault(Class::Denied, "UnauthorizedOperation"));
    bench.delete();
    bench.pass();
    assert_eq!(bench.is("DeletionBlocked"), (True, "DeletionBlocked"));
    assert!(bench.message("DeletionBlocked").contains("allow the stack's identity to call Call"));
    assert_eq!(bench.condition("Stalled"), None, "the rest goes on");
    bench.settle();
    assert_eq!(bench.is("Stalled"), (True, "DeletionBlocked"));
    assert_eq!(bench.cloud.live.len(), 1);
}

#[test]
fn throttling_blocks_nothing() {
    let mut bench = built();
    for piece in bench.declared.clone() {
        bench.cloud.faults.insert(engine::Node::key(&piece), fault(Class::Throttled, "Slow"));
    }
    bench.delete();
    bench.seconds += 500;
    bench.settle();
    assert_eq!(bench.condition("DeletionBlocked"), None);
    assert_eq!(bench.is("Reconciling"), (True, "Deleting"));
}

#[test]
fn what_cannot_be_read_blocks() {
    let mut bench = built();
    bench.unknown.insert(kind("elastic-ip"), fault(Class::Denied, "UnauthorizedOperation"));
    bench.delete();
    bench.settle();
    assert!(bench.message("DeletionBlocked").contains("elastic-ip resources cannot be read"));
    assert!(bench.condition("NothingLeft").is_none() && !releasable_now(&bench));
}

#[test]
fn protection_names_its_field() {
    let mut bench = built();
    bench.delete();
    bench.problem = Some(Problem::DeletionProtected);
    bench.settle();
    assert_eq!(bench.is("DeletionBlocked"), (True, "DeletionProtected"));
    assert!(bench.message("DeletionBlocked").contains("spec.deletionProtection"));
    assert_eq!(bench.is("NetworkReady"), (True, "Ready"));
    assert_eq!(bench.cloud.live.len(), 5);
}

#[test]
fn lost_credentials_name_the_way_out() {
    let mut bench = built();
    bench.delete();
    bench.problem = Some(Problem::Credentials(fault(Class::Denied, "AccessDenied")));
    bench.settle();
    assert_eq!(bench.is("DeletionBlocked"), (True, "CredentialsUnavailable"));
    assert!(bench.message("DeletionBlocked").contains("fargatestack.dev/force-orphan"));
}

#[test]
fn what_is_kept_does_not_hold_the_stack() {
    let mut bench = built();
    bench.stack.controls.deletion_policy = crate::api::manifest::DeletionPolicy::Retain;
    bench.withheld = bench.declared.iter().map(engine::Node::key).collect();
    bench.delete();
    bench.pass();
    assert_eq!(bench.condition("DeletionBlocked"), None);
    assert!(bench.message("NothingLeft").contains("5 that are to be kept"), "{}", bench.message("NothingLeft"));
    assert!(!releasable_now(&bench));
    bench.seconds += 60;
    bench.pass();
    assert!(releasable_now(&bench));
    assert_eq!(bench.record("vpc/main").phase, RecordedPhase::Withheld);
    let events = left_behind(&bench.stack);
    assert!(events[0].warning && events[0].note.contains("vpc/main (vpc-"), "{events:?}");
    assert_eq!(events.len(), 1);
}

/// Kubernetes takes 1024 bytes of a note; what stands is named to the last.
#[test]
fn a_long_list_of_what_is_left_takes_several_events() {
    let mut bench = built();
    let record = bench.record("vpc/main").clone();
    let many = (0..100).map(|n| ResourceRecord { id: Some(format!("vpc-{n:017}")), ..record.clone() });
    bench.stack.status.resources = many.collect();
    let events = left_behind(&bench.stack);
    assert!(events.len() > 2 && events.iter().all(|event| event.note.len() <= 1024), "{events:?}");
    let actions: std::collections::BTreeSet<_> = events.iter().map(|event| &event.action).collect();
    assert_eq!(actions.len(), events.len());
    for n in 0..100 {
        let id = format!("(vpc-{n:017})");
        assert_eq!(events.iter().filter(|event| event.note.contains(&id)).count(), 1, "{id}");
    }
}

/// Only a version that knows the kind can take it away.
#[test]
fn what_a_newer_version_made_holds_the_stack() {
    let mut bench = built();
    let strange = ResourceRecord { key: "quantum-link/main".into(), ..bench.record("vpc/main").clone() };
    bench.stack.status.resources.push(strange);
    bench.delete();
    bench.settle();
    bench.seconds += 600;
    bench.pass();
    assert!(bench.message("DeletionBlocked").contains("quantum-link/main: made by a newer version"));
    assert!(!releasable_now(&bench));
}

#[test]
fn an_id_that_a_list_omits_still_counts() {
    let mut bench = network();
    bench.pass();
    bench.pass();
    let hidden = bench.cloud.live.iter().find(|live| live.key == key("elastic-ip/a")).unwrap().id.clone();
    bench.hidden.insert(hidden.clone());
    bench.delete();
    bench.settle();
    assert!(bench.condition("NothingLeft").is_none());
    let record = bench.record("elastic-ip/a");
    assert_eq!((record.id.as_deref(), record.missing_since), (Some(hidden.as_str()), Some(at(0))));
    bench.hidden.clear();
    bench.seconds += 60;
    bench.settle();
    assert!(bench.cloud.live.is_empty() && bench.condition("NothingLeft").is_some());
}
