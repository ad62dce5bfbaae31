use crate::testing::{Bench, GATE, GROUP, POOL, REVISION, SERVICE, VPC, fault, key, piece};
use crate::{Id, Intent, Phase, State};

#[test]
fn what_is_not_there_is_created_in_order() {
    let mut bench = Bench::default()
        .declare(piece(SERVICE, "s").on(&key(GROUP, "g")))
        .declare(piece(GROUP, "g").on(&key(VPC, "v")))
        .declare(piece(VPC, "v"));
    assert_eq!(bench.lines(), ["create vpc/v", "create group/g", "create service/s"]);
    assert!(bench.settle().ready());
    assert_eq!(bench.ids(), ["new-0", "new-1", "new-2"]);
}

#[test]
fn a_changeable_field_is_updated_and_ours_is_removed_from_tags() {
    let mut old = piece(GROUP, "g");
    old.tags = [("ours".to_owned(), "1".to_owned())].into();
    let mut live = old.live("group-1");
    live.tags.insert("theirs".to_owned(), "2".to_owned());
    let mut bench = Bench::default().stands(live).remembering([old]).declare(piece(GROUP, "g").loose("new"));
    assert_eq!(bench.lines(), ["update group/g (group-1)"]);
    bench.settle();
    assert_eq!(bench.observed.live[0].tags, [("theirs".to_owned(), "2".to_owned())].into());
}

#[test]
fn a_changed_declaration_replaces_create_first_or_delete_first() {
    for (kind, line) in [(GROUP, "replace, create first group/x (1)"), (GATE, "replace, delete first gate/x (1)")] {
        let mut bench = Bench::default().stands(piece(kind, "x").live("1")).remembering([piece(kind, "x")]);
        bench.declared = vec![piece(kind, "x").fixed("new")];
        assert_eq!(bench.lines(), [line]);
        assert!(bench.settle().ready());
        assert_eq!((bench.ids().len(), bench.observed.live[0].attempt), (1, 1));
    }
}

#[test]
fn a_changed_answer_of_the_cloud_is_drift_until_it_is_approved() {
    let mut bench = Bench::default().stands(piece(GROUP, "g").live("1")).remembering([piece(GROUP, "g")]);
    bench.declared = vec![piece(GROUP, "g")];
    bench.observed.live[0].seen.fixed = "changed by somebody";
    assert_eq!(bench.lines(), ["report group/g (1)"]);
    assert!(matches!(bench.settle().states[&key(GROUP, "g")], State::Drifted(..)));
    bench.memory.approved.insert(key(GROUP, "g"));
    assert_eq!(bench.lines(), ["replace, create first group/g (1)"]);
}

#[test]
fn without_a_record_or_with_that_of_another_version_a_difference_is_drift() {
    let standing = || Bench::default().stands(piece(GROUP, "g").fixed("old").live("1"));
    let unknown = standing().declare(piece(GROUP, "g"));
    assert_eq!(unknown.lines(), ["report group/g (1)"]);
    let mut other = standing().remembering([piece(GROUP, "g").fixed("old")]).declare(piece(GROUP, "g"));
    other.memory.records.get_mut(&key(GROUP, "g")).unwrap().applied = Some("v0:0".to_owned());
    assert_eq!(other.lines(), ["report group/g (1)"]);
}

#[test]
fn another_version_is_stamped_anew_where_it_agrees() {
    let mut bench = Bench::default().stands(piece(GROUP, "g").live("1")).remembering([piece(GROUP, "g")]);
    bench.declared = vec![piece(GROUP, "g")];
    let stamped = bench.memory.clone();
    bench.memory.records.get_mut(&key(GROUP, "g")).unwrap().applied = Some("v0:0".to_owned());
    assert_eq!(bench.settle().effects, 0);
    assert_eq!(bench.memory, stamped);
}

#[test]
fn what_is_immutable_is_never_replaced() {
    let mut bench = Bench::default().stands(piece(VPC, "v").live("vpc-1")).remembering([piece(VPC, "v")]);
    bench.declared = vec![piece(VPC, "v").fixed("new").loose("new")];
    assert_eq!(bench.lines(), ["update vpc/v (vpc-1)"]);
    assert!(matches!(bench.settle().states[&key(VPC, "v")], State::Drifted(..)));
    assert_eq!(bench.ids(), ["vpc-1"]);
}

#[test]
fn a_remembered_id_is_unseen_until_it_is_proven_gone() {
    let mut bench = Bench::default().stands(piece(VPC, "v").live("vpc-1")).remembering([piece(VPC, "v")]);
    bench.declared = vec![piece(VPC, "v"), piece(GROUP, "g").on(&key(VPC, "v"))];
    bench.observed.live.clear();
    assert_eq!(bench.lines(), ["wait vpc/v (vpc-1)", "create group/g"]);
    assert_eq!(bench.pass().effects, 0);
    bench.observed.gone = [Id::from("vpc-1")].into();
    assert_eq!(bench.plan().announcements(), [(key(VPC, "v"), 1)]);
    assert!(bench.settle().ready());
}

