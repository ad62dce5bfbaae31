//! A scope: the identity, account and region whose sources, clients and rate limits are shared by every stack in it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_types::service_config::ServiceConfigKey;
use engine::Fault;
use tokio::sync::OnceCell;

use super::cloud::Cloud;
use super::facts::Cache;
use super::fault::{classify, incomplete};
use super::limits::Limits;
use super::meter::Meter;
use super::sources::Sources;

/// How to act in AWS.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Connection {
    /// The region, for example `eu-west-1`.
    pub region: String,
    /// The role to assume; the controller's own credentials without one.
    pub role: Option<Role>,
}

/// A role to assume.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// The external id that its trust policy asks for.
    pub external_id: Option<String>,
    /// Session name, as `CloudTrail` shows it.
    pub session_name: String,
    /// Session tags.
    pub session_tags: BTreeMap<String, String>,
}

impl std::fmt::Debug for Connection {
    /// Leaves out the external id: it is the other account's guard against confused deputies.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("region", &self.region)
            .field("role", &self.role.as_ref().map(|role| &role.arn))
            .finish()
    }
}

/// An identity in an account and a region, connected.
#[derive(Debug)]
pub struct Scope {
    /// The 12-digit account that the credentials lead to.
    pub account: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The region.
    pub region: String,
    /// The services.
    pub cloud: Cloud,
    /// Where Cognito is reached, if the settings of the SDK say another place than its own.
    cognito_endpoint: Option<String>,
    /// Shared answers.
    pub sources: Sources,
    /// Answers that facts come from.
    pub(super) facts: Cache,
}

impl Scope {
    /// A scope over given clients, for tests of what lies above the wire.
    #[must_use]
    pub fn new(account: String, partition: String, region: String, cloud: Cloud) -> Self {
        Self {
            account,
            partition,
            region,
            cloud,
            cognito_endpoint: None,
            sources: Sources::default(),
            facts: Cache::default(),
        }
    }

    /// Where the documents of `issuer`, a user pool's, are found: under its own URL, or where the settings of the SDK let Cognito be
    /// reached, which serves them.
    ///
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html>
    #[must_use]
    pub fn issuer(&self, issuer: &str) -> String {
        let pool = issuer.rsplit('/').next().unwrap_or_default();
        match &self.cognito_endpoint {
            Some(endpoint) => format!("{}/{pool}", endpoint.trim_end_matches('/')),
            None => issuer.to_owned(),
        }
    }
}

/// The endpoint that the settings name for Cognito, or else for every service, as its client takes it.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
fn cognito_endpoint(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("Cognito Identity Provider")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let own = config.service_config().and_then(|settings| settings.load_config(key));
    own.or_else(|| config.endpoint_url().map(str::to_owned))
}

/// Every scope in use; connecting twice the same way gives the same scope.
#[derive(Debug)]
pub struct Scopes {
    base: SdkConfig,
    limits: Limits,
    meter: Meter,
    open: Mutex<HashMap<Connection, Open>>,
}

/// A way to connect that was asked for.
#[derive(Debug)]
struct Open {
    scope: Arc<OnceCell<Arc<Scope>>>,
    first: Instant,
    last: Instant,
}

impl Scopes {
    /// From the process's environment: credentials (environment, IRSA, Pod Identity, instance), endpoint, proxy.
    pub async fn from_environment(limits: Limits, meter: Meter) -> Self {
        let base = aws_config::defaults(BehaviorVersion::latest()).load().await;
        Self { base, limits, meter, open: Mutex::default() }
    }

    /// The region that the environment names.
    #[must_use]
    pub fn region(&self) -> Option<String> {
        self.base.region().map(ToString::to_string).filter(|region| !region.is_empty())
    }

