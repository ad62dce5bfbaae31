//! The state of an execution: which step can do what next. Free of effects, so that the order can be followed step by step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::effect::{Done, Effect};
use crate::outcome::{Other, Outcome, Sent, State};
use crate::plan::Knowledge;
use crate::step::{Action, Order, Step};
use crate::{Change, Deletion, Fault, Ids, Key, Known, Live, Node, Phase, Until, hash};

/// How far a step has come.
#[expect(clippy::large_enum_variant, reason = "one per step, and most end as the large one")]
enum Progress<S> {
    /// Not looked at.
    Idle,
    /// The old self of a delete-first replacement is gone.
    Halfway,
    /// An effect is under way.
    Running,
    Ended(State<S>),
}

pub(crate) struct Run<'p, N: Node> {
    steps: &'p [Step<N>],
    place: BTreeMap<&'p Key, usize>,
    progress: Vec<Progress<N::Seen>>,
    /// Ids known by now.
    pub(crate) ids: Arc<Ids>,
    /// Steps whose live resource was deleted.
    gone: BTreeSet<usize>,
    applied: BTreeMap<Key, String>,
    announced: BTreeMap<Key, (u32, Sent)>,
    effects: usize,
    again: bool,
}

impl<'p, N: Node> Run<'p, N> {
    pub(crate) fn new(steps: &'p [Step<N>], ids: Ids) -> Self {
        let declared = steps.iter().enumerate().filter(|(_, step)| step.declared());
        let announced = steps.iter().filter(|step| step.announces());
        Self {
            steps,
            place: declared.map(|(index, step)| (&step.key, index)).collect(),
            progress: steps.iter().map(|_| Progress::Idle).collect(),
            ids: Arc::new(ids),
            gone: BTreeSet::new(),
            applied: BTreeMap::new(),
            announced: announced.map(|step| (step.key.clone(), (step.attempt, Sent::No))).collect(),
            effects: 0,
            again: false,
        }
    }

    /// The next effect to start. On the way, ends every step that needs none.
    pub(crate) fn advance(&mut self, halt: &impl Fn() -> bool) -> Option<(usize, Effect)> {
        loop {
            let before = self.open();
            for index in 0..self.steps.len() {
                match self.turn(index, halt) {
                    Turn::NotYet => {}
                    Turn::End(state) => self.progress[index] = Progress::Ended(state),
                    Turn::Start(effect) => {
                        self.begin(index, effect);
                        return Some((index, effect));
                    }
                }
            }
            if self.open() == before {
                return None;
            }
        }
    }

    fn open(&self) -> usize {
        self.progress.iter().filter(|progress| !matches!(progress, Progress::Ended(_))).count()
    }

    fn begin(&mut self, index: usize, effect: Effect) {
        let step = &self.steps[index];
        self.effects += 1;
        self.progress[index] = Progress::Running;
        if effect == Effect::Create
            && let Some((_, sent)) = self.announced.get_mut(&step.key)
        {
            *sent = Sent::Perhaps;
        }
    }

