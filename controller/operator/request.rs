//! HTTP beside Kubernetes and AWS: the client of Kubernetes, with nobody's credentials but the caller's, is the one that is there
//! already. It trusts the certificate authorities that the system trusts, as the clients of AWS do.

use std::error::Error;
use std::time::Duration;

use kube::Client;
use kube::api::{ListParams, PostParams};
use kube::client::Body;
use kube::config::AuthInfo;
use kube::core::Request;
use tokio::time::timeout;

use crate::aws::Secret;

/// Longest wait for an answer; API Gateway itself waits 30 s for the service, and one that takes so long is not ready.
const PATIENCE: Duration = Duration::from_secs(10);

/// With what a request proves who asks. Sent in a header that nothing logs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Proof<'a> {
    /// Nothing.
    None,
    /// A token.
    Bearer(&'a Secret<String>),
    /// A name and its secret.
    Basic(&'a str, &'a Secret<String>),
}

impl Proof<'_> {
    fn credentials(self) -> AuthInfo {
        match self {
            Self::None => AuthInfo::default(),
            Self::Bearer(token) => AuthInfo { token: Some(token.reveal().clone().into()), ..AuthInfo::default() },
            Self::Basic(name, secret) => AuthInfo {
                username: Some(name.to_owned()),
                password: Some(secret.reveal().clone().into()),
                ..AuthInfo::default()
            },
        }
    }
}

/// Status code of `path` below `base`, whatever it is.
///
/// # Errors
/// Why there is no answer.
pub(super) async fn status(base: &str, path: &str, proof: Proof<'_>) -> Result<u16, String> {
    Ok(in_time(send(base, path, proof, None)).await?.0)
}

/// Status code and body of `path` below `base`.
///
/// # Errors
/// Why there is no answer.
pub(super) async fn get(base: &str, path: &str, proof: Proof<'_>) -> Result<(u16, Vec<u8>), String> {
    in_time(read(send(base, path, proof, None))).await
}

/// Status code and body of the answer to a form sent to `path` below `base`.
///
/// # Errors
/// Why there is no answer.
pub(super) async fn post(base: &str, path: &str, proof: Proof<'_>, form: &str) -> Result<(u16, Vec<u8>), String> {
    in_time(read(send(base, path, proof, Some(form)))).await
}

async fn in_time<T>(answer: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let silence = |_| format!("no answer within {} seconds", PATIENCE.as_secs());
    timeout(PATIENCE, answer).await.map_err(silence)?
}

async fn read(answer: impl Future<Output = Result<(u16, Body), String>>) -> Result<(u16, Vec<u8>), String> {
    let (status, body) = answer.await?;
    Ok((status, body.collect_bytes().await.map_err(told)?.to_vec()))
}

async fn send(base: &str, path: &str, proof: Proof<'_>, form: Option<&str>) -> Result<(u16, Body), String> {
    let url = base.parse().map_err(|_| format!("{base} is no URL"))?;
    let mut config = kube::Config::new(url);
    // Whatever is answered counts, 503 included.
    config.default_retry = false;
    config.auth_info = proof.credentials();
    let client = Client::try_from(config).map_err(told)?;
    // Any question of Kubernetes is a GET, any creation a POST; where it goes to is said below.
    let empty = Request::new("/");
    let mut request = match form {
        None => empty.list(&ListParams::default()),
        Some(form) => empty.create(&PostParams::default(), form.as_bytes().to_vec()),
    }
    .map_err(told)?;
    *request.uri_mut() = path.parse().map_err(|_| format!("{path} is no path"))?;
    if form.is_some() {
        let form = "application/x-www-form-urlencoded".parse().map_err(told)?;
        request.headers_mut().insert("content-type", form);
    }
    let answer = client.send(request.map(Body::from)).await.map_err(told)?;
    Ok((answer.status().as_u16(), answer.into_body()))
}

fn told(error: impl Error) -> String {
    engine::told(&error)
}
