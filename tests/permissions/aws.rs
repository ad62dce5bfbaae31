//! The calls that the code names with their IAM actions, and the operations that the controller called.

use std::collections::BTreeSet;

use fargatestack::aws;
use serde::Deserialize;

use super::{equal, records};

/// An operation that was called.
#[derive(Deserialize)]
pub(super) struct Operation {
    service: String,
    operation: String,
    /// Verb of the request.
    method: String,
    /// Kind of the caller's identity: controllers assume roles, the user of the tests is the root of an account.
    caller: String,
}

/// Services as the ledger names them, where IAM spells them otherwise.
const SPELLED: [(&str, &str); 2] = [("apigatewayv2", "apigateway"), ("elbv2", "elasticloadbalancing")];

impl Operation {
    /// Itself and the action that AWS asks for, both with the service as IAM spells it.
    fn with_action(&self) -> [String; 2] {
        let spelled = SPELLED.iter().find(|(service, _)| *service == self.service);
        let service = spelled.map_or(self.service.as_str(), |(_, service)| service);
        let operation = format!("{service}:{}", self.operation);
        let action = if service == "apigateway" { format!("{service}:{}", self.method) } else { operation.clone() };
        [operation, action]
    }
}

/// Every operation that the code names, with its action. That the policies allow just these, and what depends on them, is shown
/// offline.
fn named() -> BTreeSet<[String; 2]> {
    let calls = aws::CALLS.iter().flat_map(|(_, calls)| *calls).chain(aws::facts::CALLS);
    calls.map(|call| [call.operation, call.action].map(str::to_owned)).collect()
}

#[test]
fn what_the_code_names_is_what_was_called_in_aws() {
    let operations: Vec<_> = records().into_iter().flat_map(|record| record.aws).collect();
    // To assume a role is a right of the controller's own identity, and who one is anybody may ask.
    let ours = operations.iter().filter(|it| it.caller == "assumed-role" && it.service != "sts");
    equal(&named(), &ours.map(Operation::with_action).collect());
}
