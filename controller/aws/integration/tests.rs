use serde_json::json;

use super::*;
use crate::aws::sources::Detailed;
use crate::aws::wire::{Wire, ids, key, mark, request, said, stamp, view};

const LISTENER: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/net/fs/1/2";

fn integration() -> Integration {
    Integration {
        name: "main",
        api: HttpApi::reference("main"),
        vpc_link: VpcLink::reference("main"),
        listener: Listener::reference("main"),
    }
}

fn known() -> Ids {
    ids([(key::<HttpApi>("main"), "a1"), (key::<VpcLink>("main"), "l1"), (key::<Listener>("main"), LISTENER)])
}

fn private() -> IntegrationSeen {
    as_declared("a1", &Id::from("l1"), &Id::from(LISTENER))
}

fn listed(description: &str) -> Sdk {
    Sdk::builder()
        .integration_id("i1")
        .description(description)
        .integration_type(IntegrationType::HttpProxy)
        .connection_type(ConnectionType::VpcLink)
        .connection_id("l1")
        .integration_uri(LISTENER)
        .integration_method("ANY")
        .payload_format_version("1.0")
        .timeout_in_millis(30000)
        .request_parameters("overwrite:path", "$request.path")
        .build()
}

fn viewed(listed: Vec<Sdk>) -> View {
    View {
        detailed: Detailed { integrations: [("a1", listed)].into_iter().collect(), ..Detailed::default() },
        ..view()
    }
}

#[test]
fn fields_are_compared() {
    let form = Form { payload: "2.0".to_owned(), ..Form::private() };
    let foreign = BTreeMap::from([("append:header.x".to_owned(), "1".to_owned())]);
    let cases = [
        (private(), "in sync"),
        (IntegrationSeen { api: "a2".to_owned(), ..private() }, "replace api"),
        (IntegrationSeen { form, ..private() }, "update form"),
        (IntegrationSeen { connection: "l2".to_owned(), ..private() }, "update connection"),
        (IntegrationSeen { uri: "arn-2".to_owned(), ..private() }, "update uri"),
        (IntegrationSeen { timeout: 1000, ..private() }, "update timeout"),
        (IntegrationSeen { parameters: foreign, ..private() }, "update parameters"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&integration().compare(&seen, &known())), expected, "{seen:?}");
    }
    for missing in [key::<HttpApi>("main"), key::<VpcLink>("main"), key::<Listener>("main")] {
        let mut ids = known();
        ids.remove(&missing);
        assert_eq!(said(&integration().compare(&private(), &ids)), format!("unknown {missing}"));
    }
    assert!(integration().needs().contains(&VpcLink::reference("main").ready()));
}

#[test]
fn the_description_is_the_mark() {
    let mark = stamp().mark(key::<Integration>("main"), 3, Tags::new());
    let view = viewed(vec![listed(&description(&mark)), listed("somebody else's")]);
    let [ours, theirs] = Integration::read(&view, &stamp().owner).try_into().unwrap();
    assert_eq!((ours.key, ours.attempt, ours.id.as_str()), (key::<Integration>("main"), 3, "a1/i1"));
    assert_eq!((ours.phase, ours.seen, ours.within), (Phase::Ready, private(), Some(Id::from("a1"))));
    assert_eq!(ours.on, [Id::from("l1"), Id::from(LISTENER)]);
    assert_eq!(theirs.key, key::<Integration>("i1"), "not declared, so it goes");
}

#[tokio::test]
async fn a_create_makes_it_private_and_marks_it() {
    let wire = Wire::default().answer_json(&json!({"integrationId": "i1"}));
    let made = integration().create(&wire.cloud().api, &known(), &mark(&integration())).await.unwrap();
    assert_eq!((made.key, made.id.as_str(), made.seen), (key::<Integration>("main"), "a1/i1", private()));
    let create = [
        ("description", "fargatestack.dev integration/main attempt 0"),
        ("integrationType", "HTTP_PROXY"),
        ("connectionType", "VPC_LINK"),
        ("connectionId", "l1"),
        ("integrationUri", LISTENER),
        ("integrationMethod", "ANY"),
        ("payloadFormatVersion", "1.0"),
        ("timeoutInMillis", "30000"),
        ("requestParameters.overwrite:path", "$request.path"),
    ];
    assert_eq!(wire.requests(), [request("POST /v2/apis/a1/integrations", &create)]);
}

#[tokio::test]
async fn an_update_takes_away_what_others_put_in() {
    let foreign = BTreeMap::from([("append:header.x".to_owned(), "1".to_owned())]);
    let seen = IntegrationSeen { parameters: foreign, connection: "l0".to_owned(), ..private() };
    let live = live(&Id::from("a1"), "i1", (key::<Integration>("main"), 0), seen);
    let wire = Wire::default().answer_json(&json!({}));
    let after = integration().update(&wire.cloud().api, &live, &[], &known()).await.unwrap();
    assert_eq!((after.seen, after.on), (private(), vec![Id::from("l1"), Id::from(LISTENER)]));
    let update = [
        ("integrationType", "HTTP_PROXY"),
        ("connectionType", "VPC_LINK"),
        ("connectionId", "l1"),
        ("integrationUri", LISTENER),
        ("integrationMethod", "ANY"),
        ("payloadFormatVersion", "1.0"),
        ("timeoutInMillis", "30000"),
        ("requestParameters.append:header.x", ""),
        ("requestParameters.overwrite:path", "$request.path"),
    ];
    assert_eq!(wire.requests(), [request("PATCH /v2/apis/a1/integrations/i1", &update)]);
}

#[tokio::test]
async fn one_that_is_asked_for_by_its_id_stands_or_does_not() {
    let ask = async |wire: Wire, id: &str| Integrations::ask(&wire.cloud().api, &Id::from(id)).await;
    assert_eq!(ask(Wire::default().answer_json(&json!({"integrationId": "i1"})), "a1/i1").await, Ok(Some(Vec::new())));
    assert_eq!(ask(Wire::default().refuse_json(404, "NotFoundException"), "a1/i1").await, Ok(None));
    assert_eq!(ask(Wire::default().refuse_json(404, "NotFoundException"), "a1").await, Ok(None));
    let list = Wire::default().answer_json(&json!({"items": [{"integrationId": "i1"}]}));
    assert_eq!(ask(list, "a1").await.unwrap().unwrap().len(), 1);
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    let live = live(&Id::from("a1"), "i1", (key::<Integration>("main"), 0), private());
    for wire in [Wire::default().answer_json(&json!({})), Wire::default().refuse_json(404, "NotFoundException")] {
        assert_eq!(Integration::delete(&wire.cloud().api, &live).await, Ok(Deletion::Gone));
        assert_eq!(wire.requests(), [request("DELETE /v2/apis/a1/integrations/i1", &[])]);
    }
}
