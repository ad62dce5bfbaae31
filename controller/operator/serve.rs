//! Answers to GET: the probes' and the scrapes' way in. Plain HTTP, a handful of fixed paths.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How long a client may take to say what it wants; also how long a connection stays open that asks for nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many connections are held at the same time: probes and scrapes need two or three.
const CONNECTIONS: usize = 64;

/// What a path is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its status code.
    pub status: StatusCode,
    /// What its body is.
    pub content_type: &'static str,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// A sentence.
    #[must_use]
    pub fn text(status: StatusCode, body: &str) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: format!("{body}\n") }
    }
}

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("{flag} {address} cannot be listened on: choose another address or port (port 0: any)")]
pub struct Unavailable {
    flag: &'static str,
    address: SocketAddr,
    #[source]
    source: std::io::Error,
}

/// Listens on `address`, which `flag` set, and says where.
///
/// # Errors
/// If it is taken, or none of this machine's.
pub async fn listen(flag: &'static str, address: SocketAddr) -> Result<TcpListener, Unavailable> {
    let unavailable = |source| Unavailable { flag, address, source };
    let listener = TcpListener::bind(address).await.map_err(unavailable)?;
    let bound = listener.local_addr().map_err(unavailable)?;
    tracing::info!(flag, address = %bound, "listening");
    Ok(listener)
}

/// Answers for ever. `answer` gets a path; `None`: there is nothing there.
pub async fn serve<A>(listener: TcpListener, answer: A)
where
    A: Fn(&str) -> Option<Answer> + Send + Sync + 'static,
{
    let answer = Arc::new(answer);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < CONNECTIONS => {
                    connections.spawn(converse(stream, Arc::clone(&answer)));
                }
                // Closed without an answer.
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    // Out of file handles, perhaps: trying on at once would use up a processor instead.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse<A>(stream: TcpStream, answer: Arc<A>)
where
    A: Fn(&str) -> Option<Answer> + Send + Sync + 'static,
{
    let service = service_fn(|request: Request<Incoming>| {
        let response = respond(&*answer, request.method(), request.uri().path());
        async { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn respond(answer: &impl Fn(&str) -> Option<Answer>, method: &Method, path: &str) -> Response<Full<Bytes>> {
    let found = if matches!(*method, Method::GET | Method::HEAD) {
        answer(path).unwrap_or_else(|| Answer::text(StatusCode::NOT_FOUND, "there is nothing here"))
    } else {
        Answer::text(StatusCode::METHOD_NOT_ALLOWED, "GET only")
    };
    let mut response = Response::new(Full::from(found.body));
    *response.status_mut() = found.status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(found.content_type));
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    fn loopback() -> SocketAddr {
        "127.0.0.1:0".parse().unwrap()
    }

    async fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.to_ascii_lowercase()
    }

    #[tokio::test]
    async fn a_path_is_answered_and_others_are_not() {
        let listener = listen("--metrics-address", loopback()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = JoinSet::new();
        server.spawn(serve(listener, |path| (path == "/it").then(|| Answer::text(StatusCode::OK, "here"))));
        let cases = [
            ("GET /it", "http/1.1 200 ", "\r\n\r\nhere\n"),
            ("GET /it?now", "http/1.1 200 ", "\r\n\r\nhere\n"),
            ("HEAD /it", "http/1.1 200 ", "content-length: 5\r\n"),
            ("GET /", "http/1.1 404 ", ""),
            ("POST /it", "http/1.1 405 ", "get only"),
        ];
        for (what, status, part) in cases {
            let answer = ask(address, &format!("{what} HTTP/1.1\r\nHost: it\r\nConnection: close\r\n\r\n")).await;
            assert!(answer.starts_with(status) && answer.contains(part), "{what}: {answer}");
        }
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_named_with_its_flag() {
        let first = listen("--health-address", loopback()).await.unwrap();
        let address = first.local_addr().unwrap();
        let error = listen("--health-address", address).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("--health-address {address} cannot be listened on")), "{error}");
    }
}
