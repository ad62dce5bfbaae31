//! Checks of `spec.registry`.

use super::Findings;
use crate::api::manifest::registry as raw;
use crate::api::spec::{Registry, Repository};

/// Longest name of a repository.
///
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html>
const NAME_LENGTH: usize = 256;

/// The checked repository, named after the object unless it says otherwise.
pub(super) fn check(registry: &raw::Registry, namespace: &str, name: &str, findings: &mut Findings) -> Registry {
    if let Some(existing) = &registry.existing {
        if registry.name.is_some() || registry.encryption.is_some() {
            findings.refuse(
                "spec.registry.existing",
                "names a repository that stands already: leave out name and encryption",
            );
        }
        return Registry::Brought(existing.repository_name.clone());
    }
    let name = registry.name.clone().unwrap_or_else(|| format!("{namespace}/{name}"));
    if !is_repository_name(&name) {
        let fix = "use 2 to 256 lower case letters and digits, with single . _ - or / between them";
        findings.refuse("spec.registry.name", format!("{name} is no name of an ECR repository: {fix}"));
    }
    Registry::Own(Repository {
        name,
        tag_immutability: registry.tag_immutability,
        scan_on_push: registry.scan_on_push,
        keep_images: registry.keep_images,
        kms_key_arn: registry.encryption.as_ref().map(|encryption| encryption.kms_key_arn.clone()),
    })
}

/// ECR's pattern: words of lower case letters and digits, one separator between two of them.
fn is_repository_name(name: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (2..=NAME_LENGTH).contains(&name.len())
        && name.split(['.', '_', '-', '/']).all(|part| !part.is_empty() && part.chars().all(word))
}
