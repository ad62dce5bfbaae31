//! What a pass came to, in words and in memory. Pure: no client, no clock; the same pass gives the same status.
//!
//! - [`recall`] and [`announce`]: from the status to what the engine remembers, and the creates written down before their calls.
//! - [`of`]: a [`Pass`] as a [`Status`]: conditions, inventory, outputs.
//! - [`changed`], [`events`], [`rest`]: what is written, what is told, when the next look is due.
//! - [`exports`], [`credentials`]: what is to stand in Kubernetes Secrets, and what a probe signs in with.
//! - [`at_rest`], [`releasable`], [`left_behind`]: what the operator asks of a status; [`tally`]: what metrics tell of many.
//!
//! # What holds for every status
//!
//! - A pass that finds what the last one found gives the same status but for times that [`changed`] ignores: messages carry no
//!   time, no count of tries and no request id.
//! - A condition's `lastTransitionTime` moves only with its status. Reconciling, Stalled, Drifted, Suspended, DeletionBlocked,
//!   NothingLeft and Warning are there only while they apply; Reconciling and Stalled exclude each other.
//! - What waits for something else is counted, never reported as a cause.
//! - A section that was not looked at keeps its last verdict, with the generation of which that spoke.
//! - Memory is never dropped because a pass could not look, nor because this version does not know a kind.

#![allow(clippy::doc_markdown, reason = "names of conditions and reasons are words of their own here")]

mod applied;
mod causes;
mod conditions;
mod deletion;
mod diagnosis;
mod events;
mod exports;
mod image;
mod inventory;
mod memory;
mod outputs;
mod pass;
mod probe;
mod problem;
mod reasons;
mod rest;
mod sections;
mod service;
mod tally;
#[cfg(test)]
mod tests;
mod wording;

pub use deletion::{left_behind, releasable};
pub use events::{Event, events};
pub use exports::{Credentials, Export, Unexported, credentials, exports};
pub use image::last_image;
pub use memory::{Recollection, announce, recall};
pub use pass::{Pass, of, zones};
pub use probe::{Answer, Due, DueClient, Probed, probe_due};
pub use problem::Problem;
pub use reasons::Reason;
pub use rest::{at_rest, rest};
pub use service::{failed_rollout, rollout_open};
pub use tally::{Said, tally};

use jiff::Timestamp;

use crate::api::Status;

/// Whether `after` says anything that `before` does not: times of conditions and of the look are no news.
#[must_use]
pub fn changed(before: &Status, after: &Status) -> bool {
    timeless(before) != timeless(after)
}

fn timeless(status: &Status) -> Status {
    let mut status = Status { last_observed_time: None, ..status.clone() };
    for condition in &mut status.conditions {
        condition.last_transition_time = Timestamp::UNIX_EPOCH;
    }
    status
}
