//! Scripted services behind the real SDKs: what goes over the wire is asserted, what comes back is written down.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use super::cloud::Cloud;
use super::ec2::Ec2;
use super::limits::Limits;
use super::meter::Meter;

/// A request as the service got it: its parameters, sorted, without the API version, and the operation as `Action`. Members of
/// JSON objects and lists are spelled as in `tags.0.key`; REST requests have the method and path as `Action`.
pub type Request = BTreeMap<String, String>;

/// A scripted AWS. Each request takes the next answer; a request beyond the script fails the test.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    script: Arc<Mutex<VecDeque<(u16, String)>>>,
    requests: Arc<Mutex<Vec<Request>>>,
    meter: Meter,
}

impl Wire {
    /// Answers the next request with `inner`, the XML inside the operation's response element.
    pub fn answer(self, operation: &str, inner: &str) -> Self {
        let body = format!("<{operation}Response><requestId>r</requestId>{inner}</{operation}Response>");
        self.script.lock().unwrap().push_back((200, body));
        self
    }

    /// Answers the next request of IAM or Elastic Load Balancing with `inner`, the XML inside the operation's result element.
    pub fn answer_query(self, operation: &str, inner: &str) -> Self {
        let body = format!("<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>");
        self.script.lock().unwrap().push_back((200, body));
        self
    }

    /// Answers the next request of a service that speaks JSON.
    pub fn answer_json(self, body: &serde_json::Value) -> Self {
        self.script.lock().unwrap().push_back((200, body.to_string()));
        self
    }

    /// Refuses the next request with an error of IAM or Elastic Load Balancing.
    pub fn refuse_query(self, status: u16, code: &str) -> Self {
        let body =
            format!("<ErrorResponse><Error><Code>{code}</Code><Message>said so</Message></Error></ErrorResponse>");
        self.script.lock().unwrap().push_back((status, body));
        self
    }

    /// Refuses the next request with an error of a service that speaks JSON.
    pub fn refuse_json(self, status: u16, code: &str) -> Self {
        let body = serde_json::json!({"__type": code, "code": code, "message": "said so"}).to_string();
        self.script.lock().unwrap().push_back((status, body));
        self
    }

    /// Refuses the next request with an EC2 error.
    pub fn refuse(self, status: u16, code: &str) -> Self {
        let body = format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>said so</Message></Error></Errors><RequestID>r</RequestID></Response>"
        );
        self.script.lock().unwrap().push_back((status, body));
        self
    }

    /// EC2's clients that speak to this script.
    pub fn ec2(&self) -> Ec2 {
        self.cloud().ec2
    }

    /// Every service's clients that speak to this script.
    pub fn cloud(&self) -> Cloud {
        self.within(&Limits::unlimited())
    }

    /// What its clients counted.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Every service's clients, within `limits`.
    pub fn within(&self, limits: &Limits) -> Cloud {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .retry_config(RetryConfig::disabled())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "123456789012",
                "secret",
                None,
                None,
                "test",
            )))
            .http_client(SharedHttpClient::new(self.clone()))
            .build();
        Cloud::new(&config, limits, &self.meter)
    }

    /// The requests so far. The script must be used up.
    pub fn requests(&self) -> Vec<Request> {
        assert!(self.script.lock().unwrap().is_empty(), "answers are left over: a call is missing");
        self.requests.lock().unwrap().clone()
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let form = read(&request);
        let answer = self.script.lock().unwrap().pop_front();
        let (status, body) = answer.unwrap_or_else(|| panic!("no answer is scripted for {form:?}"));
        self.requests.lock().unwrap().push(form);
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))))
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn read(request: &HttpRequest) -> Request {
    let body = request.body().bytes().unwrap_or_default();
    if let Some(target) = request.headers().get("x-amz-target") {
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        return flat(operation, body);
    }
    if request.headers().get("content-type").is_some_and(|it| it.contains("form-urlencoded")) {
        return form(body);
    }
    let uri: String = request.uri().splitn(4, '/').nth(3).unwrap_or_default().to_owned();
    flat(format!("{} /{uri}", request.method()), body)
}

/// The members of a JSON body, each under its path.
fn flat(action: String, body: &[u8]) -> Request {
    fn walk(path: String, value: &serde_json::Value, into: &mut Request) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value {
            serde_json::Value::Object(members) => {
                members.iter().for_each(|(name, value)| walk(below(name), value, into));
            }
            serde_json::Value::Array(items) => {
                items.iter().enumerate().for_each(|(n, value)| walk(below(&n.to_string()), value, into));
            }
            serde_json::Value::String(text) => drop(into.insert(path, text.clone())),
            other => drop(into.insert(path, other.to_string())),
        }
    }
    let mut request = Request::from([("Action".to_owned(), action)]);
    if !body.is_empty() {
        walk(String::new(), &serde_json::from_slice(body).unwrap(), &mut request);
    }
    request
}

