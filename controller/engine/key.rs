//! Logical identity: which resource of which kind, and what it needs before it can exist.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

/// How a create of this kind is kept from making a twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// The call carries a client token derived from key and attempt: sending it again returns the same resource.
    Token,
    /// The cloud refuses a second one with the same name (or parent and content).
    NaturalKey,
    /// Neither: an intent is written down before the call, and an unknown outcome is waited out.
    Intent,
}

/// A kind of resource and the rules that hold for all of its instances, also for those no longer declared.
///
/// Two kinds are the same when their `order` is: the list of kinds assigns each its own.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Place in creation order. A need may only point to a smaller order (or, for kinds that reference themselves, never): so a
    /// cycle cannot be written down.
    pub order: u16,
    /// The first part of every key of this kind; written to the cloud, so never changed once released.
    pub name: &'static str,
    /// How a create is kept from making a twin.
    pub creation: Creation,
    /// Data lives in it: a twin is reported, never deleted.
    pub holds_data: bool,
    /// How many older generations are kept on purpose. For kinds whose generations do not hold what they refer to; others would
    /// keep it from ever being deleted.
    pub keep: u8,
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Kind {}

impl PartialOrd for Kind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Kind {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.cmp(&other.order)
    }
}

impl Hash for Kind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.order.hash(state);
    }
}

/// The logical id of a resource, for example `subnet/ecs-a`. Written to the cloud as a tag, so it is persisted data.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What it is.
    pub kind: Kind,
    /// Which one of its kind; unique within a stack.
    pub name: Arc<str>,
}

impl Key {
    /// The key of the resource `name` of `kind`.
    pub fn new(kind: Kind, name: impl Into<Arc<str>>) -> Self {
        Self { kind, name: name.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.name, self.name)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A typed edge to a resource of kind `R`, whose id may only become known once it has been created.
pub struct Ref<R>(Key, PhantomData<fn() -> R>);

impl<R> Ref<R> {
    /// A reference to `key`, which the caller vouches to be of kind `R`; kinds offer a constructor that cannot be wrong.
    #[must_use]
    pub fn to(key: Key) -> Self {
        Self(key, PhantomData)
    }

    /// The key that is referred to.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.0
    }

    /// The need for it to have an id.
    #[must_use]
    pub fn exists(&self) -> Need {
        Need { key: self.0.clone(), until: Until::Exists }
    }

    /// The need for it to be ready.
    #[must_use]
    pub fn ready(&self) -> Need {
        Need { key: self.0.clone(), until: Until::Ready }
    }
}

impl<R> Clone for Ref<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<R> fmt::Debug for Ref<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<R> PartialEq for Ref<R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<R> Eq for Ref<R> {}

/// How far an upstream resource must have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// Its id is enough.
    Exists,
    /// It must be ready for use.
    Ready,
}

/// What must be there before a resource can be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The upstream resource.
    pub key: Key,
    /// How far it must have come.
    pub until: Until,
}
