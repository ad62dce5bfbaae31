//! Comparing what is declared with what is seen: one table per kind.

use std::collections::BTreeSet;
use std::fmt::{self, Debug, Write as _};

use crate::{Id, Key, Unresolved};

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The field, as the kind's table names it.
    pub field: &'static str,
    /// What is seen; `None` for a field that is never printed.
    pub from: Option<String>,
    /// What is declared; `None` for a field that is never printed.
    pub to: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => write!(f, "{}: {from} -> {to}", self.field),
            _ => write!(f, "{}: differs", self.field),
        }
    }
}

/// What a comparison comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to do.
    InSync,
    /// Only changeable fields differ.
    Update(Vec<Change>),
    /// A field that is fixed at creation differs.
    Replace(Vec<Change>),
    /// An upstream id that a field refers to is not known yet.
    Unknown(Key),
}

/// The table that a kind fills in, field by field.
///
/// It keeps what is declared for the fixed fields, so that the same table also yields the hash that tells a changed declaration
/// from a changed answer of the cloud.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Comparison {
    fixed: Vec<Change>,
    changeable: Vec<Change>,
    declared: String,
    unknown: Option<Key>,
}

impl Comparison {
    /// A reference that is fixed at creation.
    pub fn fixed_ref(self, field: &'static str, declared: Result<&Id, Unresolved>, seen: &str) -> Self {
        match declared {
            Ok(id) => self.fixed(field, id.as_str(), seen),
            Err(Unresolved(key)) => self.unresolved(key),
        }
    }

    /// A value that is fixed at creation.
    pub fn fixed<T: PartialEq + Debug + ?Sized>(mut self, field: &'static str, declared: &T, seen: &T) -> Self {
        // Writing to a String cannot fail.
        let _ = writeln!(self.declared, "{field}={declared:?}");
        if declared != seen {
            self.fixed.push(change(field, declared, seen));
        }
        self
    }

    /// A reference that can be changed in place.
    pub fn field_ref(self, field: &'static str, declared: Result<&Id, Unresolved>, seen: &str) -> Self {
        match declared {
            Ok(id) => self.field(field, id.as_str(), seen),
            Err(Unresolved(key)) => self.unresolved(key),
        }
    }

    /// References that can be changed in place, in any order.
    pub fn field_refs<'a>(
        self,
        field: &'static str,
        declared: impl IntoIterator<Item = Result<&'a Id, Unresolved>>,
        seen: &BTreeSet<String>,
    ) -> Self {
        match declared.into_iter().map(|id| id.map(|id| id.as_str().to_owned())).collect::<Result<BTreeSet<_>, _>>() {
            Ok(ids) => self.field(field, &ids, seen),
            Err(Unresolved(key)) => self.unresolved(key),
        }
    }

    /// A value that can be changed in place.
    pub fn field<T: PartialEq + Debug + ?Sized>(mut self, field: &'static str, declared: &T, seen: &T) -> Self {
        if declared != seen {
            self.changeable.push(change(field, declared, seen));
        }
        self
    }

    /// A changeable value that is compared and never printed.
    pub fn opaque<T: PartialEq + ?Sized>(mut self, field: &'static str, declared: &T, seen: &T) -> Self {
        if declared != seen {
            self.changeable.push(Change { field, from: None, to: None });
        }
        self
    }

    /// A field's declared value needs an id that is not known yet.
    pub fn unresolved(mut self, key: Key) -> Self {
        self.unknown.get_or_insert(key);
        self
    }

    /// What the table comes to. An unknown reference wins over every difference: nothing is replaced on half a comparison.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (&self.unknown, self.fixed.is_empty(), self.changeable.is_empty()) {
            (Some(key), _, _) => Verdict::Unknown(key.clone()),
            (None, true, true) => Verdict::InSync,
            (None, true, false) => Verdict::Update(self.changeable.clone()),
            (None, false, _) => Verdict::Replace(self.fixed.iter().chain(&self.changeable).cloned().collect()),
        }
    }

    /// The changeable fields that differ, whatever the fixed ones say.
    #[must_use]
    pub fn changeable(&self) -> &[Change] {
        &self.changeable
    }

    /// The fixed fields that differ.
    #[must_use]
    pub fn fixed_changes(&self) -> &[Change] {
        &self.fixed
    }

    /// The declared fixed fields with their resolved references, one `field=value` a line; to be hashed. `None` while a
    /// reference is unknown.
    #[must_use]
    pub fn declared(&self) -> Option<&str> {
        self.unknown.is_none().then_some(&self.declared)
    }
}

fn change<T: Debug + ?Sized>(field: &'static str, declared: &T, seen: &T) -> Change {
    Change { field, from: Some(format!("{seen:?}")), to: Some(format!("{declared:?}")) }
}
