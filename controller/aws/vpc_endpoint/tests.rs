use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::{LastError, SecurityGroupIdentifier, State, Tag, VpcEndpoint as Sdk};
use engine::{Attributes, Class, Id, Known, Phase, Verdict};
use serde_json::{Value, json};

use super::*;
use crate::aws::wire::{Wire, answer, mark, owned, request, stamp, tags, untagged, view};

mod effects;

fn allow(action: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*" }] })
}

fn interface() -> VpcEndpoint {
    VpcEndpoint {
        name: "ecr-api".to_owned(),
        service_name: "com.amazonaws.eu-west-1.ecr.api".to_owned(),
        vpc: Vpc::reference("main"),
        attachment: Attachment::Interface {
            subnets: vec![Subnet::reference("ecs-a"), Subnet::reference("ecs-b")],
            security_group: SecurityGroup::reference("endpoints"),
        },
        policy: Some(allow("ecr:GetAuthorizationToken")),
    }
}

fn gateway() -> VpcEndpoint {
    VpcEndpoint {
        name: "s3".to_owned(),
        service_name: "com.amazonaws.eu-west-1.s3".to_owned(),
        vpc: Vpc::reference("main"),
        attachment: Attachment::Gateway { route_tables: vec![RouteTable::reference("ecs")] },
        policy: None,
    }
}

fn ids() -> Ids {
    let known = [
        (Vpc::reference("main").key().clone(), "vpc-1"),
        (Subnet::reference("ecs-a").key().clone(), "subnet-a"),
        (Subnet::reference("ecs-b").key().clone(), "subnet-b"),
        (SecurityGroup::reference("endpoints").key().clone(), "sg-1"),
        (RouteTable::reference("ecs").key().clone(), "rtb-1"),
    ];
    let known = known.into_iter().map(|(key, id)| (key, Known { id: Id::from(id), attributes: Attributes::new() }));
    known.collect()
}

fn set<const N: usize>(ids: [&str; N]) -> BTreeSet<String> {
    ids.map(str::to_owned).into()
}

/// As declared by [`interface`].
fn interface_seen() -> VpcEndpointSeen {
    VpcEndpointSeen {
        vpc: "vpc-1".to_owned(),
        service_name: "com.amazonaws.eu-west-1.ecr.api".to_owned(),
        endpoint_type: "Interface".to_owned(),
        subnets: set(["subnet-a", "subnet-b"]),
        security_groups: set(["sg-1"]),
        route_tables: set([]),
        private_dns: true,
        policy: Some(allow("ecr:GetAuthorizationToken").to_string()),
    }
}

/// As declared by [`gateway`].
fn gateway_seen() -> VpcEndpointSeen {
    VpcEndpointSeen {
        service_name: "com.amazonaws.eu-west-1.s3".to_owned(),
        endpoint_type: "Gateway".to_owned(),
        subnets: set([]),
        security_groups: set([]),
        route_tables: set(["rtb-1"]),
        private_dns: false,
        policy: Some(allow("*").to_string()),
        ..interface_seen()
    }
}

/// How [`interface`] looks in `state`, which AWS sends in lower case.
fn shown(state: &str) -> Sdk {
    Sdk::builder()
        .vpc_endpoint_id("vpce-1")
        .vpc_endpoint_type(VpcEndpointType::Interface)
        .vpc_id("vpc-1")
        .service_name("com.amazonaws.eu-west-1.ecr.api")
        .state(State::from(state))
        .policy_document(allow("ecr:GetAuthorizationToken").to_string())
        .subnet_ids("subnet-b")
        .subnet_ids("subnet-a")
        .groups(SecurityGroupIdentifier::builder().group_id("sg-1").group_name("endpoints").build())
        .private_dns_enabled(true)
        .creation_timestamp(DateTime::from_secs(1_700_000_000))
        .set_tags(owned::<VpcEndpoint>("ecr-api"))
        .build()
}

fn read(endpoint: Sdk) -> Vec<Live<VpcEndpointSeen>> {
    VpcEndpoint::read(&View { vpc_endpoints: answer([endpoint]), ..view() }, &stamp().owner)
}

fn standing(seen: VpcEndpointSeen) -> Live<VpcEndpointSeen> {
    Live { on: hangs_on(&seen), ..mark(&interface()).live("vpce-1", Phase::Ready, seen) }
}

#[test]
fn as_declared() {
    assert_eq!(interface().compare(&interface_seen(), &ids()).verdict(), Verdict::InSync);
    assert_eq!(gateway().compare(&gateway_seen(), &ids()).verdict(), Verdict::InSync);
}

