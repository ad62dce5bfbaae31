//! `FargateStack`: the object itself and the fields that steer the controller.

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::auth::Auth;
use super::http_api::HttpApi;
use super::load_balancer::LoadBalancer;
use super::network::Network;
use super::registry::Registry;
use super::rules::{self, stack};
use super::service::Service;
use crate::api::status::Status;

/// What is declared.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "fargatestack.dev",
    version = "v1alpha1",
    kind = "FargateStack",
    namespaced,
    plural = "fargatestacks",
    shortname = "fgs",
    category = "aws",
    status = "Status",
    derive = "PartialEq",
    doc = "A service on AWS Fargate with its network, registry, load balancer, API and authentication, in one account.",
    scale(spec_replicas_path = ".spec.service.desiredCount", status_replicas_path = ".status.replicas"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Endpoint", type_ = "string", json_path = ".status.outputs.apiEndpoint"),
    printcolumn(name = "Tasks", type_ = "string", json_path = ".status.service.tasks"),
    printcolumn(name = "Region", type_ = "string", json_path = ".spec.region"),
    printcolumn(name = "VPC", type_ = "string", json_path = ".status.outputs.vpcId", priority = 1),
    printcolumn(name = "Repository", type_ = "string", json_path = ".status.outputs.repositoryUri", priority = 1),
    printcolumn(name = "LastObserved", type_ = "date", json_path = ".status.lastObservedTime", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[x_kube(
    validation = stack::zones_of_region(),
    validation = stack::image_of_region(),
    validation = stack::probe_client(),
    validation = stack::pool_kept(),
)]
pub struct FargateStackSpec {
    /// AWS region in which everything is built, for example eu-west-1. Immutable.
    #[schemars(length(max = 32), regex(pattern = "^[a-z]{2}(-[a-z]+)+-[0-9]+$"))]
    #[x_kube(validation = rules::fixed("region"))]
    pub region: String,
    /// The AwsIdentity with which AWS is called. Default: the controller's own, if the installation allows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_ref: Option<IdentityReference>,
    /// Whether to leave AWS alone, whatever is declared; deletion still works. Default: false.
    #[serde(default)]
    pub suspend: bool,
    /// Apply: changes are made. Observe: nothing is changed, deletion included; what would be is in status.plan.
    /// Approve: changes wait for the annotation fargatestack.dev/approve with the hash of status.plan. Default: Apply.
    #[serde(default)]
    pub mode: Mode,
    /// Repair: what was changed behind the controller's back is put right. Report: it is shown in the condition
    /// Drifted. Default: Repair.
    #[serde(default)]
    pub drift_policy: DriftPolicy,
    /// Whether deletion is refused until this is unset. Default: false.
    #[serde(default)]
    pub deletion_protection: bool,
    /// Delete: what was built goes with this object, except what retain names. Retain: everything stays. Default:
    /// Delete.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
    /// What stays when this object is deleted: Repository, UserPool, LogGroups. Default: all three.
    #[serde(default = "retain")]
    #[schemars(length(max = 3), extend("x-kubernetes-list-type" = "atomic"))]
    #[x_kube(validation = rules::once("kind"))]
    pub retain: Vec<Retained>,
    /// Tags of everything that is built, at most 40. Keys: 1 to 128 characters, not beginning with aws: or
    /// fargatestack.dev/. Values: up to 256 characters. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 40, "additionalProperties" = {"type": "string", "maxLength": 256}))]
    #[x_kube(validation = stack::tag_keys())]
    #[x_kube(validation = stack::tag_prefixes())]
    pub tags: Option<BTreeMap<String, String>>,
    /// The network: VPC, subnets, NAT gateways, VPC endpoints.
    #[serde(default)]
    pub network: Network,
    /// The ECR repository of the image.
    #[serde(default)]
    pub registry: Registry,
    /// The Fargate service.
    pub service: Service,
    /// The internal network load balancer.
    #[serde(default)]
    pub load_balancer: LoadBalancer,
    /// Who may call the API. Default: a user pool with one client named default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// The HTTP API.
    #[serde(default)]
    pub api: HttpApi,
}

fn retain() -> Vec<Retained> {
    vec![Retained::Repository, Retained::UserPool, Retained::LogGroups]
}

/// Names an `AwsIdentity`.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityReference {
    /// Name of the AwsIdentity, which is cluster-scoped.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"))]
    pub name: String,
}

/// What the controller does with a difference.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum Mode {
    /// Changes are made.
    #[default]
    Apply,
    /// Nothing is changed, deletion included.
    Observe,
    /// Changes wait for approval.
    Approve,
}

/// What the controller does with a change that somebody else made.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum DriftPolicy {
    /// It is put right.
    #[default]
    Repair,
    /// It is shown.
    Report,
}

/// What deletion does.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum DeletionPolicy {
    /// What was built goes, except what is retained.
    #[default]
    Delete,
    /// Everything stays.
    Retain,
}

/// What may stay when a stack is deleted: it holds data.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub enum Retained {
    /// The ECR repository.
    Repository,
    /// The Cognito user pool.
    UserPool,
    /// The log groups.
    LogGroups,
}
