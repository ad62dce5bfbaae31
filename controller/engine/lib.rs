//! Plans and executes a graph of resources. Knows neither AWS nor Kubernetes, has no clock, no randomness and no runtime:
//! what is desired, what is observed and what is remembered come in as values, a [`Plan`] comes out, and [`execute`] carries it
//! out through the [`Node`]s' own effects, reporting a state per resource and never an error for the whole.
//!
//! The flow: [`Graph`] + [`Observed`] + [`Memory`] → [`plan`] → [`Plan`] → [`execute`] → [`Outcome`].

mod compare;
mod fault;
mod graph;
mod key;
mod live;
mod memory;
mod node;

pub use compare::{Change, Comparison, Verdict};
pub use fault::{Class, Effect, Fault};
pub use graph::{Graph, GraphError};
pub use key::{Creation, Key, Kind, Need, Ref, Until};
pub use live::{Attributes, Id, Ids, Known, Live, Observed, Phase, Tags, Unresolved};
pub use memory::{Intent, Memory, Record};
pub use node::{Deletion, Node, Replace, TagChange};
