use engine::Class;

use super::*;
use crate::aws::owner::UID;
use crate::aws::sources::{Detailed, Listed};
use crate::aws::wire::{Wire, answer, described_tags, ids, key, mark, request, said, stamp, tags, untagged, view};

const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/fs-shop-orders/1";

fn group(check: TargetCheck) -> TargetGroup {
    TargetGroup { name: "main", vpc: Vpc::reference("main"), port: 8080, check }
}

fn known() -> Ids {
    ids([(key::<Vpc>("main"), "vpc-1")])
}

fn http() -> TargetCheck {
    TargetCheck::Http("/healthz".to_owned())
}

fn as_declared(check: &TargetCheck) -> TargetGroupSeen {
    TargetGroupSeen {
        target_type: "ip".to_owned(),
        protocol: "TCP".to_owned(),
        port: 8080,
        vpc: "vpc-1".to_owned(),
        check: CheckSeen::of(check),
        deregistration_delay: Some("30".to_owned()),
        preserve_client_ip: Some("false".to_owned()),
    }
}

fn listed() -> Sdk {
    Sdk::builder()
        .target_group_arn(ARN)
        .target_group_name(format!("{}0", elb::prefix("shop/orders")))
        .target_type(TargetTypeEnum::Ip)
        .protocol(ProtocolEnum::Tcp)
        .port(8080)
        .vpc_id("vpc-1")
        .health_check_protocol(ProtocolEnum::Http)
        .health_check_port("traffic-port")
        .health_check_path("/healthz")
        .matcher(Matcher::builder().http_code("200-399").build())
        .health_check_interval_seconds(10)
        .health_check_timeout_seconds(5)
        .healthy_threshold_count(2)
        .unhealthy_threshold_count(2)
        .build()
}

const XML: &str = "<TargetGroups><member><TargetGroupArn>arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/fs-shop-orders/1</TargetGroupArn>\
    <TargetType>ip</TargetType><Protocol>TCP</Protocol><Port>8080</Port><VpcId>vpc-1</VpcId>\
    <HealthCheckProtocol>TCP</HealthCheckProtocol><HealthCheckPort>traffic-port</HealthCheckPort>\
    <HealthCheckIntervalSeconds>10</HealthCheckIntervalSeconds><HealthCheckTimeoutSeconds>5</HealthCheckTimeoutSeconds>\
    <HealthyThresholdCount>2</HealthyThresholdCount><UnhealthyThresholdCount>2</UnhealthyThresholdCount></member></TargetGroups>";

#[test]
fn fields_are_compared() {
    let seen = || as_declared(&TargetCheck::Tcp);
    let check = CheckSeen::of(&TargetCheck::Tcp);
    let cases = [
        (seen(), "in sync"),
        (TargetGroupSeen { target_type: "instance".to_owned(), ..seen() }, "replace targetType"),
        (TargetGroupSeen { protocol: "UDP".to_owned(), ..seen() }, "replace protocol"),
        (TargetGroupSeen { port: 80, ..seen() }, "replace port"),
        (TargetGroupSeen { vpc: "vpc-2".to_owned(), ..seen() }, "replace vpc"),
        (TargetGroupSeen { check: CheckSeen { interval: 30, ..check }, ..seen() }, "update healthCheck"),
        (TargetGroupSeen { check: CheckSeen::of(&http()), ..seen() }, "update healthCheck"),
        (TargetGroupSeen { deregistration_delay: Some("300".to_owned()), ..seen() }, "update deregistrationDelay"),
        (TargetGroupSeen { preserve_client_ip: Some("true".to_owned()), ..seen() }, "update preserveClientIp"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&group(TargetCheck::Tcp).compare(&seen, &known())), expected, "{seen:?}");
    }
    let unknown = group(TargetCheck::Tcp).compare(&seen(), &Ids::default());
    assert_eq!(said(&unknown), "unknown vpc/main");
}

fn viewed(tags: Tags) -> View {
    let attributes = [(DELAY, "30"), (PRESERVE_CLIENT_IP, "false")];
    let attributes = attributes.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    View {
        listed: Listed { target_groups: answer([listed()]), ..Listed::default() },
        detailed: Detailed {
            target_group_details: [(ARN, TargetGroupDetail { tags, attributes })].into_iter().collect(),
            ..Detailed::default()
        },
        ..view()
    }
}

#[test]
fn ours_is_read_and_nobody_elses() {
    let mut marked = stamp().tags(&key::<TargetGroup>("main"), 1, Tags::new());
    let [live] = TargetGroup::read(&viewed(marked.clone()), &stamp().owner).try_into().unwrap();
    assert_eq!((live.key, live.attempt, live.id.as_str()), (key::<TargetGroup>("main"), 1, ARN));
    assert_eq!((live.phase, live.seen, live.on), (Phase::Ready, as_declared(&http()), vec![Id::from("vpc-1")]));
    marked.insert(UID.to_owned(), "uid-2".to_owned());
    assert!(TargetGroup::read(&viewed(marked), &stamp().owner).is_empty());
}

/// AWS may go on showing the path of a check that speaks TCP now.
#[test]
fn a_tcp_check_has_no_path() {
    let mut was_http = listed();
    was_http.health_check_protocol = Some(ProtocolEnum::Tcp);
    assert_eq!(CheckSeen::read(&was_http), CheckSeen::of(&TargetCheck::Tcp));
}

#[test]
fn only_names_of_the_stack_are_asked_about() {
    let view = viewed(Tags::new());
    let (owner, named) = (stamp().owner, crate::aws::observe::Named::default());
    let look = Look { view: &view, owner: &owner, expected: &[], named: &named };
    assert_eq!(TargetGroupDetails::subjects(&look), BTreeSet::from([Id::from(ARN)]));
    let other = crate::aws::owner::Owner { stack: "shop/other".to_owned(), ..owner.clone() };
    assert!(TargetGroupDetails::subjects(&Look { owner: &other, ..look }).is_empty());
}

