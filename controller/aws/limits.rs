//! The account's rate limits, kept on our side: token buckets per scope, service and operation.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::{Class, Effect, Fault};
use tokio::time::Instant;

/// Longest wait for a slot within a pass; beyond it the step waits for the next pass instead of holding up its stack.
const PATIENCE: Duration = Duration::from_secs(2);

/// Burst and refill per second of a changing operation.
///
/// - EC2: <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>
/// - Elastic Load Balancing: <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html>
/// - API Gateway: <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
/// - ECS: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/request-throttling.html>
/// - Cognito: <https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html>
fn rate(service: &str, operation: &str) -> (f64, f64) {
    match (service, operation) {
        ("ec2", "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints") => (4.0, 0.3),
        ("ec2", "CreateNatGateway" | "DeleteNatGateway") => (10.0, 1.0),
        ("ec2", "CreateTags" | "DeleteTags") => (100.0, 10.0),
        ("elasticloadbalancing", "CreateLoadBalancer" | "SetSubnets") => (10.0, 0.2),
        ("elasticloadbalancing", _) => (20.0, 3.0),
        ("apigateway", "CreateVpcLink") => (1.0, 1.0 / 15.0),
        ("apigateway", "DeleteVpcLink" | "CreateDomainName" | "UpdateDomainName" | "DeleteDomainName") => {
            (1.0, 1.0 / 30.0)
        }
        ("ecs", "DeleteTaskDefinitions") => (5.0, 1.0),
        ("ecs", "CreateService" | "UpdateService" | "DeleteService") => (50.0, 5.0),
        ("ecs", _) => (20.0, 1.0),
        ("cognito-idp", _) => (15.0, 15.0),
        // IAM publishes no rate; it is known to be low.
        ("iam", _) => (20.0, 5.0),
        _ => (50.0, 5.0),
    }
}

/// Burst and refill per second of a service as a whole, questions included.
fn total(service: &str) -> Option<(f64, f64)> {
    match service {
        "apigateway" | "elasticloadbalancing" => Some((40.0, 10.0)),
        _ => None,
    }
}

/// Name of the bucket of a service as a whole.
const ALL: &str = "*";

/// Token buckets shared by every stack of a scope.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    buckets: Arc<Mutex<HashMap<(&'static str, &'static str), Bucket>>>,
    unlimited: bool,
}

#[derive(Debug)]
struct Bucket {
    /// May be negative: slots promised to callers that are waiting for them.
    tokens: f64,
    filled: Instant,
}

impl Limits {
    /// No limits, for accounts with raised ones.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { unlimited: true, ..Self::default() }
    }

    /// Takes a slot for a change, waiting a moment if one frees up soon.
    ///
    /// # Errors
    /// A `Throttled` fault without effect if the next slot is further away than the patience of one pass.
    pub async fn change(&self, service: &'static str, operation: &'static str) -> Result<(), Fault> {
        self.slot(service, operation, operation, rate(service, operation)).await?;
        self.question(service, operation).await
    }

    /// Takes a slot for a question, where a service counts them.
    ///
    /// # Errors
    /// As for [`Limits::change`].
    pub async fn question(&self, service: &'static str, operation: &'static str) -> Result<(), Fault> {
        match total(service) {
            Some(rate) => self.slot(service, ALL, operation, rate).await,
            None => Ok(()),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a token bucket is about real time; it decides when a call leaves, never what a pass decides"
    )]
    async fn slot(
        &self,
        service: &'static str,
        bucket: &'static str,
        operation: &'static str,
        rate: (f64, f64),
    ) -> Result<(), Fault> {
        if self.unlimited {
            return Ok(());
        }
        let wait = self.take((service, bucket), rate, Instant::now()).map_err(|wait| Fault {
            class: Class::Throttled,
            effect: Effect::None,
            operation,
            code: "OwnRateLimit".to_owned(),
            message: format!("the next slot of the account's rate limit is {} s away", wait.as_secs() + 1),
            request_id: None,
        })?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    /// Reserves a slot and returns how long to wait for it, or how far away it is if that is too long.
    fn take(
        &self,
        bucket: (&'static str, &'static str),
        (burst, refill): (f64, f64),
        now: Instant,
    ) -> Result<Duration, Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(bucket).or_insert(Bucket { tokens: burst, filled: now });
        let elapsed = now.saturating_duration_since(bucket.filled).as_secs_f64();
        bucket.tokens = (bucket.tokens + elapsed * refill).min(burst);
        bucket.filled = now;
        let wait = Duration::from_secs_f64(((1.0 - bucket.tokens) / refill).max(0.0));
        if wait > PATIENCE {
            return Err(wait);
        }
        bucket.tokens -= 1.0;
        Ok(wait)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "some time to begin with")]

    use super::*;

    fn take(limits: &Limits, operation: &'static str, now: Instant) -> Result<Duration, Duration> {
        limits.take(("ec2", operation), rate("ec2", operation), now)
    }

    #[test]
    fn a_burst_passes_then_slots_are_spaced() {
        let limits = Limits::default();
        let now = Instant::now();
        for _ in 0..10 {
            assert_eq!(take(&limits, "CreateNatGateway", now), Ok(Duration::ZERO));
        }
        assert_eq!(take(&limits, "CreateNatGateway", now), Ok(Duration::from_secs(1)));
        assert_eq!(take(&limits, "CreateNatGateway", now), Ok(Duration::from_secs(2)));
        assert_eq!(take(&limits, "CreateNatGateway", now), Err(Duration::from_secs(3)));
        assert_eq!(take(&limits, "CreateNatGateway", now + Duration::from_secs(3)), Ok(Duration::ZERO));
    }

    #[test]
    fn a_slot_that_was_refused_is_not_taken() {
        let limits = Limits::default();
        let now = Instant::now();
        for _ in 0..4 {
            assert_eq!(take(&limits, "CreateVpcEndpoint", now), Ok(Duration::ZERO));
        }
        for _ in 0..20 {
            assert!(take(&limits, "CreateVpcEndpoint", now).is_err());
        }
        assert_eq!(take(&limits, "CreateVpcEndpoint", now + Duration::from_secs(4)), Ok(Duration::ZERO));
    }

    /// Two changes of a service that counts everything take from its common bucket as questions do.
    #[tokio::test]
    async fn a_service_with_a_common_bucket_counts_questions_too() {
        let limits = Limits::default();
        for _ in 0..39 {
            limits.question("apigateway", "GetApis").await.unwrap();
        }
        limits.change("apigateway", "CreateVpcLink").await.unwrap();
        let again = limits.change("apigateway", "CreateVpcLink").await.unwrap_err();
        assert_eq!((again.class, again.operation), (Class::Throttled, "CreateVpcLink"));
        assert!(limits.buckets.lock().unwrap()[&("apigateway", ALL)].tokens < 1.0);
    }
}
