//! Plans and executes a graph of resources. Knows neither AWS nor Kubernetes: what is desired, what is observed and what is
//! remembered come in as values, a [`Plan`] comes out, and [`execute`] carries it out through the [`Node`]s' own effects,
//! reporting a state per resource and never an error for the whole.
//!
//! ```text
//! Graph + Observed + Memory -> plan -> Plan -> withhold, remember -> execute -> Outcome -> Memory
//! ```
//!
//! # The rules that the planner keeps
//!
//! - Missing is proven, not assumed: a remembered id that a list omits is waited for until the look proves it gone, and a kind
//!   whose source failed is unknown, not absent. Nothing is concluded from either, nothing else is held up by them.
//! - A create that may have left something behind is not repeated before that is settled. Creates without token or natural key
//!   are announced first.
//! - A healthy resource is replaced only because its declaration changed, which the applied hash tells. Every other difference in
//!   a fixed field is drift: reported, and left alone until somebody approves. Data and immutable things are never replaced.
//! - Twins are ranked, what stays before what has to be replaced, then the remembered one; a twin in which data may live is
//!   reported, never deleted.
//! - A failed resource, and everything that takes another's place, is created under the next attempt.
//! - Nothing is deleted while something hangs on it, or while something that cannot be seen may; what is within a parent that
//!   goes dies with it. What is going away is never chosen, and still holds what it hangs on and its slot.
//! - A create-first predecessor stays until its successor is ready. A delete-first one takes down what would be replaced
//!   delete-first with it, and is blocked by anything else that is wanted and hangs on it.
//!
//! The enum of rules that the tests break one by one (`Rule`, only with the feature `mutants`) lists them in full.
//!
//! # What the caller owes
//!
//! - Persist [`Plan::remember`] before [`execute`], with a precondition that a deposed leader fails; then [`Outcome::memory`].
//! - Say when an intent is settled: after several looks in which its kind could be read and whose result was persisted, spread
//!   over a window longer than any list lags. The same for how long [`Memory::lost`] stays set, and for how long
//!   [`Outcome::ended`] must hold before a stack is let go.
//! - Ask by id for what memory or a live resource names and no list shows ([`Observed::gone`]).
//! - Bound how fast passes follow each other, also when [`Outcome::again`] asks for another at once.
//!
//! # Deliberately absent
//!
//! No clock, no randomness, no runtime, no retries, no waiting: each pass is one attempt, and the pause before the next is the
//! caller's. No log of steps: what is observed is the log. No undo: a plan that is overtaken by another is simply not finished.
//! No policy: [`Plan::withhold`] takes one. No choice while executing: steps start, or are blocked by others. No cycles: a need
//! points to an earlier kind, or the [`Graph`] is refused.

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
pub use fault::{Class, Effect, Fault, told};
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
