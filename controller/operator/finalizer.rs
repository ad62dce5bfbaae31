//! Our finalizer: while it stands, the stack's resources are ours to remove.

use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::api::Stack;

/// Set before the first AWS call, released only when nothing is left that was not to be kept.
pub const FINALIZER: &str = "fargatestack.dev/cleanup";

/// Whether our finalizer is set.
#[must_use]
pub fn is_set(stack: &Stack) -> bool {
    stack.metadata.finalizers.iter().flatten().any(|finalizer| finalizer == FINALIZER)
}

/// Sets our finalizer and leaves the others.
///
/// # Errors
/// Any error of the API server; a conflict if the object changed since it was read.
pub async fn set(stacks: &Api<Stack>, stack: &Stack) -> kube::Result<Stack> {
    let kept = stack.metadata.finalizers.iter().flatten().cloned();
    write(stacks, stack, kept.chain([FINALIZER.to_owned()]).collect()).await
}

/// Takes our finalizer away and leaves the others: the object may be gone when this returns.
///
/// # Errors
/// Any error of the API server; a conflict if the object changed since it was read.
pub async fn release(stacks: &Api<Stack>, stack: &Stack) -> kube::Result<()> {
    let kept = stack.metadata.finalizers.iter().flatten().filter(|finalizer| *finalizer != FINALIZER);
    write(stacks, stack, kept.cloned().collect()).await.map(drop)
}

async fn write(stacks: &Api<Stack>, stack: &Stack, finalizers: Vec<String>) -> kube::Result<Stack> {
    // The resource version makes a lost update impossible: the list is replaced as a whole.
    let patch = json!({"metadata": {"finalizers": finalizers, "resourceVersion": stack.metadata.resource_version}});
    stacks.patch(stack.name(), &PatchParams::default(), &Patch::Merge(patch)).await
}
