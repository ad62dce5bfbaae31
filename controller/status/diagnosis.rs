//! Why tasks do not start, or do not stay: what ECS says of a task that ended, joined with what is known of the stack itself. Which
//! rule, endpoint, route or right it is that the task lacks.
//!
//! ECS tells it in prose alone. Nothing is decided by what is read out of it here: it is only said.
//!
//! - <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html>
//! - <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html>

use engine::{Key, Outcome, State};

use super::wording::shorten;

/// Longest part of what ECS says that is repeated, in characters.
const LONGEST_QUOTE: usize = 250;

/// What a task needs on its way to a service of AWS: the key of the part, and what it is for people.
type Part = (&'static str, &'static str);

/// The way into the network of the interface endpoints.
const TO_ENDPOINTS: [Part; 2] = [
    ("security-group-rule/task-to-endpoints", "the rule that lets tasks out to the endpoints"),
    ("security-group-rule/endpoints-from-task", "the rule that lets tasks in to the endpoints"),
];

/// The way to S3, where the layers of images are.
const TO_S3: [Part; 3] = [
    ("vpc-endpoint/s3", "the endpoint of S3, where the layers of images are"),
    ("security-group-rule/task-to-s3", "the rule that lets tasks out to S3"),
    ("route-table/ecs", "the route table of the tasks' subnets"),
];

/// What a task that ended lacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    /// Its image is not there.
    Image,
    /// A right of its execution role.
    Right,
    /// What the policy of the endpoint with this name does not allow.
    Policy(&'static str),
    /// A secret or parameter that does not exist.
    Secret,
    /// The log group.
    LogGroup,
    /// A way to the service whose endpoint has this name.
    Way(&'static str),
    /// A way to S3.
    WayToS3,
    /// The load balancer does not reach it, or it does not answer.
    Health,
    /// Memory.
    Memory,
    /// Nothing of the stack's: the application ended by itself.
    Application,
    /// What nobody here knows.
    Unknown,
}

/// By what ECS says (all of it in lower case), the first that fits.
fn lack(said: &str) -> Lack {
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let unreachable =
        has(&["timeout", "timed out", "deadline exceeded", "connection issue", "no such host", "dial tcp"]);
    if has(&["outofmemory"]) {
        return Lack::Memory;
    }
    if has(&["vpc endpoint policy"]) {
        return Lack::Policy(endpoint(said).unwrap_or("s3"));
    }
    if has(&["accessdenied", "not authorized", "unable to assume", "403 forbidden"]) {
        return Lack::Right;
    }
    if has(&["can't find the specified secret", "invalid ssm parameters"]) {
        return Lack::Secret;
    }
    if has(&["log group does not exist", "log stream"]) && !unreachable {
        return Lack::LogGroup;
    }
    if unreachable {
        return endpoint(said).map_or(Lack::WayToS3, Lack::Way);
    }
    if has(&["cannotpull"]) {
        return if has(&["not found", "notfound", "manifest unknown", "does not exist"]) {
            Lack::Image
        } else {
            Lack::Unknown
        };
    }
    if has(&["elb health checks", "health checks in"]) {
        return Lack::Health;
    }
    if has(&["essential container", "exit code"]) { Lack::Application } else { Lack::Unknown }
}

/// The endpoint of the service that is spoken of; `None` for S3, whose endpoint is a gateway.
fn endpoint(said: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&[".s3.", "starport", "s3:getobject"]) {
        None
    } else if has(&["from ssm", "//ssm.", "ssm:getparameters"]) {
        Some("ssm")
    } else if has(&["from asm", "secretsmanager"]) {
        Some("secretsmanager")
    } else if has(&["logger", "log stream"]) {
        Some("logs")
    } else if has(&["registry auth", "api.ecr"]) {
        Some("ecr-api")
    } else {
        Some("ecr-dkr")
    }
}

/// The action and the resource that a refusal names.
fn refused(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("to perform: ")?;
    let action = rest.split_whitespace().next()?;
    let resource = rest.split_once("on resource: ").and_then(|(_, resource)| resource.split_whitespace().next());
    Some(resource.map_or_else(|| action.to_owned(), |resource| format!("{action} on {resource}")))
}

/// What is to be said of a task of which ECS says `said`.
pub(super) fn diagnosis<S>(outcome: &Outcome<S>, said: &str) -> String {
    let fix = match lack(&said.to_lowercase()) {
        Lack::Image => "its image is not in the repository: push it, or correct spec.service.image".to_owned(),
        Lack::Right => right(outcome, said),
        Lack::Policy(endpoint) => format!("the policy of vpc-endpoint/{endpoint} does not allow {}", what(said)),
        Lack::Secret => "what spec.service.secrets names does not exist: create it, or correct its ARN".to_owned(),
        Lack::LogGroup => missing(outcome, &[("log-group/tasks", "the log group of the tasks")])
            .unwrap_or_else(|| "its log group stands by now: the next task finds it".to_owned()),
        Lack::Way(endpoint) => to_endpoint(outcome, endpoint),
        Lack::WayToS3 => missing(outcome, &TO_S3).unwrap_or_else(|| complete("S3")),
        Lack::Health => health(outcome),
        Lack::Memory => "its container used more than spec.service.memory: raise it".to_owned(),
        Lack::Application => "the application ended by itself: see the log of its task".to_owned(),
        Lack::Unknown => return format!("\"{}\"", steady(said)),
    };
    format!("{fix} (\"{}\")", steady(said))
}

