//! The closed list of reasons that conditions and events carry.

use engine::Class;

/// Generates [`Reason`] with the list of all and their names.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// Why a condition is what it is. Ordered from the mildest to the worst: of several, the worst speaks for all.
        ///
        /// The names are an interface: alerts and scripts compare them, so one that was released is never renamed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(#[$doc])* $name,)+
        }

        impl Reason {
            /// Every reason, from the mildest to the worst.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name, as conditions and events carry it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }
        }
    };
}

reasons! {
    /// Everything is as declared and usable.
    Ready,
    /// No task is wanted, so that no request is served.
    ScaledToZero,
    /// The user told the controller to leave AWS alone (`spec.suspend`).
    Suspended,
    /// A difference is reported and left alone, because `spec.mode` is Observe.
    Observed,
    /// Changes wait for the annotation `fargatestack.dev/approve`, because `spec.mode` is Approve.
    AwaitingApproval,
    /// Somebody else changed something; it is left alone, because `spec.driftPolicy` is Report or because only a replacement
    /// would put it right.
    DriftReported,
    /// Blocks of the network are public address space.
    PublicAddressSpace,
    /// AWS put the VPC link to sleep, since nothing used it.
    VpcLinkInactive,
    /// A resource that holds data was found beside the one in use; it is named and left alone.
    TwinReported,
    /// It is not known whether the region's zones serve every section to come.
    ZoneSupportUnknown,
    /// A zone does not serve every section to come.
    ZoneNotSupported,
    /// Tasks can reach more than the architecture means them to.
    TasksNotIsolated,
    /// The image that runs is not in its repository any more.
    ImageGone,
    /// The image cannot be looked for; the one that was last found goes on.
    ImageNotLookedFor,
    /// Something else of the account or the region deserves attention.
    Notice,
    /// The resource stays in AWS on purpose.
    Retained,
    /// What applied before does not any more.
    Resolved,
    /// Nothing is left in AWS; looked at until AWS's lists have settled.
    Settling,
    /// Waits for other resources, which say why themselves.
    Blocked,
    /// On its way.
    Progressing,
    /// Being deleted.
    Deleting,
    /// The declared image is in no repository yet.
    ImageNotFound,
    /// Only time or a better look helps.
    Waiting,
    /// The controller's memory was lost; it is rebuilt from the marks in AWS before anything absent is created.
    MemoryLost,
    /// The account's request rate is used up.
    Throttled,
    /// AWS did not answer, or answered with an error of its own.
    Unavailable,
    /// The API stands, and does not answer as it should.
    ProbeFailed,
    /// Something stands that is not usable; it may recover by itself.
    Broken,
    /// A rollout failed, and what ran before runs on.
    RolledBack,
    /// A rollout failed.
    RolloutFailed,
    /// Someone else holds the name, the address or the slot, or changed the same thing at the same time.
    Conflict,
    /// A resource stands that does not bear the stack's tags any more; the message names it and the tags.
    Unmarked,
    /// Deletion cannot go on; the message names the blocker and the fix.
    DeletionBlocked,
    /// A quota of the account is used up.
    QuotaExceeded,
    /// AWS refuses what is declared.
    Refused,
    /// AWS refuses the identity's call.
    AccessDenied,
    /// A failure that the controller does not know, or one in which data lives.
    Failed,
    /// Deletion is refused by `spec.deletionProtection`.
    DeletionProtected,
    /// The declaration contradicts what was found in AWS.
    Unsatisfied,
    /// The declaration cannot be built.
    InvalidSpec,
    /// The declaration cannot be read: it was written for another version.
    UnreadableSpec,
    /// Resources of another incarnation stand under this stack's name.
    ForeignIncarnation,
    /// The identity leads to another account than before.
    AccountChanged,
    /// AWS did not let the controller in.
    CredentialsUnavailable,
    /// The AwsIdentity does not exist.
    IdentityNotFound,
    /// The AwsIdentity does not admit this stack.
    IdentityRefused,
}

impl Reason {
    /// The reason for what was found of account and region, by the word for it there.
    #[must_use]
    pub fn of_warning(word: &str) -> Self {
        let known = [
            Self::ZoneSupportUnknown,
            Self::ZoneNotSupported,
            Self::TasksNotIsolated,
            Self::ImageGone,
            Self::ImageNotLookedFor,
        ];
        known.into_iter().find(|reason| reason.as_str() == word).unwrap_or(Self::Notice)
    }

    /// The reason for a failed call.
    #[must_use]
    pub fn of(class: Class) -> Self {
        match class {
            Class::NotYet => Self::Waiting,
            Class::Throttled => Self::Throttled,
            Class::Transient => Self::Unavailable,
            Class::Conflict => Self::Conflict,
            Class::Quota => Self::QuotaExceeded,
            Class::Denied => Self::AccessDenied,
            Class::Invalid => Self::Refused,
            Class::Bug => Self::Failed,
        }
    }
}

/// Whether a call that failed so is repeated without anybody doing anything, and succeeds in the ordinary course of things.
#[must_use]
pub(super) fn passes(class: Class) -> bool {
    match class {
        Class::NotYet | Class::Throttled | Class::Transient => true,
        Class::Conflict | Class::Quota | Class::Denied | Class::Invalid | Class::Bug => false,
    }
}
