//! One line of a plan.

use std::fmt;

use crate::{Change, Id, Key, Live, Need, Node, TagChange};

/// In which order the two halves of a replacement run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The successor is created now; the old self goes in a later plan, once nothing hangs on it.
    CreateFirst,
    /// The old self is deleted now; the successor is created as soon as it is gone.
    DeleteFirst,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing: as declared.
    None,
    /// Creates a resource that is not there.
    Create,
    /// Changes fields, and tags if [`Step::tags`] says so.
    Update,
    /// Changes tags alone.
    Retag,
    /// Replaces a resource.
    Replace(Order),
    /// Deletes a resource.
    Delete,
    /// Nothing: it goes together with its parent, which this plan deletes.
    Vanish(Key),
    /// Nothing for now: only time (or a better look) helps; why.
    Wait(String),
    /// Nothing for now: the named resource has to get somewhere first.
    Blocked(Key),
    /// Nothing: a difference or a twin that is named and left alone; why.
    Report(String),
    /// Nothing: an old generation that is kept on purpose.
    Keep,
}

impl Action {
    /// Its name, for printing and for comparing plans.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Create => "create",
            Self::Update => "update",
            Self::Retag => "retag",
            Self::Replace(Order::CreateFirst) => "replace, create first",
            Self::Replace(Order::DeleteFirst) => "replace, delete first",
            Self::Delete => "delete",
            Self::Vanish(_) => "goes with its parent",
            Self::Wait(_) => "wait",
            Self::Blocked(_) => "blocked",
            Self::Report(_) => "report",
            Self::Keep => "keep",
        }
    }

    /// Whether it changes anything in the cloud.
    #[must_use]
    pub fn writes(&self) -> bool {
        match self {
            Self::Create | Self::Update | Self::Retag | Self::Replace(_) | Self::Delete => true,
            Self::None | Self::Vanish(_) | Self::Wait(_) | Self::Blocked(_) | Self::Report(_) | Self::Keep => false,
        }
    }
}

/// Why a step is what it is. For people: nothing branches on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is as declared.
    AsDeclared,
    /// It is declared and was never there.
    Declared,
    /// It is declared, was there, and is proven gone.
    Missing,
    /// What is seen differs in changeable fields or tags.
    Differs,
    /// The declaration of a fixed field changed.
    DeclarationChanged,
    /// A fixed field differs although the declaration did not change.
    Drift,
    /// A fixed field differs, and what was applied was written by another version of the controller.
    Upgrade,
    /// A fixed field differs, and nobody remembers what was applied.
    NotRemembered,
    /// A fixed field differs, and somebody approved the replacement.
    Approved,
    /// It failed for good.
    Failed,
    /// It is not declared.
    Unwanted,
    /// Another resource bears the same mark and was chosen.
    Twin,
    /// A newer one took its place.
    Superseded,
    /// The resource that it hangs on is being replaced.
    Upstream(Key),
    /// What is seen or remembered does not suffice to decide.
    Uncertain,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsDeclared => f.write_str("as declared"),
            Self::Declared => f.write_str("declared"),
            Self::Missing => f.write_str("declared, and no longer there"),
            Self::Differs => f.write_str("differs from what is declared"),
            Self::DeclarationChanged => f.write_str("the declaration changed"),
            Self::Drift => f.write_str("changed outside"),
            Self::Upgrade => f.write_str("differs, applied by another version of the controller"),
            Self::NotRemembered => f.write_str("differs, and what was applied is not remembered"),
            Self::Approved => f.write_str("differs, and the replacement was approved"),
            Self::Failed => f.write_str("failed for good"),
            Self::Unwanted => f.write_str("not declared"),
            Self::Twin => f.write_str("a twin of the one in use"),
            Self::Superseded => f.write_str("superseded"),
            Self::Upstream(key) => write!(f, "{key}, on which it hangs, is being replaced"),
            Self::Uncertain => f.write_str("not certain yet"),
        }
    }
}

/// One line of a plan: what happens to one declared resource, or to one live one that is not the chosen.
#[derive(Clone, Debug)]
pub struct Step<N: Node> {
    /// Which resource.
    pub key: Key,
    /// The live one concerned; `None` if there is none.
    pub id: Option<Id>,
    /// What happens.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// The fields that this step changes, or that make it a replacement.
    pub changes: Vec<Change>,
    /// Fixed fields that differ and are left alone.
    pub drift: Vec<Change>,
    /// The tags that this step changes.
    pub tags: TagChange,
    /// The attempt under which a create or replacement is made; else that of the live resource.
    pub attempt: u32,
    /// Why a policy holds it back, if one does.
    pub withheld: Option<String>,
    /// What is declared, unless the step is about something unwanted.
    pub(crate) node: Option<N>,
    /// What is seen.
    pub(crate) live: Option<Live<N::Seen>>,
    /// What must be there before a create or update.
    pub(crate) needs: Vec<Need>,
    /// Steps that must have ended before this one begins.
    pub(crate) after: Vec<usize>,
    /// Steps that must have ended with the resource gone before this one deletes.
    pub(crate) holders: Vec<usize>,
    /// The step of the parent with which it dies.
    pub(crate) with: Option<usize>,
    /// Whether its create has neither token nor natural key, so that it must be announced.
    pub(crate) tokenless: bool,
    /// Whether its create may be sent in this pass: announced by this plan, or in no need of that.
    pub(crate) announced: bool,
}

impl<N: Node> Step<N> {
    /// Whether it will change anything in the cloud, if its turn comes.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.action.writes() && self.withheld.is_none()
    }

    /// Whether the step is about a declared key, and not about a live resource beside it.
    #[must_use]
    pub fn declared(&self) -> bool {
        self.node.is_some()
    }
}

impl<N: Node> fmt::Display for Step<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.action.name(), self.key)?;
        if let Some(id) = &self.id {
            write!(f, " ({id})")?;
        }
        match &self.action {
            Action::Wait(why) | Action::Report(why) => write!(f, ": {why}")?,
            Action::Blocked(key) => write!(f, ": by {key}")?,
            Action::Vanish(key) => write!(f, ": {key}")?,
            Action::None
            | Action::Create
            | Action::Update
            | Action::Retag
            | Action::Replace(_)
            | Action::Delete
            | Action::Keep => write!(f, ": {}", self.reason)?,
        }
        if let Some(why) = &self.withheld {
            write!(f, "; withheld: {why}")?;
        }
        for change in &self.changes {
            write!(f, "\n    {change}")?;
        }
        for change in &self.drift {
            write!(f, "\n    {change}, left alone")?;
        }
        for (name, value) in &self.tags.set {
            write!(f, "\n    tag {name} = {value:?}")?;
        }
        for name in &self.tags.remove {
            write!(f, "\n    tag {name} removed")?;
        }
        Ok(())
    }
}
