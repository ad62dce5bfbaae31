//! Why an effect did not succeed, in the few classes that decisions need.

/// What kind of failure it is. Decides the pause before the next try and what is said about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Something else must come first: a dependent still stands, a fresh id has not spread yet.
    NotYet,
    /// The account's rate limit.
    Throttled,
    /// A time-out, a reset, a 5xx.
    Transient,
    /// Someone else holds the name or the slot, or changed the same thing at the same time.
    Conflict,
    /// A quota of the account is used up.
    Quota,
    /// Credentials or permissions.
    Denied,
    /// The cloud refuses what is declared.
    Invalid,
    /// A code that the table does not know, or an answer that makes no sense.
    Bug,
}

/// Whether the call may have changed something all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Certainly not.
    None,
    /// Nobody knows: the answer was lost.
    Unknown,
}

/// A failed effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {code}: {message}")]
pub struct Fault {
    /// Its class.
    pub class: Class,
    /// Whether it may have had an effect.
    pub effect: Effect,
    /// The operation that failed, as the cloud names it.
    pub operation: &'static str,
    /// The cloud's error code.
    pub code: String,
    /// The cloud's message, free of secrets.
    pub message: String,
    /// The cloud's request id, for a support case.
    pub request_id: Option<String>,
}

/// An error and its causes, outermost first: many errors say little themselves.
#[must_use]
pub fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::told;

    #[derive(Debug, thiserror::Error)]
    #[error("{says}")]
    struct Problem {
        says: &'static str,
        source: Option<Box<Self>>,
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        let inmost = Problem { says: "no route", source: None };
        assert_eq!(told(&inmost), "no route");
        let middle = Problem { says: "no connection", source: Some(Box::new(inmost)) };
        assert_eq!(
            told(&Problem { says: "no answer", source: Some(Box::new(middle)) }),
            "no answer: no connection: no route"
        );
    }
}
