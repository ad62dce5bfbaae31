//! What differs in a fixed field although nobody declared it anew: replaced only when that is approved.

use super::*;

fn repository() -> Toy {
    Toy { key: Key::new(REPOSITORY, "main"), fixed: 1, loose: 1 }
}

/// A planner over `desired` as they were applied, of which AWS shows `seen`.
fn planner(desired: &[Toy], seen: &[Toy]) -> impl Fn(BTreeSet<Key>) -> Plan<Toy> + use<> {
    let id = |toy: &Toy| format!("{}-1", toy.key.name);
    let ids: Vec<String> = desired.iter().map(id).collect();
    let applied: Vec<_> = desired.iter().zip(&ids).map(|(toy, id)| (toy, id.as_str())).collect();
    let memory = memory(&applied);
    let live: Vec<_> = seen.iter().map(|toy| live(toy, &id(toy))).collect();
    let (desired, graph) = (desired.to_vec(), live);
    move |approved| plan_of(&desired, graph.clone(), &Memory { approved, ..memory.clone() }, &[])
}

pub(super) fn drifted() -> impl Fn(BTreeSet<Key>) -> Plan<Toy> + use<> {
    planner(&[toy("a", 1, 1)], &[toy("a", 9, 1)])
}

fn shown(ruling: &Ruling<Toy>) -> Vec<(String, String, String)> {
    let steps = ruling.held.iter().flat_map(|held| &held.steps);
    steps.map(|step| (step.action.clone(), step.key.clone(), step.reason.clone())).collect()
}

fn replace(key: &str, reason: &str) -> (String, String, String) {
    ("Replace".to_owned(), key.to_owned(), reason.to_owned())
}

#[test]
fn in_every_mode_it_waits_for_approval() {
    let report = Policy { drift_policy: DriftPolicy::Report, ..apply() };
    for policy in [apply(), report, approving(None, None)] {
        let ruling = policy.rule(drifted());
        assert!(running(&ruling.plan).is_empty());
        assert_eq!(shown(&ruling), [replace("vpc/a", "changed outside")]);
        let hash = ruling.held.unwrap().hash;
        let ruling = Policy { approve: Some(hash), ..policy }.rule(drifted());
        assert_eq!(running(&ruling.plan), ["replace, create first vpc/a"]);
        assert_eq!(ruling.held, None);
    }
}

#[test]
fn so_does_what_nobody_remembers_to_have_applied() {
    let forgotten = |approved| {
        let memory = Memory { approved, ..Memory::default() };
        plan_of(&[toy("a", 1, 1)], vec![live(&toy("a", 9, 1), "a-1")], &memory, &[])
    };
    let ruling = apply().rule(forgotten);
    assert_eq!(shown(&ruling), [replace("vpc/a", "differs, and what was applied is not remembered")]);
    let approve = ruling.held.map(|held| held.hash);
    assert_eq!(running(&Policy { approve, ..apply() }.rule(forgotten).plan), ["replace, create first vpc/a"]);
}

#[test]
fn the_approval_stands_until_it_is_done() {
    let hash = apply().rule(drifted()).held.unwrap().hash;
    let approval = Policy { approve: Some(hash), ..apply() }.rule(drifted()).approval;
    let later = Policy { approval, ..apply() };
    assert_eq!(running(&later.rule(drifted()).plan), ["replace, create first vpc/a"]);
    let other = Policy { generation: 4, ..later.clone() };
    assert!(running(&other.rule(drifted()).plan).is_empty(), "not for another declaration");
    let both = || planner(&[toy("a", 1, 1), toy("b", 1, 1)], &[toy("a", 9, 1), toy("b", 9, 1)]);
    assert!(running(&later.rule(both()).plan).is_empty(), "nor for more than was shown");
}

#[test]
fn what_nobody_may_replace_is_not_offered() {
    let changed = Toy { fixed: 9, ..repository() };
    let ruling = apply().rule(planner(&[repository()], &[changed]));
    assert!(running(&ruling.plan).is_empty());
    assert_eq!(ruling.held, None);
}

#[test]
fn it_is_offered_in_no_plan_that_rests() {
    let suspended = Policy { suspend: true, ..apply() };
    let observing = Policy { mode: Mode::Observe, ..apply() };
    for policy in [suspended, observing] {
        assert_eq!(policy.rule(drifted()).held, None);
    }
}

#[test]
fn repairs_go_on_beside_it() {
    let planner = planner(&[toy("a", 1, 1), toy("b", 1, 1)], &[toy("a", 9, 1), toy("b", 1, 9)]);
    let ruling = apply().rule(planner);
    assert_eq!(running(&ruling.plan), ["update vpc/b"]);
    assert_eq!(shown(&ruling), [replace("vpc/a", "changed outside")]);
}

#[test]
fn to_approve_a_change_does_not_approve_it() {
    let change = || planner(&[toy("a", 1, 1), toy("b", 1, 1)], &[toy("a", 9, 1), toy("b", 1, 9)]);
    let first = approving(None, None).rule(change()).held.unwrap();
    assert_eq!(first.steps.iter().map(|step| step.key.as_str()).collect::<Vec<_>>(), ["vpc/b"]);
    let ruling = approving(Some(&first.hash), None).rule(change());
    assert_eq!(running(&ruling.plan), ["update vpc/b"]);
    assert_eq!(shown(&ruling), [replace("vpc/a", "changed outside")]);
    let second = ruling.held.unwrap().hash;
    let ruling = approving(Some(&second), ruling.approval).rule(change());
    assert_eq!(running(&ruling.plan), ["replace, create first vpc/a", "update vpc/b"]);
}
