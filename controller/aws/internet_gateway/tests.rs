use aws_sdk_ec2::types::Tag;
use engine::Class;

use super::*;
use crate::aws::wire::{Request, Wire, answer, ids, key, mark, owned, request, said, stamp, tags, untagged, view};

const CREATED: &str = "<internetGateway><internetGatewayId>igw-1</internetGatewayId></internetGateway>";
const DONE: &str = "<return>true</return>";

fn gateway() -> InternetGateway {
    InternetGateway { name: "main", vpc: Vpc::reference("main") }
}

fn known() -> Ids {
    ids([(key::<Vpc>("main"), "vpc-1")])
}

fn at(vpc: Option<&str>) -> InternetGatewaySeen {
    InternetGatewaySeen { vpc: vpc.map(str::to_owned) }
}

fn live(vpc: Option<&str>) -> Live<InternetGatewaySeen> {
    placed(mark(&gateway()).live("igw-1", Phase::Ready, at(vpc)))
}

fn attach_to(vpc: &str) -> Request {
    request("AttachInternetGateway", &[("InternetGatewayId", "igw-1"), ("VpcId", vpc)])
}

fn detach_from(vpc: &str) -> Request {
    request("DetachInternetGateway", &[("InternetGatewayId", "igw-1"), ("VpcId", vpc)])
}

fn delete_it() -> Request {
    request("DeleteInternetGateway", &[("InternetGatewayId", "igw-1")])
}

#[test]
fn where_it_is_attached_is_compared() {
    let cases = [(at(Some("vpc-1")), "in sync"), (at(Some("vpc-2")), "update vpc"), (at(None), "update vpc")];
    for (seen, expected) in cases {
        assert_eq!(said(&gateway().compare(&seen, &known())), expected, "{seen:?}");
    }
    assert_eq!(said(&gateway().compare(&at(None), &Ids::default())), "unknown vpc/main");
    assert_eq!(gateway().needs(), [Vpc::reference("main").exists()]);
}

#[tokio::test]
async fn a_create_carries_all_tags_and_attaches() {
    let wire = Wire::default().answer("CreateInternetGateway", CREATED).answer("AttachInternetGateway", DONE);
    let mark = mark(&gateway());
    let made = gateway().create(&wire.ec2(), &known(), &mark).await.unwrap();
    assert_eq!((made.id, made.phase, made.on), (Id::from("igw-1"), Phase::Ready, vec![Id::from("vpc-1")]));
    assert_eq!(made.seen, at(Some("vpc-1")));
    let requests = wire.requests();
    assert_eq!(untagged(&requests[0]), request("CreateInternetGateway", &[]));
    assert_eq!(requests[0]["TagSpecification.1.ResourceType"], "internet-gateway");
    assert_eq!(tags(&requests[0]), mark.tags);
    assert_eq!(requests[1..], [attach_to("vpc-1")]);
}

#[tokio::test]
async fn what_was_created_is_kept_when_it_cannot_be_attached_and_attached_later() {
    let refused =
        Wire::default().answer("CreateInternetGateway", CREATED).refuse(400, "InvalidInternetGatewayID.NotFound");
    let made = gateway().create(&refused.ec2(), &known(), &mark(&gateway())).await.unwrap();
    assert_eq!((made.id.as_str(), &made.phase), ("igw-1", &Phase::Pending("not attached".to_owned())));
    assert!(made.on.is_empty());
    assert_eq!(said(&gateway().compare(&made.seen, &known())), "update vpc");

    let wire = Wire::default().answer("AttachInternetGateway", DONE);
    let made = gateway().update(&wire.ec2(), &made, &[], &known()).await.unwrap();
    assert_eq!((made.phase, made.on, made.seen), (Phase::Ready, vec![Id::from("vpc-1")], at(Some("vpc-1"))));
    assert_eq!(wire.requests(), [attach_to("vpc-1")]);
}

#[tokio::test]
async fn a_refused_create_comes_back_classified_and_attaches_nothing() {
    let wire = Wire::default().refuse(400, "InternetGatewayLimitExceeded");
    let fault = gateway().create(&wire.ec2(), &known(), &mark(&gateway())).await.unwrap_err();
    assert_eq!((fault.class, fault.operation), (Class::Quota, "CreateInternetGateway"));
    assert_eq!(wire.requests().len(), 1);
}

#[tokio::test]
async fn a_create_without_its_vpc_makes_no_call() {
    let wire = Wire::default();
    let fault = gateway().create(&wire.ec2(), &Ids::default(), &mark(&gateway())).await.unwrap_err();
    assert_eq!(fault.class, Class::NotYet);
    assert!(wire.requests().is_empty());
}

