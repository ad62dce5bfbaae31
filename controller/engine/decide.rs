//! What happens to one declared resource.

use std::collections::BTreeSet;

use crate::choose::{Fit, choose};
use crate::rules::Rule;
use crate::step::{Action, Order, Reason, Step};
use crate::view::{Index, View};
use crate::{Creation, Ids, Key, Live, Need, Node, Phase, Replace, TagChange, Until};

/// A declared resource's step, and the live one that was chosen for it.
pub(crate) struct Decision<N: Node> {
    pub(crate) step: Step<N>,
    pub(crate) chosen: Option<Index>,
    /// Whether its id stands, so that others may refer to it.
    pub(crate) stands: bool,
}

/// Decides about `node`, given the ids of everything before it that stands.
pub(crate) fn decide<N: Node>(view: &View<'_, N>, node: &N, ids: &Ids) -> Decision<N> {
    let key = node.key();
    let mut step = blank(view, node);
    if let Some(why) = view.unknown(key.kind) {
        step.wait(why);
        return Decision { step, chosen: None, stands: false };
    }
    if let Some(record) = view.memory.records.get(&key)
        && view.unseen(&record.id)
        && view.rules.keep(Rule::UnseenIsNotGone)
    {
        step.id = Some(record.id.clone());
        step.wait(format!("{} is not listed, and not proven gone", record.id));
        return Decision { step, chosen: None, stands: false };
    }
    let Some((index, fit)) = choose(view, node, ids) else {
        absent(view, node, &mut step);
        return Decision { step, chosen: None, stands: false };
    };
    let live = view.live(index);
    step.id = Some(live.id.clone());
    step.live = Some(live.clone());
    step.attempt = live.attempt;
    let stands = if let Phase::Failed(why) = &live.phase {
        failed(view, node, why, ids, &mut step);
        false
    } else {
        present(view, node, live, fit, &mut step)
    };
    Decision { step, chosen: Some(index), stands }
}

fn blank<N: Node>(view: &View<'_, N>, node: &N) -> Step<N> {
    let mut needs = node.needs();
    if !view.rules.keep(Rule::NeedsAreMet) {
        for need in &mut needs {
            need.until = Until::Exists;
        }
    }
    Step {
        key: node.key(),
        id: None,
        action: Action::None,
        reason: Reason::AsDeclared,
        changes: Vec::new(),
        drift: Vec::new(),
        tags: TagChange::default(),
        attempt: 0,
        withheld: None,
        node: Some(node.clone()),
        live: None,
        needs,
        after: Vec::new(),
        holders: Vec::new(),
        with: None,
        tokenless: tokenless(&node.key()) && view.rules.keep(Rule::IntentsAreAnnounced),
        announced: false,
    }
}

impl<N: Node> Step<N> {
    pub(crate) fn wait(&mut self, why: impl Into<String>) {
        self.action = Action::Wait(why.into());
        self.reason = Reason::Uncertain;
    }

    fn create(&mut self, action: Action, attempt: u32, reason: Reason) {
        self.action = action;
        self.attempt = attempt;
        self.reason = reason;
    }
}

/// Nothing that can be the one: it is created, unless something says that it may be there all the same.
fn absent<N: Node>(view: &View<'_, N>, node: &N, step: &mut Step<N>) {
    let key = &step.key;
    if node.replace() != Replace::CreateFirst
        && let Some(&index) = view.marked(key).iter().find(|&&index| view.deleting(index))
        && view.rules.keep(Rule::DeletingHoldsItsSlot)
    {
        let live = view.live(index);
        step.id = Some(live.id.clone());
        step.live = Some(live.clone());
        return step.wait(format!("{} is still going away", live.id));
    }
    if let Some(why) = may_exist(view, key) {
        return step.wait(why);
    }
    let reason = if view.memory.records.contains_key(key) { Reason::Missing } else { Reason::Declared };
    step.create(Action::Create, view.next_attempt(key), reason);
}

/// Why a create would risk a twin, if it would.
fn may_exist<N: Node>(view: &View<'_, N>, key: &Key) -> Option<String> {
    if view.expected(key) && view.rules.keep(Rule::IntentsAreWaitedOut) {
        return Some("a create was announced, and what it made may still appear".to_owned());
    }
    if view.memory.lost && view.rules.keep(Rule::LostMemoryIsWaitedOut) {
        return Some("memory was lost, and it may be there although it is not listed".to_owned());
    }
    let lingering = view.memory.lingering.iter().find(|(id, of)| *of == key && view.unseen(id));
    if let Some((id, _)) = lingering.filter(|_| view.rules.keep(Rule::UnseenIsNotGone)) {
        return Some(format!("{id} is not listed, and not proven gone"));
    }
    let named = view.memory.intents.contains_key(key).then(|| view.named_by_dependent(key)).flatten()?;
    Some(format!("{named} is named by a dependent, is not listed and not proven gone"))
}

