//! The EC2 clients of one scope, and the one way to call through them.

use std::future::Future;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use engine::{Fault, Live, TagChange, Tags};

use super::fault::classify;
use super::limits::Limits;
use super::owner::RETAINED;

/// Longest wait for one answer. Creates without a token must not be in flight for longer than the settle window allows for.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// EC2, as the kinds call it.
#[derive(Clone, Debug)]
pub struct Ec2 {
    /// For questions: the SDK retries them.
    reads: Client,
    /// For changes: never retried by the SDK, whose retry after a lost response would make a twin.
    writes: Client,
    limits: Limits,
}

impl Ec2 {
    /// Clients for the account and region that `config` leads to.
    #[must_use]
    pub fn new(config: &SdkConfig, limits: Limits) -> Self {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(CALL_TIMEOUT).build();
        let client = |retries| {
            let config =
                aws_sdk_ec2::config::Builder::from(config).retry_config(retries).timeout_config(timeouts.clone());
            Client::from_conf(config.build())
        };
        Self { reads: client(RetryConfig::standard()), writes: client(RetryConfig::disabled()), limits }
    }

    /// The client for questions.
    #[must_use]
    pub fn reads(&self) -> &Client {
        &self.reads
    }

    /// The client for changes.
    #[must_use]
    pub fn writes(&self) -> &Client {
        &self.writes
    }

    /// Sends one question.
    ///
    /// # Errors
    /// The classified fault.
    pub async fn read<T, E>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Fault>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
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
        self.limits.slot(operation).await?;
        match call.await {
            Ok(answer) => {
                tracing::info!(operation, "AWS write");
                Ok(answer)
            }
            Err(error) => {
                let fault = classify(operation, &error);
                tracing::warn!(
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

    /// Marks `live` as kept by a stack that goes: a later incarnation of the same stack takes it over.
    ///
    /// # Errors
    /// The classified fault.
    pub async fn mark_retained<S>(&self, live: &Live<S>) -> Result<(), Fault> {
        let set = Tags::from([(RETAINED.to_owned(), "true".to_owned())]);
        self.retag(live, &TagChange { set, ..TagChange::default() }).await
    }

    /// Changes tags of any EC2 resource.
    ///
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html>
    ///
    /// # Errors
    /// The classified fault.
    pub async fn retag<S>(&self, live: &Live<S>, change: &TagChange) -> Result<(), Fault> {
        if !change.set.is_empty() {
            let call = self.writes.create_tags().resources(live.id.as_str()).set_tags(Some(to_sdk(&change.set)));
            self.write("CreateTags", call.send()).await?;
        }
        if !change.remove.is_empty() {
            let keys = change.remove.iter().map(|key| Tag::builder().key(key).build()).collect();
            let call = self.writes.delete_tags().resources(live.id.as_str()).set_tags(Some(keys));
            self.write("DeleteTags", call.send()).await?;
        }
        Ok(())
    }
}

/// The tags in the form that create calls take.
#[must_use]
pub fn specification(kind: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(kind).set_tags(Some(to_sdk(tags))).build()
}

/// The tags in the form that EC2 returns them.
#[must_use]
pub fn from_sdk(tags: &[Tag]) -> Tags {
    tags.iter()
        .map(|tag| (tag.key().unwrap_or_default().to_owned(), tag.value().unwrap_or_default().to_owned()))
        .collect()
}

fn to_sdk(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
