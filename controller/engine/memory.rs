//! What earlier passes left behind. A hint, never an authority: without it nothing is lost but time.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Id, Key};

/// What is remembered of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The id it had.
    pub id: Id,
    /// Version of the kind's table and hash of its fixed fields, as last applied or found in agreement.
    pub applied: Option<String>,
    /// The attempt it was created under.
    pub attempt: u32,
}

/// A create that was announced before it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The attempt it was announced for.
    pub attempt: u32,
    /// Whether enough empty looks, spread over the settle window, say that the call left nothing behind: only then may the
    /// create be sent again.
    pub settled: bool,
}

/// Everything remembered of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// By key, the resource that was last chosen for it.
    pub records: BTreeMap<Key, Record>,
    /// Creates that may have been sent and whose resource has not been seen.
    pub intents: BTreeMap<Key, Intent>,
    /// Tag keys that we once wrote on the user's behalf: no longer declared, they are removed.
    pub tag_keys: BTreeSet<String>,
    /// Nothing was remembered although resources may stand: the status was lost (a restored or wiped object). A difference in a
    /// fixed field is then reported and waits, since nobody knows whether the declaration changed.
    pub lost: bool,
}