#[tokio::test]
async fn attached_elsewhere_it_is_moved() {
    let wire = Wire::default().answer("DetachInternetGateway", DONE).answer("AttachInternetGateway", DONE);
    let made = gateway().update(&wire.ec2(), &live(Some("vpc-2")), &[], &known()).await.unwrap();
    assert_eq!((made.seen, made.on), (at(Some("vpc-1")), vec![Id::from("vpc-1")]));
    assert_eq!(wire.requests(), [detach_from("vpc-2"), attach_to("vpc-1")]);

    let held = Wire::default().refuse(400, "DependencyViolation");
    let fault = gateway().update(&held.ec2(), &live(Some("vpc-2")), &[], &known()).await.unwrap_err();
    assert_eq!((fault.class, fault.operation), (Class::NotYet, "DetachInternetGateway"));
}

#[tokio::test]
async fn a_delete_detaches_first() {
    let wire = Wire::default().answer("DetachInternetGateway", DONE).answer("DeleteInternetGateway", DONE);
    assert_eq!(InternetGateway::delete(&wire.ec2(), &live(Some("vpc-1"))).await, Ok(Deletion::Gone));
    assert_eq!(wire.requests(), [detach_from("vpc-1"), delete_it()]);

    let loose = Wire::default().answer("DeleteInternetGateway", DONE);
    assert_eq!(InternetGateway::delete(&loose.ec2(), &live(None)).await, Ok(Deletion::Gone));
    assert_eq!(loose.requests(), [delete_it()]);
}

#[tokio::test]
async fn a_delete_goes_on_when_it_is_detached_already() {
    for code in ["Gateway.NotAttached", "InvalidVpcID.NotFound", "InvalidInternetGatewayID.NotFound"] {
        let wire = Wire::default().refuse(400, code).refuse(400, "InvalidInternetGatewayID.NotFound");
        assert_eq!(InternetGateway::delete(&wire.ec2(), &live(Some("vpc-1"))).await, Ok(Deletion::Gone), "{code}");
        assert_eq!(wire.requests(), [detach_from("vpc-1"), delete_it()], "{code}");
    }
}

#[tokio::test]
async fn a_delete_waits_for_public_addresses_and_for_what_a_stale_look_hid() {
    let mapped = Wire::default().refuse(400, "DependencyViolation");
    let fault = InternetGateway::delete(&mapped.ec2(), &live(Some("vpc-1"))).await.unwrap_err();
    assert_eq!((fault.class, fault.operation), (Class::NotYet, "DetachInternetGateway"));

    let attached = Wire::default().refuse(400, "DependencyViolation");
    let fault = InternetGateway::delete(&attached.ec2(), &live(None)).await.unwrap_err();
    assert_eq!((fault.class, fault.operation), (Class::NotYet, "DeleteInternetGateway"));
}

fn shown(tags: Option<Vec<Tag>>, attachment: Option<InternetGatewayAttachment>) -> Sdk {
    let attachments = attachment.map(|attachment| vec![attachment]);
    Sdk::builder().internet_gateway_id("igw-1").set_tags(tags).set_attachments(attachments).build()
}

fn attachment(state: Option<&str>) -> InternetGatewayAttachment {
    InternetGatewayAttachment::builder().vpc_id("vpc-1").set_state(state.map(Into::into)).build()
}

fn read(gateways: impl IntoIterator<Item = Sdk>) -> Vec<Live<InternetGatewaySeen>> {
    InternetGateway::read(&View { internet_gateways: answer(gateways), ..view() }, &stamp().owner)
}

#[test]
fn it_reads_ours_alone() {
    let ours = shown(owned::<InternetGateway>("main"), Some(attachment(Some("available"))));
    let read = read([ours, shown(None, None), shown(owned::<Vpc>("main"), None)]);
    let [it] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((it.key.clone(), it.id.clone()), (key::<InternetGateway>("main"), Id::from("igw-1")));
    assert_eq!(it.within, None);
}

#[test]
fn every_attachment_has_its_phase_and_holds_its_vpc_until_it_is_detached() {
    let pending = |why: &str| Phase::Pending(why.to_owned());
    let cases = [
        (Some(attachment(Some("available"))), Phase::Ready, true),
        (Some(attachment(Some("attached"))), Phase::Ready, true),
        (Some(attachment(Some("attaching"))), pending("attaching"), true),
        (Some(attachment(Some("detaching"))), pending("detaching"), true),
        (Some(attachment(Some("detached"))), pending("not attached"), false),
        (Some(attachment(None)), pending("no state"), true),
        (None, pending("not attached"), false),
    ];
    for (attachment, phase, held) in cases {
        let it = read([shown(owned::<InternetGateway>("main"), attachment.clone())]).remove(0);
        let vpc = held.then_some("vpc-1");
        assert_eq!(it.phase, phase, "{attachment:?}");
        assert_eq!(it.seen, at(vpc), "{attachment:?}");
        assert_eq!(it.on, vpc.map(Id::from).into_iter().collect::<Vec<_>>(), "{attachment:?}");
    }
}
