//! The user pool of a stack: every field in place, every drift repaired, kept and taken over, its secrets in one place alone.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{
    DeletionProtectionType, EmailConfigurationType, ExplicitAuthFlowsType, ResourceServerScopeType, UserPoolMfaType,
    UserPoolType,
};
use k8s_openapi::api::core::v1::{Event, Secret};
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};

use crate::controller;
use crate::support::emulator::Account;
use crate::support::eventually;
use crate::support::stack::{Stack, holds, remembered, settled};

/// The smallest network around `auth`.
fn with_auth(auth: &Value) -> Value {
    json!({"network": {"availabilityZones": {"count": 1}, "nat": {"mode": "None"}}, "auth": auth})
}

/// All that can be said of a pool: a sign-in page, a machine with a secret, scopes.
fn full(prefix: &str) -> Value {
    with_auth(&json!({
        "userPool": {"domainPrefix": prefix},
        "resourceServers": [{"identifier": "orders", "scopes": ["read", "write"]}],
        "clients": [
            {"name": "web", "flows": ["AuthorizationCode", "UserPassword"], "callbackUrls": ["https://shop.example.com/in"]},
            {"name": "batch", "flows": ["ClientCredentials"], "generateSecret": true},
        ],
    }))
}

async fn ready(stack: &Stack) {
    let built = |it: &fargatestack::api::Stack| holds(it, "AuthReady") && settled(it);
    stack.until("auth is ready and nothing is under way", built).await;
}

/// A pool as AWS describes it.
async fn pool(cognito: &Client, id: &str) -> UserPoolType {
    cognito.describe_user_pool().user_pool_id(id).send().await.unwrap().user_pool.unwrap()
}

/// Id of the stack's pool, as it says itself.
async fn pool_id(stack: &Stack) -> String {
    stack.get().await.status.outputs.unwrap().user_pool_id.unwrap()
}

/// The calls to Cognito that a declaration caused, and that nothing follows.
async fn causes(stack: &Stack, spec: Value) -> Vec<String> {
    let mark = stack.account.now();
    stack.declare(spec).await;
    ready(stack).await;
    let writes = stack.account.calls(mark).into_iter().filter(|call| call.write && call.service == "cognito-idp");
    let writes = writes.map(|call| call.operation).collect();
    stack.stays().await;
    writes
}

#[tokio::test]
async fn nothing_said_is_a_pool_with_one_client() {
    let stack = Stack::built(controller(), "auth-default", with_auth(&json!({}))).await;
    ready(&stack).await;
    let outputs = stack.get().await.status.outputs.unwrap();
    let cognito = stack.account.cognito();
    let pool = pool(&cognito, &outputs.user_pool_id.unwrap()).await;
    assert_eq!(pool.mfa_configuration, Some(UserPoolMfaType::Optional));
    assert_eq!(pool.deletion_protection, Some(DeletionProtectionType::Active));
    let id = pool.id.unwrap();
    assert_eq!(outputs.issuer, Some(format!("https://cognito-idp.eu-west-1.amazonaws.com/{id}")));
    let client = cognito.list_user_pool_clients().user_pool_id(&id).send().await.unwrap().user_pool_clients.unwrap();
    let client = client[0].client_id.clone().unwrap();
    assert_eq!(outputs.client_ids, BTreeMap::from([("default".to_owned(), client)]));
    assert_eq!(outputs.user_pool_url, None);
    stack.stays().await;
}

#[tokio::test]
async fn an_issuer_elsewhere_needs_no_pool() {
    let external = json!({"external": {"issuer": "https://issuer.example", "audience": ["orders"]}});
    let stack = Stack::built(controller(), "auth-external", with_auth(&external)).await;
    ready(&stack).await;
    let outputs = stack.get().await.status.outputs.unwrap();
    assert_eq!((outputs.issuer.as_deref(), outputs.user_pool_id), (Some("https://issuer.example"), None));
    assert!(listed_pools(&stack.account).await.is_empty());
}

async fn listed_pools(account: &Account) -> Vec<String> {
    let pools = account.cognito().list_user_pools().max_results(60).send().await.unwrap().user_pools.unwrap();
    pools.into_iter().filter_map(|pool| pool.id).collect()
}

