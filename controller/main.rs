//! The command line: the controller, and what is generated from the code.

use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand};
use fargatestack::operator::context::Intervals;
use fargatestack::operator::iam;
use fargatestack::operator::run::{Settings, run};
use fargatestack::{api, operator};
use tracing_subscriber::EnvFilter;

/// Stack of a worker thread. A pass is one large future: a debug build needs more than tokio's 2 MiB for it.
const STACK_SIZE: usize = 8 * 1024 * 1024;

/// Runs the ECS Fargate architecture as one Kubernetes object.
#[derive(Parser)]
#[command(version)]
struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Watches `FargateStacks` and reconciles AWS.
    Controller(Controller),
    /// Prints the custom resource definitions.
    Crds,
    /// Prints the namespace, service account and role of the controller.
    Rbac,
    /// Prints the IAM policies of what the controller does in AWS, as one JSON object by name.
    IamPolicy(IamPolicy),
}

#[derive(Args)]
struct IamPolicy {
    /// Print this policy alone: network, service or entrance.
    #[arg(long)]
    part: Option<String>,
    /// The AWS partition: aws, aws-cn or aws-us-gov.
    #[arg(long, default_value = "aws")]
    partition: String,
    /// UID of the cluster's namespace kube-system: nothing that bears another cluster's mark may be changed. Default: any mark.
    #[arg(long)]
    cluster: Option<String>,
}

#[derive(Args)]
struct Controller {
    /// Seconds after which a stack at rest looks at AWS again.
    #[arg(long, env = "FARGATESTACK_RESYNC_SECONDS", default_value_t = 300)]
    resync_seconds: u64,
    /// Seconds after which what AWS answers only one by one is asked again.
    #[arg(long, env = "FARGATESTACK_DEEP_RESYNC_SECONDS", default_value_t = 1800)]
    deep_resync_seconds: u64,
    /// Seconds that a create may take to show in AWS's lists. Above the time-out of a call, 30 s, in production.
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
    /// Log as JSON, one object a line.
    #[arg(long, env = "FARGATESTACK_LOG_JSON", default_value_t = false, action = ArgAction::Set)]
    log_json: bool,
}

fn main() -> ExitCode {
    match Command::parse().what {
        What::Controller(controller) => start(&controller),
        What::Crds => print(
            api::crds()
                .iter()
                .map(|(_, crd)| api::to_yaml(crd))
                .collect::<Result<Vec<_>, _>>()
                .map(|it| it.join("---\n")),
        ),
        What::Rbac => print(operator::rbac::manifest()),
        What::IamPolicy(wanted) => iam_policy(wanted),
    }
}

fn iam_policy(IamPolicy { part, partition, cluster }: IamPolicy) -> ExitCode {
    let installation = iam::Installation { partition, cluster };
    let policy = match &part {
        Some(part) => iam::policy(part, &installation),
        None => Some(iam::policies(&installation)),
    };
    let Some(policy) = policy else {
        eprintln!("error: --part: there is no such policy: name one of {}", iam::parts().join(", "));
        return ExitCode::FAILURE;
    };
    print(serde_json::to_string_pretty(&policy).map(|text| text + "\n"))
}

fn print(text: Result<String, impl std::error::Error>) -> ExitCode {
    match text {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

fn start(controller: &Controller) -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if controller.log_json {
        log.json().init();
    } else {
        log.init();
    }
    let settings = Settings {
        intervals: Intervals {
            resync: Duration::from_secs(controller.resync_seconds),
            deep: Duration::from_secs(controller.deep_resync_seconds),
            settle: Duration::from_secs(controller.settle_seconds),
        },
        own_identity: controller.own_identity,
        rate_limits: controller.rate_limits,
        effects: usize::from(controller.calls_per_stack),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK_SIZE).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(run(settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Says what went wrong, with its causes.
fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprint!("error: {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        eprint!(": {inner}");
        cause = inner.source();
    }
    eprintln!();
    ExitCode::FAILURE
}
