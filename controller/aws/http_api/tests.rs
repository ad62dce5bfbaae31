use serde_json::json;

use super::*;
use crate::aws::sources::Listed;
use crate::aws::wire::{Wire, answer, key, mark, request, said, stamp, tags, untagged, view};

const API_ARN: &str = "arn:aws:apigateway:eu-west-1::/apis/a1";
const URL: &str = "https://a1.execute-api.eu-west-1.amazonaws.com";

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

fn rules() -> CorsRules {
    CorsRules {
        origins: set(&["https://app.example.com"]),
        methods: set(&["GET", "POST"]),
        headers: set(&["authorization", "content-type"]),
        exposed: set(&["x-total"]),
        credentials: true,
        max_age: 300,
    }
}

fn api(cors: Option<CorsRules>) -> HttpApi {
    HttpApi { name: "main", api_name: "shop/orders".to_owned(), cors }
}

fn live(seen: HttpApiSeen) -> Live<HttpApiSeen> {
    mark(&api(None)).live("a1", Phase::Ready, seen)
}

#[test]
fn fields_are_compared() {
    let seen = || api(Some(rules())).as_declared();
    let cors = |rules: CorsRules| HttpApiSeen { cors: Some(rules), ..seen() };
    let cases = [
        (seen(), "in sync"),
        (HttpApiSeen { protocol: "WEBSOCKET".to_owned(), ..seen() }, "replace protocol"),
        (HttpApiSeen { api_name: "another".to_owned(), ..seen() }, "update name"),
        (HttpApiSeen { cors: None, ..seen() }, "update cors"),
        (cors(CorsRules { max_age: 0, ..rules() }), "update cors"),
        (HttpApiSeen { default_endpoint_disabled: true, ..seen() }, "update defaultEndpointDisabled"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&api(Some(rules())).compare(&seen, &Ids::default())), expected, "{seen:?}");
    }
    assert!(api(None).needs().is_empty());
}

#[test]
fn ours_is_read_with_its_url_and_nobody_elses() {
    let marked = stamp().tags(&key::<HttpApi>("main"), 1, Tags::new());
    let cors = Cors::builder()
        .allow_origins("https://app.example.com")
        .allow_methods("post")
        .allow_methods("GET")
        .allow_headers("Content-Type")
        .allow_headers("authorization")
        .expose_headers("X-Total")
        .allow_credentials(true)
        .max_age(300)
        .build();
    let it = Sdk::builder()
        .api_id("a1")
        .api_endpoint(URL)
        .name("shop/orders")
        .protocol_type(ProtocolType::Http)
        .cors_configuration(cors)
        .set_tags(Some(to_map(&marked)))
        .build();
    let other = Sdk::builder().api_id("a2").name("shop/orders").build();
    let all = [it, other].map(|it| Tagged { arn: API_ARN.to_owned(), it });
    let listed = Listed { http_apis: answer(all), ..Listed::default() };
    let [live] = HttpApi::read(&View { listed, ..view() }, &stamp().owner).try_into().unwrap();
    assert_eq!((live.key, live.attempt, live.id.as_str()), (key::<HttpApi>("main"), 1, "a1"));
    assert_eq!((live.phase, live.seen, live.tags), (Phase::Ready, api(Some(rules())).as_declared(), marked));
    assert_eq!((live.attributes[ARN].as_str(), live.attributes[ENDPOINT].as_str()), (API_ARN, URL));
}

#[tokio::test]
async fn a_create_carries_all_tags() {
    let wire = Wire::default().answer_json(&json!({"apiId": "a1", "apiEndpoint": URL}));
    let mark = mark(&api(None));
    let made = api(Some(rules())).create(&wire.cloud().api, &Ids::default(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), made.phase, made.seen), ("a1", Phase::Ready, api(Some(rules())).as_declared()));
    assert_eq!((made.attributes[ARN].as_str(), made.attributes[ENDPOINT].as_str()), (API_ARN, URL));
    let requests = wire.requests();
    let create = [
        ("name", "shop/orders"),
        ("protocolType", "HTTP"),
        ("corsConfiguration.allowOrigins.0", "https://app.example.com"),
        ("corsConfiguration.allowMethods.0", "GET"),
        ("corsConfiguration.allowMethods.1", "POST"),
        ("corsConfiguration.allowHeaders.0", "authorization"),
        ("corsConfiguration.allowHeaders.1", "content-type"),
        ("corsConfiguration.exposeHeaders.0", "x-total"),
        ("corsConfiguration.allowCredentials", "true"),
        ("corsConfiguration.maxAge", "300"),
    ];
    assert_eq!(untagged(&requests[0]), request("POST /v2/apis", &create));
    assert_eq!(tags(&requests[0]), mark.tags);
}

#[tokio::test]
async fn rules_are_written_or_taken_away() {
    let update = async |declared: HttpApi, seen: HttpApiSeen, calls: usize| {
        let wire = (0..calls).fold(Wire::default(), |wire, _| wire.answer_json(&json!({})));
        let changes = declared.compare(&seen, &Ids::default()).changeable().to_vec();
        let after = declared.update(&wire.cloud().api, &live(seen), &changes, &Ids::default()).await.unwrap();
        assert_eq!(after.seen, declared.as_declared());
        wire.requests().iter().map(|request| request["Action"].clone()).collect::<Vec<_>>()
    };
    let (with, without) = (|| api(Some(rules())).as_declared(), || api(None).as_declared());
    let renamed = |seen: HttpApiSeen| HttpApiSeen { api_name: "another".to_owned(), ..seen };
    assert_eq!(update(api(Some(rules())), without(), 1).await, ["PATCH /v2/apis/a1"]);
    assert_eq!(update(api(None), with(), 1).await, ["DELETE /v2/apis/a1/cors"]);
    assert_eq!(update(api(None), renamed(with()), 2).await, ["DELETE /v2/apis/a1/cors", "PATCH /v2/apis/a1"]);
    assert_eq!(update(api(None), renamed(without()), 1).await, ["PATCH /v2/apis/a1"]);
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    for wire in [Wire::default().answer_json(&json!({})), Wire::default().refuse_json(404, "NotFoundException")] {
        let deleted = HttpApi::delete(&wire.cloud().api, &live(api(None).as_declared())).await;
        assert_eq!(deleted, Ok(Deletion::Gone));
        assert_eq!(wire.requests(), [request("DELETE /v2/apis/a1", &[])]);
    }
}

#[tokio::test]
async fn one_is_found_by_its_id() {
    let wire = Wire::default().answer_json(&json!({
        "apiId": "a1", "name": "shop/orders", "protocolType": "HTTP", "apiEndpoint": URL,
        "disableExecuteApiEndpoint": true, "tags": {"team": "shop"},
    }));
    let found = HttpApis::find(&wire.cloud().api, &Id::from("a1")).await.unwrap().unwrap();
    assert_eq!((found.arn.as_str(), found.it.api_endpoint()), (API_ARN, Some(URL)));
    assert_eq!(
        (found.it.protocol_type(), found.it.disable_execute_api_endpoint()),
        (Some(&ProtocolType::Http), Some(true))
    );
    let marked = Tags::from([("team".to_owned(), "shop".to_owned())]);
    assert_eq!(HttpApis::mark(&found), Some((Id::from("a1"), marked)));
    let wire = Wire::default().refuse_json(404, "NotFoundException");
    assert_eq!(HttpApis::find(&wire.cloud().api, &Id::from("a1")).await, Ok(None));
}