/// Every field is changed in place by the calls that it needs, and what the declaration does not model survives them all.
#[tokio::test]
async fn a_pool_follows_its_declaration_and_is_put_right() {
    let stack = Stack::prepare(controller(), "auth-follows").await;
    let before = stack.account.dump();
    stack.declare(full("auth-follows")).await;
    ready(&stack).await;
    let ids = remembered(&stack.get().await);
    let (cognito, id) = (stack.account.cognito(), pool_id(&stack).await);
    a_user_sets_up_mail(&cognito, &id).await;

    let with = |member: &str, value: Value| {
        let mut spec = full("auth-follows");
        spec["auth"]["userPool"][member] = value;
        spec
    };
    assert_eq!(causes(&stack, with("selfSignUp", json!(true))).await, ["UpdateUserPool"; 1]);
    assert_eq!(causes(&stack, with("passwordMinLength", json!(20))).await, ["UpdateUserPool"; 1]);
    assert_eq!(causes(&stack, with("mfa", json!("Required"))).await, ["SetUserPoolMfaConfig", "UpdateUserPool"]);
    assert_eq!(causes(&stack, with("mfa", json!("None"))).await, ["SetUserPoolMfaConfig"; 1]);
    let moved = causes(&stack, with("domainPrefix", json!("auth-follows-2"))).await;
    assert_eq!(moved, ["SetUserPoolMfaConfig", "DeleteUserPoolDomain", "CreateUserPoolDomain"]);

    let mut other = full("auth-follows-2");
    other["auth"]["resourceServers"] = json!([{"identifier": "orders", "scopes": ["read"]}]);
    other["auth"]["clients"][0]["callbackUrls"] = json!(["https://shop.example.com/elsewhere"]);
    assert_eq!(
        causes(&stack, other.clone()).await,
        ["UpdateResourceServer", "UpdateUserPoolClient", "UpdateUserPoolClient"]
    );
    other["tags"] = json!({"team": "shop"});
    causes(&stack, other.clone()).await;
    other.as_object_mut().unwrap().remove("tags");
    assert_eq!(causes(&stack, other.clone()).await.into_iter().filter(|call| call == "UntagResource").count(), 1);
    let described = pool(&cognito, &id).await;
    assert_eq!(described.email_configuration.unwrap().from.as_deref(), Some("shop@example.com"));

    everything_is_meddled_with(&stack, &cognito, &id).await;
    stack.repaired().await;
    ready(&stack).await;
    let after = remembered(&stack.get().await);
    let of_auth = |ids: &BTreeMap<String, String>, kind: &str| {
        ids.iter().filter(|(key, _)| key.starts_with(kind)).map(|(_, id)| id.clone()).collect::<Vec<_>>()
    };
    for kind in ["user-pool/", "user-pool-client/", "resource-server/"] {
        assert_eq!(of_auth(&after, kind), of_auth(&ids, kind), "nothing was replaced");
    }
    let described = pool(&cognito, &id).await;
    assert_eq!(described.deletion_protection, Some(DeletionProtectionType::Active));
    assert_eq!(described.email_configuration.unwrap().from.as_deref(), Some("shop@example.com"));
    stack.stays().await;

    // Without a machine nobody needs the scopes; then everything goes.
    other["auth"]["clients"].as_array_mut().unwrap().pop();
    other["auth"].as_object_mut().unwrap().remove("resourceServers");
    other["retain"] = json!([]);
    let mut removed = causes(&stack, other).await;
    assert_eq!(removed.pop().as_deref(), Some("DeleteResourceServer"), "after the clients that may ask for its scopes");
    removed.sort();
    assert_eq!(removed, ["DeleteUserPoolClient", "UpdateUserPoolClient"]);
    stack.delete().await;
    stack.gone().await;
    assert_eq!(stack.account.dump(), before);
}

/// What the declaration does not model is the user's.
async fn a_user_sets_up_mail(cognito: &Client, id: &str) {
    let mail = EmailConfigurationType::builder()
        .email_sending_account("DEVELOPER".into())
        .source_arn("arn:aws:ses:eu-west-1:123456789012:identity/example.com")
        .from("shop@example.com")
        .build();
    let now = pool(cognito, id).await;
    cognito
        .update_user_pool()
        .user_pool_id(id)
        .email_configuration(mail)
        .set_mfa_configuration(now.mfa_configuration)
        .set_policies(now.policies)
        .set_admin_create_user_config(now.admin_create_user_config.map(|mut config| {
            config.unused_account_validity_days = 0;
            config
        }))
        .set_deletion_protection(now.deletion_protection)
        .set_user_pool_tags(now.user_pool_tags)
        .send()
        .await
        .unwrap();
}

