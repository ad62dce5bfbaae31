use aws_sdk_ec2::types::builders::SubnetBuilder;
use aws_sdk_ec2::types::{Vpc as SdkVpc, VpcCidrBlockAssociation, VpcCidrBlockState, VpcCidrBlockStateCode};
use engine::{Class, Key, Tags};

use super::*;
use crate::aws::owner;
use crate::aws::wire::{Wire, answer, ids, key, mark, owned, request, said, sdk_tags, stamp, tags, untagged, view};

fn subnet() -> Subnet {
    Subnet {
        name: "ecs-a".to_owned(),
        vpc: Vpc::reference("main"),
        block: Some(VpcCidr::reference("ecs")),
        cidr: "172.10.0.0/20".parse().unwrap(),
        zone_id: "euw1-az1".to_owned(),
    }
}

fn known() -> Ids {
    ids([(key::<Vpc>("main"), "vpc-1"), (key::<VpcCidr>("ecs"), "vpc-cidr-assoc-1")])
}

fn as_declared() -> SubnetSeen {
    SubnetSeen {
        vpc: "vpc-1".to_owned(),
        cidr: "172.10.0.0/20".to_owned(),
        zone_id: "euw1-az1".to_owned(),
        map_public_ip: false,
    }
}

fn live() -> Live<SubnetSeen> {
    mark(&subnet()).live("subnet-1", Phase::Ready, SubnetSeen { map_public_ip: true, ..as_declared() })
}

#[test]
fn fields_are_compared() {
    let cases = [
        (as_declared(), "in sync"),
        (SubnetSeen { vpc: "vpc-2".to_owned(), ..as_declared() }, "replace vpc"),
        (SubnetSeen { cidr: "172.10.16.0/20".to_owned(), ..as_declared() }, "replace cidr"),
        (SubnetSeen { zone_id: "euw1-az2".to_owned(), ..as_declared() }, "replace zoneId"),
        (SubnetSeen { map_public_ip: true, ..as_declared() }, "update mapPublicIpOnLaunch"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&subnet().compare(&seen, &known())), expected, "{seen:?}");
    }
    assert_eq!(said(&subnet().compare(&as_declared(), &Ids::default())), "unknown vpc/main");
}

#[test]
fn it_needs_its_block_associated_and_of_the_vpc_only_the_id() {
    let vpc = Vpc::reference("main").exists();
    assert_eq!(subnet().needs(), [vpc.clone(), VpcCidr::reference("ecs").ready()]);
    assert_eq!(Subnet { block: None, ..subnet() }.needs(), [vpc]);
}

#[tokio::test]
async fn a_create_carries_all_tags_and_returns_what_was_declared() {
    let wire = Wire::default().answer(
        "CreateSubnet",
        "<subnet><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><cidrBlock>172.10.0.0/20</cidrBlock>\
         <availabilityZoneId>euw1-az1</availabilityZoneId><mapPublicIpOnLaunch>false</mapPublicIpOnLaunch>\
         <state>pending</state></subnet>",
    );
    let mark = mark(&subnet());
    let made = subnet().create(&wire.ec2(), &known(), &mark).await.unwrap();
    assert_eq!(said(&subnet().compare(&made.seen, &known())), "in sync");
    assert_eq!(made.id, Id::from("subnet-1"));
    assert_eq!(made.phase, Phase::Pending("pending".to_owned()));
    assert_eq!(made.on, [Id::from("vpc-1"), Id::from("vpc-cidr-assoc-1")]);
    let requests = wire.requests();
    let expected = request(
        "CreateSubnet",
        &[("VpcId", "vpc-1"), ("CidrBlock", "172.10.0.0/20"), ("AvailabilityZoneId", "euw1-az1")],
    );
    assert_eq!(untagged(&requests[0]), expected);
    assert_eq!(requests[0]["TagSpecification.1.ResourceType"], "subnet");
    assert_eq!(tags(&requests[0]), mark.tags);
}

#[tokio::test]
async fn a_refused_create_comes_back_classified() {
    let cases = [
        ("InvalidSubnet.Conflict", Class::Conflict),
        ("InvalidSubnet.Range", Class::NotYet),
        ("SubnetLimitExceeded", Class::Quota),
    ];
    for (code, class) in cases {
        let wire = Wire::default().refuse(400, code);
        let fault = subnet().create(&wire.ec2(), &known(), &mark(&subnet())).await.unwrap_err();
        assert_eq!(
            (fault.class, fault.operation, fault.effect),
            (class, "CreateSubnet", engine::Effect::None),
            "{code}"
        );
    }
}

#[tokio::test]
async fn a_create_without_its_upstream_makes_no_call() {
    let wire = Wire::default();
    let fault = subnet().create(&wire.ec2(), &Ids::default(), &mark(&subnet())).await.unwrap_err();
    assert_eq!((fault.class, fault.message.as_str()), (Class::NotYet, "vpc/main has no id yet"));
    assert!(wire.requests().is_empty());
}

