use aws_sdk_ec2::types::builders::SecurityGroupRuleBuilder;
use aws_sdk_ec2::types::{ReferencedSecurityGroup, Tag};
use engine::Class;

use super::*;
use crate::aws::wire::{Wire, answer, ids, key, mark, owned, request, said, stamp, tags, untagged, view};

fn rule() -> SecurityGroupRule {
    SecurityGroupRule {
        name: "task-from-vpc-link".to_owned(),
        group: SecurityGroup::reference("task"),
        direction: Direction::Ingress,
        protocol: "tcp".to_owned(),
        from_port: 8080,
        to_port: 8081,
        peer: Peer::Group(SecurityGroup::reference("vpc-link")),
    }
}

fn with(peer: Peer) -> SecurityGroupRule {
    SecurityGroupRule { peer, ..rule() }
}

fn egress() -> SecurityGroupRule {
    SecurityGroupRule { direction: Direction::Egress, ..rule() }
}

fn block() -> Peer {
    Peer::Cidr("10.0.0.0/16".parse().unwrap())
}

fn known() -> Ids {
    ids([(key::<SecurityGroup>("task"), "sg-1"), (key::<SecurityGroup>("vpc-link"), "sg-2")])
}

fn as_declared() -> SecurityGroupRuleSeen {
    rule().seen(&Id::from("sg-1"), "sg-2".to_owned())
}

fn live(seen: SecurityGroupRuleSeen) -> Live<SecurityGroupRuleSeen> {
    hung(mark(&rule()).live("sgr-1", Phase::Ready, seen))
}

#[test]
fn fields_are_compared() {
    let seen = as_declared;
    let cases = [
        (seen(), "in sync"),
        (SecurityGroupRuleSeen { group: "sg-9".to_owned(), ..seen() }, "replace group"),
        (SecurityGroupRuleSeen { egress: true, ..seen() }, "replace egress"),
        (SecurityGroupRuleSeen { protocol: "udp".to_owned(), ..seen() }, "update protocol"),
        (SecurityGroupRuleSeen { from_port: 80, ..seen() }, "update fromPort"),
        (SecurityGroupRuleSeen { to_port: 80, ..seen() }, "update toPort"),
        (SecurityGroupRuleSeen { peer: "sg-9".to_owned(), ..seen() }, "update peer"),
    ];
    for (seen, expected) in cases {
        assert_eq!(said(&rule().compare(&seen, &known())), expected, "{seen:?}");
    }
}

#[test]
fn a_peer_is_changed_for_one_of_its_type_and_replaced_for_another() {
    let peers = [
        (block(), "10.0.0.0/16"),
        (Peer::GroupId("sg-7".to_owned()), "sg-7"),
        (Peer::PrefixList("pl-7".to_owned()), "pl-7"),
    ];
    for (peer, same) in &peers {
        for seen in ["10.9.0.0/16", "sg-9", "pl-9"] {
            let of_one_type = seen[..3] == same[..3];
            let expected = if of_one_type { "update peer" } else { "replace peerType, peer" };
            let seen = SecurityGroupRuleSeen { peer: seen.to_owned(), ..as_declared() };
            assert_eq!(said(&with(peer.clone()).compare(&seen, &known())), expected, "{peer:?} {seen:?}");
        }
        let seen = SecurityGroupRuleSeen { peer: (*same).to_owned(), ..as_declared() };
        assert_eq!(said(&with(peer.clone()).compare(&seen, &known())), "in sync", "{peer:?}");
    }
}

#[test]
fn both_ends_must_be_known() {
    let task = ids([(key::<SecurityGroup>("task"), "sg-1")]);
    assert_eq!(said(&rule().compare(&as_declared(), &task)), "unknown security-group/vpc-link");
    assert_eq!(said(&rule().compare(&as_declared(), &Ids::default())), "unknown security-group/task");
    let (task, link) = (SecurityGroup::reference("task").exists(), SecurityGroup::reference("vpc-link").exists());
    assert_eq!(rule().needs(), [task.clone(), link]);
    assert_eq!(with(block()).needs(), [task]);
}

/// The answer to an authorize call.
const MADE: &str = "<return>true</return><securityGroupRuleSet><item><securityGroupRuleId>sgr-1</securityGroupRuleId></item></securityGroupRuleSet>";

