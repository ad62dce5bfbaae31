//! When the next look is due: a function of what came out and of how long that has been so, never of a counter.

use std::time::Duration;

use engine::{Class, Key, Outcome, State};
use jiff::Timestamp;

use super::conditions::{NOTHING_LEFT, READY, RECONCILING, STALLED, find, holds};
use super::reasons::Reason;
use crate::api::status::{Condition, RecordedPhase, ResourceRecord};
use crate::api::{Stack, Status};

/// After a change: more may be possible now, and what was made is to be seen.
const AGAIN: Duration = Duration::from_secs(1);
/// Longest pause after a change: something that is changed for ever is not changed more often.
const AGAIN_AT_MOST: Duration = Duration::from_secs(30);
/// Part of its age by which a build that changes something in every pass slows down: ten minutes bring ten seconds.
const AGAIN_PART: u32 = 60;
/// While the end of a stack settles: often enough to be let go soon after the window.
const SETTLING: Duration = Duration::from_secs(10);
/// When only somebody's action helps; that action is a change of the stack or of its identity, which starts a pass by itself.
const STALLED_PAUSE: Duration = Duration::from_mins(10);

/// Shortest and longest pause after a failure. In step with the words of [`super::wording::next_try`].
fn bounds(class: Class) -> (Duration, Duration) {
    let seconds = |least, most| (Duration::from_secs(least), Duration::from_secs(most));
    match class {
        // The usual states of AWS change within seconds to minutes, and a look is shared by all stacks.
        Class::NotYet => seconds(2, 30),
        // Buckets fill again within a minute.
        Class::Throttled => seconds(5, 60),
        // A short outage is over at once; in a long one nobody is helped by more load.
        Class::Transient => seconds(2, 120),
        // Somebody has to act, somewhere else; nobody tells us when.
        Class::Conflict | Class::Quota | Class::Denied | Class::Invalid | Class::Bug => seconds(30, 600),
    }
}

/// The pause before the next look at a stack whose status is `after` now. `resync` is the one for a stack at rest.
///
/// Half the age of the trouble, within the bounds of its class, so that it survives restarts; of several troubles the one that is
/// due first. Somebody's change of the stack ends every pause.
#[must_use]
pub fn rest<S>(after: &Status, outcome: Option<&Outcome<S>>, resync: Duration, now: Timestamp) -> Duration {
    let age =
        |type_: &str| find(&after.conditions, type_).map_or(Duration::ZERO, |it| since(it.last_transition_time, now));
    let Some(outcome) = outcome else {
        return match find(&after.conditions, RECONCILING) {
            Some(condition) => pause(class_of(&condition.reason), age(RECONCILING)),
            None if holds(&after.conditions, STALLED) => STALLED_PAUSE,
            None => resync,
        };
    };
    if outcome.again {
        return (age(RECONCILING) / AGAIN_PART).clamp(AGAIN, AGAIN_AT_MOST);
    }
    if holds(&after.conditions, NOTHING_LEFT) {
        return SETTLING;
    }
    let declared = outcome.states.iter().map(|(key, state)| (key, None, state));
    let beside = outcome.others.iter().map(|other| (&other.key, Some(other.id.as_str()), &other.state));
    let due = declared
        .chain(beside)
        .filter_map(|(key, id, state)| trouble(state).map(|class| pause(class, age_of(after, key, id, now))));
    // Looks that settle what a create left begin when it was announced, however long the build has been in trouble before.
    let intents = after.intents.iter().map(|intent| pause(Class::NotYet, since(intent.time, now)));
    let open = after.memory_lost_since.is_some()
        || deleting(after)
        || find(&after.conditions, RECONCILING).is_some_and(waits_for_image)
        || find(&after.conditions, READY).is_some_and(|ready| ready.reason == Reason::ProbeFailed.as_str());
    let due = due.min();
    let waiting = open.then(|| bounds(Class::NotYet).1);
    due.into_iter().chain(intents).chain(waiting).min().unwrap_or(resync)
}

/// The class of trouble that a state is; `None` if looking again is of no use.
fn trouble<S>(state: &State<S>) -> Option<Class> {
    match state {
        State::Failed(_, fault) => Some(fault.class),
        State::Waiting(..) | State::Broken(..) | State::Deleting(_) | State::Deleted(_) => Some(Class::NotYet),
        State::Ready(_)
        | State::Drifted(..)
        | State::Blocked(..)
        | State::Withheld(..)
        | State::Reported(..)
        | State::Kept(_) => None,
    }
}

fn pause(class: Class, age: Duration) -> Duration {
    let (least, most) = bounds(class);
    (age / 2).clamp(least, most)
}

/// How long the resource has been as it is.
fn age_of(after: &Status, key: &Key, id: Option<&str>, now: Timestamp) -> Duration {
    let key = key.to_string();
    let is = |record: &&ResourceRecord| record.key == key && (id.is_none() || record.id.as_deref() == id);
    after.resources.iter().find(is).map_or(Duration::ZERO, |record| since(record.since, now))
}

fn since(time: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(time)).unwrap_or_default()
}

fn deleting(after: &Status) -> bool {
    find(&after.conditions, READY).is_some_and(|ready| ready.reason == Reason::Deleting.as_str())
}

/// Whether somebody has to push the image: nothing but the question for it is to be asked until then.
fn waits_for_image(reconciling: &Condition) -> bool {
    reconciling.reason == Reason::ImageNotFound.as_str()
}

/// The class of a problem that goes away by itself, by the reason it was written down with.
fn class_of(reason: &str) -> Class {
    if reason == Reason::Throttled.as_str() {
        Class::Throttled
    } else if reason == Reason::Waiting.as_str() {
        Class::NotYet
    } else {
        Class::Transient
    }
}

/// Whether nothing was in motion after the last pass over this very declaration, so that old answers of AWS will do.
#[must_use]
pub fn at_rest(stack: &Stack) -> bool {
    let status = &stack.status;
    let still = |record: &ResourceRecord| {
        matches!(record.phase, RecordedPhase::Ready | RecordedPhase::Kept | RecordedPhase::Withheld)
            && record.missing_since.is_none()
    };
    stack.metadata.deletion_timestamp.is_none()
        && status.observed_generation == stack.metadata.generation
        && find(&status.conditions, RECONCILING).is_none_or(waits_for_image)
        && find(&status.conditions, STALLED).is_none()
        && status.intents.is_empty()
        && status.resources.iter().all(still)
}
