use aws_sdk_ec2::types::{SecurityGroup, SecurityGroupRule, Tag, Vpc as Sdk};
use engine::{Class, Effect};

use super::*;
use crate::aws::sources::DnsAttributes;
use crate::aws::wire::{Request, Wire, answer, key, mark, owned, request, said, sdk_tags, stamp, tags, untagged, view};

fn vpc() -> Vpc {
    Vpc { name: "main", cidr: "10.0.0.0/16".parse().unwrap(), secondary_cidr: Some("172.10.0.0/16".parse().unwrap()) }
}

fn as_declared() -> VpcSeen {
    VpcSeen {
        cidr: "10.0.0.0/16".to_owned(),
        dns_support: true,
        dns_hostnames: true,
        default_group_rules: Rules::default(),
    }
}

fn rules(ingress: &[&str], egress: &[&str]) -> Rules {
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    Rules { group: "sg-1".to_owned(), ingress: set(ingress), egress: set(egress) }
}

fn live(seen: VpcSeen) -> Live<VpcSeen> {
    mark(&vpc()).live("vpc-1", phase(Some(&VpcState::Available), &seen), seen)
}

fn switch(attribute: &str) -> Request {
    request("ModifyVpcAttribute", &[("VpcId", "vpc-1"), (&format!("{attribute}.Value"), "true")])
}

#[test]
fn fields_are_compared() {
    let seen = as_declared;
    let cases = [
        (seen(), "in sync"),
        (VpcSeen { cidr: "10.1.0.0/16".to_owned(), ..seen() }, "replace cidr"),
        (VpcSeen { dns_support: false, ..seen() }, "update enableDnsSupport"),
        (VpcSeen { dns_hostnames: false, ..seen() }, "update enableDnsHostnames"),
        (VpcSeen { default_group_rules: rules(&["sgr-1"], &[]), ..seen() }, "update defaultSecurityGroupRules"),
        (VpcSeen { default_group_rules: rules(&[], &["sgr-2"]), ..seen() }, "update defaultSecurityGroupRules"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&vpc().compare(&seen, &Ids::default())), expected, "{seen:?}");
    }
    assert!(vpc().needs().is_empty());
}

const CREATED: &str = "<vpc><vpcId>vpc-1</vpcId><state>pending</state><cidrBlock>10.0.0.0/16</cidrBlock><isDefault>false</isDefault></vpc>";

