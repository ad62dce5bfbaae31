//! What is remembered after a pass: one record a resource.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Key, Memory, Outcome, Record, Sent, State};

use super::memory::{Look, intents, lingering, strange};
use super::pass::Pass;
use super::wording::{clip, told};
use crate::api::status::{IntentRecord, LingeringRecord, RecordedPhase, ResourceRecord};

/// The part of the status that is memory. Bounded: a record a declared resource, and what once stood beside them.
pub(super) struct Inventory {
    pub(super) resources: Vec<ResourceRecord>,
    pub(super) lingering: Vec<LingeringRecord>,
    pub(super) intents: Vec<IntentRecord>,
    pub(super) tag_keys: Vec<String>,
}

/// What is to be remembered. Without an outcome, what was remembered before.
pub(super) fn memory<S>(pass: &Pass<'_, S>) -> Inventory {
    let previous = pass.previous;
    let Some(outcome) = pass.outcome else {
        return Inventory {
            resources: previous.resources.clone(),
            lingering: previous.lingering.clone(),
            intents: previous.intents.clone(),
            tag_keys: previous.tag_keys.clone(),
        };
    };
    let none = BTreeSet::new();
    let unread = |kind| pass.unread(kind).is_some();
    let look = Look { now: pass.now, settle: pass.settle, missed: pass.missed.unwrap_or(&none), unknown: &unread };
    let after = outcome.memory(pass.memory);
    let sent_now = |key: &Key| outcome.announced.get(key).is_some_and(|(_, sent)| *sent != Sent::No);
    Inventory {
        resources: resources(pass, outcome, &after, &look),
        lingering: lingering(previous, &after, &look),
        intents: intents(previous, pass.memory, &after, &sent_now, &look),
        tag_keys: after.tag_keys.into_iter().collect(),
    }
}

/// In creation order; what this version does not know comes last, as it was.
fn resources<S>(pass: &Pass<'_, S>, outcome: &Outcome<S>, after: &Memory, look: &Look<'_>) -> Vec<ResourceRecord> {
    let before: BTreeMap<&str, &ResourceRecord> =
        pass.previous.resources.iter().map(|record| (record.key.as_str(), record)).collect();
    let keys: BTreeSet<&Key> = outcome.states.keys().chain(after.records.keys()).collect();
    let known = keys.into_iter().map(|key| {
        let name = key.to_string();
        let previous = before.get(name.as_str()).copied();
        resource(key, name, outcome, after.records.get(key), previous, look)
    });
    known.chain(strange(pass.previous).cloned()).collect()
}

fn resource<S>(
    key: &Key,
    name: String,
    outcome: &Outcome<S>,
    record: Option<&Record>,
    previous: Option<&ResourceRecord>,
    look: &Look<'_>,
) -> ResourceRecord {
    let id = record.map(|record| record.id.to_string());
    let same = previous.filter(|previous| previous.id == id || previous.id.is_none() || id.is_none());
    let (phase, message) = match state_of(key, record, outcome) {
        Some(state) => phase(state),
        None => same
            .filter(|before| before.phase == RecordedPhase::Deleted)
            .map_or_else(unseen, |before| (before.phase, before.message.clone())),
    };
    let since = same.filter(|before| before.phase == phase).map_or(look.now, |before| before.since);
    let missing_since = record
        .and_then(|record| look.missing_since(&record.id, key.kind, same.and_then(|before| before.missing_since)));
    let id_since = id.as_ref().map(|_| {
        let before = previous.filter(|previous| previous.id == id).and_then(|previous| previous.id_since);
        before.unwrap_or(look.now)
    });
    ResourceRecord {
        key: name,
        id,
        id_since,
        phase,
        message,
        applied_hash: record.and_then(|record| record.applied.clone()),
        attempt: record.map_or(0, |record| record.attempt),
        since,
        missing_since,
    }
}

/// The state of a declared key; of one that is not declared, that of the very resource that is remembered.
fn state_of<'a, S>(key: &Key, record: Option<&Record>, outcome: &'a Outcome<S>) -> Option<&'a State<S>> {
    outcome.states.get(key).or_else(|| {
        let id = &record?.id;
        outcome.others.iter().find(|other| other.id == *id).map(|other| &other.state)
    })
}

fn unseen() -> (RecordedPhase, Option<String>) {
    (RecordedPhase::Waiting, Some("not listed, and not proven gone".to_owned()))
}

/// How a state is recorded.
fn phase<S>(state: &State<S>) -> (RecordedPhase, Option<String>) {
    let (phase, message) = match state {
        State::Ready(_) => (RecordedPhase::Ready, None),
        State::Drifted(_, changes) => {
            let fields: Vec<&str> = changes.iter().map(|change| change.field).collect();
            (RecordedPhase::Ready, Some(format!("differs in {}, left alone", fields.join(", "))))
        }
        State::Waiting(_, why) => (RecordedPhase::Waiting, Some(why.clone())),
        State::Broken(_, why) => (RecordedPhase::Broken, Some(why.clone())),
        State::Failed(_, fault) => (RecordedPhase::Failed, Some(told(fault))),
        State::Blocked(_, by) => (RecordedPhase::Blocked, Some(format!("waits for {by}"))),
        State::Withheld(_, why) => (RecordedPhase::Withheld, Some(why.clone())),
        State::Reported(_, why) => (RecordedPhase::Kept, Some(why.clone())),
        State::Kept(_) => (RecordedPhase::Kept, None),
        State::Deleting(_) => (RecordedPhase::Deleting, None),
        State::Deleted(_) => (RecordedPhase::Deleted, None),
    };
    (phase, message.map(|message| clip(&message)))
}
