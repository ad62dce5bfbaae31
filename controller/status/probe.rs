//! The readiness probe: when it is due, and what its answers mean.

use super::conditions::{find, holds};
use super::pass::Pass;
use super::reasons::Reason;
use super::sections;
use crate::api::Status;

/// What came of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An answer with this status code.
    Status(u16),
    /// None; why.
    None(String),
}

/// What came of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// The request without a token.
    pub without_token: Answer,
    /// The request with a token, if one was due; the error says why there was no token.
    pub with_token: Option<Result<Answer, String>>,
}

/// A probe that is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due<'a> {
    /// URL of the API.
    pub endpoint: &'a str,
    /// The path to ask for.
    pub path: &'a str,
    /// Whose token is to be sent, in a second request.
    pub client: Option<DueClient<'a>>,
}

/// A client whose token is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueClient<'a> {
    /// Its name in the declaration.
    pub name: &'a str,
    /// The issuer of its tokens.
    pub issuer: &'a str,
}

/// The status code with which an API refuses a request without a token, or one whose token it does not accept.
const UNAUTHORIZED: u16 = 401;
/// The status code with which it refuses a token that has none of the route's scopes.
const FORBIDDEN: u16 = 403;

/// The probe that is to be sent: none unless one is declared, and the API stands in the status `after` the pass.
#[must_use]
pub fn probe_due<'a, S>(pass: &'a Pass<'_, S>, after: &'a Status) -> Option<Due<'a>> {
    let probe = pass.spec?.api.readiness_probe.as_ref()?;
    pass.outcome?;
    let stands = holds(&after.conditions, sections::API);
    let outputs = after.outputs.as_ref()?;
    let client = probe.client.as_deref().zip(outputs.issuer.as_deref()).filter(|_| answers(after));
    Some(Due {
        endpoint: outputs.api_endpoint.as_deref().filter(|_| stands)?,
        path: &probe.path,
        client: client.map(|(name, issuer)| DueClient { name, issuer }),
    })
}

/// Whether tasks may be expected to answer: while they are merely on their way, or none is wanted, the service says so itself.
fn answers(after: &Status) -> bool {
    const NOT_YET: [Reason; 5] =
        [Reason::ScaledToZero, Reason::Blocked, Reason::Progressing, Reason::ImageNotFound, Reason::Waiting];
    find(&after.conditions, sections::SERVICE)
        .is_some_and(|service| NOT_YET.iter().all(|reason| reason.as_str() != service.reason))
}

/// What is wrong with the answers, if something is.
pub(super) fn failed<S>(pass: &Pass<'_, S>) -> Option<(Reason, String)> {
    let probe = pass.spec?.api.readiness_probe.as_ref()?;
    let probed = pass.probed?;
    let path = &probe.path;
    let what = match &probed.without_token {
        Answer::Status(UNAUTHORIZED) => {
            let client = probe.client.as_deref()?;
            not_served(path, client, probed.with_token.as_ref()?)?
        }
        Answer::Status(status) => {
            format!("{path} without a token was answered with {status} instead of {UNAUTHORIZED}")
        }
        Answer::None(why) => format!("{path} without a token was not answered: {why}"),
    };
    Some((Reason::ProbeFailed, format!("spec.api.readinessProbe: {what}")))
}

/// Why a request with a token of `client` did not come through to a service that works, if it did not.
fn not_served(path: &str, client: &str, answer: &Result<Answer, String>) -> Option<String> {
    let status = match answer {
        Err(why) => return Some(format!("no token of client {client}: {why}")),
        Ok(Answer::None(why)) => {
            return Some(format!("{path} with a token of client {client} was not answered: {why}"));
        }
        Ok(Answer::Status(status)) => *status,
    };
    let why = match status {
        UNAUTHORIZED => "the API does not accept it",
        FORBIDDEN => "it has none of the scopes that the route asks for",
        500..=599 => "the way to a task is closed, or the service fails",
        _ => return None,
    };
    Some(format!("{path} with a token of client {client} was answered with {status}: {why}"))
}
