//! Scenarios: a specification, edits of it, and everything that can go wrong, decoded from bytes so that they shrink well.

use std::collections::BTreeMap;

use engine::{Graph, Id, Key, Known, Ref, Replace, Until};
use proptest::prelude::*;

use super::kinds::{ALL, BASE, CHILD, PARENT, mode};
use super::toy::{Link, Toy};

/// What is declared of one resource.
#[derive(Clone, Debug)]
pub struct Declared {
    pub fixed: u8,
    pub loose: u8,
    /// Bytes that choose the links among what is there.
    pub picks: [u8; 2],
}

/// What is declared.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    pub nodes: BTreeMap<Key, Declared>,
    pub label: Option<u8>,
    pub version: u32,
}

/// One thing that happens.
pub type Event = [u8; 4];

/// A whole life.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub nodes: Vec<[u8; 4]>,
    pub events: Vec<Event>,
    pub finish: u8,
}

/// Lives of up to `events` events, over up to `nodes` resources.
pub fn scenarios(nodes: usize, events: usize) -> impl Strategy<Value = Scenario> {
    use proptest::collection::vec;
    (vec(any::<[u8; 4]>(), 1..=nodes), vec(any::<Event>(), 0..=events), any::<u8>())
        .prop_map(|(nodes, events, finish)| Scenario { nodes, events, finish })
}

impl Spec {
    pub fn new(nodes: &[[u8; 4]]) -> Self {
        let mut spec = Self { version: 1, ..Self::default() };
        for node in nodes {
            spec.add(*node);
        }
        spec
    }

    /// Declares one more, or another in its place.
    pub fn add(&mut self, [what, fields, one, two]: [u8; 4]) {
        let kind = ALL[usize::from(what >> 1) % ALL.len()];
        let name = if what & 1 == 0 { "a" } else { "b" };
        let declared = Declared { fixed: fields & 3, loose: fields >> 2 & 3, picks: [one, two] };
        self.nodes.insert(Key::new(kind, name), declared);
    }

    /// The key that `pick` chooses, if anything is declared.
    pub fn pick(&self, pick: u8) -> Option<Key> {
        self.nodes.keys().nth(usize::from(pick) % self.nodes.len().max(1)).cloned()
    }

    /// What the user brings.
    pub fn given() -> BTreeMap<Key, Id> {
        BTreeMap::from([(Key::new(BASE, "given"), Id::from("bystander"))])
    }

    pub fn graph(&self) -> Graph<Toy> {
        let nodes = self.nodes.iter().map(|(key, declared)| Toy {
            key: key.clone(),
            fixed: declared.fixed,
            loose: declared.loose,
            links: self.links(key, declared),
            label: self.label,
            version: self.version,
        });
        let given = Self::given().into_iter().map(|(key, id)| (key, Known { id, attributes: BTreeMap::default() }));
        Graph::new(nodes, given).expect("links point to earlier kinds")
    }

    fn links(&self, key: &Key, declared: &Declared) -> Vec<Link> {
        let given = Key::new(BASE, "given");
        let earlier: Vec<&Key> =
            self.nodes.keys().chain([&given]).filter(|target| target.kind.order < key.kind.order).collect();
        let mut links: BTreeMap<&Key, Link> = BTreeMap::new();
        for pick in declared.picks.iter().filter(|pick| **pick >= 32) {
            let Some(&target) = earlier.get(usize::from(pick >> 3) % earlier.len().max(1)) else { continue };
            if let Some(link) = link(key, target, *pick) {
                links.insert(target, link);
            }
        }
        if key.kind == CHILD
            && let Some(parent) = self.nodes.keys().find(|target| target.kind == PARENT)
        {
            let to = Ref::to(parent.clone());
            links.insert(parent, Link { to, until: Until::Ready, fixed: true, holds: true, within: true });
        }
        links.into_values().collect()
    }

    /// Resources on the longest chain of needs.
    pub fn depth(&self) -> usize {
        let mut depths: BTreeMap<Key, usize> = BTreeMap::new();
        for (key, declared) in &self.nodes {
            let links = self.links(key, declared);
            let below = links.iter().filter_map(|link| depths.get(link.to.key())).max().copied().unwrap_or(0);
            depths.insert(key.clone(), below + 1);
        }
        depths.into_values().max().unwrap_or(0)
    }
}

/// A link as real kinds have them: what is immutable is fixed only to what is immutable, and what is create-first never holds
/// what is delete-first.
fn link(from: &Key, to: &Key, pick: u8) -> Option<Link> {
    let (fixed, holds) = (pick & 1 == 1, pick & 2 == 2);
    let (fixed, holds) = match (mode(from.kind), mode(to.kind)) {
        (_, Replace::Never) | (Replace::CreateFirst, Replace::CreateFirst) | (Replace::DeleteFirst, _) => {
            (fixed, holds)
        }
        (Replace::Never, Replace::CreateFirst) => (false, holds),
        (Replace::Never, Replace::DeleteFirst) => (false, false),
        (Replace::CreateFirst, Replace::DeleteFirst) => (fixed, false),
    };
    // Generations that are kept must not hold anything.
    let holds = holds && from.kind.keep == 0;
    // What cannot be replaced is only built on when it is certain not to fail.
    let until = if pick & 4 == 4 || mode(to.kind) == Replace::Never { Until::Ready } else { Until::Exists };
    (from != to).then(|| Link { to: Ref::to(to.clone()), until, fixed, holds, within: false })
}
