//! The command line: the controller, commands for people, and what is generated from the code.

mod check;
mod start;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use fargatestack::operator::iam;
use fargatestack::operator::logging::{self, Format};
use fargatestack::{api, cli, operator};

/// Runs the ECS Fargate architecture as one Kubernetes object, a `FargateStack`.
///
/// `controller` is what runs in a cluster. `plan` and `graph` say what it would do and build, and change nothing. The others print what an
/// installation needs.
#[derive(Parser)]
#[command(version)]
struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Watches `FargateStacks` and reconciles AWS.
    Controller(start::Controller),
    /// Says whether what the controller needs is there: definitions, a leader, an AWS identity.
    Check(check::Check),
    /// Prints what the controller would do about a manifest. Changes nothing.
    ///
    /// Looks at AWS with your own credentials, as any AWS tool finds them (`AWS_PROFILE`, `AWS_ENDPOINT_URL` and so on), and plans as the
    /// controller does: for a manifest as you write it from nothing, for an object as `kubectl get -o yaml` prints it from what that
    /// knows. A line a step, then the hash under which the plan is approved in the mode Approve.
    ///
    /// A manifest is refused for what the API server and the controller would refuse, but for changes of what cannot change: those only
    /// the server sees (`kubectl apply --dry-run=server`).
    ///
    /// Ends with 0 whatever the plan, with 2 if the manifest is refused, with 1 on any other error.
    Plan(cli::plan::Plan),
    /// Prints the architecture that a manifest declares as a picture. Asks nobody.
    Graph(cli::graph::Graph),
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

fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => return cli::usage(&error),
    };
    match command.what {
        What::Controller(controller) => controller.start(),
        What::Check(check) => check.run(),
        What::Plan(plan) => look(&plan),
        What::Graph(graph) => cli::say(&graph.answer(), false),
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

fn look(plan: &cli::plan::Plan) -> ExitCode {
    logging::init(Format::Text, "error");
    match start::runtime() {
        Ok(runtime) => cli::say(&runtime.block_on(plan.answer()), plan.detailed()),
        Err(error) => fail(&error),
    }
}

/// Says what went wrong, with its causes.
fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("error: {}", engine::told(error));
    ExitCode::FAILURE
}
