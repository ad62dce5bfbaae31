//! A plan as people read it before it runs: every step that does or says something, and the hash under which it is approved.

use std::collections::BTreeSet;

use engine::{Action, Change, Key, Node, Plan, Step};

use super::{Policy, approval};
use crate::api::manifest::Mode;
use crate::api::status::{PlanRecord, PlannedStep};

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// A resource is made.
    Create,
    /// Fields or tags are changed in place.
    Update,
    /// A resource is replaced.
    Replace,
    /// A resource is removed.
    Delete,
    /// Nothing for now: what is seen or remembered does not suffice to decide.
    Wait,
    /// Nothing: a difference that is named and left alone.
    Report,
}

impl Verb {
    /// As `status.plan` writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Replace => "Replace",
            Self::Delete => "Delete",
            Self::Wait => "Wait",
            Self::Report => "Report",
        }
    }

    fn of(action: &Action) -> Option<Self> {
        match action {
            Action::Create => Some(Self::Create),
            Action::Update | Action::Retag => Some(Self::Update),
            Action::Replace(_) => Some(Self::Replace),
            Action::Delete | Action::Vanish(_) => Some(Self::Delete),
            Action::Wait(_) => Some(Self::Wait),
            Action::Report(_) => Some(Self::Report),
            // A blocked step is read as what it will do.
            Action::None | Action::Blocked(_) | Action::Keep => None,
        }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What happens.
    pub verb: Verb,
    /// To which resource.
    pub key: String,
    /// To which live one.
    pub id: Option<String>,
    /// What changes, by name: fields, then tags.
    pub fields: Vec<String>,
    /// The fields among these with what is seen and what is declared.
    pub changes: Vec<Change>,
    /// Fixed fields that differ and are left alone.
    pub left: Vec<Change>,
    /// Why.
    pub reason: String,
    /// The resource that has to get somewhere first.
    pub after: Option<String>,
    /// Why it does not run, if it does not.
    pub held: Option<String>,
}

/// A plan as people read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// The steps, in the plan's order; then the replacements that are offered beside it.
    pub lines: Vec<Line>,
    /// The hash of what the plan would change: that of `status.plan` while the plan is held back, and what it would be there in the
    /// mode `Approve` otherwise. `None` if nothing would change.
    pub hash: Option<String>,
    /// The annotation with that hash lets it run.
    pub approvable: bool,
}

impl Preview {
    /// How many lines are of this kind.
    #[must_use]
    pub fn count(&self, verb: Verb) -> usize {
        self.lines.iter().filter(|line| line.verb == verb).count()
    }
}

impl Policy {
    /// What [`Policy::rule`] makes of the same plan, for people.
    #[must_use]
    pub fn preview<N: Node>(&self, planner: impl Fn(BTreeSet<Key>) -> Plan<N>) -> Preview {
        let ruling = self.rule(&planner);
        // What is held back reads as it was planned: `status.plan` does, too.
        let planned = ruling.held.as_ref().map(|_| planner(BTreeSet::new()));
        let shown = planned.as_ref().unwrap_or(&ruling.plan);
        let held = |step: &Step<N>| {
            let same = |other: &&Step<N>| (&other.key, &other.id) == (&step.key, &step.id);
            ruling.plan.steps().find(same).and_then(|other| other.withheld.clone())
        };
        let mut lines: Vec<Line> = shown.steps().filter_map(|step| line(step, held(step))).collect();
        let acting: Vec<&Step<N>> =
            shown.steps().filter(|step| step.action.writes() || approval::comes(step)).collect();
        let whole = (!acting.is_empty()).then(|| approval::hash(&acting));
        if let Some(record) = &ruling.held {
            let offered = offered(record, &lines);
            lines.extend(offered);
        }
        Preview {
            lines,
            approvable: ruling.held.is_some() && self.mode != Mode::Observe,
            hash: ruling.held.map(|record| record.hash).or(whole),
        }
    }
}

fn line<N: Node>(step: &Step<N>, held: Option<String>) -> Option<Line> {
    let reason = match &step.action {
        Action::Wait(why) | Action::Report(why) => why.clone(),
        Action::Vanish(parent) => format!("goes with {parent}"),
        _ => step.reason.to_string(),
    };
    let after = match &step.action {
        Action::Blocked(key) => Some(key.to_string()),
        _ => None,
    };
    Some(Line {
        verb: Verb::of(&approval::intended(step))?,
        key: step.key.to_string(),
        id: step.id.as_ref().map(ToString::to_string),
        fields: approval::fields(step),
        changes: step.changes.clone(),
        left: step.drift.clone(),
        reason,
        after,
        held,
    })
}

/// The steps of `record` that are in no plan before it is approved: replacements of what drifted.
fn offered(record: &PlanRecord, lines: &[Line]) -> Vec<Line> {
    let known = |action: &str, key: &str| lines.iter().any(|line| line.verb.name() == action && line.key == key);
    let verbs = [Verb::Create, Verb::Update, Verb::Replace, Verb::Delete];
    let line = |step: &PlannedStep| {
        Some(Line {
            verb: *verbs.iter().find(|verb| verb.name() == step.action)?,
            key: step.key.clone(),
            id: None,
            fields: step.fields.clone(),
            changes: Vec::new(),
            left: Vec::new(),
            reason: step.reason.clone(),
            after: None,
            held: Some(format!("waits for the annotation fargatestack.dev/approve: {}", record.hash)),
        })
    };
    record.steps.iter().filter(|step| !known(&step.action, &step.key)).filter_map(line).collect()
}
