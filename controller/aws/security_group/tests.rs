use aws_sdk_ec2::types::{SecurityGroup as Sdk, SecurityGroupRule as SdkRule, Tag};
use engine::Class;

use super::*;
use crate::aws::SecurityGroupRule;
use crate::aws::wire::{Wire, answer, ids, key, mark, owned, request, said, stamp, tags, untagged, view};

fn group() -> SecurityGroup {
    SecurityGroup {
        name: "task",
        group_name: "shop-orders-task".to_owned(),
        description: "Tasks of shop/orders".to_owned(),
        vpc: Vpc::reference("main"),
    }
}

fn known() -> Ids {
    ids([(key::<Vpc>("main"), "vpc-1")])
}

fn as_declared() -> SecurityGroupSeen {
    SecurityGroupSeen {
        group_name: "shop-orders-task".to_owned(),
        description: "Tasks of shop/orders".to_owned(),
        vpc: "vpc-1".to_owned(),
        foreign_rules: Rules { group: "sg-1".to_owned(), ..Rules::default() },
    }
}

fn rules(ingress: &[&str], egress: &[&str]) -> Rules {
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    Rules { group: "sg-1".to_owned(), ingress: set(ingress), egress: set(egress) }
}

fn live(foreign_rules: Rules) -> Live<SecurityGroupSeen> {
    mark(&group()).live("sg-1", Phase::Ready, SecurityGroupSeen { foreign_rules, ..as_declared() })
}

#[test]
fn fields_are_compared() {
    let seen = as_declared;
    let cases = [
        (seen(), "in sync"),
        (SecurityGroupSeen { vpc: "vpc-2".to_owned(), ..seen() }, "replace vpc"),
        (SecurityGroupSeen { group_name: "other".to_owned(), ..seen() }, "replace groupName"),
        (SecurityGroupSeen { description: "other".to_owned(), ..seen() }, "replace description"),
        (SecurityGroupSeen { foreign_rules: rules(&["sgr-8"], &[]), ..seen() }, "update foreignRules"),
        (SecurityGroupSeen { foreign_rules: rules(&[], &["sgr-9"]), ..seen() }, "update foreignRules"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&group().compare(&seen, &known())), expected, "{seen:?}");
    }
    assert_eq!(said(&group().compare(&as_declared(), &Ids::default())), "unknown vpc/main");
    assert_eq!(group().needs(), [Vpc::reference("main").exists()]);
}

#[tokio::test]
async fn a_create_carries_all_tags() {
    let wire = Wire::default().answer("CreateSecurityGroup", "<return>true</return><groupId>sg-1</groupId>");
    let mark = mark(&group());
    let made = group().create(&wire.ec2(), &known(), &mark).await.unwrap();
    assert!(matches!(made.phase, Phase::Pending(_)), "AWS's own rule is still in it: {:?}", made.phase);
    assert_eq!((made.id, made.on), (Id::from("sg-1"), vec![Id::from("vpc-1")]));
    assert_eq!(said(&group().compare(&made.seen, &known())), "in sync");
    let requests = wire.requests();
    let expected = request(
        "CreateSecurityGroup",
        &[("GroupName", "shop-orders-task"), ("GroupDescription", "Tasks of shop/orders"), ("VpcId", "vpc-1")],
    );
    assert_eq!(untagged(&requests[0]), expected);
    assert_eq!(requests[0]["TagSpecification.1.ResourceType"], "security-group");
    assert_eq!(tags(&requests[0]), mark.tags);
}

#[tokio::test]
async fn a_refused_create_comes_back_classified() {
    for (code, class) in [("InvalidGroup.Duplicate", Class::Conflict), ("SecurityGroupLimitExceeded", Class::Quota)] {
        let wire = Wire::default().refuse(400, code);
        let fault = group().create(&wire.ec2(), &known(), &mark(&group())).await.unwrap_err();
        assert_eq!((fault.class, fault.operation), (class, "CreateSecurityGroup"), "{code}");
    }
    let wire = Wire::default();
    let fault = group().create(&wire.ec2(), &Ids::default(), &mark(&group())).await.unwrap_err();
    assert_eq!(fault.class, Class::NotYet);
    assert!(wire.requests().is_empty());
}

#[tokio::test]
async fn an_update_revokes_foreign_rules_and_calls_only_for_directions_that_have_some() {
    let ingress = || request("RevokeSecurityGroupIngress", &[("GroupId", "sg-1"), ("SecurityGroupRuleId.1", "sgr-8")]);
    let egress = || {
        let rules = [("GroupId", "sg-1"), ("SecurityGroupRuleId.1", "sgr-7"), ("SecurityGroupRuleId.2", "sgr-9")];
        request("RevokeSecurityGroupEgress", &rules)
    };
    let cases = [
        (rules(&["sgr-8"], &["sgr-7", "sgr-9"]), vec![ingress(), egress()]),
        (rules(&["sgr-8"], &[]), vec![ingress()]),
        (rules(&[], &["sgr-7", "sgr-9"]), vec![egress()]),
    ];
    for (foreign, expected) in cases {
        let wire = expected
            .iter()
            .fold(Wire::default(), |wire, request| wire.answer(&request["Action"], "<return>true</return>"));
        let made = group().update(&wire.ec2(), &live(foreign), &[], &known()).await.unwrap();
        assert_eq!(said(&group().compare(&made.seen, &known())), "in sync");
        assert_eq!(wire.requests(), expected);
    }
}

