//! The network that is to be built.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;

use crate::api::manifest::network::{EndpointPolicies, NatMode};

/// A checked network.
///
/// Guarantees: blocks are canonical and from /16 to /28; listed subnets lie in their block and overlap nowhere; each
/// tier has either one block or one brought id per zone; the two blocks may stand in one VPC, as AWS's association
/// table says (not checked in a VPC that the user brings: there they stand already).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Primary block of the VPC.
    pub vpc_cidr: Ipv4Net,
    /// Secondary block, of the tasks.
    pub ecs_cidr: Ipv4Net,
    /// The zones.
    pub zones: Zones,
    /// Blocks of the public subnets, one per zone; empty if they are brought.
    pub public_subnets: Vec<Ipv4Net>,
    /// Blocks of the application subnets, one per zone; empty if they are brought.
    pub app_subnets: Vec<Ipv4Net>,
    /// Blocks of the task subnets, one per zone; empty if they are brought.
    pub ecs_subnets: Vec<Ipv4Net>,
    /// NAT gateways; `None` if the application subnets are brought.
    pub nat: NatMode,
    /// VPC endpoints.
    pub endpoints: Endpoints,
    /// Flow logs.
    pub flow_logs: Option<FlowLogs>,
    /// What the user brings.
    pub existing: ExistingNetwork,
}

impl Network {
    /// Whether the tasks' block is public address space: outside RFC 1918 and RFC 6598 (100.64.0.0/10).
    #[must_use]
    pub fn uses_public_address_space(&self) -> bool {
        const PRIVATE: [Ipv4Net; 4] = [
            Ipv4Net::new_assert(std::net::Ipv4Addr::new(10, 0, 0, 0), 8),
            Ipv4Net::new_assert(std::net::Ipv4Addr::new(172, 16, 0, 0), 12),
            Ipv4Net::new_assert(std::net::Ipv4Addr::new(192, 168, 0, 0), 16),
            Ipv4Net::new_assert(std::net::Ipv4Addr::new(100, 64, 0, 0), 10),
        ];
        [self.vpc_cidr, self.ecs_cidr].iter().any(|block| !PRIVATE.iter().any(|range| range.contains(block)))
    }
}

/// The availability zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zones {
    /// So many, to be chosen.
    Count(usize),
    /// These, by name, in this order; all different, all of the stack's region.
    Names(Vec<String>),
}

impl Zones {
    /// How many zones there are, at least one.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Count(count) => *count,
            Self::Names(names) => names.len(),
        }
    }
}

/// VPC endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Interface endpoints that are built, by service without `com.amazonaws.REGION.`: those listed and those that the
    /// service's secrets and command execution need. Empty if the user brings them.
    pub services: BTreeSet<String>,
    /// The S3 gateway endpoint is built.
    pub s3_gateway: bool,
    /// What their policies allow.
    pub policies: EndpointPolicies,
}

/// VPC flow logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowLogs {
    /// Days for which they are kept.
    pub retention_days: i32,
}

/// What the user brings; nothing of it is ever changed, but for the S3 endpoint's association with the route tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExistingNetwork {
    /// The VPC; without it nothing else is brought.
    pub vpc_id: Option<String>,
    /// Public subnets, one per zone, or none.
    pub public_subnet_ids: Vec<String>,
    /// Application subnets, one per zone, or none.
    pub app_subnet_ids: Vec<String>,
    /// Task subnets, one per zone, or none.
    pub ecs_subnet_ids: Vec<String>,
    /// Route tables of the task subnets.
    pub ecs_route_table_ids: Vec<String>,
    /// Security group of the interface endpoints.
    pub endpoint_security_group_id: Option<String>,
}
