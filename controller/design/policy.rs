//! What of a plan may run: mode, drift policy, suspension and deletion, as filters over the steps.
//!
//! A step that may not run is withheld, never dropped, so that what needs it is blocked. The rules, the first that applies:
//!
//! 1. Deletion under way: protection and `deletionPolicy: Retain` withhold everything, `retain` the kinds that it names, the mode
//!    `Observe` everything. What is left runs in every other mode and also while suspended: the user's delete is the approval.
//! 2. Suspended: everything is withheld.
//! 3. `Observe`: everything is withheld, and nothing can approve it.
//! 4. `Approve`: everything needs approval. `driftPolicy: Report`: the steps that undo drift do.
//!
//! Steps that need approval run when all of them are approved, else none of them does: a plan is approved as a whole.
//!
//! What differs in a fixed field although nobody declared it anew is left alone by every plan. Its replacement is a plan of its own,
//! which needs approval in every mode; it is offered only when no other step waits for approval, so that to approve a change never
//! means to approve a replacement that nobody asked for.

mod approval;
mod preview;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use engine::{Action, Key, Node, Plan, Reason, Step};

pub use self::preview::{Line, Preview, Verb};
use crate::api::manifest::{DeletionPolicy, DriftPolicy, Mode, Retained};
use crate::api::status::{Approval, PlanRecord};

/// How a stack is steered, as far as the steps of its plan depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `spec.mode`.
    pub mode: Mode,
    /// `spec.driftPolicy`.
    pub drift_policy: DriftPolicy,
    /// `spec.suspend`.
    pub suspend: bool,
    /// What is deleted, if the stack is being deleted.
    pub deletion: Option<Deletion>,
    /// `metadata.generation`.
    pub generation: i64,
    /// The generation that was last applied in full, as status remembers it. It tells a changed declaration from drift: until a
    /// generation is applied in full, every difference counts as its own; from then on, as drift. What a new version of the
    /// controller declares otherwise than the old one counts as drift, too.
    pub applied_generation: Option<i64>,
    /// Value of the annotation `fargatestack.dev/approve`.
    pub approve: Option<String>,
    /// The approval that status remembers.
    pub approval: Option<Approval>,
}

/// How a deletion is steered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// `spec.deletionProtection`.
    pub protection: bool,
    /// `spec.deletionPolicy`.
    pub policy: DeletionPolicy,
    /// `spec.retain`.
    pub retain: Vec<Retained>,
}

/// What a policy makes of a plan.
#[derive(Clone, Debug)]
pub struct Ruling<N: Node> {
    /// The plan, with what may not run withheld.
    pub plan: Plan<N>,
    /// The steps that wait for approval (also those that no plan takes without it: replacements of what drifted), or that would run
    /// but for the mode `Observe`: for `status.plan`.
    pub held: Option<PlanRecord>,
    /// The approval that is in force: for `status.approval`, to be persisted before the plan is executed.
    pub approval: Option<Approval>,
}

impl Policy {
    /// What may run of the plan that `planner` makes. It is given the keys whose replacement is approved although their declaration
    /// did not change; see [`engine::Memory::approved`].
    #[must_use]
    pub fn rule<N: Node>(&self, planner: impl Fn(BTreeSet<Key>) -> Plan<N>) -> Ruling<N> {
        let plain = planner(BTreeSet::new());
        let drifted: BTreeSet<Key> =
            plain.steps().filter(|step| !step.drift.is_empty()).map(|step| step.key.clone()).collect();
        let ruling = self.withhold(plain.clone());
        let resting = self.deletion.is_some() || self.suspend || self.mode == Mode::Observe;
        if drifted.is_empty() || resting || ruling.held.is_some() {
            return ruling;
        }
        let replacing = planner(drifted);
        let beside = approval::beside(&replacing, &plain);
        if beside.is_empty() {
            return ruling;
        }
        let hash = approval::hash(&beside);
        let standing = ruling.approval.clone();
        let Some(approval) = self.approved(&beside, &hash, standing.clone()) else {
            return Ruling { held: Some(approval::offer(&beside, &hash, &plain)), ..ruling };
        };
        // Both stand: what was approved before may not be done yet.
        let approval = approval::joined(approval, standing);
        Policy { approval: Some(approval), ..self.clone() }.withhold(replacing)
    }

