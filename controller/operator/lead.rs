//! From a stack to the outcome of its plan, through the rooms in one direction.
//!
//! Remember → validate → resolve who it acts as → look → facts → graph → plan → hold back → announce → execute.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Graph, Id, Key, Memory, Outcome, Plan, Tags, execute, plan};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, ResourceExt as _};

use super::conclude::write_status;
use super::context::Context;
use super::identity::{Resolved, precedes, resolve};
use crate::api::status::{Approval, PlanRecord};
use crate::api::{Spec, Stack, Status, validate};
use crate::aws::facts::{Facts, FactsError, facts};
use crate::aws::observe::{Freshness, Named, Observation, observe};
use crate::aws::owner::{Owner, RETAINED, Stamp};
use crate::aws::scope::Scope;
use crate::aws::{Node, Seen, taggable};
use crate::design::policy::{Deletion, Policy, Ruling, applied_generation};
use crate::design::{self, Remembered};
use crate::status::{self, Problem, Recollection};

/// The user asks for a look right now; any token.
pub(super) const RECONCILE: &str = "fargatestack.dev/reconcile-requested-at";
/// The user approves a plan by its hash.
const APPROVE: &str = "fargatestack.dev/approve";
/// The user takes over what another incarnation, named by its UID, left.
const ADOPT_FROM: &str = "fargatestack.dev/adopt-from";

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
    let deleting = stack.metadata.deletion_timestamp.is_some();
    if stack.controls.suspend && !deleting {
        return Ok(found);
    }
    let look = async {
        if deleting && stack.controls.deletion_protection {
            return Err(Problem::DeletionProtected.into());
        }
        found.spec = if deleting { None } else { Some(declared(stack)?) };
        let scope = enter(context, stack, namespace, &mut found).await?;
        let stamp = Arc::new(stamp(context, stack, namespace, found.spec.as_ref()));
        // A stack that goes is looked for under the names that it was declared with; where it does not say them, memory does.
        let named = named(declared(stack).ok().as_ref());
        let observation = observe(&scope, &stamp.owner, &expected, &named, freshness).await;
        retained(&observation, &mut found.memory);
        found.unmarked = unmarked(&observation, &found.memory, &stamp);
        found.observation = Some(observation);
        let remembered = Remembered {
            zones: stack.status.zones.clone(),
            image: status::last_image(&stack.status),
            failed_rollout: status::failed_rollout(stack),
        };
        let desired = desired(&scope, &stamp, freshness, remembered, &mut found).await?;
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
    let scope = connect(context, stack, &resolved).await?;
    found.resolved = Some(resolved);
    found.scope = Some(Arc::clone(&scope));
    Ok(scope)
}

