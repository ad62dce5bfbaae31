//! The command `controller`: its settings, its log, its runtime.

use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};
use engine::told;
use fargatestack::operator::context::Intervals;
use fargatestack::operator::election::Electoral;
use fargatestack::operator::lease::Timing;
use fargatestack::operator::logging::{self, Format};
use fargatestack::operator::rbac::NAMESPACE;
use fargatestack::operator::run::{Settings, run};

/// Stack of a worker thread. A pass is one large future: a debug build needs more than tokio's 2 MiB for it.
const STACK_SIZE: usize = 8 * 1024 * 1024;

#[derive(Args)]
pub struct Controller {
    /// Seconds after which a stack at rest looks at AWS again.
    #[arg(long, env = "FARGATESTACK_RESYNC_SECONDS", default_value_t = 300)]
    resync_seconds: u64,
    /// Seconds after which what AWS answers only one by one is asked again.
    #[arg(long, env = "FARGATESTACK_DEEP_RESYNC_SECONDS", default_value_t = 1800)]
    deep_resync_seconds: u64,
    /// Seconds that a create may take to show in AWS's lists. In production above the lease's duration and the time-out of a call,
    /// 30 s, together.
    #[arg(long, env = "FARGATESTACK_SETTLE_SECONDS", default_value_t = 60)]
    settle_seconds: u64,
    /// Keep to the account's API rate limits on our side.
    #[arg(long, env = "FARGATESTACK_RATE_LIMITS", default_value_t = true, action = ArgAction::Set)]
    rate_limits: bool,
    /// How many AWS calls that change something one stack has under way at the same time.
    #[arg(long, env = "FARGATESTACK_CALLS_PER_STACK", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    calls_per_stack: u16,
    /// Let stacks without an identityRef act with the controller's own AWS identity.
    #[arg(long, env = "FARGATESTACK_OWN_IDENTITY", default_value_t = true, action = ArgAction::Set)]
    own_identity: bool,
    #[command(flatten)]
    election: Election,
    /// Seconds that passes under way get to finish when the process is asked to end. The pod's grace period must be longer by 10.
    #[arg(long, env = "FARGATESTACK_SHUTDOWN_SECONDS", default_value_t = 20)]
    shutdown_seconds: u64,
    /// Where /metrics is served, without encryption or sign-in; port 0: any.
    #[arg(long, env = "FARGATESTACK_METRICS_ADDRESS", default_value = "0.0.0.0:8080")]
    metrics_address: SocketAddr,
    /// Where /healthz and /readyz are served; port 0: any.
    #[arg(long, env = "FARGATESTACK_HEALTH_ADDRESS", default_value = "0.0.0.0:8081")]
    health_address: SocketAddr,
    /// Log as text, or as JSON, one object a line. Default: text on a terminal, else json.
    #[arg(long, env = "FARGATESTACK_LOG_FORMAT")]
    log_format: Option<LogFormat>,
}

/// Who of several replicas acts.
#[derive(Args)]
struct Election {
    /// Act only while holding the lease. Without it, a second controller must never run.
    #[arg(id = "leader_election", long = "leader-election", env = "FARGATESTACK_LEADER_ELECTION", default_value_t = true, action = ArgAction::Set)]
    elects: bool,
    /// Namespace of the lease. Default: that of the pod.
    #[arg(long, env = "FARGATESTACK_LEASE_NAMESPACE")]
    lease_namespace: Option<String>,
    /// Seconds after its last renewal after which others may take the lease.
    #[arg(long, env = "FARGATESTACK_LEASE_DURATION_SECONDS", default_value_t = 15)]
    lease_duration_seconds: u64,
    /// Seconds after its last renewal after which a leader gives up.
    #[arg(long, env = "FARGATESTACK_LEASE_RENEW_DEADLINE_SECONDS", default_value_t = 10)]
    lease_renew_deadline_seconds: u64,
    /// Seconds between two tries to take or renew the lease.
    #[arg(long, env = "FARGATESTACK_LEASE_RETRY_SECONDS", default_value_t = 2)]
    lease_retry_seconds: u64,
    /// Name of the pod: what the lease and log lines call this process begins with it.
    #[arg(long, env = "POD_NAME", default_value = "fargatestack")]
    pod_name: String,
    /// Namespace of the pod.
    #[arg(long, env = "POD_NAMESPACE", default_value = NAMESPACE)]
    pod_namespace: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

impl Controller {
    /// Runs the controller.
    pub fn start(self) -> ExitCode {
        let format = match self.log_format {
            Some(LogFormat::Text) => Format::Text,
            Some(LogFormat::Json) => Format::Json,
            None => Format::for_reader(),
        };
        logging::init(format, logging::CONTROLLER);
        let settings = self.settings();
        let ended = match runtime() {
            Ok(runtime) => runtime.block_on(run(settings)).map_err(|error| told(&error)),
            Err(error) => Err(told(&error)),
        };
        match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tracing::error!(error, "the controller ends");
                ExitCode::FAILURE
            }
        }
    }

    fn settings(self) -> Settings {
        let seconds = Duration::from_secs;
        let election = self.election;
        let timing = Timing {
            duration: seconds(election.lease_duration_seconds),
            deadline: seconds(election.lease_renew_deadline_seconds),
            retry: seconds(election.lease_retry_seconds),
        };
        let namespace = election.lease_namespace.unwrap_or(election.pod_namespace);
        Settings {
            intervals: Intervals {
                resync: seconds(self.resync_seconds),
                deep: seconds(self.deep_resync_seconds),
                settle: seconds(self.settle_seconds),
            },
            own_identity: self.own_identity,
            rate_limits: self.rate_limits,
            effects: usize::from(self.calls_per_stack),
            election: election.elects.then_some(Electoral { namespace, timing }),
            instance: instance(&election.pod_name),
            metrics: self.metrics_address,
            health: self.health_address,
            shutdown: seconds(self.shutdown_seconds),
        }
    }
}

/// What commands run on that ask anybody.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK_SIZE).enable_all().build()
}

/// A name that no other process has, not even an earlier one of the same pod.
fn instance(pod: &str) -> String {
    // The standard library seeds it from the operating system's randomness.
    format!("{pod}_{:016x}", RandomState::new().hash_one(std::process::id()))
}
