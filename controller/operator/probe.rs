//! The readiness probe: one request without a token, through the API as its users reach it.

use std::error::Error;
use std::time::Duration;

use kube::Client;
use kube::api::ListParams;
use kube::client::Body;
use kube::core::Request;
use tokio::time::timeout;

use crate::status::Probed;

/// Longest wait for an answer; API Gateway itself waits 30 s for the service, which a refusal never reaches.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks for `path` at `endpoint`, the URL of the API.
pub(super) async fn probe(endpoint: &str, path: &str) -> Probed {
    match timeout(PATIENCE, get(endpoint, path)).await {
        Ok(Ok(status)) => Probed::Answered(status),
        Ok(Err(why)) => Probed::Unreachable(why),
        Err(_) => Probed::Unreachable(format!("no answer within {} seconds", PATIENCE.as_secs())),
    }
}

/// The client of Kubernetes, without any credentials, is the HTTP client that is there already.
async fn get(endpoint: &str, path: &str) -> Result<u16, String> {
    let url = endpoint.parse().map_err(|_| format!("{endpoint} is no URL"))?;
    let mut config = kube::Config::new(url);
    // What the API answers counts, 503 included.
    config.default_retry = false;
    let client = Client::try_from(config).map_err(told)?;
    // Any question of Kubernetes is a GET; where it goes to is said below.
    let mut request = Request::new("/").list(&ListParams::default()).map_err(told)?;
    *request.uri_mut() = path.parse().map_err(|_| format!("{path} is no path"))?;
    let answer = client.send(request.map(Body::from)).await.map_err(told)?;
    Ok(answer.status().as_u16())
}

/// An error with its causes: the outermost one says little.
fn told(error: impl Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
