//! Plans and executes a graph of resources. Knows neither AWS nor Kubernetes, has no clock, no randomness and no runtime:
//! what is desired, what is observed and what is remembered come in as values, a [`Plan`] comes out, and [`execute`] carries it
//! out through the [`Node`]s' own effects, reporting a state per resource and never an error for the whole.
//!
//! The flow: [`Graph`] + [`Observed`] + [`Memory`] → [`plan`] → [`Plan`] → [`execute`] → [`Outcome`].

mod choose;
mod compare;
mod decide;
mod effect;
mod execute;
mod fault;
mod graph;
mod hash;
mod key;
mod live;
mod memory;
mod node;
mod outcome;
mod plan;
mod remember;
mod removal;
mod rules;
mod run;
mod step;
#[cfg(test)]
mod testing;
mod view;

pub use compare::{Change, Comparison, Verdict};
pub use execute::{Limits, execute};
pub use fault::{Class, Effect, Fault};
pub use graph::{Graph, GraphError};
pub use hash::applied;
pub use key::{Creation, Key, Kind, Need, Ref, Until};
pub use live::{Attributes, Id, Ids, Known, Live, Observed, Phase, Tags, Unresolved};
pub use memory::{Intent, Memory, Record};
pub use node::{Deletion, Node, Replace, TagChange};
pub use outcome::{Other, Outcome, Remaining, Sent, State};
#[cfg(any(test, feature = "mutants"))]
pub use plan::plan_breaking;
pub use plan::{Plan, plan};
#[cfg(any(test, feature = "mutants"))]
pub use rules::Rule;
pub use step::{Action, Order, Reason, Step};
