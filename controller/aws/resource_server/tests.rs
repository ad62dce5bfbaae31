use serde_json::{Value, json};

use super::*;
use crate::aws::sources::Detailed;
use crate::aws::wire::{Wire, ids, json_request, key, mark, request, said, stamp, view};

const POOL: &str = "eu-west-1_AbCdEf123";
const IDENTIFIER: &str = "https://orders.example.com";

fn server() -> ResourceServer {
    ResourceServer {
        identifier: IDENTIFIER.into(),
        pool: UserPool::reference("main"),
        scopes: BTreeSet::from(["read".to_owned(), "write".to_owned()]),
    }
}

fn name() -> String {
    Label::of(&stamp().owner).put("https---orders.example.com", 0)
}

fn shown(name: &str, scopes: &[(&str, &str)]) -> Value {
    let scopes: Vec<_> =
        scopes.iter().map(|(name, text)| json!({"ScopeName": name, "ScopeDescription": text})).collect();
    json!({"UserPoolId": POOL, "Identifier": IDENTIFIER, "Name": name, "Scopes": scopes})
}

fn known() -> Ids {
    ids([(key::<UserPool>("main"), POOL)])
}

fn live(scopes: &[(&str, &str)]) -> Live<ResourceServerSeen> {
    let scopes: BTreeMap<String, String> =
        scopes.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let seen = ResourceServerSeen { pool: POOL.into(), name: name(), scopes };
    mark(&server()).live(format!("{POOL}/{IDENTIFIER}"), Phase::Ready, seen)
}

#[test]
fn fields_are_compared() {
    let seen = live(&[("read", "Reading"), ("write", "write")]).seen;
    let cases = [
        (seen.clone(), "in sync"),
        (ResourceServerSeen { scopes: BTreeMap::new(), ..seen.clone() }, "update scopes"),
        (ResourceServerSeen { pool: "other".into(), ..seen }, "replace pool"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&server().compare(&seen, &known())), expected, "{seen:?}");
    }
    assert_eq!(said(&server().compare(&live(&[]).seen, &Ids::default())), "unknown user-pool/main");
}

#[tokio::test]
async fn a_create_bears_the_stacks_label() {
    let scopes = [("read", "read"), ("write", "write")];
    let wire = Wire::default().answer_json(&json!({"ResourceServer": shown(&name(), &scopes)}));
    let made = server().create(&wire.cloud().cognito, &known(), &mark(&server())).await.unwrap();
    assert_eq!(
        (made.key, made.id.as_str()),
        (key::<ResourceServer>(IDENTIFIER), format!("{POOL}/{IDENTIFIER}").as_str())
    );
    assert_eq!(made.within, Some(Id::from(POOL)));
    assert_eq!(said(&server().compare(&made.seen, &known())), "in sync");
    assert_eq!(wire.requests(), [json_request("CreateResourceServer", &shown(&name(), &scopes))]);
}

#[tokio::test]
async fn one_that_stands_already_is_taken_if_it_is_ours_and_named_if_not() {
    let create = async |name: &str| {
        let wire = Wire::default()
            .refuse_json(400, "InvalidParameterException")
            .answer_json(&json!({"ResourceServer": shown(name, &[("read", "read")])}));
        let made = server().create(&wire.cloud().cognito, &known(), &mark(&server())).await;
        assert_eq!(
            wire.requests()[1],
            request("DescribeResourceServer", &[("UserPoolId", POOL), ("Identifier", IDENTIFIER)])
        );
        made
    };
    let ours = create(&name()).await.unwrap();
    assert_eq!(said(&server().compare(&ours.seen, &known())), "update scopes");
    let fault = create("Orders").await.unwrap_err();
    assert_eq!(fault.class, Class::Conflict);
    assert!(fault.message.contains("\"Orders\"") && fault.message.contains("spec.auth.resourceServers"), "{fault}");
    let refused =
        Wire::default().refuse_json(400, "InvalidParameterException").refuse_json(400, "ResourceNotFoundException");
    let fault = server().create(&refused.cloud().cognito, &known(), &mark(&server())).await.unwrap_err();
    assert_eq!(fault.class, Class::Invalid);
}

#[tokio::test]
async fn an_update_keeps_name_and_descriptions() {
    let wire = Wire::default().answer_json(&json!({}));
    let before = live(&[("read", "Reading orders"), ("old", "old")]);
    let after = server().update(&wire.cloud().cognito, &before, &[], &known()).await.unwrap();
    assert_eq!(said(&server().compare(&after.seen, &known())), "in sync");
    let sent = shown(&name(), &[("read", "Reading orders"), ("write", "write")]);
    assert_eq!(wire.requests(), [json_request("UpdateResourceServer", &sent)]);
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    for wire in [Wire::default().answer_json(&json!({})), Wire::default().refuse_json(400, "ResourceNotFoundException")]
    {
        assert_eq!(ResourceServer::delete(&wire.cloud().cognito, &live(&[])).await, Ok(Deletion::Gone));
        let deleted = request("DeleteResourceServer", &[("UserPoolId", POOL), ("Identifier", IDENTIFIER)]);
        assert_eq!(wire.requests(), [deleted]);
    }
}

#[tokio::test]
async fn ours_are_read_once_and_those_of_others_are_not() {
    let wire = Wire::default()
        .answer_json(&json!({"ResourceServers": [shown(&name(), &[("read", "read")]), shown("Orders", &[])]}))
        .answer_json(&json!({"ResourceServer": shown(&name(), &[("read", "read")])}));
    let cognito = wire.cloud().cognito;
    let mut answers = Vec::new();
    for subject in [POOL.to_owned(), format!("{POOL}/{IDENTIFIER}")] {
        let subject = Id::from(subject);
        let found = ResourceServers::ask(&cognito, &subject).await.unwrap().unwrap();
        answers.push((subject, found));
    }
    let detailed = Detailed { resource_servers: answers.into_iter().collect(), ..Detailed::default() };
    let [live] = ResourceServer::read(&View { detailed, ..view() }, &stamp().owner).try_into().unwrap();
    assert_eq!(live.seen.scopes, BTreeMap::from([("read".to_owned(), "read".to_owned())]));
    assert_eq!(wire.requests()[0], request("ListResourceServers", &[("UserPoolId", POOL), ("MaxResults", "50")]));
}
