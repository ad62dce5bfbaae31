//! A stack, a cloud that answers from a script, and the passes over it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use engine::{
    Change, Class, Comparison, Deletion, Effect, Fault, Graph, Id, Ids, Key, Kind, Limits, Live, Need, Node, Observed,
    Outcome, Phase, Replace, TagChange, Tags, Until, execute, plan,
};
use futures::FutureExt as _;
use jiff::Timestamp;
use serde_json::json;

use crate::api::status::{Condition, ConditionStatus, PlanRecord, ResourceRecord};
use crate::api::{Spec, Stack, Status, validate};
use crate::aws::facts::Facts;
use crate::status::memory::key_of;
use crate::status::{Pass, Probed, Problem, Unexported, announce, of, probe_due, recall, rest};

pub(in crate::status) const SETTLE: Duration = Duration::from_mins(1);
pub(in crate::status) const RESYNC: Duration = Duration::from_mins(5);

pub(in crate::status) fn key(text: &str) -> Key {
    key_of(text).unwrap()
}

pub(in crate::status) fn kind(name: &str) -> Kind {
    key(&format!("{name}/any")).kind
}

pub(in crate::status) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(in crate::status) fn fault(class: Class, code: &str) -> Fault {
    let effect = if class == Class::Transient { Effect::Unknown } else { Effect::None };
    Fault { class, effect, operation: "Call", code: code.into(), message: "no".into(), request_id: None }
}

/// A declared resource with one fixed field.
#[derive(Clone, Debug)]
pub(in crate::status) struct Piece {
    key: Key,
    needs: Vec<Key>,
    fixed: u8,
}

/// What the cloud has and how it answers.
#[derive(Debug, Default)]
pub(in crate::status) struct Cloud {
    pub(in crate::status) live: Vec<Live<u8>>,
    /// Faults of every call about a key.
    pub(in crate::status) faults: BTreeMap<Key, Fault>,
    /// Phases in which keys are created.
    pub(in crate::status) phases: BTreeMap<Key, Phase>,
    made: usize,
}

/// What `text` names, with these needs.
pub(in crate::status) fn piece(text: &str, needs: &[&str]) -> Piece {
    Piece { key: key(text), needs: needs.iter().map(|text| key(text)).collect(), fixed: 0 }
}

impl Node for Piece {
    type Seen = u8;
    type Cloud = Mutex<Cloud>;

    fn key(&self) -> Key {
        self.key.clone()
    }

    fn needs(&self) -> Vec<Need> {
        self.needs.iter().map(|key| Need { key: key.clone(), until: Until::Ready }).collect()
    }

    fn compare(&self, seen: &u8, _: &Ids) -> Comparison {
        Comparison::default().fixed("cidr", &self.fixed, seen)
    }

    fn replace(&self) -> Replace {
        Replace::Never
    }

    fn tags(&self, _: u32) -> Option<Tags> {
        None
    }

    async fn create(&self, cloud: &Self::Cloud, ids: &Ids, attempt: u32) -> Result<Live<u8>, Fault> {
        let mut cloud = cloud.lock().unwrap();
        if let Some(fault) = cloud.faults.get(&self.key) {
            return Err(fault.clone());
        }
        cloud.made += 1;
        let live = Live {
            key: self.key.clone(),
            attempt,
            id: Id::from(format!("{}-{}", self.key.kind.name, cloud.made)),
            attributes: [("publicIp".into(), format!("192.0.2.{}", cloud.made))].into(),
            phase: cloud.phases.get(&self.key).cloned().unwrap_or(Phase::Ready),
            seen: self.fixed,
            on: self.needs.iter().map(|key| ids.get(key).unwrap().id.clone()).collect(),
            within: None,
            tags: Tags::new(),
            created: None,
        };
        cloud.live.push(live.clone());
        Ok(live)
    }

    async fn update(&self, _: &Self::Cloud, live: &Live<u8>, _: &[Change], _: &Ids) -> Result<Live<u8>, Fault> {
        Ok(live.clone())
    }

    async fn retag(_: &Self::Cloud, _: &Live<u8>, _: &TagChange) -> Result<(), Fault> {
        Ok(())
    }

