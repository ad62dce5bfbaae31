use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::{LastError, SecurityGroupIdentifier, State, Tag};
use engine::{Attributes, Class, Known, Verdict};
use serde_json::{Value, json};

use super::*;
use crate::aws::wire::{Wire, answer, mark, owned, request, stamp, tags, untagged, view};

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

#[tokio::test]
async fn create_of_an_interface_endpoint_leaves_nothing_to_defaults() {
    let made = "<vpcEndpoint><vpcEndpointId>vpce-1</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType>\
        <vpcId>vpc-1</vpcId><state>pending</state><privateDnsEnabled>true</privateDnsEnabled></vpcEndpoint>";
    let wire = Wire::default().answer("CreateVpcEndpoint", made);
    let mark = mark(&interface());
    let live = interface().create(&wire.ec2(), &ids(), &mark).await.unwrap();
    let sent = &wire.requests()[0];
    let policy = allow("ecr:GetAuthorizationToken").to_string();
    let parameters = [
        ("ClientToken", mark.token.as_str()),
        ("VpcId", "vpc-1"),
        ("ServiceName", "com.amazonaws.eu-west-1.ecr.api"),
        ("VpcEndpointType", "Interface"),
        ("SubnetId.1", "subnet-a"),
        ("SubnetId.2", "subnet-b"),
        ("SecurityGroupId.1", "sg-1"),
        ("PrivateDnsEnabled", "true"),
        ("PolicyDocument", policy.as_str()),
    ];
    assert_eq!(untagged(sent), request("CreateVpcEndpoint", &parameters));
    assert_eq!(sent["TagSpecification.1.ResourceType"], "vpc-endpoint");
    assert_eq!(tags(sent), mark.tags);
    assert_eq!((live.key, live.id), (mark.key, Id::from("vpce-1")));
    assert_eq!(live.phase, Phase::Pending("pending".to_owned()));
}

#[tokio::test]
async fn create_of_a_gateway_endpoint_names_tables_and_no_policy_if_none_is_declared() {
    let made = "<vpcEndpoint><vpcEndpointId>vpce-1</vpcEndpointId><vpcEndpointType>Gateway</vpcEndpointType>\
        <vpcId>vpc-1</vpcId><serviceName>com.amazonaws.eu-west-1.s3</serviceName><state>available</state>\
        <routeTableIdSet><item>rtb-1</item></routeTableIdSet></vpcEndpoint>";
    let wire = Wire::default().answer("CreateVpcEndpoint", made);
    let mark = mark(&gateway());
    let live = gateway().create(&wire.ec2(), &ids(), &mark).await.unwrap();
    let parameters = [
        ("ClientToken", mark.token.as_str()),
        ("VpcId", "vpc-1"),
        ("ServiceName", "com.amazonaws.eu-west-1.s3"),
        ("VpcEndpointType", "Gateway"),
        ("RouteTableId.1", "rtb-1"),
    ];
    assert_eq!(untagged(&wire.requests()[0]), request("CreateVpcEndpoint", &parameters));
    assert_eq!(live.phase, Phase::Ready);
    assert_eq!(gateway().compare(&live.seen, &ids()).verdict(), Verdict::InSync);
}

#[tokio::test]
async fn a_token_that_returns_a_dead_endpoint_is_no_success() {
    for state in ["deleting", "deleted"] {
        let made = format!("<vpcEndpoint><vpcEndpointId>vpce-0</vpcEndpointId><state>{state}</state></vpcEndpoint>");
        let wire = Wire::default().answer("CreateVpcEndpoint", &made);
        let live = interface().create(&wire.ec2(), &ids(), &mark(&interface())).await.unwrap();
        assert_eq!(live.phase, Phase::Deleting);
    }
}

#[tokio::test]
async fn a_refused_create_is_classified() {
    let cases = [("VpcEndpointLimitExceeded", Class::Quota), ("InvalidParameter", Class::Invalid)];
    for (code, class) in cases {
        let wire = Wire::default().refuse(400, code);
        let fault = interface().create(&wire.ec2(), &ids(), &mark(&interface())).await.unwrap_err();
        assert_eq!((fault.class, fault.code.as_str(), fault.operation), (class, code, "CreateVpcEndpoint"));
    }
}

