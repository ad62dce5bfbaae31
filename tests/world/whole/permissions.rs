//! What the controller may do in AWS is what it does there: the calls of whole lives of stacks, held against the generated
//! policies.

use std::collections::{BTreeMap, BTreeSet};

use fargatestack::aws::{self, Call};
use fargatestack::operator::iam::{Installation, policies};
use serde_json::Value;

use super::{architecture, drift, fields};
use crate::support::emulator;

/// Services as the ledger names them, where IAM spells them otherwise.
const SPELLED: [(&str, &str); 2] = [("apigatewayv2", "apigateway"), ("elbv2", "elasticloadbalancing")];

/// The operation of a call, with its service as IAM spells it.
fn operation(call: &emulator::Call) -> String {
    let service = SPELLED.iter().find(|(service, _)| *service == call.service).map_or(&*call.service, |(_, name)| name);
    format!("{service}:{}", call.operation)
}

/// What the controller called in all the lives, with the verb of the request.
async fn called() -> BTreeMap<String, String> {
    let (one, two, three) = tokio::join!(architecture::life(), fields::life(), drift::life());
    let accounts = one.iter().chain(two).chain(three);
    let calls = accounts.flat_map(|account| account.calls(0));
    // Assuming a role is allowed by the controller's own identity, and asking who one is by everybody.
    calls.filter(|call| call.service != "sts").map(|call| (operation(&call), call.method)).collect()
}

/// The calls that the code names, by operation.
fn named() -> BTreeMap<&'static str, Call> {
    all().map(|call| (call.operation, call)).collect()
}

/// Every call that the code names.
fn all() -> impl Iterator<Item = Call> {
    aws::CALLS.iter().flat_map(|(_, calls)| *calls).chain(aws::facts::CALLS).copied()
}

/// The actions that the generated policies allow.
fn allowed() -> BTreeSet<String> {
    let any = Installation { partition: "aws".into(), cluster: None };
    let policies = policies(&any);
    let statements = policies.as_object().unwrap().values().flat_map(|policy| policy["Statement"].as_array().unwrap());
    let actions = statements.flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_is_what_whole_lives_call() {
    let (called, named) = (called().await, named());
    let unnamed: Vec<_> = called.keys().filter(|operation| !named.contains_key(operation.as_str())).collect();
    assert!(unnamed.is_empty(), "called and not named: {unnamed:?}");
    let uncalled: Vec<_> = named.keys().filter(|operation| !called.contains_key(**operation)).collect();
    assert!(uncalled.is_empty(), "named and never called: {uncalled:?}");
    for (operation, verb) in &called {
        let expected = match operation.split_once(':') {
            Some(("apigateway", _)) => format!("apigateway:{verb}"),
            _ => operation.clone(),
        };
        assert_eq!(named[operation.as_str()].action, expected, "{operation}");
    }
    let used: BTreeSet<String> = all().flat_map(Call::actions).map(str::to_owned).collect();
    assert_eq!(allowed(), used);
}
