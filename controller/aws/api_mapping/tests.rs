use serde_json::json;

use super::*;
use crate::aws::sources::Detailed;
use crate::aws::wire::{Wire, ids, key, mark, request, said, stamp, view};

fn mapping() -> ApiMapping {
    ApiMapping { domain: DomainName::reference("main"), api: HttpApi::reference("main"), stage: Stage::only() }
}

fn known() -> Ids {
    ids([
        (key::<DomainName>("main"), "api.example.com"),
        (key::<HttpApi>("main"), "a1"),
        (key::<Stage>("default"), "a1/$default"),
    ])
}

fn as_declared() -> ApiMappingSeen {
    ApiMappingSeen { domain: "api.example.com".to_owned(), api: "a1".to_owned(), stage: "a1/$default".to_owned() }
}

fn standing(seen: ApiMappingSeen) -> Live<ApiMappingSeen> {
    mark(&mapping()).live("api.example.com/m1", Phase::Ready, seen)
}

#[test]
fn fields_are_compared() {
    let cases = [
        (as_declared(), "in sync"),
        (ApiMappingSeen { domain: "b.example.com".to_owned(), ..as_declared() }, "replace domain"),
        (ApiMappingSeen { api: "a2".to_owned(), ..as_declared() }, "update api"),
        (ApiMappingSeen { stage: "a1/prod".to_owned(), ..as_declared() }, "update stage"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&mapping().compare(&seen, &known())), expected, "{seen:?}");
    }
    for missing in [key::<DomainName>("main"), key::<HttpApi>("main"), key::<Stage>("default")] {
        let mut ids = known();
        ids.remove(&missing);
        assert_eq!(said(&mapping().compare(&as_declared(), &ids)), format!("unknown {missing}"));
    }
    assert_eq!(mapping().needs().len(), 3);
}

#[test]
fn every_mapping_of_the_domain_is_read() {
    let listed = |id: &str, path: &str| {
        Sdk::builder().api_mapping_id(id).api_id("a1").stage("$default").api_mapping_key(path).build()
    };
    let api_mappings = [("api.example.com", vec![listed("m1", ""), listed("m2", "v2")])].into_iter().collect();
    let view = View { detailed: Detailed { api_mappings, ..Detailed::default() }, ..view() };
    let [ours, theirs] = ApiMapping::read(&view, &stamp().owner).try_into().unwrap();
    assert_eq!((ours.key, ours.id.as_str()), (key::<ApiMapping>("main"), "api.example.com/m1"));
    assert_eq!((ours.phase, ours.seen), (Phase::Ready, as_declared()));
    assert_eq!(ours.on, ["api.example.com", "a1", "a1/$default"].map(Id::from));
    assert_eq!(theirs.key, key::<ApiMapping>("v2"), "not declared, so it goes");
}

#[tokio::test]
async fn a_create_leads_to_the_stage() {
    let wire = Wire::default().answer_json(&json!({"apiMappingId": "m1"}));
    let made = mapping().create(&wire.cloud().api, &known(), &mark(&mapping())).await.unwrap();
    assert_eq!((made.id.as_str(), made.seen), ("api.example.com/m1", as_declared()));
    let create = [("apiId", "a1"), ("stage", "$default")];
    assert_eq!(wire.requests(), [request("POST /v2/domainnames/api.example.com/apimappings", &create)]);

    let item = json!({"apiMappingId": "m9", "apiId": "a0", "stage": "$default"});
    let wire = Wire::default().refuse_json(409, "ConflictException").answer_json(&json!({"items": [item]}));
    let found = mapping().create(&wire.cloud().api, &known(), &mark(&mapping())).await.unwrap();
    assert_eq!((found.id.as_str(), found.seen.api.as_str()), ("api.example.com/m9", "a0"));
}

#[tokio::test]
async fn it_can_lead_elsewhere() {
    let live = standing(ApiMappingSeen { api: "a0".to_owned(), ..as_declared() });
    let wire = Wire::default().answer_json(&json!({}));
    let after = mapping().update(&wire.cloud().api, &live, &[], &known()).await.unwrap();
    assert_eq!(after.seen, as_declared());
    let update = [("apiId", "a1"), ("stage", "$default")];
    assert_eq!(wire.requests(), [request("PATCH /v2/domainnames/api.example.com/apimappings/m1", &update)]);
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    for wire in [Wire::default().answer_json(&json!({})), Wire::default().refuse_json(404, "NotFoundException")] {
        assert_eq!(ApiMapping::delete(&wire.cloud().api, &standing(as_declared())).await, Ok(Deletion::Gone));
        assert_eq!(wire.requests(), [request("DELETE /v2/domainnames/api.example.com/apimappings/m1", &[])]);
    }
    let wire = Wire::default().refuse_json(404, "NotFoundException");
    assert_eq!(ApiMappings::ask(&wire.cloud().api, &Id::from("api.example.com/m1")).await, Ok(None));
}
