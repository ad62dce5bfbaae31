use engine::Effect;

use super::*;
use crate::aws::wire::{Wire, answer, key, mark, owned, request, said, stamp, tags, untagged, view};

fn address() -> ElasticIp {
    ElasticIp { name: "app-a".to_owned() }
}

fn live() -> Live<ElasticIpSeen> {
    mark(&address()).live("eipalloc-1", Phase::Ready, ElasticIpSeen {})
}

fn ip(text: &str) -> Attributes {
    Attributes::from([("publicIp".into(), text.to_owned())])
}

#[test]
fn nothing_of_it_can_differ_and_it_needs_nothing() {
    assert_eq!(said(&address().compare(&ElasticIpSeen {}, &Ids::default())), "in sync");
    assert!(address().needs().is_empty());
}

#[tokio::test]
async fn a_create_carries_all_tags_and_returns_the_address() {
    let wire = Wire::default().answer(
        "AllocateAddress",
        "<publicIp>203.0.113.7</publicIp><domain>vpc</domain><allocationId>eipalloc-1</allocationId>",
    );
    let mark = mark(&address());
    let made = address().create(&wire.ec2(), &Ids::default(), &mark).await.unwrap();
    assert_eq!((made.id, made.phase, made.attributes), (Id::from("eipalloc-1"), Phase::Ready, ip("203.0.113.7")));
    let requests = wire.requests();
    assert_eq!(untagged(&requests[0]), request("AllocateAddress", &[("Domain", "vpc")]));
    assert_eq!(requests[0]["TagSpecification.1.ResourceType"], "elastic-ip");
    assert_eq!(tags(&requests[0]), mark.tags);
}

#[tokio::test]
async fn a_failed_create_comes_back_classified_and_is_sent_once() {
    let cases = [
        (400, "AddressLimitExceeded", Class::Quota, Effect::None),
        // May have allocated: a second call would cost a second address.
        (500, "InternalError", Class::Transient, Effect::Unknown),
    ];
    for (status, code, class, effect) in cases {
        let wire = Wire::default().refuse(status, code);
        let fault = address().create(&wire.ec2(), &Ids::default(), &mark(&address())).await.unwrap_err();
        assert_eq!((fault.class, fault.effect), (class, effect), "{code}");
        assert_eq!(wire.requests().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_delete_of_what_is_gone_succeeds_and_one_in_use_is_not_yet() {
    let done = Wire::default().answer("ReleaseAddress", "<return>true</return>");
    assert_eq!(ElasticIp::delete(&done.ec2(), &live()).await, Ok(Deletion::Gone));
    assert_eq!(done.requests(), [request("ReleaseAddress", &[("AllocationId", "eipalloc-1")])]);

    let gone = Wire::default().refuse(400, "InvalidAllocationID.NotFound");
    assert_eq!(ElasticIp::delete(&gone.ec2(), &live()).await, Ok(Deletion::Gone));

    for code in ["InvalidIPAddress.InUse", "AuthFailure"] {
        let used = Wire::default().refuse(400, code);
        let fault = ElasticIp::delete(&used.ec2(), &live()).await.unwrap_err();
        assert_eq!((fault.class, fault.code.as_str()), (Class::NotYet, code));
    }
    let denied = Wire::default().refuse(403, "UnauthorizedOperation");
    assert_eq!(ElasticIp::delete(&denied.ec2(), &live()).await.unwrap_err().class, Class::Denied);
}

#[test]
fn it_reads_what_is_shown_of_ours_alone() {
    let shown = || Address::builder().allocation_id("eipalloc-1").public_ip("203.0.113.7");
    let addresses = [
        shown().set_tags(owned::<ElasticIp>("app-a")).build(),
        shown().allocation_id("eipalloc-2").build(),
        // A NAT gateway's tags on an address: not marked as an address of ours.
        shown().allocation_id("eipalloc-3").set_tags(owned::<crate::aws::NatGateway>("app-a")).build(),
    ];
    let read = ElasticIp::read(&View { addresses: answer(addresses), ..view() }, &stamp().owner);
    let [it] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((it.key.clone(), it.id.clone()), (key::<ElasticIp>("app-a"), Id::from("eipalloc-1")));
    assert_eq!((it.phase.clone(), it.attributes.clone()), (Phase::Ready, ip("203.0.113.7")));
    // Its NAT gateway hangs on it, not the other way round.
    assert_eq!((it.on.clone(), it.within.clone()), (Vec::new(), None));
}
