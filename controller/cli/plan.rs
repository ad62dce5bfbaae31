//! `fargatestack plan`: what the controller would do about a manifest.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::manifest::Manifest;
use super::{Answer, Failure, Refused, text};
use crate::api::Stack;
use crate::design::Assumption;
use crate::operator::preview::{Asked, assumed, preview};

/// As clap writes it: what is wrong with the arguments is told by the same rule.
pub(super) const DETAILED: &str = "--detailed-exitcode";

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A line a step, for people.
    Text,
    /// One object.
    Json,
}

/// What to plan, and how to say it.
#[derive(Args, Clone, Debug)]
pub struct Plan {
    #[command(flatten)]
    manifest: Manifest,
    /// Ask AWS nothing: plan from nothing, as if everything that is brought stood and the first zones of the region were taken.
    #[arg(long)]
    offline: bool,
    /// Account to assume while offline. Default: 111122223333.
    #[arg(long, requires = "offline", value_parser = account)]
    account: Option<String>,
    /// Offline, assume that the image stands in the repository that is built: the service is planned with the rest.
    #[arg(long, requires = "offline")]
    image_pushed: bool,
    /// UID of the stack, if the manifest has none: what bears it in AWS is the stack's. Without any UID the plan is one from nothing.
    #[arg(long, value_name = "UID", conflicts_with = "offline")]
    uid: Option<String>,
    /// UID of the cluster's namespace kube-system. Default: as the resources say that bear the stack's UID.
    #[arg(long, value_name = "UID", conflicts_with = "offline")]
    cluster: Option<String>,
    /// UID of the stack's namespace. Default: as the resources say that bear the stack's UID.
    #[arg(long, value_name = "UID", conflicts_with = "offline")]
    namespace_uid: Option<String>,
    /// ARN of the permissions boundary in the stack's `AwsIdentity`, which is not read.
    #[arg(long, value_name = "ARN")]
    permissions_boundary: Option<String>,
    /// Seconds that a create may take to show in AWS's lists: the controller's setting.
    #[arg(long, env = "FARGATESTACK_SETTLE_SECONDS", default_value_t = 60)]
    settle_seconds: u64,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// End with 0 if everything is as declared, with 2 if not, and with 1 on any error.
    #[arg(long)]
    detailed_exitcode: bool,
}

fn account(text: &str) -> Result<String, String> {
    let digits = text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit());
    if digits { Ok(text.to_owned()) } else { Err("an account has 12 digits".to_owned()) }
}

impl Plan {
    /// Whether the exit code tells differences.
    #[must_use]
    pub fn detailed(&self) -> bool {
        self.detailed_exitcode
    }

    /// Plans.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn answer(&self) -> Result<Answer, Failure> {
        let stack = self.known(self.manifest.read()?)?;
        let outlook =
            if self.offline { assumed(&stack, &self.assumption())? } else { preview(&stack, &self.asked()).await? };
        let text = match self.output {
            Output::Text => text::lines(&stack, &outlook, self.offline),
            Output::Json => text::json(&stack, &outlook, self.offline)?,
        };
        Ok(Answer { text, differs: !outlook.preview.lines.is_empty(), notes: outlook.notes })
    }

    /// `stack` with the UID that was asked for.
    fn known(&self, mut stack: Stack) -> Result<Stack, Refused> {
        let Some(uid) = &self.uid else { return Ok(stack) };
        if stack.metadata.uid.as_ref().is_some_and(|own| own != uid) {
            let message = format!("is {}, and --uid is {uid}: leave one of them out", stack.uid());
            return Err(self.manifest.refuse("metadata.uid", message));
        }
        stack.metadata.uid = Some(uid.clone());
        Ok(stack)
    }

    fn assumption(&self) -> Assumption {
        let default = Assumption::default();
        Assumption {
            account: self.account.clone().unwrap_or(default.account),
            image_pushed: self.image_pushed,
            permissions_boundary: self.permissions_boundary.clone(),
        }
    }

    fn asked(&self) -> Asked {
        Asked {
            cluster: self.cluster.clone(),
            namespace_uid: self.namespace_uid.clone(),
            permissions_boundary: self.permissions_boundary.clone(),
            settle: Duration::from_secs(self.settle_seconds),
        }
    }
}