    /// What can be done about a step now.
    fn turn(&self, index: usize, halt: &impl Fn() -> bool) -> Turn<N::Seen> {
        let step = &self.steps[index];
        let halfway = match &self.progress[index] {
            Progress::Idle => false,
            Progress::Halfway => true,
            Progress::Running | Progress::Ended(_) => return Turn::NotYet,
        };
        let live = || if halfway { None } else { step.live.clone() };
        if let Some(why) = &step.withheld {
            return Turn::End(State::Withheld(live(), why.clone()));
        }
        if !step.after.iter().all(|&other| matches!(self.progress[other], Progress::Ended(_))) {
            return Turn::NotYet;
        }
        let alone = self.left_behind(step);
        if !step.action.writes() && !alone {
            return Turn::End(self.at_rest(step));
        }
        if let Some(&holder) = step.holders.iter().find(|&&holder| !self.gone.contains(&holder)) {
            return Turn::End(State::Blocked(live(), self.steps[holder].key.clone()));
        }
        if let Some(key) = self.unmet(step) {
            return Turn::End(State::Blocked(live(), key.clone()));
        }
        let effect = match (&step.action, halfway) {
            (Action::Create | Action::Replace(Order::CreateFirst), _) | (Action::Replace(_), true) => Effect::Create,
            (Action::Replace(Order::DeleteFirst) | Action::Delete, _) => Effect::Delete,
            (Action::Vanish(_), _) if alone => Effect::Delete,
            (Action::Update, _) => Effect::Update,
            (Action::Retag, _) => Effect::Retag,
            (
                Action::None
                | Action::Vanish(_)
                | Action::Wait(_)
                | Action::Blocked(_)
                | Action::Report(_)
                | Action::Keep,
                _,
            ) => return Turn::End(self.at_rest(step)),
        };
        if effect == Effect::Create && step.tokenless && !step.announced {
            return Turn::End(State::Waiting(live(), "to be announced".to_owned()));
        }
        if halt() {
            return Turn::End(State::Waiting(live(), "stopped before its turn".to_owned()));
        }
        Turn::Start(effect)
    }

    /// Whether the parent with which it should have died was not deleted, so that it is deleted by itself: one that cannot
    /// go holds back nothing that can.
    fn left_behind(&self, step: &Step<N>) -> bool {
        step.with.is_some_and(|parent| {
            matches!(self.progress[parent], Progress::Ended(State::Failed(..) | State::Blocked(..)))
        })
    }

    /// The state of a step that does nothing.
    fn at_rest(&self, step: &Step<N>) -> State<N::Seen> {
        let live = step.live.clone();
        let deleting = live.as_ref().is_some_and(|live| live.phase == Phase::Deleting);
        match (&step.action, live) {
            (Action::Vanish(parent), Some(live)) => {
                let with = step.with.map(|parent| (self.gone.contains(&parent), &self.progress[parent]));
                match with {
                    Some((true, _)) => State::Deleted(live.id),
                    Some((false, Progress::Ended(State::Deleting(_)))) => State::Deleting(live),
                    _ => State::Blocked(Some(live), parent.clone()),
                }
            }
            (_, Some(live)) if deleting => State::Deleting(live),
            (Action::Wait(why), live) => State::Waiting(live, why.clone()),
            (Action::Blocked(key), live) => State::Blocked(live, key.clone()),
            (Action::Keep, Some(live)) => State::Kept(live),
            (Action::Report(why), Some(live)) if step.drift.is_empty() => match &live.phase {
                Phase::Failed(_) => State::Broken(live, why.clone()),
                _ => State::Reported(live, why.clone()),
            },
            (_, Some(live)) => standing(live, &step.drift),
            (_, None) => State::Waiting(None, step.reason.to_string()),
        }
    }

