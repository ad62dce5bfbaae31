//! Whatever is declared: every hop of the architecture passes, and nothing else does.
//!
//! Who bears which group and listens where is read from the same graph as the rules; what is meant to pass is said here once more,
//! in words of the architecture, and never of the rules.

mod firewall;
mod universe;

use std::collections::BTreeSet;

use proptest::collection::btree_set;
use proptest::prelude::*;

use self::firewall::{Door, End, Firewall, Role, group, listed, other, tcp};
use self::universe::{BROUGHT, S3, doors, stacks, strangers};
use crate::api::Spec;
use crate::api::spec::{Destination, Egress, Protocol, SecurityGroupMode};
use crate::aws::{Attachment, Body, Direction, Peer, SecurityGroup, SecurityGroupRule};
use crate::design::testing::bodies;

/// A declared stack, as its graph has it.
#[derive(Debug)]
struct Stack {
    spec: Spec,
    bodies: Vec<Body>,
}

impl Stack {
    fn of(spec: Spec) -> Self {
        Self { bodies: bodies(&spec), spec }
    }

    fn firewall(&self) -> Firewall {
        let rules = self.bodies.iter().filter_map(|body| match body {
            Body::SecurityGroupRule(rule) => Some(rule.clone()),
            _ => None,
        });
        Firewall { rules: rules.collect() }
    }

    /// Two interfaces of everything that the stack has, with the groups that its graph gives them.
    fn ends(&self) -> BTreeSet<End> {
        let mut ends = BTreeSet::new();
        let mut add = |role, group: &engine::Ref<SecurityGroup>, last: u8| {
            for zone in [1, 2] {
                let groups = [group.key().name.to_string()].into();
                ends.insert(End { role, address: [172, 10, zone, last].into(), groups, lists: BTreeSet::new() });
            }
        };
        for body in &self.bodies {
            match body {
                Body::VpcLink(link) => add(Role::Link, &link.security_group, 10),
                Body::LoadBalancer(balancer) => add(Role::Balancer, &balancer.security_group, 20),
                Body::EcsService(service) => add(Role::Task, &service.security_group, 30),
                Body::VpcEndpoint(endpoint) => match &endpoint.attachment {
                    Attachment::Interface { security_group, .. } => add(Role::Endpoint, security_group, 40),
                    Attachment::Gateway { .. } => {}
                },
                _ => {}
            }
        }
        ends
    }

    fn listener(&self) -> u16 {
        self.bodies.iter().find_map(|body| if let Body::Listener(it) = body { Some(it.port) } else { None }).unwrap()
    }

    /// Where tasks are reached: requests and health checks take the same port.
    fn targets(&self) -> u16 {
        self.bodies.iter().find_map(|body| if let Body::TargetGroup(it) = body { Some(it.port) } else { None }).unwrap()
    }

    fn brings_endpoints(&self) -> bool {
        self.spec.network.existing.endpoint_security_group_id.is_some()
    }

    /// Every hop that must pass: who, whom, where.
    fn hops(&self) -> Vec<(&'static str, Role, End, Door)> {
        let first = |role| self.ends().into_iter().find(|end| end.role == role);
        let mut hops = vec![
            ("a request", Role::Link, first(Role::Balancer).unwrap(), tcp(self.listener())),
            ("a request or a health check", Role::Balancer, first(Role::Task).unwrap(), tcp(self.targets())),
            ("AWS", Role::Task, first(Role::Endpoint).unwrap_or_else(|| group(BROUGHT)), tcp(443)),
            ("layers of images", Role::Task, listed(S3), tcp(443)),
        ];
        let declared = self.spec.service.egress.iter().map(|egress| ("egress", Role::Task, goal(egress), door(egress)));
        hops.extend(declared);
        hops
    }

    /// What the architecture means to pass, from one to the other.
    fn means(&self, from: &End, to: &End, at: Door) -> bool {
        let shared = self.spec.load_balancer.security_group == SecurityGroupMode::VpcLink;
        match (from.role, to.role) {
            (Role::Link, Role::Balancer) => at == tcp(self.listener()),
            (Role::Balancer, Role::Task) => at == tcp(self.targets()),
            // They bear one group then: what is said of one holds for the other.
            (Role::Link | Role::Balancer, Role::Link | Role::Balancer) => shared && at == tcp(self.listener()),
            (Role::Link, Role::Task) => shared && at == tcp(self.targets()),
            (Role::Task, Role::Endpoint) => at == tcp(443),
            (Role::Task, Role::Other) => {
                let aws = to.lists.contains(S3) || self.brings_endpoints() && to.groups.contains(BROUGHT);
                let declared = |egress: &Egress| door(egress) == at && leads_to(egress, to);
                aws && at == tcp(443) || self.spec.service.egress.iter().any(declared)
            }
            // Whatever is declared beyond leads out of the stack, never from task to task or to what is before them.
            (_, _) => false,
        }
    }
}

