//! The toy resource: two fields and links to others.

use std::collections::{BTreeMap, BTreeSet};

use engine::{
    Change, Comparison, Deletion, Fault, Ids, Key, Live, Need, Node, Ref, Replace, TagChange, Tags, Until, applied,
};

use super::cloud::Cloud;
use super::kinds::mode;

/// A reference to another resource.
#[derive(Clone, Debug)]
pub struct Link {
    pub to: Ref<Toy>,
    pub until: Until,
    /// Fixed at creation, or changeable.
    pub fixed: bool,
    /// Whether the target cannot be deleted meanwhile.
    pub holds: bool,
    /// Whether it dies with the target.
    pub within: bool,
}

/// A declared toy resource.
#[derive(Clone, Debug)]
pub struct Toy {
    pub key: Key,
    pub fixed: u8,
    pub loose: u8,
    pub links: Vec<Link>,
    /// A tag of the user's, if any; the mark is added to it.
    pub label: Option<u8>,
    pub version: u32,
}

/// What the cloud shows of it; links by the target's key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub fixed: u8,
    pub loose: u8,
    pub fixed_links: BTreeMap<Key, String>,
    pub loose_links: BTreeMap<Key, String>,
}

impl Toy {
    fn targets(&self, fixed: bool) -> BTreeSet<&Key> {
        self.links.iter().filter(|link| link.fixed == fixed).map(|link| link.to.key()).collect()
    }

    /// What names and tokens carry so that another declaration gets another one. Does not depend on the version of the table:
    /// a new controller must find what the old one made.
    pub fn mark(&self, ids: &Ids) -> String {
        let first = Self { version: 1, ..self.clone() };
        let comparison = first.compare(&Seen::default(), ids);
        applied(1, comparison.declared().expect("created only when every reference resolves"))
    }
}

impl Node for Toy {
    type Seen = Seen;
    type Cloud = Cloud;

    fn key(&self) -> Key {
        self.key.clone()
    }

    fn needs(&self) -> Vec<Need> {
        self.links.iter().map(|link| Need { key: link.to.key().clone(), until: link.until }).collect()
    }

    fn compare(&self, seen: &Seen, ids: &Ids) -> Comparison {
        let none = String::new();
        let mut comparison = Comparison::default()
            .fixed("fixed", &self.fixed, &seen.fixed)
            .fixed("fixed links", &self.targets(true), &seen.fixed_links.keys().collect())
            .field("loose", &self.loose, &seen.loose)
            .field("loose links", &self.targets(false), &seen.loose_links.keys().collect());
        if self.version > 1 {
            // A later version of the table knows one more field, which everything has.
            comparison = comparison.fixed("new", &self.version, &self.version);
        }
        for link in &self.links {
            let id = ids.of(&link.to);
            let key = link.to.key();
            comparison = if link.fixed {
                comparison.fixed_ref("fixed link", id, seen.fixed_links.get(key).unwrap_or(&none))
            } else {
                comparison.field_ref("loose link", id, seen.loose_links.get(key).unwrap_or(&none))
            };
        }
        comparison
    }

    fn replace(&self) -> Replace {
        mode(self.key.kind)
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn tags(&self, attempt: u32) -> Option<Tags> {
        let mark = [("key".to_owned(), self.key.to_string()), ("attempt".to_owned(), attempt.to_string())];
        Some(
            mark.into_iter()
                .chain(self.label.map(|label| (format!("user-{}", label % 2), label.to_string())))
                .collect(),
        )
    }

    async fn create(&self, cloud: &Cloud, ids: &Ids, attempt: u32) -> Result<Live<Seen>, Fault> {
        cloud.call("Create", |state| state.create(self, ids, attempt)).await
    }

    async fn update(
        &self,
        cloud: &Cloud,
        live: &Live<Seen>,
        changes: &[Change],
        ids: &Ids,
    ) -> Result<Live<Seen>, Fault> {
        assert!(!changes.is_empty(), "an update without a change");
        cloud.call("Update", |state| state.update(self, &live.id, ids)).await
    }

    async fn retag(cloud: &Cloud, live: &Live<Seen>, change: &TagChange) -> Result<(), Fault> {
        cloud.call("Retag", |state| state.retag(&live.id, change)).await
    }

    async fn delete(cloud: &Cloud, live: &Live<Seen>) -> Result<Deletion, Fault> {
        cloud.call("Delete", |state| state.delete(&live.id)).await
    }
}