/// One hand in everything, as from the console: each update resets what it does not name.
async fn everything_is_meddled_with(stack: &Stack, cognito: &Client, id: &str) {
    let now = pool(cognito, id).await;
    let update = cognito.update_user_pool().user_pool_id(id).pool_name("mine").set_user_pool_tags(now.user_pool_tags);
    update.set_email_configuration(now.email_configuration).send().await.unwrap();
    let clients = stack.get().await.status.outputs.unwrap().client_ids;
    for client in clients.values() {
        let shown = cognito.describe_user_pool_client().user_pool_id(id).client_id(client).send().await.unwrap();
        let name = shown.user_pool_client.unwrap().client_name.unwrap();
        let flows = ExplicitAuthFlowsType::AllowUserSrpAuth;
        let update = cognito.update_user_pool_client().user_pool_id(id).client_id(client).client_name(name);
        update.explicit_auth_flows(flows).send().await.unwrap();
    }
    let servers = cognito.list_resource_servers().user_pool_id(id).max_results(50).send().await.unwrap();
    let name = servers.resource_servers[0].name.clone().unwrap();
    let scope = ResourceServerScopeType::builder().scope_name("admin").scope_description("all").build().unwrap();
    let update = cognito.update_resource_server().user_pool_id(id).identifier("orders").name(name);
    update.scopes(scope).send().await.unwrap();
    cognito.delete_user_pool_domain().user_pool_id(id).domain("auth-follows-2").send().await.unwrap();
    let arn = pool(cognito, id).await.arn.unwrap();
    cognito.untag_resource().resource_arn(arn).tag_keys("fargatestack.dev/attempt").send().await.unwrap();
    // A client of the user's own is nobody else's business.
    cognito.create_user_pool_client().user_pool_id(id).client_name("mine").send().await.unwrap();
}

#[tokio::test]
async fn a_clients_secret_is_in_one_secret_and_nowhere_else() {
    let stack = Stack::prepare(controller(), "auth-secret").await;
    let secrets: Api<Secret> = Api::namespaced(stack.client(), &stack.namespace);
    let foreign: Secret = serde_json::from_value(json!({"metadata": {"name": "orders-batch-client"}})).unwrap();
    secrets.create(&PostParams::default(), &foreign).await.unwrap();
    stack.declare(full("auth-secret")).await;
    let message = stack.reason("AuthReady", "Conflict").await;
    assert!(message.contains("Secret orders-batch-client: exists and is not this stack's"), "{message}");
    assert!(secrets.get("orders-batch-client").await.unwrap().data.is_none());

    secrets.delete("orders-batch-client", &DeleteParams::default()).await.unwrap();
    stack.look().await;
    ready(&stack).await;
    let secret = the_secret(&stack, &secrets).await;
    assert_eq!(secrets.list(&ListParams::default()).await.unwrap().items.len(), 1, "other clients have none");

    let mut told = serde_json::to_string(&stack.get().await.status).unwrap();
    let events: Api<Event> = Api::namespaced(stack.client(), &stack.namespace);
    told += &serde_json::to_string(&events.list(&ListParams::default()).await.unwrap().items).unwrap();
    told += &std::fs::read_to_string(stack.controller.log_file()).unwrap();
    assert!(told.contains("auth-secret"), "status, events and log are where they are looked for");
    assert!(!told.contains(&secret));

    let audit = stack.audit();
    stack.stays().await;
    let writes = audit.writes();
    assert!(!writes.keys().any(|write| write.contains("secrets")), "{writes:?}");
    secrets.delete("orders-batch-client", &DeleteParams::default()).await.unwrap();
    stack.look().await;
    assert_eq!(the_secret(&stack, &secrets).await, secret, "written again");
}

/// The client's secret, as Kubernetes has it; it is AWS's, and belongs to the stack.
async fn the_secret(stack: &Stack, secrets: &Api<Secret>) -> String {
    let secret = secrets.get("orders-batch-client").await.unwrap();
    let owner = stack.get().await;
    assert_eq!(secret.owner_references()[0].uid, owner.metadata.uid.clone().unwrap());
    let data = secret.data.unwrap();
    let text = |key: &str| String::from_utf8(data[key].0.clone()).unwrap();
    let outputs = owner.status.outputs.unwrap();
    assert_eq!(text("clientId"), outputs.client_ids["batch"]);
    let call = stack.account.cognito().describe_user_pool_client().user_pool_id(outputs.user_pool_id.unwrap());
    let client = call.client_id(text("clientId")).send().await.unwrap().user_pool_client.unwrap();
    assert_eq!(client.client_secret.as_deref(), Some(text("clientSecret").as_str()));
    text("clientSecret")
}

