//! Traffic works: a request comes through with a token and not without, every rule on its way counts, and a probe tells.

use std::fs::read_to_string;

use serde_json::{Value, json};

use crate::controller;
use crate::service::serving;
use crate::support::emulator::{Account, REGION};
use crate::support::stack::{Stack, find, holds, remembered};

/// A request's way through the API of a stack.
struct Way<'a> {
    account: &'a Account,
    api: String,
    link: String,
    balancer: String,
    service: String,
}

/// How a request went.
#[derive(Debug)]
struct Walk {
    status: u64,
    hops: Vec<Hop>,
}

#[derive(Debug)]
struct Hop {
    name: String,
    open: bool,
    why: String,
}

fn hops(answer: &Value) -> Vec<Hop> {
    let text = |hop: &Value, name: &str| hop[name].as_str().unwrap().to_owned();
    let hop = |hop: &Value| Hop { name: text(hop, "hop"), open: hop["ok"].as_bool().unwrap(), why: text(hop, "why") };
    answer["hops"].as_array().unwrap().iter().map(hop).collect()
}

impl Walk {
    /// The hop at which it ended.
    fn end(&self) -> (u64, &str, &str) {
        let closed = self.hops.iter().find(|hop| !hop.open);
        closed.map_or((self.status, "", ""), |hop| (self.status, hop.name.as_str(), hop.why.as_str()))
    }
}

impl<'a> Way<'a> {
    async fn of(stack: &'a Stack) -> Self {
        let ids = remembered(&stack.get().await);
        let id = |key: &str| ids[key].clone();
        Self {
            account: &stack.account,
            api: id("api/main"),
            link: id("vpc-link/main"),
            balancer: id("load-balancer/main"),
            service: stack.qualified().replace('/', "_"),
        }
    }

    fn walk(&self, token: Option<&str>) -> Walk {
        let mut request = json!({"api": self.api, "path": "/orders"});
        if let Some(token) = token {
            request["token"] = token.into();
        }
        let answer = self.account.order("walk", &request);
        Walk { status: answer["status"].as_u64().unwrap(), hops: hops(&answer) }
    }

    /// Whether traffic passes from the link to the load balancer, and from there to the tasks.
    fn reaches(&self) -> [bool; 2] {
        let link = json!({"from": {"vpcLink": self.link}, "to": {"loadBalancer": self.balancer}, "port": 80, "region": REGION});
        let task = json!({"from": {"loadBalancer": self.balancer}, "to": {"task": self.service}, "port": 8080, "region": REGION});
        [link, task].map(|order| self.account.order("reach", &order)["ok"].as_bool().unwrap())
    }
}

/// A token of another pool of the same account.
async fn of_another_pool(account: &Account) -> String {
    use aws_sdk_cognitoidentityprovider::types::AuthFlowType::UserPasswordAuth;
    use aws_sdk_cognitoidentityprovider::types::ExplicitAuthFlowsType::{AllowRefreshTokenAuth, AllowUserPasswordAuth};
    const PASSWORD: &str = "Correct-Horse-7";
    let cognito = account.cognito();
    let pool = cognito.create_user_pool().pool_name("other").send().await.unwrap().user_pool.unwrap().id.unwrap();
    let client = cognito.create_user_pool_client().user_pool_id(&pool).client_name("web");
    let client = client.explicit_auth_flows(AllowUserPasswordAuth).explicit_auth_flows(AllowRefreshTokenAuth);
    let client = client.send().await.unwrap().user_pool_client.unwrap().client_id.unwrap();
    cognito.admin_create_user().user_pool_id(&pool).username("bob").send().await.unwrap();
    let known = cognito.admin_set_user_password().user_pool_id(&pool).username("bob").password(PASSWORD);
    known.permanent(true).send().await.unwrap();
    let begun = cognito.initiate_auth().client_id(client).auth_flow(UserPasswordAuth);
    let begun = begun.auth_parameters("USERNAME", "bob").auth_parameters("PASSWORD", PASSWORD);
    begun.send().await.unwrap().authentication_result.unwrap().access_token.unwrap()
}

#[tokio::test]
async fn the_way_through() {
    let stack = serving("way-through", json!({})).await;
    assert!(holds(&stack.get().await, "Ready"), "{}", stack.describe().await);
    let way = Way::of(&stack).await;
    let stops = |token: Option<&str>| {
        let walk = way.walk(token);
        let (status, hop, why) = walk.end();
        (status, hop.to_owned(), why.to_owned())
    };
    let authorizer = |why: &str| (401, "authorizer".to_owned(), why.to_owned());
    assert_eq!(stops(None), authorizer("no token in $request.header.Authorization"));
    let (status, hop, _) = stops(Some("garbage"));
    assert_eq!((status, hop.as_str()), (401, "authorizer"));
    let theirs = of_another_pool(&stack.account).await;
    assert_eq!(stops(Some(&theirs)), authorizer("the token does not have a valid issuer"));

    let token = stack.token("default");
    let walk = way.walk(Some(&token));
    assert_eq!(walk.end(), (200, "", ""), "{walk:#?}");
    let kinds: Vec<_> = walk.hops.iter().map(|hop| hop.name.split(' ').next().unwrap()).collect();
    let gates = ["egress", "route", "ingress"];
    let expected = [
        &["stage", "route", "authorizer", "integration", "vpc", "load", "targets"][..],
        // From the link to the load balancer, and from there to each of two tasks.
        &gates,
        &gates,
        &gates,
        &["task"],
    ];
    assert_eq!(kinds, expected.concat(), "{walk:#?}");
    assert_eq!(way.reaches(), [true, true]);
}

