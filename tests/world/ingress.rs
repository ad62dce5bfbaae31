//! The way in: load balancer, VPC link and HTTP API.

use std::collections::BTreeMap;

use aws_sdk_apigatewayv2::types::{AuthorizationType, JwtConfiguration};
use aws_sdk_elasticloadbalancingv2::types::{
    LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerTypeEnum, ProtocolEnum,
};
use serde_json::{Value, json};

use crate::controller;
use crate::support::cloud::Cloud;
use crate::support::emulator::by_operation;
use crate::support::stack::{Stack, find, holds, remembered};

/// Id of `key` within its API, as calls take it.
fn own<'a>(ids: &'a BTreeMap<String, String>, key: &str) -> &'a str {
    ids[key].split_once('/').expect("a child of the API").1
}

/// Declares `spec`, waits until it is made, and tells the calls that it took.
async fn changed(stack: &Stack, spec: Value) -> Vec<(String, usize)> {
    let mark = stack.account.now();
    stack.declare(spec).await;
    stack.settled().await;
    let calls = stack.account.calls(mark);
    by_operation(calls.iter().filter(|call| call.write)).into_iter().collect()
}

fn calls<const N: usize>(expected: [(&str, usize); N]) -> Vec<(String, usize)> {
    expected.map(|(operation, count)| (operation.to_owned(), count)).into()
}

