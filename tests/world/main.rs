//! The controller's binary in real worlds: a kube-apiserver and the AWS emulator.
//!
//! Most tests share one world and one controller, each in a namespace and an AWS account of its own. A test that kills the
//! controller, or counts all that it does, has a world of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

// The longest first: tests begin in the order of their names.
mod architecture;
mod argocd;
mod auth;
mod blockers;
mod chart;
mod command;
mod crashes;
mod deletion;
mod diagnosis;
mod faults;
mod fleet;
mod guard;
mod hops;
mod identity;
mod image;
mod ingress;
mod leader;
mod network;
mod readiness;
mod repair;
mod rollout;
mod service;
mod succession;
mod support;
mod telemetry;
mod traffic;
mod validation;

use std::sync::OnceLock;

use support::World;
use support::controller::Controller;

/// The controller in the shared world, which has held from before its start a stack that nobody can read.
fn controller() -> &'static Controller {
    static CONTROLLER: OnceLock<Controller> = OnceLock::new();
    CONTROLLER.get_or_init(|| {
        let world = World::shared();
        guard::store_unreadable(world);
        Controller::started(world, &[])
    })
}
