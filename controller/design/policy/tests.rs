//! Which steps run, over real plans of a toy kind.

mod drift;
mod preview;
mod toy;

use engine::{Attributes, Graph, Id, Ids, Key, Live, Memory, Observed, Phase, Record, Tags, applied, plan};

use self::toy::{REPOSITORY, Seen, Toy, VPC};
use super::*;

fn toy(name: &str, fixed: u8, loose: u8) -> Toy {
    Toy { key: Key::new(VPC, name), fixed, loose }
}

/// What AWS shows of `toy`.
fn live(toy: &Toy, id: &str) -> Live<Seen> {
    Live {
        key: toy.key.clone(),
        attempt: 0,
        id: Id::from(id),
        attributes: Attributes::new(),
        phase: Phase::Ready,
        seen: Seen { fixed: toy.fixed, loose: toy.loose },
        on: Vec::new(),
        within: None,
        tags: Tags::new(),
        created: None,
    }
}

/// Memory of having applied `toys`, which were given these ids.
fn memory(toys: &[(&Toy, &str)]) -> Memory {
    let record = |toy: &Toy, id: &str| {
        let seen = Seen { fixed: toy.fixed, loose: toy.loose };
        let hash = applied(1, toy.compare(&seen, &Ids::default()).declared().unwrap());
        Record { id: Id::from(id), applied: Some(hash), attempt: 0 }
    };
    let records = toys.iter().map(|(toy, id)| (toy.key.clone(), record(toy, id))).collect();
    Memory { records, ..Memory::default() }
}

fn plan_of(desired: &[Toy], live: Vec<Live<Seen>>, memory: &Memory, gone: &[&str]) -> Plan<Toy> {
    let graph = Graph::new(desired.iter().cloned(), []).unwrap();
    let gone = gone.iter().map(|id| Id::from(*id)).collect();
    plan(&graph, &Observed { live, gone, ..Observed::default() }, memory)
}

/// A new stack of two resources.
fn creation() -> Plan<Toy> {
    plan_of(&[toy("a", 1, 1), toy("b", 1, 1)], Vec::new(), &Memory::default(), &[])
}

/// One resource whose changeable field reads differently.
fn difference() -> Plan<Toy> {
    let applied = toy("a", 1, 1);
    plan_of(&[toy("a", 1, 2)], vec![live(&applied, "a-1")], &memory(&[(&applied, "a-1")]), &[])
}

/// One resource beside which somebody put another.
fn addition() -> Plan<Toy> {
    let (a, b) = (toy("a", 1, 1), toy("b", 1, 1));
    let live = vec![live(&a, "a-1"), live(&b, "b-1")];
    plan_of(std::slice::from_ref(&a), live, &memory(&[(&a, "a-1")]), &[])
}

/// One resource that somebody deleted.
fn loss() -> Plan<Toy> {
    let applied = toy("a", 1, 1);
    plan_of(std::slice::from_ref(&applied), Vec::new(), &memory(&[(&applied, "a-1")]), &["a-1"])
}

/// One resource whose fixed field is declared anew.
fn replacement() -> Plan<Toy> {
    let applied = toy("a", 1, 1);
    plan_of(&[toy("a", 2, 1)], vec![live(&applied, "a-1")], &memory(&[(&applied, "a-1")]), &[])
}

fn apply() -> Policy {
    Policy {
        mode: Mode::Apply,
        drift_policy: DriftPolicy::Repair,
        suspend: false,
        deletion: None,
        generation: 3,
        applied_generation: Some(3),
        approve: None,
        approval: None,
    }
}

fn approving(approve: Option<&str>, approval: Option<Approval>) -> Policy {
    Policy { mode: Mode::Approve, approve: approve.map(Into::into), approval, ..apply() }
}

/// The steps that would run.
fn running(plan: &Plan<Toy>) -> Vec<String> {
    plan.writes().map(|step| format!("{} {}", step.action.name(), step.key)).collect()
}

fn ran(policy: &Policy, plan: Plan<Toy>) -> Vec<String> {
    running(&policy.withhold(plan).plan)
}

#[test]
fn apply_withholds_nothing() {
    for plan in [creation(), difference(), loss(), replacement()] {
        let all = running(&plan);
        assert!(!all.is_empty());
        let ruling = apply().withhold(plan);
        assert_eq!((running(&ruling.plan), ruling.held), (all, None));
    }
}

#[test]
fn observe_runs_nothing_shows_everything_and_cannot_be_approved() {
    let observe = Policy { mode: Mode::Observe, ..apply() };
    let ruling = observe.withhold(creation());
    assert!(running(&ruling.plan).is_empty());
    let held = ruling.held.unwrap();
    let shown: Vec<_> = held.steps.iter().map(|step| (step.action.as_str(), step.key.as_str())).collect();
    assert_eq!(shown, [("Create", "vpc/a"), ("Create", "vpc/b")]);
    let approved = Policy { approve: Some(held.hash), ..observe };
    assert!(ran(&approved, creation()).is_empty());
}

