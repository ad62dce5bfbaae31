//! The manifest as users write it: every section of `FargateStack`, its schema, defaults and CEL rules.
//!
//! Field docs are what `kubectl explain` prints: meaning, unit, default, allowed values. Nothing reads these types
//! after [`validate`](super::validate): that is where [`Spec`](super::spec::Spec) begins.

pub mod auth;
mod hidden;
pub mod http_api;
pub mod load_balancer;
pub mod network;
pub mod registry;
mod rules;
pub mod service;
mod stack;
pub mod task;

pub use hidden::Hidden;
pub use stack::{DeletionPolicy, DriftPolicy, FargateStack, FargateStackSpec, IdentityReference, Mode, Retained};

/// What ECR allows as the name of a repository.
///
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html>
const REPOSITORY_NAME: &str = "^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$";