/// What should be there: nothing for a stack that is being deleted.
async fn desired(
    scope: &Scope,
    stamp: &Arc<Stamp>,
    freshness: Freshness,
    remembered: Remembered,
    found: &mut Findings,
) -> Result<Graph<Node>, Problem> {
    let (Some(spec), Some(observation)) = (&found.spec, &found.observation) else { return Ok(Graph::default()) };
    if let Some(uid) = observation.foreign.first().map(|foreign| foreign.uid.clone()) {
        let ids = observation.foreign.iter().map(|foreign| foreign.id.to_string()).collect();
        return Err(Problem::ForeignIncarnation { uid, ids });
    }
    let boundary = found.resolved.as_ref().and_then(|resolved| resolved.permissions_boundary.clone());
    let wanted = design::wanted(spec, remembered, boundary);
    let facts = facts(scope, &stamp.owner, &observation.view, &wanted, freshness.deep, freshness.now)
        .await
        .map_err(unsatisfied)?;
    let graph = design::graph(spec, &facts, stamp).map_err(|error| Problem::Design(error.to_string()))?;
    found.facts = Some(facts);
    Ok(graph)
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
    let Ruling { plan, held, approval } = policy(stack).rule(|approved| {
        let memory = Memory { approved, ..found.memory.clone() };
        plan(desired, &observation.observed, &memory)
    });
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

fn declared(stack: &Stack) -> Result<Spec, Problem> {
    if let Err(error) = &stack.spec {
        return Err(Problem::Unreadable(error.clone()));
    }
    validate(stack).map_err(Problem::Invalid)
}

async fn connect(context: &Context, stack: &Stack, resolved: &Resolved) -> Result<Arc<Scope>, Problem> {
    let scope = context.scopes.connect(&resolved.connection, Instant::now()).await.map_err(Problem::Credentials)?;
    let expected = [stack.status.account_id.as_ref(), resolved.account.as_ref()];
    match expected.into_iter().flatten().find(|account| **account != scope.account) {
        Some(expected) => Err(Problem::AccountChanged { expected: expected.clone(), actual: scope.account.clone() }),
        None => Ok(scope),
    }
}

fn stamp(context: &Context, stack: &Stack, namespace: &Namespace, spec: Option<&Spec>) -> Stamp {
    let owner = Owner {
        cluster: context.cluster.clone(),
        namespace_uid: namespace.uid().unwrap_or_default(),
        stack: format!("{}/{}", stack.namespace(), stack.name()),
        uid: stack.uid().to_owned(),
        adopt_from: stack.annotations().get(ADOPT_FROM).cloned(),
    };
    Stamp {
        owner,
        user_tags: spec.map(|spec| spec.tags.clone()).unwrap_or_default(),
        generation: stack.metadata.generation.unwrap_or_default(),
    }
}

/// The tags that are to be put back on what lost them; none on what is known by its parent's.
fn unmarked(observation: &Observation, memory: &Memory, stamp: &Stamp) -> BTreeMap<Id, Tags> {
    let recorded = memory.records.iter().map(|(key, record)| (&record.id, key, record.attempt));
    let remembered = recorded.chain(memory.lingering.iter().map(|(id, key)| (id, key, 0)));
    let tags = |key: &Key, attempt| if taggable(key.kind) { stamp.ownership(key, attempt) } else { Tags::new() };
    remembered
        .filter(|(id, _, _)| observation.unmarked.contains(*id))
        .map(|(id, key, attempt)| (id.clone(), tags(key, attempt)))
        .collect()
}

fn unsatisfied(error: FactsError) -> Problem {
    match error {
        FactsError::Fault(fault) => Problem::Facts(fault),
        FactsError::Unsatisfied { field, message } => Problem::Unsatisfied { field, message },
    }
}

/// What an earlier incarnation left marked as retained is in use again: the mark goes like a tag that is declared no more.
fn retained(observation: &Observation, memory: &mut Memory) {
    if observation.observed.live.iter().any(|live| live.tags.contains_key(RETAINED)) {
        memory.tag_keys.insert(RETAINED.to_owned());
    }
}

/// What the declaration names of what is looked for.
fn named(spec: Option<&Spec>) -> Named {
    let Some(spec) = spec else { return Named::default() };
    let existing = &spec.network.existing;
    let lists = [
        &existing.public_subnet_ids,
        &existing.app_subnet_ids,
        &existing.ecs_subnet_ids,
        &existing.ecs_route_table_ids,
    ];
    let single =
        existing.vpc_id.iter().chain(&existing.endpoint_security_group_id).chain(&spec.service.existing.cluster_arn);
    let brought = lists.into_iter().flatten().chain(single).cloned().collect();
    Named { brought, chosen: design::chosen(spec), user_pool: design::user_pool(spec) }
}

fn requested(stack: &Stack) -> bool {
    let request = stack.annotations().get(RECONCILE);
    request.is_some() && request != stack.status.last_handled_reconcile_at.as_ref()
}

fn policy(stack: &Stack) -> Policy {
    let controls = &stack.controls;
    let deleting = stack.metadata.deletion_timestamp.is_some();
    let deletion = deleting.then(|| Deletion {
        protection: controls.deletion_protection,
        policy: controls.deletion_policy,
        retain: controls.retain.clone(),
    });
    Policy {
        mode: controls.mode,
        drift_policy: controls.drift_policy,
        suspend: controls.suspend,
        deletion,
        generation: stack.metadata.generation.unwrap_or_default(),
        applied_generation: applied_generation(&stack.status),
        approve: stack.annotations().get(APPROVE).cloned(),
        approval: stack.status.approval.clone(),
    }
}
