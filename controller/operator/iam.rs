//! What the controller may do in AWS: generated into `manifests/iam`, no more than the code names beside its calls.
//!
//! Three policies, since a managed policy has at most 6144 characters. What is made must bear the owner's mark, and only what
//! bears it is changed, wherever the service can tell; every statement that goes beyond says why.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use self::grants::{ENTRANCE, Grant, NETWORK, SERVICE, When};
use crate::aws::owner::CLUSTER;
use crate::aws::{self, facts};

mod grants;

/// A policy: its name, and the prefixes of the actions in it.
const PARTS: [(&str, &[&str]); 3] = [
    ("network", &["ec2", "route53"]),
    ("service", &["application-autoscaling", "cloudwatch", "ecr", "ecs", "iam", "logs"]),
    ("entrance", &["apigateway", "cognito-idp", "elasticloadbalancing"]),
];

/// For which installation the policies are.
#[derive(Clone, Debug)]
pub struct Installation {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// UID of the cluster's `kube-system` namespace: only what bears its mark is changed. Without it any cluster's mark will do.
    pub cluster: Option<String>,
}

/// The names of the policies.
#[must_use]
pub fn parts() -> [&'static str; 3] {
    PARTS.map(|(name, _)| name)
}

/// The policy `part`; `None` if there is none of that name.
#[must_use]
pub fn policy(part: &str, installation: &Installation) -> Option<Value> {
    let (_, services) = PARTS.into_iter().find(|(name, _)| *name == part)?;
    let grants = match part {
        "network" => NETWORK,
        "service" => SERVICE,
        _ => ENTRANCE,
    };
    let looks: Vec<&str> = named()
        .into_iter()
        .filter(|action| {
            action.split_once(':').is_some_and(|(service, verb)| services.contains(&service) && looks(verb))
        })
        .collect();
    let look = json!({"Sid": "Look", "Effect": "Allow", "Action": looks, "Resource": "*"});
    let statements = std::iter::once(look).chain(grants.iter().map(|grant| statement(grant, installation)));
    Some(json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()}))
}

/// Every policy, by name.
#[must_use]
pub fn policies(installation: &Installation) -> Value {
    let named = parts().into_iter().filter_map(|part| Some((part.to_owned(), policy(part, installation)?)));
    named.collect::<serde_json::Map<_, _>>().into()
}

/// The actions behind the calls that the code names.
fn named() -> BTreeSet<&'static str> {
    let of_kinds = aws::CALLS.iter().flat_map(|(_, calls)| *calls);
    of_kinds.chain(facts::CALLS).copied().flat_map(aws::Call::actions).collect()
}

/// Whether an action of this name changes nothing.
fn looks(verb: &str) -> bool {
    ["Describe", "Get", "List"].into_iter().any(|prefix| verb.starts_with(prefix))
}

fn statement((sid, actions, resources, when): &Grant, installation: &Installation) -> Value {
    let Installation { partition, cluster } = installation;
    let arn = |resource: &&str| if *resource == "*" { "*".to_owned() } else { format!("arn:{partition}{resource}") };
    let mut statement = json!({
        "Sid": sid,
        "Effect": "Allow",
        "Action": actions,
        "Resource": resources.iter().map(arn).collect::<Vec<_>>(),
    });
    let marked = |key: &str| {
        let key = format!("{key}/{CLUSTER}");
        match cluster {
            Some(uid) => json!({"StringEquals": {key: uid}}),
            None => json!({"Null": {key: "false"}}),
        }
    };
    match when {
        When::Always => {}
        When::Making => statement["Condition"] = marked("aws:RequestTag"),
        When::Own => statement["Condition"] = marked("aws:ResourceTag"),
        When::Is(key, values) => statement["Condition"] = json!({"StringEquals": {*key: values}}),
    }
    statement
}

#[cfg(test)]
mod tests;
