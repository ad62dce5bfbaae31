//! The other side of a rule.

use engine::Ref;
use ipnet::Ipv4Net;

use crate::aws::SecurityGroup;

/// The other side of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An IPv4 block.
    Cidr(Ipv4Net),
    /// A group of the stack.
    Group(Ref<SecurityGroup>),
    /// A group that the user names.
    GroupId(String),
    /// A managed prefix list, for example that of S3.
    PrefixList(String),
}

/// What a peer is. Fixed at creation: AWS changes a rule's peer only for another of the same type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Block,
    SecurityGroup,
    PrefixList,
}

impl Peer {
    /// Its type.
    pub(super) fn of_type(&self) -> Type {
        match self {
            Self::Cidr(_) => Type::Block,
            Self::Group(_) | Self::GroupId(_) => Type::SecurityGroup,
            Self::PrefixList(_) => Type::PrefixList,
        }
    }
}

impl Type {
    /// The type of a peer as AWS writes it.
    pub(super) fn of(peer: &str) -> Self {
        match peer.split_once('-') {
            Some(("sg", _)) => Self::SecurityGroup,
            Some(("pl", _)) => Self::PrefixList,
            _ => Self::Block,
        }
    }
}