#[tokio::test]
async fn a_create_authorizes_in_its_direction_with_all_tags() {
    let directions =
        [(Direction::Ingress, "AuthorizeSecurityGroupIngress"), (Direction::Egress, "AuthorizeSecurityGroupEgress")];
    let peers = [
        (block(), "IpRanges.1.CidrIp", "10.0.0.0/16", "IpRanges.1.Description"),
        (Peer::Group(SecurityGroup::reference("vpc-link")), "Groups.1.GroupId", "sg-2", "Groups.1.Description"),
        (Peer::GroupId("sg-7".to_owned()), "Groups.1.GroupId", "sg-7", "Groups.1.Description"),
        (Peer::PrefixList("pl-7".to_owned()), "PrefixListIds.1.PrefixListId", "pl-7", "PrefixListIds.1.Description"),
    ];
    for (direction, operation) in directions {
        for (peer, parameter, id, description) in &peers {
            let rule = SecurityGroupRule { direction, ..with(peer.clone()) };
            let (wire, mark) = (Wire::default().answer(operation, MADE), mark(&rule));
            let made = rule.create(&wire.ec2(), &known(), &mark).await.unwrap();
            assert_eq!((made.id, made.phase), (Id::from("sgr-1"), Phase::Ready));
            assert_eq!(said(&rule.compare(&made.seen, &known())), "in sync");
            let requests = wire.requests();
            let expected = request(
                operation,
                &[
                    ("GroupId", "sg-1"),
                    ("IpPermissions.1.IpProtocol", "tcp"),
                    ("IpPermissions.1.FromPort", "8080"),
                    ("IpPermissions.1.ToPort", "8081"),
                    (&format!("IpPermissions.1.{parameter}"), id),
                    (&format!("IpPermissions.1.{description}"), "task-from-vpc-link"),
                ],
            );
            assert_eq!(untagged(&requests[0]), expected);
            assert_eq!(requests[0]["TagSpecification.1.ResourceType"], "security-group-rule");
            assert_eq!(tags(&requests[0]), mark.tags);
        }
    }
}

#[tokio::test]
async fn a_refused_create_comes_back_classified() {
    let cases = [
        ("InvalidPermission.Duplicate", Class::Conflict),
        ("RulesPerSecurityGroupLimitExceeded", Class::Quota),
        ("InvalidGroup.NotFound", Class::NotYet),
    ];
    for (code, class) in cases {
        let wire = Wire::default().refuse(400, code);
        let fault = egress().create(&wire.ec2(), &known(), &mark(&egress())).await.unwrap_err();
        assert_eq!((fault.class, fault.operation), (class, "AuthorizeSecurityGroupEgress"), "{code}");
    }
    let wire = Wire::default();
    let fault = rule().create(&wire.ec2(), &Ids::default(), &mark(&rule())).await.unwrap_err();
    assert_eq!((fault.class, fault.operation), (Class::NotYet, "AuthorizeSecurityGroupIngress"));
    assert!(wire.requests().is_empty());
}

#[tokio::test]
async fn an_update_writes_the_whole_rule() {
    let peers = [
        (block(), "CidrIpv4", "10.0.0.0/16"),
        (Peer::Group(SecurityGroup::reference("vpc-link")), "ReferencedGroupId", "sg-2"),
        (Peer::GroupId("sg-7".to_owned()), "ReferencedGroupId", "sg-7"),
        (Peer::PrefixList("pl-7".to_owned()), "PrefixListId", "pl-7"),
    ];
    for (peer, parameter, id) in peers {
        let before = live(SecurityGroupRuleSeen { from_port: 80, peer: "sg-9".to_owned(), ..as_declared() });
        let wire = Wire::default().answer("ModifySecurityGroupRules", "<return>true</return>");
        let rule = with(peer);
        let made = rule.update(&wire.ec2(), &before, &[], &known()).await.unwrap();
        assert_eq!(said(&rule.compare(&made.seen, &known())), "in sync");
        let changed = "SecurityGroupRule.1.SecurityGroupRule";
        let expected = request(
            "ModifySecurityGroupRules",
            &[
                ("GroupId", "sg-1"),
                ("SecurityGroupRule.1.SecurityGroupRuleId", "sgr-1"),
                (&format!("{changed}.IpProtocol"), "tcp"),
                (&format!("{changed}.FromPort"), "8080"),
                (&format!("{changed}.ToPort"), "8081"),
                (&format!("{changed}.{parameter}"), id),
                (&format!("{changed}.Description"), "task-from-vpc-link"),
            ],
        );
        assert_eq!(wire.requests(), [expected]);
    }
}

