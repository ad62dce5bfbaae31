//! What is asked of an issuer, how often, and what is said when it does not give a token.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use super::*;
use crate::operator::probe::probe;
use crate::status::{Answer, Due, Probed};

const TOKEN: &str = "header.claims.signature";

/// What a site answers to the first line of a request, given its own address.
type Script = Box<dyn Fn(&str, &str) -> (u16, String) + Send>;

/// An issuer, its token endpoint and an API on one port: answers from a script, the last one for ever.
struct Site {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// `answer` says status and body for the first line of a request, with the site's own address.
    fn new(answer: impl Fn(&str, &str) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, here) = (Arc::clone(&requests), address.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = whole(&mut stream);
                let (status, body) = answer(request.lines().next().unwrap(), &here);
                seen.lock().unwrap().push(request);
                let head =
                    format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).unwrap();
            }
        });
        Self { address, requests }
    }

    /// Gives tokens that live for so many seconds.
    fn giving(seconds: u64) -> Self {
        Self::new(move |line, here| match line {
            line if line.starts_with("POST /oauth2/token ") => {
                (200, format!(r#"{{"access_token": "{TOKEN}", "expires_in": {seconds}, "token_type": "Bearer"}}"#))
            }
            line if line.starts_with("GET /pool/.well-known/openid-configuration ") => {
                (200, format!(r#"{{"issuer": "x", "token_endpoint": "{here}/oauth2/token"}}"#))
            }
            _ => (503, String::new()),
        })
    }

    fn login(&self) -> Login {
        let credentials = Credentials {
            client_id: "c1".into(),
            client_secret: Secret::new("hunter2".into()),
            scopes: BTreeSet::from(["orders/read".to_owned()]),
        };
        Login { issuer: format!("{}/pool", self.address), credentials }
    }

    /// How many tokens were asked for.
    fn granted(&self) -> usize {
        self.requests.lock().unwrap().iter().filter(|request| request.starts_with("POST")).count()
    }
}

/// A request: its head, and as much body as that announces.
fn whole(stream: &mut std::net::TcpStream) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        let read = stream.read(&mut buffer).unwrap();
        request.extend_from_slice(&buffer[..read]);
    }
}

#[tokio::test]
async fn a_token_is_asked_for_as_cognito_wants_it() {
    let site = Site::giving(3600);
    let token = Tokens::default().of("u", &site.login(), Instant::now()).await.unwrap();
    assert_eq!(token.reveal(), TOKEN);
    let requests = site.requests.lock().unwrap().clone();
    let [discovery, request] = requests.as_slice() else { panic!("{requests:?}") };
    assert!(!discovery.to_lowercase().contains("authorization"), "{discovery}");
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    // c1:hunter2
    assert!(head.to_lowercase().contains("authorization: basic yze6ahvudgvymg=="), "{head}");
    assert!(head.to_lowercase().contains("content-type: application/x-www-form-urlencoded"), "{head}");
    assert_eq!(body, "grant_type=client_credentials");
}

#[tokio::test]
async fn a_token_is_used_until_shortly_before_it_expires() {
    let (site, tokens, start) = (Site::giving(3600), Tokens::default(), Instant::now());
    let at = async |uid: &str, login: &Login, seconds| {
        tokens.of(uid, login, start + Duration::from_secs(seconds)).await.unwrap();
        site.granted()
    };
    let login = site.login();
    assert_eq!([at("u", &login, 0).await, at("u", &login, 3539).await], [1, 1]);
    assert_eq!([at("u", &login, 3540).await, at("u", &login, 3541).await], [2, 2]);
    assert_eq!(at("another stack", &login, 3541).await, 3);
    let mut other = login.clone();
    other.credentials.scopes.insert("orders/write".into());
    assert_eq!(at("u", &other, 3542).await, 4, "an old token does not have a new scope");
    tokens.forget("u");
    assert_eq!(at("u", &other, 3542).await, 5);
}

#[tokio::test]
async fn a_token_that_lives_shortly_is_not_kept() {
    let (site, tokens, now) = (Site::giving(60), Tokens::default(), Instant::now());
    for times in 1..=2 {
        tokens.of("u", &site.login(), now).await.unwrap();
        assert_eq!(site.granted(), times);
    }
}

#[tokio::test]
async fn why_there_is_no_token_is_said_without_any_secret() {
    let discovery = |line: &str| line.starts_with("GET ");
    let at = |here: &str| format!(r#"{{"token_endpoint": "{here}/oauth2/token"}}"#);
    let cases: [(Script, &str); 5] =
        [
            (Box::new(|_, _| (404, String::new())), "openid-configuration answered with 404"),
            (Box::new(|_, _| (200, "{}".into())), "names no token endpoint: give the user pool a domain"),
            (Box::new(|_, _| (200, r#"{"token_endpoint": "nowhere"}"#.into())), "the token endpoint nowhere is no URL"),
            (
                Box::new(move |line, here| {
                    if discovery(line) { (200, at(here)) } else { (400, r#"{"error": "invalid_client"}"#.into()) }
                }),
                "/oauth2/token answered with 400 (invalid_client)",
            ),
            (
                Box::new(move |line, here| {
                    if discovery(line) { (200, at(here)) } else { (200, format!(r#"{{"access_token": "{TOKEN}"}}"#)) }
                }),
                "/oauth2/token answered with no token",
            ),
        ];
    for (script, expected) in cases {
        let site = Site::new(script);
        let why = Tokens::default().of("u", &site.login(), Instant::now()).await.unwrap_err();
        assert!(why.contains(expected), "{why}");
        assert!(!why.contains("hunter2") && !why.contains(TOKEN), "{why}");
    }
    let nobody = Login { issuer: "http://127.0.0.1:1/pool".into(), ..Site::giving(60).login() };
    let why = Tokens::default().of("u", &nobody, Instant::now()).await.unwrap_err();
    assert!(why.starts_with("http://127.0.0.1:1/pool/.well-known/openid-configuration was not reached: "), "{why}");
    let held = Held { login: nobody, token: Secret::new(TOKEN.into()), until: Instant::now() };
    let shown = format!("{held:?}");
    assert!(!shown.contains("hunter2") && !shown.contains(TOKEN), "{shown}");
}

/// Two requests, of which one carries the token; a token that is refused is not used again.
#[tokio::test]
async fn a_probe_asks_without_a_token_and_with_one() {
    let issuer = Site::giving(3600);
    let api = Site::new(|_, _| (401, String::new()));
    let due = Due { endpoint: &api.address, path: "/healthz?deep=true", client: None };
    let tokens = Tokens::default();
    let plain = probe(&tokens, "u", &due, None).await;
    assert_eq!(plain, Probed { without_token: Answer::Status(401), with_token: None });
    let login = issuer.login();
    for times in 1..=2 {
        let probed = probe(&tokens, "u", &due, Some(&login)).await;
        assert_eq!(probed.with_token, Some(Ok(Answer::Status(401))));
        assert_eq!(issuer.granted(), times);
    }
    let requests = api.requests.lock().unwrap().clone();
    let bearing = |request: &&String| request.to_lowercase().contains(&format!("authorization: bearer {TOKEN}"));
    assert_eq!((requests.len(), requests.iter().filter(bearing).count()), (5, 2), "{requests:?}");
    assert!(requests.iter().all(|request| request.starts_with("GET /healthz?deep=true ")), "{requests:?}");

    let nobody = Login { issuer: api.address.clone(), ..login };
    let probed = probe(&tokens, "u", &due, Some(&nobody)).await;
    assert!(probed.with_token.unwrap().unwrap_err().contains("answered with 401"));
}

#[test]
fn a_url_has_a_host_and_a_path() {
    assert_eq!(split("https://a.example/oauth2/token"), Some(("https://a.example", "/oauth2/token")));
    assert_eq!(split("http://127.0.0.1:80"), Some(("http://127.0.0.1:80", "/")));
    assert_eq!(split("a.example/oauth2/token"), None);
}
