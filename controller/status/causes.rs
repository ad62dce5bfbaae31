//! What of an outcome is a cause of trouble, and what a mere consequence.

use std::collections::BTreeSet;

use engine::{Class, Key, Outcome, State};

use super::pass::Pass;
use super::reasons::{Reason, passes};
use super::service;
use super::wording::{next_try, resources, told};
use crate::api::manifest::Mode;

/// How many causes a message tells.
const TOLD: usize = 3;

/// One cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) reason: Reason,
    /// What it is about and what is wrong.
    pub(super) text: String,
    /// How it will go on.
    pub(super) course: Course,
}

/// How trouble goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// It is on its way, or is tried again and succeeds in the ordinary course of things.
    Moves,
    /// The user wants it to rest.
    Rests,
    /// Somebody has to do something.
    Stuck,
}

/// What stands in the way of a set of resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Causes {
    /// The worst first, then in creation order.
    pub(super) list: Vec<Cause>,
    /// How many resources wait for others.
    pub(super) waiting: usize,
    /// The first resource that is waited for.
    pub(super) waits_for: Option<Key>,
    /// How many resources there are, and how many of them are as declared.
    pub(super) count: usize,
    pub(super) settled: usize,
}

impl Causes {
    /// The causes among the `states` of a pass.
    pub(super) fn of<'a, S: 'a>(
        pass: &Pass<'_, S>,
        states: impl Iterator<Item = (&'a Key, Option<&'a str>, &'a State<S>)>,
    ) -> Self {
        let mut causes = Self::default();
        let mut unread = BTreeSet::new();
        for (key, id, state) in states {
            causes.count += 1;
            if let Some(cause) = service::cause(pass, key, state) {
                causes.list.push(cause);
                continue;
            }
            match state {
                State::Ready(_) | State::Drifted(..) | State::Kept(_) | State::Reported(..) => causes.settled += 1,
                State::Broken(..) if service::starting(pass, key, state) => causes.settled += 1,
                State::Blocked(_, by) => {
                    causes.waiting += 1;
                    causes.waits_for.get_or_insert_with(|| by.clone());
                }
                State::Waiting(..) if pass.unread(key.kind).is_some() => {
                    unread.insert(key.kind);
                }
                State::Waiting(..)
                | State::Broken(..)
                | State::Failed(..)
                | State::Withheld(..)
                | State::Deleting(_)
                | State::Deleted(_) => causes.list.push(cause(pass, &name(key, id), key, state)),
            }
        }
        for kind in unread {
            if let Some(fault) = pass.unread(kind) {
                let text =
                    format!("{} resources cannot be read: {}; {}", kind.name, told(fault), next_try(Class::NotYet));
                causes.list.push(Cause { reason: Reason::of(fault.class), text, course: course(fault.class) });
            }
        }
        causes.list.sort_by_key(|cause| std::cmp::Reverse(cause.reason));
        causes
    }

    /// The reason that speaks for all; `None` if nothing is in the way.
    pub(super) fn reason(&self) -> Option<Reason> {
        let blocked = (self.waiting > 0).then_some(Reason::Blocked);
        self.list.first().map(|cause| cause.reason).or(blocked)
    }

    /// Whether any cause goes on so.
    pub(super) fn any(&self, course: Course) -> bool {
        self.list.iter().any(|cause| cause.course == course)
    }

    /// The causes, and how many resources wait for them.
    pub(super) fn message(&self) -> String {
        let mut parts: Vec<String> = self.list.iter().take(TOLD).map(|cause| cause.text.clone()).collect();
        let more = self.list.len().saturating_sub(TOLD);
        if more > 0 {
            parts.push(format!("and {more} more"));
        }
        if let (true, Some(key)) = (self.waiting > 0, &self.waits_for) {
            let verb = if self.waiting == 1 { "waits" } else { "wait" };
            parts.push(if self.list.is_empty() {
                format!("{} {verb} for others, the first for {key}", resources(self.waiting))
            } else {
                format!("{} {verb} for others", resources(self.waiting))
            });
        }
        parts.join("; ")
    }
}

/// `subnet/ecs-a`, or `subnet/ecs-a (subnet-0)` where the id tells several apart.
fn name(key: &Key, id: Option<&str>) -> String {
    id.map_or_else(|| key.to_string(), |id| format!("{key} ({id})"))
}

/// The cause that a state is; only of those that are one.
fn cause<S>(pass: &Pass<'_, S>, name: &str, key: &Key, state: &State<S>) -> Cause {
    if let (State::Waiting(None, _), Some(fix)) = (state, pass.unmarked(key)) {
        return Cause { reason: Reason::Unmarked, text: format!("{name}: {fix}"), course: Course::Stuck };
    }
    let (reason, text, course) = match state {
        State::Waiting(Some(_), why) => (Reason::Progressing, format!("{name}: {why}"), Course::Moves),
        State::Waiting(None, why) => (Reason::Waiting, format!("{name}: {why}"), Course::Moves),
        State::Broken(_, why) if key.kind.holds_data => (Reason::Failed, format!("{name}: {why}"), Course::Stuck),
        State::Broken(live, why) if matches!(live.phase, engine::Phase::Failed(_)) => {
            (Reason::Progressing, format!("{name}: failed, and is replaced: {why}"), Course::Moves)
        }
        State::Broken(_, why) => (Reason::Broken, format!("{name}: {why}"), Course::Moves),
        State::Failed(_, fault) => {
            let text = format!("{name}: {}; {}", told(fault), next_try(fault.class));
            (Reason::of(fault.class), text, course(fault.class))
        }
        State::Withheld(_, why) => (withheld(pass), format!("{name}: {why}"), Course::Rests),
        State::Deleting(_) => (Reason::Deleting, format!("{name}: is going away"), Course::Moves),
        State::Deleted(_) => (Reason::Deleting, format!("{name}: deleted, not proven gone yet"), Course::Moves),
        State::Ready(_) | State::Drifted(..) | State::Kept(_) | State::Reported(..) | State::Blocked(..) => {
            (Reason::Progressing, name.to_owned(), Course::Moves)
        }
    };
    Cause { reason, text, course }
}

fn course(class: Class) -> Course {
    if passes(class) { Course::Moves } else { Course::Stuck }
}

/// Why a policy held a step back.
pub(super) fn withheld<S>(pass: &Pass<'_, S>) -> Reason {
    if pass.deleting {
        return Reason::Retained;
    }
    match pass.stack.controls.mode {
        _ if pass.stack.controls.suspend => Reason::Suspended,
        Mode::Observe => Reason::Observed,
        Mode::Approve => Reason::AwaitingApproval,
        Mode::Apply => Reason::DriftReported,
    }
}

/// The causes among the declared resources that `belongs` accepts.
pub(super) fn declared<S>(pass: &Pass<'_, S>, outcome: &Outcome<S>, belongs: impl Fn(&Key) -> bool) -> Causes {
    Causes::of(pass, outcome.states.iter().filter(|(key, _)| belongs(key)).map(|(key, state)| (key, None, state)))
}

/// The causes among what stands beside the declared resources.
pub(super) fn beside<S>(pass: &Pass<'_, S>, outcome: &Outcome<S>) -> Causes {
    Causes::of(pass, outcome.others.iter().map(|other| (&other.key, Some(other.id.as_str()), &other.state)))
}
