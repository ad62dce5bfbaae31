//! `spec.service`: the Fargate service, as written.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Hidden;

/// The Fargate service and its task.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new(FARGATE_SIZES).message("Fargate has no such size: see memory's allowed values for each cpu, or leave memory out"),
    validation = Rule::new("!has(self.autoscaling) || !has(oldSelf.autoscaling) || self.desiredCount == oldSelf.desiredCount")
        .message("desiredCount may not change while autoscaling is set: change autoscaling.min and max, or remove autoscaling"),
    validation = Rule::new("self.desiredCount == 0 \
        || self.desiredCount * self.deployment.maximumPercent / 100 > self.desiredCount \
        || (self.desiredCount * self.deployment.minimumHealthyPercent + 99) / 100 < self.desiredCount")
        .message("deployment leaves no room to replace a single task: raise maximumPercent or lower minimumHealthyPercent"),
    validation = Rule::new("!has(self.environment) || !has(self.secrets) || !self.secrets.exists(k, k in self.environment)")
        .message("a variable is in both environment and secrets: keep it in one of them"),
    validation = crate::api::manifest::rules::fixed_optional("existing", "service.existing"),
)]
pub struct Service {
    /// Image to run. It comes from ECR in the same region: isolated tasks reach no other registry.
    pub image: Image,
    /// Who decides which image runs. Spec: this object. External: a pipeline that deploys to ECS; its image is never
    /// reverted. Default: Spec.
    #[serde(default)]
    pub image_owner: ImageOwner,
    /// TCP port on which the container serves HTTP, 1 to 65535.
    #[schemars(range(min = 1, max = 65535))]
    pub container_port: i32,
    /// CPU units of a task (1024 = 1 vCPU): 256, 512, 1024, 2048, 4096, 8192 or 16384. Default: 256.
    #[serde(default = "cpu")]
    #[schemars(extend("enum" = [256, 512, 1024, 2048, 4096, 8192, 16384]))]
    pub cpu: i32,
    /// Memory of a task in MiB. Allowed for cpu 256: 512, 1024, 2048; 512: 1024 to 4096; 1024: 2048 to 8192; 2048: 4096
    /// to 16384; 4096: 8192 to 30720 (steps of 1024); 8192: 16384 to 61440 (steps of 4096); 16384: 32768 to 122880
    /// (steps of 8192). Default: the smallest for the cpu.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 512, max = 122_880))]
    pub memory: Option<i32>,
    /// Processor architecture: X86_64 or ARM64. Default: X86_64.
    #[serde(default)]
    pub architecture: Architecture,
    /// Number of tasks, 0 to 5000; kubectl scale sets it. Not used, and not to be changed, while autoscaling is set.
    /// Default: 2.
    #[serde(default = "desired_count")]
    #[schemars(range(min = 0, max = 5000))]
    pub desired_count: i32,
    /// Scaling by load, instead of desiredCount. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<Autoscaling>,
    /// How tasks are replaced.
    #[serde(default)]
    pub deployment: Deployment,
    /// Environment variables of the container, by name. Not for secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<BTreeMap<String, String>>", extend("maxProperties" = 100, "additionalProperties" = {"type": "string", "maxLength": 4096}))]
    #[x_kube(validation = Rule::new("self.all(k, size(k) > 0 && size(k) <= 255)").message("names of variables need 1 to 255 characters"))]
    pub environment: Option<Hidden<BTreeMap<String, String>>>,
    /// Environment variables whose value is a secret, by name: the ARN of a Secrets Manager secret or of an SSM
    /// parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<BTreeMap<String, String>>", extend("maxProperties" = 50, "additionalProperties" = {"type": "string", "maxLength": 2048}))]
    #[x_kube(validation = Rule::new("self.all(k, self[k].startsWith('arn:') && (self[k].contains(':secretsmanager:') || self[k].contains(':ssm:')))")
        .message("every value must be the ARN of a Secrets Manager secret or of an SSM parameter, never the secret itself"))]
    #[x_kube(validation = Rule::new("self.all(k, size(k) > 0 && size(k) <= 255)").message("names of variables need 1 to 255 characters"))]
    pub secrets: Option<Hidden<BTreeMap<String, String>>>,
    /// Command of the container. Default: the image's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), inner(length(max = 4096)), extend("x-kubernetes-list-type" = "atomic"))]
    pub command: Option<Vec<String>>,
    /// Health check of the load balancer by HTTP. Default: a TCP connection to containerPort.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_check: Option<HealthCheck>,
    /// What tasks may reach beyond the VPC endpoints and S3, for example a database in an application subnet. Default:
    /// nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40), extend("x-kubernetes-list-type" = "atomic"))]
    pub egress: Option<Vec<Egress>>,
    /// Capacity providers of the tasks. Default: FARGATE with base 1 and weight 1.
    #[serde(default = "capacity")]
    #[schemars(length(min = 1, max = 2), extend("x-kubernetes-list-type" = "atomic"))]
    #[x_kube(validation = Rule::new("self.all(x, self.exists_one(y, y.provider == x.provider))").message("each provider may be listed once"))]
    #[x_kube(validation = Rule::new("self.exists(x, x.weight > 0) && self.filter(x, x.base > 0).size() <= 1")
        .message("at least one provider needs a weight above 0, and only one may have a base"))]
    pub capacity: Vec<Capacity>,
    /// Whether `aws ecs execute-command` works; adds the ssmmessages endpoint and rights. Default: false.
    #[serde(default)]
    pub enable_execute_command: bool,
    /// ARNs of managed IAM policies: what the application itself may do. The permissions boundary of the identity
    /// applies. Default: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 10),
        inner(length(max = 512), regex(pattern = "^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/.+$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub task_role_policies: Option<Vec<String>>,
    /// Days for which CloudWatch Logs keeps the log; one of the numbers that CloudWatch allows. Default: 30.
    #[serde(default = "log_days")]
    #[schemars(extend("enum" = crate::api::limits::LOG_RETENTION_DAYS))]
    pub log_retention_days: i32,
    /// Parts that exist already and stay yours. Immutable. Default: nothing, all is built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub existing: Option<ExistingService>,
}

/// Fargate's table of sizes.
const FARGATE_SIZES: &str = "!has(self.memory) || (\
    self.cpu == 256 ? self.memory in [512, 1024, 2048] : \
    self.cpu == 512 ? self.memory >= 1024 && self.memory <= 4096 && self.memory % 1024 == 0 : \
    self.cpu == 1024 ? self.memory >= 2048 && self.memory <= 8192 && self.memory % 1024 == 0 : \
    self.cpu == 2048 ? self.memory >= 4096 && self.memory <= 16384 && self.memory % 1024 == 0 : \
    self.cpu == 4096 ? self.memory >= 8192 && self.memory <= 30720 && self.memory % 1024 == 0 : \
    self.cpu == 8192 ? self.memory >= 16384 && self.memory <= 61440 && self.memory % 4096 == 0 : \
    self.cpu == 16384 && self.memory >= 32768 && self.memory <= 122880 && self.memory % 8192 == 0)";

fn cpu() -> i32 {
    256
}

fn desired_count() -> i32 {
    2
}

fn log_days() -> i32 {
    30
}

fn capacity() -> Vec<Capacity> {
    vec![Capacity { provider: CapacityProvider::Fargate, base: 1, weight: 1 }]
}

/// The image: exactly one way of naming it.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.tag), has(self.digest), has(self.uri)].filter(x, x).size() == 1")
    .message("set exactly one of tag, digest and uri"))]