#[tokio::test]
async fn a_create_says_everything_and_is_verified() {
    let mark = mark(&group(TargetCheck::Tcp));
    let wire = Wire::default()
        .answer_query("CreateTargetGroup", XML)
        .answer_query("DescribeTags", &described_tags(ARN, &mark.tags))
        .answer_query("ModifyTargetGroupAttributes", "");
    let made = group(TargetCheck::Tcp).create(&wire.cloud().elb, &known(), &mark).await.unwrap();
    assert_eq!((made.id.as_str(), made.phase, made.seen), (ARN, Phase::Ready, as_declared(&TargetCheck::Tcp)));
    let requests = wire.requests();
    let name = elb::name(&mark, &["vpc-1", "8080"]);
    let create = [
        ("Name", name.as_str()),
        ("TargetType", "ip"),
        ("Protocol", "TCP"),
        ("Port", "8080"),
        ("VpcId", "vpc-1"),
        ("HealthCheckEnabled", "true"),
        ("HealthCheckProtocol", "TCP"),
        ("HealthCheckPort", "traffic-port"),
        ("HealthCheckIntervalSeconds", "10"),
        ("HealthCheckTimeoutSeconds", "5"),
        ("HealthyThresholdCount", "2"),
        ("UnhealthyThresholdCount", "2"),
    ];
    assert_eq!(untagged(&requests[0]), request("CreateTargetGroup", &create));
    assert_eq!(tags(&requests[0]), mark.tags);
    let attributes = [
        ("TargetGroupArn", ARN),
        ("Attributes.member.1.Key", DELAY),
        ("Attributes.member.1.Value", "30"),
        ("Attributes.member.2.Key", PRESERVE_CLIENT_IP),
        ("Attributes.member.2.Value", "false"),
    ];
    assert_eq!(requests[2], request("ModifyTargetGroupAttributes", &attributes));
}

#[tokio::test]
async fn a_taken_name_is_ours_or_a_conflict() {
    let mark = mark(&group(TargetCheck::Tcp));
    let wire = |tags: &Tags| {
        Wire::default()
            .refuse_query(400, "DuplicateTargetGroupName")
            .answer_query("DescribeTargetGroups", XML)
            .answer_query("DescribeTags", &described_tags(ARN, tags))
    };
    let ours = wire(&mark.tags).refuse_query(503, "ServiceUnavailable");
    let made = group(TargetCheck::Tcp).create(&ours.cloud().elb, &known(), &mark).await.unwrap();
    let difference = said(&group(TargetCheck::Tcp).compare(&made.seen, &known()));
    assert_eq!(difference, "update deregistrationDelay, preserveClientIp", "an update makes up for what failed");
    let others = wire(&Tags::new());
    let fault = group(TargetCheck::Tcp).create(&others.cloud().elb, &known(), &mark).await.unwrap_err();
    assert_eq!((fault.class, others.requests().len()), (Class::Conflict, 3));
}

#[tokio::test]
async fn check_and_attributes_are_changed_apart() {
    let update = async |seen: TargetGroupSeen, wire: Wire| {
        let changes = group(http()).compare(&seen, &known()).changeable().to_vec();
        let live = mark(&group(http())).live(ARN, Phase::Ready, seen);
        let after = group(http()).update(&wire.cloud().elb, &live, &changes, &known()).await.unwrap();
        assert_eq!(said(&group(http()).compare(&after.seen, &known())), "in sync");
        wire.requests()
    };
    let requests = update(as_declared(&TargetCheck::Tcp), Wire::default().answer_query("ModifyTargetGroup", "")).await;
    let modify = [
        ("TargetGroupArn", ARN),
        ("HealthCheckEnabled", "true"),
        ("HealthCheckProtocol", "HTTP"),
        ("HealthCheckPort", "traffic-port"),
        ("HealthCheckPath", "/healthz"),
        ("Matcher.HttpCode", "200-399"),
        ("HealthCheckIntervalSeconds", "10"),
        ("HealthCheckTimeoutSeconds", "5"),
        ("HealthyThresholdCount", "2"),
        ("UnhealthyThresholdCount", "2"),
    ];
    assert_eq!(requests, [request("ModifyTargetGroup", &modify)]);
    let seen = TargetGroupSeen { deregistration_delay: None, ..as_declared(&http()) };
    let requests = update(seen, Wire::default().answer_query("ModifyTargetGroupAttributes", "")).await;
    assert_eq!(requests[0]["Action"], "ModifyTargetGroupAttributes");
}

#[tokio::test]
async fn deleting_twice_is_no_fault_and_a_used_one_waits() {
    let live = mark(&group(http())).live(ARN, Phase::Ready, as_declared(&http()));
    let gone = Wire::default().refuse_query(400, "TargetGroupNotFound");
    for wire in [Wire::default().answer_query("DeleteTargetGroup", ""), gone] {
        assert_eq!(TargetGroup::delete(&wire.cloud().elb, &live).await, Ok(Deletion::Gone));
        assert_eq!(wire.requests(), [request("DeleteTargetGroup", &[("TargetGroupArn", ARN)])]);
    }
    let wire = Wire::default().refuse_query(400, "ResourceInUse");
    assert_eq!(TargetGroup::delete(&wire.cloud().elb, &live).await.unwrap_err().class, Class::NotYet);
    let wire = Wire::default().refuse_query(400, "TargetGroupNotFound");
    assert_eq!(TargetGroupDetails::ask(&wire.cloud().elb, &Id::from(ARN)).await, Ok(None));
}
