//! Starting the controller: watches, the queue, and the way out.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Namespace;
use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::{Controller, controller, watcher};
use kube::{Api, Client, ResourceExt as _};

use super::context::{Context, Intervals};
use super::probe::Tokens;
use super::reconcile::{on_error, reconcile};
use crate::api::{AwsIdentity, Stack};
use crate::aws::limits::Limits;
use crate::aws::scope::Scopes;

/// How many stacks are reconciled at the same time. A pass mostly waits for AWS; the account's rate limits, not this number,
/// hold it back.
const CONCURRENCY: u16 = 64;

/// How long changes of one stack are collected before a pass: `kubectl apply` and its echo come together.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// What an installation sets.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Intervals.
    pub intervals: Intervals,
    /// Whether stacks without an `identityRef` may act as the controller itself.
    pub own_identity: bool,
    /// Whether the account's rate limits are kept on our side.
    pub rate_limits: bool,
    /// How many AWS calls of one stack run at the same time.
    pub effects: usize,
}

/// Why the controller could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No way to the API server.
    #[error("no Kubernetes client: set KUBECONFIG or run inside a cluster")]
    Config(#[source] kube::Error),
    /// The cluster's identity could not be read.
    #[error("the namespace kube-system could not be read; its UID is part of the owner's mark in AWS")]
    Cluster(#[source] kube::Error),
}

/// Runs until a signal ends it. Passes under way finish, no new AWS call starts.
///
/// # Errors
/// [`StartError`]; once started, errors belong to single stacks.
pub async fn run(settings: Settings) -> Result<(), StartError> {
    let client = Client::try_default().await.map_err(StartError::Config)?;
    let system = Api::<Namespace>::all(client.clone()).get("kube-system").await.map_err(StartError::Cluster)?;
    let limits = if settings.rate_limits { Limits::default() } else { Limits::unlimited() };
    let stopping = Arc::new(AtomicBool::new(false));

    let controller = Controller::new(Api::<Stack>::all(client.clone()), watcher::Config::default());
    let stacks = controller.store();
    let context = Arc::new(Context {
        recorder: Recorder::new(client.clone(), Reporter { controller: "fargatestack".to_owned(), instance: None }),
        scopes: Scopes::from_environment(limits).await,
        client: client.clone(),
        stacks: stacks.clone(),
        cluster: system.uid().unwrap_or_default(),
        intervals: settings.intervals,
        own_identity: settings.own_identity,
        effects: settings.effects,
        stopping: Arc::clone(&stopping),
        written: Mutex::new(HashMap::new()),
        tokens: Tokens::default(),
    });
    tracing::info!("watching FargateStacks");
    controller
        .watches(Api::<AwsIdentity>::all(client), watcher::Config::default(), move |identity| {
            let name = identity.name_any();
            let users = stacks.state().into_iter().filter(move |stack| stack.controls.identity.as_ref() == Some(&name));
            users.map(|stack| ObjectRef::from_obj(&*stack)).collect::<Vec<_>>()
        })
        .with_config(controller::Config::default().concurrency(CONCURRENCY).debounce(DEBOUNCE))
        .graceful_shutdown_on(async move {
            ended().await;
            stopping.store(true, Ordering::Relaxed);
        })
        .run(reconcile, on_error, context)
        .for_each(|result| async move {
            match result {
                Ok((stack, action)) => tracing::debug!(%stack, ?action, "passed"),
                // A pass that failed was logged where it failed.
                Err(controller::Error::ReconcilerFailed(..) | controller::Error::ObjectNotFound(_)) => {}
                Err(error) => tracing::warn!(%error, "watch"),
            }
        })
        .await;
    Ok(())
}

/// Resolves when the process is asked to end.
async fn ended() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM is not heard");
            let _ = interrupt.await;
        }
    }
}
