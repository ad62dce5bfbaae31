//! What a pass and a preview of it have in common: from a stack and a scope to what stands, what should, and what may be done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use engine::{Graph, Id, Key, Memory, Plan, Tags, plan};
use kube::ResourceExt as _;

use super::identity::Resolved;
use super::lead::Findings;
use crate::api::{Spec, Stack, validate};
use crate::aws::facts::{FactsError, facts};
use crate::aws::observe::{Expected, Freshness, Named, Observation, observe};
use crate::aws::owner::{Home, Owner, RETAINED, Stamp};
use crate::aws::scope::{Scope, Scopes};
use crate::aws::{Node, taggable};
use crate::design::policy::{Deletion, Policy};
use crate::design::{self, Remembered};
use crate::status::{self, Problem};

/// The user approves a plan by its hash.
const APPROVE: &str = "fargatestack.dev/approve";
/// The user takes over what another incarnation, named by its UID, left.
const ADOPT_FROM: &str = "fargatestack.dev/adopt-from";

/// What `stack` declares; nothing if it is being deleted.
///
/// # Errors
/// It cannot be built, or not be deleted.
pub(super) fn declaration(stack: &Stack) -> Result<Option<Spec>, Problem> {
    if stack.metadata.deletion_timestamp.is_none() {
        return declared(stack).map(Some);
    }
    if stack.controls.deletion_protection { Err(Problem::DeletionProtected) } else { Ok(None) }
}

fn declared(stack: &Stack) -> Result<Spec, Problem> {
    if let Err(error) = &stack.spec {
        return Err(Problem::Unreadable(error.clone()));
    }
    validate(stack).map_err(Problem::Invalid)
}

/// The scope in which `stack` acts as `resolved`: always in the same account.
///
/// # Errors
/// AWS does not let us in, or into another account.
pub(super) async fn connect(scopes: &Scopes, stack: &Stack, resolved: &Resolved) -> Result<Arc<Scope>, Problem> {
    let scope = scopes.connect(&resolved.connection, Instant::now()).await.map_err(Problem::Credentials)?;
    let expected = [stack.status.account_id.as_ref(), resolved.account.as_ref()];
    match expected.into_iter().flatten().find(|account| **account != scope.account) {
        Some(expected) => Err(Problem::AccountChanged { expected: expected.clone(), actual: scope.account.clone() }),
        None => Ok(scope),
    }
}

/// The mark of everything that is built for `stack`, which lives at `home`.
pub(super) fn stamp(stack: &Stack, home: Home, spec: Option<&Spec>) -> Stamp {
    let Home { cluster, namespace_uid } = home;
    let owner = Owner {
        cluster,
        namespace_uid,
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

/// Looks at what stands, and notes it in `found`.
pub(super) async fn see(
    scope: &Scope,
    stack: &Stack,
    stamp: &Stamp,
    expected: &[Expected],
    freshness: Freshness,
    found: &mut Findings,
) {
    // A stack that goes is looked for under the names that it was declared with; where it does not say them, memory does.
    let rollout = status::rollout_open(&stack.status);
    let named = Named { rollout, ..named(declared(stack).ok().as_ref()) };
    let observation = observe(scope, &stamp.owner, expected, &named, freshness).await;
    retained(&observation, &mut found.memory);
    found.unmarked = unmarked(&observation, &found.memory, stamp);
    found.observation = Some(observation);
}

/// What should be there beside what was seen: nothing for a stack that is being deleted.
///
/// # Errors
/// Something is in the way.
pub(super) async fn desired(
    scope: &Scope,
    stack: &Stack,
    stamp: &Arc<Stamp>,
    freshness: Freshness,
    found: &mut Findings,
) -> Result<Graph<Node>, Problem> {
    let (Some(spec), Some(observation)) = (&found.spec, &found.observation) else { return Ok(Graph::default()) };
    if let Some(uid) = observation.foreign.first().map(|foreign| foreign.uid.clone()) {
        let ids = observation.foreign.iter().map(|foreign| foreign.id.to_string()).collect();
        return Err(Problem::ForeignIncarnation { uid, ids });
    }
    let remembered = Remembered {
        zones: stack.status.zones.clone(),
        image: status::last_image(&stack.status),
        failed_rollout: status::failed_rollout(stack),
    };
    let boundary = found.resolved.as_ref().and_then(|resolved| resolved.permissions_boundary.clone());
    let wanted = design::wanted(spec, remembered, boundary);
    let facts = facts(scope, &stamp.owner, &observation.view, &wanted, freshness.deep, freshness.now)
        .await
        .map_err(unsatisfied)?;
    let graph = design::graph(spec, &facts, stamp).map_err(|error| Problem::Design(error.to_string()))?;
    found.facts = Some(facts);
    Ok(graph)
}

/// Plans the way from what was seen to `desired`, given the keys whose replacement is approved.
pub(super) fn planner<'a>(
    desired: &'a Graph<Node>,
    observation: &'a Observation,
    memory: &'a Memory,
) -> impl Fn(BTreeSet<Key>) -> Plan<Node> + use<'a> {
    move |approved| plan(desired, &observation.observed, &Memory { approved, ..memory.clone() })
}

/// How `stack` is steered.
pub(super) fn policy(stack: &Stack) -> Policy {
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
        applied_generation: stack.status.applied_generation,
        approve: stack.annotations().get(APPROVE).cloned(),
        approval: stack.status.approval.clone(),
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
    Named { brought, chosen: design::chosen(spec), user_pool: design::user_pool(spec), ..Named::default() }
}
