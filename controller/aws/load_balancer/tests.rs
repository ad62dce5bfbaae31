use aws_sdk_elasticloadbalancingv2::types::{AvailabilityZone, LoadBalancerState};
use engine::Class;

use super::*;
use crate::aws::owner::{STACK, UID};
use crate::aws::sources::{Detailed, Listed};
use crate::aws::wire::{Wire, answer, described_tags, ids, key, mark, request, said, stamp, tags, untagged, view};

const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/fs-shop-orders/1";

fn balancer() -> LoadBalancer {
    LoadBalancer {
        name: "main",
        vpc: Vpc::reference("main"),
        subnets: ["ecs-a", "ecs-b"].map(Subnet::reference).into(),
        security_group: SecurityGroup::reference("vpc-link"),
        cross_zone: true,
    }
}

fn known() -> Ids {
    ids([
        (key::<Vpc>("main"), "vpc-1"),
        (key::<Subnet>("ecs-a"), "subnet-1"),
        (key::<Subnet>("ecs-b"), "subnet-2"),
        (key::<SecurityGroup>("vpc-link"), "sg-1"),
    ])
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn as_declared() -> LoadBalancerSeen {
    LoadBalancerSeen {
        load_balancer_type: "network".to_owned(),
        scheme: "internal".to_owned(),
        vpc: "vpc-1".to_owned(),
        subnets: set(&["subnet-1", "subnet-2"]),
        security_groups: set(&["sg-1"]),
        cross_zone: Some(true),
        deletion_protection: false,
    }
}

fn xml(state: &str) -> String {
    format!(
        "<LoadBalancers><member><LoadBalancerArn>{ARN}</LoadBalancerArn><Type>network</Type><Scheme>internal</Scheme>\
         <VpcId>vpc-1</VpcId><AvailabilityZones><member><SubnetId>subnet-1</SubnetId></member>\
         <member><SubnetId>subnet-2</SubnetId></member></AvailabilityZones>\
         <SecurityGroups><member>sg-1</member></SecurityGroups><State><Code>{state}</Code></State></member></LoadBalancers>"
    )
}

#[test]
fn fields_are_compared() {
    let seen = as_declared;
    let cases = [
        (seen(), "in sync"),
        (LoadBalancerSeen { load_balancer_type: "application".to_owned(), ..seen() }, "replace type"),
        (LoadBalancerSeen { scheme: "internet-facing".to_owned(), ..seen() }, "replace scheme"),
        (LoadBalancerSeen { vpc: "vpc-2".to_owned(), ..seen() }, "replace vpc"),
        (LoadBalancerSeen { subnets: set(&["subnet-1"]), ..seen() }, "update subnets"),
        (LoadBalancerSeen { security_groups: set(&["sg-1", "sg-2"]), ..seen() }, "update securityGroups"),
        (LoadBalancerSeen { cross_zone: None, ..seen() }, "update crossZone"),
        (LoadBalancerSeen { deletion_protection: true, ..seen() }, "update deletionProtection"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&balancer().compare(&seen, &known())), expected, "{seen:?}");
    }
    for missing in [key::<Vpc>("main"), key::<Subnet>("ecs-b"), key::<SecurityGroup>("vpc-link")] {
        let mut ids = known();
        ids.remove(&missing);
        assert_eq!(said(&balancer().compare(&as_declared(), &ids)), format!("unknown {missing}"));
    }
    assert_eq!(balancer().needs().len(), 4);
}

fn listed(name: &str, arn: &str, state: LoadBalancerStateEnum) -> Sdk {
    let zone = |subnet: &str| AvailabilityZone::builder().subnet_id(subnet).build();
    Sdk::builder()
        .load_balancer_arn(arn)
        .load_balancer_name(name)
        .r#type(LoadBalancerTypeEnum::Network)
        .scheme(LoadBalancerSchemeEnum::Internal)
        .vpc_id("vpc-1")
        .availability_zones(zone("subnet-1"))
        .availability_zones(zone("subnet-2"))
        .security_groups("sg-1")
        .state(LoadBalancerState::builder().code(state).reason("no room").build())
        .build()
}

fn viewed(state: LoadBalancerStateEnum, tags: Tags) -> View {
    let attributes = [(CROSS_ZONE, "true"), (DELETION_PROTECTION, "false")];
    let attributes = attributes.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    View {
        listed: Listed { load_balancers: answer([listed("fs-any", ARN, state)]), ..Listed::default() },
        detailed: Detailed {
            load_balancer_details: [(ARN, LoadBalancerDetail { tags, attributes })].into_iter().collect(),
            ..Detailed::default()
        },
        ..view()
    }
}

