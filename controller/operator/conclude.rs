//! After the rooms: the status, its events, and letting go of a stack of which nothing is left.

use std::time::Duration;

use engine::{Fault, Live};
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::runtime::controller::Action;
use kube::runtime::events::EventType;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Resource as _, ResourceExt as _};
use serde_json::json;
use tracing::Instrument as _;

use super::context::Context;
use super::exports::export;
use super::finalizer;
use super::lead::{Findings, RECONCILE};
use super::probe::{Login, probe};
use super::reconcile::Error;
use crate::api::manifest::{FargateStack, Mode};
use crate::api::{Stack, Status};
use crate::aws::scope::Scope;
use crate::aws::{self, Seen};
use crate::status::{self, DueClient, Pass, Unexported};

/// Longest pause while a Secret could not be written: nobody tells the controller when somebody else's is gone.
const UNEXPORTED: Duration = Duration::from_secs(30);

/// The manager of every field that the controller writes.
pub(super) const FIELD_MANAGER: &str = "fargatestack";

/// Writes down what the pass came to, and lets the stack go when nothing of it is left. Who was deposed meanwhile writes nothing:
/// the memory is its successor's.
///
/// # Errors
/// Kubernetes' own.
pub(super) async fn conclude(
    context: &Context,
    stacks: &Api<Stack>,
    stack: &Stack,
    found: Findings,
) -> Result<Action, Error> {
    if context.deposed() {
        return Ok(Action::await_change());
    }
    let deleting = stack.metadata.deletion_timestamp.is_some();
    let now = Timestamp::now();
    let previous = found.announced.as_ref().unwrap_or(&stack.status);
    let unexported = written_down(context, stack, &found).await;
    let pass = Pass {
        stack,
        previous,
        spec: found.spec.as_ref(),
        problem: found.problem.as_ref(),
        identity: found.resolved.as_ref().and_then(|resolved| resolved.name.as_deref()),
        account: found.scope.as_ref().map(|scope| scope.account.as_str()),
        memory: &found.memory,
        outcome: found.outcome.as_ref(),
        missed: found.observation.as_ref().map(|observation| &observation.missed),
        unmarked: &found.unmarked,
        unknown: found.observation.as_ref().map(|observation| &observation.observed.unknown),
        facts: found.facts.as_ref(),
        unexported: &unexported,
        probed: None,
        held: found.held.as_ref(),
        approval: found.approval.as_ref(),
        requested: stack.annotations().get(RECONCILE).map(String::as_str),
        deleting,
        settle: context.intervals.settle,
        now,
    };
    let mut after = status::of(&pass);
    if let Some(due) = status::probe_due(&pass, &after) {
        let login = due.client.and_then(|client| login(&found, client));
        let probed = probe(&context.tokens, stack.uid(), &due, login.as_ref()).await;
        after = status::of(&Pass { probed: Some(&probed), ..pass });
    }
    if deleting && release(context, &found, stack, now).await {
        context.left(stack);
        finalizer::release(stacks, stack).await?;
        context.forget(stack.uid());
        return Ok(Action::await_change());
    }
    if status::changed(previous, &after) {
        write_status(stacks, stack, &after, None).await?;
        publish(context, stack, status::events(&stack.status, &after)).await;
    }
    let rest = status::rest(&after, found.outcome.as_ref(), context.intervals.resync, now);
    Ok(Action::requeue(if unexported.is_empty() { rest } else { rest.min(UNEXPORTED) }))
}

/// Writes the credentials that AWS made into Secrets; none for a stack that goes or is only observed.
async fn written_down(context: &Context, stack: &Stack, found: &Findings) -> Vec<Unexported> {
    let silent = stack.metadata.deletion_timestamp.is_some() || stack.controls.mode == Mode::Observe;
    match &found.outcome {
        Some(outcome) if !silent => export(&context.client, stack, &status::exports(stack.name(), outcome)).await,
        Some(_) | None => Vec::new(),
    }
}

/// With what the probe's client obtains a token; `None` if the client was not seen.
fn login(found: &Findings, client: DueClient<'_>) -> Option<Login> {
    let credentials = status::credentials(found.outcome.as_ref()?, client.name)?;
    Some(Login { issuer: found.scope.as_ref()?.issuer(client.issuer), credentials })
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
            && let Err(fault) = mark_retained(scope, live).await
        {
            tracing::warn!(key = %other.key, %fault, "not marked as retained yet");
            return false;
        }
    }
    true
}

async fn mark_retained(scope: &Scope, live: &Live<Seen>) -> Result<(), Fault> {
    let span = tracing::info_span!("step", key = %live.key, cause = "kept by a stack that goes");
    aws::mark_retained(&scope.cloud, live).instrument(span).await
}

/// Writes the whole status by server-side apply: what is left out is removed.
///
/// With a `version`, refused if the object changed since: so that who is no longer the leader loses before its call. What a pass
/// came to is written in any case: a user's edit meanwhile must not cost the memory of what was built.
pub(super) async fn write_status(
    stacks: &Api<Stack>,
    stack: &Stack,
    status: &Status,
    version: Option<&str>,
) -> kube::Result<()> {
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
pub(super) async fn publish(context: &Context, stack: &Stack, events: Vec<status::Event>) {
    let reference = stack.object_ref(&());
    for status::Event { warning, reason, action, note } in events {
        let type_ = if warning { EventType::Warning } else { EventType::Normal };
        let event = kube::runtime::events::Event { type_, reason, action, note: Some(note), secondary: None };
        if let Err(error) = context.recorder.publish(&event, &reference).await {
            tracing::warn!(stack = %ObjectRef::from_obj(stack), %error, "event lost");
        }
    }
}