#[test]
fn place_service_and_type_are_fixed() {
    let other = || "other".to_owned();
    let cases = [
        ("vpc", VpcEndpointSeen { vpc: other(), ..interface_seen() }),
        ("serviceName", VpcEndpointSeen { service_name: other(), ..interface_seen() }),
        ("type", VpcEndpointSeen { endpoint_type: "Gateway".to_owned(), ..interface_seen() }),
    ];
    for (field, seen) in cases {
        let Verdict::Replace(changes) = interface().compare(&seen, &ids()).verdict() else { panic!("{field}") };
        assert_eq!(changes.iter().map(|change| change.field).collect::<Vec<_>>(), [field]);
    }
}

#[test]
fn the_rest_is_changed_in_place() {
    let full = Some(allow("*").to_string());
    let cases = [
        ("subnets", interface(), VpcEndpointSeen { subnets: set(["subnet-a"]), ..interface_seen() }),
        ("securityGroups", interface(), VpcEndpointSeen { security_groups: set(["sg-0", "sg-1"]), ..interface_seen() }),
        ("privateDns", interface(), VpcEndpointSeen { private_dns: false, ..interface_seen() }),
        ("policy", interface(), VpcEndpointSeen { policy: full, ..interface_seen() }),
        ("routeTables", gateway(), VpcEndpointSeen { route_tables: set(["rtb-1", "rtb-2"]), ..gateway_seen() }),
        ("policy", gateway(), VpcEndpointSeen { policy: Some(allow("s3:GetObject").to_string()), ..gateway_seen() }),
    ];
    for (field, declared, seen) in cases {
        let Verdict::Update(changes) = declared.compare(&seen, &ids()).verdict() else { panic!("{field}") };
        assert_eq!(changes.iter().map(|change| change.field).collect::<Vec<_>>(), [field]);
    }
}

#[test]
fn nothing_is_compared_with_an_unknown_id() {
    for (endpoint, seen) in [(interface(), interface_seen()), (gateway(), gateway_seen())] {
        for need in endpoint.needs() {
            let mut ids = ids();
            ids.remove(&need.key);
            assert_eq!(endpoint.compare(&seen, &ids).verdict(), Verdict::Unknown(need.key));
        }
    }
}

#[test]
fn needs_a_vpc_with_dns_and_what_it_is_attached_to() {
    let vpc = Vpc::reference("main").ready();
    let subnets = ["ecs-a", "ecs-b"].map(|name| Subnet::reference(name).exists());
    let group = SecurityGroup::reference("endpoints").exists();
    assert_eq!(interface().needs(), [vec![vpc.clone()], subnets.to_vec(), vec![group]].concat());
    assert_eq!(gateway().needs(), [vpc, RouteTable::reference("ecs").exists()]);
}

#[test]
fn states_are_phases_in_any_case_of_letters_and_a_deleted_one_is_gone() {
    let pending = |state: &str| Some(Phase::Pending(state.to_owned()));
    let failed = |state: &str| Some(Phase::Failed(state.to_owned()));
    let cases = [
        ("available", Some(Phase::Ready)),
        ("Available", Some(Phase::Ready)),
        ("pending", pending("pending")),
        ("pendingAcceptance", pending("pendingacceptance")),
        ("partial", pending("partial")),
        ("failed", failed("failed")),
        ("Rejected", failed("rejected")),
        ("expired", failed("expired")),
        ("deleting", Some(Phase::Deleting)),
        ("deleted", None),
        ("Deleted", None),
    ];
    for (state, phase) in cases {
        assert_eq!(read(shown(state)).pop().map(|live| live.phase), phase, "{state}");
    }
    let mut broken = shown("failed");
    broken.last_error = Some(LastError::builder().code("NoInterface").message("no address is free").build());
    assert_eq!(read(broken)[0].phase, Phase::Failed("NoInterface: no address is free".to_owned()));
}

#[test]
fn it_hangs_on_what_it_is_attached_to() {
    let live = read(shown("available")).remove(0);
    assert_eq!(live.seen, interface_seen());
    assert_eq!(live.on, ["vpc-1", "subnet-a", "subnet-b", "sg-1"].map(Id::from));
    assert_eq!((live.id.as_str(), live.created, live.within), ("vpce-1", Some(1_700_000_000), None));
    assert_eq!(hangs_on(&gateway_seen()), ["vpc-1", "rtb-1"].map(Id::from));
}

#[test]
fn only_marked_endpoints_are_ours() {
    let mut theirs = shown("available");
    for tags in [None, Some(vec![Tag::builder().key("Name").value("ecr-api").build()])] {
        theirs.tags = tags;
        assert!(read(theirs.clone()).is_empty());
    }
}
