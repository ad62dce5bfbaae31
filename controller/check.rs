//! The command `check`.

use std::process::ExitCode;

use clap::{ArgAction, Args};
use fargatestack::operator::check;
use fargatestack::operator::rbac::NAMESPACE;

/// Where the controllers are.
#[derive(Args)]
pub struct Check {
    /// Whether the controllers elect a leader.
    #[arg(long, env = "FARGATESTACK_LEADER_ELECTION", default_value_t = true, action = ArgAction::Set)]
    leader_election: bool,
    /// Namespace of the lease.
    #[arg(long, env = "POD_NAMESPACE", default_value = NAMESPACE)]
    lease_namespace: String,
}

impl Check {
    /// Asks, and prints a line for each finding.
    pub fn run(self) -> ExitCode {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return crate::fail(&error),
        };
        let lease = self.leader_election.then_some(self.lease_namespace.as_str());
        let findings = runtime.block_on(check::check(lease));
        for check::Finding { subject, result } in &findings {
            match result {
                Ok(text) => println!("ok      {subject}: {text}"),
                Err(text) => println!("FAILED  {subject}: {text}"),
            }
        }
        if findings.iter().all(|finding| finding.result.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
