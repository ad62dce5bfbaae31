//! What came of a plan: a state per resource.

use std::collections::BTreeMap;

use crate::plan::Knowledge;
use crate::{Change, Fault, Id, Key, Live};

/// How a resource is after a pass.
#[derive(Clone, Debug)]
pub enum State<S> {
    /// As declared, and usable.
    Ready(Live<S>),
    /// Usable, but fixed fields differ; named and left alone.
    Drifted(Live<S>, Vec<Change>),
    /// Only time or a better look helps; why.
    Waiting(Option<Live<S>>, String),
    /// Not usable; why. It may recover, unless its phase says `Failed`: then the next pass replaces it, or data lives in it.
    Broken(Live<S>, String),
    /// An effect failed. The live one, if there is one, stands as it was.
    Failed(Option<Live<S>>, Fault),
    /// Something else has to get somewhere first: a consequence, never a cause.
    Blocked(Option<Live<S>>, Key),
    /// A policy held the step back; why.
    Withheld(Option<Live<S>>, String),
    /// A twin that is named and left alone; why.
    Reported(Live<S>, String),
    /// An old generation that is kept on purpose.
    Kept(Live<S>),
    /// On its way out, still holding what it hangs on.
    Deleting(Live<S>),
    /// Deleted by this pass. Whether it is gone is for the next look to prove.
    Deleted(Id),
}

impl<S> State<S> {
    /// The live resource, if there is one.
    #[must_use]
    pub fn live(&self) -> Option<&Live<S>> {
        match self {
            Self::Ready(live)
            | Self::Drifted(live, _)
            | Self::Broken(live, _)
            | Self::Reported(live, _)
            | Self::Kept(live)
            | Self::Deleting(live) => Some(live),
            Self::Waiting(live, _) | Self::Failed(live, _) | Self::Blocked(live, _) | Self::Withheld(live, _) => {
                live.as_ref()
            }
            Self::Deleted(_) => None,
        }
    }

    /// Whether nothing is left to be done about a declared resource. Drift is healthy: nothing will be done about it.
    #[must_use]
    pub fn settled(&self) -> bool {
        matches!(self, Self::Ready(_) | Self::Drifted(..))
    }

    /// Its name, for metrics and printing.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ready(_) => "Ready",
            Self::Drifted(..) => "Drifted",
            Self::Waiting(..) => "Waiting",
            Self::Broken(..) => "Broken",
            Self::Failed(..) => "Failed",
            Self::Blocked(..) => "Blocked",
            Self::Withheld(..) => "Withheld",
            Self::Reported(..) => "Reported",
            Self::Kept(_) => "Kept",
            Self::Deleting(_) => "Deleting",
            Self::Deleted(_) => "Deleted",
        }
    }
}

/// A live resource that is not the chosen one of a declared key: a predecessor, a twin, an old generation, something unwanted.
#[derive(Clone, Debug)]
pub struct Other<S> {
    /// Whose mark it bears.
    pub key: Key,
    /// What the cloud calls it.
    pub id: Id,
    /// How it is.
    pub state: State<S>,
}

/// What became of an announced create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It was not sent.
    No,
    /// It was sent, and certainly made nothing.
    WithoutEffect,
    /// It was sent, and made something or may have.
    Perhaps,
}

/// Something that stands in the way of the end of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// What it is; a kind's name and `*` if its source failed; `None` for the stack as a whole.
    pub key: Option<Key>,
    /// Its id, if known.
    pub id: Option<Id>,
    /// Why it stands in the way.
    pub why: String,
}

/// What came of a plan.
#[derive(Clone, Debug)]
pub struct Outcome<S> {
    /// Every declared resource.
    pub states: BTreeMap<Key, State<S>>,
    /// Every live resource beside those.
    pub others: Vec<Other<S>>,
    /// Applied hash of every declared resource that was made in this pass or agrees with the declaration in its fixed fields.
    pub applied: BTreeMap<Key, String>,
    /// What became of the announced creates, with their attempts.
    pub announced: BTreeMap<Key, (u32, Sent)>,
    /// How many effects were tried, whether they succeeded or not: 0 for a pass that wrote nothing.
    pub effects: usize,
    /// Another pass should follow at once: something was changed, so that more may be possible now. The caller bounds how often,
    /// since an update that the cloud accepts and does not carry out asks for it for ever.
    pub again: bool,
    pub(crate) knowledge: Knowledge,
}

impl<S> Outcome<S> {
    /// Whether every declared resource is as declared (or drifted), and nothing else is on its way.
    #[must_use]
    pub fn ready(&self) -> bool {
        let lasting =
            |other: &Other<S>| matches!(other.state, State::Kept(_) | State::Reported(..) | State::Withheld(..));
        self.states.values().all(State::settled) && self.others.iter().all(lasting)
    }

    /// Whether nothing of the stack is left, as far as the one look says that the plan was made from. Lists lag, and a controller
    /// may have died before it wrote down what it made: a stack is let go only when this holds in looks spread over a settle
    /// window, all of which began after the last write.
    ///
    /// # Errors
    /// What is left or may be: live resources, remembered ids not proven gone, creates that may still show their effect, kinds
    /// that could not be looked at, lost memory, effects of this very pass.
    pub fn ended(&self) -> Result<(), Vec<Remaining>> {
        let mut remaining: Vec<Remaining> = Vec::new();
        let mut add = |key: Option<&Key>, id: Option<&Id>, why: &str| {
            remaining.push(Remaining { key: key.cloned(), id: id.cloned(), why: why.to_owned() });
        };
        for key in self.states.keys() {
            add(Some(key), None, "it is declared");
        }
        for Other { key, id, state } in &self.others {
            add(Some(key), Some(id), &obstacle(state));
        }
        for (id, key) in &self.knowledge.unseen {
            add(Some(key), Some(id), "not listed, and not proven gone");
        }
        for key in &self.knowledge.expected {
            add(Some(key), None, "a create was announced, and what it made may still appear");
        }
        for (key, why) in &self.knowledge.unknown {
            add(Some(key), None, why);
        }
        if self.knowledge.lost {
            add(None, None, "memory was lost, and something may stand although it is not listed");
        }
        if remaining.is_empty() { Ok(()) } else { Err(remaining) }
    }
}

fn obstacle<S>(state: &State<S>) -> String {
    match state {
        State::Ready(_) | State::Drifted(..) | State::Kept(_) => "still there".to_owned(),
        State::Waiting(_, why) | State::Broken(_, why) | State::Withheld(_, why) | State::Reported(_, why) => {
            why.clone()
        }
        State::Failed(_, fault) => fault.to_string(),
        State::Blocked(_, key) => format!("{key} has to go first"),
        State::Deleting(_) => "is going away".to_owned(),
        State::Deleted(_) => "deleted just now, not proven gone yet".to_owned(),
    }
}
