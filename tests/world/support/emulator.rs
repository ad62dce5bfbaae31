//! An AWS account of the emulator, seen from outside: what was called, what it holds, what is to go wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use serde_json::{Value, json};

use super::World;

/// The region in which tests build.
pub const REGION: &str = "eu-west-1";

/// An account that nobody else uses. Any role in it can be assumed.
#[derive(Clone, Debug)]
pub struct Account {
    endpoint: String,
    id: String,
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

    /// How a client of the user's own gets in, who is root there. Its calls are in the ledger, too.
    fn root(&self) -> aws_config::SdkConfig {
        let credentials = Credentials::new(&self.id, "any", None, None, "test");
        aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build()
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

    /// The user's own client of EC2.
    pub fn ec2(&self) -> aws_sdk_ec2::Client {
        aws_sdk_ec2::Client::new(&self.root())
    }

    /// The user's own client of Elastic Load Balancing.
    pub fn elb(&self) -> aws_sdk_elasticloadbalancingv2::Client {
        aws_sdk_elasticloadbalancingv2::Client::new(&self.root())
    }

    /// The user's own client of API Gateway.
    pub fn api(&self) -> aws_sdk_apigatewayv2::Client {
        aws_sdk_apigatewayv2::Client::new(&self.root())
    }

    /// The same for user pools.
    pub fn cognito(&self) -> aws_sdk_cognitoidentityprovider::Client {
        let config = aws_sdk_cognitoidentityprovider::Config::builder()
            .behavior_version(aws_sdk_cognitoidentityprovider::config::BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(aws_sdk_cognitoidentityprovider::config::Region::new(REGION))
            .credentials_provider(aws_sdk_cognitoidentityprovider::config::Credentials::new(
                &self.id, "any", None, None, "test",
            ))
            .build();
        aws_sdk_cognitoidentityprovider::Client::from_conf(config)
    }

    /// The same for ECS.
    pub fn ecs(&self) -> aws_sdk_ecs::Client {
        let config = aws_sdk_ecs::Config::builder()
            .behavior_version(aws_sdk_ecs::config::BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(aws_sdk_ecs::config::Region::new(REGION))
            .credentials_provider(aws_sdk_ecs::config::Credentials::new(&self.id, "any", None, None, "test"))
            .build();
        aws_sdk_ecs::Client::from_conf(config)
    }

    /// Pushes an image of its own content as `repository:tag`; answers with its digest.
    pub fn push(&self, repository: &str, tag: &str) -> String {
        let image = json!({"region": REGION, "repository": repository, "tag": tag});
        self.control("POST", "images", "", Some(&image))["digest"].as_str().unwrap().to_owned()
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
        let host = self.endpoint.strip_prefix("http://").unwrap();
        let (status, answer) = http(host, method, &path, &body.map(ToString::to_string).unwrap_or_default());
        assert_eq!(status, 200, "{method} {path}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }
}

/// The IAM actions of `service` behind the calls that the controller made in `account`.
pub fn used_actions(account: &Account, service: &str) -> BTreeSet<String> {
    let calls = account.calls(0).into_iter().filter(|call| call.service == service);
    calls.map(|call| format!("{service}:{}", call.operation)).collect()
}

/// The IAM actions of `service` that the code names beside its calls.
pub fn listed_actions(service: &str) -> BTreeSet<String> {
    let of_kinds = fargatestack::aws::ACTIONS.iter().flat_map(|(_, actions)| *actions);
    let listed =
        of_kinds.chain(fargatestack::aws::facts::ACTIONS).filter(|action| action.split(':').next() == Some(service));
    listed.map(|action| (*action).to_owned()).collect()
}

/// How often each operation occurs.
pub fn by_operation<'a>(calls: impl IntoIterator<Item = &'a Call>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in calls {
        *counts.entry(call.operation.clone()).or_default() += 1;
    }
    counts
}

/// One request without a connection that is kept: status and body.
pub fn http(host: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let head = format!("{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
    (status, body.to_owned())
}
