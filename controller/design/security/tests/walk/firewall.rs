//! Security groups as AWS evaluates them.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use crate::aws::{Direction, Peer, SecurityGroupRule};

/// What has an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Link,
    Balancer,
    Task,
    Endpoint,
    /// Not the stack's: its groups and whatever else guards it are somebody else's business.
    Other,
}

/// One network interface, or an address elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct End {
    pub(super) role: Role,
    pub(super) address: Ipv4Addr,
    pub(super) groups: BTreeSet<String>,
    /// Prefix lists that hold the address.
    pub(super) lists: BTreeSet<String>,
}

/// The first packet of a connection: where it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Door {
    pub(super) protocol: &'static str,
    pub(super) port: i32,
}

pub(super) fn tcp(port: u16) -> Door {
    Door { protocol: "tcp", port: i32::from(port) }
}

/// The rules at work: stateful, so that an answer passes where its question did, and by no rule of its own.
pub(super) struct Firewall {
    pub(super) rules: Vec<SecurityGroupRule>,
}

impl Firewall {
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>: rules only allow, and those of all groups of an
    /// interface count together. A group as a peer stands for the interfaces that bear it.
    pub(super) fn lets(&self, at: &End, direction: Direction, other: &End, door: Door) -> bool {
        at.role == Role::Other
            || self.rules.iter().any(|rule| {
                rule.direction == direction
                    && at.groups.contains(&*rule.group.key().name)
                    && (rule.protocol == "-1" || rule.protocol == door.protocol)
                    && (rule.from_port..=rule.to_port).contains(&door.port)
                    && match &rule.peer {
                        Peer::Cidr(block) => block.contains(&other.address),
                        Peer::Group(group) => other.groups.contains(&*group.key().name),
                        Peer::GroupId(id) => other.groups.contains(id),
                        Peer::PrefixList(id) => other.lists.contains(id),
                    }
            })
    }

    /// Whether a connection comes about: its first packet passes both ends, and what comes back is an answer.
    pub(super) fn connects(&self, from: &End, to: &End, door: Door) -> bool {
        self.lets(from, Direction::Egress, to, door) && self.lets(to, Direction::Ingress, from, door)
    }
}

pub(super) fn other(address: Ipv4Addr) -> End {
    End { role: Role::Other, address, groups: BTreeSet::new(), lists: BTreeSet::new() }
}

pub(super) fn group(id: &str) -> End {
    End { groups: [id.to_owned()].into(), ..other([203, 0, 113, 9].into()) }
}

pub(super) fn listed(id: &str) -> End {
    End { lists: [id.to_owned()].into(), ..other([203, 0, 113, 10].into()) }
}