fn form(body: &[u8]) -> Request {
    std::str::from_utf8(body)
        .unwrap()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| *name != "Version")
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// A request of `operation` with `parameters`, tag parameters left out.
pub fn request(operation: &str, parameters: &[(&str, &str)]) -> Request {
    let action = std::iter::once(("Action", operation));
    action.chain(parameters.iter().copied()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A request of `operation` with the members of `body`, to a service that speaks JSON.
pub fn json_request(operation: &str, body: &serde_json::Value) -> Request {
    flat(operation.to_owned(), body.to_string().as_bytes())
}

/// A request without its tag parameters; they are asserted by [`tags`].
pub fn untagged(request: &Request) -> Request {
    let tag =
        |name: &str| ["TagSpecification.", "Tags.", "tags.", "UserPoolTags."].iter().any(|it| name.starts_with(it));
    let kept = request.iter().filter(|(name, _)| !tag(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The tags that a create call carries.
pub fn tags(request: &Request) -> engine::Tags {
    /// EC2; Query services; JSON services with lists, in both spellings.
    const LISTS: [(&str, &str, &str, usize); 4] = [
        ("TagSpecification.1.Tag", "Key", "Value", 1),
        ("Tags.member", "Key", "Value", 1),
        ("tags", "key", "value", 0),
        ("tags", "Key", "Value", 0),
    ];
    for (prefix, key, value, first) in LISTS {
        let member = |n: usize, part: &str| request.get(&format!("{prefix}.{n}.{part}")).cloned();
        let tags: engine::Tags =
            (first..).map_while(|n| Some((member(n, key)?, member(n, value).unwrap_or_default()))).collect();
        if !tags.is_empty() {
            return tags;
        }
    }
    let maps = ["tags.", "Tags.", "UserPoolTags."];
    let named = |name: &str| maps.iter().find_map(|prefix| name.strip_prefix(prefix)).map(str::to_owned);
    request.iter().filter_map(|(name, value)| Some((named(name)?, value.clone()))).collect()
}

/// A mark as a stack's stamp makes it.
pub fn mark<R: super::Resource>(resource: &R) -> super::resource::Mark {
    stamp().mark(engine::Key::new(R::KIND, resource.name()), 0, resource.extra_tags())
}

/// The stamp of the stack `shop/orders`.
pub fn stamp() -> super::owner::Stamp {
    super::owner::Stamp {
        owner: super::owner::Owner {
            cluster: "cluster-1".into(),
            namespace_uid: "namespace-1".into(),
            stack: "shop/orders".into(),
            uid: "uid-1".into(),
            adopt_from: None,
        },
        user_tags: engine::Tags::new(),
        generation: 1,
    }
}

/// A view in which every question was answered with nothing.
#[expect(clippy::disallowed_methods, reason = "no test looks at it")]
pub fn view() -> super::sources::View {
    super::sources::View {
        vpcs: answer([]),
        vpc_attributes: BTreeMap::new(),
        subnets: answer([]),
        internet_gateways: answer([]),
        addresses: answer([]),
        nat_gateways: answer([]),
        route_tables: answer([]),
        security_groups: answer([]),
        security_group_rules: answer([]),
        vpc_endpoints: answer([]),
        listed: super::sources::Listed::default(),
        detailed: super::sources::Detailed::default(),
        started: std::time::Instant::now(),
    }
}

/// What a question was answered with.
#[expect(clippy::unnecessary_wraps, reason = "as a view holds it")]
pub fn answer<T>(items: impl IntoIterator<Item = T>) -> super::sources::Answer<T> {
    Ok(items.into_iter().collect())
}

/// The tags of the stack `shop/orders` on the resource `name` of kind `R`, as EC2 returns them.
pub fn owned<R: super::Resource>(name: &str) -> Option<Vec<aws_sdk_ec2::types::Tag>> {
    sdk_tags(&stamp().tags(&engine::Key::new(R::KIND, name), 0, engine::Tags::new()))
}

/// `tags` as EC2 returns them.
#[expect(clippy::unnecessary_wraps, reason = "as the SDK's builders take it")]
pub fn sdk_tags(tags: &engine::Tags) -> Option<Vec<aws_sdk_ec2::types::Tag>> {
    Some(tags.iter().map(|(key, value)| aws_sdk_ec2::types::Tag::builder().key(key).value(value).build()).collect())
}

/// The tags of `arn` as Elastic Load Balancing describes them.
pub fn described_tags(arn: &str, tags: &engine::Tags) -> String {
    let members: Vec<String> =
        tags.iter().map(|(key, value)| format!("<member><Key>{key}</Key><Value>{value}</Value></member>")).collect();
    let tags = members.concat();
    format!("<TagDescriptions><member><ResourceArn>{arn}</ResourceArn><Tags>{tags}</Tags></member></TagDescriptions>")
}

/// The key of the resource `name` of kind `R`.
pub fn key<R: super::Resource>(name: &str) -> engine::Key {
    engine::Key::new(R::KIND, name)
}

/// Known ids by key.
pub fn ids<const N: usize>(known: [(engine::Key, &str); N]) -> engine::Ids {
    let attributes = engine::Attributes::new;
    known.into_iter().map(|(key, id)| (key, engine::Known { id: id.into(), attributes: attributes() })).collect()
}

/// What a comparison comes to, in words: `in sync`, `update a, b`, `replace a`, `unknown vpc/main`.
pub fn said(comparison: &engine::Comparison) -> String {
    let fields = |changes: &[engine::Change]| changes.iter().map(|it| it.field).collect::<Vec<_>>().join(", ");
    match comparison.verdict() {
        engine::Verdict::InSync => "in sync".to_owned(),
        engine::Verdict::Update(changes) => format!("update {}", fields(&changes)),
        engine::Verdict::Replace(changes) => format!("replace {}", fields(&changes)),
        engine::Verdict::Unknown(key) => format!("unknown {key}"),
    }
}