pub struct Image {
    /// Tag in the stack's own repository. Quote it: 1.10 unquoted is the number 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128), regex(pattern = "^[A-Za-z0-9_][A-Za-z0-9_.-]*$"))]
    pub tag: Option<String>,
    /// Digest in the stack's own repository, sha256: and 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 71), regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub digest: Option<String>,
    /// Full name in another ECR repository of the same region, with tag or digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 512),
        regex(
            pattern = r"^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[a-z0-9][a-z0-9._/-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*|@sha256:[0-9a-f]{64})$"
        )
    )]
    pub uri: Option<String>,
}

/// Who decides which image runs.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum ImageOwner {
    /// This object.
    #[default]
    Spec,
    /// A pipeline beside it.
    External,
}

/// Processor architecture.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum Architecture {
    /// 64-bit x86.
    #[default]
    #[serde(rename = "X86_64")]
    X86,
    /// 64-bit ARM.
    #[serde(rename = "ARM64")]
    Arm,
}

/// Scaling by the tasks' average CPU.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.min <= self.max").message("min must not exceed max"))]
pub struct Autoscaling {
    /// Fewest tasks, 0 to 5000.
    #[schemars(range(min = 0, max = 5000))]
    pub min: i32,
    /// Most tasks, 1 to 5000.
    #[schemars(range(min = 1, max = 5000))]
    pub max: i32,
    /// Average CPU use to aim at, percent, 1 to 100. Default: 60.
    #[serde(default = "cpu_percent")]
    #[schemars(range(min = 1, max = 100))]
    pub cpu_percent: i32,
}

