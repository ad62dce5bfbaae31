//! The process: probes and metrics from the start, passes only as long as it leads, and the way out.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, Shared, pending};
use futures::{FutureExt as _, StreamExt as _};
use hyper::StatusCode;
use k8s_openapi::api::core::v1::Namespace;
use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::{Controller, controller, watcher};
use kube::{Api, Client, ResourceExt as _};
use prometheus_client::encoding::prometheus_text::CONTENT_TYPE;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use super::context::{Context, Intervals};
use super::election::{Election, Electoral, Term};
use super::health::Health;
use super::lease::Loss;
use super::metrics::Metrics;
use super::probe::Tokens;
use super::reconcile::{on_error, reconcile};
use super::serve::{Answer, Unavailable, listen, serve};
use crate::api::{AwsIdentity, Stack};
use crate::aws::limits::Limits;
use crate::aws::scope::Scopes;

/// How many stacks are reconciled at the same time. A pass mostly waits for AWS; the account's rate limits, not this number,
/// hold it back.
pub(super) const CONCURRENCY: u16 = 64;

/// How long changes of one stack are collected before a pass: `kubectl apply` and its echo come together.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// What an installation sets.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Intervals.
    pub intervals: Intervals,
    /// Whether stacks without an `identityRef` may act as the controller itself.
    pub own_identity: bool,
    /// Whether the account's rate limits are kept on our side.
    pub rate_limits: bool,
    /// How many AWS calls of one stack run at the same time.
    pub effects: usize,
    /// The election that this process stands for; without one it is the only one.
    pub election: Option<Electoral>,
    /// This process, among all that ever ran.
    pub instance: String,
    /// Where metrics are served.
    pub metrics: SocketAddr,
    /// Where probes are answered.
    pub health: SocketAddr,
    /// How long passes under way may take to finish when the process is asked to end.
    pub shutdown: Duration,
}

