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
    /// By key, the resource that was last chosen for it. Stays while the key is declared (the attempt counts on), else until the
    /// id is proven gone.
    pub records: BTreeMap<Key, Record>,
    /// Ids of ours that were seen and were not the chosen one (predecessors, twins, orphans), until they are proven gone: without
    /// them a list that omits one would let the end of a stack come too early.
    pub lingering: BTreeMap<Id, Key>,
    /// Creates that may have been sent and whose resource has not been seen.
    pub intents: BTreeMap<Key, Intent>,
    /// Tag keys that we once wrote on the user's behalf: no longer declared, they are removed.
    pub tag_keys: BTreeSet<String>,
    /// Nothing was remembered although resources may stand: the status was lost (a restored or wiped object). The caller keeps
    /// this set for a settle window after the loss was found, as it does for intents. While it is set, nothing absent is created,
    /// nothing is deleted and nothing is declared ended, since one list alone does not prove that nothing else stands. A difference in a fixed field is
    /// reported and waits in any case, as long as no record says what was applied.
    pub lost: bool,
    /// Keys whose fixed differences somebody approved to be resolved by a replacement, although the declaration is not known to
    /// have changed. An input of one pass: the caller fills it anew each time.
    pub approved: BTreeSet<Key>,
}
