//! Whether what a controller needs is there, asked with its rights and its credentials: for `helm test`, and for whoever installs.

use std::time::{Duration, Instant};

use engine::told;
use futures::join;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use kube::api::ListParams;
use kube::{Api, Client};

use super::rbac::LEASE;
use crate::api::{AwsIdentity, Stack};
use crate::aws::limits::Limits;
use crate::aws::meter::Meter;
use crate::aws::scope::{Connection, Scopes};

/// How long nobody may lead: longer than it takes others to follow a leader that was lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at the lease.
const PAUSE: Duration = Duration::from_secs(1);

/// What is asked, and what came of it, in a sentence.
#[derive(Debug)]
pub struct Finding {
    /// The subject.
    pub subject: &'static str,
    /// How it is, or what is wrong with it.
    pub result: Result<String, String>,
}

/// Asks for everything at once. `lease`: the namespace of the lease, if there is an election.
pub async fn check(lease: Option<&str>) -> Vec<Finding> {
    let client = match Client::try_default().await {
        Ok(client) => client,
        Err(error) => return vec![Finding { subject: "Kubernetes", result: Err(told(&error)) }],
    };
    let (definitions, leader, identity) = join!(definitions(&client), leader(&client, lease), identity());
    [("definitions", definitions), ("leader", leader), ("AWS", identity)]
        .into_iter()
        .map(|(subject, result)| Finding { subject, result })
        .collect()
}

/// The API server serves what the controller watches, and lets it.
async fn definitions(client: &Client) -> Result<String, String> {
    let one = ListParams::default().limit(1);
    Api::<Stack>::all(client.clone()).list(&one).await.map_err(|error| told(&error))?;
    Api::<AwsIdentity>::all(client.clone()).list(&one).await.map_err(|error| told(&error))?;
    Ok("FargateStacks and AwsIdentities are served".into())
}

async fn leader(client: &Client, namespace: Option<&str>) -> Result<String, String> {
    let Some(namespace) = namespace else { return Ok("there is no election".into()) };
    let leases = Api::<Lease>::namespaced(client.clone(), namespace);
    let begun = Instant::now();
    loop {
        let lease = leases.get_opt(LEASE).await.map_err(|error| told(&error))?;
        match holder(lease.and_then(|lease| lease.spec).as_ref(), Timestamp::now()) {
            Ok(holder) => return Ok(format!("{holder} leads")),
            Err(why) if begun.elapsed() >= PATIENCE => return Err(format!("Lease {namespace}/{LEASE}: {why}")),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Who holds the lease, by what it promises and by our own clock: good enough to tell, not to decide by.
fn holder(lease: Option<&LeaseSpec>, now: Timestamp) -> Result<&str, &'static str> {
    let lease = lease.ok_or("no controller has run yet: see the events and logs of the Deployment")?;
    let holder = lease.holder_identity.as_deref().filter(|holder| !holder.is_empty()).ok_or("nobody holds it")?;
    let promised = Duration::from_secs(lease.lease_duration_seconds.and_then(|it| u64::try_from(it).ok()).unwrap_or(0));
    let until = lease.renew_time.as_ref().and_then(|renewed| renewed.0.checked_add(promised).ok());
    if until.is_some_and(|until| now < until) { Ok(holder) } else { Err("its holder does not renew it") }
}

/// STS knows the controller's own credentials.
async fn identity() -> Result<String, String> {
    let scopes = Scopes::from_environment(Limits::unlimited(), Meter::default()).await;
    let region = scopes.region().ok_or("no region is set: set AWS_REGION, by the chart's value aws.region")?;
    let connection = Connection { region, role: None };
    let scope = scopes.connect(&connection, Instant::now()).await.map_err(|fault| told(&fault))?;
    Ok(format!("the controller's own identity is one of account {}", scope.account))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;

    use super::*;

    #[test]
    fn a_leader_is_one_who_renews() {
        let renewed: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let lease = |holder: &str| LeaseSpec {
            holder_identity: Some(holder.to_owned()),
            lease_duration_seconds: Some(15),
            renew_time: Some(MicroTime(renewed)),
            ..LeaseSpec::default()
        };
        let after = |seconds: i64| renewed + jiff::SignedDuration::from_secs(seconds);
        assert_eq!(holder(Some(&lease("one")), after(14)), Ok("one"));
        for (lease, at, word) in [
            (Some(lease("one")), after(15), "renew"),
            (Some(lease("")), after(1), "nobody"),
            (Some(LeaseSpec { renew_time: None, ..lease("one") }), after(1), "renew"),
            (None, after(1), "no controller"),
        ] {
            assert!(holder(lease.as_ref(), at).is_err_and(|why| why.contains(word)), "{lease:?}");
        }
    }
}
