//! The part of the status that the controller writes for itself.

use jiff::Timestamp;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is remembered of one resource. A hint: its owner tags decide whose it is.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceRecord {
    /// Its logical id, for example subnet/ecs-a.
    pub key: String,
    /// Its id in AWS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// When this id was first recorded: AWS has known it for at least that long.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub id_since: Option<Timestamp>,
    /// How it is.
    pub phase: RecordedPhase,
    /// Why it is not ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Version of the kind's table and hash of its fixed fields, as last applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_hash: Option<String>,
    /// Attempt under which it was created; 0 for the first.
    #[serde(default)]
    pub attempt: u32,
    /// When it came into this phase.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub since: Timestamp,
    /// When AWS first said that this id does not exist; a young id is believed gone only when it says so again later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub missing_since: Option<Timestamp>,
}

/// A resource of ours beside the chosen one of its key.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LingeringRecord {
    /// Logical id that its mark names.
    pub key: String,
    /// Its id in AWS.
    pub id: String,
    /// When AWS first said that this id does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub missing_since: Option<Timestamp>,
}

/// How a resource is.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum RecordedPhase {
    /// As declared and usable.
    Ready,
    /// On its way.
    Waiting,
    /// Not usable; may recover by itself.
    Broken,
    /// The last step failed.
    Failed,
    /// Waits for another resource.
    Blocked,
    /// A step is held back by mode or driftPolicy.
    Withheld,
    /// Kept on purpose: an older generation, or what deletion retains.
    Kept,
    /// Going away.
    Deleting,
    /// Gone.
    Deleted,
}

/// A create that was announced before its call: until its resource is seen, or enough looks spread over the settle
/// window found nothing, it is not sent again.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentRecord {
    /// Logical id of the resource.
    pub key: String,
    /// Attempt for which it was announced.
    #[serde(default)]
    pub attempt: u32,
    /// When it was announced.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub time: Timestamp,
    /// How many looks since then found nothing.
    #[serde(default)]
    pub empty_looks: u32,
    /// When the first of these looks was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub first_empty_look: Option<Timestamp>,
    /// When the last of these looks was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub last_empty_look: Option<Timestamp>,
}

/// Steps that are held back.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanRecord {
    /// SHA-256 over the ordered action, key and changed fields of all steps: what the annotation
    /// fargatestack.dev/approve repeats.
    pub hash: String,
    /// The first steps, in order.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub steps: Vec<PlannedStep>,
    /// How many steps follow that are not listed.
    #[serde(default)]
    pub more: u32,
}

/// One step that is held back.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedStep {
    /// Create, Update, Replace or Delete.
    pub action: String,
    /// Logical id of the resource.
    pub key: String,
    /// Names of the fields that change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub fields: Vec<String>,
    /// Why.
    pub reason: String,
}

/// An approval that was given.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// Hash of the approved plan.
    pub hash: String,
    /// Generation for which it was approved; void for any other.
    pub generation: i64,
    /// Hash of each approved step.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub steps: Vec<String>,
}
