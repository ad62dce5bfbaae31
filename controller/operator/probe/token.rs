//! Access tokens of clients that need nobody to sign in: OAuth 2 client credentials.
//!
//! They live in this process alone. Each that is issued costs money, so one is used until shortly before it expires.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use crate::aws::Secret;
use crate::operator::request::{Proof, get, post};
use crate::status::Credentials;

/// How long before its end a token is used no more.
const EARLY: Duration = Duration::from_mins(1);
/// The longest that Cognito lets an access token live.
const LONGEST: Duration = Duration::from_hours(24);

/// Where a document about an issuer is, below its address: <https://openid.net/specs/openid-connect-discovery-1_0.html>.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Who obtains a token, and from whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Address of the issuer, to which the path of its discovery document is added.
    pub issuer: String,
    /// The client.
    pub credentials: Credentials,
}

/// The tokens of stacks, by UID.
#[derive(Debug, Default)]
pub struct Tokens(Mutex<HashMap<String, Held>>);

#[derive(Debug)]
struct Held {
    login: Login,
    token: Secret<String>,
    until: Instant,
}

/// What is used of the answer to a successful request for a token.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

impl Tokens {
    /// A token of `login` for the stack `uid` that is good `now`.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn of(&self, uid: &str, login: &Login, now: Instant) -> Result<Secret<String>, String> {
        if let Some(token) = self.held(uid, login, now) {
            return Ok(token);
        }
        let (token, lifetime) = obtain(login).await?;
        let until = now + lifetime.min(LONGEST).saturating_sub(EARLY);
        let held = Held { login: login.clone(), token: token.clone(), until };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(uid.to_owned(), held);
        Ok(token)
    }

    /// Forgets the token of the stack `uid`.
    pub fn forget(&self, uid: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }

    fn held(&self, uid: &str, login: &Login, now: Instant) -> Option<Secret<String>> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held = tokens.get(uid).filter(|held| held.login == *login && now < held.until)?;
        Some(held.token.clone())
    }
}

/// Asks for a new token: <https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html>. A request that names no scopes
/// gets all that the client may have.
async fn obtain(login: &Login) -> Result<(Secret<String>, Duration), String> {
    const FORM: &str = "grant_type=client_credentials";
    let endpoint = endpoint(&login.issuer).await?;
    let Credentials { client_id, client_secret, scopes: _ } = &login.credentials;
    let (base, path) = split(&endpoint).ok_or_else(|| format!("the token endpoint {endpoint} is no URL"))?;
    let (status, body) = post(base, path, Proof::Basic(client_id, client_secret), FORM)
        .await
        .map_err(|why| format!("{endpoint} was not reached: {why}"))?;
    if status != 200 {
        return Err(format!("{endpoint} answered with {status}{}", reason(&body)));
    }
    // What cannot be read is not repeated: it may be a token.
    let granted: Granted = serde_json::from_slice(&body).map_err(|_| format!("{endpoint} answered with no token"))?;
    Ok((Secret::new(granted.access_token), Duration::from_secs(granted.expires_in)))
}

/// The token endpoint of an issuer, as it says itself.
async fn endpoint(issuer: &str) -> Result<String, String> {
    let (status, body) = get(issuer, DISCOVERY, Proof::None)
        .await
        .map_err(|why| format!("{issuer}{DISCOVERY} was not reached: {why}"))?;
    if status != 200 {
        return Err(format!("{issuer}{DISCOVERY} answered with {status}"));
    }
    let document: Value = serde_json::from_slice(&body).unwrap_or_default();
    let endpoint = document.get("token_endpoint").and_then(Value::as_str);
    endpoint.map(str::to_owned).ok_or_else(|| {
        format!(
            "{issuer}{DISCOVERY} names no token endpoint: give the user pool a domain (spec.auth.userPool.domainPrefix)"
        )
    })
}

/// The error code of a refusal, if there is one: <https://www.rfc-editor.org/rfc/rfc6749#section-5.2>.
fn reason(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body.get("error").and_then(Value::as_str).map(|code| format!(" ({code})")).unwrap_or_default()
}

/// Scheme and host of a URL, and the rest of it.
fn split(url: &str) -> Option<(&str, &str)> {
    let host = url.find("://")? + 3;
    let path = url[host..].find('/').map_or(url.len(), |at| host + at);
    let (base, path) = url.split_at(path);
    Some((base, if path.is_empty() { "/" } else { path }))
}

#[cfg(test)]
mod tests;