#[tokio::test]
async fn a_delete_revokes_in_its_direction_and_what_is_gone_is_gone() {
    for (egress, operation) in [(false, "RevokeSecurityGroupIngress"), (true, "RevokeSecurityGroupEgress")] {
        let live = live(SecurityGroupRuleSeen { egress, ..as_declared() });
        let wire = Wire::default().answer(operation, "<return>true</return>");
        assert_eq!(SecurityGroupRule::delete(&wire.ec2(), &live).await, Ok(Deletion::Gone));
        let parameters = [("GroupId", "sg-1"), ("SecurityGroupRuleId.1", "sgr-1")];
        assert_eq!(wire.requests(), [request(operation, &parameters)]);

        for code in ["InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound"] {
            let gone = Wire::default().refuse(400, code);
            assert_eq!(SecurityGroupRule::delete(&gone.ec2(), &live).await, Ok(Deletion::Gone), "{code}");
        }
        let denied = Wire::default().refuse(403, "UnauthorizedOperation");
        let fault = SecurityGroupRule::delete(&denied.ec2(), &live).await.unwrap_err();
        assert_eq!((fault.class, fault.operation), (Class::Denied, operation));
    }
}

fn shown(tags: Option<Vec<Tag>>) -> SecurityGroupRuleBuilder {
    Sdk::builder()
        .security_group_rule_id("sgr-1")
        .group_id("sg-1")
        .is_egress(false)
        .ip_protocol("tcp")
        .from_port(8080)
        .to_port(8081)
        .set_tags(tags)
}

fn group(id: &str) -> ReferencedSecurityGroup {
    ReferencedSecurityGroup::builder().group_id(id).build()
}

fn read(rules: impl IntoIterator<Item = Sdk>) -> Vec<Live<SecurityGroupRuleSeen>> {
    SecurityGroupRule::read(&View { security_group_rules: answer(rules), ..view() }, &stamp().owner)
}

#[test]
fn it_reads_ours_alone() {
    let ours = shown(owned::<SecurityGroupRule>("task-from-vpc-link")).referenced_group_info(group("sg-2"));
    let read = read([ours.build(), shown(None).build(), shown(owned::<SecurityGroup>("task")).build()]);
    let [it] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((it.key.clone(), it.id.clone()), (key::<SecurityGroupRule>("task-from-vpc-link"), Id::from("sgr-1")));
    assert_eq!((it.seen.clone(), it.phase.clone()), (as_declared(), Phase::Ready));
}

#[test]
fn every_peer_is_read_and_a_rule_dies_with_its_group_unless_it_holds_another() {
    let rule = || shown(owned::<SecurityGroupRule>("task-from-vpc-link")).is_egress(true);
    let cases = [
        (rule().cidr_ipv4("10.0.0.0/16"), "10.0.0.0/16", vec!["sg-1"], Some("sg-1")),
        (rule().cidr_ipv6("::/0"), "::/0", vec!["sg-1"], Some("sg-1")),
        (rule().prefix_list_id("pl-7"), "pl-7", vec!["sg-1"], Some("sg-1")),
        (rule().referenced_group_info(group("sg-1")), "sg-1", vec!["sg-1"], Some("sg-1")),
        (rule().referenced_group_info(group("sg-2")), "sg-2", vec!["sg-1", "sg-2"], None),
    ];
    for (shown, peer, on, within) in cases {
        let it = read([shown.build()]).remove(0);
        assert_eq!((it.seen.peer.as_str(), it.seen.egress), (peer, true));
        assert_eq!(it.on, on.into_iter().map(Id::from).collect::<Vec<_>>(), "{peer}");
        assert_eq!(it.within, within.map(Id::from), "{peer}");
    }
}
