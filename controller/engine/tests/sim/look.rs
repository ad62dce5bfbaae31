//! What an observer makes of the cloud: lists that lag and omit, sources that fail, and questions by id that lie about the young.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Class, Effect, Fault, Id, Kind, Memory, Observed};

use super::cloud::State;
use super::toy::Seen;

/// Passes that a settle window takes: above the longest lag of a list in one fault.
pub const SETTLE: i64 = 3;

/// The observer's own memory.
#[derive(Default)]
pub struct Observer {
    /// Since when a question by id is answered with `NotFound`; lost at a restart.
    not_found: BTreeMap<Id, i64>,
    /// Since when an id is known; written down together with the memory.
    known: BTreeMap<Id, i64>,
    /// Sources that fail, until when.
    pub failing: BTreeMap<Kind, i64>,
}

impl Observer {
    /// A restart.
    pub fn forget(&mut self) {
        self.not_found.clear();
    }

    /// Status is wiped.
    pub fn lose_memory(&mut self) {
        self.known.clear();
    }

    /// Memory is written down.
    pub fn persist(&mut self, memory: &Memory, now: i64) {
        let ids: BTreeSet<&Id> =
            memory.records.values().map(|record| &record.id).chain(memory.lingering.keys()).collect();
        self.known.retain(|id, _| ids.contains(id));
        for id in ids {
            self.known.entry(id.clone()).or_insert(now);
        }
    }

    /// One look, and everything that it proves.
    pub fn look(&mut self, state: &State, memory: &Memory) -> Observed<Seen> {
        let unknown: BTreeMap<Kind, Fault> =
            self.failing.iter().filter(|(_, until)| state.now < **until).map(|(kind, _)| (*kind, denied())).collect();
        let listed = state
            .resources
            .values()
            .filter(|resource| state.now >= resource.hidden.1 && !unknown.contains_key(&resource.key.kind));
        let live: Vec<_> = listed.map(|resource| state.live(resource)).collect();
        let seen: BTreeSet<&Id> = live.iter().map(|live| &live.id).collect();
        let remembered = memory.records.values().map(|record| &record.id).chain(memory.lingering.keys());
        let named = live.iter().flat_map(|live| live.on.iter().chain(&live.within));
        let asked: BTreeSet<&Id> = remembered.chain(named).filter(|id| !seen.contains(id)).collect();
        let gone = asked.into_iter().filter(|id| self.proven_gone(state, id)).cloned().collect();
        Observed { live, unknown, gone }
    }

    /// `NotFound` proves that an old id is gone; that a young one is, only if it is said for a whole window.
    fn proven_gone(&mut self, state: &State, id: &Id) -> bool {
        let resource = state.resources.get(id);
        let young = resource.is_some_and(|resource| state.now - resource.created < SETTLE && state.pace.list > 0);
        if state.bystanders.contains(id) || (resource.is_some() && !young) {
            self.not_found.remove(id);
            return false;
        }
        let old = self.known.get(id).is_some_and(|since| state.now - since >= SETTLE);
        let since = *self.not_found.entry(id.clone()).or_insert(state.now);
        old || state.now - since >= SETTLE
    }
}

fn denied() -> Fault {
    Fault {
        class: Class::Denied,
        effect: Effect::None,
        operation: "List",
        code: "AccessDenied".to_owned(),
        message: String::new(),
        request_id: None,
    }
}