fn what(said: &str) -> String {
    refused(said).unwrap_or_else(|| "it".to_owned())
}

fn right<S>(outcome: &Outcome<S>, said: &str) -> String {
    match missing(outcome, &[("role/execution", "the role with which ECS starts tasks")]) {
        Some(fault) => format!("{fault}: {} is not allowed", what(said)),
        None => format!(
            "role/execution, or the one that you bring, does not allow {}: see its policies and its trust",
            what(said)
        ),
    }
}

fn to_endpoint<S>(outcome: &Outcome<S>, endpoint: &str) -> String {
    if let Some(said) = lacking(outcome, &format!("vpc-endpoint/{endpoint}"), "the endpoint of that service") {
        return said;
    }
    let rest = missing(outcome, &TO_ENDPOINTS).or_else(|| {
        missing(outcome, &[("vpc/main", "the VPC, whose DNS must be on,"), ("subnet/ecs-a", "the subnet of the tasks")])
    });
    rest.unwrap_or_else(|| complete(endpoint))
}

/// The rules between load balancer and tasks; their names tell whose group the load balancer carries.
fn health<S>(outcome: &Outcome<S>) -> String {
    let between = |key: &Key| {
        let rule = key.kind.name == "security-group-rule";
        rule && (key.name.starts_with("task-from-") || key.name.ends_with("-to-task"))
    };
    let mut rules = outcome.states.iter().filter(|(key, _)| between(key));
    match rules.find(|(_, state)| !stands(state)) {
        Some((key, state)) => format!("{key}, the rule between load balancer and tasks, {}", fault_of(state)),
        None => {
            "the load balancer gets no answer from it: check spec.service.containerPort and healthCheck.path".to_owned()
        }
    }
}

/// The first of the parts that is missing, said so.
fn missing<S>(outcome: &Outcome<S>, parts: &[Part]) -> Option<String> {
    parts.iter().find_map(|(key, what)| lacking(outcome, key, what))
}

/// That the part is missing, if it is. What the user brings is not among the declared resources, nor is what is not asked for.
fn lacking<S>(outcome: &Outcome<S>, key: &str, what: &str) -> Option<String> {
    let state = outcome.states.iter().find(|(declared, _)| declared.to_string() == key);
    match state {
        Some((_, state)) if stands(state) => None,
        Some((_, state)) => Some(format!("{key}, {what}, {}", fault_of(state))),
        None => (key.starts_with("vpc-endpoint/")).then(|| {
            format!(
                "{key}, {what}, is not declared: add it to spec.network.endpoints, or see to the one that you bring"
            )
        }),
    }
}

/// What is wrong with a declared resource that does not [stand](stands).
fn fault_of<S>(state: &State<S>) -> &'static str {
    match state {
        State::Withheld(Some(_), _) | State::Failed(Some(_), _) => "is not as declared",
        State::Waiting(Some(_), _) | State::Broken(..) | State::Blocked(Some(_), _) => "is not ready",
        _ => "is missing",
    }
}

/// Whether a declared resource was there when the task could have used it.
fn stands<S>(state: &State<S>) -> bool {
    match state {
        State::Ready(_) | State::Drifted(..) | State::Kept(_) | State::Reported(..) => true,
        State::Waiting(..)
        | State::Broken(..)
        | State::Failed(..)
        | State::Blocked(..)
        | State::Withheld(..)
        | State::Deleting(_)
        | State::Deleted(_) => false,
    }
}

fn complete(what: &str) -> String {
    format!(
        "it did not reach {what}, although rules, routes and endpoint are there: check network ACLs and endpoint policies"
    )
}

/// What ECS says, without what is another one for each task: ids, addresses and numbers of requests. Without, the same trouble
/// would be news in every pass.
pub(super) fn steady(said: &str) -> String {
    let word = |word: &str| if varies(word) { "...".to_owned() } else { word.to_owned() };
    let words: Vec<String> = said.split_whitespace().map(word).collect();
    shorten(&words.join(" "), LONGEST_QUOTE)
}

fn varies(word: &str) -> bool {
    let parts = || word.split(|c: char| !c.is_ascii_alphanumeric());
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let id = |part: &str| part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let address = parts().filter(|part| number(part)).count() >= 4;
    // The digest of an image says which one it is.
    address
        || !word.contains("sha256:") && parts().any(|part| id(part) && part.bytes().any(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
