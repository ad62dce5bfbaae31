use std::cell::Cell;

use crate::testing::{Bench, GROUP, SERVICE, Shelf, VPC, key, piece, run};
use crate::{Sent, State};

#[test]
fn once_stopped_no_step_starts() {
    let bench = Bench::default().declare(piece(VPC, "v")).declare(piece(GROUP, "g"));
    let asked = Cell::new(0);
    let stop = || asked.replace(asked.get() + 1) > 0;
    let shelf = Shelf::default();
    let outcome = run(bench.plan(), &shelf, stop);
    assert_eq!(outcome.effects, 1);
    assert!(matches!(outcome.states[&key(GROUP, "g")], State::Waiting(None, _)));
    assert_eq!(shelf.into_inner().unwrap().len(), 1);
}

#[test]
fn what_needs_something_withheld_is_blocked_and_nothing_is_halved() {
    let mut bench = Bench::default().stands(piece(GROUP, "g").live("group-1")).remembering([piece(GROUP, "g")]);
    bench.declared = vec![piece(GROUP, "g").fixed("new"), piece(SERVICE, "s").on(&key(GROUP, "g"))];
    let plan = bench.plan().withhold(|step| (step.key.kind == GROUP).then(|| "not approved".to_owned()));
    let outcome = run(plan, &Shelf::default(), || false);
    assert!(
        matches!(&outcome.states[&key(GROUP, "g")], State::Withheld(Some(live), _) if live.id.as_str() == "group-1")
    );
    assert!(matches!(&outcome.states[&key(SERVICE, "s")], State::Blocked(None, by) if *by == key(GROUP, "g")));
    assert_eq!(outcome.effects, 0);
    assert_eq!(outcome.memory(&bench.memory), bench.memory);
}

#[test]
fn only_announced_creates_are_sent_and_another_pass_follows() {
    let vpc = key(VPC, "v");
    let bench = Bench::default().declare(piece(VPC, "v"));
    assert_eq!(bench.plan().announcements(), [(vpc.clone(), 0)]);
    let shelf = Shelf::default();
    let outcome = run(bench.plan(), &shelf, || false);
    assert_eq!(outcome.announced[&vpc], (0, Sent::Perhaps));
    assert!(outcome.again);
    let intents = outcome.memory(&bench.memory).intents;
    assert!(intents.contains_key(&vpc), "it stays until its resource is seen in a list");

    let stopped = run(bench.plan(), &shelf, || true);
    assert_eq!(stopped.announced[&vpc], (0, Sent::No));
    assert!(stopped.memory(&bench.memory).intents.is_empty());
}

#[test]
fn an_upstream_that_fails_to_be_updated_does_not_block() {
    let mut bench = Bench::default().stands(piece(GROUP, "g").live("group-1"));
    bench.declared = vec![piece(GROUP, "g").loose("new"), piece(SERVICE, "s").on(&key(GROUP, "g"))];
    let plan = bench.plan().withhold(|step| (step.key.kind == GROUP).then(|| "not now".to_owned()));
    let outcome = run(plan, &Shelf::default(), || false);
    assert!(matches!(outcome.states[&key(SERVICE, "s")], State::Ready(_)));
}
