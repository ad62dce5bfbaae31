//! An AWS account of the emulator, seen from outside: what was called, what it holds, what is to go wrong.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::World;

/// The region in which tests build.
pub const REGION: &str = "eu-west-1";

/// An account that nobody else uses. Any role in it can be assumed.
#[derive(Clone, Debug)]
pub struct Account {
    pub(super) endpoint: String,
    pub(super) id: String,
}

/// One call, as AWS saw it.
#[derive(Clone, Debug)]
pub struct Call {
    /// Name of the operation.
    pub operation: String,
    /// Service as botocore names it.
    pub service: String,
    /// It is of the kind that changes something.
    pub write: bool,
    /// It was carried out, whatever was answered.
    pub effect: bool,
    /// The error code of the answer.
    pub error: Option<String>,
    /// The id that its answer carries.
    pub request_id: String,
    /// Its parameters.
    pub request: Value,
}

impl Account {
    /// A fresh account of `world`.
    pub fn new(world: &World) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(200_000_000_001);
        let id = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
        let account = Self { endpoint: world.value("AWS_ENDPOINT_URL").to_owned(), id };
        account.set(&json!({"assumeRole": "any"}));
        account
    }

    /// Its number.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How the user's own tools get in, as environment variables.
    pub fn environment(&self) -> [(&'static str, &str); 4] {
        [
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("AWS_ACCESS_KEY_ID", &self.id),
            ("AWS_SECRET_ACCESS_KEY", "any"),
            ("AWS_REGION", REGION),
        ]
    }

    /// Pushes an image of its own content as `repository:tag`; answers with its digest.
    pub fn push(&self, repository: &str, tag: &str) -> String {
        self.push_as(repository, tag, tag)
    }

    /// Pushes an image of this content as `repository:tag`; answers with its digest.
    pub fn push_as(&self, repository: &str, tag: &str, content: &str) -> String {
        let image = json!({"region": REGION, "repository": repository, "tag": tag, "content": content});
        self.control("POST", "images", "", Some(&image))["digest"].as_str().unwrap().to_owned()
    }

    /// What the applications of images that match `image` do from now on: `answers`, `errors`, `silent`, `crashes`.
    pub fn applications(&self, image: &str, does: &str) {
        let order = json!({"image": image, "does": does});
        self.control("POST", "applications", "", Some(&order));
    }

    /// Ends so many running tasks, 0 for all: `exit` as if their applications had exited, `spot` as if Fargate Spot took them.
    pub fn end_tasks(&self, end: &str, count: usize) {
        let order = json!({"region": REGION, "end": end, "count": count});
        let ended = self.control("POST", "tasks", "", Some(&order));
        assert!(!ended["ended"].as_array().unwrap().is_empty(), "no task runs that could end: {order}");
    }

    /// Moves this account's clock, by which all transitions go.
    pub fn step(&self, seconds: u32) {
        self.control("POST", "clock", "", Some(&json!({"step": seconds})));
    }

    /// Puts a VPC link into a state.
    pub fn set_vpc_link(&self, id: &str, status: &str) {
        self.control("POST", "vpc-links", "", Some(&json!({"region": REGION, "id": id, "status": status})));
    }

    /// Puts a load balancer into a state.
    pub fn set_load_balancer(&self, arn: &str, state: &str) {
        self.control("POST", "load-balancers", "", Some(&json!({"region": REGION, "arn": arn, "state": state})));
    }

    /// The next automatic deployment of a stage fails.
    pub fn fail_next_deployment(&self) {
        let order = json!({"region": REGION, "of": "deployment", "message": "Internal server error"});
        self.control("POST", "gateway-failures", "", Some(&order));
    }

    /// The status of a request without a token to an API, on its way through everything.
    pub fn walk(&self, api: &str, path: &str) -> u64 {
        let answer = self.control("POST", "walk", "", Some(&json!({"api": api, "path": path})));
        answer["status"].as_u64().unwrap()
    }

    /// Where the ledger stands: pass it to [`Account::calls`].
    pub fn now(&self) -> u64 {
        self.control("GET", "ledger", &format!("&since={}", u64::MAX >> 1), None)["last"].as_u64().unwrap()
    }

    /// The controller's calls since `since`, oldest first; the user's own are left out.
    pub fn calls(&self, since: u64) -> Vec<Call> {
        self.ledger(since).into_iter().filter(|(own, _)| !own).map(|(_, call)| call).collect()
    }

    /// The user's own calls since `since`, oldest first.
    pub fn own_calls(&self, since: u64) -> Vec<Call> {
        self.ledger(since).into_iter().filter(|(own, _)| *own).map(|(_, call)| call).collect()
    }

    /// Every call since `since`, and whether it is the user's own.
    fn ledger(&self, since: u64) -> Vec<(bool, Call)> {
        let ledger = self.control("GET", "ledger", &format!("&since={since}"), None);
        let root = format!(":iam::{}:root", self.id);
        let entries = ledger["entries"].as_array().unwrap().iter();
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let call = |entry: &Value| Call {
            operation: text(entry, "operation"),
            service: text(entry, "service"),
            write: entry["write"].as_bool().unwrap(),
            effect: entry["effect"].as_bool().unwrap(),
            error: entry["error"].as_str().map(Into::into),
            request_id: text(entry, "request_id"),
            request: entry["request"].clone(),
        };
        entries.map(|entry| (text(entry, "principal").ends_with(&root), call(entry))).collect()
    }

    /// The controller's calls that change something, by name, since `since`.
    pub fn writes(&self, since: u64) -> Vec<String> {
        self.calls(since).into_iter().filter(|call| call.write).map(|call| call.operation).collect()
    }

    /// Everything that it holds in the region; two dumps of the same things are equal.
    pub fn dump(&self) -> Value {
        self.control("GET", "dump", &format!("&region={REGION}"), None)
    }

    /// Changes settings of the emulator for this account.
    pub fn set(&self, settings: &Value) {
        self.control("POST", "settings", "", Some(settings));
    }

    /// Orders a fault for this account.
    pub fn fault(&self, fault: &Value) {
        self.control("POST", "faults", "", Some(fault));
    }

    /// How often the faults of this account have hit.
    pub fn faults_hit(&self) -> u64 {
        let faults = self.control("GET", "faults", "", None);
        let mine = faults["faults"].as_array().unwrap().iter().filter(|fault| fault["account"] == self.id.as_str());
        mine.map(|fault| fault["hits"].as_u64().unwrap()).sum()
    }

    /// Takes back all faults of this account.
    pub fn heal(&self) {
        self.control("DELETE", "faults", "", None);
    }

    /// The next NAT gateway is accepted and then fails for good.
    pub fn fail_next_nat_gateway(&self) {
        let order = json!({"code": "InsufficientFreeAddressesInSubnet"});
        self.control("POST", "nat-failures", "", Some(&order));
    }

    /// Orders or asks something of the emulator for this account, see its README.
    pub fn order(&self, what: &str, body: &Value) -> Value {
        self.control("POST", what, "", Some(body))
    }

    fn control(&self, method: &str, what: &str, query: &str, body: Option<&Value>) -> Value {
        let path = format!("/_control/{what}?account={}{query}", self.id);
        let (status, answer) = http(&self.endpoint, method, &path, "", body);
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }
}

/// How often each operation occurs.
pub fn by_operation<'a>(calls: impl IntoIterator<Item = &'a Call>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in calls {
        *counts.entry(call.operation.clone()).or_default() += 1;
    }
    counts
}

/// One request of JSON without a connection that is kept: status and body.
pub(super) fn http(endpoint: &str, method: &str, path: &str, headers: &str, body: Option<&Value>) -> (u16, Value) {
    let host = endpoint.strip_prefix("http://").unwrap();
    let body = body.map(ToString::to_string).unwrap_or_default();
    let (status, answer) = http_text(host, method, path, headers, &body);
    (status, serde_json::from_str(&answer).unwrap())
}

/// The same of any text.
pub fn http_text(host: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.0\r\nHost: {host}\r\n{headers}Content-Length: {length}\r\n\r\n");
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
    (status, body.to_owned())
}
