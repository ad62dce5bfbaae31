//! `spec.api`: the HTTP API, as written.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::api;

/// The HTTP API that users call.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpApi {
    /// Routes to the service. Default: everything, with a valid token ($default).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 100),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["key"])
    )]
    pub routes: Option<Vec<Route>>,
    /// Cross-origin rules, answered by the API itself. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors: Option<Cors>,
    /// Limit on requests.
    #[serde(default)]
    pub throttling: Throttling,
    /// Whether requests are logged to CloudWatch Logs. Default: true.
    #[serde(default = "yes")]
    pub access_logs: bool,
    /// A request through the API that shows that traffic works. Default: none is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness_probe: Option<ReadinessProbe>,
    /// A domain name of your own. Default: the name that AWS gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<Domain>,
}

impl Default for HttpApi {
    fn default() -> Self {
        Self {
            routes: None,
            cors: None,
            throttling: Throttling::default(),
            access_logs: true,
            readiness_probe: None,
            domain: None,
        }
    }
}

fn yes() -> bool {
    true
}

/// One route.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = api::scopes_need_token())]
pub struct Route {
    /// $default, or a method and a path: "GET /orders/{id}", "ANY /{proxy+}".
    #[schemars(
        length(max = 512),
        regex(
            pattern = r"^(\$default|(ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) /[A-Za-z0-9._~$@!*'():+,;=&%{}/-]*)$"
        )
    )]
    pub key: String,
    /// Jwt: a valid token is needed. None: open to everybody. Default: Jwt.
    #[serde(default)]
    pub auth: RouteAuth,
    /// Scopes of which the token must carry one, written IDENTIFIER/SCOPE. Default: any valid token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10), inner(length(min = 1, max = 513)), extend("x-kubernetes-list-type" = "set"))]
    pub scopes: Option<Vec<String>>,
}

/// The route of a stack that declares none.
impl Default for Route {
    fn default() -> Self {
        Self { key: "$default".into(), auth: RouteAuth::Jwt, scopes: None }
    }
}

/// Who may use a route.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum RouteAuth {
    /// Who has a valid token.
    #[default]
    Jwt,
    /// Everybody.
    None,
}

/// Cross-origin rules.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = api::credentials_need_origins())]
pub struct Cors {
    /// Origins that may call, for example https://app.example.com, or *.
    #[schemars(length(min = 1, max = 50), inner(length(max = 256)), extend("x-kubernetes-list-type" = "set"))]
    pub allow_origins: Vec<String>,
    /// Methods that they may use. Default: GET.
    #[serde(default = "methods")]
    #[schemars(
        length(min = 1, max = 8),
        inner(length(max = 16), regex(pattern = r"^(\*|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT)$")),
        extend("x-kubernetes-list-type" = "atomic")
    )]
    pub allow_methods: Vec<String>,
    /// Headers that they may send. Default: authorization, content-type.
    #[serde(default = "headers")]
    #[schemars(length(max = 50), inner(length(max = 128)), extend("x-kubernetes-list-type" = "atomic"))]
    pub allow_headers: Vec<String>,
    /// Headers that scripts may read. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50), inner(length(max = 128)), extend("x-kubernetes-list-type" = "set"))]
    pub expose_headers: Option<Vec<String>>,
    /// Whether browsers may send cookies. Default: false.
    #[serde(default)]
    pub allow_credentials: bool,
    /// Seconds for which a browser may keep the answer, 0 to 86400. Default: 300.
    #[serde(default = "max_age")]
    #[schemars(range(min = 0, max = 86400))]
    pub max_age_seconds: i32,
}

fn methods() -> Vec<String> {
    vec!["GET".into()]
}

fn headers() -> Vec<String> {
    ["authorization", "content-type"].map(Into::into).into()
}

fn max_age() -> i32 {
    300
}

/// Limit on requests, over all callers.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Throttling {
    /// Requests a second, 1 to 10000. Default: 1000.
    #[serde(default = "rate")]
    #[schemars(range(min = 1, max = 10000))]
    pub rate: i32,
    /// Requests at once, 1 to 5000. Default: 2000.
    #[serde(default = "burst")]
    #[schemars(range(min = 1, max = 5000))]
    pub burst: i32,
}

impl Default for Throttling {
    fn default() -> Self {
        Self { rate: rate(), burst: burst() }
    }
}

fn rate() -> i32 {
    1000
}

fn burst() -> i32 {
    2000
}

/// A request that shows that traffic works.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadinessProbe {
    /// Path to request, for example /healthz.
    #[schemars(length(min = 1, max = 1024), regex(pattern = r"^/[\x21-\x7e]*$"))]
    pub path: String,
    /// Client of auth.clients, with flow ClientCredentials, with a token of which the path must be served: answered, and neither
    /// with 401 or 403 nor with 5xx. Default: none; then only that who has no token is refused (401).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub client: Option<String>,
}

/// A domain name of your own.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Domain {
    /// The name, for example api.example.com; point it at the target that status.outputs names.
    #[schemars(length(min = 3, max = 253), regex(pattern = r"^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"))]
    pub name: String,
    /// ARN of its ACM certificate, in the stack's region.
    #[schemars(length(max = 512), regex(pattern = "^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+$"))]
    pub certificate_arn: String,
}
