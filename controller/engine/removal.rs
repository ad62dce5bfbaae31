//! What happens to live resources that are not the chosen one, and in which order things may be deleted.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::Rule;
use crate::step::{Action, Order, Reason, Step};
use crate::view::{Index, View};
use crate::{Key, Node, Phase, Replace, TagChange};

/// The steps so far, and which live resource belongs to which of them.
pub(crate) struct Removal<'a, 'v, N: Node> {
    pub(crate) view: &'v View<'a, N>,
    pub(crate) steps: Vec<Step<N>>,
    /// Step of every live resource.
    pub(crate) step_of: BTreeMap<Index, usize>,
    /// Live resources that were chosen for their key.
    pub(crate) chosen: BTreeSet<Index>,
}

impl<N: Node> Removal<'_, '_, N> {
    /// Adds a step for every live resource that has none, then settles what may be deleted and in which order.
    pub(crate) fn run(mut self) -> Vec<Step<N>> {
        let mut others: Vec<Index> =
            (0..self.view.observed.live.len()).filter(|index| !self.chosen.contains(index)).collect();
        others.sort_by(|&a, &b| {
            let (a, b) = (self.view.live(a), self.view.live(b));
            b.key.kind.cmp(&a.key.kind).then_with(|| a.key.cmp(&b.key)).then_with(|| a.id.cmp(&b.id))
        });
        for index in others {
            let step = self.other(index);
            self.step_of.insert(index, self.steps.len());
            self.steps.push(step);
        }
        self.pull_down();
        let mut settled = BTreeSet::new();
        for index in 0..self.view.observed.live.len() {
            self.settle(index, &mut settled);
        }
        self.steps
    }

    /// What one would do with a live resource that is not the chosen one, if nothing hung on it.
    fn other(&self, index: Index) -> Step<N> {
        let live = self.view.live(index);
        let (action, reason) = self.wish(index);
        Step {
            key: live.key.clone(),
            id: Some(live.id.clone()),
            action,
            reason,
            changes: Vec::new(),
            drift: Vec::new(),
            tags: TagChange::default(),
            attempt: live.attempt,
            withheld: None,
            node: None,
            live: Some(live.clone()),
            needs: Vec::new(),
            after: Vec::new(),
            holders: Vec::new(),
            with: None,
            tokenless: false,
            announced: false,
        }
    }

    fn wish(&self, index: Index) -> (Action, Reason) {
        let live = self.view.live(index);
        let wait = |why: &str| (Action::Wait(why.to_owned()), Reason::Uncertain);
        if live.phase == Phase::Deleting {
            return (Action::Wait("is going away".to_owned()), Reason::Unwanted);
        }
        if let Some(why) = self.view.unknown(live.key.kind) {
            return wait(&why);
        }
        let Some(node) = self.view.desired.nodes().get(&live.key) else {
            return (Action::Delete, Reason::Unwanted);
        };
        if live.key.kind.holds_data && self.view.rules.keep(Rule::DataTwinsStay) {
            return (Action::Report("a twin in which data may live".to_owned()), Reason::Twin);
        }
        let Some((chosen, step)) = self.chosen_of(&live.key) else {
            return wait("it is not certain which one is in use");
        };
        if matches!(step.action, Action::Blocked(_) | Action::Wait(_)) {
            return wait("it is not certain which one is in use");
        }
        if self.kept(index, chosen) {
            return (Action::Keep, Reason::Superseded);
        }
        let in_use = !matches!(live.phase, Phase::Failed(_)) && node.replace() == Replace::CreateFirst;
        if in_use && self.view.live(chosen).phase != Phase::Ready && self.view.rules.keep(Rule::SuccessorMustBeReady) {
            return wait("its successor is not ready");
        }
        let newer = self.view.live(chosen).attempt > live.attempt;
        (Action::Delete, if newer { Reason::Superseded } else { Reason::Twin })
    }

    fn chosen_of(&self, key: &Key) -> Option<(Index, &Step<N>)> {
        let index = self.view.marked(key).iter().copied().find(|index| self.chosen.contains(index))?;
        Some((index, &self.steps[*self.step_of.get(&index)?]))
    }

    /// Whether it is one of the latest old generations, which its kind keeps.
    fn kept(&self, index: Index, chosen: Index) -> bool {
        let live = self.view.live(index);
        let keep = usize::from(live.key.kind.keep);
        let age = |index: Index| {
            let live = self.view.live(index);
            (live.attempt, live.created, live.id.clone())
        };
        let usable = |index: Index| match self.view.live(index).phase {
            Phase::Ready | Phase::Pending(_) | Phase::Broken(_) => true,
            Phase::Failed(_) | Phase::Deleting => false,
        };
        let rivals = self.view.marked(&live.key).iter().filter(|&&other| other != chosen && usable(other));
        let newer = rivals.filter(|&&other| age(other) > age(index)).count();
        usable(index) && newer < keep && self.view.rules.keep(Rule::GenerationsAreKept)
    }

