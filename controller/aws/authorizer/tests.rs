use engine::Known;
use serde_json::json;

use super::*;
use crate::aws::sources::Detailed;
use crate::aws::wire::{Wire, ids, key, mark, request, said, stamp, view};

const URL: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc";

fn authorizer() -> Authorizer {
    let issuer = Issuer::Pool {
        pool: UserPool::reference("main"),
        clients: ["web", "app"].map(UserPoolClient::reference).into(),
    };
    Authorizer { name: "jwt", api: HttpApi::reference("main"), issuer }
}

fn elsewhere() -> Authorizer {
    let issuer = Issuer::External { issuer: "https://idp.example.com".to_owned(), audience: set(&["orders"]) };
    Authorizer { issuer, ..authorizer() }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

fn known() -> Ids {
    let mut ids = ids([(key::<HttpApi>("main"), "a1")]);
    for (key, id, attribute) in [
        (UserPool::reference("main").key().clone(), "eu-west-1_Abc", (ISSUER, URL)),
        (UserPoolClient::reference("web").key().clone(), "eu-west-1_Abc/c1", (CLIENT_ID, "c1")),
        (UserPoolClient::reference("app").key().clone(), "eu-west-1_Abc/c2", (CLIENT_ID, "c2")),
    ] {
        let attributes = [(attribute.0.into(), attribute.1.to_owned())].into_iter().collect();
        ids.insert(key, Known { id: Id::from(id), attributes });
    }
    ids
}

fn of_pool() -> AuthorizerSeen {
    as_declared("a1", URL.to_owned(), set(&["c1", "c2"]))
}

fn shown(name: &str) -> serde_json::Value {
    json!({"authorizerId": "z1", "name": name, "authorizerType": "JWT",
        "identitySource": [IDENTITY_SOURCE], "jwtConfiguration": {"issuer": URL, "audience": ["c2", "c1"]}})
}

#[test]
fn fields_are_compared() {
    let cases = [
        (of_pool(), "in sync"),
        (AuthorizerSeen { api: "a2".to_owned(), ..of_pool() }, "replace api"),
        (AuthorizerSeen { authorizer_type: "REQUEST".to_owned(), ..of_pool() }, "update type"),
        (AuthorizerSeen { issuer: "https://evil.example.com".to_owned(), ..of_pool() }, "update issuer"),
        (AuthorizerSeen { audience: set(&["c1"]), ..of_pool() }, "update audience"),
        (AuthorizerSeen { identity_source: Vec::new(), ..of_pool() }, "update identitySource"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&authorizer().compare(&seen, &known())), expected, "{seen:?}");
    }
    let missing = UserPoolClient::reference("app").key().clone();
    let mut ids = known();
    ids.remove(&missing);
    assert_eq!(said(&authorizer().compare(&of_pool(), &ids)), "unknown user-pool-client/app");
    let seen = as_declared("a1", "https://idp.example.com".to_owned(), set(&["orders"]));
    assert_eq!(said(&elsewhere().compare(&seen, &known())), "in sync");
    assert_eq!((authorizer().needs().len(), elsewhere().needs().len()), (4, 1));
    assert!(authorizer().needs().contains(&UserPool::reference("main").ready()));
}

#[test]
fn every_authorizer_of_the_api_is_read() {
    let listed = |name: &str| {
        let jwt = JwtConfiguration::builder().issuer(URL).audience("c2").audience("c1").build();
        Sdk::builder()
            .authorizer_id("z1")
            .name(name)
            .authorizer_type(AuthorizerType::Jwt)
            .identity_source(IDENTITY_SOURCE)
            .jwt_configuration(jwt)
            .build()
    };
    let authorizers = [("a1", vec![listed("jwt"), listed("theirs")])].into_iter().collect();
    let view = View { detailed: Detailed { authorizers, ..Detailed::default() }, ..view() };
    let [ours, theirs] = Authorizer::read(&view, &stamp().owner).try_into().unwrap();
    assert_eq!((ours.key, ours.id.as_str(), ours.seen), (key::<Authorizer>("jwt"), "a1/z1", of_pool()));
    assert_eq!((ours.phase, ours.within), (Phase::Ready, Some(Id::from("a1"))));
    assert_eq!(theirs.key, key::<Authorizer>("theirs"));
}

