//! The readiness probe: when it is due, and what its answer means.

use super::pass::Pass;
use super::reasons::Reason;
use crate::api::Status;

/// What came of a request without a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// An answer with this status code.
    Answered(u16),
    /// None; why.
    Unreachable(String),
}

/// The status code with which an API refuses a request without a token.
const UNAUTHORIZED: u16 = 401;

/// Endpoint and path that are to be asked for: none unless a probe is declared, and the API stands in the status `after` the pass.
#[must_use]
pub fn probe_due<'a, S>(pass: &'a Pass<'_, S>, after: &'a Status) -> Option<(&'a str, &'a str)> {
    let probe = pass.spec?.api.readiness_probe.as_ref()?;
    pass.outcome?;
    let stands = super::conditions::holds(&after.conditions, super::sections::API);
    let endpoint = after.outputs.as_ref()?.api_endpoint.as_deref().filter(|_| stands)?;
    Some((endpoint, &probe.path))
}

/// What is wrong with the answer, if something is.
pub(super) fn failed<S>(pass: &Pass<'_, S>) -> Option<(Reason, String)> {
    let path = &pass.spec?.api.readiness_probe.as_ref()?.path;
    let what = match pass.probed? {
        Probed::Answered(UNAUTHORIZED) => return None,
        Probed::Answered(status) => format!("was answered with {status} instead of {UNAUTHORIZED}"),
        Probed::Unreachable(why) => format!("was not answered: {why}"),
    };
    Some((Reason::ProbeFailed, format!("spec.api.readinessProbe: {path} without a token {what}")))
}
