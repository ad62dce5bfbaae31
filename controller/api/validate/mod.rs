//! From manifest to [`Spec`]: parse, default, check. Pure.
//!
//! The API server has refused most bad input already, but objects that were stored under older rules come here too, and
//! some rules cannot be written there (it does not know the namespace, nor the subnets that are derived). Nothing
//! invalid reaches AWS.

mod association;
mod auth;
mod endpoints;
mod http_api;
mod network;
mod registry;
mod service;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use super::limits;
use super::manifest::FargateStackSpec;
use super::spec::{LoadBalancer, Spec};
use super::stack::Stack;

/// A field that cannot be built as declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Invalid {
    /// Path of the field, for example spec.network.ecsCidr.
    pub field: String,
    /// What is wrong, and what to write instead. Never repeats a value that may be a secret.
    pub message: String,
}

/// What is found while checking; all of it, not only the first.
#[derive(Debug, Default)]
struct Findings(Vec<Invalid>);

impl Findings {
    fn refuse(&mut self, field: impl fmt::Display, message: impl Into<String>) {
        self.0.push(Invalid { field: field.to_string(), message: message.into() });
    }

    /// `value` as a port.
    fn port(&mut self, field: &str, value: i32) -> Option<u16> {
        match u16::try_from(value) {
            Ok(port) if port > 0 => Some(port),
            _ => {
                self.refuse(field, format!("{value} is no port: use 1 to 65535"));
                None
            }
        }
    }
}

/// The checked, defaulted, canonical form of what `stack` declares.
///
/// # Errors
/// Every field that cannot be built as declared, at least one; a spec that does not parse gives exactly one.
pub fn validate(stack: &Stack) -> Result<Spec, Vec<Invalid>> {
    let manifest = stack
        .spec
        .as_ref()
        .map_err(|error| vec![Invalid { field: error.path.clone(), message: error.message.clone() }])?;
    let mut findings = Findings::default();
    let spec = assemble(stack.namespace(), stack.name(), manifest, &mut findings);
    spec.filter(|_| findings.0.is_empty()).ok_or(findings.0)
}

/// Checks every section, so that all findings are told at once; `None` only together with a finding.
fn assemble(namespace: &str, name: &str, manifest: &FargateStackSpec, findings: &mut Findings) -> Option<Spec> {
    owner(namespace, name, findings);
    let tags = tags(manifest.tags.as_ref(), findings);
    let service = service::check(&manifest.service, &manifest.region, findings);
    let network = network::check(&manifest.network, &manifest.region, service.as_ref(), findings);
    let registry = registry::check(&manifest.registry, namespace, name, findings);
    let auth = auth::check(manifest.auth.as_ref(), findings);
    let api = http_api::check(&manifest.api, &auth, &manifest.region, findings);
    let port = findings.port("spec.loadBalancer.port", manifest.load_balancer.port);
    Some(Spec {
        namespace: namespace.into(),
        name: name.into(),
        region: manifest.region.clone(),
        tags,
        network: network?,
        registry,
        service: service?,
        load_balancer: LoadBalancer {
            security_group: manifest.load_balancer.security_group,
            cross_zone: manifest.load_balancer.cross_zone,
            port: port?,
        },
        auth,
        api,
    })
}

/// Namespace and name together are the value of the owner tag.
fn owner(namespace: &str, name: &str, findings: &mut Findings) {
    let length = namespace.len() + 1 + name.len();
    if length > limits::TAG_VALUE_LENGTH {
        let most = limits::TAG_VALUE_LENGTH - 1 - namespace.len();
        findings.refuse(
            "metadata.name",
            format!("is too long for an AWS tag in this namespace: use at most {most} characters"),
        );
    }
}

fn tags(tags: Option<&BTreeMap<String, String>>, findings: &mut Findings) -> BTreeMap<String, String> {
    let tags = tags.cloned().unwrap_or_default();
    for (key, value) in &tags {
        let lower = key.to_ascii_lowercase();
        if lower.starts_with("aws:") || lower.starts_with("fargatestack.dev/") {
            findings.refuse(
                format_args!("spec.tags[{key}]"),
                "begins with a reserved prefix (aws: or fargatestack.dev/): rename it",
            );
        }
        if !tag_safe(key) || key.is_empty() || key.chars().count() > limits::TAG_KEY_LENGTH {
            findings.refuse(
                format_args!("spec.tags[{key}]"),
                "is no key: use 1 to 128 letters, digits, spaces and _ . : / = + - @",
            );
        }
        if !tag_safe(value) || value.chars().count() > limits::TAG_VALUE_LENGTH {
            findings.refuse(
                format_args!("spec.tags[{key}]"),
                "has no valid value: use at most 256 letters, digits, spaces and _ . : / = + - @",
            );
        }
    }
    tags
}

/// What every AWS service takes in a tag.
fn tag_safe(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c))
}
