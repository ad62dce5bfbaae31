//! A bench for table tests: plain resources on a shelf that does what it is told at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use futures::FutureExt as _;

use crate::{
    Change, Comparison, Creation, Deletion, Fault, Graph, Id, Ids, Key, Kind, Limits, Live, Memory, Need, Node,
    Observed, Outcome, Phase, Plan, Ref, Replace, TagChange, Tags, Until, execute, plan,
};

const fn kind(order: u16, name: &'static str, creation: Creation) -> Kind {
    Kind { order, name, creation, holds_data: false, keep: 0 }
}

/// Immutable, announced.
pub(crate) const VPC: Kind = kind(0, "vpc", Creation::Intent);
/// Immutable, and data lives in it.
pub(crate) const POOL: Kind = Kind { holds_data: true, ..kind(1, "pool", Creation::NaturalKey) };
/// Create-first.
pub(crate) const GROUP: Kind = kind(2, "group", Creation::NaturalKey);
/// Delete-first.
pub(crate) const GATE: Kind = kind(3, "gate", Creation::Token);
/// Create-first, with two old generations.
pub(crate) const REVISION: Kind = Kind { keep: 2, ..kind(4, "revision", Creation::Token) };
/// Delete-first.
pub(crate) const SERVICE: Kind = kind(5, "service", Creation::Token);

/// A declared resource: one fixed value, one changeable one, and what it hangs on.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) key: Key,
    pub(crate) fixed: &'static str,
    pub(crate) loose: &'static str,
    pub(crate) on: Vec<Key>,
    pub(crate) tags: Tags,
}

/// What is seen of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) fixed: &'static str,
    pub(crate) loose: &'static str,
    pub(crate) on: Vec<String>,
}

/// The shelf on which live resources stand.
pub(crate) type Shelf = Mutex<Vec<Live<Seen>>>;

pub(crate) fn key(kind: Kind, name: &str) -> Key {
    Key::new(kind, name)
}

pub(crate) fn piece(kind: Kind, name: &str) -> Piece {
    Piece { key: key(kind, name), fixed: "f", loose: "l", on: Vec::new(), tags: Tags::new() }
}

impl Piece {
    pub(crate) fn on(mut self, upstream: &Key) -> Self {
        self.on.push(upstream.clone());
        self
    }

    pub(crate) fn fixed(self, fixed: &'static str) -> Self {
        Self { fixed, ..self }
    }

    pub(crate) fn loose(self, loose: &'static str) -> Self {
        Self { loose, ..self }
    }

    /// It, standing as `id` in accordance with its declaration; what it hangs on stands as `{name of the kind}-1`.
    pub(crate) fn live(&self, id: &str) -> Live<Seen> {
        let on: Vec<Id> = self.on.iter().map(|key| Id::from(format!("{}-1", key.kind.name))).collect();
        self.stand(id, 0, &on)
    }

    fn stand(&self, id: &str, attempt: u32, on: &[Id]) -> Live<Seen> {
        let seen = Seen { fixed: self.fixed, loose: self.loose, on: on.iter().map(ToString::to_string).collect() };
        Live {
            key: self.key.clone(),
            attempt,
            id: Id::from(id),
            attributes: BTreeMap::new(),
            phase: Phase::Ready,
            seen,
            on: on.to_vec(),
            within: None,
            tags: self.tags.clone(),
            created: None,
        }
    }
}

impl Node for Piece {
    type Seen = Seen;
    type Cloud = Shelf;

    fn key(&self) -> Key {
        self.key.clone()
    }

    fn needs(&self) -> Vec<Need> {
        self.on.iter().map(|key| Need { key: key.clone(), until: Until::Ready }).collect()
    }

    fn compare(&self, seen: &Seen, ids: &Ids) -> Comparison {
        let table = Comparison::default().fixed("fixed", self.fixed, seen.fixed).field("loose", self.loose, seen.loose);
        self.on.iter().enumerate().fold(table, |table, (place, key)| {
            let seen = seen.on.get(place).map_or("", String::as_str);
            table.fixed_ref("on", ids.of(&Ref::<Self>::to(key.clone())), seen)
        })
    }

    fn replace(&self) -> Replace {
        match self.key.kind.order {
            0 | 1 => Replace::Never,
            2 | 4 => Replace::CreateFirst,
            _ => Replace::DeleteFirst,
        }
    }

    fn tags(&self, _attempt: u32) -> Option<Tags> {
        Some(self.tags.clone())
    }

