//! What the API server makes of a manifest before the controller sees it: it fills in defaults and refuses what breaks the
//! definition. For manifests that never were in a server. Pure.
//!
//! Everything follows from the generated definition: its structure is checked by `structure`, its rules by kube's own CEL.
//! Deliberately absent: rules about a change, which need the object as it was; what else a server says of metadata.

mod structure;
#[cfg(test)]
mod tests;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
use kube::core::cel::{Validator, apply_defaults};
use kube::{CustomResourceExt as _, Resource as _};
use serde_json::{Map, Value};

use super::validate::Invalid;
use super::{FargateStack, crd};

/// Longest name of an object.
const NAME_LENGTH: usize = 253;

/// `object`, a `FargateStack` as a user writes it, as the API server stores it. What it carries of metadata and status stays as it is.
///
/// # Errors
/// Every field that the server refuses, at least one, with the server's words. Rules run only on what has the right structure.
pub fn admit(object: &Value) -> Result<Value, Vec<Invalid>> {
    let mut object = without_nulls(object);
    let status = object.as_object_mut().and_then(|object| object.remove("status"));
    let schema = schema().ok_or_else(|| refusal("spec", "a defect: the definition has no schema"))?;
    let plain = serde_json::to_value(&schema).map_err(|error| refusal("spec", &format!("a defect: {error}")))?;

    let mut found = names(&object);
    found.extend(structure::unknown(&schema, &object, &["apiVersion", "kind", "metadata"]));
    let mut object = apply_defaults(&plain, &object);
    found.extend(structure::wrong(&schema, &object));
    if found.is_empty()
        && let Err(broken) = Validator::new().validate(&plain, &object, None)
    {
        let rules = broken.into_vec().into_iter();
        found.extend(rules.map(|rule| Invalid { field: rule.field_path, message: rule.message }));
    }
    if !found.is_empty() {
        return Err(found);
    }
    if let (Some(object), Some(status)) = (object.as_object_mut(), status) {
        object.insert("status".to_owned(), status);
    }
    Ok(object)
}

/// What is wrong with the kind of `object`, which should be a `FargateStack`.
///
/// # Errors
/// What it is, and what it should be.
pub fn kind(object: &Value) -> Result<(), String> {
    let word = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or("nothing");
    let (version, kind) = (word("apiVersion"), word("kind"));
    let (our_version, our_kind) = (FargateStack::api_version(&()), FargateStack::kind(&()));
    if (version, kind) == (&our_version, &our_kind) {
        return Ok(());
    }
    Err(format!("holds {kind} of {version}: give one {our_kind} of {our_version}"))
}

fn schema() -> Option<JSONSchemaProps> {
    let version = crd::tidy(FargateStack::crd()).spec.versions.into_iter().next()?;
    version.schema?.open_api_v3_schema
}

fn refusal(field: &str, message: &str) -> Vec<Invalid> {
    vec![Invalid { field: field.to_owned(), message: message.to_owned() }]
}

/// What the server says of names, as far as AWS sees them.
fn names(object: &Value) -> Vec<Invalid> {
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let label =
        |label: &str| label.chars().all(|c| plain(c) || c == '-') && label.starts_with(plain) && label.ends_with(plain);
    if name.is_empty() {
        refusal("metadata.name", "Required value: the name of the stack")
    } else if name.len() > NAME_LENGTH || !name.split('.').all(label) {
        let message = "must consist of lower case letters, digits, - and ., begin and end with a letter or digit, and have at most \
                       253 characters";
        refusal("metadata.name", &format!("Invalid value: \"{name}\": {message}"))
    } else {
        Vec::new()
    }
}

/// The server takes a null for a field that is not there.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name.clone(), without_nulls(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
