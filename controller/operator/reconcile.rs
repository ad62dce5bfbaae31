//! One pass of one stack, through the rooms in one direction.
//!
//! Read the stack → resolve who it acts as → validate → remember → look → facts → graph → plan → hold back → announce → execute
//! → status. A pass that finds nothing wrong writes nothing, to AWS or to Kubernetes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use engine::{Graph, Memory, Outcome, execute, plan};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Patch, PatchParams};
use kube::runtime::controller::Action;
use kube::runtime::events::EventType;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Resource as _, ResourceExt as _};
use serde_json::json;

use super::context::Context;
use super::finalizer;
use super::identity::{Resolved, resolve};
use crate::api::manifest::{FargateStack, Mode};
use crate::api::status::{Approval, PlanRecord};
use crate::api::{Spec, Stack, Status, validate};
use crate::aws::facts::{Facts, FactsError, facts};
use crate::aws::observe::{Observation, observe};
use crate::aws::owner::{Owner, Stamp};
use crate::aws::scope::Scope;
use crate::aws::{Node, Seen};
use crate::design;
use crate::design::policy::{Deletion, Policy, Ruling, applied_generation};
use crate::status::{self, Pass, Problem};

/// The manager of every field that the controller writes.
const FIELD_MANAGER: &str = "fargatestack";
/// The user asks for a look right now; any token.
const RECONCILE: &str = "fargatestack.dev/reconcile-requested-at";
/// The user approves a plan by its hash.
const APPROVE: &str = "fargatestack.dev/approve";
/// The user takes over what another incarnation, named by its UID, left.
const ADOPT_FROM: &str = "fargatestack.dev/adopt-from";
/// The user lets a stack whose credentials are lost go, leaving what it built; the value is its UID.
const FORCE_ORPHAN: &str = "fargatestack.dev/force-orphan";