fn cpu_percent() -> i32 {
    60
}

/// How tasks are replaced.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// Least healthy tasks during a deployment, percent of the desired count, 0 to 100. Default: 100.
    #[serde(default = "minimum_healthy_percent")]
    #[schemars(range(min = 0, max = 100))]
    pub minimum_healthy_percent: i32,
    /// Most tasks during a deployment, percent of the desired count, 100 to 200. Default: 200.
    #[serde(default = "maximum_percent")]
    #[schemars(range(min = 100, max = 200))]
    pub maximum_percent: i32,
    /// Seconds after a task's start in which failing health checks do not count, 0 to 2147483647. Default: 60.
    #[serde(default = "grace_period")]
    #[schemars(range(min = 0))]
    pub health_check_grace_period_seconds: i32,
    /// Whether a failed deployment returns to the last one that worked. Default: true.
    #[serde(default = "rollback")]
    pub rollback: bool,
}

impl Default for Deployment {
    fn default() -> Self {
        Self {
            minimum_healthy_percent: minimum_healthy_percent(),
            maximum_percent: maximum_percent(),
            health_check_grace_period_seconds: grace_period(),
            rollback: rollback(),
        }
    }
}

fn minimum_healthy_percent() -> i32 {
    100
}

fn maximum_percent() -> i32 {
    200
}

fn grace_period() -> i32 {
    60
}

fn rollback() -> bool {
    true
}

/// Health check by HTTP.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthCheck {
    /// Path that answers 200 to 399 while the task is healthy, for example /healthz.
    #[schemars(length(min = 1, max = 1024), regex(pattern = r"^/[\x21-\x7e]*$"))]
    pub path: String,
}

/// One destination that tasks may reach.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.cidr), has(self.securityGroupId), has(self.prefixListId)].filter(x, x).size() == 1")
    .message("set exactly one of cidr, securityGroupId and prefixListId"))]
pub struct Egress {
    /// An IPv4 block in canonical form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 18))]
    #[x_kube(validation = Rule::new("isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self) == cidr(self).masked()")
        .message("must be an IPv4 block in canonical form (its first address), for example 10.0.1.0/24"))]
    pub cidr: Option<String>,
    /// A security group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = "^sg-[0-9a-f]+$"))]
    pub security_group_id: Option<String>,
    /// A prefix list, of AWS or your own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = "^pl-[0-9a-f]+$"))]
    pub prefix_list_id: Option<String>,
    /// Port, 1 to 65535.
    #[schemars(range(min = 1, max = 65535))]
    pub port: i32,
    /// Protocol: tcp or udp. Default: tcp.
    #[serde(default)]
    pub protocol: Protocol,
}

/// Protocol of a destination.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

/// Share of a capacity provider.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Capacity {
    /// FARGATE or FARGATE_SPOT, whose tasks AWS may stop at two minutes' notice.
    pub provider: CapacityProvider,
    /// Tasks that run here at least, 0 to 100000. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100_000))]
    pub base: i32,
    /// Share of the tasks beyond the base, 0 to 1000. Default: 1.
    #[serde(default = "weight")]
    #[schemars(range(min = 0, max = 1000))]
    pub weight: i32,
}

fn weight() -> i32 {
    1
}

/// Capacity provider of Fargate.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum CapacityProvider {
    /// On demand.
    #[serde(rename = "FARGATE")]
    Fargate,
    /// Spare capacity.
    #[serde(rename = "FARGATE_SPOT")]
    FargateSpot,
}

/// Parts of the service that exist already.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExistingService {
    /// Cluster in which the service is built.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512), regex(pattern = "^arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:cluster/[A-Za-z0-9_-]+$"))]
    pub cluster_arn: Option<String>,
    /// Role with which ECS pulls the image, reads secrets and writes the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512), regex(pattern = "^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$"))]
    pub execution_role_arn: Option<String>,
    /// Role of the application itself; taskRolePolicies do not apply then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512), regex(pattern = "^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$"))]
    pub task_role_arn: Option<String>,
}