/// Sick tasks are not replaced while a rule is missing, however long the test takes.
fn patient() -> Value {
    json!({"healthCheckGracePeriodSeconds": 86400})
}

/// The rules on the way in one mode, with the hop that each of them opens.
type Gates = [(&'static str, &'static str); 4];

/// Removes each rule on the way, and has it put back.
async fn every_rule_counts(namespace: &str, mode: &str, gates: Gates) {
    let declared = |policy: &str| json!({"driftPolicy": policy, "loadBalancer": {"securityGroup": mode}, "service": {"deployment": patient()}});
    let stack = serving(namespace, declared("Report")).await;
    let (way, token) = (Way::of(&stack).await, stack.token("default"));
    assert_eq!(way.walk(Some(&token)).end(), (200, "", ""));
    for (place, (rule, hop)) in gates.into_iter().enumerate() {
        let key = format!("security-group-rule/{rule}");
        stack.revoke(&key).await;
        stack.look().await;
        let message = stack.reason("Drifted", "DriftReported").await;
        assert!(message.contains(&key), "{message}");
        let walk = way.walk(Some(&token));
        let (status, end, why) = walk.end();
        assert_eq!((status, &end[..hop.len()]), (503, hop), "without {rule}: {walk:#?}");
        let direction = if rule.contains("-to-") { "no egress rule of " } else { "no ingress rule of " };
        assert!(why.starts_with(direction), "without {rule}: {why}");
        assert_eq!(way.reaches(), [place > 1, place < 2], "without {rule}");

        stack.declare(declared("Repair")).await;
        stack.serving().await;
        let walk = way.walk(Some(&token));
        assert_eq!(walk.end(), (200, "", ""), "with {rule} again: {walk:#?}");
        assert_eq!(way.reaches(), [true, true]);
        stack.declare(declared("Report")).await;
        stack.serving().await;
    }
    assert!(find(&stack.get().await, "Drifted").is_none());
    stack.stays().await;
}

#[tokio::test]
async fn every_rule_counts_where_link_and_balancer_share_a_group() {
    let gates = [
        ("vpc-link-to-self", "egress of vpc link"),
        ("vpc-link-from-self", "ingress of load balancer from vpc link"),
        ("vpc-link-to-task", "egress of load balancer"),
        ("task-from-vpc-link", "ingress of target"),
    ];
    every_rule_counts("way-shared", "VpcLink", gates).await;
}

#[tokio::test]
async fn every_rule_counts_where_the_balancer_has_a_group_of_its_own() {
    let gates = [
        ("vpc-link-to-load-balancer", "egress of vpc link"),
        ("load-balancer-from-vpc-link", "ingress of load balancer from vpc link"),
        ("load-balancer-to-task", "egress of load balancer"),
        ("task-from-load-balancer", "ingress of target"),
    ];
    every_rule_counts("way-dedicated", "Dedicated", gates).await;
}

/// With a token of a client that needs nobody to sign in.
#[tokio::test]
async fn a_probe_with_a_token_tells_whether_requests_come_through() {
    let declared = |policy: &str| {
        json!({
            "driftPolicy": policy,
            "service": {"deployment": patient()},
            "auth": {
                "userPool": {"domainPrefix": "way-probe"},
                "clients": [{"name": "batch", "flows": ["ClientCredentials"], "generateSecret": true}],
                "resourceServers": [{"identifier": "orders", "scopes": ["read"]}],
            },
            "api": {
                "routes": [{"key": "$default", "scopes": ["orders/read"]}],
                "readinessProbe": {"path": "/orders", "client": "batch"},
            },
        })
    };
    let stack = Stack::prepare(controller(), "way-probe").await;
    stack.account.set(&json!({"apiEndpoints": "layer"}));
    stack.declare(declared("Report")).await;
    let waiting = stack.settled().await;
    assert!(holds(&waiting, "ApiReady"), "nobody is asked as long as there is no task: {}", stack.describe().await);
    assert_eq!(find(&waiting, "Ready").unwrap().reason, "ImageNotFound");
    stack.push("1.4.2");
    stack.look().await;
    stack.serving().await;
    stack.reason("Ready", "Ready").await;
    stack.stays().await;

    let failed = async || {
        stack.look().await;
        let message = stack.reason("ApiReady", "ProbeFailed").await;
        assert!(!holds(&stack.get().await, "Ready"));
        message
    };
    let answered = "spec.api.readinessProbe: /orders with a token of client batch was answered with";
    stack.account.order("applications", &json!({"does": "errors"}));
    let message = failed().await;
    assert!(message.starts_with(&format!("{answered} 500: ")), "{message}");
    stack.account.order("applications", &json!({"does": "answers"}));
    stack.look().await;
    stack.reason("Ready", "Ready").await;

    for rule in ["vpc-link-to-self", "vpc-link-to-task"] {
        stack.revoke(&format!("security-group-rule/{rule}")).await;
        let message = failed().await;
        assert!(message.starts_with(&format!("{answered} 503: ")), "without {rule}: {message}");
        stack.declare(declared("Repair")).await;
        stack.serving().await;
        stack.reason("Ready", "Ready").await;
        stack.declare(declared("Report")).await;
        stack.serving().await;
    }
    stack.stays().await;

    // Every token of Cognito begins so: the header of a signed JSON Web Token.
    let log = read_to_string(stack.controller.log_file()).unwrap();
    let status = serde_json::to_string(&stack.get().await.status).unwrap();
    assert!(!log.is_empty() && !log.contains("eyJ") && !status.contains("eyJ"));
}