#[tokio::test]
async fn each_difference_is_its_own_parameter_of_one_call() {
    let policy = allow("ecr:GetAuthorizationToken").to_string();
    let cases = [
        (
            interface(),
            VpcEndpointSeen { subnets: set(["subnet-a", "subnet-z"]), ..interface_seen() },
            vec![("AddSubnetId.1", "subnet-b"), ("RemoveSubnetId.1", "subnet-z")],
        ),
        (
            interface(),
            VpcEndpointSeen { security_groups: set(["sg-0"]), ..interface_seen() },
            vec![("AddSecurityGroupId.1", "sg-1"), ("RemoveSecurityGroupId.1", "sg-0")],
        ),
        (interface(), VpcEndpointSeen { private_dns: false, ..interface_seen() }, vec![("PrivateDnsEnabled", "true")]),
        (
            interface(),
            VpcEndpointSeen { policy: Some(allow("*").to_string()), ..interface_seen() },
            vec![("PolicyDocument", policy.as_str())],
        ),
        (
            gateway(),
            VpcEndpointSeen { route_tables: set(["rtb-0"]), ..gateway_seen() },
            vec![("AddRouteTableId.1", "rtb-1"), ("RemoveRouteTableId.1", "rtb-0")],
        ),
        (
            gateway(),
            VpcEndpointSeen { policy: Some(allow("s3:GetObject").to_string()), ..gateway_seen() },
            vec![("ResetPolicy", "true")],
        ),
        (
            interface(),
            VpcEndpointSeen { private_dns: false, subnets: set(["subnet-a"]), ..interface_seen() },
            vec![("PrivateDnsEnabled", "true"), ("AddSubnetId.1", "subnet-b")],
        ),
    ];
    for (declared, seen, changes) in cases {
        let wire = Wire::default().answer("ModifyVpcEndpoint", "<return>true</return>");
        let live = declared.update(&wire.ec2(), &standing(seen), &[], &ids()).await.unwrap();
        let parameters = [vec![("VpcEndpointId", "vpce-1")], changes].concat();
        assert_eq!(wire.requests(), [request("ModifyVpcEndpoint", &parameters)]);
        assert_eq!(declared.compare(&live.seen, &ids()).verdict(), Verdict::InSync);
        assert_eq!(live.on, hangs_on(&live.seen));
    }
}

#[tokio::test]
async fn a_refused_update_is_classified() {
    let wire = Wire::default().refuse(503, "RequestLimitExceeded");
    let seen = VpcEndpointSeen { private_dns: false, ..interface_seen() };
    let fault = interface().update(&wire.ec2(), &standing(seen), &[], &ids()).await.unwrap_err();
    assert_eq!((fault.class, fault.operation), (Class::Throttled, "ModifyVpcEndpoint"));
}

#[tokio::test]
async fn delete_takes_its_time_and_reads_the_refusals_inside_the_answer() {
    let answered = |unsuccessful: &str| {
        let inner = format!("<unsuccessful>{unsuccessful}</unsuccessful>");
        Wire::default().answer("DeleteVpcEndpoints", &inner)
    };
    let item = |code: &str| {
        format!(
            "<item><resourceId>vpce-1</resourceId><error><code>{code}</code><message>said so</message></error></item>"
        )
    };
    let delete = async |wire: &Wire| VpcEndpoint::delete(&wire.ec2(), &standing(interface_seen())).await;

    let going = answered("");
    assert_eq!(delete(&going).await, Ok(Deletion::Going));
    assert_eq!(going.requests(), [request("DeleteVpcEndpoints", &[("VpcEndpointId.1", "vpce-1")])]);
    assert_eq!(delete(&answered(&item("InvalidVpcEndpointId.NotFound"))).await, Ok(Deletion::Gone));
    assert_eq!(delete(&Wire::default().refuse(400, "InvalidVpcEndpointId.NotFound")).await, Ok(Deletion::Gone));

    for (code, class) in [("DependencyViolation", Class::NotYet), ("UnauthorizedOperation", Class::Denied)] {
        let fault = delete(&answered(&item(code))).await.unwrap_err();
        let told = (fault.class, fault.code.as_str(), fault.message.as_str(), fault.operation);
        assert_eq!(told, (class, code, "said so", "DeleteVpcEndpoints"));
    }
}
