//! A stack as the controller reads it: one that does not parse must not blind it to the others.

use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use kube::core::ObjectMeta;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;

use super::manifest::{DeletionPolicy, DriftPolicy, FargateStack, FargateStackSpec, Mode, Retained};
use super::status::Status;

/// A `FargateStack` whose parts parse apart from each other.
///
/// Guarantees: it deserializes from every object that has metadata. A status that does not parse counts as lost. A spec
/// that does not parse is an error of this object only, and what its deletion needs is read all the same.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Its metadata.
    pub metadata: ObjectMeta,
    /// What is declared, if it can be read.
    pub spec: Result<FargateStackSpec, ParseError>,
    /// What steers the controller, read field by field: known also when the spec is not.
    pub controls: Controls,
    /// What earlier passes left; empty if there is none or it cannot be read.
    pub status: Status,
}

impl Stack {
    /// Its namespace; empty for an object that never went through an API server.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.metadata.namespace.as_deref().unwrap_or_default()
    }

    /// Its name; empty for an object that never went through an API server.
    #[must_use]
    pub fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// Its UID, the incarnation; empty for an object that never went through an API server.
    #[must_use]
    pub fn uid(&self) -> &str {
        self.metadata.uid.as_deref().unwrap_or_default()
    }
}

/// A spec that cannot be read: written for another version of this controller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct ParseError {
    /// Path of the field, for example spec.network.nat.mode.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

/// What steers the controller, apart from what is built.
///
/// A field that is absent or cannot be read has its default; but if one that decides what deletion takes away cannot be
/// read, deletion is protected: nobody can tell what was meant to stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controls {
    /// Leave AWS alone, except for deletion.
    pub suspend: bool,
    /// What happens to a difference.
    pub mode: Mode,
    /// What happens to a change that somebody else made.
    pub drift_policy: DriftPolicy,
    /// Deletion is refused.
    pub deletion_protection: bool,
    /// Whether deletion takes anything away.
    pub deletion_policy: DeletionPolicy,
    /// What stays after a deletion.
    pub retain: Vec<Retained>,
    /// The `AwsIdentity` named by `identityRef`.
    pub identity: Option<String>,
    /// The region.
    pub region: Option<String>,
}

impl Controls {
    /// Reads the fields of `spec`, each on its own.
    #[must_use]
    pub fn read(spec: &Value) -> Self {
        let all = vec![Retained::Repository, Retained::UserPool, Retained::LogGroups];
        let (protection, policy, retain) =
            (field::<bool>(spec, "deletionProtection"), field(spec, "deletionPolicy"), field(spec, "retain"));
        let unreadable = protection.is_err() || policy.is_err() || retain.is_err();
        Self {
            suspend: field(spec, "suspend").unwrap_or_default().unwrap_or_default(),
            mode: field(spec, "mode").unwrap_or_default().unwrap_or_default(),
            drift_policy: field(spec, "driftPolicy").unwrap_or_default().unwrap_or_default(),
            deletion_protection: unreadable || protection.unwrap_or_default().unwrap_or_default(),
            deletion_policy: policy.unwrap_or_default().unwrap_or_default(),
            retain: retain.unwrap_or_default().unwrap_or(all),
            identity: spec.pointer("/identityRef/name").and_then(Value::as_str).map(Into::into),
            region: spec.get("region").and_then(Value::as_str).map(Into::into),
        }
    }
}

/// The field `name` of `object`: absent, read, or unreadable.
fn field<T: DeserializeOwned>(object: &Value, name: &str) -> Result<Option<T>, serde_json::Error> {
    object.get(name).filter(|value| !value.is_null()).map(T::deserialize).transpose()
}

/// The parts of an object, none of them looked into but the metadata.
#[derive(Deserialize)]
struct Parts {
    #[serde(default)]
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
    #[serde(default)]
    status: Value,
}

impl<'de> Deserialize<'de> for Stack {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Parts { metadata, spec, status } = Parts::deserialize(deserializer)?;
        let controls = Controls::read(&spec);
        let mut status = Status::deserialize(status).unwrap_or_default();
        // What the API server fills in (`crd.rs`) is no trace of a pass.
        status.observed_generation = status.observed_generation.filter(|observed| *observed >= 0);
        Ok(Self { metadata, spec: parse(spec), controls, status })
    }
}

fn parse(spec: Value) -> Result<FargateStackSpec, ParseError> {
    serde_path_to_error::deserialize(spec).map_err(|error| {
        let path = match error.path().to_string().as_str() {
            "." => "spec".into(),
            inner => format!("spec.{inner}"),
        };
        ParseError { message: describe(&path, &error), path }
    })
}