async fn balancer_is_as_declared(stack: &Stack, cloud: &Cloud, ids: &BTreeMap<String, String>) {
    let elb = stack.account.elb();
    let shown = elb.describe_load_balancers().load_balancer_arns(&ids["load-balancer/main"]).send().await.unwrap();
    let [balancer] = shown.load_balancers() else { panic!("{shown:?}") };
    assert_eq!(balancer.r#type(), Some(&LoadBalancerTypeEnum::Network));
    assert_eq!(balancer.scheme().map(LoadBalancerSchemeEnum::as_str), Some("internal"));
    assert_eq!(balancer.security_groups(), [cloud.id("security-group/vpc-link")]);
    let mut subnets: Vec<_> = balancer.availability_zones().iter().filter_map(|zone| zone.subnet_id()).collect();
    subnets.sort_unstable();
    let mut declared = ["subnet/ecs-a", "subnet/ecs-b"].map(|key| cloud.id(key));
    declared.sort_unstable();
    assert_eq!(subnets, declared);
    let shown = elb.describe_target_groups().target_group_arns(&ids["target-group/main"]).send().await.unwrap();
    let [group] = shown.target_groups() else { panic!("{shown:?}") };
    let check = (group.port(), group.health_check_protocol(), group.health_check_path());
    assert_eq!(check, (Some(8080), Some(&ProtocolEnum::Http), Some("/healthz")));
    assert_eq!(group.load_balancer_arns(), [ids["load-balancer/main"].as_str()]);
}

async fn api_is_as_declared(stack: &Stack, ids: &BTreeMap<String, String>) {
    let (api, id) = (stack.account.api(), &ids["api/main"]);
    let routes = api.get_routes().api_id(id).send().await.unwrap();
    let said = |route: &aws_sdk_apigatewayv2::types::Route| {
        let kind = route.authorization_type().map(AuthorizationType::as_str).unwrap_or_default();
        format!("{} {kind} {}", route.route_key().unwrap_or_default(), route.target().unwrap_or_default())
    };
    let mut routes: Vec<_> = routes.items().iter().map(said).collect();
    routes.sort();
    let target = format!("integrations/{}", own(ids, "integration/main"));
    assert_eq!(routes, [format!("$default JWT {target}"), format!("OPTIONS /{{proxy+}} NONE {target}")]);
    let stage = api.get_stage().api_id(id).stage_name("$default").send().await.unwrap();
    assert!(stage.auto_deploy().unwrap_or_default() && stage.deployment_id().is_some(), "{stage:?}");
    let log = stage.access_log_settings().and_then(|log| log.destination_arn()).unwrap_or_default();
    assert!(log.ends_with(&format!("/aws/vendedlogs/fargatestack/{}/access", stack.qualified())), "{log}");
}

#[tokio::test]
async fn the_way_in_is_built_and_every_change_of_it_is_made_in_place() {
    let cors = |max_age: i32| json!({"allowOrigins": ["https://app.example.com"], "maxAgeSeconds": max_age});
    let base = |api: Value| json!({"service": {"healthCheck": {"path": "/healthz"}}, "api": api});
    let stack = Stack::built(controller(), "way-in", base(json!({"cors": cors(300)}))).await;
    let built = stack.get().await;
    for section in ["LoadBalancerReady", "ApiReady"] {
        assert!(holds(&built, section), "{:?}", find(&built, section));
    }
    let ids = remembered(&built);
    balancer_is_as_declared(&stack, &stack.cloud(), &ids).await;
    api_is_as_declared(&stack, &ids).await;
    let outputs = built.status.outputs.unwrap();
    assert_eq!(outputs.nlb_arn.as_ref(), Some(&ids["load-balancer/main"]));
    assert!(outputs.api_endpoint.unwrap().contains(&ids["api/main"]));
    stack.stays().await;

    let api = |api: Value| changed(&stack, base(api));
    assert_eq!(api(json!({"cors": cors(60)})).await, calls([("UpdateApi", 1)]));
    let slower = json!({"cors": cors(60), "throttling": {"rate": 10, "burst": 20}});
    assert_eq!(api(slower).await, calls([("UpdateStage", 1)]));
    let open = json!({"cors": cors(60), "routes": [{"key": "$default"}, {"key": "GET /open", "auth": "None"}]});
    assert_eq!(api(open).await, calls([("CreateRoute", 1), ("UpdateStage", 1)]));
    let guarded = json!({"cors": cors(60), "routes": [{"key": "$default"}, {"key": "GET /open"}]});
    assert_eq!(api(guarded).await, calls([("UpdateRoute", 1)]));
    let without = api(json!({})).await;
    assert_eq!(without, calls([("DeleteCorsConfiguration", 1), ("DeleteRoute", 2)]));

    let checked = changed(&stack, json!({"service": {"healthCheck": {"path": "/ready"}}})).await;
    assert_eq!(checked, calls([("ModifyTargetGroup", 1)]));
    let balancer = |balancer: Value| {
        changed(&stack, json!({"service": {"healthCheck": {"path": "/ready"}}, "loadBalancer": balancer}))
    };
    let near = balancer(json!({"crossZone": false})).await;
    assert_eq!(near, calls([("ModifyLoadBalancerAttributes", 1)]));
    let moved = balancer(json!({"crossZone": false, "port": 81})).await;
    assert!(moved.contains(&("ModifyListener".to_owned(), 1)), "{moved:?}");
    let dedicated = balancer(json!({"crossZone": false, "port": 81, "securityGroup": "Dedicated"})).await;
    assert!(dedicated.contains(&("SetSecurityGroups".to_owned(), 1)), "{dedicated:?}");
    assert_eq!(remembered(&stack.get().await)["load-balancer/main"], ids["load-balancer/main"], "never replaced");
    stack.stays().await;

    // A port is fixed for a target group: its successor stands before it goes.
    let spec = json!({"service": {"containerPort": 9090}, "loadBalancer": {"port": 81, "securityGroup": "Dedicated"}});
    let ported = changed(&stack, spec).await;
    for call in ["CreateTargetGroup", "ModifyListener", "DeleteTargetGroup"] {
        assert!(ported.contains(&(call.to_owned(), 1)), "{call}: {ported:?}");
    }
    let after = remembered(&stack.get().await);
    assert_ne!(after["target-group/main"], ids["target-group/main"]);
    assert_eq!(after["api/main"], ids["api/main"], "the endpoint that clients know");
    stack.stays().await;
}

#[tokio::test]
async fn drift_of_the_way_in_is_repaired_and_nothing_of_it_is_left() {
    let stack = Stack::built(controller(), "way-in-drift", json!({"retain": []})).await;
    let ids = remembered(&stack.get().await);
    let (elb, api) = (stack.account.elb(), stack.account.api());
    let id = ids["api/main"].as_str();
    let zonal = LoadBalancerAttribute::builder().key("load_balancing.cross_zone.enabled").value("false").build();
    let balancer = &ids["load-balancer/main"];
    elb.modify_load_balancer_attributes().load_balancer_arn(balancer).attributes(zonal).send().await.unwrap();
    let group = &ids["target-group/main"];
    elb.modify_target_group().target_group_arn(group).health_check_interval_seconds(30).send().await.unwrap();
    elb.delete_listener().listener_arn(&ids["listener/main"]).send().await.unwrap();
    let link = &ids["vpc-link/main"];
    api.update_vpc_link().vpc_link_id(link).name("theirs").send().await.unwrap();
    api.update_api().api_id(id).name("theirs").send().await.unwrap();
    let route = own(&ids, "route/$default");
    let open = AuthorizationType::None;
    api.update_route().api_id(id).route_id(route).authorization_type(open).send().await.unwrap();
    let target = format!("integrations/{}", own(&ids, "integration/main"));
    let back_door = api.create_route().api_id(id).route_key("GET /back-door").target(target);
    back_door.send().await.unwrap();
    let authorizer = own(&ids, "authorizer/jwt");
    let issuer = stack.get().await.status.outputs.unwrap().issuer.unwrap();
    let jwt = JwtConfiguration::builder().issuer(issuer).audience("theirs").build();
    let theirs = api.update_authorizer().api_id(id).authorizer_id(authorizer).jwt_configuration(jwt);
    theirs.send().await.unwrap();
    api.delete_stage().api_id(id).stage_name("$default").send().await.unwrap();

    let mark = stack.account.now();
    stack.repaired().await;
    let writes = stack.account.calls(mark);
    let writes: Vec<_> = by_operation(writes.iter().filter(|call| call.write)).into_iter().collect();
    let expected = [
        ("CreateListener", 1),
        ("CreateStage", 1),
        ("DeleteRoute", 1),
        ("ModifyLoadBalancerAttributes", 1),
        ("ModifyTargetGroup", 1),
        ("UpdateApi", 1),
        ("UpdateAuthorizer", 1),
        ("UpdateIntegration", 1),
        ("UpdateRoute", 1),
        ("UpdateVpcLink", 1),
    ];
    assert_eq!(writes, calls(expected));
    stack.stays().await;

    stack.delete().await;
    stack.gone().await;
    assert!(elb.describe_load_balancers().send().await.unwrap().load_balancers().is_empty());
    assert!(elb.describe_target_groups().send().await.unwrap().target_groups().is_empty());
    assert!(api.get_apis().send().await.unwrap().items().is_empty());
    assert!(api.get_vpc_links().send().await.unwrap().items().is_empty());
    assert!(stack.cloud().is_empty(), "{:?}", stack.cloud().keys());
}

/// Through the API's own address: who has no token is refused, and a probe that is not refused is told.
#[tokio::test]
async fn a_probe_goes_through_the_api() {
    let stack = Stack::prepare(controller(), "way-in-probe").await;
    stack.account.set(&json!({"apiEndpoints": "layer"}));
    stack.declare(json!({"api": {"readinessProbe": {"path": "/healthz"}}})).await;
    let built = stack.settled().await;
    assert!(holds(&built, "ApiReady"), "{:?}", find(&built, "ApiReady"));

    let open = json!({"readinessProbe": {"path": "/healthz"}, "routes": [{"key": "$default", "auth": "None"}]});
    stack.declare(json!({ "api": open })).await;
    let message = stack.reason("ApiReady", "ProbeFailed").await;
    assert!(message.contains("/healthz without a token was answered with"), "{message}");
    stack.declare(json!({"api": {"readinessProbe": {"path": "/healthz"}}})).await;
    stack.reason("ApiReady", "Ready").await;
    stack.stays().await;
}