/// A pool outlives its stack with all that applications know of it, and the stack that comes back finds it.
#[tokio::test]
async fn a_pool_is_kept_and_taken_over() {
    let stack = Stack::built(controller(), "auth-kept", full("auth-kept")).await;
    ready(&stack).await;
    let of_auth = |ids: BTreeMap<String, String>| -> BTreeMap<String, String> {
        ids.into_iter().filter(|(key, _)| key.starts_with("user-pool") || key.starts_with("resource-server")).collect()
    };
    let before = of_auth(remembered(&stack.get().await));
    assert_eq!(before.len(), 5);
    stack.delete().await;
    stack.gone().await;
    let (cognito, id) = (stack.account.cognito(), &before["user-pool/main"]);
    let kept = pool(&cognito, id).await;
    assert_eq!(kept.domain.as_deref(), Some("auth-kept"));
    assert_eq!(kept.user_pool_tags.unwrap()["fargatestack.dev/retained"], "true");

    let mark = stack.account.now();
    stack.declare(full("auth-kept")).await;
    stack.settled().await;
    ready(&stack).await;
    assert_eq!(of_auth(remembered(&stack.get().await)), before);
    let made = |call: &String| call.contains("UserPool") || call.contains("ResourceServer");
    assert_eq!(stack.account.writes(mark).into_iter().filter(made).collect::<Vec<_>>(), Vec::<String>::new());
    stack.stays().await;
}

#[tokio::test]
async fn a_prefix_that_another_account_has_is_a_conflict() {
    let stack = Stack::prepare(controller(), "auth-prefix").await;
    let elsewhere = Account::new(controller().world()).cognito();
    let theirs = elsewhere.create_user_pool().pool_name("theirs").send().await.unwrap().user_pool.unwrap().id.unwrap();
    elsewhere.create_user_pool_domain().user_pool_id(&theirs).domain("auth-prefix").send().await.unwrap();
    stack.declare(full("auth-prefix")).await;
    let message = stack.reason("AuthReady", "Conflict").await;
    assert!(message.contains("spec.auth.userPool.domainPrefix"), "{message}");
    stack.declare(full("auth-prefix-2")).await;
    ready(&stack).await;
    let url = stack.get().await.status.outputs.unwrap().user_pool_url;
    assert_eq!(url.as_deref(), Some("https://auth-prefix-2.auth.eu-west-1.amazoncognito.com"));
}

#[tokio::test]
async fn a_brought_pool_stays_the_users() {
    let stack = Stack::prepare(controller(), "auth-brought").await;
    let cognito = stack.account.cognito();
    let missing = with_auth(&json!({"userPool": {"existing": {"id": "eu-west-1_nowhere"}}}));
    stack.declare(missing).await;
    let message = stack.reason("Stalled", "Unsatisfied").await;
    assert!(message.contains("spec.auth.userPool.existing.id"), "{message}");
    stack.delete().await;
    stack.gone().await;

    let made = cognito.create_user_pool().pool_name("shared").send().await.unwrap().user_pool.unwrap();
    let id = made.id.unwrap();
    cognito.create_user_pool_client().user_pool_id(&id).client_name("theirs").send().await.unwrap();
    let before = stack.account.dump();
    let mut spec = with_auth(&json!({
        "userPool": {"existing": {"id": id}},
        "resourceServers": [{"identifier": "orders", "scopes": ["read"]}],
        "clients": [{"name": "batch", "flows": ["ClientCredentials"], "generateSecret": true}],
    }));
    spec["retain"] = json!([]);
    stack.declare(spec).await;
    ready(&stack).await;
    let outputs = stack.get().await.status.outputs.unwrap();
    assert_eq!(outputs.user_pool_id.as_deref(), Some(id.as_str()));
    assert_eq!(outputs.issuer, Some(format!("https://cognito-idp.eu-west-1.amazonaws.com/{id}")));
    stack.stays().await;
    stack.delete().await;
    stack.gone().await;
    assert_eq!(stack.account.dump(), before);
    let of_pools = ["UpdateUserPool", "DeleteUserPool", "TagResource", "UntagResource"];
    let touched = stack.account.writes(0).into_iter().filter(|call| of_pools.contains(&call.as_str()));
    assert_eq!(touched.collect::<Vec<_>>(), Vec::<String>::new());
}

/// A pool that is protected by nobody's declaration but the controller's is gone when its stack is told to take it along.
#[tokio::test]
async fn a_pool_that_vanished_is_made_again_once() {
    let stack = Stack::built(controller(), "auth-vanished", with_auth(&json!({}))).await;
    ready(&stack).await;
    let (cognito, id) = (stack.account.cognito(), pool_id(&stack).await);
    cognito.update_user_pool().user_pool_id(&id).send().await.unwrap();
    cognito.delete_user_pool().user_pool_id(&id).send().await.unwrap();
    stack.look().await;
    eventually("another pool", || {
        (stack.account.calls(0).iter().filter(|call| call.operation == "CreateUserPool").count() == 2).then_some(())
    });
    ready(&stack).await;
    assert_eq!(listed_pools(&stack.account).await, [pool_id(&stack).await]);
    assert_ne!(pool_id(&stack).await, id);
    stack.stays().await;
}
