use engine::Class;
use serde_json::{Value, json};

use super::*;
use crate::aws::observe::{Expected, Named};
use crate::aws::sources::Detailed;
use crate::aws::user_pool::UserPoolDetail;
use crate::aws::wire::{Wire, ids, json_request, key, mark, request, said, stamp, view};

const POOL: &str = "eu-west-1_AbCdEf123";
const SECRET: &str = "tops3cret";

fn client(flows: &[Flow]) -> UserPoolClient {
    UserPoolClient {
        name: "web".into(),
        pool: UserPool::reference("main"),
        flows: flows.iter().copied().collect(),
        callback_urls: BTreeSet::new(),
        generate_secret: false,
        resource_servers: Vec::new(),
        scopes: BTreeSet::new(),
    }
}

fn oauth() -> UserPoolClient {
    UserPoolClient {
        callback_urls: BTreeSet::from(["https://shop.example.com/in".to_owned()]),
        generate_secret: true,
        resource_servers: vec![ResourceServer::reference("orders")],
        scopes: BTreeSet::from(["orders/read".to_owned()]),
        ..client(&[Flow::AuthorizationCode])
    }
}

fn name() -> String {
    Label::of(&stamp().owner).put("web", 0)
}

/// A description with a value in every member that an update takes.
fn description() -> Value {
    json!({
        "UserPoolId": POOL,
        "ClientName": name(),
        "ClientId": "c1",
        "ClientSecret": SECRET,
        "RefreshTokenValidity": 5,
        "AccessTokenValidity": 6,
        "IdTokenValidity": 7,
        "TokenValidityUnits": {"AccessToken": "hours"},
        "ReadAttributes": ["email"],
        "WriteAttributes": ["name"],
        "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"],
        "SupportedIdentityProviders": ["COGNITO", "Google"],
        "CallbackURLs": ["https://shop.example.com/in"],
        "LogoutURLs": ["https://shop.example.com/out"],
        "DefaultRedirectURI": "https://shop.example.com/in",
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["email", "openid", "orders/read", "profile"],
        "AllowedOAuthFlowsUserPoolClient": true,
        "AnalyticsConfiguration": {"ApplicationId": "a", "UserDataShared": false},
        "PreventUserExistenceErrors": "ENABLED",
        "EnableTokenRevocation": true,
        "EnablePropagateAdditionalUserContextData": true,
        "AuthSessionValidity": 8,
        "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 9},
    })
}

async fn parsed(answer: &Value) -> Sdk {
    let wire = Wire::default().answer_json(&json!({ "UserPoolClient": answer }));
    describe(&wire.cloud().cognito, POOL, "c1").await.unwrap().unwrap()
}

fn known() -> Ids {
    ids([(key::<UserPool>("main"), POOL), (key::<ResourceServer>("orders"), "eu-west-1_AbCdEf123/orders")])
}

async fn live() -> Live<UserPoolClientSeen> {
    let id = Id::from(format!("{POOL}/c1"));
    read_one(key::<UserPoolClient>("web"), 0, id, &parsed(&description()).await).unwrap()
}

#[tokio::test]
async fn fields_are_compared() {
    let seen = live().await.seen;
    let cases = [
        (seen.clone(), "in sync"),
        (UserPoolClientSeen { pool: "other".into(), ..seen.clone() }, "replace pool"),
        (UserPoolClientSeen { secret: None, ..seen.clone() }, "replace generateSecret"),
        (UserPoolClientSeen { sign_in_flows: BTreeSet::new(), ..seen.clone() }, "update signInFlows"),
        (UserPoolClientSeen { oauth_flows: BTreeSet::new(), ..seen.clone() }, "update oauthFlows"),
        (UserPoolClientSeen { scopes: BTreeSet::new(), ..seen.clone() }, "update scopes"),
        (UserPoolClientSeen { callback_urls: BTreeSet::new(), ..seen.clone() }, "update callbackUrls"),
        (UserPoolClientSeen { hides_users: false, ..seen.clone() }, "update hidesUsers"),
        (UserPoolClientSeen { own_users: false, ..seen.clone() }, "update ownUsers"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&oauth().compare(&seen, &known())), expected, "{seen:?}");
    }
    assert_eq!(said(&oauth().compare(&seen, &Ids::default())), "unknown user-pool/main");
    let mut needs = oauth().needs().into_iter().map(|need| need.key.to_string());
    assert_eq!(needs.by_ref().collect::<Vec<_>>(), ["user-pool/main", "resource-server/orders"]);
}

