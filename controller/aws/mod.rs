//! The only room that names an AWS SDK: one file per kind of resource, and what they share.
//!
//! - [`resource`]: the contract of a kind; `kinds`: the list of them and the sums it generates.
//! - [`sources`]: the questions, shared per [`scope`]; [`observe`]: one look for one stack.
//! - [`facts`]: what a graph is designed from: account, zones, prefix lists, what the user brings.
//! - [`owner`]: the mark in tags; [`fault`]: the one table of error codes; [`limits`]: the account's rates.
//!
//! Deliberately absent: waiting for a state (a phase is reported, the next pass looks again), retries of changes, and any
//! knowledge of a test environment.

mod clients;
pub mod cloud;
pub mod ec2;
pub mod facts;
pub mod fault;
mod kinds;
pub mod limits;
pub mod observe;
pub mod owner;
pub mod resource;
pub mod scope;
pub mod sources;

mod elastic_ip;
mod internet_gateway;
mod log_group;
mod nat_gateway;
mod route_table;
mod security_group;
mod security_group_rule;
mod subnet;
mod user_pool;
mod user_pool_client;
mod vpc;
mod vpc_cidr;
mod vpc_endpoint;

#[cfg(test)]
pub(crate) mod wire;

pub use elastic_ip::{ElasticIp, ElasticIpSeen};
pub use internet_gateway::{InternetGateway, InternetGatewaySeen};
pub use kinds::{ACTIONS, Body, KINDS, Node, Seen, mark_retained, taggable};
pub use log_group::{LogGroup, LogGroupSeen, LogGroupTags, LogGroups};
pub use nat_gateway::{NatGateway, NatGatewaySeen, Placement};
pub use resource::Resource;
pub use route_table::{Associations, Maker, Route, RouteTable, RouteTableSeen, Routes, SeenRoute, Target};
pub use security_group::{SecurityGroup, SecurityGroupSeen};
pub use security_group_rule::{Direction, Peer, SecurityGroupRule, SecurityGroupRuleSeen};
pub use subnet::{Subnet, SubnetSeen};
pub use user_pool::{ISSUER, UserPool};
pub use user_pool_client::{CLIENT_ID, UserPoolClient};
pub use vpc::{Vpc, VpcSeen};
pub use vpc_cidr::{VpcCidr, VpcCidrSeen};
pub use vpc_endpoint::{Attachment, VpcEndpoint, VpcEndpointSeen};
