//! From the status to what the engine remembers, and back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::{Id, Intent, Key, Kind, Memory, Record};
use jiff::Timestamp;

use crate::api::Status;
use crate::api::status::{IntentRecord, LingeringRecord, ResourceRecord};
use crate::aws::KINDS;
use crate::aws::observe::Expected;

/// How many empty looks say that a create left nothing behind, together with the settle window over which they are spread.
const EMPTY_LOOKS: u32 = 3;

/// Into how many parts looks divide the settle window: one look per part is counted, so that a status is written no more often.
const LOOKS_PER_WINDOW: u32 = 4;

/// What a status says of earlier passes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recollection {
    /// For the engine.
    pub memory: Memory,
    /// What the look has to find, or to ask for by id.
    pub expected: Vec<Expected>,
    /// Keys of kinds that this version does not know: a newer one made them, so they can be neither looked at nor deleted. While
    /// there is one, the stack is not let go.
    pub unknown: Vec<String>,
}

/// What `status` says of earlier passes.
///
/// `known`: the stack was processed before this pass (our finalizer was set), so that an empty status is a lost one. `settle`:
/// how long AWS's lists may lag.
#[must_use]
pub fn recall(status: &Status, known: bool, now: Timestamp, settle: Duration) -> Recollection {
    let mut recollection = Recollection::default();
    let Recollection { memory, expected, unknown } = &mut recollection;
    for record in &status.resources {
        let Some(key) = key_of(&record.key) else {
            unknown.push(record.key.clone());
            continue;
        };
        let Some(id) = &record.id else { continue };
        let id = Id::from(id.as_str());
        let one_look_is_proof = past(record.id_since, now, settle) || past(record.missing_since, now, settle);
        expected.push(Expected { kind: key.kind, id: id.clone(), one_look_is_proof });
        memory.records.insert(key, Record { id, applied: record.applied_hash.clone(), attempt: record.attempt });
    }
    for record in &status.lingering {
        let Some(key) = key_of(&record.key) else {
            unknown.push(record.key.clone());
            continue;
        };
        let id = Id::from(record.id.as_str());
        let one_look_is_proof = past(record.missing_since, now, settle);
        expected.push(Expected { kind: key.kind, id: id.clone(), one_look_is_proof });
        memory.lingering.insert(id, key);
    }
    for record in &status.intents {
        match key_of(&record.key) {
            Some(key) => {
                let intent = Intent { attempt: record.attempt, settled: settled(record, now, settle) };
                memory.intents.insert(key, intent);
            }
            None => unknown.push(record.key.clone()),
        }
    }
    memory.tag_keys = status.tag_keys.iter().cloned().collect();
    memory.lost = lost(status, known, now, settle);
    recollection
}

/// The status with `announcements` written down: to be persisted before their creates are sent. Equal to `status` if there are
/// none.
///
/// A create that is announced again, because looks settled that the first one left nothing, starts anew.
#[must_use]
pub fn announce(status: &Status, announcements: &[(Key, u32)], now: Timestamp) -> Status {
    let mut status = status.clone();
    for (key, attempt) in announcements {
        let name = key.to_string();
        status.intents.retain(|record| record.key != name);
        status.intents.push(fresh(name, *attempt, now));
    }
    status
}

fn fresh(key: String, attempt: u32, time: Timestamp) -> IntentRecord {
    IntentRecord { key, attempt, time, empty_looks: 0, first_empty_look: None, last_empty_look: None }
}

/// Whether `since` is at least `settle` ago.
fn past(since: Option<Timestamp>, now: Timestamp, settle: Duration) -> bool {
    since.is_some_and(|since| Duration::try_from(now.duration_since(since)).is_ok_and(|age| age >= settle))
}

/// Whether enough looks, spread over the settle window, found nothing.
fn settled(record: &IntentRecord, now: Timestamp, settle: Duration) -> bool {
    let spread = record.last_empty_look.is_some_and(|last| past(record.first_empty_look, last, settle));
    record.empty_looks >= EMPTY_LOOKS && spread && past(Some(record.time), now, settle)
}

