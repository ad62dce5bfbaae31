//! One effect of one step, as a future.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tracing::Instrument as _;

use crate::{Deletion, Fault, Ids, Live, Node, Step, TagChange};

/// What a step does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Create,
    Update,
    Retag,
    Delete,
}

/// How an effect ended.
pub(crate) enum Done<S> {
    Created(Result<Live<S>, Fault>),
    /// The resource as it now is, and what failed, if something did.
    Changed(Live<S>, Option<Fault>),
    Deleted(Live<S>, Result<Deletion, Fault>),
    /// The step lacks what the effect needs; nothing was called.
    Nothing,
}

/// A started effect and the step that it belongs to.
pub(crate) type InFlight<'a, S> = BoxFuture<'a, (usize, Done<S>)>;

/// Starts `effect` of `step`. Whatever is logged on the way is said of its key, with its reason.
pub(crate) fn start<'a, N: Node>(
    step: &'a Step<N>,
    index: usize,
    effect: Effect,
    cloud: &'a N::Cloud,
    ids: Arc<Ids>,
) -> InFlight<'a, N::Seen> {
    async move {
        let done = match (effect, &step.node, &step.live) {
            (Effect::Create, Some(node), _) => Done::Created(node.create(cloud, &ids, step.attempt).await),
            (Effect::Update, Some(node), Some(live)) => match node.update(cloud, live, &step.changes, &ids).await {
                Ok(live) => retag::<N>(cloud, live, &step.tags).await,
                Err(fault) => Done::Changed(live.clone(), Some(fault)),
            },
            (Effect::Retag, _, Some(live)) => retag::<N>(cloud, live.clone(), &step.tags).await,
            (Effect::Delete, _, Some(live)) => Done::Deleted(live.clone(), N::delete(cloud, live).await),
            (Effect::Create | Effect::Update, None, _) | (Effect::Update | Effect::Retag | Effect::Delete, _, None) => {
                Done::Nothing
            }
        };
        (index, done)
    }
    .instrument(tracing::info_span!("step", key = %step.key, cause = %step.reason))
    .boxed()
}

async fn retag<N: Node>(cloud: &N::Cloud, mut live: Live<N::Seen>, change: &TagChange) -> Done<N::Seen> {
    if change.is_empty() {
        return Done::Changed(live, None);
    }
    match N::retag(cloud, &live, change).await {
        Ok(()) => {
            live.tags.extend(change.set.clone());
            live.tags.retain(|name, _| !change.remove.contains(name));
            Done::Changed(live, None)
        }
        Err(fault) => Done::Changed(live, Some(fault)),
    }
}
