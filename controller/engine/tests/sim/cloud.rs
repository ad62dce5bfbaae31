//! The toy cloud: refuses deletes of what is in use, creation on what is not ready and a second holder of a unique slot; is
//! slow; loses answers; remembers tokens.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::Mutex;
use std::task::Poll;

use engine::{Attributes, Class, Effect, Fault, Id, Key, Live, Phase, Tags};

use super::judge::Judge;
use super::toy::Seen;

/// What goes wrong at one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Refused before anything happened.
    Throttled,
    /// The request never arrived, and nobody can tell.
    RequestLost,
    /// It had its effect, and the answer was lost.
    ResponseLost,
    /// The controller dies before the effect.
    CrashBefore,
    /// The controller dies after the effect.
    CrashAfter,
}

/// A resource as the cloud knows it.
#[derive(Clone, Debug)]
pub struct Resource {
    pub id: Id,
    pub key: Key,
    pub attempt: u32,
    pub name: String,
    pub seen: Seen,
    /// Fixed field and fixed links as they were when it was made: what a foreign edit changes later is not in here.
    pub made: (u8, BTreeMap<Key, String>),
    pub on: Vec<Id>,
    pub within: Option<Id>,
    pub tags: Tags,
    pub created: i64,
    pub ready_at: i64,
    pub fails: bool,
    pub broken_until: i64,
    pub gone_at: Option<i64>,
    /// Lists omit it since, and until.
    pub hidden: (i64, i64),
    pub undeletable: bool,
    /// Somebody else tagged it.
    pub foreign_tag: bool,
}

/// How fast the cloud is, in passes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    pub ready: i64,
    pub delete: i64,
    /// From creation to the first list that shows it.
    pub list: i64,
}

/// Everything in the cloud, and the judge who watches.
#[derive(Default)]
pub struct State {
    pub now: i64,
    pub resources: BTreeMap<Id, Resource>,
    /// Resources that are not ours: given to us, or merely similar.
    pub bystanders: BTreeSet<Id>,
    pub pace: Pace,
    /// The next creates that end failed.
    pub failures: u8,
    /// Trouble of this pass, by number of the call.
    pub troubles: BTreeMap<usize, Trouble>,
    pub calls: usize,
    pub crashed: bool,
    pub judge: Judge,
    pub tokens: BTreeMap<String, Id>,
    pub serial: u32,
}

/// What effects go through.
#[derive(Default)]
pub struct Cloud(pub Mutex<State>);

impl Cloud {
    /// One call. Takes a few turns, so that calls under way overlap; after a crash it never ends.
    pub async fn call<T>(
        &self,
        operation: &'static str,
        effect: impl FnOnce(&mut State) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let (number, turns) = {
            let mut state = self.0.lock().unwrap();
            state.calls += 1;
            (state.calls, state.calls * 7 % 3)
        };
        for _ in 0..turns {
            turn().await;
        }
        let trouble = self.0.lock().unwrap().troubles.get(&number).copied();
        let lost = || fault(operation, Class::Transient, Effect::Unknown, "RequestTimeout");
        match trouble {
            Some(Trouble::Throttled) => return Err(fault(operation, Class::Throttled, Effect::None, "Throttling")),
            Some(Trouble::RequestLost) => return Err(lost()),
            Some(Trouble::CrashBefore) => self.0.lock().unwrap().crashed = true,
            Some(Trouble::ResponseLost | Trouble::CrashAfter) | None => {}
        }
        if self.0.lock().unwrap().crashed {
            std::future::pending::<()>().await;
        }
        let answer = {
            let mut state = self.0.lock().unwrap();
            let answer = effect(&mut state);
            state.judge.answered(trouble.is_none());
            answer
        };
        match trouble {
            Some(Trouble::ResponseLost) => Err(lost()),
            Some(Trouble::CrashAfter) => {
                self.0.lock().unwrap().crashed = true;
                std::future::pending().await
            }
            _ => answer,
        }
    }
}

/// Lets others run.
async fn turn() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

pub fn fault(operation: &'static str, class: Class, effect: Effect, code: &str) -> Fault {
    Fault { class, effect, operation, code: code.to_owned(), message: String::new(), request_id: None }
}

impl State {
    pub fn phase(&self, resource: &Resource) -> Phase {
        if resource.gone_at.is_some() {
            Phase::Deleting
        } else if self.now < resource.ready_at {
            Phase::Pending("on its way".to_owned())
        } else if resource.fails {
            Phase::Failed("it could not be made".to_owned())
        } else if self.now < resource.broken_until {
            Phase::Broken("unhealthy".to_owned())
        } else {
            Phase::Ready
        }
    }

    pub fn live(&self, resource: &Resource) -> Live<Seen> {
        Live {
            key: resource.key.clone(),
            attempt: resource.attempt,
            id: resource.id.clone(),
            attributes: Attributes::new(),
            phase: self.phase(resource),
            seen: resource.seen.clone(),
            on: resource.on.clone(),
            within: resource.within.clone(),
            tags: resource.tags.clone(),
            created: Some(resource.created),
        }
    }

    /// Time passes: what was going away is gone.
    pub fn tick(&mut self) {
        self.now += 1;
        let now = self.now;
        self.resources.retain(|_, resource| resource.gone_at.is_none_or(|at| now < at));
        self.calls = 0;
        self.crashed = false;
        self.troubles.clear();
    }
}
