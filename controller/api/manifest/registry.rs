//! `spec.registry`: the ECR repository, as written.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::rules::{self, api};

/// The ECR repository of the service's image.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::fixed_optional("name", "registry.name"),
    validation = rules::fixed_optional("encryption", "registry.encryption"),
    validation = rules::fixed_optional("existing", "registry.existing"),
    validation = api::brought_repository(),
)]
pub struct Registry {
    /// Name of the repository: 2 to 256 characters, lower case, digits, and . _ - / between them. Immutable.
    /// Default: NAMESPACE/NAME of this object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 256), regex(pattern = super::REPOSITORY_NAME))]
    pub name: Option<String>,
    /// Whether a pushed tag can never be moved to another image. Default: true.
    #[serde(default = "yes")]
    pub tag_immutability: bool,
    /// Whether images are scanned for known vulnerabilities when pushed. Default: true.
    #[serde(default = "yes")]
    pub scan_on_push: bool,
    /// How many images the lifecycle policy keeps, newest first, 1 to 1000. Default: 30.
    #[serde(default = "keep_images")]
    #[schemars(range(min = 1, max = 1000))]
    pub keep_images: i32,
    /// Encryption with a key of your own. Immutable. Default: AES256 with a key of AWS's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// A repository that exists already and stays yours. Immutable. Default: one is built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub existing: Option<ExistingRepository>,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            name: None,
            tag_immutability: true,
            scan_on_push: true,
            keep_images: keep_images(),
            encryption: None,
            existing: None,
        }
    }
}

fn yes() -> bool {
    true
}

fn keep_images() -> i32 {
    30
}

/// Encryption of a repository.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Encryption {
    /// ARN of the KMS key.
    #[schemars(length(max = 512), regex(pattern = "^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/.+$"))]
    pub kms_key_arn: String,
}

/// A repository that exists already.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExistingRepository {
    /// Its name, in the stack's account and region.
    #[schemars(length(min = 2, max = 256), regex(pattern = super::REPOSITORY_NAME))]
    pub repository_name: String,
}