    /// The first need that is not met.
    fn unmet(&self, step: &'p Step<N>) -> Option<&'p Key> {
        let unmet = |key: &Key, until: Until| {
            let Some(&place) = self.place.get(key) else { return self.ids.get(key).is_none() };
            let Progress::Ended(state) = &self.progress[place] else { return true };
            let ready = state.live().is_some_and(|live| live.phase == Phase::Ready);
            self.ids.get(key).is_none() || (until == Until::Ready && !ready)
        };
        step.needs.iter().find(|need| unmet(&need.key, need.until)).map(|need| &need.key)
    }

    /// Takes note of how an effect ended.
    pub(crate) fn finish(&mut self, index: usize, done: Done<N::Seen>) {
        let step = &self.steps[index];
        let progress = match done {
            Done::Created(Ok(live)) => Progress::Ended(self.created(step, live)),
            Done::Created(Err(fault)) => Progress::Ended(self.not_created(index, fault)),
            Done::Changed(live, fault) => Progress::Ended(self.changed(step, live, fault)),
            Done::Deleted(live, Ok(Deletion::Gone)) => {
                self.again = true;
                self.gone.insert(index);
                match step.action {
                    Action::Replace(_) => Progress::Halfway,
                    _ => Progress::Ended(State::Deleted(live.id)),
                }
            }
            Done::Deleted(mut live, Ok(Deletion::Going)) => {
                self.again = true;
                live.phase = Phase::Deleting;
                Progress::Ended(State::Deleting(live))
            }
            Done::Deleted(live, Err(fault)) => Progress::Ended(State::Failed(Some(live), fault)),
            Done::Nothing => Progress::Ended(State::Waiting(step.live.clone(), "the step is incomplete".to_owned())),
        };
        self.progress[index] = progress;
    }

    fn created(&mut self, step: &Step<N>, live: Live<N::Seen>) -> State<N::Seen> {
        self.again = true;
        if let Some(declared) = step.node.as_ref().and_then(|node| applied(node, &live.seen, &self.ids)) {
            self.applied.insert(step.key.clone(), declared);
        }
        if !matches!(live.phase, Phase::Failed(_) | Phase::Deleting) {
            self.know(&live);
        }
        standing(live, &[])
    }

    fn not_created(&mut self, index: usize, fault: Fault) -> State<N::Seen> {
        let step = &self.steps[index];
        if let Some((_, sent)) = self.announced.get_mut(&step.key) {
            *sent = match fault.effect {
                crate::Effect::None => Sent::WithoutEffect,
                crate::Effect::Unknown => Sent::Perhaps,
            };
        }
        let old = if self.gone.contains(&index) { None } else { step.live.clone() };
        State::Failed(old, fault)
    }

    fn changed(&mut self, step: &Step<N>, live: Live<N::Seen>, fault: Option<Fault>) -> State<N::Seen> {
        self.know(&live);
        if let Some(fault) = fault {
            return State::Failed(Some(live), fault);
        }
        self.again = true;
        standing(live, &step.drift)
    }

    fn know(&mut self, live: &Live<N::Seen>) {
        let known = Known { id: live.id.clone(), attributes: live.attributes.clone() };
        Arc::make_mut(&mut self.ids).insert(live.key.clone(), known);
    }

    /// What came of it all.
    pub(crate) fn into_outcome(self, knowledge: Knowledge) -> Outcome<N::Seen> {
        let Self { steps, place: _, progress, ids: _, gone: _, applied, announced, effects, again } = self;
        let mut states = BTreeMap::new();
        let mut others = Vec::new();
        for (step, progress) in steps.iter().zip(progress) {
            let state = match progress {
                Progress::Ended(state) => state,
                // Only if steps wait for each other, which no order of kinds allows.
                Progress::Idle | Progress::Halfway | Progress::Running => {
                    State::Blocked(step.live.clone(), step.key.clone())
                }
            };
            if step.declared() {
                states.insert(step.key.clone(), state);
            } else if let Some(id) = step.id.clone() {
                others.push(Other { key: step.key.clone(), id, state });
            }
        }
        let mut all = knowledge.applied.clone();
        all.extend(applied);
        Outcome { states, others, applied: all, announced, effects, again, knowledge }
    }
}

fn applied<N: Node>(node: &N, seen: &N::Seen, ids: &Ids) -> Option<String> {
    node.compare(seen, ids).declared().map(|declared| hash::applied(node.version(), declared))
}

/// What can be done about a step.
#[expect(clippy::large_enum_variant, reason = "short-lived, one at a time")]
enum Turn<S> {
    NotYet,
    Start(Effect),
    End(State<S>),
}

/// The state of what stands.
fn standing<S>(live: Live<S>, drift: &[Change]) -> State<S> {
    match live.phase.clone() {
        Phase::Ready if drift.is_empty() => State::Ready(live),
        Phase::Ready => State::Drifted(live, drift.to_vec()),
        Phase::Pending(why) => State::Waiting(Some(live), why),
        Phase::Broken(why) | Phase::Failed(why) => State::Broken(live, why),
        Phase::Deleting => State::Deleting(live),
    }
}

#[cfg(test)]
mod tests;
