//! Tables and small lives: a bench leads a stack through recall, plan, announce, execute and [`of`](super::of) as an operator
//! does, with nodes whose cloud answers from a script.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod applying;
pub(in crate::status) mod bench;
mod building;
mod deleting;
mod ingress;
mod kstatus;
mod problems;
mod remembering;
mod resting;