#[test]
fn an_intent_is_waited_out() {
    let mut bench = Bench::default().declare(piece(VPC, "v"));
    bench.memory.intents.insert(key(VPC, "v"), Intent { attempt: 0, settled: false });
    assert_eq!(bench.lines(), ["wait vpc/v"]);
    bench.memory.intents.insert(key(VPC, "v"), Intent { attempt: 0, settled: true });
    assert_eq!(bench.lines(), ["create vpc/v"]);
    bench.settle();
    assert!(bench.memory.intents.is_empty());
}

#[test]
fn a_successor_that_was_seen_once_is_not_absent() {
    let mut bench = Bench::default().declare(piece(GROUP, "g"));
    bench.memory.lingering.insert(Id::from("2"), key(GROUP, "g"));
    assert_eq!(bench.lines(), ["wait group/g"]);
    bench.observed.gone = [Id::from("2")].into();
    assert!(bench.settle().ready());
}

#[test]
fn an_id_that_a_dependent_names_is_not_absent() {
    let group = piece(GROUP, "g").on(&key(VPC, "v"));
    let mut bench = Bench::default().stands(group.live("1")).declare(group).declare(piece(VPC, "v"));
    bench.memory.intents.insert(key(VPC, "v"), Intent { attempt: 0, settled: true });
    assert_eq!(bench.lines(), ["wait vpc/v", "blocked group/g (1)"]);
    bench.observed.gone = [Id::from("vpc-1")].into();
    assert_eq!(bench.lines(), ["create vpc/v", "blocked group/g (1)"]);
}

#[test]
fn while_memory_is_lost_nothing_is_created_or_deleted() {
    let mut bench = Bench::default().declare(piece(VPC, "v")).stands(piece(GROUP, "unwanted").live("1"));
    bench.memory.lost = true;
    assert_eq!(bench.lines(), ["wait vpc/v", "wait group/unwanted (1)"]);
    bench.memory.lost = false;
    assert!(bench.settle().ready());
}

#[test]
fn a_kind_whose_source_failed_waits_and_the_others_go_on() {
    let mut bench = Bench::default().declare(piece(VPC, "v")).declare(piece(GROUP, "g"));
    bench.observed.unknown.insert(VPC, fault());
    assert_eq!(bench.lines(), ["wait vpc/v", "create group/g"]);
    bench.observed.unknown.clear();
    assert!(bench.settle().ready());
}

#[test]
fn what_is_going_away_holds_its_slot_but_not_that_of_a_create_first_successor() {
    for (kind, lines) in
        [(GATE, ["wait gate/x (1)", "wait gate/x (1)"]), (GROUP, ["create group/x", "wait group/x (1)"])]
    {
        let mut live = piece(kind, "x").live("1");
        live.phase = Phase::Deleting;
        let bench = Bench::default().declare(piece(kind, "x")).stands(live);
        assert_eq!(bench.lines(), lines);
    }
}

#[test]
fn what_failed_is_replaced_under_the_next_attempt_unless_data_lives_in_it() {
    for (kind, line) in [
        (GATE, "replace, delete first gate/x (1)"),
        (GROUP, "replace, create first group/x (1)"),
        (VPC, "replace, delete first vpc/x (1)"),
        (POOL, "report pool/x (1)"),
    ] {
        let mut live = piece(kind, "x").live("1");
        live.phase = Phase::Failed("it could not be made".to_owned());
        let mut bench = Bench::default().declare(piece(kind, "x")).stands(live);
        assert_eq!(bench.lines(), [line]);
        bench.settle();
        assert_eq!(bench.observed.live[0].attempt, u32::from(kind != POOL));
    }
}

#[test]
fn what_refers_to_something_being_replaced_is_blocked_not_replaced() {
    let (vpc, gate) = (piece(VPC, "v"), piece(GROUP, "g"));
    let service = piece(SERVICE, "s").on(&gate.key);
    let mut bench = Bench::default().stands(vpc.live("vpc-1")).stands(gate.live("group-1")).stands(service.live("s-1"));
    bench = bench.remembering([vpc.clone(), gate.clone(), service.clone()]);
    bench.declared = vec![vpc, gate.fixed("new"), service];
    assert_eq!(bench.lines(), ["replace, create first group/g (group-1)", "blocked service/s (s-1)"]);
    assert!(bench.settle().ready());
    assert_eq!(bench.ids().len(), 3);
}

#[test]
fn old_generations_are_kept() {
    let mut bench = Bench::default();
    for fixed in ["1", "2", "3", "4", "5"] {
        bench.declared = vec![piece(REVISION, "r").fixed(fixed)];
        bench.settle();
    }
    let mut standing: Vec<_> = bench.observed.live.iter().map(|live| live.seen.fixed).collect();
    standing.sort_unstable();
    assert_eq!(standing, ["3", "4", "5"]);
}