#[tokio::test]
async fn a_create_looks_first() {
    let wire =
        Wire::default().answer_json(&json!({"items": [shown("another")]})).answer_json(&json!({"authorizerId": "z1"}));
    let made = authorizer().create(&wire.cloud().api, &known(), &mark(&authorizer())).await.unwrap();
    assert_eq!((made.key, made.id.as_str(), made.seen), (key::<Authorizer>("jwt"), "a1/z1", of_pool()));
    let create = [
        ("name", "jwt"),
        ("authorizerType", "JWT"),
        ("identitySource.0", IDENTITY_SOURCE),
        ("jwtConfiguration.issuer", URL),
        ("jwtConfiguration.audience.0", "c1"),
        ("jwtConfiguration.audience.1", "c2"),
    ];
    let expected = [request("GET /v2/apis/a1/authorizers", &[]), request("POST /v2/apis/a1/authorizers", &create)];
    assert_eq!(wire.requests(), expected);

    let wire = Wire::default().answer_json(&json!({"items": [shown("jwt")]}));
    let found = authorizer().create(&wire.cloud().api, &known(), &mark(&authorizer())).await.unwrap();
    assert_eq!((found.id.as_str(), found.seen, wire.requests().len()), ("a1/z1", of_pool(), 1));
}

/// The discovery document of a pool that was made just now follows; that of an issuer elsewhere is somebody's mistake.
#[tokio::test]
async fn an_issuer_that_does_not_answer_yet_is_waited_for() {
    for (authorizer, class) in [(authorizer(), Class::NotYet), (elsewhere(), Class::Invalid)] {
        let wire = Wire::default().answer_json(&json!({"items": []})).refuse_json(400, "BadRequestException");
        let fault = authorizer.create(&wire.cloud().api, &known(), &mark(&authorizer)).await.unwrap_err();
        assert_eq!((fault.class, fault.operation), (class, "CreateAuthorizer"));
    }
}

#[tokio::test]
async fn it_is_updated_as_a_whole() {
    let live =
        live(key::<Authorizer>("jwt"), &Id::from("a1"), "z1", AuthorizerSeen { audience: set(&[]), ..of_pool() });
    let wire = Wire::default().answer_json(&json!({}));
    let after = authorizer().update(&wire.cloud().api, &live, &[], &known()).await.unwrap();
    assert_eq!(after.seen, of_pool());
    let update = [
        ("name", "jwt"),
        ("authorizerType", "JWT"),
        ("identitySource.0", IDENTITY_SOURCE),
        ("jwtConfiguration.issuer", URL),
        ("jwtConfiguration.audience.0", "c1"),
        ("jwtConfiguration.audience.1", "c2"),
    ];
    assert_eq!(wire.requests(), [request("PATCH /v2/apis/a1/authorizers/z1", &update)]);
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    let live = live(key::<Authorizer>("jwt"), &Id::from("a1"), "z1", of_pool());
    for wire in [Wire::default().answer_json(&json!({})), Wire::default().refuse_json(404, "NotFoundException")] {
        assert_eq!(Authorizer::delete(&wire.cloud().api, &live).await, Ok(Deletion::Gone));
        assert_eq!(wire.requests(), [request("DELETE /v2/apis/a1/authorizers/z1", &[])]);
    }
    let wire = Wire::default().refuse_json(404, "NotFoundException");
    assert_eq!(Authorizers::ask(&wire.cloud().api, &Id::from("a1/z1")).await, Ok(None));
}
