//! From a stack to the outcome of its plan, through the rooms in one direction.
//!
//! Remember → validate → resolve who it acts as → look → facts → graph → plan → hold back → announce → execute.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Graph, Id, Memory, Outcome, Plan, Tags, execute};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, ResourceExt as _};

use super::conclude::write_status;
use super::consider::{connect, declaration, desired, planner, policy, see, stamp};
use super::context::Context;
use super::identity::{Resolved, precedes, resolve};
use crate::api::status::{Approval, PlanRecord};
use crate::api::{Spec, Stack, Status};
use crate::aws::facts::Facts;
use crate::aws::observe::Observation;
use crate::aws::owner::Home;
use crate::aws::scope::Scope;
use crate::aws::{Node, Seen};
use crate::design::policy::Ruling;
use crate::status::{self, Problem, Recollection};

/// The user asks for a look right now; any token.
pub(super) const RECONCILE: &str = "fargatestack.dev/reconcile-requested-at";

/// How long after the announcement calls are still sent. What comes too late waits for the next pass, which announces anew: a
/// call must not appear when looks have already settled that it left nothing.
const SEND_WITHIN: Duration = Duration::from_secs(10);

/// What a pass found and did.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) resolved: Option<Resolved>,
    pub(super) scope: Option<Arc<Scope>>,
    pub(super) spec: Option<Spec>,
    pub(super) problem: Option<Problem>,
    pub(super) observation: Option<Observation>,
    /// Remembered resources that lost our mark, and the tags that make it.
    pub(super) unmarked: BTreeMap<Id, Tags>,
    pub(super) facts: Option<Facts>,
    pub(super) memory: Memory,
    pub(super) held: Option<PlanRecord>,
    pub(super) approval: Option<Approval>,
    pub(super) outcome: Option<Outcome<Seen>>,
    /// The status as the announcement left it: the base of the final one.
    pub(super) announced: Option<Status>,
}

/// Why a pass ends before its plan.
enum Halt {
    /// Something is in the way; what was found up to there stands.
    Problem(Box<Problem>),
    /// Kubernetes did not answer.
    Kubernetes(kube::Error),
}

impl From<Problem> for Halt {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<kube::Error> for Halt {
    fn from(error: kube::Error) -> Self {
        Self::Kubernetes(error)
    }
}

/// Leads `stack`, in its `namespace`, through the rooms as far as it can go. `known`: it was processed before.
///
/// # Errors
/// Kubernetes' own; what else is in the way is a finding.
pub(super) async fn lead(
    context: &Context,
    stacks: &Api<Stack>,
    stack: &Stack,
    namespace: &Namespace,
    known: bool,
) -> kube::Result<Findings> {
    // Remembered first: a pass that ends early must not read as one that forgot.
    let Recollection { memory, expected, unknown: _ } =
        status::recall(&stack.status, known, Timestamp::now(), context.intervals.settle);
    let mut found = Findings { memory, ..Findings::default() };
    let freshness = context.freshness(stack, requested(stack), status::at_rest(stack));
    if stack.controls.suspend && stack.metadata.deletion_timestamp.is_none() {
        return Ok(found);
    }
    let look = async {
        found.spec = declaration(stack)?;
        let scope = enter(context, stack, namespace, &mut found).await?;
        let home = Home { cluster: context.cluster.clone(), namespace_uid: namespace.uid().unwrap_or_default() };
        let stamp = Arc::new(stamp(stack, home, found.spec.as_ref()));
        see(&scope, stack, &stamp, &expected, freshness, &mut found).await;
        let desired = desired(&scope, stack, &stamp, freshness, &mut found).await?;
        act(context, stacks, stack, &scope, &desired, &mut found).await
    };
    match look.await {
        Ok(()) => {}
        Err(Halt::Problem(problem)) => found.problem = Some(*problem),
        Err(Halt::Kubernetes(error)) => return Err(error),
    }
    Ok(found)
}

/// Finds out who the stack acts as, and where.
async fn enter(
    context: &Context,
    stack: &Stack,
    namespace: &Namespace,
    found: &mut Findings,
) -> Result<Arc<Scope>, Halt> {
    let before = |name: &str| {
        let others = context.stacks.state();
        others.iter().filter(|it| it.controls.identity.as_deref() == Some(name) && precedes(it, stack)).count()
    };
    let resolved = resolve(&context.client, stack, namespace, before, context.own_identity).await??;
    let scope = connect(&context.scopes, stack, &resolved).await?;
    found.resolved = Some(resolved);
    found.scope = Some(Arc::clone(&scope));
    Ok(scope)
}

/// Plans, holds back what may not run, announces and executes.
async fn act(
    context: &Context,
    stacks: &Api<Stack>,
    stack: &Stack,
    scope: &Scope,
    desired: &Graph<Node>,
    found: &mut Findings,
) -> Result<(), Halt> {
    let Some(observation) = &found.observation else { return Ok(()) };
    let planner = planner(desired, observation, &found.memory);
    let Ruling { plan, held, approval } = policy(stack).rule(planner);
    found.held = held;
    found.approval = approval;
    let announced = announcement(stack, &plan, found);
    if announced != stack.status {
        write_status(stacks, stack, &announced, stack.metadata.resource_version.as_deref()).await?;
        found.announced = Some(announced);
    }
    let announced_at = Instant::now();
    let late = || announced_at.elapsed() > SEND_WITHIN;
    let limits = engine::Limits { effects: context.effects };
    let outcome = execute(plan, &scope.cloud, &limits, || context.stopping() || late()).await;
    if outcome.effects > 0 {
        context.wrote(stack.uid());
    }
    found.outcome = Some(outcome);
    Ok(())
}

/// What is about to be written is remembered before: creates without a token; tag keys, so that they can be removed again; an
/// approval, which holds for what is left of the plan after a crash; the zones that were chosen.
fn announcement(stack: &Stack, plan: &Plan<Node>, found: &Findings) -> Status {
    let tag_keys = plan.remember(&found.memory).tag_keys;
    let announced = status::announce(&stack.status, &plan.announcements(), Timestamp::now());
    Status {
        tag_keys: tag_keys.into_iter().collect(),
        approval: found.approval.clone(),
        zones: status::zones(&stack.status, found.facts.as_ref()),
        ..announced
    }
}

fn requested(stack: &Stack) -> bool {
    let request = stack.annotations().get(RECONCILE);
    request.is_some() && request != stack.status.last_handled_reconcile_at.as_ref()
}
