//! What is to be built, typed, defaulted and checked: the only thing that the rooms behind
//! [`validate`](super::validate) read.

mod network;
mod service;

use std::collections::BTreeMap;

pub use super::manifest::Hidden;
pub use super::manifest::auth::{Client, ExternalIssuer, Flow, Mfa, ResourceServer};
pub use super::manifest::http_api::{Cors, Domain, ReadinessProbe, RouteAuth, Throttling};
pub use super::manifest::load_balancer::SecurityGroupMode;
pub use super::manifest::network::{EndpointPolicies, NatMode};
pub use super::manifest::service::{Deployment, ExistingService};
pub use super::manifest::task::{Architecture, Capacity, CapacityProvider, ImageOwner, Protocol};
pub use network::{Endpoints, ExistingNetwork, FlowLogs, Network, Zones};
pub use service::{Autoscaling, Destination, Egress, HealthCheck, Image, SecretSource, Service};

/// A checked stack. How it is steered (mode, suspension, deletion) is in [`Controls`](super::Controls), which needs no
/// valid spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Namespace of the object.
    pub namespace: String,
    /// Name of the object. NAMESPACE/NAME fits the value of a tag.
    pub name: String,
    /// AWS region.
    pub region: String,
    /// The user's tags, free of reserved keys.
    pub tags: BTreeMap<String, String>,
    /// The network.
    pub network: Network,
    /// The repository.
    pub registry: Registry,
    /// The service.
    pub service: Service,
    /// The load balancer.
    pub load_balancer: LoadBalancer,
    /// Who issues tokens.
    pub auth: Auth,
    /// The HTTP API.
    pub api: HttpApi,
}

/// The ECR repository of the service's image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registry {
    /// One that is built.
    Own(Repository),
    /// One that the user brings, by name.
    Brought(String),
}

impl Registry {
    /// Name of the repository, built or brought.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Own(repository) => &repository.name,
            Self::Brought(name) => name,
        }
    }
}

/// A repository that is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its name, valid for ECR.
    pub name: String,
    /// A pushed tag never moves.
    pub tag_immutability: bool,
    /// Images are scanned when pushed.
    pub scan_on_push: bool,
    /// Images that the lifecycle policy keeps.
    pub keep_images: i32,
    /// ARN of the KMS key; AES256 with a key of AWS's if none.
    pub kms_key_arn: Option<String>,
}

/// The internal network load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancer {
    /// Which security group it carries.
    pub security_group: SecurityGroupMode,
    /// Each zone's address reaches the tasks of all zones.
    pub cross_zone: bool,
    /// TCP port of the listener.
    pub port: u16,
}

/// Who issues the tokens that the API accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// A Cognito user pool.
    Cognito(Cognito),
    /// An issuer elsewhere.
    External(ExternalIssuer),
}

/// A Cognito user pool with its clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cognito {
    /// The pool.
    pub pool: Pool,
    /// Its clients, at least one, by unique name.
    pub clients: Vec<Client>,
    /// Its resource servers, by unique identifier.
    pub resource_servers: Vec<ResourceServer>,
}

/// The user pool itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pool {
    /// One that is built.
    Own {
        /// Users may register themselves.
        self_sign_up: bool,
        /// Second factor.
        mfa: Mfa,
        /// Least length of passwords.
        password_min_length: i32,
        /// Prefix of the sign-in domain.
        domain_prefix: Option<String>,
    },
    /// One that the user brings, by id.
    Brought(String),
}

/// The HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpApi {
    /// Its routes, at least one, by unique key.
    pub routes: Vec<Route>,
    /// Cross-origin rules.
    pub cors: Option<Cors>,
    /// Limit on requests.
    pub throttling: Throttling,
    /// Requests are logged.
    pub access_logs: bool,
    /// Request that shows that traffic works.
    pub readiness_probe: Option<ReadinessProbe>,
    /// Domain name of the user's own.
    pub domain: Option<Domain>,
}

/// A route of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// `$default`, or method and path.
    pub key: String,
    /// Who may use it.
    pub auth: RouteAuth,
    /// Scopes of which the token must carry one; empty unless a token is needed.
    pub scopes: Vec<String>,
}
