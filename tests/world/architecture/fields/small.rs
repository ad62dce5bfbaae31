//! Fields that exclude those of the sample that says every field: a number of zones, an issuer elsewhere.

use serde_json::json;

use super::super::built;
use super::{Row, changed, set};
use crate::controller;
use crate::support::stack::Stack;

pub(super) async fn lead() -> Vec<String> {
    let stack = Stack::prepare(controller(), "fields-small").await;
    let external = json!({"issuer": "https://login.example.com/", "audience": ["orders"]});
    let network = json!({"availabilityZones": {"count": 1}, "nat": {"mode": "Single"}});
    let mut spec = stack.minimal_with(json!({"network": network, "auth": {"external": external}}));
    built(&stack, spec.clone()).await;
    changed(&stack, &mut spec, rows()).await
}

fn rows() -> Vec<Row> {
    vec![
        set("network.availabilityZones.count", "1 to 2", "/network/availabilityZones/count", json!(2)),
        set("auth.external.issuer", "another", "/auth/external/issuer", json!("https://login-2.example.com/")),
        set("auth.external.audience", "one more", "/auth/external/audience/1", json!("invoices")),
    ]
}