/// What serde says, except where it would repeat a value that may be a secret.
fn describe(path: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    if path.starts_with("spec.service.secrets") || path.starts_with("spec.service.environment") {
        "is not a text".into()
    } else {
        error.inner().to_string()
    }
}

impl Resource for Stack {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        FargateStack::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        FargateStack::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        FargateStack::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        FargateStack::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(object: Value) -> Stack {
        serde_json::from_value(object).unwrap()
    }

    fn minimal() -> Value {
        json!({
            "apiVersion": "fargatestack.dev/v1alpha1",
            "kind": "FargateStack",
            "metadata": {"name": "orders", "namespace": "shop", "uid": "u", "finalizers": ["f"]},
            "spec": {"region": "eu-west-1", "service": {"image": {"tag": "1"}, "containerPort": 80}},
            "status": {"accountId": "111122223333", "resources": [
                {"key": "vpc/main", "id": "vpc-0", "phase": "Ready", "since": "2026-11-24T01:02:03Z"},
            ]},
        })
    }

    #[test]
    fn the_parts_parse_apart() {
        let whole = read(minimal());
        assert!(whole.spec.is_ok());
        assert_eq!(whole.status.resources[0].id.as_deref(), Some("vpc-0"));

        let mut odd = minimal();
        odd["spec"]["network"] = json!({"nat": {"mode": "Quantum"}});
        let odd = read(odd);
        let error = odd.spec.as_ref().unwrap_err();
        assert_eq!(error.path, "spec.network.nat.mode");
        assert!(error.message.contains("unknown variant `Quantum`"), "{error}");
        assert_eq!((odd.namespace(), odd.name(), odd.uid()), ("shop", "orders", "u"));
        assert_eq!(odd.status, whole.status);
    }

    #[test]
    fn an_unreadable_status_is_a_lost_one() {
        let lost = [json!("gone"), json!({"resources": [{"key": 1}]}), json!(null), json!({"observedGeneration": -1})];
        for status in lost {
            let mut object = minimal();
            object["status"] = status;
            let stack = read(object);
            assert_eq!(stack.status, Status::default());
            assert!(stack.spec.is_ok());
        }
    }

    #[test]
    fn nothing_but_metadata_is_needed() {
        let stack = read(json!({"metadata": {"name": "orders"}}));
        assert_eq!(stack.spec.unwrap_err().path, "spec");
    }

    #[test]
    fn secrets_are_not_repeated() {
        let mut object = minimal();
        object["spec"]["service"]["secrets"] = json!({"A": ["hunter2"], "B": {"hunter2": 1}});
        let stack = read(object);
        assert_eq!(stack.spec.as_ref().unwrap_err().path, "spec.service.secrets.A");
        assert!(!format!("{stack:?}").contains("hunter2"));

        let mut object = minimal();
        object["spec"]["service"]["environment"] = json!({"A": "hunter2"});
        object["spec"]["service"]["secrets"] = json!({"B": "hunter2"});
        let stack = read(object);
        assert!(stack.spec.is_ok() && !format!("{stack:?}").contains("hunter2"));
    }

    #[test]
    fn controls_need_no_valid_spec() {
        let controls = Controls::read(&json!({
            "region": "eu-west-1", "identityRef": {"name": "prod"}, "suspend": true, "mode": "Observe", "driftPolicy": "Report",
            "deletionProtection": true, "deletionPolicy": "Retain", "retain": ["LogGroups"], "service": 7,
        }));
        let expected = Controls {
            suspend: true,
            mode: Mode::Observe,
            drift_policy: DriftPolicy::Report,
            deletion_protection: true,
            deletion_policy: DeletionPolicy::Retain,
            retain: vec![Retained::LogGroups],
            identity: Some("prod".into()),
            region: Some("eu-west-1".into()),
        };
        assert_eq!(controls, expected);
    }

    /// Nobody can tell what was meant to stay: deletion waits for a human.
    #[test]
    fn what_decides_deletion_fails_closed() {
        assert!(!Controls::read(&json!({})).deletion_protection);
        for spec in [
            json!({"deletionProtection": "yes"}),
            json!({"deletionPolicy": "Archive"}),
            json!({"retain": ["Repository", "Bucket"]}),
        ] {
            assert!(Controls::read(&spec).deletion_protection, "{spec}");
        }
        assert!(!Controls::read(&json!({"mode": "Dream"})).deletion_protection);
    }
}
