//! The only room that names an AWS SDK: one file per kind of resource, and what they share.
//!
//! - [`resource`]: the contract of a kind; `kinds`: the list of them and the sums it generates.
//! - [`sources`]: the questions, shared per [`scope`]; [`observe`]: one look for one stack.
//! - [`facts`]: what a graph is designed from: account, zones, prefix lists, what the user brings.
//! - [`owner`]: the mark in tags; [`fault`]: the one table of error codes; [`limits`]: the account's rates; [`meter`]: what is counted.
//!
//! Deliberately absent: waiting for a state (a phase is reported, the next pass looks again), retries of changes, and any
//! knowledge of a test environment.

mod call;
mod clients;
pub mod cloud;
pub mod ec2;
pub mod ecs;
pub mod facts;
pub mod fault;
mod holders;
mod kinds;
mod label;
pub mod limits;
pub mod meter;
pub mod observe;
pub mod owner;
mod pools;
pub mod resource;
pub mod scope;
mod secret;
pub mod sources;

mod api_gateway;
mod api_mapping;
mod api_route;
mod authorizer;
mod document;
mod domain_name;
mod ecs_cluster;
mod ecs_service;
mod elastic_ip;
mod elb;
mod flow_log;
mod http_api;
mod integration;
mod internet_gateway;
mod listener;
mod load_balancer;
mod log_group;
mod nat_gateway;
mod repository;
mod resource_server;
mod role;
mod route_table;
mod scalable_target;
mod scaling_policy;
mod security_group;
mod security_group_rule;
mod stage;
mod subnet;
mod target_group;
mod task_definition;
mod user_pool;
mod user_pool_client;
mod user_pool_domain;
mod vpc;
mod vpc_cidr;
mod vpc_endpoint;
mod vpc_link;

#[cfg(test)]
pub(crate) mod wire;

pub use api_gateway::Tagged;
pub use api_mapping::{ApiMapping, ApiMappingSeen, ApiMappings};
pub use api_route::{Admission, AdmissionSeen, ApiRoute, ApiRouteSeen, ApiRoutes};
pub use authorizer::{Authorizer, AuthorizerSeen, Authorizers, Issuer};
pub use call::{Call, Dependent};
pub use domain_name::{DomainName, DomainNameSeen, DomainNames, TARGET};
pub use ecs_cluster::{EcsCluster, EcsClusterSeen, EcsClusters};
pub use ecs_service::{
    Capacity, Deployment, Desired, EcsService, EcsServiceSeen, EcsServices, EndedRollout, FailedRollout,
    ServiceRollouts, ServiceTargets, StoppedTasks, attribute, running_image,
};
pub use elastic_ip::{ElasticIp, ElasticIpSeen};
pub use elb::ElbAttributes;
pub use flow_log::{FlowLog, FlowLogSeen, FlowLogs};
pub use http_api::{CorsRules, ENDPOINT, HttpApi, HttpApiSeen, HttpApis};
pub use integration::{Form, Integration, IntegrationSeen, Integrations};
pub use internet_gateway::{InternetGateway, InternetGatewaySeen};
pub use kinds::{Body, CALLS, KINDS, Node, Seen, mark_retained, taggable};
pub use listener::{ListedListener, Listener, ListenerSeen, Listeners};
pub use load_balancer::{LoadBalancer, LoadBalancerDetail, LoadBalancerDetails, LoadBalancerSeen, LoadBalancers};
pub use log_group::{LogGroup, LogGroupSeen, LogGroupTags, LogGroups};
pub use nat_gateway::{NatGateway, NatGatewaySeen, Placement};
pub use repository::{Repositories, Repository, RepositoryDetail, RepositoryDetails, RepositorySeen, URI};
pub use resource::{ARN, Resource};
pub use resource_server::{ResourceServer, ResourceServerSeen, ResourceServers};
pub use role::{PATH as ROLE_PATH, Role, RoleDetail, RoleDetails, RoleSeen, Roles};
pub use route_table::{Associations, Maker, Route, RouteTable, RouteTableSeen, Routes, SeenRoute, Target};
pub use scalable_target::{ScalableTarget, ScalableTargetSeen, ScalableTargets};
pub use scaling_policy::{ScalingPolicies, ScalingPolicy, ScalingPolicySeen};
pub use secret::Secret;
pub use security_group::{SecurityGroup, SecurityGroupSeen};
pub use security_group_rule::{Direction, Peer, SecurityGroupRule, SecurityGroupRuleSeen};
pub use stage::{AccessLog, Stage, StageSeen, Stages};
pub use subnet::{Subnet, SubnetSeen};
pub use target_group::{
    CheckSeen, TargetCheck, TargetGroup, TargetGroupDetail, TargetGroupDetails, TargetGroupSeen, TargetGroups,
};
pub use task_definition::{
    CONTAINER, DescribedTaskDefinition, TaskDefinition, TaskDefinitionArns, TaskDefinitionSeen, TaskDefinitions,
    Variables,
};
pub use user_pool::{ISSUER, Mfa, UserPool, UserPoolDetail, UserPoolDetails, UserPoolSeen, UserPools};
pub use user_pool_client::{CLIENT_ID, Flow, UserPoolClient, UserPoolClientLists, UserPoolClientSeen, UserPoolClients};
pub use user_pool_domain::{URL, UserPoolDomain, UserPoolDomainSeen, UserPoolDomains};
pub use vpc::{Vpc, VpcSeen};
pub use vpc_cidr::{VpcCidr, VpcCidrSeen};
pub use vpc_endpoint::{Attachment, VpcEndpoint, VpcEndpointSeen};
pub use vpc_link::{INACTIVE, VpcLink, VpcLinkSeen, VpcLinks};
