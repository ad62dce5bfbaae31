//! The driver: what the controller does around the engine, in logical time.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use engine::{Id, Key, Kind, Limits, Memory, Node, Outcome, Plan, Rule, State as Status, execute, plan, plan_breaking};

use super::cloud::{Cloud, State, Trouble};
use super::kinds::ALL;
use super::look::{Observer, SETTLE};
use super::scenario::Spec;
use super::toy::{Seen, Toy};

/// What goes wrong around the engine in one pass.
#[derive(Clone, Debug, Default)]
pub struct Weather {
    /// At the n-th call.
    pub troubles: BTreeMap<usize, Trouble>,
    /// The controller dies between the announcement and the first call.
    pub crash_after_announcing: bool,
    /// The controller dies after the last call, before memory is persisted.
    pub crash_before_persisting: bool,
    /// After so many questions whether to stop, the answer is yes.
    pub stop_after: Option<usize>,
    /// A policy holds back every step that deletes or replaces.
    pub nothing_goes: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "independent facts about one life")]
/// One stack, the controller's persistent state, and the cloud.
pub struct World {
    pub cloud: Cloud,
    pub spec: Spec,
    pub memory: Memory,
    pub observer: Observer,
    /// Empty looks since each announcement.
    looked: BTreeMap<Key, i64>,
    /// Whether memory was ever lost.
    pub ever_lost: bool,
    /// Looks since it was lost, until they are enough.
    lost: Option<i64>,
    pub deleting: bool,
    /// Looks in a row that say that nothing is left.
    ended: i64,
    pub retained: bool,
    pub released: bool,
    /// Keys whose drift somebody approved.
    pub approved: BTreeSet<Key>,
    broken: Option<Rule>,
}

impl World {
    pub fn new(spec: Spec, broken: Option<Rule>) -> Self {
        let cloud = Cloud::default();
        {
            let mut state = cloud.0.lock().unwrap();
            state.judge.window = SETTLE;
            state.bystanders = Spec::given().into_values().collect();
        }
        Self {
            cloud,
            spec,
            memory: Memory::default(),
            observer: Observer::default(),
            looked: BTreeMap::new(),
            ever_lost: false,
            lost: None,
            deleting: false,
            ended: 0,
            retained: false,
            released: false,
            approved: BTreeSet::new(),
            broken,
        }
    }

    /// The cloud's state, to look at or to meddle with.
    pub fn state<T>(&mut self, meddle: impl FnOnce(&mut State) -> T) -> T {
        meddle(&mut self.cloud.0.lock().unwrap())
    }

    /// Status is wiped.
    pub fn lose_memory(&mut self) {
        self.memory = Memory::default();
        self.looked.clear();
        self.observer.lose_memory();
        self.ended = 0;
        self.lost = Some(0);
        self.ever_lost = true;
    }

    /// One pass; `None` if the controller died in it.
    pub fn pass(&mut self, weather: &Weather) -> Option<Outcome<Seen>> {
        let now = self.state(|state| {
            state.tick();
            state.troubles.clone_from(&weather.troubles);
            state.now
        });
        let memory = self.remembered();
        let observed = self.observer.look(&self.cloud.0.lock().unwrap(), &memory);
        let desired = if self.deleting { engine::Graph::default() } else { self.spec.graph() };
        self.brief(&desired, &memory, observed.live.iter().map(|live| live.id.clone()).collect());
        let plan = match self.broken {
            Some(rule) => plan_breaking(rule, &desired, &observed, &memory),
            None => plan(&desired, &observed, &memory),
        };
        let plan = self.policy(plan, weather);
        self.announce(&plan);
        if std::env::var_os("TRACE").is_some() {
            println!("-- pass {now} {:?} of {:?}\n{plan}", weather.troubles, self.spec);
        }
        let outcome = if weather.crash_after_announcing { None } else { self.execute(plan, weather) };
        let Some(outcome) = outcome.filter(|_| !weather.crash_before_persisting) else {
            self.observer.forget();
            return None;
        };
        self.persist(&outcome, outcome.memory(&memory), now);
        Some(outcome)
    }