    /// Withholds what may not run.
    fn withhold<N: Node>(&self, plan: Plan<N>) -> Ruling<N> {
        if let Some(deletion) = &self.deletion {
            let observing = self.mode == Mode::Observe;
            let plan = plan.withhold(|step| deletion.objection(step, observing));
            return Ruling { plan, held: None, approval: None };
        }
        let standing = self.approval.clone().filter(|approval| approval.generation == self.generation);
        if self.suspend {
            let plan = plan.withhold(|_| Some("the stack is suspended".to_owned()));
            return Ruling { plan, held: None, approval: standing };
        }
        let acting = plan.steps().filter(|step| step.writes() || approval::comes(step));
        let gated: Vec<&Step<N>> = acting.filter(|step| self.gates(step)).collect();
        if gated.is_empty() {
            return Ruling { plan, held: None, approval: standing };
        }
        let hash = approval::hash(&gated);
        let approval = self.approved(&gated, &hash, standing.clone());
        if approval.is_some() && self.mode != Mode::Observe {
            return Ruling { plan, held: None, approval };
        }
        let held = approval::record(&gated, &hash);
        let why = self.reason(&hash);
        let plan = plan.withhold(|step| self.gates(step).then(|| why.clone()));
        Ruling { plan, held: Some(held), approval: standing }
    }

    /// Whether the step may not run without approval.
    fn gates<N: Node>(&self, step: &Step<N>) -> bool {
        match self.mode {
            Mode::Observe | Mode::Approve => true,
            Mode::Apply => self.drift_policy == DriftPolicy::Report && self.undoes_drift(step),
        }
    }

    /// Whether the step puts right what somebody else changed, and not what the user declared anew.
    fn undoes_drift<N: Node>(&self, step: &Step<N>) -> bool {
        self.applied_generation == Some(self.generation)
            && match &step.reason {
                // What is not declared then was put there by somebody else: into an API, say, whose content bears no mark.
                Reason::Missing | Reason::Differs | Reason::Drift | Reason::Unwanted => true,
                // Nobody changed anything: resources fail by themselves, the rest follows from other steps.
                Reason::AsDeclared
                | Reason::Declared
                | Reason::DeclarationChanged
                | Reason::Upgrade
                | Reason::NotRemembered
                | Reason::Approved
                | Reason::Failed
                | Reason::Twin
                | Reason::Superseded
                | Reason::Upstream(_)
                | Reason::Uncertain => false,
            }
    }

    /// The approval that covers `gated`: the standing one, or one that the annotation gives now.
    fn approved<N: Node>(&self, gated: &[&Step<N>], hash: &str, standing: Option<Approval>) -> Option<Approval> {
        let covers = |approval: &Approval| gated.iter().all(|step| approval::covers(approval, step));
        standing.filter(covers).or_else(|| {
            let given = self.approve.as_deref() == Some(hash);
            given.then(|| approval::grant(gated, hash, self.generation))
        })
    }

    fn reason(&self, hash: &str) -> String {
        match self.mode {
            Mode::Observe => "mode is Observe".to_owned(),
            Mode::Approve => format!("waits for the annotation fargatestack.dev/approve: {hash}"),
            Mode::Apply => {
                format!("driftPolicy is Report; the annotation fargatestack.dev/approve: {hash} puts it right")
            }
        }
    }
}

impl Deletion {
    /// Why the step may not run, if so.
    fn objection<N: Node>(&self, step: &Step<N>, observing: bool) -> Option<String> {
        if self.protection {
            return Some("deletionProtection is set".to_owned());
        }
        if observing {
            return Some("mode is Observe".to_owned());
        }
        if self.policy == DeletionPolicy::Retain {
            return Some("deletionPolicy is Retain".to_owned());
        }
        let deletes = step.action == Action::Delete;
        let kept = self.retain.iter().any(|retained| kinds_of(*retained).contains(&step.key.kind.name));
        (deletes && kept).then(|| "retain names it".to_owned())
    }
}

/// Names of the kinds that it stands for, as they are in keys. A user pool is of no use without what applications know of it:
/// the ids of its clients, its domain, its scopes.
fn kinds_of(retained: Retained) -> &'static [&'static str] {
    match retained {
        Retained::Repository => &["repository"],
        Retained::UserPool => &["user-pool", "user-pool-domain", "resource-server", "user-pool-client"],
        Retained::LogGroups => &["log-group"],
    }
}