    async fn create(&self, cloud: &Shelf, ids: &Ids, attempt: u32) -> Result<Live<Seen>, Fault> {
        let on: Vec<Id> = self.on.iter().map(|key| ids.get(key).unwrap().id.clone()).collect();
        let mut standing = cloud.lock().unwrap();
        let live = self.stand(&format!("new-{}", standing.len()), attempt, &on);
        standing.push(live.clone());
        Ok(live)
    }

    async fn update(&self, cloud: &Shelf, live: &Live<Seen>, _: &[Change], _: &Ids) -> Result<Live<Seen>, Fault> {
        let mut standing = cloud.lock().unwrap();
        let live = standing.iter_mut().find(|one| one.id == live.id).unwrap();
        live.seen.loose = self.loose;
        Ok(live.clone())
    }

    async fn retag(cloud: &Shelf, live: &Live<Seen>, change: &TagChange) -> Result<(), Fault> {
        let mut standing = cloud.lock().unwrap();
        let live = standing.iter_mut().find(|one| one.id == live.id).unwrap();
        live.tags.extend(change.set.clone());
        live.tags.retain(|name, _| !change.remove.contains(name));
        Ok(())
    }

    async fn delete(cloud: &Shelf, live: &Live<Seen>) -> Result<Deletion, Fault> {
        cloud.lock().unwrap().retain(|one| one.id != live.id);
        Ok(Deletion::Gone)
    }
}

/// What is declared, seen and remembered.
#[derive(Default)]
pub(crate) struct Bench {
    pub(crate) declared: Vec<Piece>,
    pub(crate) observed: Observed<Seen>,
    pub(crate) memory: Memory,
}

impl Bench {
    pub(crate) fn declare(mut self, piece: Piece) -> Self {
        self.declared.push(piece);
        self
    }

    /// Lets `live` stand.
    pub(crate) fn stands(mut self, live: Live<Seen>) -> Self {
        self.observed.live.push(live);
        self
    }

    /// Lets one pass over `before`, from which everything stands as declared, be remembered.
    pub(crate) fn remembering(mut self, before: impl IntoIterator<Item = Piece>) -> Self {
        let desired = Graph::new(before, []).unwrap();
        let plan = plan(&desired, &self.observed, &Memory::default());
        self.memory = run(plan, &Shelf::default(), || true).memory(&Memory::default());
        self
    }

    pub(crate) fn plan(&self) -> Plan<Piece> {
        plan(&Graph::new(self.declared.clone(), []).unwrap(), &self.observed, &self.memory)
    }

    /// The plan, a line a step that is not "none", without reasons.
    pub(crate) fn lines(&self) -> Vec<String> {
        let steps = self.plan();
        let steps = steps.steps().filter(|step| step.action != crate::Action::None);
        let line = |step: &crate::Step<Piece>| match &step.id {
            Some(id) => format!("{} {} ({id})", step.action.name(), step.key),
            None => format!("{} {}", step.action.name(), step.key),
        };
        steps.map(line).collect()
    }

    /// One whole pass, after which the next look sees what stands, and remembered ids that do not are proven gone.
    pub(crate) fn pass(&mut self) -> Outcome<Seen> {
        let cloud = Shelf::new(self.observed.live.clone());
        let outcome = run(self.plan(), &cloud, || false);
        self.memory = outcome.memory(&self.memory);
        self.observed.live = cloud.into_inner().unwrap();
        let stands: BTreeSet<&Id> = self.observed.live.iter().map(|live| &live.id).collect();
        let remembered = self.memory.records.values().map(|record| &record.id).chain(self.memory.lingering.keys());
        self.observed.gone = remembered.filter(|id| !stands.contains(id)).cloned().collect();
        outcome
    }

    /// Passes until nothing is written any more; plans again, and expects no change.
    pub(crate) fn settle(&mut self) -> Outcome<Seen> {
        for _ in 0..10 {
            let outcome = self.pass();
            if outcome.effects == 0 {
                assert_eq!(self.plan().writes().count(), 0, "{}", self.plan());
                return outcome;
            }
        }
        panic!("it does not settle: {}", self.plan());
    }

    /// The ids that stand, sorted.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<_> = self.observed.live.iter().map(|live| live.id.as_str()).collect();
        ids.sort_unstable();
        ids
    }
}

/// Executes at once: nothing on the shelf waits.
pub(crate) fn run(plan: Plan<Piece>, cloud: &Shelf, stop: impl Fn() -> bool) -> Outcome<Seen> {
    execute(plan, cloud, &Limits { effects: 4 }, stop).now_or_never().unwrap()
}

pub(crate) fn fault() -> Fault {
    Fault {
        class: crate::Class::Denied,
        effect: crate::Effect::None,
        operation: "Describe",
        code: "AccessDenied".to_owned(),
        message: String::new(),
        request_id: None,
    }
}