    /// Memory as the next pass is given it: with the counts applied.
    fn remembered(&mut self) -> Memory {
        let mut memory = self.memory.clone();
        for (key, intent) in &mut memory.intents {
            intent.settled = self.looked.get(key).is_some_and(|looks| *looks >= SETTLE);
        }
        memory.lost = self.lost.is_some();
        memory.approved.clone_from(&self.approved);
        memory
    }

    /// Tells the judge what is declared and what the controller can know.
    fn brief(&mut self, desired: &engine::Graph<Toy>, memory: &Memory, visible: BTreeSet<Id>) {
        let mut state = self.cloud.0.lock().unwrap();
        let judge = &mut state.judge;
        judge.declared.clone_from(desired.nodes());
        judge.given = desired.given().iter().map(|(key, known)| (key.clone(), known.id.clone())).collect();
        judge.in_use = memory.records.iter().map(|(key, record)| (key.clone(), record.id.clone())).collect();
        judge.approved.clone_from(&memory.approved);
        judge.visible = visible;
        let remembered = memory.records.values().map(|record| &record.id).chain(memory.lingering.keys()).cloned();
        let failing = |kind: &Kind| self.observer.failing.get(kind).is_some_and(|until| state.now < *until);
        let unread = state.resources.values().filter(|one| failing(&one.key.kind)).map(|one| one.id.clone());
        let suspected = remembered.chain(unread).collect();
        state.judge.suspected = suspected;
    }

    fn policy(&self, plan: Plan<Toy>, weather: &Weather) -> Plan<Toy> {
        use engine::Action;
        plan.withhold(|step| {
            let goes = matches!(step.action, Action::Delete | Action::Replace(_));
            let retained = self.retained && step.key.kind.holds_data && step.action == Action::Delete;
            ((weather.nothing_goes && goes) || retained).then(|| "by policy".to_owned())
        })
    }

    fn announce(&mut self, plan: &Plan<Toy>) {
        self.memory = plan.remember(&self.memory);
        for (key, _) in plan.announcements() {
            self.looked.insert(key, 0);
        }
    }

    /// Polls the execution to its end; `None` if the controller died.
    fn execute(&mut self, plan: Plan<Toy>, weather: &Weather) -> Option<Outcome<Seen>> {
        let asked = AtomicUsize::new(0);
        let stop = || weather.stop_after.is_some_and(|after| asked.fetch_add(1, Ordering::Relaxed) >= after);
        let limits = Limits { effects: 3 };
        let mut execution = pin!(execute(plan, &self.cloud, &limits, stop));
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match execution.as_mut().poll(&mut context) {
                Poll::Ready(outcome) => return Some(outcome),
                Poll::Pending if self.cloud.0.lock().unwrap().crashed => return None,
                Poll::Pending => {}
            }
        }
    }

    /// The final patch. A settle window is counted in looks whose result was written down; what a source that failed does not
    /// show says nothing.
    fn persist(&mut self, outcome: &Outcome<Seen>, memory: Memory, now: i64) {
        let announced = |key: &Key| outcome.announced.contains_key(key);
        let failing = |kind: &Kind| self.observer.failing.get(kind).is_some_and(|until| now < *until);
        self.looked.retain(|key, _| memory.intents.contains_key(key));
        for (key, looks) in &mut self.looked {
            *looks += i64::from(!announced(key) && !failing(&key.kind));
        }
        let all_read = i64::from(!ALL.iter().any(failing));
        self.lost = self.lost.map(|looks| looks + all_read).filter(|looks| *looks < SETTLE);
        self.memory = memory;
        self.state(State::agree);
        self.observer.persist(&self.memory, now);
        let ended = self.deleting && outcome.effects == 0 && outcome.ended().is_ok();
        self.ended = if ended { self.ended + 1 } else { 0 };
        self.released = self.ended > SETTLE;
    }

    /// Approves what a human would, until it is done: drift that can be resolved by a replacement.
    pub fn approve(&mut self, outcome: &Outcome<Seen>) {
        for (key, node) in self.spec.graph().nodes() {
            match outcome.states.get(key) {
                Some(Status::Drifted(..)) if node.replace() != engine::Replace::Never => {
                    self.approved.insert(key.clone());
                }
                Some(Status::Ready(_)) => {
                    self.approved.remove(key);
                }
                _ => {}
            }
        }
    }
}
