//! `spec.service`: the Fargate service, as written.

#![allow(clippy::struct_field_names, reason = "fields are named as in the manifest")]

use std::collections::BTreeMap;

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::Hidden;
use super::rules::{self, service};
use super::task::{Architecture, Capacity, CapacityProvider, Egress, Image, ImageOwner};

/// The Fargate service and its task.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = service::size(),
    validation = service::count_left_to_autoscaling(),
    validation = service::room_to_deploy(),
    validation = service::variables_apart(),
    validation = rules::fixed_optional("existing", "service.existing"),
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
    /// Environment variables of the container, by name. Not for secrets. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        with = "Option<BTreeMap<String, String>>",
        extend("maxProperties" = 100, "additionalProperties" = {"type": "string", "maxLength": 4096})
    )]
    #[x_kube(validation = service::variable_names())]
    pub environment: Option<Hidden<BTreeMap<String, String>>>,
    /// Environment variables whose value is a secret, by name: the ARN of a Secrets Manager secret or of an SSM
    /// parameter. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        with = "Option<BTreeMap<String, String>>",
        extend("maxProperties" = 50, "additionalProperties" = {"type": "string", "maxLength": 2048})
    )]
    #[x_kube(validation = service::secret_references())]
    #[x_kube(validation = service::variable_names())]
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
    #[x_kube(validation = service::providers_once())]
    #[x_kube(validation = service::capacity_shares())]
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

/// Scaling by the tasks' average CPU.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = service::range())]
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
