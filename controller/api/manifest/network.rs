//! `spec.network`: VPC, subnets, NAT and endpoints, as written.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules;
use super::rules::network::{self, CidrRange};

/// The network of the stack: one VPC with three tiers of subnets, NAT gateways and VPC endpoints.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = network::zone_lists(),
    validation = network::explicit_subnets("vpcCidr", "publicSubnets", "publicSubnetIds"),
    validation = network::explicit_subnets("vpcCidr", "appSubnets", "appSubnetIds"),
    validation = network::explicit_subnets("ecsCidr", "ecsSubnets", "ecsSubnetIds"),
    validation = network::inside("vpcCidr", "publicSubnets"),
    validation = network::inside("vpcCidr", "appSubnets"),
    validation = network::inside("ecsCidr", "ecsSubnets"),
    validation = network::brought_or_listed("publicSubnets", "publicSubnetIds"),
    validation = network::brought_or_listed("appSubnets", "appSubnetIds"),
    validation = network::brought_or_listed("ecsSubnets", "ecsSubnetIds"),
    validation = network::subnets_apart(),
    validation = network::blocks_apart(),
    validation = network::association_table(),
    validation = network::nat_of_own_tables(),
    validation = network::endpoints_for_pulls(),
    validation = network::gateway_endpoint(),
    validation = network::kept_by_index("publicSubnets"),
    validation = network::kept_by_index("appSubnets"),
    validation = network::kept_by_index("ecsSubnets"),
    validation = network::zone_names_kept(),
    validation = rules::fixed_optional("existing", "network.existing"),
)]
pub struct Network {
    /// Primary IPv4 block of the VPC, in canonical form, /16 to /28. Immutable. Default: 10.0.0.0/16.
    /// With existing.vpcId: a block of that VPC.
    #[serde(default = "vpc_cidr")]
    #[schemars(length(max = 18))]
    #[x_kube(validation = network::block(CidrRange::Vpc), validation = network::usable())]
    #[x_kube(validation = rules::fixed("vpcCidr"))]
    pub vpc_cidr: String,
    /// Secondary IPv4 block, for the tasks, in canonical form, /16 to /28; AWS's table of allowed associations with
    /// vpcCidr applies. Immutable. Default: 172.10.0.0/16, which is public address space that AWS accepts beside
    /// 10.0.0.0/16 (a condition says so); 100.64.0.0/16 is the private alternative. With existing.vpcId: a block of
    /// that VPC.
    #[serde(default = "ecs_cidr")]
    #[schemars(length(max = 18))]
    #[x_kube(validation = network::block(CidrRange::Vpc), validation = network::usable())]
    #[x_kube(validation = rules::fixed("ecsCidr"))]
    pub ecs_cidr: String,
    /// How many availability zones, or which. Default: count 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_zones: Option<AvailabilityZones>,
    /// Blocks of the public subnets, one per zone, inside vpcCidr. Default for a /16: x.y.10.0/24, x.y.20.0/24 and so
    /// on; required for other sizes. A listed block cannot change, nor can the list be set or unset later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 6), inner(length(max = 18)), extend("x-kubernetes-list-type" = "atomic"))]
    #[x_kube(validation = network::blocks(CidrRange::Subnet))]
    pub public_subnets: Option<Vec<String>>,
    /// Blocks of the private application subnets, one per zone, inside vpcCidr. Default for a /16: x.y.1.0/24,
    /// x.y.2.0/24 and so on; required for other sizes. A listed block cannot change, nor can the list be set or unset
    /// later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 6), inner(length(max = 18)), extend("x-kubernetes-list-type" = "atomic"))]
    #[x_kube(validation = network::blocks(CidrRange::Subnet))]
    pub app_subnets: Option<Vec<String>>,
    /// Blocks of the isolated task subnets, one per zone, inside ecsCidr. Default for a /16: x.y.1.0/24, x.y.2.0/24 and
    /// so on; required for other sizes. A listed block cannot change, nor can the list be set or unset later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 6), inner(length(max = 18)), extend("x-kubernetes-list-type" = "atomic"))]
    #[x_kube(validation = network::blocks(CidrRange::Subnet))]
    pub ecs_subnets: Option<Vec<String>>,
    /// NAT gateways for the application subnets. Task subnets never have one.
    #[serde(default)]
    pub nat: Nat,
    /// VPC endpoints through which isolated tasks reach AWS.
    #[serde(default)]
    pub endpoints: Endpoints,
    /// VPC flow logs to CloudWatch Logs. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_logs: Option<FlowLogs>,
    /// Parts of the network that exist already and stay yours: never changed, never deleted. Immutable. Default:
    /// nothing, all is built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub existing: Option<ExistingNetwork>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            vpc_cidr: vpc_cidr(),
            ecs_cidr: ecs_cidr(),
            availability_zones: None,
            public_subnets: None,
            app_subnets: None,
            ecs_subnets: None,
            nat: Nat::default(),
            endpoints: Endpoints::default(),
            flow_logs: None,
            existing: None,
        }
    }
}

