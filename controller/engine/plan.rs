//! From what is desired, observed and remembered to a list of steps. Pure: the same inputs give the same plan.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::decide::{decide, met};
use crate::removal::Removal;
use crate::rules::{Rule, Rules};
use crate::step::{Action, Order, Step};
use crate::view::View;
use crate::{Graph, Id, Ids, Intent, Key, Known, Memory, Node, Observed, hash};

/// What is to be done, as a value: printed, compared, filtered, then given to [`crate::execute`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Plan<N: Node> {
    pub(crate) steps: Vec<Step<N>>,
    /// Ids that stand before the first step.
    pub(crate) ids: Ids,
    pub(crate) knowledge: Knowledge,
}

/// What the plan was made from, as far as the next memory depends on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Knowledge {
    /// Remembered ids that are proven gone.
    pub(crate) gone: BTreeSet<Id>,
    /// Everything that was seen.
    pub(crate) seen: BTreeMap<Id, Key>,
    /// Remembered ids that are neither seen nor proven gone.
    pub(crate) unseen: BTreeMap<Id, Key>,
    /// Declared keys.
    pub(crate) declared: BTreeSet<Key>,
    /// By declared key, the id and the attempt of the live resource that was chosen.
    pub(crate) chosen: BTreeMap<Key, (Id, u32)>,
    /// Applied hash of what agrees with the declaration in every fixed field.
    pub(crate) applied: BTreeMap<Key, String>,
    /// Remembered intents that are accounted for: their resource was seen, or is proven gone.
    pub(crate) answered: BTreeSet<Key>,
    /// Remembered intents that may still turn out to have made something.
    pub(crate) expected: BTreeSet<Key>,
    /// Kinds whose source failed, and how.
    pub(crate) unknown: BTreeMap<Key, String>,
    /// Whether memory was lost.
    pub(crate) lost: bool,
    /// Tag keys that are declared.
    pub(crate) tag_keys: BTreeSet<String>,
    /// Tag keys that some live resource bears.
    pub(crate) seen_tag_keys: BTreeSet<String>,
}

/// Plans the way from what is observed to what is desired. See the crate's documentation for the rules that it keeps.
///
/// A stack is deleted by planning with [`Graph::default`].
pub fn plan<N: Node>(desired: &Graph<N>, observed: &Observed<N::Seen>, memory: &Memory) -> Plan<N> {
    plan_by(Rules::default(), desired, observed, memory)
}

/// As [`plan`], with one rule broken: to show that the tests notice.
#[cfg(any(test, feature = "mutants"))]
pub fn plan_breaking<N: Node>(
    rule: Rule,
    desired: &Graph<N>,
    observed: &Observed<N::Seen>,
    memory: &Memory,
) -> Plan<N> {
    plan_by(Rules { broken: Some(rule) }, desired, observed, memory)
}

fn plan_by<N: Node>(rules: Rules, desired: &Graph<N>, observed: &Observed<N::Seen>, memory: &Memory) -> Plan<N> {
    let view = View::new(desired, observed, memory, rules);
    let mut ids: Ids = desired.given().iter().map(|(key, known)| (key.clone(), known.clone())).collect();
    let mut applied = BTreeMap::new();
    let mut steps: Vec<Step<N>> = Vec::new();
    let mut step_of = BTreeMap::new();
    let mut chosen = BTreeSet::new();
    // In creation order, so that every upstream is decided before what refers to it.
    for (key, node) in desired.nodes() {
        let decision = decide(&view, node, &ids);
        if let Some(index) = decision.chosen {
            let live = view.live(index);
            step_of.insert(index, steps.len());
            chosen.insert(index);
            if decision.stands {
                if decision.step.drift.is_empty()
                    && let Some(declared) = node.compare(&live.seen, &ids).declared()
                {
                    applied.insert(key.clone(), hash::applied(node.version(), declared));
                }
                ids.insert(key.clone(), Known { id: live.id.clone(), attributes: live.attributes.clone() });
            }
        }
        steps.push(decision.step);
    }
    announce(&view, &ids, &mut steps);
    let lives = chosen.iter().map(|&index| view.live(index));
    let of_key = lives.map(|live| (live.key.clone(), (live.id.clone(), live.attempt))).collect();
    let mut steps = Removal { view: &view, steps, step_of, chosen }.run();
    connect(&mut steps);
    let knowledge = Knowledge { applied, chosen: of_key, ..know(&view) };
    Plan { steps, ids, knowledge }
}

/// Marks the creates that may be sent in this pass: those that need no announcement, and those that are announced now because
/// their needs are met.
fn announce<N: Node>(view: &View<'_, N>, ids: &Ids, steps: &mut [Step<N>]) {
    for index in 0..steps.len() {
        let step = &steps[index];
        let creates = matches!(step.action, Action::Create | Action::Replace(Order::CreateFirst));
        let now = || step.needs.iter().all(|need| met(need, ids, steps, view));
        let announced = !step.tokenless || (creates && now());
        steps[index].announced = announced;
    }
}

/// Lets every step follow those that it depends on.
fn connect<N: Node>(steps: &mut [Step<N>]) {
    let place: BTreeMap<Key, usize> = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.declared())
        .map(|(index, step)| (step.key.clone(), index))
        .collect();
    for step in steps {
        if step.action.writes() {
            step.after = step.needs.iter().filter_map(|need| place.get(&need.key).copied()).collect();
        }
        step.after.extend(step.holders.iter().copied().chain(step.with));
    }
}

