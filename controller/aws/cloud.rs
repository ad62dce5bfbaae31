//! AWS as the kinds call it: a client per service, and the one way to call through it.

use std::future::Future;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use engine::{Fault, TagChange};

use super::fault::classify;
use super::limits::Limits;

/// Longest wait for one answer. Creates without a token must not be in flight for longer than the settle window allows for.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The SDK's client of one service.
pub trait Client: Clone + Send + Sync + 'static {
    /// The service as IAM actions spell it: `ec2`, `ecs`, `elasticloadbalancing`.
    const SERVICE: &'static str;

    /// A client with these settings.
    fn new(config: &SdkConfig) -> Self;

    /// Changes the tags of the resource at `address`, and nothing else: its ARN, for EC2 its id.
    ///
    /// # Errors
    /// The classified fault.
    fn retag(
        service: &Service<Self>,
        address: &str,
        change: &TagChange,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// One service of one scope.
#[derive(Clone, Debug)]
pub struct Service<C> {
    /// For questions: the SDK retries them.
    reads: C,
    /// For changes: never retried by the SDK, whose retry after a lost response would make a twin.
    writes: C,
    limits: Limits,
}

impl<C: Client> Service<C> {
    /// Clients for the account and region that `config` leads to.
    #[must_use]
    pub fn new(config: &SdkConfig, limits: Limits) -> Self {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(CALL_TIMEOUT).build();
        let client = |retries| {
            let config = config.clone().into_builder().retry_config(retries).timeout_config(timeouts.clone());
            C::new(&config.build())
        };
        Self { reads: client(RetryConfig::standard()), writes: client(RetryConfig::disabled()), limits }
    }

    /// The client for questions.
    #[must_use]
    pub fn reads(&self) -> &C {
        &self.reads
    }

    /// The client for changes.
    #[must_use]
    pub fn writes(&self) -> &C {
        &self.writes
    }

    /// Sends one question.
    ///
    /// # Errors
    /// The classified fault; `Throttled` without a call if the rate of the service as a whole leaves no slot soon.
    pub async fn read<T, E>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Fault>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.limits.question(C::SERVICE, operation).await?;
        call.await.map_err(|error| classify(operation, &error))
    }

    /// Sends one change, within the account's rate, and logs it.
    ///
    /// # Errors
    /// The classified fault; `Throttled` without a call if the rate leaves no slot soon.
    pub async fn write<T, E>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Fault>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.limits.change(C::SERVICE, operation).await?;
        match call.await {
            Ok(answer) => {
                tracing::info!(service = C::SERVICE, operation, "AWS write");
                Ok(answer)
            }
            Err(error) => {
                let fault = classify(operation, &error);
                tracing::warn!(
                    service = C::SERVICE,
                    operation,
                    code = fault.code,
                    message = fault.message,
                    request_id = fault.request_id,
                    "AWS write failed"
                );
                Err(fault)
            }
        }
    }

    /// Changes tags; sends nothing if nothing changes.
    ///
    /// # Errors
    /// The classified fault.
    pub async fn retag(&self, address: &str, change: &TagChange) -> Result<(), Fault> {
        if change.is_empty() { Ok(()) } else { C::retag(self, address, change).await }
    }
}

/// Generates [`Cloud`]: a field per service, and the way from a client's type to its service.
macro_rules! services {
    ($($(#[$doc:meta])* $field:ident: $alias:ident = $client:path;)+) => {
        $($(#[$doc])* pub type $alias = Service<$client>;)+

        /// Every service of one scope.
        #[derive(Clone, Debug)]
        pub struct Cloud {
            $($(#[$doc])* pub $field: $alias,)+
        }

        impl Cloud {
            /// Clients for the account and region that `config` leads to.
            #[must_use]
            pub fn new(config: &SdkConfig, limits: &Limits) -> Self {
                Self { $($field: Service::new(config, limits.clone()),)+ }
            }
        }

        $(impl AsRef<$alias> for Cloud {
            fn as_ref(&self) -> &$alias {
                &self.$field
            }
        })+
    };
}

services! {
    /// Virtual networks.
    ec2: Ec2 = aws_sdk_ec2::Client;
    /// Container images.
    ecr: Ecr = aws_sdk_ecr::Client;
    /// Containers.
    ecs: Ecs = aws_sdk_ecs::Client;
    /// Load balancers.
    elb: Elb = aws_sdk_elasticloadbalancingv2::Client;
    /// Roles; global, but for the partition.
    iam: Iam = aws_sdk_iam::Client;
    /// Log groups.
    logs: Logs = aws_sdk_cloudwatchlogs::Client;
    /// User pools.
    cognito: Cognito = aws_sdk_cognitoidentityprovider::Client;
    /// HTTP APIs.
    api: ApiGateway = aws_sdk_apigatewayv2::Client;
    /// Application Auto Scaling.
    scaling: Scaling = aws_sdk_applicationautoscaling::Client;
}