fn door(egress: &Egress) -> Door {
    let protocol = match egress.protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    };
    Door { protocol, port: i32::from(egress.port) }
}

fn leads_to(egress: &Egress, to: &End) -> bool {
    match &egress.destination {
        Destination::Cidr(block) => block.contains(&to.address),
        Destination::SecurityGroup(id) => to.groups.contains(id),
        Destination::PrefixList(id) => to.lists.contains(id),
    }
}

/// One that an entry leads to.
fn goal(egress: &Egress) -> End {
    match &egress.destination {
        Destination::Cidr(block) => other(block.addr()),
        Destination::SecurityGroup(id) => group(id),
        Destination::PrefixList(id) => listed(id),
    }
}

/// A gate that is open and should not be, or the other way round; and so a pair that speaks or does not.
fn misfit(stack: &Stack, firewall: &Firewall, ends: &BTreeSet<End>, doors: &BTreeSet<Door>) -> Option<String> {
    let declared = &stack.spec.service.egress;
    for at in doors {
        for from in ends {
            for to in ends.iter().filter(|to| *to != from && (from.role, to.role) != (Role::Other, Role::Other)) {
                let meant = stack.means(from, to, *at);
                // What is declared may hold addresses of the stack itself; their own gates stop it.
                let leads = |egress: &Egress| door(egress) == *at && leads_to(egress, to);
                let leaves = meant || from.role == Role::Task && declared.iter().any(leads);
                let gates = [
                    ("out", from, firewall.lets(from, Direction::Egress, to, *at), leaves),
                    ("in", to, firewall.lets(to, Direction::Ingress, from, *at), meant),
                ];
                for (gate, of, open, expected) in gates {
                    if of.role != Role::Other && open != expected {
                        return Some(format!("{gate} is {open}, not {expected}: {from:?} to {to:?} at {at:?}"));
                    }
                }
                if firewall.connects(from, to, *at) != meant {
                    return Some(format!("meant is {meant}: {from:?} to {to:?} at {at:?}"));
                }
            }
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_hop_passes_and_nothing_else_does(
        stack in stacks(),
        strangers in btree_set(strangers(), 1..5),
        more in btree_set(1..=u16::MAX, 2),
    ) {
        let firewall = stack.firewall();
        let hops = stack.hops();
        for (what, role, to, at) in &hops {
            for from in stack.ends().iter().filter(|end| end.role == *role) {
                prop_assert!(firewall.connects(from, to, *at), "{what} is stopped: {from:?} to {to:?} at {at:?}");
            }
        }
        let goals = hops.into_iter().map(|(_, _, to, _)| to);
        let ends: BTreeSet<End> = stack.ends().into_iter().chain(strangers).chain(goals).collect();
        prop_assert_eq!(misfit(&stack, &firewall, &ends, &doors(&stack, &more)), None);
    }
}

/// The walk notices whatever is wrong: without any one of its rules a stack has a hop that does not pass, and with any of them
/// wider something passes that should not.
#[test]
fn no_rule_can_be_missed_and_none_be_wider() {
    for mode in ["VpcLink", "Dedicated"] {
        let stack = Stack::of(super::stack(mode));
        let from = |role| stack.ends().into_iter().find(|end| end.role == role).unwrap();
        let stopped = |firewall: &Firewall| {
            stack.hops().into_iter().any(|(_, role, to, at)| !firewall.connects(&from(role), &to, at))
        };
        let ends = stack.ends().into_iter().chain(stack.hops().into_iter().map(|(_, _, to, _)| to)).collect();
        let wrong = |firewall: &Firewall| misfit(&stack, firewall, &ends, &doors(&stack, &BTreeSet::new()));
        let firewall = stack.firewall();
        assert_eq!((stopped(&firewall), wrong(&firewall)), (false, None));
        for place in 0..firewall.rules.len() {
            let mut without = stack.firewall();
            let rule = without.rules.remove(place);
            assert!(stopped(&without), "{mode}: nothing needs {}", rule.name);
            for wide in [
                SecurityGroupRule { protocol: "-1".into(), ..rule.clone() },
                SecurityGroupRule { from_port: 0, ..rule.clone() },
                SecurityGroupRule { to_port: 65_535, ..rule.clone() },
                SecurityGroupRule { peer: Peer::Cidr("0.0.0.0/0".parse().unwrap()), ..rule.clone() },
            ] {
                let mut with = stack.firewall();
                with.rules[place] = wide.clone();
                assert!(wrong(&with).is_some(), "{mode}: {wide:?} is not noticed");
            }
        }
    }
}
