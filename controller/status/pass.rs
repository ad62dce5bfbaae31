//! Everything that one pass found, and the status that follows from it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::{Fault, Id, Key, Kind, Memory, Outcome, Tags};
use jiff::Timestamp;

use super::conditions::conditions;
use super::exports::Unexported;
use super::probe::Probed;
use super::problem::Problem;
use super::{applied, changed, image, inventory, outputs, service};
use crate::api::status::{Approval, PlanRecord};
use crate::api::{Spec, Stack, Status};
use crate::aws::Seen;
use crate::aws::facts::Facts;

/// What one pass found and did.
///
/// A pass ends early with a `problem`, or because the stack is suspended: then there is no `outcome`. `S` is what is seen of a
/// resource; nothing here looks into it.
#[derive(Clone, Copy)]
pub struct Pass<'a, S = Seen> {
    /// The stack: generation, controls.
    pub stack: &'a Stack,
    /// The status that was last written: the one that the pass began with, or what the announcement made of it.
    pub previous: &'a Status,
    /// What is declared, if it is valid; without meaning when the stack is being deleted.
    pub spec: Option<&'a Spec>,
    /// What kept the pass from planning.
    pub problem: Option<&'a Problem>,
    /// The AwsIdentity that was used; `None` for the controller's own. Looked at only if `account` is known.
    pub identity: Option<&'a str>,
    /// The account that the identity led to; `None` if the pass did not come so far.
    pub account: Option<&'a str>,
    /// What the plan was made from.
    pub memory: &'a Memory,
    /// What came of the plan.
    pub outcome: Option<&'a Outcome<S>>,
    /// Ids that AWS, asked for them, does not know, too young for that to be proof.
    pub missed: Option<&'a BTreeSet<Id>>,
    /// Remembered resources that stand and no longer bear our mark, and the tags that make it; no tags where a parent's count.
    pub unmarked: &'a BTreeMap<Id, Tags>,
    /// Kinds whose source could not be read, and why.
    pub unknown: Option<&'a BTreeMap<Kind, Fault>>,
    /// What was found of account and region.
    pub facts: Option<&'a Facts>,
    /// Secrets that could not be written.
    pub unexported: &'a [Unexported],
    /// What the readiness probe came to; `None` if it was not sent.
    pub probed: Option<&'a Probed>,
    /// The plan that is held back.
    pub held: Option<&'a PlanRecord>,
    /// The approval that is in force.
    pub approval: Option<&'a Approval>,
    /// Value of the annotation that asks for a pass.
    pub requested: Option<&'a str>,
    /// The stack is being deleted.
    pub deleting: bool,
    /// How long AWS's lists may lag.
    pub settle: Duration,
    /// When the pass ended.
    pub now: Timestamp,
}

impl<S> Pass<'_, S> {
    /// The generation that the pass is about.
    pub(super) fn generation(&self) -> i64 {
        self.stack.metadata.generation.unwrap_or_default()
    }

    /// Why the source of `kind` could not be read, if it could not.
    pub(super) fn unread(&self, kind: Kind) -> Option<&Fault> {
        self.unknown.and_then(|unknown| unknown.get(&kind))
    }

    /// What to do about the remembered resource of `key`, if it lost our mark.
    pub(super) fn unmarked(&self, key: &Key) -> Option<String> {
        let id = &self.memory.records.get(key)?.id;
        self.unmarked.get(id).map(|tags| unmarked(id, tags))
    }

    /// Whether the user told the controller to leave AWS alone; deletion goes on all the same.
    pub(super) fn suspended(&self) -> bool {
        self.stack.controls.suspend && !self.deleting
    }
}

/// What to do about the resource `id`, which `tags` would mark as ours.
pub(super) fn unmarked(id: &Id, tags: &Tags) -> String {
    if tags.is_empty() {
        return format!("{id} stands, and what it is part of does not bear this stack's tags any more");
    }
    let tags: Vec<String> = tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{id} stands, and does not bear this stack's tags any more: put them back: {}", tags.join(", "))
}

/// The status after a pass.
///
/// Guarantees: the same pass over the status that it gave gives one that is not [`changed`]; memory is never dropped by a pass
/// that could not look; account and region are those that were first used.
#[must_use]
pub fn of<S>(pass: &Pass<'_, S>) -> Status {
    let previous = pass.previous;
    let used = pass.account.is_some();
    let memory = inventory::memory(pass);
    let mut after = Status {
        observed_generation: Some(pass.generation()),
        conditions: conditions(pass, &memory.resources),
        account_id: previous.account_id.clone().or_else(|| pass.account.map(Into::into)),
        region: previous.region.clone().or_else(|| pass.stack.controls.region.clone().filter(|_| used)),
        identity: if used { pass.identity.map(Into::into) } else { previous.identity.clone() },
        replicas: service::replicas(pass),
        service: image::remembered(pass, service::glance(pass)),
        outputs: outputs::of(pass),
        zones: zones(previous, pass.facts),
        resources: memory.resources,
        lingering: memory.lingering,
        memory_lost_since: pass.memory.lost.then(|| previous.memory_lost_since.unwrap_or(pass.now)),
        intents: memory.intents,
        tag_keys: memory.tag_keys,
        plan: if pass.outcome.is_some() { pass.held.cloned() } else { previous.plan.clone() },
        approval: approval(pass),
        applied_generation: applied::generation(pass),
        last_observed_time: previous.last_observed_time,
        last_handled_reconcile_at: pass
            .requested
            .map(Into::into)
            .or_else(|| previous.last_handled_reconcile_at.clone()),
    };
    if pass.outcome.is_none() && !pass.memory.lost {
        after.memory_lost_since = previous.memory_lost_since;
    }
    if pass.outcome.is_some() && changed(previous, &after) {
        after.last_observed_time = Some(pass.now);
    }
    after
}

/// IDs of the zones of a stack, by slot: those that were chosen now, else those of before.
#[must_use]
pub fn zones(previous: &Status, facts: Option<&Facts>) -> Vec<String> {
    facts.map_or_else(|| previous.zones.clone(), |facts| facts.zones.iter().map(|zone| zone.id.clone()).collect())
}

/// An approval is void for any other generation than its own.
fn approval<S>(pass: &Pass<'_, S>) -> Option<Approval> {
    let given = pass.approval.or(pass.previous.approval.as_ref());
    given.filter(|approval| approval.generation == pass.generation()).cloned()
}