fn know<N: Node>(view: &View<'_, N>) -> Knowledge {
    let memory = view.memory;
    let remembered = memory.records.iter().map(|(key, record)| (&record.id, key)).chain(&memory.lingering);
    let unseen = remembered
        .filter(|(id, _)| view.unseen(id) && view.rules.keep(Rule::EndIsProven))
        .map(|(id, key)| (id.clone(), key.clone()))
        .collect();
    let tags = view.desired.nodes().values().filter_map(|node| node.tags(0));
    Knowledge {
        gone: view.observed.gone.clone(),
        seen: view.observed.live.iter().map(|live| (live.id.clone(), live.key.clone())).collect(),
        unseen,
        declared: view.desired.nodes().keys().cloned().collect(),
        chosen: BTreeMap::new(),
        applied: BTreeMap::new(),
        answered: filter_intents(memory, |key, intent| view.answered(key, intent.attempt)),
        expected: filter_intents(memory, |key, _| view.expected(key)),
        unknown: view
            .observed
            .unknown
            .iter()
            .map(|(kind, fault)| (Key::new(*kind, "*"), format!("its source could not be read: {fault}")))
            .collect(),
        lost: memory.lost,
        tag_keys: tags.flat_map(std::collections::BTreeMap::into_keys).collect(),
        seen_tag_keys: view.observed.live.iter().flat_map(|live| live.tags.keys().cloned()).collect(),
    }
}

fn filter_intents(memory: &Memory, keep: impl Fn(&Key, &Intent) -> bool) -> BTreeSet<Key> {
    memory.intents.iter().filter(|(key, intent)| keep(key, intent)).map(|(key, _)| key.clone()).collect()
}

impl<N: Node> Plan<N> {
    /// Every step: the declared resources in creation order, then the others in the order in which they may be deleted.
    pub fn steps(&self) -> impl Iterator<Item = &Step<N>> {
        self.steps.iter()
    }

    /// The steps that will change something in the cloud, if their turn comes.
    pub fn writes(&self) -> impl Iterator<Item = &Step<N>> {
        self.steps.iter().filter(|step| step.writes())
    }

    /// The steps for which only time, a better look or somebody else can do something, and why.
    pub fn waits(&self) -> impl Iterator<Item = (&Step<N>, &str)> {
        self.steps.iter().filter_map(|step| match (&step.action, &step.withheld) {
            (Action::Wait(why), _) | (_, Some(why)) => Some((step, why.as_str())),
            _ => None,
        })
    }

    /// The creates that must be written down before this plan is executed, each with its attempt. Whoever executes the plan
    /// without having persisted them risks twins.
    #[must_use]
    pub fn announcements(&self) -> Vec<(Key, u32)> {
        self.steps.iter().filter(|step| step.announces()).map(|step| (step.key.clone(), step.attempt)).collect()
    }

    /// What must be remembered before this plan is executed: the announcements, and the tag keys that it may write. Equal to
    /// `previous` if nothing has to be written down first.
    #[must_use]
    pub fn remember(&self, previous: &Memory) -> Memory {
        let mut memory = previous.clone();
        for (key, attempt) in self.announcements() {
            memory.intents.insert(key, Intent { attempt, settled: false });
        }
        if self.writes().next().is_some() {
            memory.tag_keys.extend(self.knowledge.tag_keys.iter().cloned());
        }
        memory
    }

    /// Holds back what `judge` gives a reason for. It is asked about every step that writes. A step is marked and never dropped,
    /// so that what needs it is blocked and a replacement is never halved. What would have died with a withheld parent is
    /// deleted by itself, and `judge` is asked about that as well.
    pub fn withhold(mut self, mut judge: impl FnMut(&Step<N>) -> Option<String>) -> Self {
        for index in 0..self.steps.len() {
            if self.steps[index].action.writes() {
                self.steps[index].withheld = judge(&self.steps[index]);
            }
        }
        // Parents come before what is within them only by kind, so repeat until nothing changes.
        while let Some(index) = (0..self.steps.len()).find(|&index| self.orphaned(index)) {
            let step = &mut self.steps[index];
            if let Some(parent) = step.with.take() {
                step.after.retain(|&other| other != parent);
            }
            step.action = Action::Delete;
            let withheld = judge(&self.steps[index]);
            self.steps[index].withheld = withheld;
        }
        self
    }

    /// Whether the parent with which the step's resource should die is withheld.
    fn orphaned(&self, index: usize) -> bool {
        self.steps[index].with.is_some_and(|parent| self.steps[parent].withheld.is_some())
    }
}

impl<N: Node> Step<N> {
    /// Whether its create has to be written down before it is sent.
    pub(crate) fn announces(&self) -> bool {
        let creates = matches!(self.action, Action::Create | Action::Replace(Order::CreateFirst));
        creates && self.announced && self.withheld.is_none() && self.tokenless
    }
}

impl<N: Node> fmt::Display for Plan<N> {
    /// One line a step that does or says something, with the changed fields below it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut quiet = true;
        for step in self.steps.iter().filter(|step| step.action != Action::None) {
            quiet = false;
            writeln!(f, "{step}")?;
        }
        if quiet { writeln!(f, "nothing to do") } else { Ok(()) }
    }
}
