//! What must never happen, judged at the moment of the call, from the truth of the cloud and from what is declared. Knows
//! nothing of how the planner decides.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Creation, Id, Key, Phase, Replace};

use super::cloud::{Resource, State};
use super::kinds::mode;
use super::toy::Toy;

/// What the judge is told before a pass, and what it found.
#[derive(Default)]
pub struct Judge {
    pub declared: BTreeMap<Key, Toy>,
    pub given: BTreeMap<Key, Id>,
    /// By key, the id that the persisted memory names.
    pub in_use: BTreeMap<Key, Id>,
    pub approved: BTreeSet<Key>,
    /// What the controller can know to exist: seen by its look, or told by an answer since.
    pub visible: BTreeSet<Id>,
    /// What it must reckon with: remembered, or of a kind whose source failed.
    pub suspected: BTreeSet<Id>,
    /// Passes after which a hidden resource that nobody remembers may be duplicated: the settle window.
    pub window: i64,
    pub violations: Vec<String>,
    made: Option<Id>,
}

impl Judge {
    /// A refusal is only excusable if the controller could not know.
    pub fn refused(&mut self, operation: &str, why: &str, because: Option<&Id>) {
        if because.is_none_or(|id| self.knows(id)) {
            self.violations.push(format!("{operation} refused, foreseeably: {why} {because:?}"));
        }
    }

    /// Whether the controller sees it, or must reckon with it.
    pub fn knows(&self, id: &Id) -> bool {
        self.visible.contains(id) || self.suspected.contains(id)
    }

    pub fn made(&mut self, id: &Id) {
        self.made = Some(id.clone());
    }

    /// An answer arrived, or was lost.
    pub fn answered(&mut self, delivered: bool) {
        self.visible.extend(self.made.take().filter(|_| delivered));
    }
}

impl State {
    fn of<'s>(&'s self, key: &'s Key) -> impl Iterator<Item = &'s Resource> {
        self.resources.values().filter(move |resource| resource.key == *key)
    }

    /// What somebody changed so that it is as declared counts as made so, once that was found and written down.
    pub fn agree(&mut self) {
        for resource in self.resources.values_mut() {
            if let Some(toy) = self.judge.declared.get(&resource.key)
                && toy.fixed == resource.seen.fixed
                && self.judge.visible.contains(&resource.id)
            {
                resource.made.0 = toy.fixed;
            }
        }
    }

    /// Alive and not failed.
    fn usable_phase(&self, resource: &Resource) -> bool {
        match self.phase(resource) {
            Phase::Ready | Phase::Pending(_) | Phase::Broken(_) => true,
            Phase::Failed(_) | Phase::Deleting => false,
        }
    }

    /// Whether nothing that is declared gives a reason to delete or replace it: it was made as is declared now, on what is
    /// itself so, and it is the one in use.
    fn protected(&self, resource: &Resource) -> bool {
        let Some(toy) = self.judge.declared.get(&resource.key) else { return false };
        if !self.usable_phase(resource) || self.judge.approved.contains(&resource.key) {
            return false;
        }
        let alone = match self.judge.in_use.get(&resource.key) {
            Some(id) if self.resources.contains_key(id) => *id == resource.id,
            _ => self.of(&resource.key).filter(|other| self.usable_phase(other)).count() == 1,
        };
        let fixed: BTreeSet<&Key> = toy.links.iter().filter(|link| link.fixed).map(|link| link.to.key()).collect();
        let (made, links) = &resource.made;
        let same = *made == toy.fixed && fixed.iter().copied().eq(links.keys());
        // What nobody remembers and somebody changed cannot be told from a predecessor.
        let told = resource.seen.fixed == *made || self.judge.in_use.get(&resource.key) == Some(&resource.id);
        let immutable = mode(resource.key.kind) == Replace::Never;
        let upstream = links.iter().all(|(key, id)| self.stays(key, id))
            && resource.on.iter().all(|id| self.bystanders.contains(id) || self.stays_by_id(id.as_str()));
        alone && told && (immutable || (same && upstream))
    }

    fn stays(&self, key: &Key, id: &str) -> bool {
        self.judge.given.get(key).is_some_and(|given| given.as_str() == id) || self.stays_by_id(id)
    }

    fn stays_by_id(&self, id: &str) -> bool {
        self.resources.get(id).is_some_and(|target| self.protected(target))
    }

    /// Whether it was made and still is exactly as declared, and the controller sees it.
    fn fits(&self, resource: &Resource) -> bool {
        let Some(toy) = self.judge.declared.get(&resource.key) else { return false };
        let links: BTreeSet<&Key> = toy.links.iter().filter(|link| link.fixed).map(|link| link.to.key()).collect();
        self.usable_phase(resource)
            && self.judge.visible.contains(&resource.id)
            && resource.seen.fixed == toy.fixed
            && links.iter().copied().eq(resource.seen.fixed_links.keys())
            && resource.seen.fixed_links.iter().all(|(key, id)| self.stays(key, id))
    }

    /// What is hidden for a whole window and named by no record: nobody can know of it.
    fn unknowable(&self, resource: &Resource) -> bool {
        self.judge.in_use.get(&resource.key) != Some(&resource.id)
            && self.now < resource.hidden.1
            && self.now - resource.hidden.0 >= self.judge.window
    }

    /// A create beside a healthy resource of the same key is a twin, or a replacement that nobody declared.
    ///
    /// A name or a token only keeps from twins under the same attempt. Another attempt is excusable if what it would count on
    /// from was never seen and never written down, which takes two faults.
    pub fn judge_create(&mut self, key: &Key, attempt: u32) {
        let unwritten = |resource: &Resource| {
            key.kind.creation != Creation::Intent && resource.attempt != attempt && !self.judge.knows(&resource.id)
        };
        let twin = self.of(key).find(|resource| {
            let excused = self.unknowable(resource) || unwritten(resource);
            self.fits(resource) || (self.protected(resource) && !excused)
        });
        if let Some(twin) = twin.map(|twin| twin.id.clone()) {
            self.judge.violations.push(format!("{key} created although {twin} stands"));
        }
    }

    /// Whether everything in `dying` may go.
    pub fn judge_delete(&mut self, id: &Id, dying: &BTreeSet<Id>) {
        let mut found = Vec::new();
        for resource in dying.iter().filter_map(|id| self.resources.get(id)) {
            let declared = self.judge.declared.contains_key(&resource.key);
            if !declared || !self.usable_phase(resource) || self.unknowable(resource) {
                continue;
            }
            let Resource { id: own, key, .. } = resource;
            let rest: Vec<&Resource> = self.of(key).filter(|other| !dying.contains(&other.id)).collect();
            if key.kind.holds_data {
                found.push(format!("{own} of {key} holds data and was deleted"));
            }
            if self.protected(resource) {
                found.push(format!("{own} of {key} was healthy and as declared, and was deleted"));
            }
            let ready = |resource: &Resource| self.phase(resource) == Phase::Ready;
            if mode(key.kind) == Replace::CreateFirst && ready(resource) && !rest.iter().any(|other| ready(other)) {
                found.push(format!("{key} has a gap: {own} was deleted before a successor was ready"));
            }
            let usable = rest.iter().filter(|other| self.usable_phase(other)).count();
            if key.kind.keep > 0 && usable <= usize::from(key.kind.keep) {
                found.push(format!("{own} of {key} is a generation to be kept, and was deleted"));
            }
        }
        self.judge.violations.extend(found.into_iter().map(|what| format!("delete {id}: {what}")));
    }
}