#[tokio::test]
async fn a_secret_is_not_printed() {
    let live = live().await;
    assert_eq!(live.seen.secret.as_ref().map(|secret| secret.reveal().as_str()), Some(SECRET));
    let comparison = client(&[Flow::UserSrp]).compare(&live.seen, &known());
    for printed in [format!("{live:?}"), format!("{comparison:?}"), format!("{:?}", parsed(&description()).await)] {
        assert!(!printed.contains(SECRET), "{printed}");
    }
}

#[test]
fn flows_are_what_they_are_called_in_cognito() {
    let both = client(&[Flow::UserSrp, Flow::UserPassword]);
    let flows = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"];
    assert_eq!(words(&both.sign_in_flows()), flows.map(str::to_owned).into());
    assert!(both.oauth_flows().is_empty() && both.all_scopes().is_empty());
    let machine = UserPoolClient { flows: BTreeSet::from([Flow::ClientCredentials]), ..oauth() };
    assert_eq!(words(&machine.sign_in_flows()), BTreeSet::from(["ALLOW_REFRESH_TOKEN_AUTH".to_owned()]));
    assert_eq!(words(&machine.oauth_flows()), BTreeSet::from(["client_credentials".to_owned()]));
    assert_eq!(machine.all_scopes(), BTreeSet::from(["orders/read".to_owned()]));
}

#[tokio::test]
async fn a_plain_client_is_created_under_the_stacks_label() {
    let wire = Wire::default().answer_json(&json!({"UserPoolClient": {
        "UserPoolId": POOL, "ClientName": name(), "ClientId": "c1", "PreventUserExistenceErrors": "ENABLED",
        "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
    }}));
    let declared = client(&[Flow::UserSrp]);
    let made = declared.create(&wire.cloud().cognito, &known(), &mark(&declared)).await.unwrap();
    assert_eq!((made.id.as_str(), made.attributes[CLIENT_ID].as_str()), ("eu-west-1_AbCdEf123/c1", "c1"));
    assert_eq!(said(&declared.compare(&made.seen, &known())), "in sync");
    let body = json!({
        "UserPoolId": POOL, "ClientName": name(), "GenerateSecret": false,
        "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
        "AllowedOAuthFlowsUserPoolClient": false, "PreventUserExistenceErrors": "ENABLED",
    });
    assert_eq!(wire.requests(), [json_request("CreateUserPoolClient", &body)]);
}

#[tokio::test]
async fn an_oauth_client_is_created_with_its_scopes_and_keeps_its_secret_to_itself() {
    let wire = Wire::default().answer_json(&json!({"UserPoolClient": description()}));
    let mark = crate::aws::resource::Mark { attempt: 2, ..mark(&oauth()) };
    let made = oauth().create(&wire.cloud().cognito, &known(), &mark).await.unwrap();
    assert_eq!(made.seen.secret, Some(Secret::new(SECRET.to_owned())));
    let label = Label::of(&stamp().owner);
    let body = json!({
        "UserPoolId": POOL, "ClientName": label.put("web", 2), "GenerateSecret": true,
        "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"],
        "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["email", "openid", "orders/read", "profile"],
        "CallbackURLs": ["https://shop.example.com/in"], "SupportedIdentityProviders": ["COGNITO"],
        "PreventUserExistenceErrors": "ENABLED",
    });
    assert_eq!(wire.requests(), [json_request("CreateUserPoolClient", &body)]);
}

/// What an update leaves out is reset: what the declaration does not model goes back as it was.
#[tokio::test]
async fn an_update_gives_back_every_setting() {
    let wire = Wire::default().answer_json(&json!({"UserPoolClient": description()})).answer_json(&json!({}));
    let declared = UserPoolClient { scopes: BTreeSet::new(), ..oauth() };
    let after = declared.update(&wire.cloud().cognito, &live().await, &[], &known()).await.unwrap();
    assert_eq!(said(&declared.compare(&after.seen, &known())), "in sync");
    assert_eq!(after.seen.secret, Some(Secret::new(SECRET.to_owned())));
    let mut expected = description();
    expected.as_object_mut().unwrap().remove("ClientSecret");
    expected["AllowedOAuthScopes"] = json!(["email", "openid", "profile"]);
    assert_eq!(wire.requests()[1], json_request("UpdateUserPoolClient", &expected));
}

