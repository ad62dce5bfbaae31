//! Fields of sign-in and of the API.

use serde_json::{Value, json};

use super::super::{built, manifest};
use super::{Row, changed, refused, set};
use crate::controller;
use crate::support::stack::Stack;

pub(super) async fn lead() -> Vec<String> {
    let stack = Stack::prepare(controller(), "fields-entrance").await;
    stack.account.set(&json!({"apiEndpoints": "layer"}));
    let mut spec = manifest::full(&stack).await;
    built(&stack, spec.clone()).await;
    let mut lines = changed(&stack, &mut spec, of_auth(&stack)).await;
    lines.extend(changed(&stack, &mut spec, of_routes()).await);
    lines.extend(changed(&stack, &mut spec, of_cors()).await);
    lines.extend(changed(&stack, &mut spec, of_api(&stack)).await);
    lines
}

fn of_auth(stack: &Stack) -> Vec<Row> {
    let prefix = format!("{}-2", stack.namespace);
    vec![
        set("auth.userPool.selfSignUp", "on", "/auth/userPool/selfSignUp", json!(true)),
        set("auth.userPool.passwordMinLength", "20", "/auth/userPool/passwordMinLength", json!(20)),
        set("auth.userPool.mfa", "Required", "/auth/userPool/mfa", json!("Required")),
        set("auth.userPool.mfa", "None", "/auth/userPool/mfa", json!("None")),
        set("auth.userPool.domainPrefix", "another", "/auth/userPool/domainPrefix", json!(prefix)),
        refused(
            "auth.userPool.existing.id",
            "/auth/userPool",
            json!({"existing": {"id": "eu-west-1_AbCdEf123"}}),
            "auth.userPool.existing is immutable",
        ),
        set("auth.clients[].flows", "one more", "/auth/clients/0/flows/1", json!("UserPassword")),
        set(
            "auth.clients[].callbackUrls",
            "another",
            "/auth/clients/0/callbackUrls/0",
            json!("https://shop.example.com/in"),
        ),
        refused(
            "auth.clients[].generateSecret",
            "/auth/clients/0/generateSecret",
            json!(true),
            "generateSecret of a client is immutable",
        ),
        set("auth.clients[].name", "one more", "/auth/clients/2", json!({"name": "mobile", "flows": ["UserSrp"]})),
        set("auth.clients[].name", "one less", "/auth/clients/2", Value::Null),
        set("auth.resourceServers[].scopes", "one more", "/auth/resourceServers/0/scopes/2", json!("admin")),
        set(
            "auth.resourceServers[].identifier",
            "one more",
            "/auth/resourceServers/1",
            json!({"identifier": "invoices", "scopes": ["read"]}),
        ),
        set("auth.resourceServers[].identifier", "one less", "/auth/resourceServers/1", Value::Null),
    ]
}

fn of_routes() -> Vec<Row> {
    vec![
        set("api.routes[].key", "another", "/api/routes/2/key", json!("GET /health")),
        set("api.routes[].scopes", "another", "/api/routes/1/scopes/0", json!("orders/read")),
        set("api.routes[].auth", "with a token", "/api/routes/2/auth", json!("Jwt")),
    ]
}

fn of_cors() -> Vec<Row> {
    vec![
        set("api.cors.allowOrigins", "one more", "/api/cors/allowOrigins/1", json!("https://app.example.com")),
        set("api.cors.allowMethods", "one more", "/api/cors/allowMethods/2", json!("DELETE")),
        set("api.cors.allowHeaders", "one more", "/api/cors/allowHeaders/2", json!("x-trace")),
        set("api.cors.exposeHeaders", "one more", "/api/cors/exposeHeaders/1", json!("x-trace")),
        set("api.cors.allowCredentials", "off", "/api/cors/allowCredentials", json!(false)),
        set("api.cors.maxAgeSeconds", "60", "/api/cors/maxAgeSeconds", json!(60)),
        set("api.cors.allowOrigins", "no cors", "/api/cors", Value::Null),
    ]
}

fn of_api(stack: &Stack) -> Vec<Row> {
    let name = format!("api-2.{}.example.com", stack.namespace);
    let certificates = ["1", "2"].map(|label| stack.account.certificate(&format!("{label}.{name}")));
    let [another, of_another_name] = certificates;
    vec![
        set("api.throttling.rate", "100", "/api/throttling/rate", json!(100)),
        set("api.throttling.burst", "200", "/api/throttling/burst", json!(200)),
        set("api.accessLogs", "off", "/api/accessLogs", json!(false)),
        set("api.domain.certificateArn", "another", "/api/domain/certificateArn", json!(another)),
        set("api.domain.name", "another", "/api/domain", json!({"name": name, "certificateArn": of_another_name})),
        set("api.domain.name", "none", "/api/domain", Value::Null),
        set("api.readinessProbe.path", "probed", "/api/readinessProbe", json!({"path": "/orders"})),
        set("api.readinessProbe.client", "as a client", "/api/readinessProbe/client", json!("batch")),
    ]
}