#[tokio::test]
async fn a_create_carries_all_tags_and_the_secondary_block_and_switches_hostnames_on() {
    let wire = Wire::default().answer("CreateVpc", CREATED).answer("ModifyVpcAttribute", "<return>true</return>");
    let mark = mark(&vpc());
    let made = vpc().create(&wire.ec2(), &Ids::default(), &mark).await.unwrap();
    assert_eq!((made.id, made.phase), (Id::from("vpc-1"), Phase::Pending("pending".to_owned())));
    assert_eq!(said(&vpc().compare(&made.seen, &Ids::default())), "in sync");
    let requests = wire.requests();
    assert_eq!(untagged(&requests[0]), request("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]));
    assert_eq!(requests[0]["TagSpecification.1.ResourceType"], "vpc");
    assert_eq!(tags(&requests[0]), mark.tags);
    assert_eq!(mark.tags[owner::SECONDARY_CIDR], "172.10.0.0/16");
    assert_eq!(requests[1..], [switch("EnableDnsHostnames")]);
}

#[tokio::test]
async fn what_was_created_is_kept_when_hostnames_cannot_be_switched_on_yet() {
    let created = CREATED.replace("pending", "available");
    let wire = Wire::default().answer("CreateVpc", &created).refuse(400, "InvalidVpcID.NotFound");
    let made = vpc().create(&wire.ec2(), &Ids::default(), &mark(&vpc())).await.unwrap();
    assert_eq!(made.id, Id::from("vpc-1"));
    assert_eq!(made.phase, Phase::Pending("DNS support or hostnames are off".to_owned()));
    assert_eq!(said(&vpc().compare(&made.seen, &Ids::default())), "update enableDnsHostnames");
}

#[tokio::test]
async fn a_failed_create_comes_back_classified_and_is_sent_once() {
    let cases = [
        (400, "VpcLimitExceeded", Class::Quota, Effect::None),
        (503, "RequestLimitExceeded", Class::Throttled, Effect::None),
        // May have created: a second call would make a twin.
        (500, "InternalError", Class::Transient, Effect::Unknown),
    ];
    for (status, code, class, effect) in cases {
        let wire = Wire::default().refuse(status, code);
        let fault = vpc().create(&wire.ec2(), &Ids::default(), &mark(&vpc())).await.unwrap_err();
        assert_eq!((fault.class, fault.effect, fault.operation), (class, effect, "CreateVpc"), "{code}");
        assert_eq!(wire.requests().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn an_update_makes_the_calls_that_are_needed_and_no_other() {
    let revoke = |operation, rule| request(operation, &[("GroupId", "sg-1"), ("SecurityGroupRuleId.1", rule)]);
    let cases = [
        (VpcSeen { dns_support: false, ..as_declared() }, vec![switch("EnableDnsSupport")]),
        (VpcSeen { dns_hostnames: false, ..as_declared() }, vec![switch("EnableDnsHostnames")]),
        (
            VpcSeen { default_group_rules: rules(&["sgr-1"], &["sgr-2"]), ..as_declared() },
            vec![revoke("RevokeSecurityGroupIngress", "sgr-1"), revoke("RevokeSecurityGroupEgress", "sgr-2")],
        ),
        (
            VpcSeen { dns_support: false, dns_hostnames: false, ..as_declared() },
            vec![switch("EnableDnsSupport"), switch("EnableDnsHostnames")],
        ),
    ];
    for (seen, expected) in cases {
        let wire = expected
            .iter()
            .fold(Wire::default(), |wire, request| wire.answer(&request["Action"], "<return>true</return>"));
        let made = vpc().update(&wire.ec2(), &live(seen), &[], &Ids::default()).await.unwrap();
        assert_eq!(said(&vpc().compare(&made.seen, &Ids::default())), "in sync");
        assert_eq!(made.phase, Phase::Ready);
        assert_eq!(wire.requests(), expected);
    }
}

#[tokio::test]
async fn a_delete_of_what_is_gone_succeeds_and_one_in_use_is_not_yet() {
    let live = live(as_declared());
    let done = Wire::default().answer("DeleteVpc", "<return>true</return>");
    assert_eq!(Vpc::delete(&done.ec2(), &live).await, Ok(Deletion::Gone));
    assert_eq!(done.requests(), [request("DeleteVpc", &[("VpcId", "vpc-1")])]);

    let gone = Wire::default().refuse(400, "InvalidVpcID.NotFound");
    assert_eq!(Vpc::delete(&gone.ec2(), &live).await, Ok(Deletion::Gone));

    let subnet = "<subnetSet><item><subnetId>subnet-9</subnetId></item></subnetSet>";
    let used = Wire::default()
        .refuse(400, "DependencyViolation")
        .answer("DescribeSubnets", subnet)
        .refuse(403, "UnauthorizedOperation");
    assert_eq!(Vpc::delete(&used.ec2(), &live).await.unwrap_err().class, Class::NotYet);
}

fn shown(tags: Option<Vec<Tag>>) -> Sdk {
    Sdk::builder().vpc_id("vpc-1").cidr_block("10.0.0.0/16").state(VpcState::Available).set_tags(tags).build()
}

/// A view of one VPC whose attributes are `support` and `hostnames`.
fn showing(vpc: Sdk, support: bool, hostnames: bool) -> View {
    let dns = (Id::from("vpc-1"), Ok(DnsAttributes { support, hostnames }));
    View { vpcs: answer([vpc]), vpc_attributes: [dns].into(), ..view() }
}

fn read(view: &View) -> Vec<Live<VpcSeen>> {
    Vpc::read(view, &stamp().owner)
}

#[test]
fn it_reads_ours_alone() {
    let read_tagged = |tags| read(&showing(shown(tags), true, true));
    let read = read_tagged(owned::<Vpc>("main"));
    let [it] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((it.key.clone(), it.id.clone()), (key::<Vpc>("main"), Id::from("vpc-1")));
    assert_eq!((it.seen.clone(), it.phase.clone()), (as_declared(), Phase::Ready));
    assert_eq!((it.on.clone(), it.within.clone()), (Vec::new(), None));
    assert_eq!(it.tags, stamp().tags(&key::<Vpc>("main"), 0, Tags::new()));

    assert!(read_tagged(None).is_empty());
    let mut restored = it.tags.clone();
    restored.insert(owner::UID.to_owned(), "uid-0".to_owned());
    assert!(read_tagged(sdk_tags(&restored)).is_empty(), "another incarnation's");
}

#[test]
fn the_rules_of_its_default_group_are_its_own() {
    let group =
        |id: &str, name: &str, vpc: &str| SecurityGroup::builder().group_id(id).group_name(name).vpc_id(vpc).build();
    let rule = |id: &str, group: &str, egress| {
        SecurityGroupRule::builder().security_group_rule_id(id).group_id(group).is_egress(egress).build()
    };
    let view = View {
        security_groups: answer([
            group("sg-9", "default", "vpc-9"),
            group("sg-2", "shop-orders-task", "vpc-1"),
            group("sg-1", "default", "vpc-1"),
        ]),
        security_group_rules: answer([
            rule("sgr-9", "sg-9", false),
            rule("sgr-3", "sg-2", false),
            rule("sgr-1", "sg-1", false),
            rule("sgr-2", "sg-1", true),
        ]),
        ..showing(shown(owned::<Vpc>("main")), true, true)
    };
    assert_eq!(read(&view)[0].seen.default_group_rules, rules(&["sgr-1"], &["sgr-2"]));
}

#[test]
fn it_is_ready_when_it_is_available_and_its_names_are_on() {
    let off = || Phase::Pending("DNS support or hostnames are off".to_owned());
    let cases = [
        (Some(VpcState::Available), true, true, Phase::Ready),
        (Some(VpcState::Available), false, true, off()),
        (Some(VpcState::Available), true, false, off()),
        (Some(VpcState::Pending), true, true, Phase::Pending("pending".to_owned())),
        (Some(VpcState::from("new")), true, true, Phase::Pending("new".to_owned())),
        (None, true, true, Phase::Pending("no state".to_owned())),
    ];
    for (state, support, hostnames, expected) in cases {
        let mut vpc = shown(owned::<Vpc>("main"));
        vpc.state = state.clone();
        let it = read(&showing(vpc, support, hostnames)).remove(0);
        assert_eq!(it.phase, expected, "{state:?} {support} {hostnames}");
        assert_eq!((it.seen.dns_support, it.seen.dns_hostnames), (support, hostnames));
    }
}
