//! What is news, from one status to the next.

use super::conditions::{DELETION_BLOCKED, DRIFTED, NOTHING_LEFT, READY, RECONCILING, STALLED, WARNING};
use super::reasons::Reason;
use crate::api::Status;
use crate::api::status::{Condition, ConditionStatus};

/// News for people, as Kubernetes' events carry them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whether it deserves attention.
    pub warning: bool,
    /// One word of the closed list of reasons.
    pub reason: String,
    /// The condition that it is about.
    pub action: String,
    /// What happened, for people.
    pub note: String,
}

/// The difference of the conditions of two statuses, in the order of the second.
///
/// Told is when the whole came to be ready or not, what became stuck or got stuck for another reason, and what applied and does not
/// any more. Not told are Reconciling, which is there in every build, sections that come and go while all is well with them, and
/// what was never known.
#[must_use]
pub fn events(before: &Status, after: &Status) -> Vec<Event> {
    let told = after.conditions.iter().filter(|condition| {
        let earlier = before.conditions.iter().find(|earlier| earlier.type_ == condition.type_);
        is_news(earlier, condition)
    });
    let gone = before.conditions.iter().filter(|earlier| {
        let silent = matches!(earlier.type_.as_str(), RECONCILING | NOTHING_LEFT);
        !silent && !after.conditions.iter().any(|condition| condition.type_ == earlier.type_)
    });
    told.map(event).chain(gone.map(resolved)).collect()
}

fn is_news(earlier: Option<&Condition>, condition: &Condition) -> bool {
    let silent =
        matches!(condition.type_.as_str(), RECONCILING | NOTHING_LEFT) || condition.status == ConditionStatus::Unknown;
    let first = earlier.is_none_or(|earlier| earlier.status == ConditionStatus::Unknown);
    let abnormal = abnormal(&condition.type_);
    let changed = match earlier {
        // That something is not there yet is no news at the beginning of a build.
        _ if first => {
            let ready = condition.type_ == READY && condition.status == ConditionStatus::True;
            ready || abnormal || wants_attention(condition)
        }
        Some(earlier) if earlier.status != condition.status => {
            condition.type_ == READY || abnormal || wants_attention(condition) || wants_attention(earlier)
        }
        Some(earlier) => earlier.reason != condition.reason && (abnormal || wants_attention(condition)),
        None => false,
    };
    !silent && changed
}

/// Conditions that are there only while something is out of the ordinary.
fn abnormal(type_: &str) -> bool {
    matches!(type_, STALLED | DRIFTED | DELETION_BLOCKED | WARNING)
}

/// Whether its reason is one that somebody should know of.
fn wants_attention(condition: &Condition) -> bool {
    let mild = [
        Reason::Ready,
        Reason::ScaledToZero,
        Reason::Suspended,
        Reason::Observed,
        Reason::Retained,
        Reason::Settling,
        Reason::Blocked,
        Reason::Progressing,
        Reason::Deleting,
        Reason::Waiting,
        Reason::Throttled,
    ];
    !mild.iter().any(|reason| reason.as_str() == condition.reason)
}

fn event(condition: &Condition) -> Event {
    Event {
        warning: wants_attention(condition),
        reason: condition.reason.clone(),
        action: condition.type_.clone(),
        note: condition.message.clone(),
    }
}

fn resolved(earlier: &Condition) -> Event {
    Event {
        warning: false,
        reason: Reason::Resolved.as_str().to_owned(),
        action: earlier.type_.clone(),
        note: format!("no longer {} ({})", earlier.type_, earlier.reason),
    }
}
