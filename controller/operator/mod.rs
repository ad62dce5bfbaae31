//! The only room with Kubernetes clients and the clock: it reads the stack, leads it through the other rooms, writes what came
//! of it. See [`reconcile`] for the pass, [`run`] for the process around it.
//!
//! Deliberately absent: any AWS SDK, decisions about resources (the engine's), wording of conditions (the status room's).

#![expect(clippy::disallowed_methods, reason = "the only room with the clock")]

pub mod check;
mod conclude;
mod consider;
pub mod context;
pub mod election;
mod exports;
mod finalizer;
pub mod health;
pub mod iam;
pub mod identity;
mod lead;
pub mod lease;
pub mod logging;
pub mod metrics;
pub mod preview;
mod probe;
pub mod rbac;
pub mod reconcile;
mod request;
pub mod run;
pub mod serve;