/// A status without any trace of a pass, although there was one, is a lost one; for a settle window it stays so.
fn lost(status: &Status, known: bool, now: Timestamp, settle: Duration) -> bool {
    let empty = status.observed_generation.is_none()
        && status.resources.is_empty()
        && status.lingering.is_empty()
        && status.intents.is_empty();
    let found = status.memory_lost_since;
    (known && empty && found.is_none()) || found.is_some_and(|_| !past(found, now, settle))
}

/// The key that `text` names, if this version knows its kind.
pub(super) fn key_of(text: &str) -> Option<Key> {
    let (kind, name) = text.split_once('/')?;
    let kind = KINDS.iter().find(|known| known.name == kind)?;
    Some(Key::new(*kind, name))
}

/// What a look could not tell: which kinds, and which ids AWS did not know when asked.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) now: Timestamp,
    pub(super) settle: Duration,
    pub(super) missed: &'a BTreeSet<Id>,
    pub(super) unknown: &'a dyn Fn(Kind) -> bool,
}

impl Look<'_> {
    /// Since when AWS says that `id` does not exist.
    pub(super) fn missing_since(&self, id: &Id, kind: Kind, before: Option<Timestamp>) -> Option<Timestamp> {
        if self.missed.contains(id) {
            before.or(Some(self.now))
        } else if (self.unknown)(kind) {
            before
        } else {
            None
        }
    }
}

/// What lingers after a pass; what an unknown kind left stays as it is.
pub(super) fn lingering(previous: &Status, memory: &Memory, look: &Look<'_>) -> Vec<LingeringRecord> {
    let before: BTreeMap<&str, &LingeringRecord> =
        previous.lingering.iter().map(|record| (record.id.as_str(), record)).collect();
    let known = memory.lingering.iter().map(|(id, key)| {
        let since = before.get(id.as_str()).and_then(|record| record.missing_since);
        LingeringRecord {
            key: key.to_string(),
            id: id.to_string(),
            missing_since: look.missing_since(id, key.kind, since),
        }
    });
    let strange = previous.lingering.iter().filter(|record| key_of(&record.key).is_none()).cloned();
    known.chain(strange).collect()
}

/// The open intents after a pass, those that it found nothing of with one look more.
pub(super) fn intents(
    previous: &Status,
    before: &Memory,
    after: &Memory,
    sent_now: &dyn Fn(&Key) -> bool,
    look: &Look<'_>,
) -> Vec<IntentRecord> {
    let known = after.intents.iter().map(|(key, intent)| {
        let name = key.to_string();
        let record = previous.intents.iter().find(|record| record.key == name && record.attempt == intent.attempt);
        let Some(record) = record else { return fresh(name, intent.attempt, look.now) };
        // A look that began before the call was sent says nothing about what the call made.
        let counts = before.intents.contains_key(key) && !sent_now(key) && !(look.unknown)(key.kind);
        if counts { looked(record, look) } else { record.clone() }
    });
    let strange = previous.intents.iter().filter(|record| key_of(&record.key).is_none()).cloned();
    known.chain(strange).collect()
}

/// `record` after one more empty look, if it is far enough from the last one, and one more is of use.
fn looked(record: &IntentRecord, look: &Look<'_>) -> IntentRecord {
    let mut record = record.clone();
    let due =
        record.last_empty_look.is_none() || past(record.last_empty_look, look.now, look.settle / LOOKS_PER_WINDOW);
    if due && !settled(&record, look.now, look.settle) {
        record.empty_looks = record.empty_looks.saturating_add(1);
        record.first_empty_look = record.first_empty_look.or(Some(look.now));
        record.last_empty_look = Some(look.now);
    }
    record
}

/// Records of kinds that this version does not know: kept as they are.
pub(super) fn strange(previous: &Status) -> impl Iterator<Item = &ResourceRecord> {
    previous.resources.iter().filter(|record| key_of(&record.key).is_none())
}
