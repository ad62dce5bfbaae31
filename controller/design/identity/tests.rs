use serde_json::{Value, json};

use super::*;
use crate::aws::Body;
use crate::design::testing::{bodies, facts, graph, keys, spec};

fn auth(auth: &Value) -> Spec {
    spec(json!({ "auth": auth }))
}

fn client(spec: &Spec, name: &str) -> UserPoolClient {
    let clients = bodies(spec).into_iter().filter_map(|body| match body {
        Body::UserPoolClient(client) => Some(client),
        _ => None,
    });
    clients.into_iter().find(|client| client.name == name).unwrap()
}

#[test]
fn nothing_said_is_a_pool_with_one_client_that_proves_passwords() {
    let spec = auth(&json!({}));
    let expected = UserPoolClient {
        name: "default".into(),
        pool: user_pool(),
        flows: BTreeSet::from([Flow::UserSrp]),
        callback_urls: BTreeSet::new(),
        generate_secret: false,
        resource_servers: Vec::new(),
        scopes: BTreeSet::new(),
    };
    assert_eq!(client(&spec, "default"), expected);
    let pool = bodies(&spec).into_iter().find_map(|body| match body {
        Body::UserPool(pool) => Some(pool),
        _ => None,
    });
    let expected = UserPool {
        name: "main",
        pool_name: "fargatestack-shop.orders".into(),
        self_sign_up: false,
        mfa: Mfa::Optional,
        password_min_length: 12,
    };
    assert_eq!(pool, Some(expected));
}

#[test]
fn oauth_clients_may_ask_for_every_scope_and_others_for_none() {
    let spec = auth(&json!({
        "userPool": {"domainPrefix": "shop"},
        "resourceServers": [{"identifier": "orders", "scopes": ["read", "write"]}],
        "clients": [
            {"name": "web", "flows": ["AuthorizationCode"], "callbackUrls": ["https://shop.example.com/"]},
            {"name": "batch", "flows": ["ClientCredentials"], "generateSecret": true},
            {"name": "app", "flows": ["UserPassword"]},
        ],
    }));
    let scopes = BTreeSet::from(["orders/read".to_owned(), "orders/write".to_owned()]);
    for name in ["web", "batch"] {
        let client = client(&spec, name);
        assert_eq!(client.scopes, scopes, "{name}");
        assert_eq!(client.resource_servers, [ResourceServer::reference("orders")], "{name}");
    }
    let app = client(&spec, "app");
    assert!(app.scopes.is_empty() && app.resource_servers.is_empty());
    assert_eq!(client(&spec, "web").callback_urls, BTreeSet::from(["https://shop.example.com/".to_owned()]));
    let added = ["user-pool/main", "user-pool-domain/main", "resource-server/orders", "user-pool-client/batch"];
    for key in added {
        assert!(keys(&spec).iter().any(|it| it == key), "{key}");
    }
}

#[test]
fn a_brought_pool_is_given_with_its_issuer_and_what_is_in_it_is_built() {
    let spec = auth(&json!({"userPool": {"existing": {"id": "eu-west-1_B0"}}}));
    let pool = BroughtUserPool { arn: "arn:b0".into(), issuer: "https://issuer.example/b0".into() };
    let facts = Facts { user_pool: Some(pool), ..facts() };
    let graph = crate::design::graph(&spec, &facts, &std::sync::Arc::new(crate::aws::wire::stamp())).unwrap();
    let given = &graph.given()[user_pool().key()];
    assert_eq!((given.id.as_str(), given.attributes[ISSUER].as_str()), ("eu-west-1_B0", "https://issuer.example/b0"));
    let built = keys(&spec);
    assert!(built.contains(&"user-pool-client/default".to_owned()));
    assert!(!built.contains(&"user-pool/main".to_owned()));
}

#[test]
fn an_issuer_elsewhere_leaves_nothing_to_build() {
    let spec = auth(&json!({"external": {"issuer": "https://issuer.example", "audience": ["orders"]}}));
    assert!(graph(&spec).given().get(user_pool().key()).is_none());
    let of_cognito = |key: &&String| key.starts_with("user-pool") || key.starts_with("resource-server");
    assert_eq!(keys(&spec).iter().filter(of_cognito).count(), 0);
}