fn vpc_cidr() -> String {
    "10.0.0.0/16".into()
}

fn ecs_cidr() -> String {
    "172.10.0.0/16".into()
}

/// Either a number of zones, chosen by zone ID among those that VPC links support, or their names.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::one_of(&["count", "names"]))]
pub struct AvailabilityZones {
    /// Number of zones, 1 to 6. Chosen zones stay chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 6))]
    pub count: Option<i32>,
    /// Names of the zones, for example eu-west-1a; one subnet of each tier is built in each, in this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 6),
        inner(length(max = 32), regex(pattern = "^[a-z]{2}(-[a-z]+)+-[0-9]+[a-z]$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub names: Option<Vec<String>>,
}

/// NAT gateways.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Nat {
    /// Zonal: one gateway per zone, in its public subnet. Regional: one regional gateway in no subnet. Single: one
    /// gateway for all zones. None: the application subnets have no way out. Default: Zonal.
    #[serde(default)]
    pub mode: NatMode,
}

/// How application subnets reach the internet.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum NatMode {
    /// One NAT gateway per zone, each in the public subnet of its zone.
    #[default]
    Zonal,
    /// One regional NAT gateway: no subnet, no address of ours.
    Regional,
    /// One NAT gateway in the first public subnet, for all zones.
    Single,
    /// No NAT gateway and no default route.
    None,
}

/// VPC endpoints.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// Interface endpoints by service, without the prefix com.amazonaws.REGION. Default: ecr.api, ecr.dkr, logs,
    /// without which isolated tasks cannot start. secretsmanager, ssm and ssmmessages are added when the service uses
    /// them; list kms or others if the application calls them.
    #[serde(default = "endpoint_services")]
    #[schemars(
        length(max = 20),
        inner(length(max = 64), regex(pattern = "^[a-z0-9][a-z0-9.-]*$")),
        extend("x-kubernetes-list-type" = "atomic")
    )]
    #[x_kube(validation = rules::once("service"))]
    #[x_kube(validation = network::interface_services())]
    pub services: Vec<String>,
    /// Whether to build the S3 gateway endpoint, which carries the layers of every image; only false where brought ECS
    /// subnets reach S3 already. Default: true.
    #[serde(default = "yes", rename = "s3Gateway")]
    pub s3_gateway: bool,
    /// Restricted: each endpoint's policy allows what the stack needs and no more. FullAccess: AWS's default policy.
    /// Default: Restricted.
    #[serde(default)]
    pub policies: EndpointPolicies,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self { services: endpoint_services(), s3_gateway: true, policies: EndpointPolicies::default() }
    }
}

fn endpoint_services() -> Vec<String> {
    ["ecr.api", "ecr.dkr", "logs"].map(Into::into).into()
}

fn yes() -> bool {
    true
}

/// What the endpoints' policies allow.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum EndpointPolicies {
    /// What the stack needs and no more.
    #[default]
    Restricted,
    /// AWS's default: everything.
    FullAccess,
}

/// VPC flow logs.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowLogs {
    /// Days for which CloudWatch Logs keeps them; one of the numbers that CloudWatch allows. Default: 14.
    #[serde(default = "flow_log_days")]
    #[schemars(extend("enum" = crate::api::limits::LOG_RETENTION_DAYS))]
    pub retention_days: i32,
}

fn flow_log_days() -> i32 {
    14
}

/// What exists already, by layer. Each layer needs the VPC.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = network::tables_of_brought_subnets(),
)]
pub struct ExistingNetwork {
    /// The VPC in which everything is built. DNS support and DNS hostnames must be on in it.
    #[schemars(length(max = 32), regex(pattern = "^vpc-[0-9a-f]+$"))]
    pub vpc_id: String,
    /// Public subnets, one per zone; the VPC must have an internet gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 6),
        inner(length(max = 32), regex(pattern = "^subnet-[0-9a-f]+$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub public_subnet_ids: Option<Vec<String>>,
    /// Application subnets, one per zone. Their routes are yours, so nat.mode must be None.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 6),
        inner(length(max = 32), regex(pattern = "^subnet-[0-9a-f]+$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub app_subnet_ids: Option<Vec<String>>,
    /// Subnets of the tasks, one per zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 6),
        inner(length(max = 32), regex(pattern = "^subnet-[0-9a-f]+$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub ecs_subnet_ids: Option<Vec<String>>,
    /// Route tables of ecsSubnetIds: the S3 gateway endpoint is associated with them, their only change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 6),
        inner(length(max = 32), regex(pattern = "^rtb-[0-9a-f]+$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub ecs_route_table_ids: Option<Vec<String>>,
    /// Security group of interface endpoints that exist already: none is built, and tasks may reach this group on port
    /// 443.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = "^sg-[0-9a-f]+$"))]
    pub endpoint_security_group_id: Option<String>,
}
