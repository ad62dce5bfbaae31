//! Leader election carried out: reads and writes the Lease as [`super::lease`] decides, and says until when this process may act.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use kube::api::PostParams;
use kube::core::ObjectMeta;
use kube::{Api, Client};
use tokio::time::{MissedTickBehavior, interval, timeout, timeout_at};

use super::lease::{Candidate, Loss, Now, Timing, Turn};
use super::rbac::LEASE;

/// Until when this process may change anything. Looked at before every step, so that it holds also for a process that was
/// stopped for a while and goes on without knowing.
#[derive(Debug)]
pub struct Term(Mutex<Until>);

#[derive(Clone, Copy, Debug)]
enum Until {
    /// It does not lead.
    Never,
    /// It leads, if it renews.
    Instant(Instant),
    /// There is no election.
    Always,
}

impl Term {
    /// For a process that takes part in an election.
    #[must_use]
    pub fn elected() -> Self {
        Self(Mutex::new(Until::Never))
    }

    /// For the only one.
    #[must_use]
    pub fn unlimited() -> Self {
        Self(Mutex::new(Until::Always))
    }

    /// Whether it may act now.
    #[must_use]
    pub fn runs(&self) -> bool {
        match *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Until::Never => false,
            Until::Instant(until) => Instant::now() < until,
            Until::Always => true,
        }
    }

    fn set(&self, until: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = until.map_or(Until::Never, Until::Instant);
    }
}

/// What an installation sets of the election.
#[derive(Clone, Debug)]
pub struct Electoral {
    /// Namespace of the Lease.
    pub namespace: String,
    /// Its intervals.
    pub timing: Timing,
}

/// Why a try came to nothing.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the API server did not answer in time")]
    Timeout(#[from] tokio::time::error::Elapsed),
    #[error(transparent)]
    Kubernetes(#[from] kube::Error),
}

/// This process as a candidate.
#[derive(Debug)]
pub struct Election {
    leases: Api<Lease>,
    candidate: Candidate,
    timing: Timing,
    term: Arc<Term>,
    /// Who held the lease when it was last said.
    told: Option<String>,
}

impl Election {
    /// Stands for election under an identity that no other process ever has. `term` follows it.
    #[must_use]
    pub fn new(client: Client, settings: &Electoral, identity: &str, term: Arc<Term>) -> Self {
        let Electoral { namespace, timing } = settings;
        Self {
            leases: Api::namespaced(client, namespace),
            candidate: Candidate::new(identity.to_owned(), *timing),
            timing: *timing,
            term,
            told: None,
        }
    }

    /// Returns when this process leads.
    pub async fn won(&mut self) {
        let mut tries = self.tries();
        loop {
            tries.tick().await;
            match self.attempt().await {
                Ok(Turn::Acquire(spec)) => {
                    tracing::info!(lease = LEASE, transitions = spec.lease_transitions, "leading");
                    return;
                }
                Ok(Turn::Renew(_) | Turn::Wait | Turn::Lost(_)) => {}
                Err(error) => complain(&error),
            }
        }
    }

    /// Keeps the lease; returns when it is lost.
    pub async fn lost(&mut self) -> Loss {
        let mut tries = self.tries();
        let loss = loop {
            let Some(until) = self.candidate.until() else { break Loss::Deadline };
            let attempt = async {
                tries.tick().await;
                self.attempt().await
            };
            match timeout_at(until.into(), attempt).await {
                Err(_) => break Loss::Deadline,
                Ok(Ok(Turn::Lost(loss))) => break loss,
                Ok(Ok(Turn::Acquire(_) | Turn::Renew(_) | Turn::Wait)) => {}
                Ok(Err(error)) => complain(&error),
            }
        };
        self.term.set(None);
        loss
    }

    /// Gives the lease up, if it is ours, so that another one need not wait until it expires.
    pub async fn resign(mut self) {
        self.term.set(None);
        match timeout(self.patience(), self.release()).await {
            Ok(Ok(true)) => tracing::info!(lease = LEASE, "released"),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => tracing::warn!(lease = LEASE, %error, "not released: it has to expire"),
            Err(_) => tracing::warn!(lease = LEASE, "not released in time: it has to expire"),
        }
    }

    fn tries(&self) -> tokio::time::Interval {
        let mut tries = interval(self.timing.retry);
        tries.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tries
    }

    /// Longest wait for one try: two have room before the deadline.
    fn patience(&self) -> Duration {
        self.timing.deadline / 2
    }

    /// One look at the lease, and the write that follows from it.
    async fn attempt(&mut self) -> Result<Turn, Failed> {
        timeout(self.patience(), self.take_turn()).await?
    }

    async fn take_turn(&mut self) -> Result<Turn, Failed> {
        let lease = self.leases.get_opt(LEASE).await?;
        let spec = lease.as_ref().map(|lease| lease.spec.clone().unwrap_or_default());
        let now = Now { instant: Instant::now(), timestamp: Timestamp::now() };
        let turn = self.candidate.turn(spec.as_ref(), now);
        match &turn {
            Turn::Acquire(spec) | Turn::Renew(spec) => {
                let began = Instant::now();
                let written = self.write(lease, spec.clone()).await?;
                self.candidate.written(written, began);
                self.term.set(self.candidate.until());
            }
            Turn::Wait => self.tell(spec.and_then(|spec| spec.holder_identity)),
            Turn::Lost(_) => {}
        }
        Ok(turn)
    }

    /// Writes the record over the one that was read, or makes it: refused if somebody else was faster.
    async fn write(&self, read: Option<Lease>, spec: LeaseSpec) -> kube::Result<LeaseSpec> {
        let written = if let Some(read) = read {
            let lease = Lease { spec: Some(spec), ..read };
            self.leases.replace(LEASE, &PostParams::default(), &lease).await?
        } else {
            let metadata = ObjectMeta { name: Some(LEASE.to_owned()), ..ObjectMeta::default() };
            self.leases.create(&PostParams::default(), &Lease { metadata, spec: Some(spec) }).await?
        };
        Ok(written.spec.unwrap_or_default())
    }

    async fn release(&mut self) -> kube::Result<bool> {
        let lease = self.leases.get_opt(LEASE).await?;
        let spec = lease.as_ref().and_then(|lease| lease.spec.as_ref());
        let Some(released) = spec.and_then(|spec| self.candidate.released(spec, Timestamp::now())) else {
            return Ok(false);
        };
        self.write(lease, released).await?;
        Ok(true)
    }

    /// Says who leads, once for each that does.
    fn tell(&mut self, holder: Option<String>) {
        if self.told != holder {
            tracing::info!(lease = LEASE, holder, "another one leads; waiting");
            self.told = holder;
        }
    }
}

/// A conflict is how the others' being faster looks; the next try sees who it was.
fn complain(error: &Failed) {
    match error {
        Failed::Kubernetes(kube::Error::Api(status)) if status.code == 409 => tracing::debug!(%error, "lease"),
        Failed::Kubernetes(_) | Failed::Timeout(_) => tracing::warn!(lease = LEASE, %error, "lease"),
    }
}
