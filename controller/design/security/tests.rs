//! Every hop of the architecture through the rules, evaluated as AWS does: out of the source by an egress rule of one of its
//! groups, into the target by an ingress rule of one of its own.

mod walk;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::super::testing::{bodies, brought, facts, spec};
use crate::api::Spec;
use crate::aws::{Body, Direction, Peer, SecurityGroupRule};

/// Something with an address; with groups around it if it is ours to guard.
struct Host {
    name: &'static str,
    /// Names of the stack's groups, or ids of others.
    groups: &'static [&'static str],
    address: Ipv4Addr,
    prefix_list: Option<&'static str>,
    /// Whether AWS lets everything in and out, as far as this stack's rules are concerned.
    open: bool,
}

fn hosts(balancer: &'static [&'static str]) -> Vec<Host> {
    let host =
        |name, groups, address: [u8; 4]| Host { name, groups, address: address.into(), prefix_list: None, open: false };
    let open = |name, groups, address| Host { open: true, ..host(name, groups, address) };
    vec![
        host("link", &["vpc-link"], [172, 10, 1, 10]),
        host("balancer", balancer, [172, 10, 1, 20]),
        host("task", &["task"], [172, 10, 1, 30]),
        host("task2", &["task"], [172, 10, 2, 30]),
        host("endpoint", &["endpoints"], [172, 10, 1, 40]),
        Host { prefix_list: Some("pl-s3"), ..open("s3", &[], [52, 216, 0, 1]) },
        open("database", &[], [10, 0, 1, 5]),
        open("cache", &["sg-0a"], [10, 0, 2, 6]),
        open("neighbour", &[], [10, 0, 2, 7]),
        open("internet", &[], [203, 0, 113, 5]),
    ]
}

fn rules(spec: &Spec) -> Vec<SecurityGroupRule> {
    let rules = bodies(spec).into_iter().filter_map(|body| match body {
        Body::SecurityGroupRule(rule) => Some(rule),
        _ => None,
    });
    rules.collect()
}

fn names(peer: &Peer, host: &Host) -> bool {
    match peer {
        Peer::Cidr(cidr) => cidr.contains(&host.address),
        Peer::Group(group) => host.groups.contains(&&*group.key().name),
        Peer::GroupId(id) => host.groups.contains(&id.as_str()),
        Peer::PrefixList(id) => host.prefix_list == Some(id),
    }
}

fn lets(rules: &[SecurityGroupRule], at: &Host, direction: Direction, other: &Host, to: (&str, i32)) -> bool {
    at.open
        || rules.iter().any(|rule| {
            rule.direction == direction
                && at.groups.contains(&&*rule.group.key().name)
                && (rule.protocol.as_str(), true) == (to.0, (rule.from_port..=rule.to_port).contains(&to.1))
                && names(&rule.peer, other)
        })
}

/// Everything that passes, of all pairs (but those that are both outside), on the ports of the architecture and some others.
fn passing(spec: &Spec, balancer: &'static [&'static str]) -> BTreeSet<String> {
    let (rules, hosts) = (rules(spec), hosts(balancer));
    let mut passing = BTreeSet::new();
    for from in &hosts {
        for to in hosts.iter().filter(|to| to.name != from.name && !(from.open && to.open)) {
            for port in [22, 53, 80, 81, 443, 5432, 6379, 8080] {
                for protocol in ["tcp", "udp"] {
                    let out = lets(&rules, from, Direction::Egress, to, (protocol, port));
                    if out && lets(&rules, to, Direction::Ingress, from, (protocol, port)) {
                        passing.insert(format!("{} > {} {protocol} {port}", from.name, to.name));
                    }
                }
            }
        }
    }
    passing
}

fn stack(mode: &str) -> Spec {
    spec(json!({
        "loadBalancer": {"securityGroup": mode, "port": 81},
        "service": {"egress": [{"cidr": "10.0.1.0/24", "port": 5432}, {"securityGroupId": "sg-0a", "port": 6379}]},
    }))
}

const OF_TASKS: [&str; 8] = [
    "task > cache tcp 6379",
    "task > database tcp 5432",
    "task > endpoint tcp 443",
    "task > s3 tcp 443",
    "task2 > cache tcp 6379",
    "task2 > database tcp 5432",
    "task2 > endpoint tcp 443",
    "task2 > s3 tcp 443",
];

fn expect(hops: &[&str]) -> BTreeSet<String> {
    hops.iter().chain(&OF_TASKS).map(|hop| (*hop).to_owned()).collect()
}

/// Health checks come from the load balancer, too: they need the same hop as the traffic.
#[test]
fn with_a_group_of_its_own_the_balancer_is_the_only_way() {
    let expected = expect(&["link > balancer tcp 81", "balancer > task tcp 8080", "balancer > task2 tcp 8080"]);
    assert_eq!(passing(&stack("Dedicated"), &["load-balancer"]), expected);
}

/// Link and balancer share a group, so what is said of one holds for the other.
#[test]
fn with_the_links_group_tasks_accept_only_that_group() {
    let expected = expect(&[
        "link > balancer tcp 81",
        "balancer > link tcp 81",
        "balancer > task tcp 8080",
        "balancer > task2 tcp 8080",
        "link > task tcp 8080",
        "link > task2 tcp 8080",
    ]);
    assert_eq!(passing(&stack("VpcLink"), &["vpc-link"]), expected);
}

/// The walk notices: without the group on the load balancer nothing reaches a task, as the document reads it literally.
#[test]
fn a_balancer_without_the_group_reaches_nothing() {
    let passing = passing(&stack("VpcLink"), &["another"]);
    assert!(!passing.iter().any(|hop| hop.contains("balancer")), "{passing:?}");
}

/// EC2 refuses a rule that is in the group already.
#[test]
fn no_sentence_is_said_twice() {
    let list = "pl-0a";
    let egress = json!({"service": {"egress": [
        {"prefixListId": list, "port": 443},
        {"securityGroupId": "sg-b0", "port": 443},
        {"securityGroupId": "sg-b0", "port": 443, "protocol": "udp"},
    ]}});
    let declared: Value = egress["service"]["egress"].clone();
    let spec = Spec { service: spec(json!({"service": {"egress": declared}})).service, ..brought(json!({})) };
    let facts = crate::aws::facts::Facts { s3_prefix_list: Some(list.into()), ..facts() };
    let graph = super::super::graph(&spec, &facts, &std::sync::Arc::new(crate::aws::wire::stamp())).unwrap();
    let mut sentences = BTreeSet::new();
    let mut names = Vec::new();
    for node in graph.nodes().values() {
        let Body::SecurityGroupRule(rule) = &node.body else { continue };
        let SecurityGroupRule { name, group, direction, protocol, from_port, to_port, peer } = rule;
        assert!(
            sentences.insert(format!("{group:?} {direction:?} {protocol} {from_port} {to_port} {peer:?}")),
            "{name}"
        );
        names.push(name.as_str());
    }
    assert!(names.contains(&"task-to-sg-b0-udp-443") && !names.contains(&"task-to-sg-b0-tcp-443"), "{names:?}");
    assert!(names.contains(&"task-to-s3") && !names.contains(&"task-to-pl-0a-tcp-443"), "{names:?}");
}

#[test]
fn brought_endpoints_are_reached_by_their_group() {
    let rules = rules(&brought(json!({})));
    let rule = rules.iter().find(|rule| rule.name == "task-to-endpoints").unwrap();
    assert_eq!((rule.direction, &rule.peer), (Direction::Egress, &Peer::GroupId("sg-b0".into())));
    assert_eq!((rule.from_port, rule.to_port), (443, 443));
}