    async fn delete(cloud: &Self::Cloud, live: &Live<u8>) -> Result<Deletion, Fault> {
        let mut cloud = cloud.lock().unwrap();
        if let Some(fault) = cloud.faults.get(&live.key) {
            return Err(fault.clone());
        }
        cloud.live.retain(|one| one.id != live.id);
        Ok(Deletion::Gone)
    }
}

/// One stack.
pub(in crate::status) struct Bench {
    pub(in crate::status) stack: Stack,
    pub(in crate::status) declared: Vec<Piece>,
    pub(in crate::status) cloud: Cloud,
    pub(in crate::status) unknown: BTreeMap<Kind, Fault>,
    /// Ids that AWS's lists and answers omit.
    pub(in crate::status) hidden: BTreeSet<Id>,
    /// Ids among those that stand and lost their mark.
    pub(in crate::status) unmarked: BTreeMap<Id, Tags>,
    pub(in crate::status) problem: Option<Problem>,
    /// Steps that a policy holds back.
    pub(in crate::status) withheld: BTreeSet<Key>,
    /// What the readiness probe came to.
    pub(in crate::status) probed: Option<Probed>,
    /// What the last pass would probe: path, and name of the client and issuer of a token.
    pub(in crate::status) due: Option<(String, Option<(String, String)>)>,
    /// The plan that waits for approval.
    pub(in crate::status) held: Option<PlanRecord>,
    /// Secrets that could not be written.
    pub(in crate::status) unexported: Vec<Unexported>,
    pub(in crate::status) facts: Option<Facts>,
    pub(in crate::status) known: bool,
    pub(in crate::status) seconds: i64,
    pub(in crate::status) outcome: Option<Outcome<u8>>,
    pub(in crate::status) spec: Option<Spec>,
}

/// A VPC, a subnet on it, its gateway's address, and an endpoint in its subnet.
pub(in crate::status) fn network() -> Bench {
    let object = json!({
        "metadata": {"name": "orders", "namespace": "shop", "uid": "u", "generation": 1},
        "spec": {"region": "eu-west-1", "service": {"image": {"tag": "1"}, "containerPort": 80}},
    });
    let stack: Stack = serde_json::from_value(object).unwrap();
    Bench {
        spec: Some(validate(&stack).unwrap()),
        stack,
        declared: vec![
            piece("vpc/main", &[]),
            piece("subnet/ecs-a", &["vpc/main"]),
            piece("elastic-ip/a", &[]),
            piece("security-group/endpoints", &["vpc/main"]),
            piece("vpc-endpoint/s3", &["subnet/ecs-a", "security-group/endpoints"]),
        ],
        cloud: Cloud::default(),
        unknown: BTreeMap::new(),
        hidden: BTreeSet::new(),
        unmarked: BTreeMap::new(),
        problem: None,
        probed: None,
        due: None,
        held: None,
        unexported: Vec::new(),
        facts: None,
        withheld: BTreeSet::new(),
        known: false,
        seconds: 0,
        outcome: None,
    }
}

impl Bench {
    pub(in crate::status) fn now(&self) -> Timestamp {
        at(self.seconds)
    }

    pub(in crate::status) fn status(&self) -> &Status {
        &self.stack.status
    }

    pub(in crate::status) fn deleting(&self) -> bool {
        self.stack.metadata.deletion_timestamp.is_some()
    }

    pub(in crate::status) fn delete(&mut self) {
        let time = serde_json::from_value(json!("2026-11-24T00:00:00Z")).unwrap();
        self.stack.metadata.deletion_timestamp = Some(time);
    }

    pub(in crate::status) fn condition(&self, type_: &str) -> Option<&Condition> {
        self.status().conditions.iter().find(|condition| condition.type_ == type_)
    }

    /// Status and reason of a condition.
    pub(in crate::status) fn is(&self, type_: &str) -> (ConditionStatus, &str) {
        let condition = self.condition(type_).unwrap_or_else(|| panic!("no {type_}: {:#?}", self.status().conditions));
        (condition.status, &condition.reason)
    }

