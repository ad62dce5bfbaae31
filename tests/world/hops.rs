//! Ready tells the truth about the way in: each hop is broken from outside, is told, and is told to be back. Requests agree.

use std::collections::BTreeMap;

use aws_sdk_apigatewayv2::types::JwtConfiguration;
use serde_json::{Value, json};

use crate::controller;
use crate::readiness::{Told, breaks};
use crate::service::{registered_with, running_image};
use crate::support::stack::{Stack, find, remembered, since};

/// Each hop of the way in, down to the revision that tasks run.
#[derive(Clone, Copy, Debug)]
enum Hop {
    Link,
    Balancer,
    Listener,
    Authorizer,
    Route,
    Stage,
    Revision,
}

impl Hop {
    fn told(self) -> Told {
        match self {
            // They are replaced, which the fault denies.
            Self::Link => ("ApiReady", "AccessDenied", "vpc-link/main: CreateVpcLink", "AccessDenied"),
            Self::Balancer => {
                ("LoadBalancerReady", "AccessDenied", "load-balancer/main: CreateLoadBalancer", "AccessDenied")
            }
            // Drift is reported and left; without a listener no target is used.
            Self::Listener => ("LoadBalancerReady", "DriftReported", "listener/main", "Broken"),
            Self::Authorizer => ("ApiReady", "DriftReported", "authorizer/jwt", "DriftReported"),
            Self::Route => ("ApiReady", "DriftReported", "route/GET /open", "DriftReported"),
            Self::Stage => ("ApiReady", "Broken", "Internal server error", "Broken"),
            Self::Revision => ("ServiceReady", "DriftReported", "ecs-service/main", "DriftReported"),
        }
    }

    /// Whether requests get through while it is broken.
    fn lets_through(self) -> bool {
        match self {
            // The open route asks nobody, the stage serves what was deployed before, and other tasks answer, too.
            Self::Authorizer | Self::Stage | Self::Revision => true,
            Self::Link | Self::Balancer | Self::Listener | Self::Route => false,
        }
    }

    async fn make(self, stack: &Stack, ids: &BTreeMap<String, String>) {
        let (api, id) = (stack.account.api(), ids["api/main"].as_str());
        match self {
            Self::Link => {
                stack.account.fault(&denied("CreateVpcLink"));
                stack.account.set_vpc_link(&ids["vpc-link/main"], "FAILED");
            }
            Self::Balancer => {
                stack.account.fault(&denied("CreateLoadBalancer"));
                stack.account.set_load_balancer(&ids["load-balancer/main"], "failed");
            }
            Self::Listener => {
                let call = stack.account.elb().delete_listener().listener_arn(&ids["listener/main"]);
                call.send().await.unwrap();
            }
            Self::Authorizer => {
                let issuer = stack.get().await.status.outputs.unwrap().issuer.unwrap();
                let theirs = JwtConfiguration::builder().issuer(issuer).audience("theirs").build();
                let call = api.update_authorizer().api_id(id).authorizer_id(own(ids, "authorizer/jwt"));
                call.jwt_configuration(theirs).send().await.unwrap();
            }
            Self::Route => {
                api.delete_route().api_id(id).route_id(own(ids, "route/GET /open")).send().await.unwrap();
            }
            Self::Stage => {
                stack.account.fail_next_deployment();
                touch(stack, ids).await;
            }
            Self::Revision => {
                let theirs = registered_with(stack, &running_image(stack).await).await;
                let (ecs, name) = (stack.account.ecs(), stack.qualified().replace('/', "_"));
                ecs.update_service().cluster(&name).service(&name).task_definition(theirs).send().await.unwrap();
            }
        }
    }

    async fn mend(self, stack: &Stack, ids: &BTreeMap<String, String>) {
        match self {
            Self::Link => {
                stack.account.set_vpc_link(&ids["vpc-link/main"], "AVAILABLE");
                stack.account.heal();
            }
            Self::Balancer => {
                stack.account.set_load_balancer(&ids["load-balancer/main"], "active");
                stack.account.heal();
            }
            Self::Listener | Self::Authorizer | Self::Route | Self::Revision => {
                let plan = stack.get().await.status.plan.expect("the repair waits for approval");
                stack.annotate("approve", &plan.hash).await;
            }
            Self::Stage => touch(stack, ids).await,
        }
    }
}

fn denied(operation: &str) -> Value {
    json!({"operation": operation, "count": 0, "status": 403, "code": "AccessDeniedException"})
}

/// Id of `key` within its API, as calls take it.
fn own<'a>(ids: &'a BTreeMap<String, String>, key: &str) -> &'a str {
    ids[key].split_once('/').expect("a child of the API").1
}

/// A change of the API that changes nothing, and is deployed.
async fn touch(stack: &Stack, ids: &BTreeMap<String, String>) {
    let call = stack.account.api().update_route().api_id(&ids["api/main"]).route_id(own(ids, "route/GET /open"));
    call.operation_name("touched").send().await.unwrap();
}

#[tokio::test]
async fn ready_means_that_every_hop_of_the_way_in_stands() {
    let routes = json!([{"key": "$default"}, {"key": "GET /open", "auth": "None"}]);
    let spec = json!({"driftPolicy": "Report", "api": {"routes": routes}});
    let stack = Stack::working(controller(), "truth-way-in", spec).await;
    let hops = [Hop::Link, Hop::Balancer, Hop::Listener, Hop::Authorizer, Hop::Route, Hop::Stage, Hop::Revision];
    for hop in hops {
        let ids = remembered(&stack.get().await);
        let walk = || stack.account.walk(&ids["api/main"], "/open");
        assert_eq!(walk(), 200, "{hop:?}");
        hop.make(&stack, &ids).await;
        breaks(&stack, &format!("{hop:?}"), hop.told()).await;
        assert_eq!(walk() == 200, hop.lets_through(), "{hop:?}: {}", walk());
        hop.mend(&stack, &ids).await;
        stack.recovers().await;
        assert_eq!(walk(), 200, "{hop:?}");
    }
    stack.stays().await;

    // A link that AWS put to sleep comes back by what needs it.
    let ids = remembered(&stack.get().await);
    let ready = since(&stack.get().await, "Ready");
    stack.account.set_vpc_link(&ids["vpc-link/main"], "INACTIVE");
    let asleep = stack.look().await;
    assert!(find(&asleep, "Warning").is_some_and(|it| it.message.contains("vpc-link/main")), "{asleep:?}");
    assert_eq!(since(&asleep, "Ready"), ready);
    assert_ne!(stack.account.walk(&ids["api/main"], "/open"), 200);
    assert_eq!(stack.account.walk(&ids["api/main"], "/open"), 200, "woken");
    stack.stays().await;
}
