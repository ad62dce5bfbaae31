//! What nothing costs: a pass over stacks that are as declared.

use std::collections::BTreeMap;
use std::io::Write;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::controller::Controller;
use crate::support::emulator::{Call, by_operation};
use crate::support::eventually;
use crate::support::stack::Stack;

const FLEET: usize = 100;

/// How many are built at the same time.
const BATCH: usize = 10;

/// One zone, no NAT gateway and no user pool: a stack of the fleet needs no more to be observed.
fn small() -> Value {
    json!({
        "network": {"availabilityZones": {"count": 1}, "nat": {"mode": "None"}},
        "auth": {"external": {"issuer": "https://issuer.example", "audience": ["orders"]}},
    })
}

/// What AWS offers only one by one, for each stack's own: attributes of its VPC, tags and attributes of its load balancer, what is
/// in its API, its cluster's services, its task definitions, its roles, its repository, its image.
const DEEP: [&str; 18] = [
    "DescribeImages",
    "DescribeListeners",
    "DescribeLoadBalancerAttributes",
    "DescribeServices",
    "DescribeTags",
    "DescribeTargetGroupAttributes",
    "DescribeVpcAttribute",
    "GetAuthorizers",
    "GetIntegrations",
    "GetLifecyclePolicy",
    "GetRole",
    "GetRolePolicy",
    "GetRoutes",
    "GetStages",
    "ListAttachedRolePolicies",
    "ListRolePolicies",
    "ListTagsForResource",
    "ListTaskDefinitions",
];

fn deep(call: &Call) -> bool {
    DEEP.contains(&call.operation.as_str())
}

/// The cost of one pass over `fleet` that finds nothing to do: a restarted controller looks at each stack once, with nothing
/// remembered between passes. The last look of every stack is for the attributes of its VPC; then come the facts, which all
/// share, and the prefix lists are the last of them.
async fn cost(controller: &'static Controller, fleet: &[Stack]) -> Vec<Call> {
    let account = &fleet[0].account;
    // The events of the pass before are out when the next one is over.
    let looked = join_all(fleet.iter().map(Stack::look)).await;
    let vpcs: Vec<_> = looked.into_iter().filter_map(|stack| stack.status.outputs?.vpc_id).collect();
    assert_eq!(vpcs.len(), fleet.len());
    // It gives its lease back, so that the next one need not wait. Its own last looks are not counted.
    assert_eq!(controller.end(), Some(0));
    let (mark, audit) = (account.now(), fleet[0].audit());
    controller.start();
    let calls = eventually("every stack has been looked at", || {
        let calls = account.calls(mark);
        let asked = |vpc: &String| {
            calls.iter().filter(|call| deep(call) && call.request.get("VpcId").is_some_and(|id| *id == **vpc)).count()
                >= 2
        };
        let facts = calls.iter().any(|call| call.operation == "DescribeManagedPrefixLists");
        (facts && vpcs.iter().all(asked)).then_some(calls)
    });
    assert_eq!(audit.writes(), BTreeMap::new(), "Kubernetes writes, events included");
    // A further pass of each, asked for: what the pass before it would have written is written by now.
    join_all(fleet.iter().map(Stack::look)).await;
    assert_eq!(account.writes(mark), Vec::<String>::new());
    assert!(audit.writes().keys().all(|write| write == "patch fargatestacks/status"), "{:?}", audit.writes());
    calls
}

/// Shallow calls by operation, and pages beyond the first.
fn shallow(calls: &[Call]) -> (BTreeMap<String, usize>, usize) {
    let shallow = calls.iter().filter(|call| !call.write && !deep(call));
    // Every service spells it its own way.
    let tokens = ["NextToken", "nextToken", "Marker", "PageToken"];
    let (further, first): (Vec<_>, Vec<_>) =
        shallow.partition(|call| tokens.iter().any(|token| call.request.get(token).is_some()));
    (by_operation(first), further.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_over_a_hundred_stacks_costs_as_many_shallow_calls_as_over_one() {
    let (controller, _ending) = Controller::alone(&[]);
    let first = Stack::built(controller, "fleet", small()).await;
    let one = cost(controller, std::slice::from_ref(&first)).await;

    let mut fleet: Vec<_> = (1..FLEET).map(|number| first.sibling(&format!("stack-{number}"))).collect();
    // Built together they are all ready at about the same time: what is waited for is a batch.
    for batch in fleet.chunks(BATCH) {
        join_all(batch.iter().map(|stack| stack.declare(small()))).await;
        join_all(batch.iter().map(Stack::settled)).await;
    }
    fleet.push(first);
    let hundred = cost(controller, &fleet).await;

    let ((one_shallow, one_pages), (shallow, pages)) = (shallow(&one), shallow(&hundred));
    let deep_calls = |calls: &[Call]| calls.iter().filter(|call| deep(call)).count();
    let counts = format!(
        "a pass that finds nothing to do, shallow / further pages / deep:\n\
         over 1:   {one_shallow:?} / {one_pages} / {}\n\
         over {FLEET}: {shallow:?} / {pages} / {}\n",
        deep_calls(&one),
        deep_calls(&hundred),
    );
    std::io::stderr().write_all(counts.as_bytes()).unwrap();
    assert_eq!(shallow, one_shallow);
    // Details of the other services may still be asked for when the attributes of the last VPC are known.
    let attributes = |calls: &[Call]| calls.iter().filter(|call| call.operation == "DescribeVpcAttribute").count();
    assert_eq!(attributes(&hundred), FLEET * attributes(&one));
}
