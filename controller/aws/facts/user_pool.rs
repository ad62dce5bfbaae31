//! The user pool that the user brings.

use std::collections::BTreeMap;
use std::time::Instant;

use tokio::sync::Mutex;

use super::{FORGOTTEN, FactsError, unsatisfied};
use crate::aws::scope::Scope;
use crate::aws::user_pool::{describe, issuer};

/// The field that names it.
const FIELD: &str = "spec.auth.userPool.existing.id";

/// A user pool that the user brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroughtUserPool {
    /// Its ARN.
    pub arn: String,
    /// Issuer of its tokens.
    pub issuer: String,
}

/// The last answers, by id.
pub(super) type Cache = Mutex<BTreeMap<String, (Instant, BroughtUserPool)>>;

/// What AWS says of the pool `id`, asked for at `not_before` or later.
///
/// # Errors
/// [`FactsError::Unsatisfied`] if the account and region have no such pool.
pub(super) async fn brought(
    scope: &Scope,
    id: &str,
    not_before: Instant,
    now: Instant,
) -> Result<BroughtUserPool, FactsError> {
    let known = scope.facts.user_pools.lock().await.get(id).cloned();
    if let Some((_, pool)) = known.filter(|(asked, _)| *asked >= not_before) {
        return Ok(pool);
    }
    let missing = || {
        let Scope { account, region, .. } = scope;
        unsatisfied(FIELD, format!("there is no user pool {id} in {region} of account {account}: name one that exists"))
    };
    let pool = describe(&scope.cloud.cognito, id).await?.ok_or_else(missing)?;
    let (arn, issuer) = pool.arn().zip(issuer(&pool)).ok_or_else(missing)?;
    let pool = BroughtUserPool { arn: arn.to_owned(), issuer };
    let mut all = scope.facts.user_pools.lock().await;
    all.retain(|_, (asked, _)| now.saturating_duration_since(*asked) < FORGOTTEN);
    all.insert(id.to_owned(), (now, pool.clone()));
    Ok(pool)
}