#[tokio::test]
async fn a_foreign_rule_that_is_gone_meanwhile_is_looked_at_again() {
    let wire = Wire::default().refuse(400, "InvalidSecurityGroupRuleId.NotFound");
    let fault = group().update(&wire.ec2(), &live(rules(&["sgr-8"], &[])), &[], &known()).await.unwrap_err();
    assert_eq!((fault.class, fault.operation), (Class::NotYet, "RevokeSecurityGroupIngress"));
}

#[tokio::test]
async fn a_delete_of_what_is_gone_succeeds_and_one_in_use_is_not_yet() {
    let done = Wire::default().answer("DeleteSecurityGroup", "<return>true</return>");
    assert_eq!(SecurityGroup::delete(&done.ec2(), &live(Rules::default())).await, Ok(Deletion::Gone));
    assert_eq!(done.requests(), [request("DeleteSecurityGroup", &[("GroupId", "sg-1")])]);

    let gone = Wire::default().refuse(400, "InvalidGroup.NotFound");
    assert_eq!(SecurityGroup::delete(&gone.ec2(), &live(Rules::default())).await, Ok(Deletion::Gone));

    let interface =
        "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId></item></networkInterfaceSet>";
    let used = Wire::default()
        .refuse(400, "DependencyViolation")
        .answer("DescribeNetworkInterfaces", interface)
        .answer("DescribeSecurityGroups", "<securityGroupInfo/>")
        .answer("DescribeSecurityGroups", "<securityGroupInfo/>");
    let fault = SecurityGroup::delete(&used.ec2(), &live(Rules::default())).await.unwrap_err();
    assert_eq!((fault.class, fault.message.as_str()), (Class::NotYet, "in use by network interface eni-1"));
}

fn shown(id: &str, tags: Option<Vec<Tag>>) -> Sdk {
    Sdk::builder()
        .group_id(id)
        .group_name("shop-orders-task")
        .description("Tasks of shop/orders")
        .vpc_id("vpc-1")
        .set_tags(tags)
        .build()
}

fn rule(id: &str, group: &str, egress: bool, tags: Option<Vec<Tag>>) -> SdkRule {
    SdkRule::builder().security_group_rule_id(id).group_id(group).is_egress(egress).set_tags(tags).build()
}

fn read(groups: Vec<Sdk>, rules: Vec<SdkRule>) -> Vec<Live<SecurityGroupSeen>> {
    let view = View { security_groups: answer(groups), security_group_rules: answer(rules), ..view() };
    SecurityGroup::read(&view, &stamp().owner)
}

#[test]
fn it_reads_ours_alone() {
    let ours = shown("sg-1", owned::<SecurityGroup>("task"));
    let others = [shown("sg-2", None), shown("sg-3", owned::<SecurityGroupRule>("task-from-vpc-link"))];
    let read = read([vec![ours], others.to_vec()].concat(), Vec::new());
    let [it] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((it.key.clone(), it.id.clone()), (key::<SecurityGroup>("task"), Id::from("sg-1")));
    assert_eq!((it.seen.clone(), it.phase.clone()), (as_declared(), Phase::Ready));
    assert_eq!((it.on.clone(), it.within.clone()), (vec![Id::from("vpc-1")], None));
}

#[test]
fn rules_that_are_not_ours_are_drift_of_the_group_that_they_are_in() {
    let another_stack = {
        let owner = Owner { stack: "shop/carts".to_owned(), ..stamp().owner };
        let stamp = crate::aws::owner::Stamp { owner, ..stamp() };
        let tags = stamp.tags(&key::<SecurityGroupRule>("task-from-vpc-link"), 0, engine::Tags::new());
        crate::aws::wire::sdk_tags(&tags)
    };
    let read = read(
        vec![shown("sg-1", owned::<SecurityGroup>("task"))],
        vec![
            rule("sgr-1", "sg-1", false, owned::<SecurityGroupRule>("task-from-vpc-link")),
            rule("sgr-2", "sg-1", true, None),
            rule("sgr-3", "sg-1", false, None),
            rule("sgr-4", "sg-1", false, another_stack),
            rule("sgr-5", "sg-2", false, None),
        ],
    );
    // The allow-all egress that every new group gets is one of them.
    assert_eq!(read[0].seen.foreign_rules, rules(&["sgr-3", "sgr-4"], &["sgr-2"]));
}
