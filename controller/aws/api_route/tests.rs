use serde_json::json;

use super::*;
use crate::aws::sources::Detailed;
use crate::aws::wire::{Wire, ids, key, mark, request, said, stamp, view};

fn route(admission: Admission) -> ApiRoute {
    ApiRoute {
        route_key: "GET /orders/{id}".to_owned(),
        api: HttpApi::reference("main"),
        integration: Integration::reference("main"),
        admission,
    }
}

fn guarded() -> ApiRoute {
    let scopes = ["orders/read", "orders/write"].map(ToOwned::to_owned).into();
    route(Admission::Token { authorizer: Authorizer::reference("jwt"), scopes })
}

fn known() -> Ids {
    ids([(key::<HttpApi>("main"), "a1"), (key::<Integration>("main"), "a1/i1"), (key::<Authorizer>("jwt"), "a1/z1")])
}

fn as_declared(route: &ApiRoute) -> ApiRouteSeen {
    route.as_declared("a1", &known()).unwrap()
}

fn listed(kind: AuthorizationType) -> Sdk {
    Sdk::builder()
        .route_id("r1")
        .route_key("GET /orders/{id}")
        .target("integrations/i1")
        .authorization_type(kind)
        .authorizer_id("z1")
        .authorization_scopes("orders/write")
        .authorization_scopes("orders/read")
        .build()
}

#[test]
fn fields_are_compared() {
    let seen = || as_declared(&guarded());
    let no_scopes = AdmissionSeen { scopes: BTreeSet::new(), ..seen().admission };
    let cases = [
        (seen(), "in sync"),
        (ApiRouteSeen { api: "a2".to_owned(), ..seen() }, "replace api"),
        (ApiRouteSeen { route_key: "GET /".to_owned(), ..seen() }, "replace routeKey"),
        (ApiRouteSeen { integration: "a1/i2".to_owned(), ..seen() }, "update integration"),
        (ApiRouteSeen { admission: no_scopes, ..seen() }, "update admission"),
        (as_declared(&route(Admission::Open)), "update admission"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&guarded().compare(&seen, &known())), expected, "{seen:?}");
    }
    for missing in [key::<HttpApi>("main"), key::<Integration>("main"), key::<Authorizer>("jwt")] {
        let mut ids = known();
        ids.remove(&missing);
        assert_eq!(said(&guarded().compare(&seen(), &ids)), format!("unknown {missing}"));
    }
    assert_eq!((guarded().needs().len(), route(Admission::Open).needs().len()), (3, 2));
}

/// What AWS still shows of an earlier authorizer means nothing to an open route.
#[test]
fn every_route_of_the_api_is_read() {
    for (kind, declared, on) in [
        (AuthorizationType::Jwt, guarded(), vec!["a1/i1", "a1/z1"]),
        (AuthorizationType::None, route(Admission::Open), vec!["a1/i1"]),
    ] {
        let api_routes = [("a1", vec![listed(kind)])].into_iter().collect();
        let view = View { detailed: Detailed { api_routes, ..Detailed::default() }, ..view() };
        let [live] = ApiRoute::read(&view, &stamp().owner).try_into().unwrap();
        assert_eq!((live.key, live.id.as_str()), (key::<ApiRoute>("GET /orders/{id}"), "a1/r1"));
        assert_eq!((live.phase, live.seen), (Phase::Ready, as_declared(&declared)));
        assert_eq!((live.on, live.within), (on.into_iter().map(Id::from).collect(), Some(Id::from("a1"))));
    }
}

#[tokio::test]
async fn a_create_says_who_may_pass() {
    let create = async |declared: ApiRoute| {
        let wire = Wire::default().answer_json(&json!({"routeId": "r1"}));
        let made = declared.create(&wire.cloud().api, &known(), &mark(&declared)).await.unwrap();
        assert_eq!((made.id.as_str(), made.seen), ("a1/r1", as_declared(&declared)));
        wire.requests()
    };
    let open = [("routeKey", "GET /orders/{id}"), ("target", "integrations/i1"), ("authorizationType", "NONE")];
    assert_eq!(create(route(Admission::Open)).await, [request("POST /v2/apis/a1/routes", &open)]);
    let token = [
        ("routeKey", "GET /orders/{id}"),
        ("target", "integrations/i1"),
        ("authorizationType", "JWT"),
        ("authorizerId", "z1"),
        ("authorizationScopes.0", "orders/read"),
        ("authorizationScopes.1", "orders/write"),
    ];
    assert_eq!(create(guarded()).await, [request("POST /v2/apis/a1/routes", &token)]);
}

#[tokio::test]
async fn a_route_that_stands_is_taken_as_it_is() {
    let item = json!({"routeId": "r9", "routeKey": "GET /orders/{id}", "target": "integrations/i1"});
    let wire = Wire::default().refuse_json(409, "ConflictException").answer_json(&json!({"items": [item]}));
    let found = guarded().create(&wire.cloud().api, &known(), &mark(&guarded())).await.unwrap();
    assert_eq!((found.id.as_str(), found.seen), ("a1/r9", as_declared(&route(Admission::Open))));
    let wire = Wire::default().refuse_json(409, "ConflictException").answer_json(&json!({"items": []}));
    let fault = guarded().create(&wire.cloud().api, &known(), &mark(&guarded())).await.unwrap_err();
    assert_eq!(fault.code, "ConflictException");
}

#[tokio::test]
async fn an_update_can_open_a_route() {
    let live = live(&Id::from("a1"), "r1", as_declared(&guarded()));
    let wire = Wire::default().answer_json(&json!({}));
    let after = route(Admission::Open).update(&wire.cloud().api, &live, &[], &known()).await.unwrap();
    assert_eq!((after.seen, after.on), (as_declared(&route(Admission::Open)), vec![Id::from("a1/i1")]));
    let update = [("target", "integrations/i1"), ("authorizationType", "NONE")];
    assert_eq!(wire.requests(), [request("PATCH /v2/apis/a1/routes/r1", &update)]);
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    let live = live(&Id::from("a1"), "r1", as_declared(&guarded()));
    for wire in [Wire::default().answer_json(&json!({})), Wire::default().refuse_json(404, "NotFoundException")] {
        assert_eq!(ApiRoute::delete(&wire.cloud().api, &live).await, Ok(Deletion::Gone));
        assert_eq!(wire.requests(), [request("DELETE /v2/apis/a1/routes/r1", &[])]);
    }
    let wire = Wire::default().answer_json(&json!({"routeId": "r1"}));
    assert_eq!(ApiRoutes::ask(&wire.cloud().api, &Id::from("a1/r1")).await, Ok(Some(Vec::new())));
}
