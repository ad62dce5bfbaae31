//! The rules that the planner keeps, by name, so that a test can break one at a time.

/// A rule of the planner. Each is asked for where it is kept, so that it can be broken there: a planner without it is a mutant
/// that `tests/property.rs` must catch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A remembered id that a list omits is unseen, not gone: its key waits.
    UnseenIsNotGone,
    /// An unsettled intent may have left a resource behind: its key waits.
    IntentsAreWaitedOut,
    /// After memory was lost nothing is created or deleted until the loss has settled.
    LostMemoryIsWaitedOut,
    /// A kind whose source failed is unknown, not absent.
    FailedSourceIsUnknown,
    /// A fixed difference leads to a replacement only when the declaration changed.
    DriftIsNotReplaced,
    /// A hash of another version of a kind's table never leads to a replacement.
    UpgradeIsNotReplaced,
    /// What agrees with the declaration ranks before what has to be replaced.
    AgreementRanksFirst,
    /// Among equals the remembered id is the chosen one.
    MemoryRanksTwins,
    /// A twin that holds data is never deleted.
    DataTwinsStay,
    /// What is going away is never chosen.
    DeletingIsNotChosen,
    /// What is going away holds its unique slot.
    DeletingHoldsItsSlot,
    /// Nothing is deleted while something live hangs on it.
    DependentsHold,
    /// What is going away still holds what it hangs on.
    DeletingHolds,
    /// An unknown kind may hang on what is to be deleted.
    UnknownKindsHold,
    /// A create-first predecessor stays until its successor is ready.
    SuccessorMustBeReady,
    /// What takes the place of a resource that was there is created under the next attempt.
    SuccessorsGetNextAttempt,
    /// A remembered resource that a list omits may hang on what is to be deleted.
    UnseenHolds,
    /// A resource is only created on what is as ready as it needs.
    NeedsAreMet,
    /// A resource is only compared with the id of an upstream that stays.
    ReplacedIsUnresolved,
    /// What refers to an unknown upstream id is blocked, never replaced.
    UnknownIsBlocked,
    /// Old generations that are kept on purpose stay.
    GenerationsAreKept,
    /// A create without token or natural key is announced first.
    IntentsAreAnnounced,
    /// Unless everything remembered is proven gone, a stack has not ended.
    EndIsProven,
    /// What is within an unwanted parent dies with it and does not hold it.
    WithinDiesWithItsParent,
}

#[cfg(any(test, feature = "mutants"))]
impl Rule {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::UnseenIsNotGone,
        Self::IntentsAreWaitedOut,
        Self::LostMemoryIsWaitedOut,
        Self::FailedSourceIsUnknown,
        Self::DriftIsNotReplaced,
        Self::UpgradeIsNotReplaced,
        Self::AgreementRanksFirst,
        Self::MemoryRanksTwins,
        Self::DataTwinsStay,
        Self::DeletingIsNotChosen,
        Self::DeletingHoldsItsSlot,
        Self::DependentsHold,
        Self::DeletingHolds,
        Self::UnknownKindsHold,
        Self::SuccessorMustBeReady,
        Self::SuccessorsGetNextAttempt,
        Self::UnseenHolds,
        Self::NeedsAreMet,
        Self::ReplacedIsUnresolved,
        Self::UnknownIsBlocked,
        Self::GenerationsAreKept,
        Self::IntentsAreAnnounced,
        Self::EndIsProven,
        Self::WithinDiesWithItsParent,
    ];
}

/// Which rules hold: all of them, except in tests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    #[cfg(any(test, feature = "mutants"))]
    pub(crate) broken: Option<Rule>,
}

impl Rules {
    /// Whether `rule` holds; always true in production, where the compiler sees a constant.
    #[cfg(any(test, feature = "mutants"))]
    pub(crate) fn keep(self, rule: Rule) -> bool {
        self.broken != Some(rule)
    }

    /// Whether `rule` holds; always true in production, where the compiler sees a constant.
    #[cfg(not(any(test, feature = "mutants")))]
    #[expect(clippy::unused_self, reason = "the same shape as in tests, where one rule can be broken")]
    pub(crate) const fn keep(self, _rule: Rule) -> bool {
        true
    }
}
