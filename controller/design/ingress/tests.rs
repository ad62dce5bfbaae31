use serde_json::{Value, json};

use super::super::testing::{bodies, brought, keys, spec};
use super::*;
use crate::aws::Body;

/// Who may use each route of a stack with these changes, by key.
fn routes(changes: Value) -> Vec<String> {
    let routes = bodies(&spec(changes)).into_iter().filter_map(|body| match body {
        Body::ApiRoute(route) => Some(format!("{} {:?}", route.route_key, route.admission)),
        _ => None,
    });
    routes.collect()
}

#[test]
fn everything_needs_a_token_unless_the_declaration_says_otherwise() {
    assert_eq!(routes(json!({})), ["$default Token { authorizer: authorizer/jwt, scopes: {} }"]);
    let declared = json!({"auth": {"resourceServers": [{"identifier": "orders", "scopes": ["read"]}]}, "api": {"routes": [
        {"key": "GET /", "auth": "None"},
        {"key": "GET /orders", "scopes": ["orders/read"]},
    ]}});
    let expected = ["GET / Open", r#"GET /orders Token { authorizer: authorizer/jwt, scopes: {"orders/read"} }"#];
    assert_eq!(routes(declared), expected);
}

#[test]
fn an_api_that_is_open_has_no_authorizer() {
    let open = spec(json!({"api": {"routes": [{"key": "$default", "auth": "None"}]}}));
    assert!(!keys(&open).iter().any(|key| key.starts_with("authorizer/")));
}

#[test]
fn cross_origin_rules_open_the_preflight() {
    let cors = |routes: Value| json!({"api": {"cors": {"allowOrigins": ["*"]}, "routes": routes}});
    let guarded = "$default Token { authorizer: authorizer/jwt, scopes: {} }";
    assert_eq!(routes(cors(json!([{"key": "$default"}]))), [guarded, "OPTIONS /{proxy+} Open"]);
    let own = routes(cors(json!([{"key": "$default", "auth": "None"}, {"key": "OPTIONS /{proxy+}", "auth": "None"}])));
    assert_eq!(own, ["$default Open", "OPTIONS /{proxy+} Open"], "a declared one is not doubled");
}

#[test]
fn tokens_come_from_the_pool_or_from_elsewhere() {
    let issuer = |changes: Value| {
        let mut found = bodies(&spec(changes)).into_iter().filter_map(|body| match body {
            Body::Authorizer(authorizer) => Some(authorizer.issuer),
            _ => None,
        });
        found.next().unwrap()
    };
    let clients = json!({"auth": {"clients": [{"name": "web"}, {"name": "app"}]}});
    let expected = Issuer::Pool { pool: user_pool(), clients: ["web", "app"].map(UserPoolClient::reference).into() };
    assert_eq!(issuer(clients), expected);
    let external = json!({"auth": {"external": {"issuer": "https://idp.example.com", "audience": ["orders"]}}});
    let expected =
        Issuer::External { issuer: "https://idp.example.com".to_owned(), audience: ["orders".to_owned()].into() };
    assert_eq!(issuer(external), expected);
}

/// The document's rule holds only if the load balancer carries the group that the tasks' rule names.
#[test]
fn the_load_balancer_carries_the_group_that_its_mode_says() {
    for (mode, group) in [("VpcLink", "security-group/vpc-link"), ("Dedicated", "security-group/load-balancer")] {
        for body in bodies(&spec(json!({"loadBalancer": {"securityGroup": mode, "crossZone": false}}))) {
            match body {
                Body::LoadBalancer(balancer) => {
                    assert_eq!(balancer.security_group.key().to_string(), group);
                    assert_eq!((balancer.subnets.len(), balancer.cross_zone), (2, false));
                }
                Body::VpcLink(link) => assert_eq!(link.security_group, vpc_link_group()),
                _ => {}
            }
        }
    }
}

#[test]
fn ports_and_checks_are_the_declared_ones() {
    let spec = spec(json!({
        "loadBalancer": {"port": 81},
        "service": {"containerPort": 9090, "healthCheck": {"path": "/healthz"}},
    }));
    let said: Vec<String> = bodies(&spec)
        .into_iter()
        .filter_map(|body| match body {
            Body::TargetGroup(group) => Some(format!("{} {:?}", group.port, group.check)),
            Body::Listener(listener) => Some(format!("{} {:?}", listener.port, listener.target_group)),
            _ => None,
        })
        .collect();
    assert_eq!(said, [r#"9090 Http("/healthz")"#, "81 target-group/main"]);
}

#[test]
fn the_stage_deploys_every_route_with_its_limits_and_its_log() {
    let stage = |changes: Value| {
        let mut found = bodies(&spec(changes)).into_iter().filter_map(|body| match body {
            Body::Stage(stage) => Some(stage),
            _ => None,
        });
        found.next().unwrap()
    };
    let default = stage(json!({}));
    assert_eq!((default.rate, default.burst), (1000, 2000));
    assert_eq!(default.routes, [ApiRoute::reference("$default")]);
    let log = default.access_log.unwrap();
    let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/vendedlogs/fargatestack/shop/orders/access";
    assert_eq!((log.group, log.arn.as_str()), (LogGroup::reference("access"), arn));
    let silent = stage(json!({"api": {"accessLogs": false, "throttling": {"rate": 5, "burst": 6}}}));
    assert_eq!((silent.rate, silent.burst, silent.access_log), (5, 6, None));
}

#[test]
fn a_domain_leads_to_the_stage() {
    let certificate = "arn:aws:acm:eu-west-1:111122223333:certificate/1";
    let spec = spec(json!({"api": {"domain": {"name": "api.example.com", "certificateArn": certificate}}}));
    let domains: Vec<Body> =
        bodies(&spec).into_iter().filter(|body| matches!(body, Body::DomainName(_) | Body::ApiMapping(_))).collect();
    let [Body::DomainName(domain), Body::ApiMapping(mapping)] = domains.as_slice() else { panic!("{domains:?}") };
    assert_eq!((domain.domain.as_str(), domain.certificate_arn.as_str()), ("api.example.com", certificate));
    assert_eq!(mapping.stage.key().to_string(), "stage/default");
}

#[test]
fn a_brought_network_carries_the_way_in() {
    let ways = bodies(&brought(json!({}))).into_iter().filter(|body| match body {
        Body::LoadBalancer(balancer) => balancer.subnets.len() == 2,
        Body::VpcLink(link) => link.subnets.len() == 2,
        _ => false,
    });
    assert_eq!(ways.count(), 2);
}

#[test]
fn headers_and_methods_are_in_the_form_in_which_they_are_compared() {
    let declared = json!({"api": {"cors": {
        "allowOrigins": ["https://app.example.com"], "allowHeaders": ["X-Trace", "authorization"], "exposeHeaders": ["X-Total"],
        "allowMethods": ["POST", "GET"], "allowCredentials": true, "maxAgeSeconds": 60,
    }}});
    let rules = bodies(&spec(declared)).into_iter().find_map(|body| match body {
        Body::HttpApi(api) => api.cors,
        _ => None,
    });
    let set = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let expected = CorsRules {
        origins: set(&["https://app.example.com"]),
        methods: set(&["GET", "POST"]),
        headers: set(&["authorization", "x-trace"]),
        exposed: set(&["x-total"]),
        credentials: true,
        max_age: 60,
    };
    assert_eq!(rules, Some(expected));
}
