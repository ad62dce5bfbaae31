//! What passes share, and what the process remembers between the passes of a stack.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kube::Client;
use kube::runtime::events::Recorder;
use kube::runtime::reflector::Store;

use super::election::Term;
use super::metrics::Passes;
use super::probe::Tokens;
use crate::api::Stack;
use crate::aws::observe::Freshness;
use crate::aws::scope::Scopes;

/// How young a shared answer must be while a stack is being built or changed: young enough to see progress, old enough that
/// many such stacks share one look.
const PROGRESS: Duration = Duration::from_secs(2);

/// For how long a write is of any interest: shared answers are younger than that.
const REMEMBERED: Duration = Duration::from_hours(24);

/// `namespace/name`; no UID looks like it.
pub(super) fn qualified(stack: &Stack) -> String {
    format!("{}/{}", stack.namespace(), stack.name())
}

/// Intervals that an installation may set.
#[derive(Clone, Copy, Debug)]
pub struct Intervals {
    /// How old a shallow answer may get for a stack at rest.
    pub resync: Duration,
    /// How old a deep answer may get.
    pub deep: Duration,
    /// How long a create may take to show in AWS's lists: beyond it, several empty looks prove that it left nothing.
    pub settle: Duration,
}

/// What every pass needs.
pub struct Context {
    /// Kubernetes.
    pub client: Client,
    /// Connections to AWS.
    pub scopes: Scopes,
    /// Events.
    pub recorder: Recorder,
    /// Stacks as the watch last showed them.
    pub stacks: Store<Stack>,
    /// UID of the `kube-system` namespace.
    pub cluster: String,
    /// Intervals.
    pub intervals: Intervals,
    /// Whether stacks without an `identityRef` may act as the controller itself.
    pub own_identity: bool,
    /// How many AWS calls of one stack run at the same time.
    pub effects: usize,
    /// Set when no new step may start: the process is asked to end.
    pub stopping: Arc<AtomicBool>,
    /// Until when this process leads.
    pub term: Arc<Term>,
    /// Counts of passes.
    pub passes: Passes,
    /// This process, among all that ever ran.
    pub instance: String,
    /// How many passes began.
    pub begun: AtomicU64,
    /// When each stack, by UID, last wrote to AWS: older answers do not show it.
    pub written: Mutex<HashMap<String, Instant>>,
    /// Tokens of readiness probes.
    pub tokens: Tokens,
}

impl Context {
    /// Whether no new step may start.
    #[must_use]
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed) || self.deposed()
    }

    /// Whether this process does not lead any more: it may not even write down what it did, since another one goes on from what
    /// it finds.
    #[must_use]
    pub fn deposed(&self) -> bool {
        !self.term.runs()
    }

    /// A name for a pass that no other one has, in no process.
    #[must_use]
    pub fn pass_id(&self) -> String {
        format!("{}-{}", self.instance, self.begun.fetch_add(1, Ordering::Relaxed))
    }

    /// Notes that the stack `uid` wrote to AWS just now.
    pub fn wrote(&self, uid: &str) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(uid.to_owned(), Instant::now());
    }

    /// Notes that `stack` goes and marked what stays as kept: one of its name that comes at once must not look at older answers, to
    /// which all that would be another incarnation's.
    pub fn left(&self, stack: &Stack) {
        let now = Instant::now();
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.retain(|_, at| now.saturating_duration_since(*at) < REMEMBERED);
        written.insert(qualified(stack), now);
    }

    /// Forgets the stack `uid`.
    pub fn forget(&self, uid: &str) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
        self.tokens.forget(uid);
    }

    /// How fresh a look at `stack` must be. `requested`: the user asks for a look right now. `at_rest`: nothing was in
    /// motion after the last pass.
    #[must_use]
    pub fn freshness(&self, stack: &Stack, requested: bool, at_rest: bool) -> Freshness {
        let now = Instant::now();
        let ago = |age: Duration| now.checked_sub(age).unwrap_or(now);
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let written = written.get(stack.uid()).max(written.get(&qualified(stack))).copied();
        let shallow = if requested {
            now
        } else if at_rest {
            ago(self.intervals.resync)
        } else {
            ago(PROGRESS)
        };
        // What is on its way may be on its way in details too.
        let deep = if at_rest && !requested { ago(self.intervals.deep) } else { shallow };
        Freshness { now, shallow, deep, written }
    }
}
