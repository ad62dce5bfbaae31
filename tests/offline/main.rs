//! What can be held against the code without a world: the command line, documents, the IAM policy, generated definitions, validation.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod chart;
mod command;
mod documents;
mod iam;
mod manifests;
mod schema;
mod tables;