/// A pass that Kubernetes did not let finish. What AWS says is never an error here, but a state in the status.
#[derive(Debug, thiserror::Error)]
#[error("Kubernetes refused")]
pub struct Error(#[from] kube::Error);

/// What a pass found and did.
#[derive(Default)]
struct Findings {
    resolved: Option<Resolved>,
    scope: Option<Arc<Scope>>,
    spec: Option<Spec>,
    problem: Option<Problem>,
    observation: Option<Observation>,
    facts: Option<Facts>,
    memory: Memory,
    held: Option<PlanRecord>,
    approval: Option<Approval>,
    outcome: Option<Outcome<Seen>>,
    /// The status as the announcement left it: the base of the final one.
    announced: Option<Status>,
}

/// Runs one pass.
///
/// # Errors
/// Only Kubernetes' own; the caller tries again.
pub async fn reconcile(seen: Arc<Stack>, context: Arc<Context>) -> Result<Action, Error> {
    let stacks: Api<Stack> = Api::namespaced(context.client.clone(), seen.namespace());
    // The watch may lag behind our own last write, and a stale memory is worse than a read.
    let Some(stack) = stacks.get_opt(seen.name()).await? else {
        context.forget(seen.uid());
        return Ok(Action::await_change());
    };
    let deleting = stack.metadata.deletion_timestamp.is_some();
    let known = finalizer::is_set(&stack);
    if deleting && !known {
        context.forget(stack.uid());
        return Ok(Action::await_change());
    }
    if deleting && !stack.controls.deletion_protection && never_built(&stack.status) {
        finalizer::release(&stacks, &stack).await?;
        context.forget(stack.uid());
        return Ok(Action::await_change());
    }
    if deleting && (stack.controls.mode == Mode::Observe || orphaned(&stack)) {
        return let_go(&context, &stacks, &stack).await;
    }
    let stack = if known { stack } else { finalizer::set(&stacks, &stack).await? };
    let Some(namespace) = Api::<Namespace>::all(context.client.clone()).get_opt(stack.namespace()).await? else {
        return Ok(Action::await_change());
    };
    let findings = find(&context, &stacks, &stack, &namespace, known).await?;
    conclude(&context, &stacks, &stack, findings).await
}

/// What to do about a pass that failed: Kubernetes answers again soon, or the watch brings the change.
#[expect(clippy::needless_pass_by_value, reason = "the signature that kube's controller asks for")]
pub fn on_error(stack: Arc<Stack>, error: &Error, _: Arc<Context>) -> Action {
    tracing::warn!(namespace = stack.namespace(), name = stack.name(), error = %error.0, "pass failed");
    Action::requeue(Duration::from_secs(2))
}

/// Whether the stack never came as far as AWS: a pass wrote its status, and none wrote an account. An empty status proves nothing,
/// it may have been lost.
fn never_built(status: &Status) -> bool {
    status.observed_generation.is_some()
        && status.account_id.is_none()
        && status.resources.is_empty()
        && status.intents.is_empty()
        && status.lingering.is_empty()
}

fn orphaned(stack: &Stack) -> bool {
    stack.annotations().get(FORCE_ORPHAN).is_some_and(|uid| uid == stack.uid())
}

/// Leads the stack through the rooms as far as it can go.
async fn find(
    context: &Context,
    stacks: &Api<Stack>,
    stack: &Stack,
    namespace: &Namespace,
    known: bool,
) -> Result<Findings, Error> {
    // Remembered first: a pass that ends early must not read as one that forgot.
    let recollection = status::recall(&stack.status, known, Timestamp::now(), context.intervals.settle);
    let mut found = Findings { memory: recollection.memory, ..Findings::default() };
    let deleting = stack.metadata.deletion_timestamp.is_some();
    if deleting && stack.controls.deletion_protection {
        found.problem = Some(Problem::DeletionProtected);
        return Ok(found);
    }
    if stack.controls.suspend && !deleting {
        return Ok(found);
    }
    if !deleting {
        match declared(stack) {
            Ok(spec) => found.spec = Some(spec),
            Err(problem) => {
                found.problem = Some(problem);
                return Ok(found);
            }
        }
    }
    let users =
        |name: &str| context.stacks.state().iter().filter(|it| it.controls.identity.as_deref() == Some(name)).count();
    let resolved = match resolve(&context.client, stack, namespace, users, context.own_identity).await? {
        Ok(resolved) => resolved,
        Err(problem) => {
            found.problem = Some(problem);
            return Ok(found);
        }
    };
    let scope = match connect(context, stack, &resolved).await {
        Ok(scope) => scope,
        Err(problem) => {
            found.problem = Some(problem);
            return Ok(found);
        }
    };
    found.resolved = Some(resolved);
    found.scope = Some(Arc::clone(&scope));
    let stamp = Arc::new(stamp(context, stack, namespace, found.spec.as_ref()));

    let freshness = context.freshness(stack.uid(), requested(stack), status::at_rest(stack));
    let observation =
        observe(&scope, &stamp.owner, &recollection.expected, &brought(found.spec.as_ref()), freshness).await;
    let foreign = observation.foreign.first().map(|foreign| foreign.uid.clone());
    if let (Some(uid), false) = (foreign, deleting) {
        let ids = observation.foreign.iter().map(|foreign| foreign.id.to_string()).collect();
        found.problem = Some(Problem::ForeignIncarnation { uid, ids });
        found.observation = Some(observation);
        return Ok(found);
    }
    let desired = match &found.spec {
        None => Graph::default(),
        Some(spec) => {
            let wanted = design::wanted(spec, &[]);
            let answer = facts(&scope, &stamp.owner, &observation.view, &wanted, freshness.deep, freshness.now).await;
            match answer.map_err(unsatisfied).and_then(|facts| graph(&mut found.facts, spec, facts, &stamp)) {
                Ok(graph) => graph,
                Err(problem) => {
                    found.problem = Some(problem);
                    found.observation = Some(observation);
                    return Ok(found);
                }
            }
        }
    };
    let plan = plan(&desired, &observation.observed, &found.memory);
    let Ruling { plan, held, approval } = policy(stack, deleting).withhold(plan);
    found.held = held;
    found.observation = Some(observation);

    // What is about to be written is remembered before: creates without a token; tag keys, so that they can be removed again;
    // an approval, which holds for what is left of the plan after a crash.
    let announcements = plan.announcements();
    let tag_keys = plan.remember(&found.memory).tag_keys;
    let announced = status::announce(&stack.status, &announcements, Timestamp::now());
    let announced = Status { tag_keys: tag_keys.into_iter().collect(), approval: approval.clone(), ..announced };
    found.approval = approval;
    if announced != stack.status {
        write_status(stacks, stack, &announced, stack.metadata.resource_version.as_deref()).await?;
        found.announced = Some(announced);
    }
    let limits = engine::Limits { effects: context.effects };
    let outcome = execute(plan, &scope.ec2, &limits, || context.stopping()).await;
    if outcome.effects > 0 {
        context.wrote(stack.uid());
    }
    found.outcome = Some(outcome);
    Ok(found)
}

fn declared(stack: &Stack) -> Result<Spec, Problem> {
    if let Err(error) = &stack.spec {
        return Err(Problem::Unreadable(error.clone()));
    }
    validate(stack).map_err(Problem::Invalid)
}

async fn connect(context: &Context, stack: &Stack, resolved: &Resolved) -> Result<Arc<Scope>, Problem> {
    let scope = context.scopes.connect(&resolved.connection).await.map_err(Problem::Credentials)?;
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

fn graph(kept: &mut Option<Facts>, spec: &Spec, facts: Facts, stamp: &Arc<Stamp>) -> Result<Graph<Node>, Problem> {
    let graph = design::graph(spec, &facts, stamp).map_err(|error| Problem::Design(error.to_string()))?;
    *kept = Some(facts);
    Ok(graph)
}

fn unsatisfied(error: FactsError) -> Problem {
    match error {
        FactsError::Fault(fault) => Problem::Facts(fault),
        FactsError::Unsatisfied { field, message } => Problem::Unsatisfied { field, message },
    }
}

/// Ids that the user brings.
fn brought(spec: Option<&Spec>) -> BTreeSet<String> {
    let Some(existing) = spec.map(|spec| &spec.network.existing) else { return BTreeSet::new() };
    let lists = [
        &existing.public_subnet_ids,
        &existing.app_subnet_ids,
        &existing.ecs_subnet_ids,
        &existing.ecs_route_table_ids,
    ];
    let single = existing.vpc_id.iter().chain(&existing.endpoint_security_group_id);
    lists.into_iter().flatten().chain(single).cloned().collect()
}

fn requested(stack: &Stack) -> bool {
    let request = stack.annotations().get(RECONCILE);
    request.is_some() && request != stack.status.last_handled_reconcile_at.as_ref()
}

fn policy(stack: &Stack, deleting: bool) -> Policy {
    let controls = &stack.controls;
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

/// Writes down what the pass came to, and lets the stack go when nothing of it is left.
async fn conclude(context: &Context, stacks: &Api<Stack>, stack: &Stack, found: Findings) -> Result<Action, Error> {
    let deleting = stack.metadata.deletion_timestamp.is_some();
    let now = Timestamp::now();
    let previous = found.announced.as_ref().unwrap_or(&stack.status);
    let after = status::of(&Pass {
        stack,
        previous,
        spec: found.spec.as_ref(),
        problem: found.problem.as_ref(),
        identity: found.resolved.as_ref().and_then(|resolved| resolved.name.as_deref()),
        account: found.scope.as_ref().map(|scope| scope.account.as_str()),
        memory: &found.memory,
        outcome: found.outcome.as_ref(),
        missed: found.observation.as_ref().map(|observation| &observation.missed),
        unknown: found.observation.as_ref().map(|observation| &observation.observed.unknown),
        facts: found.facts.as_ref(),
        held: found.held.as_ref(),
        approval: found.approval.as_ref(),
        requested: stack.annotations().get(RECONCILE).map(String::as_str),
        deleting,
        settle: context.intervals.settle,
        now,
    });
    if deleting && release(context, &found, stack, now).await {
        finalizer::release(stacks, stack).await?;
        context.forget(stack.uid());
        return Ok(Action::await_change());
    }
    if status::changed(previous, &after) {
        write_status(stacks, stack, &after, None).await?;
        publish(context, stack, status::events(&stack.status, &after)).await;
    }
    Ok(Action::requeue(status::rest(&after, found.outcome.as_ref(), context.intervals.resync, now)))
}

/// Whether nothing stands in the way of letting the stack go. What it keeps is marked as kept before: a later incarnation takes
/// it over.
async fn release(context: &Context, found: &Findings, stack: &Stack, now: Timestamp) -> bool {
    let (Some(outcome), Some(scope)) = (&found.outcome, &found.scope) else { return false };
    if !status::releasable(stack, outcome, context.intervals.settle, now) {
        return false;
    }
    for other in &outcome.others {
        if let Some(live) = other.state.live()
            && let Err(fault) = scope.ec2.mark_retained(live).await
        {
            tracing::warn!(key = %other.key, %fault, "not marked as retained yet");
            return false;
        }
    }
    true
}

/// Writes the whole status by server-side apply: what is left out is removed.
///
/// With a `version`, refused if the object changed since: so that who is no longer the leader loses before its call. What a pass
/// came to is written in any case: a user's edit meanwhile must not cost the memory of what was built.
async fn write_status(stacks: &Api<Stack>, stack: &Stack, status: &Status, version: Option<&str>) -> kube::Result<()> {
    let mut metadata = json!({"name": stack.name()});
    if let Some(version) = version {
        metadata["resourceVersion"] = version.into();
    }
    let patch = json!({
        "apiVersion": FargateStack::api_version(&()),
        "kind": FargateStack::kind(&()),
        "metadata": metadata,
        "status": status,
    });
    let parameters = PatchParams::apply(FIELD_MANAGER).force();
    stacks.patch_status(stack.name(), &parameters, &Patch::Apply(patch)).await.map(drop)
}

/// Events are news for people; a lost one is no reason to fail a pass.
async fn publish(context: &Context, stack: &Stack, events: Vec<status::Event>) {
    let reference = stack.object_ref(&());
    for status::Event { warning, reason, action, note } in events {
        let type_ = if warning { EventType::Warning } else { EventType::Normal };
        let event = kube::runtime::events::Event { type_, reason, action, note: Some(note), secondary: None };
        if let Err(error) = context.recorder.publish(&event, &reference).await {
            tracing::warn!(stack = %ObjectRef::from_obj(stack), %error, "event lost");
        }
    }
}

/// Releases the finalizer and leaves everything in AWS, saying what stands.
async fn let_go(context: &Context, stacks: &Api<Stack>, stack: &Stack) -> Result<Action, Error> {
    publish(context, stack, vec![status::left_behind(stack)]).await;
    finalizer::release(stacks, stack).await?;
    context.forget(stack.uid());
    Ok(Action::await_change())
}
