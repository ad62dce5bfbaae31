use crate::testing::{Bench, GATE, GROUP, POOL, SERVICE, VPC, fault, key, piece};
use crate::{Action, Id, Intent, Phase, State};

#[test]
fn what_is_not_declared_goes_from_the_leaves() {
    let vpc = piece(VPC, "v");
    let group = piece(GROUP, "g").on(&vpc.key);
    let mut bench = Bench::default().stands(vpc.live("vpc-1")).stands(group.live("group-1"));
    assert_eq!(bench.lines(), ["delete group/g (group-1)", "delete vpc/v (vpc-1)"]);
    assert!(bench.pass().ended().is_err(), "one look is not a proof of what this pass did");
    assert_eq!(bench.settle().ended(), Ok(()));
}

#[test]
fn nothing_goes_while_something_wanted_hangs_on_it() {
    let vpc = piece(VPC, "old");
    let group = piece(GROUP, "g").on(&vpc.key);
    let mut standing = group.live("group-1");
    standing.seen.on.clear();
    let bench = Bench::default().stands(vpc.live("vpc-1")).stands(standing).declare(piece(GROUP, "g"));
    assert_eq!(bench.lines(), ["blocked vpc/old (vpc-1)"]);
}

#[test]
fn what_is_going_away_still_holds() {
    let vpc = piece(VPC, "v");
    let mut group = piece(GROUP, "g").on(&vpc.key).live("group-1");
    group.phase = Phase::Deleting;
    let mut bench = Bench::default().stands(vpc.live("vpc-1")).stands(group);
    assert_eq!(bench.lines(), ["wait group/g (group-1)", "blocked vpc/v (vpc-1)"]);
    bench.observed.live.pop();
    assert_eq!(bench.settle().ended(), Ok(()));
}

#[test]
fn what_cannot_be_seen_may_hang_on_it() {
    let standing = || Bench::default().stands(piece(VPC, "v").live("vpc-1"));
    let mut failed = standing();
    failed.observed.unknown.insert(GROUP, fault());
    let mut unseen = standing();
    unseen.memory.lingering.insert(Id::from("group-1"), key(GROUP, "g"));
    let mut expected = standing();
    expected.memory.intents.insert(key(GROUP, "g"), Intent { attempt: 0, settled: false });
    for bench in [failed, unseen, expected] {
        assert_eq!(bench.lines(), ["wait vpc/v (vpc-1)"]);
    }
    let mut below = standing();
    below.stands_unknown_below();
    assert_eq!(below.lines(), ["delete vpc/v (vpc-1)"]);
}

impl Bench {
    /// What is of the same or an earlier kind cannot hang on it.
    fn stands_unknown_below(&mut self) {
        self.observed.unknown.insert(crate::Kind { order: 0, ..GROUP }, fault());
        self.observed.live[0].key.kind.order = 1;
    }
}

#[test]
fn what_is_within_an_unwanted_parent_goes_with_it() {
    let mut child = piece(GROUP, "child").live("child-1");
    child.within = Some(Id::from("vpc-1"));
    let mut bench = Bench::default().stands(piece(VPC, "v").live("vpc-1")).stands(child);
    assert_eq!(bench.lines(), ["goes with its parent group/child (child-1)", "delete vpc/v (vpc-1)"]);
    let outcome = bench.pass();
    assert!(outcome.others.iter().all(|other| matches!(other.state, State::Deleted(_))));
    assert_eq!(outcome.effects, 1);
}

#[test]
fn what_is_within_a_withheld_parent_is_deleted_by_itself() {
    let mut child = piece(GROUP, "child").live("child-1");
    child.within = Some(Id::from("vpc-1"));
    let bench = Bench::default().stands(piece(VPC, "v").live("vpc-1")).stands(child);
    let plan = bench.plan().withhold(|step| (step.key.kind == VPC).then(|| "kept".to_owned()));
    let writes: Vec<_> = plan.writes().map(|step| (step.key.clone(), step.action.clone())).collect();
    assert_eq!(writes, [(key(GROUP, "child"), Action::Delete)]);
}

#[test]
fn the_remembered_twin_stays_and_the_other_goes_unless_data_lives_in_it() {
    for (kind, left) in [(VPC, vec!["2"]), (GATE, vec!["2"]), (POOL, vec!["1", "2"])] {
        let mut bench = Bench::default().stands(piece(kind, "x").live("2")).remembering([piece(kind, "x")]);
        let mut older = piece(kind, "x").live("1");
        older.created = Some(0);
        bench.observed.live.push(older);
        bench.declared = vec![piece(kind, "x")];
        let outcome = bench.settle();
        assert_eq!(bench.ids(), left);
        let named = outcome.others.iter().filter(|other| matches!(other.state, State::Reported(..))).count();
        assert_eq!(named, left.len() - 1);
    }
}

#[test]
fn the_empty_twin_goes_when_nobody_remembers() {
    let vpc = piece(VPC, "v");
    let group = piece(GROUP, "g").on(&vpc.key);
    let mut older = vpc.live("vpc-0");
    older.created = Some(0);
    let mut bench = Bench::default().stands(older).stands(vpc.live("vpc-1")).stands(group.live("group-1"));
    bench.declared = vec![vpc, group];
    assert!(bench.settle().ready());
    assert_eq!(bench.ids(), ["group-1", "vpc-1"]);
}

#[test]
fn a_predecessor_stays_until_its_successor_is_ready() {
    let mut successor = piece(GROUP, "g").live("2");
    successor.attempt = 1;
    successor.phase = Phase::Pending("on its way".to_owned());
    let mut bench =
        Bench::default().stands(piece(GROUP, "g").fixed("old").live("1")).stands(successor).declare(piece(GROUP, "g"));
    assert_eq!(bench.lines(), ["wait group/g (1)"]);
    bench.observed.live[1].phase = Phase::Ready;
    assert_eq!(bench.lines(), ["delete group/g (1)"]);
    assert!(bench.settle().ready());
}

#[test]
fn a_delete_first_replacement_takes_down_what_would_be_replaced_with_it() {
    let gate = piece(GATE, "g");
    let service = piece(SERVICE, "s").on(&gate.key);
    let mut bench = Bench::default().stands(gate.live("gate-1")).stands(service.live("service-1"));
    bench = bench.remembering([gate.clone(), service.clone()]);
    bench.declared = vec![gate.fixed("new"), service];
    assert_eq!(bench.lines(), ["replace, delete first gate/g (gate-1)", "delete service/s (service-1)"]);
    assert!(bench.settle().ready());
    assert_eq!(bench.ids().len(), 2);
}

#[test]
fn a_delete_first_replacement_is_blocked_by_what_must_not_go() {
    let gate = piece(GATE, "g");
    let mut group = piece(GROUP, "x").live("group-1");
    group.on = vec![Id::from("gate-1")];
    let mut bench = Bench::default().stands(gate.live("gate-1")).stands(group);
    bench = bench.remembering([gate.clone(), piece(GROUP, "x")]);
    bench.declared = vec![gate.fixed("new"), piece(GROUP, "x")];
    assert_eq!(bench.lines(), ["blocked gate/g (gate-1)"]);
}