    /// The scope behind `connection`, used at `now`. Asks STS once, also for callers that come at the same time; its account never
    /// changes afterwards.
    ///
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
    ///
    /// # Errors
    /// The fault of assuming the role or of asking who we are.
    pub async fn connect(&self, connection: &Connection, now: Instant) -> Result<Arc<Scope>, Fault> {
        let scope = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = || Open { scope: Arc::default(), first: now, last: now };
            let open = open.entry(connection.clone()).or_insert_with(fresh);
            open.last = now;
            Arc::clone(&open.scope)
        };
        scope.get_or_try_init(|| self.open(connection)).await.cloned()
    }

    /// How old the last good answer to each shallow question is at `now`, by the question's name: the oldest of those of all scopes
    /// that were used at `since` or later. One that was never answered is as old as its scope.
    #[must_use]
    pub fn ages(&self, since: Instant, now: Instant) -> BTreeMap<&'static str, Duration> {
        let mut ages = BTreeMap::new();
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for Open { scope, first, last } in open.values() {
            let Some(scope) = scope.get().filter(|_| *last >= since) else { continue };
            for (question, answered) in scope.sources.answered() {
                let age: &mut Duration = ages.entry(question).or_default();
                *age = now.saturating_duration_since(answered.unwrap_or(*first)).max(*age);
            }
        }
        ages
    }

    async fn open(&self, connection: &Connection) -> Result<Arc<Scope>, Fault> {
        let config = self.configure(connection).await;
        let settings = aws_sdk_sts::config::Builder::from(&config).interceptor(self.meter.requests("sts")).build();
        let call = aws_sdk_sts::Client::from_conf(settings).get_caller_identity();
        let identity = call.send().await.map_err(|error| classify("GetCallerIdentity", &error));
        self.meter.called("sts", "GetCallerIdentity", &identity);
        let identity = identity?;
        let account = identity.account.ok_or_else(|| incomplete("GetCallerIdentity", "account"))?;
        let partition = identity
            .arn
            .as_deref()
            .and_then(|arn| arn.split(':').nth(1))
            .ok_or_else(|| incomplete("GetCallerIdentity", "arn"))?
            .to_owned();
        let cloud = Cloud::new(&config, &self.limits, &self.meter);
        let cognito_endpoint = cognito_endpoint(&config);
        Ok(Arc::new(Scope { cognito_endpoint, ..Scope::new(account, partition, connection.region.clone(), cloud) }))
    }

    async fn configure(&self, connection: &Connection) -> SdkConfig {
        let region = Region::new(connection.region.clone());
        let base = self.base.clone().into_builder().region(region.clone()).build();
        let Some(Role { arn, external_id, session_name, session_tags }) = &connection.role else {
            return base;
        };
        let mut role = AssumeRoleProvider::builder(arn)
            .configure(&base)
            .region(region)
            .session_name(session_name)
            .session_length(Duration::from_hours(1));
        if let Some(external_id) = external_id {
            role = role.external_id(external_id);
        }
        if !session_tags.is_empty() {
            role = role.tags(session_tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>());
        }
        let provider = match self.base.credentials_provider() {
            Some(own) => role.build_from_provider(own).await,
            None => role.build().await,
        };
        base.into_builder()
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(provider))
            .build()
    }
}

#[cfg(test)]
mod tests {
    use aws_types::service_config::LoadServiceConfig;

    use super::*;
    use crate::aws::wire::Wire;

    /// Settings that name an endpoint for one service.
    #[derive(Debug)]
    struct Settings(&'static str);

    impl LoadServiceConfig for Settings {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            let asked = (key.service_id(), key.env(), key.profile());
            (asked == (self.0, "AWS_ENDPOINT_URL", "endpoint_url")).then(|| "https://vpce.example/".to_owned())
        }
    }

    #[test]
    fn an_issuer_is_found_where_cognito_is_reached() {
        const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC";
        let everywhere = || SdkConfig::builder().endpoint_url("http://127.0.0.1:4566");
        let cases = [
            (SdkConfig::builder(), ISSUER),
            (everywhere(), "http://127.0.0.1:4566/eu-west-1_AbC"),
            (everywhere().service_config(Settings("EC2")), "http://127.0.0.1:4566/eu-west-1_AbC"),
            (everywhere().service_config(Settings("Cognito Identity Provider")), "https://vpce.example/eu-west-1_AbC"),
        ];
        for (config, expected) in cases {
            let cognito_endpoint = cognito_endpoint(&config.build());
            let plain = Scope::new("111122223333".into(), "aws".into(), "eu-west-1".into(), Wire::default().cloud());
            assert_eq!(Scope { cognito_endpoint, ..plain }.issuer(ISSUER), expected);
        }
    }
}
