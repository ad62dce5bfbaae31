//! `status`: what the controller tells users, and what it remembers between passes.
//!
//! One field manager writes it, always whole. Everything but the conditions can be rebuilt from AWS: a lost status
//! costs time, never a resource. Unknown fields of a newer version are ignored, and what does not parse counts as lost
//! (see [`Stack`](super::Stack)).

mod memory;

use std::collections::BTreeMap;

use jiff::Timestamp;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use memory::{Approval, IntentRecord, LingeringRecord, PlanRecord, PlannedStep, RecordedPhase, ResourceRecord};

/// What is observed, and the controller's memory. Written by the controller only.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Generation of the declaration that this status speaks of; -1 before there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready (the worst of the sections), Reconciling and Stalled (kstatus), one condition per section, and warnings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// AWS account in which the stack is built, as first used: another one stalls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Region in which the stack is built, as first used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Name of the AwsIdentity as last used; absent: the controller's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Running tasks: the scale subresource's count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// The service at a glance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceStatus>,
    /// What users need to know of what was built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Outputs>,
    /// IDs of the availability zones that were chosen, in the order of the subnets; they stay until the declaration changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub zones: Vec<String>,
    /// What was built, by key: the controller's memory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub resources: Vec<ResourceRecord>,
    /// What was once seen beside the resources (predecessors, twins, orphans) and is not yet proven gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub lingering: Vec<LingeringRecord>,
    /// When the controller found this memory empty although it had written one; nothing absent is created until it
    /// settles.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub memory_lost_since: Option<Timestamp>,
    /// Creates that were announced and whose resource has not been seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub intents: Vec<IntentRecord>,
    /// Keys of the user's tags as last written to AWS: one that is no longer declared is removed there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub tag_keys: Vec<String>,
    /// Pending steps that wait for approval: held back by mode or driftPolicy, or replacements of what somebody else changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanRecord>,
    /// The plan that was approved; it covers every later plan of the same generation whose steps are all among its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// Generation that was last applied in full, absent while a later change of the controller's own is under way: what differs from
    /// it was changed by somebody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_generation: Option<i64>,
    /// When AWS was last looked at; moves only together with another change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub last_observed_time: Option<Timestamp>,
    /// Value of the annotation fargatestack.dev/reconcile-requested-at that was last acted on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

/// One condition, as Kubernetes defines them.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What it speaks of.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 316))]
    pub type_: String,
    /// True, False or Unknown.
    pub status: ConditionStatus,
    /// Why, one word of a closed list.
    #[schemars(length(min = 1, max = 1024))]
    pub reason: String,
    /// Why, for people: names the resource, the AWS code and the fix.
    #[schemars(length(max = 32768))]
    pub message: String,
    /// Generation of the declaration that it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// When its status last changed.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub last_transition_time: Timestamp,
}

/// Whether a condition holds.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody knows.
    Unknown,
}

/// The service at a glance.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceStatus {
    /// Running and desired tasks, for example 2/2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks: Option<String>,
    /// The image as last found in its repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageStatus>,
    /// The last rollout, if it failed. It is not tried again before the declaration changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_rollout: Option<FailedRolloutStatus>,
}

/// A rollout that failed.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedRolloutStatus {
    /// ARN of the service deployment of ECS.
    pub deployment: String,
    /// ARN of the task definition that it was to roll out.
    pub task_definition: String,
    /// Generation of the declaration under which it was first seen to have failed.
    pub generation: i64,
}

/// An image that was found in its repository.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageStatus {
    /// Its full name as declared, with tag or digest.
    pub name: String,
    /// Digest of what was found: what tasks run.
    pub digest: String,
}

/// What users need to know of what was built. Absent until it is known.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outputs {
    /// URL of the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_endpoint: Option<String>,
    /// Name to which the CNAME or alias of api.domain must point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_target: Option<String>,
    /// Repository to which images are pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_uri: Option<String>,
    /// Id of the Cognito user pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_pool_id: Option<String>,
    /// Issuer of the tokens that the API accepts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// URL of the user pool's domain: sign-in pages and OAuth endpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_pool_url: Option<String>,
    /// Ids of the clients, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub client_ids: BTreeMap<String, String>,
    /// Id of the VPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// Ids of the subnets, by tier, in the order of their zones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet_ids: Option<SubnetIds>,
    /// Public addresses from which the application subnets reach the internet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub nat_addresses: Vec<String>,
    /// ARN of the load balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nlb_arn: Option<String>,
    /// ARN of the ECS cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_arn: Option<String>,
    /// ARN of the ECS service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_arn: Option<String>,
}

/// Ids of the subnets, by tier.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubnetIds {
    /// Public.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub public: Vec<String>,
    /// Application.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub app: Vec<String>,
    /// Tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub ecs: Vec<String>,
}
