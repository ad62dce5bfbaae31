//! Declarations, and all that may speak to each other.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::json;

use super::Stack;
use super::firewall::{Door, End, other};
use crate::api::spec::{Destination, Egress, Protocol, SecurityGroupMode};
use crate::design::testing::{brought, spec};

/// The prefix list of S3, and the group of brought endpoints, as the facts and declarations of these tests have them.
pub(super) const S3: &str = "pl-s3";
pub(super) const BROUGHT: &str = "sg-b0";

/// Ports that mean something, so that declarations coincide; and any.
fn ports() -> impl Strategy<Value = u16> {
    prop_oneof![3 => select(vec![80, 443, 5432, 8080]), 1 => 1..=u16::MAX]
}

fn addresses() -> impl Strategy<Value = Ipv4Addr> {
    prop_oneof![
        (1..=3_u8, 1..=254_u8).prop_map(|(zone, last)| [172, 10, zone, last].into()),
        (0..=3_u8, 1..=254_u8).prop_map(|(zone, last)| [10, 0, zone, last].into()),
        any::<u32>().prop_map(Ipv4Addr::from),
    ]
}

fn egress() -> impl Strategy<Value = Egress> {
    let block = (addresses(), 0..=32_u8)
        .prop_map(|(address, length)| Destination::Cidr(ipnet::Ipv4Net::new(address, length).unwrap().trunc()));
    let group = select(vec!["sg-0a", "sg-0b", BROUGHT]).prop_map(|id| Destination::SecurityGroup(id.into()));
    let list = select(vec!["pl-0a", S3]).prop_map(|id| Destination::PrefixList(id.into()));
    let protocol = prop_oneof![3 => Just(Protocol::Tcp), 1 => Just(Protocol::Udp)];
    (prop_oneof![2 => block, 1 => group, 1 => list], ports(), protocol)
        .prop_map(|(destination, port, protocol)| Egress { destination, port, protocol })
}

pub(super) fn stacks() -> impl Strategy<Value = Stack> {
    let mode = select(vec![SecurityGroupMode::VpcLink, SecurityGroupMode::Dedicated]);
    (mode, any::<bool>(), ports(), ports(), vec(egress(), 0..5)).prop_map(
        |(mode, brings, listener, container, egress)| {
            let mut declared = if brings { brought(json!({})) } else { spec(json!({})) };
            declared.load_balancer.security_group = mode;
            declared.load_balancer.port = listener;
            declared.service.container_port = container;
            declared.service.egress = egress;
            Stack::of(declared)
        },
    )
}

/// Ends that are not the stack's, some of them in its own subnets.
pub(super) fn strangers() -> impl Strategy<Value = End> {
    let some = |of: &[&'static str]| subsequence(of.to_vec(), 0..=of.len());
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
    (addresses(), some(&["sg-0a", "sg-0b", BROUGHT]), some(&["pl-0a", S3]))
        .prop_map(move |(address, groups, lists)| End { groups: owned(groups), lists: owned(lists), ..other(address) })
}

/// Doors of the stack, those beside them, and others.
pub(super) fn doors(stack: &Stack, more: &BTreeSet<u16>) -> BTreeSet<Door> {
    let declared = stack.spec.service.egress.iter().map(|egress| egress.port);
    let known = declared.chain([stack.listener(), stack.targets(), 443, 22, 53]).chain(more.iter().copied());
    let around = known.map(i32::from).flat_map(|port| [port - 1, port, port + 1]);
    around.flat_map(|port| ["tcp", "udp", "icmp"].map(|protocol| Door { protocol, port })).collect()
}
