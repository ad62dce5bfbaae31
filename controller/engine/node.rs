//! What a resource must be able to do.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::future::Future;

use crate::{Change, Comparison, Fault, Ids, Key, Live, Need, Tags};

/// In which order a replacement happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// The successor first, then its dependents move, then the old self goes.
    CreateFirst,
    /// The old self first: both cannot hold the same unique slot.
    DeleteFirst,
    /// Data lives in it, or the cloud makes it immutable: the difference is reported, nothing is done.
    Never,
}

/// What a delete came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It does not exist any more.
    Gone,
    /// It is on its way out and still holds what it hangs on.
    Going,
}

/// A change of tags: those that others put there are not named in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagChange {
    /// To be written.
    pub set: Tags,
    /// To be removed.
    pub remove: BTreeSet<String>,
}

impl TagChange {
    /// Whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }
}

/// A declared resource: a pure half (`key` to `tags`) and an effect half (`create` to `delete`).
///
/// Guarantees to the implementor: `create` is only called when every need is met, so that every declared reference resolves;
/// `update` is only called with the changes that `compare` reported for that very `live`; `delete` is only called when nothing
/// that is known hangs on it. An effect makes as many calls as it takes, each of them safe to repeat, and never waits for a state.
pub trait Node: Clone + Debug + Send + Sync + 'static {
    /// What the cloud shows of such a resource.
    type Seen: Clone + Debug + Send + Sync + 'static;
    /// What effects go through.
    type Cloud: Send + Sync;

    /// Which resource it is.
    fn key(&self) -> Key;
    /// What must be there before it.
    fn needs(&self) -> Vec<Need>;
    /// Declared against seen, field by field.
    fn compare(&self, seen: &Self::Seen, ids: &Ids) -> Comparison;
    /// In which order it is replaced.
    fn replace(&self) -> Replace;
    /// The version of the kind's table of fixed fields: part of the applied hash, so that a new table never reads as a change.
    fn version(&self) -> u32 {
        1
    }
    /// The tags it should carry for attempt `attempt`; `None` if its kind cannot carry tags.
    fn tags(&self, attempt: u32) -> Option<Tags>;

    /// Makes it. Client tokens and names that must be unique are derived from the key, `attempt` and the declared fixed fields (by
    /// a hash that does not depend on [`Node::version`], so that a new controller finds what the old one made): the same
    /// declaration under the same attempt never makes two, another one is never refused because of the first. What a token
    /// returns although it is long gone is returned as [`crate::Phase::Deleting`]; the next attempt follows by itself.
    fn create(
        &self,
        cloud: &Self::Cloud,
        ids: &Ids,
        attempt: u32,
    ) -> impl Future<Output = Result<Live<Self::Seen>, Fault>> + Send;

    /// Brings `live` to what is declared; returns it as it then is.
    fn update(
        &self,
        cloud: &Self::Cloud,
        live: &Live<Self::Seen>,
        changes: &[Change],
        ids: &Ids,
    ) -> impl Future<Output = Result<Live<Self::Seen>, Fault>> + Send;

    /// Changes tags, and nothing else.
    fn retag(
        cloud: &Self::Cloud,
        live: &Live<Self::Seen>,
        change: &TagChange,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Removes it. A resource that is already gone is [`Deletion::Gone`], not a fault.
    fn delete(cloud: &Self::Cloud, live: &Live<Self::Seen>) -> impl Future<Output = Result<Deletion, Fault>> + Send;
}