#[tokio::test]
async fn without_oauth_nothing_of_it_is_sent() {
    let wire = Wire::default().answer_json(&json!({"UserPoolClient": description()})).answer_json(&json!({}));
    let declared = UserPoolClient { generate_secret: true, ..client(&[Flow::UserSrp]) };
    declared.update(&wire.cloud().cognito, &live().await, &[], &known()).await.unwrap();
    let sent = &wire.requests()[1];
    assert_eq!(sent["AllowedOAuthFlowsUserPoolClient"], "false");
    let refused =
        ["AllowedOAuthFlows.0", "AllowedOAuthScopes.0", "CallbackURLs.0", "LogoutURLs.0", "DefaultRedirectURI"];
    assert_eq!(refused.into_iter().filter(|member| sent.contains_key(*member)).collect::<Vec<_>>(), [""; 0]);
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    for wire in [Wire::default().answer_json(&json!({})), Wire::default().refuse_json(400, "ResourceNotFoundException")]
    {
        assert_eq!(UserPoolClient::delete(&wire.cloud().cognito, &live().await).await, Ok(Deletion::Gone));
        let deleted = request("DeleteUserPoolClient", &[("UserPoolId", POOL), ("ClientId", "c1")]);
        assert_eq!(wire.requests(), [deleted]);
    }
}

async fn our_pool() -> UserPoolDetail {
    let tags = stamp().tags(&key::<UserPool>("main"), 0, Tags::new());
    let shown = json!({"UserPool": {"Id": POOL, "UserPoolTags": tags}});
    let wire = Wire::default().answer_json(&shown);
    let pool = crate::aws::user_pool::describe(&wire.cloud().cognito, POOL).await.unwrap().unwrap();
    UserPoolDetail { pool, software_token: false }
}

fn listed(pool: &str, name: &str, id: &str) -> UserPoolClientDescription {
    UserPoolClientDescription::builder().user_pool_id(pool).client_name(name).client_id(id).build()
}

/// In a pool of ours and in one that is brought: clients that others made there are not looked at.
#[tokio::test]
async fn labelled_clients_are_described_and_read() {
    let brought = "eu-west-1_Brought";
    let lists = [
        (POOL, vec![listed(POOL, &name(), "c1"), listed(POOL, "web", "by-hand")]),
        (brought, vec![listed(brought, "web@shop.orders-00000000", "another cluster's")]),
    ];
    let foreign = json!({"UserPoolId": POOL, "ClientName": "web", "ClientId": "by-hand"});
    let clients =
        [(format!("{POOL}/c1"), parsed(&description()).await), (format!("{POOL}/by-hand"), parsed(&foreign).await)];
    let detailed = Detailed {
        user_pool_details: [(POOL, our_pool().await)].into_iter().collect(),
        user_pool_client_lists: lists.into_iter().collect(),
        user_pool_clients: clients.into_iter().collect(),
        ..Detailed::default()
    };
    let (view, owner) = (View { detailed, ..view() }, stamp().owner);
    let named = Named { user_pool: Some(brought.into()), ..Named::default() };
    let remembered = Id::from("eu-west-1_Old/c9");
    let expected = [Expected { kind: UserPoolClient::KIND, id: remembered.clone(), one_look_is_proof: true }];
    let look = Look { view: &view, owner: &owner, expected: &expected, named: &named };
    let pools = [POOL, brought, "eu-west-1_Old"].map(Id::from);
    assert_eq!(UserPoolClientLists::subjects(&look), BTreeSet::from(pools));
    let described = [Id::from(format!("{POOL}/c1")), remembered];
    assert_eq!(UserPoolClients::subjects(&look), BTreeSet::from(described));

    let [live] = UserPoolClient::read(&view, &owner).try_into().unwrap();
    assert_eq!((live.key, live.id.as_str()), (key::<UserPoolClient>("web"), "eu-west-1_AbCdEf123/c1"));
    assert_eq!(live.on, [Id::from(POOL), Id::from(format!("{POOL}/orders"))]);
    assert_eq!(live.within, Some(Id::from(POOL)));
}

#[tokio::test]
async fn a_pool_or_client_that_is_gone_is_no_fault() {
    let gone = || Wire::default().refuse_json(400, "ResourceNotFoundException");
    let pool = Id::from(POOL);
    assert!(UserPoolClientLists::ask(&gone().cloud().cognito, &pool).await.unwrap().is_none());
    let client = Id::from(format!("{POOL}/c1"));
    assert!(UserPoolClients::ask(&gone().cloud().cognito, &client).await.unwrap().is_none());
    let denied = Wire::default().refuse_json(400, "NotAuthorizedException");
    assert_eq!(UserPoolClientLists::ask(&denied.cloud().cognito, &pool).await.unwrap_err().class, Class::Denied);
}
