//! The Fargate service that is to be built.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use crate::api::manifest::Hidden;
use crate::api::manifest::service::{Deployment, ExistingService};
use crate::api::manifest::task::{Architecture, Capacity, ImageOwner, Protocol};

/// A checked service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Image to run.
    pub image: Image,
    /// Who decides which image runs.
    pub image_owner: ImageOwner,
    /// Port on which the container serves.
    pub container_port: u16,
    /// CPU units of a task.
    pub cpu: i32,
    /// Memory of a task in MiB; Fargate allows it for the CPU.
    pub memory: i32,
    /// Processor architecture.
    pub architecture: Architecture,
    /// Number of tasks; without meaning while autoscaling is set.
    pub desired_count: i32,
    /// Scaling by load.
    pub autoscaling: Option<Autoscaling>,
    /// How tasks are replaced; leaves room to replace one.
    pub deployment: Deployment,
    /// Environment variables, by name.
    pub environment: Hidden<BTreeMap<String, String>>,
    /// Where secret environment variables come from, by name; no name is also in `environment`.
    pub secrets: BTreeMap<String, SecretSource>,
    /// Command; the image's own if empty.
    pub command: Vec<String>,
    /// Health check of the load balancer.
    pub health_check: HealthCheck,
    /// What tasks may reach beyond endpoints and S3, each destination once.
    pub egress: Vec<Egress>,
    /// Capacity providers.
    pub capacity: Vec<Capacity>,
    /// Command execution works.
    pub enable_execute_command: bool,
    /// ARNs of managed policies of the application.
    pub task_role_policies: BTreeSet<String>,
    /// Days for which the log is kept.
    pub log_retention_days: i32,
    /// What the user brings.
    pub existing: ExistingService,
}

/// Which image runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// A tag in the stack's repository.
    Tag(String),
    /// A digest in the stack's repository.
    Digest(String),
    /// A full name in another ECR repository of the region.
    Uri(String),
}

/// Scaling by the tasks' average CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Autoscaling {
    /// Fewest tasks.
    pub min: i32,
    /// Most tasks, at least `min`.
    pub max: i32,
    /// Average CPU use to aim at, percent.
    pub cpu_percent: i32,
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretSource {
    /// ARN of a Secrets Manager secret, with its optional key, stage and version.
    SecretsManager(String),
    /// ARN of an SSM parameter.
    Parameter(String),
}

/// How the load balancer tells a healthy task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthCheck {
    /// It accepts a TCP connection on the container port.
    Tcp,
    /// It answers this path with 200 to 399.
    Http(String),
}

/// One destination that tasks may reach.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Egress {
    /// Where to.
    pub destination: Destination,
    /// To which port.
    pub port: u16,
    /// By which protocol.
    pub protocol: Protocol,
}

/// Where tasks may connect to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destination {
    /// A block, canonical.
    Cidr(Ipv4Net),
    /// A security group, by id.
    SecurityGroup(String),
    /// A prefix list, by id.
    PrefixList(String),
}
