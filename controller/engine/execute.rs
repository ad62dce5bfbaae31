//! Carrying a plan out: every step as soon as what it depends on has ended, many at a time, never an error for the whole.

use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use crate::effect::start;
use crate::run::Run;
use crate::{Node, Outcome, Plan};

/// Bounds of one execution.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many effects may run at the same time; at least one does.
    pub effects: usize,
}

/// Carries out `plan`.
///
/// Guarantees: a step starts only after everything that it depends on has ended as needed; once `stop` says true no new effect
/// starts, those under way end; every step has a state in the outcome. Needs no runtime of its own and spawns nothing: dropping
/// the future drops the effects under way.
///
/// Assumes that [`Plan::announcements`] were persisted.
pub async fn execute<N: Node>(
    plan: Plan<N>,
    cloud: &N::Cloud,
    limits: &Limits,
    stop: impl Fn() -> bool,
) -> Outcome<N::Seen> {
    let Plan { steps, ids, knowledge } = plan;
    let mut run = Run::new(&steps, ids);
    let mut flight = FuturesUnordered::new();
    loop {
        while flight.len() < limits.effects.max(1) {
            let Some((index, effect)) = run.advance(&stop) else { break };
            tracing::debug!(step = %steps[index].key, effect = ?effect, "start");
            flight.push(start(&steps[index], index, effect, cloud, Arc::clone(&run.ids)));
        }
        let Some((index, done)) = flight.next().await else { break };
        run.finish(index, done);
    }
    run.into_outcome(knowledge)
}
