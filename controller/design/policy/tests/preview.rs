//! What people read says what the policy does, under the hash that status has.

use super::*;
use crate::design::policy::{Line, Preview, Verb};

type Planned = fn() -> Plan<Toy>;

/// Of a planner that needs no approved replacement.
fn preview(policy: &Policy, plan: Planned) -> Preview {
    policy.preview(|_| plan())
}

fn told(line: &Line) -> String {
    let held = if line.held.is_some() { ", held" } else { "" };
    format!("{} {} [{}] {}{held}", line.verb.name(), line.key, line.fields.join(","), line.reason)
}

fn lines(preview: &Preview) -> Vec<String> {
    preview.lines.iter().map(told).collect()
}

#[test]
fn what_runs_and_what_is_held_read_alike() {
    let cases: [(Planned, &[&str]); 4] = [
        (creation, &["Create vpc/a [] declared", "Create vpc/b [] declared"]),
        (difference, &["Update vpc/a [loose] differs from what is declared"]),
        (loss, &["Create vpc/a [] declared, and no longer there"]),
        (replacement, &["Replace vpc/a [fixed] the declaration changed"]),
    ];
    for (plan, expected) in cases {
        assert_eq!(lines(&preview(&apply(), plan)), expected);
        let held: Vec<String> = expected.iter().map(|line| format!("{line}, held")).collect();
        for mode in [Mode::Observe, Mode::Approve] {
            assert_eq!(lines(&preview(&Policy { mode, ..apply() }, plan)), held, "{mode:?}");
        }
    }
}

#[test]
fn the_hash_is_the_one_of_status_in_every_mode() {
    for plan in [creation, difference, loss, replacement] {
        let approve = approving(None, None);
        let status = approve.rule(|_| plan()).held.unwrap().hash;
        for (policy, approvable) in
            [(apply(), false), (Policy { mode: Mode::Observe, ..apply() }, false), (approve, true)]
        {
            let preview = preview(&policy, plan);
            assert_eq!(
                (preview.hash.as_deref(), preview.approvable),
                (Some(status.as_str()), approvable),
                "{policy:?}"
            );
        }
    }
}

#[test]
fn reported_drift_has_the_hash_that_puts_it_right() {
    let report = Policy { drift_policy: DriftPolicy::Report, ..apply() };
    let hash = report.rule(|_| difference()).held.unwrap().hash;
    let preview = preview(&report, difference);
    assert_eq!(lines(&preview), ["Update vpc/a [loose] differs from what is declared, held"]);
    assert_eq!((preview.hash, preview.approvable), (Some(hash), true));
}

#[test]
fn an_offered_replacement_is_read_beside_what_is_left_alone() {
    let preview = apply().preview(drift::drifted());
    let left = "Report vpc/a [] differs in what cannot be changed in place";
    assert_eq!(lines(&preview), [left, "Replace vpc/a [fixed] changed outside, held"]);
    assert_eq!(preview.lines[0].left[0].to_string(), "fixed: 9 -> 1");
    assert!(preview.approvable);
    // Approved, it reads as it runs.
    let preview = Policy { approve: preview.hash, ..apply() }.preview(drift::drifted());
    assert_eq!(lines(&preview), ["Replace vpc/a [fixed] differs, and the replacement was approved"]);
}

#[test]
fn nothing_to_do_has_no_line_and_no_hash() {
    let a = toy("a", 1, 1);
    let quiet = |_| plan_of(std::slice::from_ref(&a), vec![live(&a, "a-1")], &memory(&[(&a, "a-1")]), &[]);
    assert_eq!(apply().preview(quiet), Preview::default());
    assert_eq!(Preview::default().count(Verb::Create), 0);
}

#[test]
fn a_suspended_stack_says_what_waits() {
    let preview = preview(&Policy { suspend: true, ..apply() }, difference);
    assert_eq!(preview.lines[0].held.as_deref(), Some("the stack is suspended"));
    assert!(!preview.approvable);
}
