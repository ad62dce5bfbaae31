//! The conditions of the sections: what is built, and how far it has come.

use engine::{Key, Outcome};

use super::causes::{Causes, declared};
use super::conditions::Verdict;
use super::exports;
use super::image;
use super::pass::Pass;
use super::probe;
use super::reasons::Reason;
use super::wording::resources;
use crate::api::status::RecordedPhase;

/// The network, but for the endpoints.
pub(super) const NETWORK: &str = "NetworkReady";
/// The VPC endpoints and the group around them.
pub(super) const ENDPOINTS: &str = "EndpointsReady";
/// The repository.
pub(super) const REGISTRY: &str = "RegistryReady";
/// Who issues tokens.
pub(super) const AUTH: &str = "AuthReady";
/// The network load balancer.
pub(super) const LOAD_BALANCER: &str = "LoadBalancerReady";
/// The tasks, and what they run with.
pub(super) const SERVICE: &str = "ServiceReady";
/// The HTTP API and its way into the network.
pub(super) const API: &str = "ApiReady";

/// All of them, in the order in which conditions list them.
pub(super) const ALL: [&str; 7] = [NETWORK, ENDPOINTS, REGISTRY, AUTH, LOAD_BALANCER, SERVICE, API];

/// The section that a key belongs to. The network does not wait for the endpoints, which hang on it.
fn section(key: &Key) -> &'static str {
    match key.kind.name {
        "vpc-endpoint" => ENDPOINTS,
        "security-group" | "security-group-rule" if key.name.contains("endpoints") => ENDPOINTS,
        "repository" => REGISTRY,
        "user-pool" | "user-pool-domain" | "resource-server" | "user-pool-client" => AUTH,
        "load-balancer" | "target-group" | "listener" => LOAD_BALANCER,
        "ecs-cluster" | "task-definition" | "ecs-service" | "scalable-target" | "scaling-policy" => SERVICE,
        "vpc-link" | "api" | "integration" | "authorizer" | "route" | "stage" | "domain-name" | "api-mapping" => API,
        "log-group" if &*key.name == "access" => API,
        "log-group" | "role" if &*key.name != "flow" => SERVICE,
        _ => NETWORK,
    }
}

/// The verdict on a section.
pub(super) fn verdict<S>(pass: &Pass<'_, S>, outcome: &Outcome<S>, name: &'static str) -> Verdict {
    let causes = declared(pass, outcome, |key| section(key) == name);
    if pass.deleting {
        let left = outcome.others.iter().filter(|other| section(&other.key) == name).count();
        return Verdict::no(Reason::Deleting, format!("{} of it left", resources(left)));
    }
    let missing = if name == SERVICE { image::missing(pass) } else { None };
    match missing {
        Some((reason, message)) if causes.reason().is_none_or(|worst| worst <= reason) => {
            return Verdict::no(reason, message);
        }
        Some(_) | None => {}
    }
    match causes.reason() {
        Some(reason) => Verdict::no(reason, format!("{}; {}", causes.message(), progress(&causes))),
        None if name == AUTH && !pass.unexported.is_empty() => {
            let (reason, message) = exports::verdict(pass).unwrap_or((Reason::Unavailable, String::new()));
            Verdict::no(reason, message)
        }
        None => match unproven(pass, outcome, name) {
            Some(key) => Verdict::no(
                Reason::Progressing,
                format!("{key}: made just now, to be seen in AWS's lists; {}", progress(&causes)),
            ),
            None if causes.count == 0 => Verdict::yes(Reason::Ready, "nothing to build".to_owned()),
            None => match probe::failed(pass).filter(|_| name == API) {
                Some((reason, message)) => Verdict::no(reason, message),
                None => Verdict::yes(Reason::Ready, format!("{} as declared", resources(causes.count))),
            },
        },
    }
}

fn progress(causes: &Causes) -> String {
    format!("{} of {} are as declared", causes.settled, resources(causes.count))
}

/// The first resource of a section that this very pass made: that a call answered is no observation.
fn unproven<'a, S>(pass: &Pass<'_, S>, outcome: &'a Outcome<S>, name: &str) -> Option<&'a Key> {
    let seen_before = |key: &Key, id: &str| {
        let key = key.to_string();
        let record = pass.previous.resources.iter().find(|record| record.key == key);
        record.is_some_and(|record| record.id.as_deref() == Some(id) && record.phase != RecordedPhase::Deleted)
    };
    let fresh = |key: &Key| {
        outcome.states.get(key).and_then(|state| state.live()).is_some_and(|live| !seen_before(key, live.id.as_str()))
    };
    outcome.states.keys().filter(|key| outcome.again && section(key) == name).find(|key| fresh(key))
}
