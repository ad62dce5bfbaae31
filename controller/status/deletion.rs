//! The end of a stack: what blocks it, and when nothing stands in its way.

use std::time::Duration;

use engine::{Class, Fault, Key, Other, Outcome, State};
use jiff::Timestamp;

use super::conditions::{NOTHING_LEFT, find, moves};
use super::events::Event;
use super::memory::{key_of, strange};
use super::pass::{Pass, unmarked};
use super::reasons::{Reason, passes};
use super::wording::{clip, told};
use crate::api::Stack;
use crate::api::manifest::DeletionPolicy;
use crate::api::status::{ConditionStatus, RecordedPhase, ResourceRecord};

/// How long a deletion may be refused for want of something else to go first, at a standstill, before somebody is told: AWS
/// gives network interfaces free some time after their owner is gone.
const PATIENCE: Duration = Duration::from_mins(1);

/// How many blockers a message tells; when they are gone it tells the next.
const TOLD: usize = 3;

/// Bytes of a list in an event's note, of which Kubernetes takes 1024.
const NOTE: usize = 900;

/// Why the deletion cannot go on, what blocks it, and what to do about it.
pub(super) fn blocked<S>(pass: &Pass<'_, S>, resources: &[ResourceRecord]) -> Option<(Reason, String)> {
    if !pass.deleting {
        return None;
    }
    if let Some(problem) = pass.problem.filter(|problem| !problem.passes()) {
        let orphan = "or give up what it built: set the annotation fargatestack.dev/force-orphan to the stack's UID";
        let message = match problem.of_credentials() {
            Some(true) => format!("{}; {orphan}", problem.message()),
            Some(false) | None => problem.message(),
        };
        return Some((problem.reason(), message));
    }
    let mut blockers: Vec<String> = strange(pass.previous)
        .map(|record| format!("{}: made by a newer version of the controller: upgrade it", record.key))
        .collect();
    blockers.extend(unmarked_left(pass));
    if let Some(outcome) = pass.outcome {
        blockers.extend(outcome.others.iter().filter_map(|other| blocker(pass, other, resources)));
        let denied = pass.unknown.into_iter().flatten().filter(|(_, fault)| !passes(fault.class));
        blockers.extend(
            denied.map(|(kind, fault)| {
                format!("{} resources cannot be read: {}; {}", kind.name, told(fault), fix(fault))
            }),
        );
    }
    let more = blockers.len().saturating_sub(TOLD);
    blockers.truncate(TOLD);
    if more > 0 {
        blockers.push(format!("and {more} more"));
    }
    (!blockers.is_empty()).then(|| (Reason::DeletionBlocked, blockers.join("; ")))
}

/// What lost our mark, and is therefore not deleted.
fn unmarked_left<S>(pass: &Pass<'_, S>) -> Vec<String> {
    let recorded = pass.memory.records.iter().map(|(key, record)| (&record.id, key));
    let remembered = recorded.chain(&pass.memory.lingering);
    remembered.filter_map(|(id, key)| Some(format!("{key}: {}", unmarked(id, pass.unmarked.get(id)?)))).collect()
}

/// What blocks, and the fix, if `other` is at a standstill.
fn blocker<S>(pass: &Pass<'_, S>, other: &Other<S>, resources: &[ResourceRecord]) -> Option<String> {
    let Other { key, id, state } = other;
    match state {
        State::Failed(_, fault) if passes(fault.class) => {
            let waits = fault.class == Class::NotYet && !on_its_way(pass) && lasts(pass, key, id.as_str(), resources);
            waits.then(|| format!("{key} ({id}): {}; {}", told(fault), in_use(key, id.as_str())))
        }
        State::Failed(_, fault) => Some(format!("{key} ({id}): {}; {}", told(fault), fix(fault))),
        State::Reported(_, why) => Some(format!("{key} ({id}): {why}: look at it, and delete it by hand")),
        State::Ready(_)
        | State::Drifted(..)
        | State::Waiting(..)
        | State::Broken(..)
        | State::Blocked(..)
        | State::Withheld(..)
        | State::Kept(_)
        | State::Deleting(_)
        | State::Deleted(_) => None,
    }
}

/// Whether anything of the deletion but refused calls is under way.
fn on_its_way<S>(pass: &Pass<'_, S>) -> bool {
    let going = |outcome: &Outcome<S>| {
        let under_way = |state: &State<S>| matches!(state, State::Deleting(_) | State::Deleted(_));
        outcome.again || outcome.others.iter().any(|other| under_way(&other.state))
    };
    moves(pass) && pass.outcome.is_some_and(going)
}

/// Whether the resource failed for longer than patience goes.
fn lasts<S>(pass: &Pass<'_, S>, key: &Key, id: &str, resources: &[ResourceRecord]) -> bool {
    let key = key.to_string();
    let failing = |record: &&ResourceRecord| {
        record.key == key && record.id.as_deref() == Some(id) && record.phase == RecordedPhase::Failed
    };
    let since = resources.iter().find(failing).map(|record| record.since);
    since.is_some_and(|since| Duration::try_from(pass.now.duration_since(since)).is_ok_and(|age| age >= PATIENCE))
}