#[test]
fn every_state_is_read() {
    let states = [
        (LoadBalancerStateEnum::Active, Phase::Ready),
        (LoadBalancerStateEnum::ActiveImpaired, Phase::Ready),
        (LoadBalancerStateEnum::Provisioning, Phase::Pending("provisioning".to_owned())),
        (LoadBalancerStateEnum::Failed, Phase::Failed("no room".to_owned())),
        (LoadBalancerStateEnum::from("new_word"), Phase::Pending("new_word".to_owned())),
    ];
    for (state, phase) in states {
        let marked = stamp().tags(&key::<LoadBalancer>("main"), 2, Tags::new());
        let view = viewed(state, marked.clone());
        let [live] = LoadBalancer::read(&view, &stamp().owner).try_into().unwrap();
        assert_eq!((live.key, live.attempt, live.id.as_str()), (key::<LoadBalancer>("main"), 2, ARN));
        assert_eq!((live.phase, live.seen, live.tags), (phase, as_declared(), marked));
        let on: Vec<_> = live.on.iter().map(Id::as_str).collect();
        assert_eq!(on, ["vpc-1", "subnet-1", "subnet-2", "sg-1"]);
    }
}

#[test]
fn what_is_not_ours_is_not_read() {
    let mut tags = stamp().tags(&key::<LoadBalancer>("main"), 0, Tags::new());
    tags.insert(UID.to_owned(), "uid-2".to_owned());
    assert!(LoadBalancer::read(&viewed(LoadBalancerStateEnum::Active, tags), &stamp().owner).is_empty());
}

#[test]
fn only_names_of_the_stack_are_asked_about() {
    let ours = format!("{}0", elb::prefix("shop/orders"));
    let active = LoadBalancerStateEnum::Active;
    let all = [listed(&ours, "arn-1", active.clone()), listed("fs-shop-orders-of-others", "arn-2", active)];
    let view = View { listed: Listed { load_balancers: answer(all), ..Listed::default() }, ..view() };
    let (owner, named) = (stamp().owner, crate::aws::observe::Named::default());
    let look = Look { view: &view, owner: &owner, expected: &[], named: &named };
    assert_eq!(LoadBalancerDetails::subjects(&look), BTreeSet::from([Id::from("arn-1")]));
}

#[tokio::test]
async fn a_create_says_everything_and_is_verified() {
    let mark = mark(&balancer());
    let wire = Wire::default()
        .answer_query("CreateLoadBalancer", &xml("provisioning"))
        .answer_query("DescribeTags", &described_tags(ARN, &mark.tags))
        .answer_query("ModifyLoadBalancerAttributes", "");
    let made = balancer().create(&wire.cloud().elb, &known(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), made.seen), (ARN, as_declared()));
    assert_eq!(made.phase, Phase::Pending("provisioning".to_owned()));
    let requests = wire.requests();
    let name = elb::name(&mark, &["vpc-1"]);
    let create = [
        ("Name", name.as_str()),
        ("Type", "network"),
        ("Scheme", "internal"),
        ("Subnets.member.1", "subnet-1"),
        ("Subnets.member.2", "subnet-2"),
        ("SecurityGroups.member.1", "sg-1"),
    ];
    assert_eq!(untagged(&requests[0]), request("CreateLoadBalancer", &create));
    assert_eq!(tags(&requests[0]), mark.tags);
    let attributes = [
        ("LoadBalancerArn", ARN),
        ("Attributes.member.1.Key", CROSS_ZONE),
        ("Attributes.member.1.Value", "true"),
        ("Attributes.member.2.Key", DELETION_PROTECTION),
        ("Attributes.member.2.Value", "false"),
    ];
    assert_eq!(requests[2], request("ModifyLoadBalancerAttributes", &attributes));
}

#[tokio::test]
async fn attributes_that_failed_are_made_up_for() {
    let mark = mark(&balancer());
    let wire = Wire::default()
        .answer_query("CreateLoadBalancer", &xml("active"))
        .answer_query("DescribeTags", &described_tags(ARN, &mark.tags))
        .refuse_query(503, "ServiceUnavailable");
    let made = balancer().create(&wire.cloud().elb, &known(), &mark).await.unwrap();
    assert_eq!(said(&balancer().compare(&made.seen, &known())), "update crossZone");
}

