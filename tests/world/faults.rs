//! AWS fails, lies and forgets. What stands at the end is the same, and stands once.

use std::collections::{BTreeMap, BTreeSet};

use fargatestack::aws::CALLS;
use serde_json::json;

use crate::controller;
use crate::support::emulator::Account;
use crate::support::stack::{Stack, find, holds};

/// Creates that AWS cannot tell apart from their repetition: neither client token nor natural key.
pub const TOKENLESS: [&str; 3] = ["CreateVpc", "CreateInternetGateway", "AllocateAddress"];

/// How often each tokenless create had an effect.
pub fn made(account: &Account) -> BTreeMap<String, usize> {
    let mut made = BTreeMap::new();
    for call in account.calls(0) {
        if call.effect && TOKENLESS.contains(&call.operation.as_str()) {
            *made.entry(call.operation).or_default() += 1;
        }
    }
    made
}

/// What one life of the stack makes by default: one VPC, one internet gateway, an address a zone.
pub fn once(zones: usize) -> BTreeMap<String, usize> {
    [("AllocateAddress", zones), ("CreateInternetGateway", 1), ("CreateVpc", 1)]
        .map(|(name, count)| (name.to_owned(), count))
        .into()
}

/// Every EC2 operation behind the kinds.
fn operations() -> BTreeSet<&'static str> {
    CALLS.iter().flat_map(|(_, calls)| *calls).filter_map(|call| call.operation.strip_prefix("ec2:")).collect()
}

#[tokio::test]
async fn lost_answers_make_no_twin() {
    let stack = Stack::prepare(controller(), "lost-answers").await;
    let creates = ["CreateNatGateway", "CreateVpcEndpoint", "CreateSubnet", "CreateRouteTable", "CreateSecurityGroup"];
    for operation in TOKENLESS.into_iter().chain(creates) {
        stack.account.fault(&json!({"operation": operation, "when": "after", "action": "reset"}));
    }
    stack.declare(json!({})).await;
    stack.settled().await;
    assert_eq!(stack.account.faults_hit(), 8);
    assert_eq!(made(&stack.account), once(2));
    stack.cloud();
    stack.stays().await;
}

#[tokio::test]
async fn lists_that_lag_make_no_twin() {
    let stack = Stack::prepare(controller(), "lagging").await;
    stack.account.set(&json!({"lag": {"resources": "*", "reads": 2}}));
    stack.declare(json!({})).await;
    stack.settled().await;
    assert_eq!(made(&stack.account), once(2));
    stack.cloud();
    stack.account.set(&json!({"lag": null}));
    stack.stays().await;
}

#[tokio::test]
async fn every_operation_may_fail_once() {
    let stack = Stack::prepare(controller(), "fail-once").await;
    let before = stack.account.dump();
    for (index, operation) in operations().into_iter().enumerate() {
        let (status, code) = if index % 2 == 0 { (503, "RequestLimitExceeded") } else { (500, "InternalError") };
        stack.account.fault(&json!({"operation": operation, "status": status, "code": code}));
    }
    stack.declare(json!({"retain": []})).await;
    stack.settled().await;
    assert_eq!(made(&stack.account), once(2));
    stack.cloud();
    stack.stays().await;
    stack.delete().await;
    stack.gone().await;
    assert_eq!(stack.account.dump(), before);
}

#[tokio::test]
async fn a_denied_source_hides_only_its_own_kinds() {
    let stack = Stack::prepare(controller(), "denied").await;
    let denied =
        json!({"operation": "DescribeNatGateways", "count": 0, "status": 403, "code": "UnauthorizedOperation"});
    stack.account.fault(&denied);
    stack.declare(json!({})).await;
    let seen = stack.until("the endpoints are ready", |it| holds(it, "EndpointsReady")).await;
    let network = find(&seen, "NetworkReady").unwrap();
    assert!(
        network.message.contains("nat-gateway") && network.message.contains("UnauthorizedOperation"),
        "{network:?}"
    );
    assert!(!holds(&seen, "NetworkReady"));
    stack.account.heal();
    stack.repaired().await;
    assert_eq!(made(&stack.account), once(2));
    stack.stays().await;
}