/// Why the controller could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The intervals of the election contradict each other.
    #[error("leader election: {0}")]
    Timing(String),
    /// An address is taken.
    #[error(transparent)]
    Address(#[from] Unavailable),
    /// Signals cannot be heard.
    #[error("SIGTERM is not heard")]
    Signal(#[source] std::io::Error),
    /// No way to the API server.
    #[error("no Kubernetes client: set KUBECONFIG or run inside a cluster")]
    Config(#[source] kube::Error),
    /// The cluster's identity could not be read.
    #[error("the namespace kube-system could not be read; its UID is part of the owner's mark in AWS")]
    Cluster(#[source] kube::Error),
    /// Another one leads, or may.
    #[error("leadership is lost")]
    Lost(#[source] Loss),
    /// The watches ended by themselves.
    #[error("the watches ended")]
    Ended,
}

/// Resolves when the process is asked to end.
type Asked = Shared<BoxFuture<'static, ()>>;

/// What the parts of the process share.
struct Process {
    settings: Settings,
    asked: Asked,
    term: Arc<Term>,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
}

/// Runs until a signal ends it. Then no new AWS call starts, passes under way finish within bounds, and the lease is released.
///
/// # Errors
/// [`RunError`]. Once started, errors belong to single stacks, but for the loss of leadership: after that nothing is written any
/// more, and the process has to end.
pub async fn run(settings: Settings) -> Result<(), RunError> {
    if let Some(election) = &settings.election {
        election.timing.check().map_err(RunError::Timing)?;
    }
    let term = Arc::new(if settings.election.is_some() { Term::elected() } else { Term::unlimited() });
    let metrics = Arc::new(Metrics::new(Arc::clone(&term)));
    let health = Arc::new(Health::new(Instant::now()));
    let process = Process { settings, asked: asked_to_end()?, term, metrics, health };
    // They end with this function.
    let _servers = process.serve().await?;
    tokio::select! {
        result = process.until_asked() => result,
        never = process.health.beats() => match never {},
    }
}

impl Process {
    /// Serves metrics and probes for as long as what it returns is kept.
    async fn serve(&self) -> Result<JoinSet<()>, Unavailable> {
        let mut servers = JoinSet::new();
        let metrics = Arc::clone(&self.metrics);
        servers.spawn(serve(listen("--metrics-address", self.settings.metrics).await?, move |path| {
            (path == "/metrics").then(|| match metrics.text() {
                Ok(body) => Answer { status: StatusCode::OK, content_type: CONTENT_TYPE, body },
                Err(error) => Answer::text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
            })
        }));
        let health = Arc::clone(&self.health);
        servers.spawn(serve(listen("--health-address", self.settings.health).await?, move |path| {
            health.answer(path, Instant::now())
        }));
        Ok(servers)
    }

    async fn until_asked(&self) -> Result<(), RunError> {
        let (client, cluster) = tokio::select! {
            reached = reach() => reached?,
            () = self.asked.clone() => return Ok(()),
        };
        self.health.set_ready(true);
        let stands =
            |electoral| Election::new(client.clone(), electoral, &self.settings.instance, Arc::clone(&self.term));
        let mut election = self.settings.election.as_ref().map(stands);
        let led = tokio::select! {
            () = won(election.as_mut()) => self.lead(client, cluster, election.as_mut()).await,
            () = self.asked.clone() => Ok(()),
        };
        self.health.set_ready(false);
        if let (Some(election), Ok(())) = (election, &led) {
            election.resign().await;
        }
        led
    }

    /// Reconciles for as long as this process leads and is not asked to end.
    async fn lead(&self, client: Client, cluster: String, election: Option<&mut Election>) -> Result<(), RunError> {
        let stopping = Arc::new(AtomicBool::new(false));
        let overdue = async {
            self.asked.clone().await;
            tokio::time::sleep(self.settings.shutdown).await;
        };
        tokio::select! {
            () = self.passes(client, cluster, &stopping) => {}
            () = overdue => tracing::warn!("passes under way did not finish in time: they are dropped"),
            loss = lost(election) => {
                stopping.store(true, Ordering::Relaxed);
                return Err(RunError::Lost(loss));
            }
        }
        if self.asked.peek().is_some() { Ok(()) } else { Err(RunError::Ended) }
    }

    /// Watches stacks and reconciles them until it is asked to end and every pass is over.
    async fn passes(&self, client: Client, cluster: String, stopping: &Arc<AtomicBool>) {
        let controller = Controller::new(Api::<Stack>::all(client.clone()), watcher::Config::default());
        let stacks = controller.store();
        let context = Arc::new(self.context(client.clone(), cluster, stacks.clone(), stopping).await);
        self.metrics.watch(Arc::clone(&context));
        tracing::info!("watching FargateStacks");
        let (asked, stopping) = (self.asked.clone(), Arc::clone(stopping));
        controller
            .watches(Api::<AwsIdentity>::all(client), watcher::Config::default(), move |identity| {
                let name = identity.name_any();
                let users = stacks.state().into_iter().filter(move |it| it.controls.identity.as_ref() == Some(&name));
                users.map(|stack| ObjectRef::from_obj(&*stack)).collect::<Vec<_>>()
            })
            .with_config(controller::Config::default().concurrency(CONCURRENCY).debounce(DEBOUNCE))
            .graceful_shutdown_on(async move {
                asked.await;
                stopping.store(true, Ordering::Relaxed);
                tracing::info!("asked to end: no new step starts, passes under way finish");
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
    }

    async fn context(
        &self,
        client: Client,
        cluster: String,
        stacks: Store<Stack>,
        stopping: &Arc<AtomicBool>,
    ) -> Context {
        let Settings { intervals, own_identity, rate_limits, effects, instance, .. } = self.settings.clone();
        let limits = if rate_limits { Limits::default() } else { Limits::unlimited() };
        Context {
            recorder: Recorder::new(client.clone(), Reporter { controller: "fargatestack".to_owned(), instance: None }),
            scopes: Scopes::from_environment(limits, self.metrics.meter.clone()).await,
            client,
            stacks,
            cluster,
            intervals,
            own_identity,
            effects,
            stopping: Arc::clone(stopping),
            term: Arc::clone(&self.term),
            passes: self.metrics.passes.clone(),
            instance,
            begun: AtomicU64::new(0),
            written: Mutex::new(HashMap::new()),
            tokens: Tokens::default(),
        }
    }
}

/// A way to the API server, and the cluster's identity.
async fn reach() -> Result<(Client, String), RunError> {
    let client = Client::try_default().await.map_err(RunError::Config)?;
    let system = Api::<Namespace>::all(client.clone()).get("kube-system").await.map_err(RunError::Cluster)?;
    Ok((client, system.uid().unwrap_or_default()))
}

async fn won(election: Option<&mut Election>) {
    if let Some(election) = election {
        election.won().await;
    }
}

async fn lost(election: Option<&mut Election>) -> Loss {
    match election {
        Some(election) => election.lost().await,
        None => pending().await,
    }
}

/// Resolves, for everyone who waits for it, when SIGTERM or SIGINT comes. Both are heard from now on.
fn asked_to_end() -> Result<Asked, RunError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(RunError::Signal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(RunError::Signal)?;
    let asked = async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    };
    Ok(asked.boxed().shared())
}
