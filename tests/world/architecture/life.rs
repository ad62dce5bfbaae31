//! The minimal manifest: what it costs until it is ready, what it costs from then on, and that nothing is left of it.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::json;

use super::{built, ending, line, ready, repository, writes};
use crate::support::controller::Controller;
use crate::support::emulator::{Call, by_operation};
use crate::support::eventually;
use crate::support::stack::{Stack, remembered};

/// What AWS takes in calls of their own only: for each resource whose key begins so, an operation beside its create.
const UNAVOIDABLE: [(&str, &str); 14] = [
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html: no DNS attributes; and a default group with a rule in
    // each direction.
    ("vpc/", "ModifyVpcAttribute"),
    ("vpc/", "RevokeSecurityGroupEgress"),
    ("vpc/", "RevokeSecurityGroupIngress"),
    ("internet-gateway/", "AttachInternetGateway"),
    ("subnet/", "AssociateRouteTable"),
    // The default routes: of the public table, and of each table that leads to a NAT gateway.
    ("route-table/public", "CreateRoute"),
    ("route-table/app", "CreateRoute"),
    // A new group lets everything out.
    ("security-group/", "RevokeSecurityGroupEgress"),
    ("log-group/", "PutRetentionPolicy"),
    ("repository/", "PutLifecyclePolicy"),
    ("role/execution", "PutRolePolicy"),
    ("load-balancer/", "ModifyLoadBalancerAttributes"),
    ("target-group/", "ModifyTargetGroupAttributes"),
    ("user-pool/", "SetUserPoolMfaConfig"),
];

/// The calls that the resources `keys` need at least: one create each, and what AWS takes in calls of their own only.
fn necessary<'a>(keys: impl Iterator<Item = &'a String>) -> (usize, BTreeMap<String, usize>) {
    let (mut creates, mut beside) = (0, BTreeMap::new());
    for key in keys {
        creates += 1;
        for (_, operation) in UNAVOIDABLE.iter().filter(|(prefix, _)| key.starts_with(prefix)) {
            *beside.entry((*operation).to_owned()).or_default() += 1;
        }
    }
    (creates, beside)
}

/// What is allowed of the controller's writes to Kubernetes while it builds the whole architecture.
const KUBERNETES_WRITES: usize = 15;

fn say(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

#[tokio::test]
async fn the_minimal_manifest_is_ready_with_few_calls_and_silent_from_then_on() {
    let (controller, _ending) = Controller::alone(&[]);
    let stack = Stack::prepare(controller, "minimal-whole").await;
    let (before, audit) = (stack.account.dump(), stack.audit());
    let status = built(&stack, stack.minimal_with(json!({}))).await;
    let calls = stack.account.calls(0);
    let made: Vec<&Call> = writes(&calls).collect();
    let (creates, beside) = necessary(remembered(&status).keys());
    let least = creates + beside.values().sum::<usize>();
    let of_kubernetes = audit.writes();
    say(&format!(
        "minimal manifest to Ready:\n{} AWS writes: {}\n{least} are necessary: {creates} creates, and {}\n{} AWS reads: {}\n\
         {} Kubernetes writes: {}\n",
        made.len(),
        line(&by_operation(made.iter().copied())),
        line(&beside),
        calls.len() - made.len(),
        line(&by_operation(calls.iter().filter(|call| !call.write))),
        of_kubernetes.values().sum::<usize>(),
        line(&of_kubernetes),
    ));
    let refused: Vec<_> = made.iter().filter(|call| call.error.is_some()).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert!(made.len() * 2 <= least * 3, "{} writes where {least} are necessary", made.len());
    assert!(of_kubernetes.values().sum::<usize>() <= KUBERNETES_WRITES, "{of_kubernetes:?}");

    silent(controller, &stack).await;
    stack.declare(json!({"retain": []})).await;
    ready(&stack).await;
    ending::leaves_nothing(&stack, &before).await;
}

/// A pass that looks at everything anew, since the controller starts with nothing remembered, writes nothing.
async fn silent(controller: &Controller, stack: &Stack) {
    // The events of the pass before are out when the next one is over.
    let status = stack.look().await;
    let (mark, audit) = (stack.account.now(), stack.audit());
    // It gives its lease back, so that the next one need not wait.
    assert_eq!(controller.end(), Some(0));
    controller.start();
    let image = repository(&status).unwrap();
    // The image is the last thing that a pass asks for.
    let asked = |call: &Call| call.operation == "DescribeImages" && call.request["repositoryName"] == image.as_str();
    eventually("the stack has been looked at", || stack.account.calls(mark).iter().any(asked).then_some(()));
    assert_eq!(audit.writes(), BTreeMap::new(), "Kubernetes writes, events included");
    let calls = stack.account.calls(mark);
    say(&format!("a pass that finds nothing to do: {} AWS reads: {}\n", calls.len(), line(&by_operation(&calls))));
    // A further pass: what the pass before it would have written is written by now.
    stack.look().await;
    assert_eq!(stack.account.writes(mark), Vec::<String>::new());
    assert_eq!(line(&audit.writes()), "patch fargatestacks/status 1");
}
