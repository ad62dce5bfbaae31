//! The three inputs of a plan, indexed, and the questions that are asked about them.

use std::collections::BTreeMap;

use crate::rules::{Rule, Rules};
use crate::{Graph, Id, Key, Kind, Live, Memory, Node, Observed, Phase};

/// Index of a live resource in [`Observed::live`].
pub(crate) type Index = usize;

/// What is desired, observed and remembered.
pub(crate) struct View<'a, N: Node> {
    pub(crate) desired: &'a Graph<N>,
    pub(crate) observed: &'a Observed<N::Seen>,
    pub(crate) memory: &'a Memory,
    pub(crate) rules: Rules,
    by_key: BTreeMap<&'a Key, Vec<Index>>,
    by_id: BTreeMap<&'a Id, Index>,
    hanging: BTreeMap<&'a Id, Vec<Index>>,
}

impl<'a, N: Node> View<'a, N> {
    pub(crate) fn new(
        desired: &'a Graph<N>,
        observed: &'a Observed<N::Seen>,
        memory: &'a Memory,
        rules: Rules,
    ) -> Self {
        let mut by_key: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut hanging: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (index, live) in observed.live.iter().enumerate() {
            by_key.entry(&live.key).or_default().push(index);
            for id in live.on.iter().chain(&live.within) {
                let hangers = hanging.entry(id).or_default();
                if hangers.last() != Some(&index) {
                    hangers.push(index);
                }
            }
        }
        let by_id = observed.live.iter().enumerate().map(|(index, live)| (&live.id, index)).collect();
        Self { desired, observed, memory, rules, by_key, by_id, hanging }
    }

    pub(crate) fn live(&self, index: Index) -> &'a Live<N::Seen> {
        &self.observed.live[index]
    }

    /// Everything that bears the mark of `key`, whatever its phase.
    pub(crate) fn marked(&self, key: &Key) -> &[Index] {
        self.by_key.get(key).map_or(&[], Vec::as_slice)
    }

    /// What hangs on `id`, or is within it.
    pub(crate) fn hanging(&self, id: &Id) -> &[Index] {
        self.hanging.get(id).map_or(&[], Vec::as_slice)
    }

    /// The live resource `id`.
    pub(crate) fn index(&self, id: &Id) -> Option<Index> {
        self.by_id.get(id).copied()
    }

    /// Whether `id` is neither seen nor proven gone.
    pub(crate) fn unseen(&self, id: &Id) -> bool {
        !self.by_id.contains_key(id) && !self.observed.gone.contains(id)
    }

    /// Why nothing is known of `kind`, if its source failed.
    pub(crate) fn unknown(&self, kind: Kind) -> Option<String> {
        let fault = self.observed.unknown.get(&kind)?;
        self.rules.keep(Rule::FailedSourceIsUnknown).then(|| format!("its source could not be read: {fault}"))
    }

    /// Whether a create of `key` may have been sent whose resource has neither been seen nor proven gone.
    pub(crate) fn expected(&self, key: &Key) -> bool {
        let Some(intent) = self.memory.intents.get(key) else { return false };
        !intent.settled && !self.answered(key, intent.attempt)
    }

    /// Whether what a create of `key` under `attempt` made is accounted for.
    pub(crate) fn answered(&self, key: &Key, attempt: u32) -> bool {
        self.marked(key).iter().any(|&index| self.live(index).attempt >= attempt)
            || self
                .memory
                .records
                .get(key)
                .is_some_and(|record| record.attempt >= attempt && self.observed.gone.contains(&record.id))
    }

    /// An id that a live dependent names, that is not accounted for, and that may be `key`'s although the list omits it.
    pub(crate) fn named_by_dependent(&self, key: &Key) -> Option<&'a Id> {
        let given = |id: &Id| self.desired.given().values().any(|known| known.id == *id);
        self.observed
            .live
            .iter()
            .filter(|live| {
                let node = self.desired.nodes().get(&live.key);
                node.is_some_and(|node| node.needs().iter().any(|need| need.key == *key))
            })
            .flat_map(|live| live.on.iter().chain(&live.within))
            .find(|&id| self.unseen(id) && !given(id))
    }

    /// The attempt under which the next resource of `key` is created: above that of every one that was there.
    pub(crate) fn next_attempt(&self, key: &Key) -> u32 {
        let past = self.marked(key).iter().map(|&index| self.live(index).attempt);
        let past = past.chain(self.memory.records.get(key).map(|record| record.attempt)).max();
        let next = past.map_or(0, |attempt| attempt.saturating_add(1));
        let announced = self.memory.intents.get(key).map_or(0, |intent| intent.attempt);
        if self.rules.keep(Rule::SuccessorsGetNextAttempt) { next.max(announced) } else { past.unwrap_or(0) }
    }

    /// Why something that cannot be seen may hang on a resource of `kind`, if so.
    pub(crate) fn uncertain_dependents(&self, kind: Kind) -> Option<String> {
        if self.memory.lost && self.rules.keep(Rule::LostMemoryIsWaitedOut) {
            return Some("memory was lost, and something may hang on it although it is not listed".to_owned());
        }
        if let Some(unknown) = self.observed.unknown.keys().find(|unknown| unknown.order > kind.order)
            && self.rules.keep(Rule::UnknownKindsHold)
        {
            return Some(format!("a {} may hang on it, and its source could not be read", unknown.name));
        }
        let remembered = self.memory.records.iter().map(|(key, record)| (key, &record.id));
        let lingering = self.memory.lingering.iter().map(|(id, key)| (key, id));
        if let Some((key, id)) =
            remembered.chain(lingering).find(|(key, id)| key.kind.order > kind.order && self.unseen(id))
            && self.rules.keep(Rule::UnseenHolds)
        {
            return Some(format!("{key} ({id}) may hang on it, and is not listed"));
        }
        let key = self.memory.intents.keys().find(|key| key.kind.order > kind.order && self.expected(key))?;
        Some(format!("{key} may have been created and may hang on it"))
    }

    pub(crate) fn deleting(&self, index: Index) -> bool {
        self.live(index).phase == Phase::Deleting
    }
}