#[test]
fn nothing_is_held_when_nothing_is_to_be_done() {
    let a = toy("a", 1, 1);
    let quiet = || plan_of(std::slice::from_ref(&a), vec![live(&a, "a-1")], &memory(&[(&a, "a-1")]), &[]);
    for mode in [Mode::Apply, Mode::Observe, Mode::Approve] {
        assert_eq!(Policy { mode, ..apply() }.withhold(quiet()).held, None, "{mode:?}");
    }
}

#[test]
fn a_suspended_stack_rests() {
    let ruling = Policy { suspend: true, ..apply() }.withhold(creation());
    assert!(running(&ruling.plan).is_empty());
    assert_eq!(ruling.held, None);
}

#[test]
fn approve_waits_for_the_hash_of_this_very_plan() {
    let held = approving(None, None).withhold(creation()).held.unwrap();
    assert!(ran(&approving(None, None), creation()).is_empty());
    assert!(ran(&approving(Some("no hash"), None), creation()).is_empty());
    assert!(ran(&approving(Some(&held.hash), None), difference()).is_empty());
    let ruling = approving(Some(&held.hash), None).withhold(creation());
    assert_eq!(running(&ruling.plan), ["create vpc/a", "create vpc/b"]);
    assert_eq!((ruling.held, ruling.approval.unwrap().generation), (None, 3));
}

/// The approval that the annotation gives to `plan`.
fn approval_of(plan: Plan<Toy>) -> Approval {
    let hash = approving(None, None).withhold(plan.clone()).held.unwrap().hash;
    approving(Some(&hash), None).withhold(plan).approval.unwrap()
}

#[test]
fn an_approval_covers_what_is_left_of_it_in_the_same_generation() {
    let approval = approval_of(creation());
    let a = toy("a", 1, 1);
    let rest = || plan_of(&[a.clone(), toy("b", 1, 1)], vec![live(&a, "a-1")], &memory(&[(&a, "a-1")]), &[]);
    let policy = approving(None, Some(approval));
    assert_eq!(ran(&policy, rest()), ["create vpc/b"]);
    // In another generation it is void, and forgotten.
    let later = Policy { generation: 4, ..policy.clone() };
    let ruling = later.withhold(rest());
    assert!(running(&ruling.plan).is_empty());
    assert_eq!(ruling.approval, None);
    // A step beyond it holds back the whole plan.
    let more = [a.clone(), toy("b", 1, 1), toy("c", 1, 1)];
    let more = plan_of(&more, vec![live(&a, "a-1")], &memory(&[(&a, "a-1")]), &[]);
    let ruling = policy.withhold(more);
    assert!(running(&ruling.plan).is_empty());
    assert_eq!(ruling.held.unwrap().steps.len(), 2);
}

#[test]
fn an_approval_covers_what_completes_its_steps() {
    let made = toy("a", 1, 1);
    let declared = toy("a", 1, 2);
    let created = approval_of(plan_of(std::slice::from_ref(&declared), Vec::new(), &Memory::default(), &[]));
    let unfinished =
        || plan_of(std::slice::from_ref(&declared), vec![live(&made, "a-1")], &memory(&[(&made, "a-1")]), &[]);
    assert_eq!(ran(&approving(None, Some(created.clone())), unfinished()), ["update vpc/a"]);

    let replaced = approval_of(replacement());
    let (old, new) = (toy("a", 1, 1), toy("a", 2, 1));
    let mut successor = live(&new, "a-2");
    successor.attempt = 1;
    let mut remembered = memory(&[(&new, "a-2")]);
    remembered.lingering.insert(Id::from("a-1"), old.key.clone());
    let left = || plan_of(std::slice::from_ref(&new), vec![live(&old, "a-1"), successor.clone()], &remembered, &[]);
    assert_eq!(running(&left()), ["delete vpc/a"]);
    assert_eq!(ran(&approving(None, Some(replaced)), left()), ["delete vpc/a"]);
    assert!(ran(&approving(None, Some(created)), left()).is_empty(), "a creation approves no deletion");
}

