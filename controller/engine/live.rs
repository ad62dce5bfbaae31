//! What is observed: live resources, their ids and phases.

use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Fault, Key, Kind, Ref};

/// The id that the cloud gave to a resource.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(Arc<str>);

impl Id {
    /// The id as the cloud writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<Arc<str>>> From<T> for Id {
    fn from(id: T) -> Self {
        Self(id.into())
    }
}

impl Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Tags of a resource, complete, ours and others'.
pub type Tags = BTreeMap<String, String>;

/// Named attributes beside the id that others refer to (an ARN, a public address, a prefix list).
pub type Attributes = BTreeMap<Cow<'static, str>, String>;

/// How a live resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Usable.
    Ready,
    /// On its way; why.
    Pending(String),
    /// Not usable, may recover by itself; why.
    Broken(String),
    /// Not usable and never will be: it is replaced under the next attempt; why.
    Failed(String),
    /// Going away. Never chosen and never deleted again, but it still holds its dependents and its unique slot.
    Deleting,
}

/// A resource that exists and carries our mark.
#[derive(Clone, Debug)]
pub struct Live<S> {
    /// Which resource it is, as its mark says.
    pub key: Key,
    /// The attempt under which it was created, as its mark says; 0 for the first.
    pub attempt: u32,
    /// What the cloud calls it.
    pub id: Id,
    /// Named attributes that dependents may refer to.
    pub attributes: Attributes,
    /// How it is.
    pub phase: Phase,
    /// What the kind's compare looks at.
    pub seen: S,
    /// Live ids it hangs on, read from the cloud: these must outlive it.
    pub on: Vec<Id>,
    /// The live parent with which it dies.
    pub within: Option<Id>,
    /// All its tags.
    pub tags: Tags,
    /// When it was created, seconds since the epoch, if the cloud tells.
    pub created: Option<i64>,
}

/// An id with its attributes: of a live resource, or given by the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What the cloud calls it.
    pub id: Id,
    /// Named attributes.
    pub attributes: Attributes,
}

/// A reference could not be resolved: the named resource has no id yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} has no id yet")]
pub struct Unresolved(pub Key);

/// The ids known at one moment, by key.
#[derive(Clone, Debug, Default)]
pub struct Ids(BTreeMap<Key, Known>);

impl Ids {
    /// The id that `reference` points to.
    ///
    /// # Errors
    /// [`Unresolved`] if it has none yet.
    pub fn of<R>(&self, reference: &Ref<R>) -> Result<&Id, Unresolved> {
        self.get(reference.key()).map(|known| &known.id).ok_or_else(|| Unresolved(reference.key().clone()))
    }

    /// The attribute `name` of what `reference` points to.
    ///
    /// # Errors
    /// [`Unresolved`] if it is not known yet.
    pub fn attribute<R>(&self, reference: &Ref<R>, name: &str) -> Result<&str, Unresolved> {
        self.get(reference.key())
            .and_then(|known| known.attributes.get(name))
            .map(String::as_str)
            .ok_or_else(|| Unresolved(reference.key().clone()))
    }

    /// The id and attributes of `key`, if known.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Known> {
        self.0.get(key)
    }

    /// Adds what is known of `key`.
    pub fn insert(&mut self, key: Key, known: Known) {
        self.0.insert(key, known);
    }

    /// Forgets `key`.
    pub fn remove(&mut self, key: &Key) {
        self.0.remove(key);
    }
}

impl FromIterator<(Key, Known)> for Ids {
    fn from_iter<T: IntoIterator<Item = (Key, Known)>>(iter: T) -> Self {
        Self(iter.into_iter().collect())
    }
}

/// One look at the cloud.
#[derive(Clone, Debug)]
pub struct Observed<S> {
    /// Everything seen that carries our mark: declared or not, twins included.
    pub live: Vec<Live<S>>,
    /// Kinds whose source could not be read, and why. Nothing is concluded from their absence.
    pub unknown: BTreeMap<Kind, Fault>,
    /// Ids that the lists omit and that are proven gone: asked for by id, the cloud said so (for a young id twice, spread over the
    /// settle window). To be asked for are the ids of [`crate::Memory::records`], those of [`crate::Memory::lingering`], and those
    /// that live resources name; the last count as gone also if they exist and do not bear our mark. An id that is neither live
    /// nor here is merely unseen.
    pub gone: BTreeSet<Id>,
}

impl<S> Default for Observed<S> {
    fn default() -> Self {
        Self { live: Vec::new(), unknown: BTreeMap::new(), gone: BTreeSet::new() }
    }
}
