//! Who leads, decided from what the Lease says and from when it last changed. Pure: [`super::election`] reads and writes.
//!
//! As client-go's leader election, whose Lease this is: a holder, renewed for as long as it acts; another one takes over when the
//! record did not change for the duration that it promises. That time is measured by the clock of who looks, from when it saw the
//! change; what two machines' clocks say is never compared, and the times in the record are for people.
//!
//! It fails by stopping: a holder that could not renew acts no more well before anybody else may begin.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::LeaseSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;

/// The intervals of an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long the record promises the lease to its holder from each renewal on. Whole seconds.
    pub duration: Duration,
    /// For how long after its last renewal a leader acts.
    pub deadline: Duration,
    /// How long to wait between two tries.
    pub retry: Duration,
}

impl Timing {
    /// Why this cannot work, if it cannot.
    ///
    /// # Errors
    /// The sentence.
    pub fn check(&self) -> Result<(), String> {
        let Self { duration, deadline, retry } = self;
        if duration > deadline && deadline > retry && !retry.is_zero() {
            return Ok(());
        }
        Err(format!(
            "the lease's duration ({} s) must be longer than its renew deadline ({} s), and that longer than the retry period ({} s)",
            duration.as_secs(),
            deadline.as_secs(),
            retry.as_secs()
        ))
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// Nobody holds the lease: whoever writes this first leads.
    Acquire(LeaseSpec),
    /// It is ours, and stays so with this.
    Renew(LeaseSpec),
    /// It is somebody else's.
    Wait,
    /// It was ours.
    Lost(Loss),
}

/// How leadership was lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// It could not be renewed in time.
    #[error("the lease could not be renewed in time")]
    Deadline,
    /// The record names somebody else.
    #[error("the lease is held by {0:?}")]
    Taken(String),
}

/// Now, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// What decides.
    pub instant: Instant,
    /// What is written for people.
    pub timestamp: Timestamp,
}

/// One who wants to lead, or leads.
#[derive(Clone, Debug)]
pub struct Candidate {
    identity: String,
    timing: Timing,
    /// The record as it was last seen, and when it was first seen so.
    seen: Option<(LeaseSpec, Instant)>,
    /// When the write was begun that made it the leader or kept it so.
    renewed: Option<Instant>,
}

impl Candidate {
    /// One that does not lead yet. No other process may ever have had this identity.
    #[must_use]
    pub fn new(identity: String, timing: Timing) -> Self {
        Self { identity, timing, seen: None, renewed: None }
    }

    /// Until when it acts as the leader; `None` if it does not lead.
    #[must_use]
    pub fn until(&self) -> Option<Instant> {
        self.renewed.map(|renewed| renewed + self.timing.deadline)
    }

    /// What to do about the lease as it was just read; `None`: there is none.
    pub fn turn(&mut self, lease: Option<&LeaseSpec>, now: Now) -> Turn {
        let unchanged = self.observe(lease, now.instant);
        let holder = lease.map(holder).unwrap_or_default();
        let ours = holder == self.identity;
        if let Some(until) = self.until() {
            return match lease {
                _ if now.instant >= until => self.lost(Loss::Deadline),
                Some(_) if !ours => self.lost(Loss::Taken(holder.to_owned())),
                // Somebody deleted it: it is made anew before another one comes.
                Some(_) | None => Turn::Renew(self.record(lease, now)),
            };
        }
        let promised = lease.and_then(|lease| lease.lease_duration_seconds).and_then(|it| u64::try_from(it).ok());
        let expired = unchanged >= promised.map_or(self.timing.duration, Duration::from_secs);
        // Ours without our knowing it: the answer to the write was lost.
        if holder.is_empty() || ours || expired { Turn::Acquire(self.record(lease, now)) } else { Turn::Wait }
    }

    /// Notes that what [`Candidate::turn`] said to write was written; the request was begun at `began`.
    pub fn written(&mut self, spec: LeaseSpec, began: Instant) {
        self.seen = Some((spec, began));
        self.renewed = Some(began);
    }

    /// The record that gives the lease up; `None` if there is nothing to give up.
    #[must_use]
    pub fn released(&self, lease: &LeaseSpec, now: Timestamp) -> Option<LeaseSpec> {
        (holder(lease) == self.identity).then(|| LeaseSpec {
            holder_identity: Some(String::new()),
            lease_duration_seconds: Some(1),
            acquire_time: Some(MicroTime(now)),
            renew_time: Some(MicroTime(now)),
            ..lease.clone()
        })
    }

    /// Takes note of the record; for how long it has been so.
    fn observe(&mut self, lease: Option<&LeaseSpec>, now: Instant) -> Duration {
        let Some(lease) = lease else {
            self.seen = None;
            return Duration::ZERO;
        };
        match &self.seen {
            Some((seen, since)) if seen == lease => now.saturating_duration_since(*since),
            _ => {
                self.seen = Some((lease.clone(), now));
                Duration::ZERO
            }
        }
    }

    fn lost(&mut self, loss: Loss) -> Turn {
        self.renewed = None;
        Turn::Lost(loss)
    }

    /// The record with this holder. A change of holders counts as a transition, also one from nobody.
    fn record(&self, lease: Option<&LeaseSpec>, now: Now) -> LeaseSpec {
        let kept = lease.filter(|lease| holder(lease) == self.identity);
        let transitions = match (kept, lease) {
            (None, Some(other)) => other.lease_transitions.unwrap_or_default().saturating_add(1),
            (lease, _) => lease.and_then(|lease| lease.lease_transitions).unwrap_or_default(),
        };
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: Some(i32::try_from(self.timing.duration.as_secs()).unwrap_or(i32::MAX)),
            acquire_time: kept.and_then(|lease| lease.acquire_time.clone()).or(Some(MicroTime(now.timestamp))),
            renew_time: Some(MicroTime(now.timestamp)),
            lease_transitions: Some(transitions),
            ..lease.cloned().unwrap_or_default()
        }
    }
}

fn holder(lease: &LeaseSpec) -> &str {
    lease.holder_identity.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests;