    pub(in crate::status) fn message(&self, type_: &str) -> &str {
        self.condition(type_).map_or("", |condition| &condition.message)
    }

    pub(in crate::status) fn record(&self, key: &str) -> &ResourceRecord {
        self.status().resources.iter().find(|record| record.key == key).unwrap()
    }

    /// One pass at the present time; returns the status before it.
    pub(in crate::status) fn pass(&mut self) -> Status {
        let before = self.stack.status.clone();
        let now = self.now();
        let recollection = recall(&before, self.known, now, SETTLE);
        let mut previous = before.clone();
        let mut missed = BTreeSet::new();
        self.outcome = None;
        if self.problem.is_none() && (self.deleting() || !self.stack.controls.suspend) {
            let live: Vec<_> = self.cloud.live.iter().filter(|live| self.shows(live)).cloned().collect();
            let seen: BTreeSet<Id> = live.iter().map(|live| live.id.clone()).collect();
            let absent = recollection
                .expected
                .iter()
                .filter(|it| !seen.contains(&it.id) && !self.unknown.contains_key(&it.kind))
                .filter(|it| !self.unmarked.contains_key(&it.id));
            let (gone, young): (Vec<_>, Vec<_>) = absent.partition(|it| it.one_look_is_proof);
            missed = young.into_iter().map(|it| it.id.clone()).collect();
            let gone = gone.into_iter().map(|it| it.id.clone()).collect();
            let observed = Observed { live, unknown: self.unknown.clone(), gone };
            let declared = if self.deleting() { vec![] } else { self.declared.clone() };
            let plan = plan(&Graph::new(declared, []).unwrap(), &observed, &recollection.memory);
            let plan = plan.withhold(|step| self.withheld.contains(&step.key).then(|| "held".to_owned()));
            previous = announce(&before, &plan.announcements(), now);
            let cloud = Mutex::new(std::mem::take(&mut self.cloud));
            self.outcome = execute(plan, &cloud, &Limits { effects: 4 }, || false).now_or_never();
            self.cloud = cloud.into_inner().unwrap();
        }
        let memory = &recollection.memory;
        let reached = self.problem.as_ref().is_none_or(|problem| problem.of_credentials() == Some(false));
        let pass = Pass {
            stack: &self.stack,
            previous: &previous,
            spec: self.spec.as_ref().filter(|_| !self.deleting()),
            problem: self.problem.as_ref(),
            identity: None,
            account: Some("111122223333").filter(|_| reached && !self.stack.controls.suspend),
            memory,
            outcome: self.outcome.as_ref(),
            missed: Some(&missed),
            unmarked: &self.unmarked,
            unknown: Some(&self.unknown),
            facts: self.facts.as_ref(),
            unexported: &self.unexported,
            probed: self.probed.as_ref(),
            held: self.held.as_ref(),
            approval: None,
            requested: None,
            deleting: self.deleting(),
            settle: SETTLE,
            now,
        };
        let after = of(&pass);
        self.due = probe_due(&pass, &after).map(|due| {
            let client = due.client.map(|client| (client.name.to_owned(), client.issuer.to_owned()));
            (due.path.to_owned(), client)
        });
        self.known = true;
        self.stack.status = after;
        before
    }

    fn shows(&self, live: &Live<u8>) -> bool {
        let hidden = self.hidden.contains(&live.id) || self.unmarked.contains_key(&live.id);
        !hidden && !self.unknown.contains_key(&live.key.kind)
    }

    /// The pause before the next pass.
    pub(in crate::status) fn rest(&self) -> Duration {
        rest(self.status(), self.outcome.as_ref(), RESYNC, self.now())
    }

    /// Passes at the times that [`rest`] gives until one changes nothing.
    pub(in crate::status) fn settle(&mut self) {
        for _ in 0..60 {
            let before = self.pass();
            if !super::super::changed(&before, self.status()) {
                return;
            }
            self.later();
        }
        panic!("it does not settle: {:#?}", self.status());
    }

    /// Lets the pause pass.
    pub(in crate::status) fn later(&mut self) {
        self.seconds += i64::try_from(self.rest().as_secs()).unwrap();
    }
}