    /// A delete-first replacement needs what hangs on the old self out of the way. What is wanted there can only go if it would
    /// be replaced delete-first itself; then it goes for the sake of its upstream and is built again afterwards.
    fn pull_down(&mut self) {
        let replaced: Vec<Index> = (0..self.view.observed.live.len())
            .filter(|index| self.steps[self.step_of[index]].action == Action::Replace(Order::DeleteFirst))
            .collect();
        for index in replaced {
            let mut pulled = BTreeSet::new();
            if !self.pull(index, &mut pulled) {
                continue;
            }
            let upstream = self.steps[self.step_of[&index]].key.clone();
            let needs = self.steps[self.step_of[&index]].needs.clone();
            for below in pulled {
                let step = &mut self.steps[self.step_of[&below]];
                step.action = Action::Delete;
                step.reason = Reason::Upstream(upstream.clone());
                step.changes.clear();
                step.needs.clone_from(&needs);
            }
        }
    }

    /// Collects what has to go before `index` can; false if something there must stay.
    fn pull(&self, index: Index, pulled: &mut BTreeSet<Index>) -> bool {
        self.holders(index).into_iter().all(|holder| {
            let live = self.view.live(holder);
            let step = &self.steps[self.step_of[&holder]];
            if self.deletes(holder) || live.phase == Phase::Deleting || pulled.contains(&holder) {
                return true;
            }
            let node = self.view.desired.nodes().get(&live.key);
            let movable = node.is_some_and(|node| node.replace() == Replace::DeleteFirst)
                && !live.key.kind.holds_data
                && self.view.unknown(live.key.kind).is_none()
                && step.action != Action::Keep;
            movable && pulled.insert(holder) && self.pull(holder, pulled)
        })
    }

    /// Whether the live resource's step deletes it.
    fn deletes(&self, index: Index) -> bool {
        match self.steps[self.step_of[&index]].action {
            Action::Delete | Action::Replace(Order::DeleteFirst) | Action::Vanish(_) => true,
            Action::None
            | Action::Create
            | Action::Update
            | Action::Retag
            | Action::Replace(Order::CreateFirst)
            | Action::Wait(_)
            | Action::Blocked(_)
            | Action::Report(_)
            | Action::Keep => false,
        }
    }

    /// What must be gone before `index` can be deleted: what hangs on it, or on something that dies with it.
    fn holders(&self, index: Index) -> Vec<Index> {
        let mut holders = Vec::new();
        let mut dying = vec![index];
        let mut met = BTreeSet::from([index]);
        while let Some(parent) = dying.pop() {
            for &child in self.view.hanging(&self.view.live(parent).id) {
                if !met.insert(child) {
                    continue;
                }
                if self.dies_with(child, parent) {
                    dying.push(child);
                } else {
                    holders.push(child);
                }
            }
        }
        holders
    }

    /// Whether nobody minds that `child` goes together with `parent`.
    fn dies_with(&self, child: Index, parent: Index) -> bool {
        self.view.live(child).within.as_ref() == Some(&self.view.live(parent).id)
            && !self.chosen.contains(&child)
            && (self.view.deleting(child) || self.deletes(child))
            && self.view.rules.keep(Rule::WithinDiesWithItsParent)
    }

    /// Settles whether `index` can be deleted, after settling that of what hangs on it and of its parent.
    fn settle(&mut self, index: Index, settled: &mut BTreeSet<Index>) {
        if !settled.insert(index) || !self.deletes(index) {
            return;
        }
        let step = self.step_of[&index];
        let kind = self.view.live(index).key.kind;
        let holders = self.holders(index);
        for &holder in &holders {
            self.settle(holder, settled);
        }
        let hinders = |holder: &&Index| {
            let holds = if self.view.deleting(**holder) { Rule::DeletingHolds } else { Rule::DependentsHold };
            !self.deletes(**holder) && self.view.rules.keep(holds)
        };
        if let Some(why) = self.view.uncertain_dependents(kind) {
            self.steps[step].wait(why);
        } else if let Some(&holder) = holders.iter().find(hinders) {
            let holder = self.view.live(holder).key.clone();
            self.steps[step].action = Action::Blocked(holder);
        } else if self.view.rules.keep(Rule::DependentsHold) {
            let below = holders.iter().filter(|&&holder| self.deletes(holder));
            self.steps[step].holders = below.map(|holder| self.step_of[holder]).collect();
        }
        self.vanish(index, settled);
    }

    /// What is within a parent that goes needs no delete of its own.
    fn vanish(&mut self, index: Index, settled: &mut BTreeSet<Index>) {
        let parent = self.view.live(index).within.as_ref().and_then(|parent| self.view.index(parent));
        let Some(parent) = parent.filter(|&parent| self.deletes(index) && self.dies_with(index, parent)) else {
            return;
        };
        self.settle(parent, settled);
        if self.deletes(parent) {
            let with = self.step_of[&parent];
            let key = self.steps[with].key.clone();
            let step = &mut self.steps[self.step_of[&index]];
            step.with = Some(with);
            step.action = Action::Vanish(key);
        }
    }
}

#[cfg(test)]
mod tests;