#[tokio::test]
async fn an_update_switches_public_addresses_off() {
    let wire = Wire::default().answer("ModifySubnetAttribute", "<return>true</return>");
    let made = subnet().update(&wire.ec2(), &live(), &[], &known()).await.unwrap();
    assert_eq!(said(&subnet().compare(&made.seen, &known())), "in sync");
    let parameters = [("SubnetId", "subnet-1"), ("MapPublicIpOnLaunch.Value", "false")];
    assert_eq!(wire.requests(), [request("ModifySubnetAttribute", &parameters)]);
}

#[tokio::test]
async fn a_delete_of_what_is_gone_succeeds_and_one_in_use_is_not_yet() {
    let done = Wire::default().answer("DeleteSubnet", "<return>true</return>");
    assert_eq!(Subnet::delete(&done.ec2(), &live()).await, Ok(Deletion::Gone));
    assert_eq!(done.requests(), [request("DeleteSubnet", &[("SubnetId", "subnet-1")])]);

    let gone = Wire::default().refuse(400, "InvalidSubnetID.NotFound");
    assert_eq!(Subnet::delete(&gone.ec2(), &live()).await, Ok(Deletion::Gone));

    let interface =
        "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId></item></networkInterfaceSet>";
    let used = Wire::default().refuse(400, "DependencyViolation").answer("DescribeNetworkInterfaces", interface);
    let fault = Subnet::delete(&used.ec2(), &live()).await.unwrap_err();
    assert_eq!((fault.class, fault.message.as_str()), (Class::NotYet, "in use by network interface eni-1"));
}

fn shown(name: &str) -> SubnetBuilder {
    Sdk::builder()
        .subnet_id("subnet-1")
        .vpc_id("vpc-1")
        .cidr_block("172.10.0.0/20")
        .availability_zone_id("euw1-az1")
        .map_public_ip_on_launch(true)
        .state(SubnetState::Available)
        .set_tags(owned::<Subnet>(name))
}

/// Our VPC with its own block and the secondary one that its mark names.
fn vpc() -> SdkVpc {
    let association = |id: &str, cidr: &str| {
        let state = VpcCidrBlockState::builder().state(VpcCidrBlockStateCode::Associated).build();
        VpcCidrBlockAssociation::builder().association_id(id).cidr_block(cidr).cidr_block_state(state).build()
    };
    let secondary = Tags::from([(owner::SECONDARY_CIDR.to_owned(), "172.10.0.0/16".to_owned())]);
    SdkVpc::builder()
        .vpc_id("vpc-1")
        .set_tags(sdk_tags(&stamp().tags(&key::<Vpc>("main"), 0, secondary)))
        .cidr_block_association_set(association("vpc-cidr-assoc-0", "10.0.0.0/16"))
        .cidr_block_association_set(association("vpc-cidr-assoc-1", "172.10.0.0/16"))
        .build()
}

fn read(subnets: impl IntoIterator<Item = Sdk>) -> Vec<Live<SubnetSeen>> {
    let view = View { vpcs: answer([vpc()]), subnets: answer(subnets), ..view() };
    Subnet::read(&view, &stamp().owner)
}

#[test]
fn it_reads_what_is_shown_of_ours_alone() {
    let other = shown("ecs-a").set_tags(None).subnet_id("subnet-2").build();
    let another_kind = shown("ecs-a").set_tags(owned::<Vpc>("main")).subnet_id("subnet-3").build();
    let read = read([shown("ecs-a").build(), other, another_kind]);
    let [it] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!(it.key, Key::new(Subnet::KIND, "ecs-a"));
    assert_eq!(it.id, Id::from("subnet-1"));
    assert_eq!(it.seen, SubnetSeen { map_public_ip: true, ..as_declared() });
    assert_eq!((it.phase.clone(), it.within.clone()), (Phase::Ready, None));
}

#[test]
fn it_hangs_on_its_vpc_and_on_the_secondary_block_that_it_lies_in() {
    let on = |cidr: &str| read([shown("ecs-a").cidr_block(cidr).build()]).remove(0).on;
    assert_eq!(on("172.10.0.0/20"), [Id::from("vpc-1"), Id::from("vpc-cidr-assoc-1")]);
    // The primary block is no resource of its own.
    assert_eq!(on("10.0.0.0/20"), [Id::from("vpc-1")]);
}

#[test]
fn every_state_has_its_phase() {
    let cases = [
        (Some(SubnetState::Available), Phase::Ready),
        (Some(SubnetState::Pending), Phase::Pending("pending".to_owned())),
        (Some(SubnetState::Unavailable), Phase::Broken("unavailable".to_owned())),
        (Some(SubnetState::Failed), Phase::Failed("failed".to_owned())),
        (Some(SubnetState::FailedInsufficientCapacity), Phase::Failed("failed-insufficient-capacity".to_owned())),
        (Some(SubnetState::from("new")), Phase::Pending("new".to_owned())),
        (None, Phase::Pending("no state".to_owned())),
    ];
    for (state, expected) in cases {
        let read = read([shown("ecs-a").set_state(state.clone()).build()]);
        assert_eq!(read[0].phase, expected, "{state:?}");
    }
}
