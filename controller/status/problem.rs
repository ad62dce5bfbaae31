//! Why a pass ended before anything could be planned.

use engine::Fault;

use super::reasons::{Reason, passes};
use super::wording::{clip, told};
use crate::api::{Invalid, ParseError};

/// What kept a pass from planning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The declaration cannot be read.
    Unreadable(ParseError),
    /// Fields that cannot be built, at least one.
    Invalid(Vec<Invalid>),
    /// The AwsIdentity of this name does not exist.
    IdentityMissing(String),
    /// The identity does not admit this stack; why, and what to do.
    IdentityRefused(String),
    /// AWS did not let us in.
    Credentials(Fault),
    /// The identity leads to another account than it did or should.
    AccountChanged {
        /// Where it has to lead.
        expected: String,
        /// Where it leads.
        actual: String,
    },
    /// Resources of another incarnation stand under this stack's name.
    ForeignIncarnation {
        /// UID of that incarnation.
        uid: String,
        /// Its resources.
        ids: Vec<String>,
    },
    /// What was found in AWS does not allow what is declared.
    Unsatisfied {
        /// Path of the field.
        field: String,
        /// What is wrong, and what to do.
        message: String,
    },
    /// What must be known of account and region could not be read.
    Facts(Fault),
    /// No graph could be built of the declaration: a defect of the controller.
    Design(String),
    /// The stack is being deleted and protected against it.
    DeletionProtected,
}

impl Problem {
    /// Its reason.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Unreadable(_) => Reason::UnreadableSpec,
            Self::Invalid(_) => Reason::InvalidSpec,
            Self::IdentityMissing(_) => Reason::IdentityNotFound,
            Self::IdentityRefused(_) => Reason::IdentityRefused,
            Self::Credentials(_) => Reason::CredentialsUnavailable,
            Self::AccountChanged { .. } => Reason::AccountChanged,
            Self::ForeignIncarnation { .. } => Reason::ForeignIncarnation,
            Self::Unsatisfied { .. } => Reason::Unsatisfied,
            Self::Facts(fault) => Reason::of(fault.class),
            Self::Design(_) => Reason::Failed,
            Self::DeletionProtected => Reason::DeletionProtected,
        }
    }

    /// What is wrong and what to do about it, for people. Free of times.
    #[must_use]
    pub fn message(&self) -> String {
        let message = match self {
            Self::Unreadable(error) => {
                format!(
                    "{error}: the declaration was written for another version of the controller, or by hand: correct it"
                )
            }
            Self::Invalid(findings) => findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            Self::IdentityMissing(name) => {
                format!("spec.identityRef.name: there is no AwsIdentity {name}: create it, or name another one")
            }
            Self::IdentityRefused(why) => why.clone(),
            Self::Credentials(fault) => format!("AWS did not let the controller in: {}", told(fault)),
            Self::AccountChanged { expected, actual } => format!(
                "the identity leads to account {actual}, but the stack belongs to account {expected}: let the identity lead \
                 there again, or delete the stack and create it anew"
            ),
            Self::ForeignIncarnation { uid, ids } => foreign(uid, ids),
            Self::Unsatisfied { field, message } => format!("{field}: {message}"),
            Self::Facts(fault) => format!("account and region could not be read: {}", told(fault)),
            Self::Design(defect) => format!("a defect of the controller, please report it: {defect}"),
            Self::DeletionProtected => {
                "deletion is protected: set spec.deletionProtection to false to delete the stack".to_owned()
            }
        };
        clip(&message)
    }

    /// Whether it goes away without anybody doing anything, in the ordinary course of things.
    #[must_use]
    pub(super) fn passes(&self) -> bool {
        match self {
            Self::Credentials(fault) | Self::Facts(fault) => passes(fault.class),
            Self::Unreadable(_)
            | Self::Invalid(_)
            | Self::IdentityMissing(_)
            | Self::IdentityRefused(_)
            | Self::AccountChanged { .. }
            | Self::ForeignIncarnation { .. }
            | Self::Unsatisfied { .. }
            | Self::Design(_)
            | Self::DeletionProtected => false,
        }
    }

    /// Whether it is about who the stack acts as; `None` if that was not looked at.
    #[must_use]
    pub(super) fn of_credentials(&self) -> Option<bool> {
        match self {
            Self::IdentityMissing(_)
            | Self::IdentityRefused(_)
            | Self::Credentials(_)
            | Self::AccountChanged { .. } => Some(true),
            Self::ForeignIncarnation { .. } | Self::Unsatisfied { .. } | Self::Facts(_) | Self::Design(_) => {
                Some(false)
            }
            Self::Unreadable(_) | Self::Invalid(_) | Self::DeletionProtected => None,
        }
    }
}

/// How many foreign ids are named.
const NAMED: usize = 5;

fn foreign(uid: &str, ids: &[String]) -> String {
    let mut sorted: Vec<&str> = ids.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let more = sorted.len().saturating_sub(NAMED);
    sorted.truncate(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "resources of another incarnation of this stack ({uid}) stand in AWS: {}{more}; nothing is created beside them: set the \
         annotation fargatestack.dev/adopt-from={uid} to take them over, or remove them",
        sorted.join(", ")
    )
}
