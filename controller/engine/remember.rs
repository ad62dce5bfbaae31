//! What the next pass should remember.

use std::collections::{BTreeMap, BTreeSet};

use crate::outcome::{Outcome, Sent};
use crate::{Id, Intent, Key, Memory, Record};

impl<S> Outcome<S> {
    /// The memory for the next pass, given the one that the plan was made from (announcements may be in it or not).
    ///
    /// `lost` is handed on, since only the caller has a clock; `approved` is not.
    #[must_use]
    pub fn memory(&self, previous: &Memory) -> Memory {
        let records = self.records(previous);
        Memory {
            lingering: self.lingering(previous, &records),
            intents: self.intents(previous),
            tag_keys: self.tag_keys(previous),
            records,
            lost: previous.lost,
            approved: BTreeSet::new(),
        }
    }

    /// A declared key keeps its record whatever happens to the resource, since the next attempt counts on from it.
    fn records(&self, previous: &Memory) -> BTreeMap<Key, Record> {
        let mut records = previous.records.clone();
        records
            .retain(|key, record| self.knowledge.declared.contains(key) || !self.knowledge.gone.contains(&record.id));
        for (key, state) in &self.states {
            let left = state.live().map(|live| (live.id.clone(), live.attempt));
            // What was deleted to make place is remembered until its successor is there.
            let Some((id, attempt)) = left.or_else(|| self.knowledge.chosen.get(key).cloned()) else { continue };
            let before = previous.records.get(key).filter(|record| record.id == id);
            let applied = self.applied.get(key).cloned().or_else(|| before.and_then(|record| record.applied.clone()));
            records.insert(key.clone(), Record { id, applied, attempt });
        }
        records
    }

    /// Everything of ours that may stand and that no record names.
    fn lingering(&self, previous: &Memory, records: &BTreeMap<Key, Record>) -> BTreeMap<Id, Key> {
        let recorded: BTreeSet<&Id> = records.values().map(|record| &record.id).collect();
        let replaced = previous.records.iter().map(|(key, record)| (&record.id, key));
        replaced
            .chain(&previous.lingering)
            .chain(&self.knowledge.seen)
            .filter(|(id, _)| !recorded.contains(id) && !self.knowledge.gone.contains(*id))
            .map(|(id, key)| (id.clone(), key.clone()))
            .collect()
    }

    /// An intent whose call was sent stays until its resource was seen in a list; one that was not sent goes.
    fn intents(&self, previous: &Memory) -> BTreeMap<Key, Intent> {
        let mut intents = previous.intents.clone();
        intents.retain(|key, intent| {
            let open = !intent.settled || self.knowledge.declared.contains(key);
            let just_announced = self.announced.contains_key(key);
            open && !just_announced && !self.knowledge.answered.contains(key)
        });
        for (key, &(attempt, sent)) in &self.announced {
            match sent {
                Sent::Perhaps => {
                    intents.insert(key.clone(), Intent { attempt, settled: false });
                }
                Sent::No | Sent::WithoutEffect => {}
            }
        }
        intents
    }

    /// Every tag key that was ever declared, until all is settled and nobody bears it.
    fn tag_keys(&self, previous: &Memory) -> BTreeSet<String> {
        let settled = self.ready();
        let borne = |name: &&String| !settled || self.knowledge.seen_tag_keys.contains(*name);
        previous.tag_keys.iter().filter(borne).chain(&self.knowledge.tag_keys).cloned().collect()
    }
}
