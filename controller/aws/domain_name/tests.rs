use engine::Class;
use serde_json::json;

use super::*;
use crate::aws::sources::Listed;
use crate::aws::wire::{Wire, answer, key, mark, request, said, stamp, tags, untagged, view};

const DOMAIN_ARN: &str = "arn:aws:apigateway:eu-west-1::/domainnames/api.example.com";
const CERTIFICATE: &str = "arn:aws:acm:eu-west-1:123456789012:certificate/1";

fn domain() -> DomainName {
    DomainName { name: "main", domain: "api.example.com".to_owned(), certificate_arn: CERTIFICATE.to_owned() }
}

fn shown(status: &str, tags: &Tags) -> serde_json::Value {
    json!({"domainName": "api.example.com", "tags": tags, "domainNameConfigurations": [{
        "certificateArn": CERTIFICATE, "endpointType": "REGIONAL", "securityPolicy": "TLS_1_2",
        "apiGatewayDomainName": "d-1.execute-api.eu-west-1.amazonaws.com", "domainNameStatus": status,
    }]})
}

#[test]
fn fields_are_compared() {
    let seen = || domain().as_declared();
    let cases = [
        (seen(), "in sync"),
        (DomainNameSeen { domain: "b.example.com".to_owned(), ..seen() }, "replace domain"),
        (DomainNameSeen { certificate_arn: "arn-2".to_owned(), ..seen() }, "update certificateArn"),
        (DomainNameSeen { endpoint_type: "EDGE".to_owned(), ..seen() }, "update endpointType"),
        (DomainNameSeen { security_policy: "TLS_1_0".to_owned(), ..seen() }, "update securityPolicy"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&domain().compare(&seen, &Ids::default())), expected, "{seen:?}");
    }
    assert!(domain().needs().is_empty());
}

#[tokio::test]
async fn every_state_is_read() {
    let marked = stamp().tags(&key::<DomainName>("main"), 1, Tags::new());
    let cases = [
        ("AVAILABLE", Phase::Ready),
        ("UPDATING", Phase::Pending("UPDATING".to_owned())),
        ("PENDING_OWNERSHIP_VERIFICATION", Phase::Broken("PENDING_OWNERSHIP_VERIFICATION".to_owned())),
        ("PENDING_CERTIFICATE_REIMPORT", Phase::Broken("PENDING_CERTIFICATE_REIMPORT".to_owned())),
        ("NEW", Phase::Pending("NEW".to_owned())),
    ];
    for (status, phase) in cases {
        let wire = Wire::default().answer_json(&json!({"items": [shown(status, &marked)]}));
        let list = DomainNames::list(&wire.cloud().api).await.unwrap();
        let listed = Listed { domain_names: answer(list), ..Listed::default() };
        let [live] = DomainName::read(&View { listed, ..view() }, &stamp().owner).try_into().unwrap();
        assert_eq!((live.key, live.attempt, live.id.as_str()), (key::<DomainName>("main"), 1, "api.example.com"));
        assert_eq!((live.phase, live.seen), (phase, domain().as_declared()));
        assert_eq!(live.attributes[ARN], DOMAIN_ARN);
        assert_eq!(live.attributes[TARGET], "d-1.execute-api.eu-west-1.amazonaws.com");
    }
    let wire = Wire::default().answer_json(&json!({"items": [shown("AVAILABLE", &Tags::new())]}));
    let listed =
        Listed { domain_names: answer(DomainNames::list(&wire.cloud().api).await.unwrap()), ..Listed::default() };
    assert!(DomainName::read(&View { listed, ..view() }, &stamp().owner).is_empty());
}

#[tokio::test]
async fn a_create_carries_all_tags() {
    let mark = mark(&domain());
    let wire = Wire::default().answer_json(&shown("UPDATING", &mark.tags));
    let made = domain().create(&wire.cloud().api, &Ids::default(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), made.seen), ("api.example.com", domain().as_declared()));
    assert_eq!((made.phase, made.attributes[ARN].as_str()), (Phase::Pending("UPDATING".to_owned()), DOMAIN_ARN));
    let requests = wire.requests();
    let create = [
        ("domainName", "api.example.com"),
        ("domainNameConfigurations.0.certificateArn", CERTIFICATE),
        ("domainNameConfigurations.0.endpointType", "REGIONAL"),
        ("domainNameConfigurations.0.securityPolicy", "TLS_1_2"),
    ];
    assert_eq!(untagged(&requests[0]), request("POST /v2/domainnames", &create));
    assert_eq!(tags(&requests[0]), mark.tags);
}

#[tokio::test]
async fn a_taken_name_is_ours_or_names_its_holder_or_the_fields() {
    let mark = mark(&domain());
    let create = async |code: &str, wire: fn(Wire) -> Wire| {
        let wire = wire(Wire::default().refuse_json(400, code));
        domain().create(&wire.cloud().api, &Ids::default(), &mark).await
    };
    let ours = create("ConflictException", |wire| {
        let tags = stamp().tags(&key::<DomainName>("main"), 0, Tags::new());
        wire.answer_json(&shown("AVAILABLE", &tags))
    });
    let ours = ours.await.unwrap();
    assert_eq!((ours.key, ours.phase), (key::<DomainName>("main"), Phase::Ready));
    let theirs = create("BadRequestException", |wire| wire.answer_json(&shown("AVAILABLE", &Tags::new())));
    let theirs = theirs.await.unwrap_err();
    assert_eq!(theirs.class, Class::Conflict);
    assert!(theirs.message.contains("api.example.com exists"), "{}", theirs.message);
    let elsewhere = create("BadRequestException", |wire| wire.refuse_json(404, "NotFoundException"));
    let elsewhere = elsewhere.await.unwrap_err();
    assert_eq!(elsewhere.class, Class::Invalid);
    assert!(elsewhere.message.contains("spec.api.domain"), "{}", elsewhere.message);
}

#[tokio::test]
async fn its_certificate_is_updated() {
    let live = mark(&domain()).live("api.example.com", Phase::Ready, domain().as_declared());
    let wire = Wire::default().answer_json(&json!({}));
    let after = domain().update(&wire.cloud().api, &live, &[], &Ids::default()).await.unwrap();
    assert_eq!(after.seen, domain().as_declared());
    let update = [
        ("domainNameConfigurations.0.certificateArn", CERTIFICATE),
        ("domainNameConfigurations.0.endpointType", "REGIONAL"),
        ("domainNameConfigurations.0.securityPolicy", "TLS_1_2"),
    ];
    assert_eq!(wire.requests(), [request("PATCH /v2/domainnames/api.example.com", &update)]);
}

#[tokio::test]
async fn deleting_twice_is_no_fault() {
    let live = mark(&domain()).live("api.example.com", Phase::Ready, domain().as_declared());
    for wire in [Wire::default().answer_json(&json!({})), Wire::default().refuse_json(404, "NotFoundException")] {
        assert_eq!(DomainName::delete(&wire.cloud().api, &live).await, Ok(Deletion::Gone));
        assert_eq!(wire.requests(), [request("DELETE /v2/domainnames/api.example.com", &[])]);
    }
}