#[tokio::test]
async fn a_taken_name_is_ours_or_a_conflict() {
    let mark = mark(&balancer());
    let wire = |tags: &Tags| {
        Wire::default()
            .refuse_query(400, "DuplicateLoadBalancerName")
            .answer_query("DescribeLoadBalancers", &xml("active"))
            .answer_query("DescribeTags", &described_tags(ARN, tags))
    };
    let ours = wire(&mark.tags).answer_query("ModifyLoadBalancerAttributes", "");
    let made = balancer().create(&ours.cloud().elb, &known(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), made.phase, ours.requests().len()), (ARN, Phase::Ready, 4));
    let others = wire(&Tags::from([(STACK.to_owned(), "shop/other".to_owned())]));
    let fault = balancer().create(&others.cloud().elb, &known(), &mark).await.unwrap_err();
    assert_eq!((fault.class, fault.effect), (Class::Conflict, engine::Effect::None));
    assert_eq!(others.requests().len(), 3, "nothing of it is changed");
}

#[tokio::test]
async fn each_difference_is_one_call() {
    let update = async |seen: LoadBalancerSeen, wire: Wire| {
        let changes = balancer().compare(&seen, &known()).changeable().to_vec();
        let live = mark(&balancer()).live(ARN, Phase::Ready, seen);
        let after = balancer().update(&wire.cloud().elb, &live, &changes, &known()).await.unwrap();
        assert_eq!(said(&balancer().compare(&after.seen, &known())), "in sync");
        wire.requests()
    };
    let seen = LoadBalancerSeen { subnets: set(&["subnet-1"]), ..as_declared() };
    let subnets = [("LoadBalancerArn", ARN), ("Subnets.member.1", "subnet-1"), ("Subnets.member.2", "subnet-2")];
    let requests = update(seen, Wire::default().answer_query("SetSubnets", "")).await;
    assert_eq!(requests, [request("SetSubnets", &subnets)]);
    let seen = LoadBalancerSeen { security_groups: set(&["sg-9"]), ..as_declared() };
    let groups = [("LoadBalancerArn", ARN), ("SecurityGroups.member.1", "sg-1")];
    let requests = update(seen, Wire::default().answer_query("SetSecurityGroups", "")).await;
    assert_eq!(requests, [request("SetSecurityGroups", &groups)]);
    let seen = LoadBalancerSeen { cross_zone: Some(false), deletion_protection: true, ..as_declared() };
    let requests = update(seen, Wire::default().answer_query("ModifyLoadBalancerAttributes", "")).await;
    assert_eq!(requests[0]["Action"], "ModifyLoadBalancerAttributes");
}

#[tokio::test]
async fn deleting_takes_time_and_twice_is_no_fault() {
    let live = mark(&balancer()).live(ARN, Phase::Ready, as_declared());
    let wire = Wire::default().answer_query("DeleteLoadBalancer", "");
    assert_eq!(LoadBalancer::delete(&wire.cloud().elb, &live).await, Ok(Deletion::Going));
    assert_eq!(wire.requests(), [request("DeleteLoadBalancer", &[("LoadBalancerArn", ARN)])]);
    let wire = Wire::default().refuse_query(400, "LoadBalancerNotFound");
    assert_eq!(LoadBalancer::delete(&wire.cloud().elb, &live).await, Ok(Deletion::Gone));
    let wire = Wire::default().refuse_query(400, "OperationNotPermitted");
    assert_eq!(LoadBalancer::delete(&wire.cloud().elb, &live).await.unwrap_err().class, Class::NotYet);
    let seen = LoadBalancerSeen { deletion_protection: true, ..as_declared() };
    let wire = Wire::default().refuse_query(400, "OperationNotPermitted");
    let fault = LoadBalancer::delete(&wire.cloud().elb, &Live { seen, ..live }).await.unwrap_err();
    assert_eq!(fault.class, Class::Conflict);
    assert!(fault.message.ends_with("set its attribute deletion_protection.enabled to false"), "{}", fault.message);
}

#[tokio::test]
async fn details_of_what_is_gone_are_none() {
    let wire = Wire::default().refuse_query(400, "LoadBalancerNotFound");
    assert_eq!(LoadBalancerDetails::ask(&wire.cloud().elb, &Id::from(ARN)).await, Ok(None));
    let attribute = format!("<Attributes><member><Key>{CROSS_ZONE}</Key><Value>true</Value></member></Attributes>");
    let wire = Wire::default()
        .answer_query("DescribeTags", &described_tags(ARN, &Tags::new()))
        .answer_query("DescribeLoadBalancerAttributes", &attribute);
    let detail = LoadBalancerDetails::ask(&wire.cloud().elb, &Id::from(ARN)).await.unwrap().unwrap();
    assert_eq!(detail.attributes[CROSS_ZONE], "true");
}
