//! What the controller tells of itself: metrics agree with what AWS saw, and each write has its line in the log.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::controller::Controller;
use crate::support::emulator::Call;
use crate::support::eventually;
use crate::support::stack::Stack;

/// Counts by service, as IAM spells it, and operation.
type Counts = BTreeMap<(String, String), usize>;

fn count<'a>(calls: impl Iterator<Item = &'a Call>) -> Counts {
    let mut counts = Counts::new();
    for call in calls {
        let service = match call.service.as_str() {
            "elbv2" => "elasticloadbalancing",
            "apigatewayv2" => "apigateway",
            other => other,
        };
        *counts.entry((service.to_owned(), call.operation.clone())).or_default() += 1;
    }
    counts
}

/// The values of `metric` where its labels contain `part`, by the labels service and operation.
fn counted(text: &str, metric: &str, part: &str) -> Counts {
    let mut counts = Counts::new();
    let samples = text.lines().filter_map(|line| line.strip_prefix(metric)?.strip_prefix('{')?.split_once("} "));
    for (labels, value) in samples.filter(|(labels, _)| labels.contains(part)) {
        let label = |name: &str| {
            let value = labels.split(',').find_map(|label| label.strip_prefix(name)?.strip_prefix("=\""));
            value.unwrap().trim_end_matches('"').to_owned()
        };
        *counts.entry((label("service"), label("operation"))).or_default() += value.parse::<usize>().unwrap();
    }
    counts
}

fn field<'a>(line: &'a Value, name: &str) -> &'a str {
    line[name].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_did_is_counted_and_told() {
    let (controller, _ending) = Controller::alone(&[]);
    let stack = Stack::prepare(controller, "counted").await;
    // One create is refused once, one question is answered at the SDK's second try.
    stack.account.fault(&json!({"operation": "CreateSubnet", "status": 503, "code": "RequestLimitExceeded"}));
    stack.account.fault(&json!({"operation": "DescribeNatGateways", "status": 500, "code": "InternalError"}));
    stack.declare(json!({"network": {"availabilityZones": {"count": 1}}})).await;
    stack.settled().await;

    // A look may be under way; what it adds is seen by both in the end.
    let (calls, text) = eventually("every request is counted", || {
        let calls = stack.account.calls(0);
        let (_, text) = controller.get("--metrics-address", "/metrics");
        // Roles are assumed by the SDK itself.
        let seen = count(calls.iter().filter(|call| call.operation != "AssumeRole"));
        (seen == counted(&text, "fargatestack_aws_requests_total", "")).then_some((calls, text))
    });
    let writes = || calls.iter().filter(|call| call.write);
    let failed = count(writes().filter(|call| call.error.is_some()));
    assert_eq!(failed.get(&("ec2".to_owned(), "CreateSubnet".to_owned())), Some(&1));
    assert_eq!(
        counted(&text, "fargatestack_aws_calls_total", "operation=\"CreateSubnet\",outcome=\"throttled\"").len(),
        1
    );
    let nat = counted(&text, "fargatestack_aws_requests_total", "operation=\"DescribeNatGateways\",code=\"500\"");
    assert_eq!(nat.into_values().collect::<Vec<_>>(), [1]);

    let all = counted(&text, "fargatestack_aws_calls_total", "");
    for (write, number) in count(writes()) {
        assert_eq!(all.get(&write), Some(&number), "{write:?}");
    }
    let told = controller.told_writes();
    let mut requests: Vec<_> = told.iter().map(|line| field(line, "requestID")).collect();
    let mut seen: Vec<_> = writes().map(|call| call.request_id.as_str()).collect();
    requests.sort_unstable();
    seen.sort_unstable();
    assert_eq!(requests, seen, "one line for each write");
    for line in &told {
        let named = ["time", "service", "operation", "key", "cause", "reconcileID"];
        assert!(named.iter().all(|name| !field(line, name).is_empty()), "{line}");
        assert_eq!(field(line, "stack"), "counted/orders");
        let expected =
            if field(line, "code").is_empty() { ("INFO", "AWS write") } else { ("WARN", "AWS write failed") };
        assert_eq!((field(line, "level"), field(line, "message")), expected);
    }
    let refused: Vec<_> = told.iter().filter(|line| field(line, "code") == "RequestLimitExceeded").collect();
    assert!(matches!(refused[..], [line] if field(line, "operation") == "CreateSubnet"), "{refused:?}");

    let gauges = [
        ("fargatestack_stacks", Some("1")),
        ("fargatestack_stack_conditions{condition=\"NetworkReady\",status=\"True\",reason=\"Ready\"}", Some("1")),
        ("leader_election_master_status{name=\"fargatestack-controller\"}", Some("1")),
        ("controller_runtime_reconcile_total{controller=\"fargatestack\",result=\"error\"}", None),
    ];
    for (name, value) in gauges {
        assert_eq!(controller.metric(name).as_deref(), value, "{name}");
    }
    for name in
        ["fargatestack_source_age_seconds{source=\"Vpcs\"}", "fargatestack_source_age_seconds{source=\"HttpApis\"}"]
    {
        assert!(controller.metric(name).is_some(), "{name}");
    }
    for (flag, path, status) in [
        ("--health-address", "/healthz", 200),
        ("--health-address", "/readyz", 200),
        ("--health-address", "/metrics", 404),
        ("--metrics-address", "/healthz", 404),
    ] {
        assert_eq!(controller.get(flag, path).0, status, "{flag} {path}");
    }
}