/// What is not declared any more goes only when nothing hangs on it: its deletion is part of the plan that frees it.
#[test]
fn an_approval_covers_what_waits_for_its_steps() {
    let (old, a) = (toy("old", 1, 1), toy("a", 1, 1));
    let remembered = memory(&[(&old, "old-1"), (&a, "a-1")]);
    let held_by = |on: &[&str], loose| {
        let user = Live { on: on.iter().map(|id| Id::from(*id)).collect(), ..live(&toy("a", 1, loose), "a-1") };
        plan_of(&[toy("a", 1, 2)], vec![live(&old, "old-1"), user], &remembered, &[])
    };
    let held = approving(None, None).withhold(held_by(&["old-1"], 1)).held.unwrap();
    let shown: Vec<_> = held.steps.iter().map(|step| (step.action.as_str(), step.key.as_str())).collect();
    assert_eq!(shown, [("Update", "vpc/a"), ("Delete", "vpc/old")]);

    let ruling = approving(Some(&held.hash), None).withhold(held_by(&["old-1"], 1));
    assert_eq!(running(&ruling.plan), ["update vpc/a"]);
    let standing = approving(None, ruling.approval);
    assert_eq!(ran(&standing, held_by(&[], 2)), ["delete vpc/old"]);
}

#[test]
fn report_leaves_drift_and_applies_declarations() {
    let report = |applied| Policy { drift_policy: DriftPolicy::Report, applied_generation: applied, ..apply() };
    // All of this generation was applied: what differs was changed by somebody else.
    assert!(ran(&report(Some(3)), difference()).is_empty());
    assert!(ran(&report(Some(3)), loss()).is_empty());
    assert!(ran(&report(Some(3)), addition()).is_empty());
    // The generation is new, or not applied in full yet.
    for applied in [Some(2), None] {
        assert_eq!(ran(&report(applied), difference()), ["update vpc/a"]);
        assert_eq!(ran(&report(applied), loss()), ["create vpc/a"]);
        assert_eq!(ran(&report(applied), addition()), ["delete vpc/b"]);
    }
    assert_eq!(ran(&report(Some(3)), replacement()), running(&replacement()));
    assert_eq!(ran(&report(Some(3)), creation()), running(&creation()));
}

#[test]
fn reported_drift_is_put_right_when_approved() {
    let report = Policy { drift_policy: DriftPolicy::Report, ..apply() };
    let held = report.withhold(difference()).held.unwrap();
    let step = &held.steps[0];
    assert_eq!((step.action.as_str(), step.key.as_str()), ("Update", "vpc/a"));
    assert_eq!((step.fields.as_slice(), held.more), (&["loose".to_owned()][..], 0));
    assert_eq!(ran(&Policy { approve: Some(held.hash), ..report }, difference()), ["update vpc/a"]);
}

#[test]
fn the_hash_is_that_of_actions_keys_and_fields_in_order() {
    use sha2::Digest as _;
    let held = approving(None, None).withhold(creation()).held.unwrap();
    let expected = sha2::Sha256::digest("create\tvpc/a\t\ncreate\tvpc/b\t\n");
    assert_eq!(held.hash, hex::encode(expected));
    let other = approving(None, None).withhold(difference()).held.unwrap();
    assert_ne!(held.hash, other.hash);
}

#[test]
fn a_long_plan_is_cut_and_counted() {
    let toys: Vec<Toy> = (0..103).map(|n| toy(&format!("t{n:03}"), 1, 1)).collect();
    let held = approving(None, None).withhold(plan_of(&toys, Vec::new(), &Memory::default(), &[])).held.unwrap();
    assert_eq!((held.steps.len(), held.more), (100, 3));
}

#[test]
fn deletion_is_steered_by_its_own_fields() {
    let (vpc, repository) = (toy("a", 1, 1), Toy { key: Key::new(REPOSITORY, "main"), fixed: 1, loose: 1 });
    let remembered = memory(&[(&vpc, "a-1"), (&repository, "r-1")]);
    let end = || plan_of(&[], vec![live(&vpc, "a-1"), live(&repository, "r-1")], &remembered, &[]);
    let deletion = Deletion { protection: false, policy: DeletionPolicy::Delete, retain: Vec::new() };
    let all = running(&end());
    assert_eq!(all.len(), 2);
    let retain = vec![Retained::Repository, Retained::UserPool, Retained::LogGroups];
    let cases = [
        ("as declared", apply(), deletion.clone(), all.clone()),
        ("suspended", Policy { suspend: true, ..apply() }, deletion.clone(), all.clone()),
        ("approve", approving(None, None), deletion.clone(), all),
        ("observe", Policy { mode: Mode::Observe, ..apply() }, deletion.clone(), Vec::new()),
        ("protected", apply(), Deletion { protection: true, ..deletion.clone() }, Vec::new()),
        ("retained", apply(), Deletion { policy: DeletionPolicy::Retain, ..deletion.clone() }, Vec::new()),
        ("in part", apply(), Deletion { retain, ..deletion }, vec!["delete vpc/a".to_owned()]),
    ];
    for (name, policy, deletion, expected) in cases {
        let ruling = Policy { deletion: Some(deletion), ..policy }.withhold(end());
        assert_eq!((running(&ruling.plan), ruling.held), (expected, None), "{name}");
    }
}