/// Whose it probably is, and what to do, when AWS says that a resource is in use.
fn in_use(key: &Key, id: &str) -> String {
    let filter = match key.kind.name {
        "vpc" => Some("vpc-id"),
        "subnet" => Some("subnet-id"),
        "security-group" => Some("group-id"),
        _ => None,
    };
    let look = filter.map_or_else(String::new, |filter| {
        format!(" (`aws ec2 describe-network-interfaces --filters Name={filter},Values={id}` shows interfaces and their owners)")
    });
    format!("something that this stack did not make uses it: its owner has to remove it{look}")
}

/// What to do about a refusal.
fn fix(fault: &Fault) -> String {
    match fault.class {
        Class::Denied => format!("allow the stack's identity to call {}", fault.operation),
        Class::Quota => "raise the account's quota".to_owned(),
        Class::Conflict | Class::NotYet | Class::Throttled | Class::Transient => "it is tried again".to_owned(),
        Class::Invalid | Class::Bug => "look at the resource in AWS, and delete it by hand".to_owned(),
    }
}

/// Whether nothing of the stack stands that is not to be kept: as far as one look says.
fn ended<S>(stack: &Stack, outcome: &Outcome<S>) -> bool {
    let keeps = stack.controls.deletion_policy == DeletionPolicy::Retain || !stack.controls.retain.is_empty();
    let kept = |key: Option<&Key>, id: Option<&engine::Id>| {
        let (Some(key), Some(id)) = (key, id) else { return false };
        let is = |other: &&Other<S>| other.key == *key && other.id == *id;
        keeps && outcome.others.iter().find(is).is_some_and(|other| matches!(other.state, State::Withheld(..)))
    };
    outcome.effects == 0
        && match outcome.ended() {
            Ok(()) => true,
            Err(remaining) => remaining.iter().all(|it| kept(it.key.as_ref(), it.id.as_ref())),
        }
}

/// That nothing is left: true from the first look that says so, until one does not.
pub(super) fn nothing_left<S>(pass: &Pass<'_, S>) -> Option<(Reason, String)> {
    let outcome = pass.outcome.filter(|outcome| pass.deleting && ended(pass.stack, outcome))?;
    let kept = outcome.others.len();
    let message = if kept == 0 {
        "nothing is left in AWS; looked at until AWS's lists have settled".to_owned()
    } else {
        format!("nothing is left in AWS but {kept} that are to be kept; looked at until AWS's lists have settled")
    };
    Some((Reason::Settling, message))
}

/// Whether the stack may be let go: this look and every one since at least `settle` showed nothing that is not to be kept, no
/// look wrote anything, and nothing is remembered that this version does not know.
#[must_use]
pub fn releasable<S>(stack: &Stack, outcome: &Outcome<S>, settle: Duration, now: Timestamp) -> bool {
    let status = &stack.status;
    let strange =
        status.resources.iter().map(|record| &record.key).chain(status.lingering.iter().map(|record| &record.key));
    let known = strange.chain(status.intents.iter().map(|record| &record.key)).all(|key| key_of(key).is_some());
    let since = find(&status.conditions, NOTHING_LEFT)
        .filter(|condition| condition.status == ConditionStatus::True)
        .map(|condition| condition.last_transition_time);
    let settled =
        since.is_some_and(|since| Duration::try_from(now.duration_since(since)).is_ok_and(|age| age >= settle));
    known && settled && ended(stack, outcome)
}

/// The events that name what stands in AWS when a stack is let go without being taken down: all of it, in as many as it takes.
#[must_use]
pub fn left_behind(stack: &Stack) -> Vec<Event> {
    let status = &stack.status;
    let standing = status.resources.iter().filter_map(|record| Some((&record.key, record.id.as_ref()?)));
    let lingering = status.lingering.iter().map(|record| (&record.key, &record.id));
    let ids: Vec<String> = standing.chain(lingering).map(|(key, id)| format!("{key} ({id})")).collect();
    if ids.is_empty() {
        return vec![release(0, false, "let go; nothing was built in AWS")];
    }
    let notes = join_within(&ids, NOTE);
    let event = |(number, list)| release(number, true, &format!("let go; this stays in AWS: {list}"));
    notes.into_iter().enumerate().map(event).collect()
}

/// The action differs from event to event: of equal ones the recorder keeps the first and counts the rest.
fn release(number: usize, warning: bool, note: &str) -> Event {
    let action = if number == 0 { "Release".to_owned() } else { format!("Release{}", number + 1) };
    Event { warning, reason: Reason::Retained.as_str().to_owned(), action, note: clip(note) }
}

/// `items` in as few lists as there must be of at most `most` bytes each.
fn join_within(items: &[String], most: usize) -> Vec<String> {
    let mut lists: Vec<String> = Vec::new();
    for item in items {
        match lists.last_mut().filter(|list| list.len() + item.len() + 2 <= most) {
            Some(list) => {
                list.push_str(", ");
                list.push_str(item);
            }
            None => lists.push(item.clone()),
        }
    }
    lists
}
