//! What one task is made of: its image, its processors and what it may reach, as written.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{self, service};

/// REPOSITORY:TAG or REPOSITORY@DIGEST in a registry of ECR.
const IMAGE_URI: &str = concat!(
    r"^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[a-z0-9][a-z0-9._/-]*",
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]*|@sha256:[0-9a-f]{64})$"
);

/// The image: exactly one way of naming it.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::one_of(&["tag", "digest", "uri"]))]
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
            pattern = IMAGE_URI
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

/// One destination that tasks may reach.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::one_of(&["cidr", "securityGroupId", "prefixListId"]))]
pub struct Egress {
    /// An IPv4 block in canonical form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 18))]
    #[x_kube(validation = service::destination_block())]
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
