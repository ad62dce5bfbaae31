//! `spec.auth`: who may call the API, as written.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{self, api};

/// Who issues the tokens that the API accepts: a Cognito user pool, or an issuer that exists elsewhere.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = api::one_issuer(),
    validation = api::oauth_endpoints(),
    validation = api::scopes_to_grant(),
    validation = api::secrets_kept(),
)]
pub struct Auth {
    /// The Cognito user pool. Default: one is built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_pool: Option<UserPool>,
    /// Applications that obtain tokens. Default: one client named default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 20),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub clients: Option<Vec<Client>>,
    /// APIs whose scopes tokens may carry. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 20),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["identifier"])
    )]
    pub resource_servers: Option<Vec<ResourceServer>>,
    /// An issuer of tokens elsewhere, instead of a user pool. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalIssuer>,
}

/// The Cognito user pool.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = api::brought_pool(),
)]
pub struct UserPool {
    /// Whether users may register themselves. Default: false, an administrator creates them.
    #[serde(default)]
    pub self_sign_up: bool,
    /// Second factor: None, Optional or Required. Default: Optional.
    #[serde(default)]
    pub mfa: Mfa,
    /// Least length of passwords, 6 to 99. Default: 12.
    #[serde(default = "password_length")]
    #[schemars(range(min = 6, max = 99))]
    pub password_min_length: i32,
    /// Prefix of the pool's sign-in domain, unique in the region: 1 to 63 lower case letters, digits and hyphens,
    /// without the words aws, amazon and cognito. Default: no domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63), regex(pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"))]
    #[x_kube(validation = api::domain_words())]
    pub domain_prefix: Option<String>,
    /// A user pool that exists already and stays yours. Immutable. Default: one is built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub existing: Option<ExistingUserPool>,
}

impl Default for UserPool {
    fn default() -> Self {
        Self {
            self_sign_up: false,
            mfa: Mfa::default(),
            password_min_length: password_length(),
            domain_prefix: None,
            existing: None,
        }
    }
}

fn password_length() -> i32 {
    12
}

/// Second factor.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum Mfa {
    /// No second factor.
    None,
    /// Users decide.
    #[default]
    Optional,
    /// Everybody needs one.
    Required,
}

/// A user pool that exists already.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExistingUserPool {
    /// Its id, for example eu-west-1_AbCdEf123.
    #[schemars(length(max = 55), regex(pattern = "^[a-z0-9-]+_[0-9A-Za-z]+$"))]
    pub id: String,
}

/// An application that obtains tokens.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = api::callbacks(),
    validation = api::callbacks_used(),
    validation = api::machine_client(),
)]
pub struct Client {
    /// Its name, 1 to 64 characters.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[\w\s+=,.@-]+$"))]
    pub name: String,
    /// How it obtains tokens: UserSrp (password proven without sending it), UserPassword, AuthorizationCode,
    /// ClientCredentials. Default: UserSrp.
    #[serde(default = "flows")]
    #[schemars(length(min = 1, max = 4), extend("x-kubernetes-list-type" = "atomic"))]
    #[x_kube(validation = rules::once("flow"))]
    pub flows: Vec<Flow>,
    /// Where users return to after signing in, with AuthorizationCode: https, or http on localhost, or an application's own scheme. Default:
    /// none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 20),
        inner(length(max = 1024), regex(pattern = "^[a-z][a-z0-9+.-]*://.+$")),
        extend("x-kubernetes-list-type" = "atomic")
    )]
    #[x_kube(validation = api::callback_schemes())]
    pub callback_urls: Option<Vec<String>>,
    /// Whether it has a secret, which is written to the Kubernetes Secret STACK-CLIENT-client. Immutable. Default: false.
    #[serde(default)]
    pub generate_secret: bool,
}

/// The client of a stack that declares none.
impl Default for Client {
    fn default() -> Self {
        Self { name: "default".into(), flows: flows(), callback_urls: None, generate_secret: false }
    }
}

fn flows() -> Vec<Flow> {
    vec![Flow::UserSrp]
}

/// How a client obtains tokens.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub enum Flow {
    /// Secure Remote Password: `ALLOW_USER_SRP_AUTH`.
    UserSrp,
    /// Name and password sent to Cognito: `ALLOW_USER_PASSWORD_AUTH`.
    UserPassword,
    /// OAuth 2 authorization code.
    AuthorizationCode,
    /// OAuth 2 client credentials: a machine.
    ClientCredentials,
}

/// An API whose scopes tokens may carry.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceServer {
    /// Its identifier; a scope is written IDENTIFIER/SCOPE.
    #[schemars(length(min = 1, max = 256), regex(pattern = r"^[\x21\x23-\x5B\x5D-\x7E]+$"))]
    pub identifier: String,
    /// Names of its scopes.
    #[schemars(
        length(min = 1, max = 100),
        inner(length(min = 1, max = 256), regex(pattern = r"^[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub scopes: Vec<String>,
}

/// An issuer of tokens elsewhere.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalIssuer {
    /// Its URL, as in the tokens' iss; it must serve OpenID Connect discovery.
    #[schemars(length(max = 2048), regex(pattern = "^https://.+$"))]
    pub issuer: String,
    /// Accepted values of the tokens' aud.
    #[schemars(length(min = 1, max = 50), inner(length(min = 1, max = 1024)), extend("x-kubernetes-list-type" = "set"))]
    pub audience: Vec<String>,
}