/// It failed for good: it is replaced, unless data lives in it.
fn failed<N: Node>(view: &View<'_, N>, node: &N, why: &str, ids: &Ids, step: &mut Step<N>) {
    if step.key.kind.holds_data {
        step.action = Action::Report(format!("failed, and data lives in it: {why}"));
        step.reason = Reason::Failed;
        return;
    }
    if step.needs.iter().any(|need| ids.get(&need.key).is_none()) {
        // Its successor cannot be built yet; itself it is of no use, and may be in the way of what must come first.
        step.action = Action::Delete;
        step.reason = Reason::Failed;
        step.needs.clear();
        return;
    }
    replace(view, node, step, Reason::Failed);
}

/// Whether the chosen one's id stands.
fn present<N: Node>(view: &View<'_, N>, node: &N, live: &Live<N::Seen>, fit: Fit, step: &mut Step<N>) -> bool {
    match fit {
        Fit::Unknown(upstream) if view.rules.keep(Rule::UnknownIsBlocked) => {
            step.action = Action::Blocked(upstream.clone());
            step.reason = Reason::Upstream(upstream);
            return false;
        }
        Fit::Unknown(upstream) => {
            replace(view, node, step, Reason::Upstream(upstream));
            return false;
        }
        Fit::Replaced(changes, reason) => {
            step.changes = changes;
            replace(view, node, step, reason);
            return !view.rules.keep(Rule::ReplacedIsUnresolved);
        }
        Fit::Agrees => {}
        Fit::Differs(changes) => {
            step.changes = changes;
            step.reason = Reason::Differs;
        }
        Fit::Drifted { drift, changes, reason } => {
            step.drift = drift;
            step.changes = changes;
            step.reason = reason;
        }
    }
    step.tags = retag(node, live, &view.memory.tag_keys);
    step.action = match (step.changes.is_empty(), step.tags.is_empty(), step.drift.is_empty()) {
        (false, _, _) => Action::Update,
        (true, false, _) => Action::Retag,
        (true, true, false) => Action::Report("differs in what cannot be changed in place".to_owned()),
        (true, true, true) => Action::None,
    };
    if step.action == Action::Retag && step.drift.is_empty() {
        step.reason = Reason::Differs;
    }
    true
}

fn replace<N: Node>(view: &View<'_, N>, node: &N, step: &mut Step<N>, reason: Reason) {
    let key = &step.key;
    let attempt = view.next_attempt(key);
    match node.replace() {
        Replace::CreateFirst => match may_exist(view, key) {
            Some(why) => step.wait(why),
            None => step.create(Action::Replace(Order::CreateFirst), attempt, reason),
        },
        // Immutable and failed: nothing is lost by taking it away first.
        Replace::DeleteFirst | Replace::Never => {
            step.create(Action::Replace(Order::DeleteFirst), attempt, reason);
        }
    }
}

/// The tags to write and to remove: what others put there is not touched.
fn retag<N: Node>(node: &N, live: &Live<N::Seen>, ours: &BTreeSet<String>) -> TagChange {
    let Some(declared) = node.tags(live.attempt) else { return TagChange::default() };
    let stale = |name: &&String| ours.contains(*name) && !declared.contains_key(*name);
    let remove = live.tags.keys().filter(stale).cloned().collect();
    let set = declared.into_iter().filter(|(name, value)| live.tags.get(name) != Some(value)).collect();
    TagChange { set, remove }
}

/// Whether `need` is met by what stands at plan time.
pub(crate) fn met<N: Node>(need: &Need, ids: &Ids, steps: &[Step<N>], view: &View<'_, N>) -> bool {
    if view.desired.given().contains_key(&need.key) {
        return true;
    }
    let ready = || {
        let step = steps.iter().find(|step| step.key == need.key);
        step.and_then(|step| step.live.as_ref()).is_some_and(|live| live.phase == Phase::Ready)
    };
    ids.get(&need.key).is_some() && (need.until == Until::Exists || ready())
}

/// Whether a create of this kind must be announced before it is sent.
fn tokenless(key: &Key) -> bool {
    match key.kind.creation {
        Creation::Intent => true,
        Creation::Token | Creation::NaturalKey => false,
    }
}

#[cfg(test)]
mod tests;
