//! AWS as the kinds call it: a client per service, and the one way to call through it.

use std::future::Future;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_ec2::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use engine::{Fault, TagChange};

use super::fault::classify;
use super::limits::Limits;
use super::meter::{Meter, Requests};

/// Longest wait for one answer. Creates without a token must not be in flight for longer than the settle window allows for.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The SDK's client of one service.
pub trait Client: Clone + Send + Sync + 'static {
    /// The service as IAM actions spell it: `ec2`, `ecs`, `elasticloadbalancing`.
    const SERVICE: &'static str;

    /// A client with these settings whose requests are counted.
    fn new(config: &SdkConfig, requests: Requests) -> Self;

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
    meter: Meter,
}

impl<C: Client> Service<C> {
    /// Clients for the account and region that `config` leads to.
    #[must_use]
    pub fn new(config: &SdkConfig, limits: Limits, meter: Meter) -> Self {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(CALL_TIMEOUT).build();
        let client = |retries| {
            let config = config.clone().into_builder().retry_config(retries).timeout_config(timeouts.clone());
            C::new(&config.build(), meter.requests(C::SERVICE))
        };
        Self { reads: client(RetryConfig::standard()), writes: client(RetryConfig::disabled()), limits, meter }
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
        self.admitted(operation, self.limits.question(C::SERVICE, operation).await)?;
        let result = call.await.map_err(|error| classify(operation, &error));
        self.meter.called(C::SERVICE, operation, &result);
        result
    }

    /// Sends one change, within the account's rate, and logs it: in one line, beside whatever the caller's span says of it.
    ///
    /// # Errors
    /// The classified fault; `Throttled` without a call if the rate leaves no slot soon.
    pub async fn write<T, E>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Fault>
    where
        T: RequestId,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.admitted(operation, self.limits.change(C::SERVICE, operation).await)?;
        let result = call.await.map_err(|error| classify(operation, &error));
        self.meter.called(C::SERVICE, operation, &result);
        let service = C::SERVICE;
        match &result {
            Ok(answer) => tracing::info!(service, operation, requestID = answer.request_id(), "AWS write"),
            Err(Fault { code, message, request_id, .. }) => {
                tracing::warn!(service, operation, code, error = message, requestID = request_id, "AWS write failed");
            }
        }
        result
    }

    fn admitted(&self, operation: &'static str, slot: Result<(), Fault>) -> Result<(), Fault> {
        slot.inspect_err(|_| self.meter.held_back(C::SERVICE, operation))
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
            pub fn new(config: &SdkConfig, limits: &Limits, meter: &Meter) -> Self {
                Self { $($field: Service::new(config, limits.clone(), meter.clone()),)+ }
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
