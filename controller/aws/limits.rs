//! The account's rate limits, kept on our side: one token bucket per scope and operation.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::{Class, Effect, Fault};
use tokio::time::Instant;

/// Longest wait for a slot within a pass; beyond it the step waits for the next pass instead of holding up its stack.
const PATIENCE: Duration = Duration::from_secs(2);

/// Burst and refill per second of an operation.
///
/// <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>
fn rate(operation: &str) -> (f64, f64) {
    match operation {
        "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => (4.0, 0.3),
        "CreateNatGateway" | "DeleteNatGateway" => (10.0, 1.0),
        "CreateTags" | "DeleteTags" => (100.0, 10.0),
        _ => (50.0, 5.0),
    }
}

/// Token buckets shared by every stack of a scope.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    buckets: Arc<Mutex<HashMap<&'static str, Bucket>>>,
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

    /// Takes a slot for `operation`, waiting a moment if one frees up soon.
    ///
    /// # Errors
    /// A `Throttled` fault without effect if the next slot is further away than the patience of one pass.
    #[expect(
        clippy::disallowed_methods,
        reason = "a token bucket is about real time; it decides when a call leaves, never what a pass decides"
    )]
    pub async fn slot(&self, operation: &'static str) -> Result<(), Fault> {
        if self.unlimited {
            return Ok(());
        }
        let wait = self.take(operation, Instant::now()).map_err(|wait| Fault {
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
    fn take(&self, operation: &'static str, now: Instant) -> Result<Duration, Duration> {
        let (burst, refill) = rate(operation);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(operation).or_insert(Bucket { tokens: burst, filled: now });
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

    #[test]
    fn a_burst_passes_then_slots_are_spaced() {
        let limits = Limits::default();
        let now = Instant::now();
        for _ in 0..10 {
            assert_eq!(limits.take("CreateNatGateway", now), Ok(Duration::ZERO));
        }
        assert_eq!(limits.take("CreateNatGateway", now), Ok(Duration::from_secs(1)));
        assert_eq!(limits.take("CreateNatGateway", now), Ok(Duration::from_secs(2)));
        assert_eq!(limits.take("CreateNatGateway", now), Err(Duration::from_secs(3)));
        assert_eq!(limits.take("CreateNatGateway", now + Duration::from_secs(3)), Ok(Duration::ZERO));
    }

    #[test]
    fn a_slot_that_was_refused_is_not_taken() {
        let limits = Limits::default();
        let now = Instant::now();
        for _ in 0..4 {
            assert_eq!(limits.take("CreateVpcEndpoint", now), Ok(Duration::ZERO));
        }
        for _ in 0..20 {
            assert!(limits.take("CreateVpcEndpoint", now).is_err());
        }
        assert_eq!(limits.take("CreateVpcEndpoint", now + Duration::from_secs(4)), Ok(Duration::ZERO));
    }
}
