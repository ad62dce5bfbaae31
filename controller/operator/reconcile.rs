//! One pass of one stack: read it, lead it through the rooms ([`super::lead`]), write down what came of it
//! ([`super::conclude`]). A pass that finds nothing wrong writes nothing, to AWS or to Kubernetes.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use kube::runtime::controller::Action;
use kube::{Api, ResourceExt as _};
use tracing::Instrument as _;

use super::conclude::{conclude, publish};
use super::context::{Context, qualified};
use super::finalizer;
use super::lead::lead;
use crate::api::manifest::Mode;
use crate::api::{Stack, Status};
use crate::status;

/// The user lets a stack whose credentials are lost go, leaving what it built; the value is its UID.
const FORCE_ORPHAN: &str = "fargatestack.dev/force-orphan";

/// A pass that Kubernetes did not let finish. What AWS says is never an error here, but a state in the status.
#[derive(Debug, thiserror::Error)]
#[error("Kubernetes refused")]
pub struct Error(#[from] kube::Error);

/// Runs one pass. Whatever is logged on the way is said of its stack, under a name of its own.
///
/// # Errors
/// Only Kubernetes' own; the caller tries again.
pub async fn reconcile(seen: Arc<Stack>, context: Arc<Context>) -> Result<Action, Error> {
    let running = context.passes.begin();
    let span = tracing::info_span!("pass", stack = %qualified(&seen), reconcileID = %context.pass_id());
    let result = pass(&seen, &context).instrument(span).await;
    running.end(&result);
    result
}

async fn pass(seen: &Stack, context: &Context) -> Result<Action, Error> {
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
        return let_go(context, &stacks, &stack).await;
    }
    let stack = if known { stack } else { finalizer::set(&stacks, &stack).await? };
    let Some(namespace) = Api::<Namespace>::all(context.client.clone()).get_opt(stack.namespace()).await? else {
        return Ok(Action::await_change());
    };
    let findings = lead(context, &stacks, &stack, &namespace, known).await?;
    conclude(context, &stacks, &stack, findings).await
}

/// What to do about a pass that failed: Kubernetes answers again soon, or the watch brings the change.
#[expect(clippy::needless_pass_by_value, reason = "the signature that kube's controller asks for")]
pub fn on_error(stack: Arc<Stack>, error: &Error, _: Arc<Context>) -> Action {
    tracing::warn!(stack = %qualified(&stack), error = %error.0, "pass failed");
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

/// Releases the finalizer and leaves everything in AWS, saying what stands.
async fn let_go(context: &Context, stacks: &Api<Stack>, stack: &Stack) -> Result<Action, Error> {
    publish(context, stack, status::left_behind(stack)).await;
    finalizer::release(stacks, stack).await?;
    context.forget(stack.uid());
    Ok(Action::await_change())
}
