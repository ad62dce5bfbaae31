//! The definitions as documentation: every field is described, with its default, and shown in a sample.

use std::collections::BTreeSet;

use fargatestack::api::{self, AwsIdentity, Stack};
use serde_json::Value;

fn schema(index: usize) -> Value {
    let (_, definition) = api::crds().remove(index);
    serde_json::to_value(definition.spec.versions[0].schema.clone().unwrap().open_api_v3_schema.unwrap()).unwrap()
}

/// Calls `visit` with path, schema, and whether it is required, of every field below `node`.
fn walk(node: &Value, path: &str, visit: &mut dyn FnMut(&str, &Value, bool)) {
    let required: BTreeSet<_> =
        node.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = format!("{path}.{name}");
        visit(&path, field, required.contains(name.as_str()));
        walk(field, &path, visit);
    }
    if let Some(items) = node.get("items") {
        walk(items, path, visit);
    }
}

fn sample(name: &str) -> Value {
    let path = format!("{}/manifests/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_field_is_described() {
    for index in 0..api::crds().len() {
        walk(&schema(index)["properties"]["spec"], "spec", &mut |path, field, _| {
            // A label selector is Kubernetes' own and described there.
            let described = field.get("description").and_then(Value::as_str).is_some_and(|text| text.len() > 10);
            assert!(described || path.contains(".selector."), "{path} is not described");
        });
    }
}

/// By kstatus, a stack without a generation in its status would be finished before anybody looked at it.
#[test]
fn a_new_stack_has_a_status_of_no_generation() {
    let status = &schema(0)["properties"]["status"];
    assert_eq!(status["default"], serde_json::json!({}));
    assert_eq!(status["properties"]["observedGeneration"]["default"], -1);
}

/// `kubectl explain` does not print defaults: the description has to.
#[test]
fn every_default_is_in_the_description() {
    walk(&schema(0)["properties"]["spec"], "spec", &mut |path, field, required| {
        let text = field["description"].as_str().unwrap();
        let part_of_a_choice = [".existing.", ".image.", ".egress.", ".availabilityZones."];
        if required || part_of_a_choice.iter().any(|parent| path.contains(parent)) {
            return;
        }
        match field.get("default") {
            // An object's default is those of its fields.
            Some(Value::Object(_)) => {}
            Some(default) => {
                let shown = match default {
                    Value::String(text) => vec![text.clone()],
                    Value::Array(items) => items.iter().filter_map(Value::as_str).map(Into::into).collect(),
                    other => vec![other.to_string()],
                };
                let default = text.split("Default: ").nth(1).unwrap_or_default();
                let all_three = path == "spec.retain" && default.starts_with("all three");
                let told = all_three || shown.iter().all(|value| default.contains(value.as_str()));
                assert!(told, "{path}: `{text}` does not say the default {shown:?}");
            }
            None => assert!(text.contains("Default"), "{path}: `{text}` does not say what its absence means"),
        }
    });
}

#[test]
fn every_field_is_in_a_sample() {
    let mut shown = BTreeSet::new();
    for name in ["full.yaml", "bring-your-own.yaml", "external-issuer.yaml"] {
        paths(&sample(name)["spec"], "spec", &mut shown);
    }
    walk(&schema(0)["properties"]["spec"], "spec", &mut |path, _, _| {
        let choice = ["spec.network.availabilityZones.count"];
        assert!(shown.contains(path) || choice.contains(&path), "{path} is in no sample");
    });
    let mut shown = BTreeSet::new();
    paths(&sample("awsidentity.yaml")["spec"], "spec", &mut shown);
    walk(&schema(1)["properties"]["spec"], "spec", &mut |path, _, _| {
        assert!(shown.contains(path) || path.contains(".matchExpressions"), "{path} is in no sample");
    });
}

fn paths(value: &Value, path: &str, shown: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = format!("{path}.{name}");
                paths(field, &path, shown);
                shown.insert(path);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| paths(item, path, shown)),
        _ => {}
    }
}

#[test]
fn every_sample_is_valid() {
    for name in ["minimal.yaml", "full.yaml", "bring-your-own.yaml", "external-issuer.yaml"] {
        let stack: Stack = serde_json::from_value(sample(name)).unwrap();
        let result = api::validate(&stack);
        assert!(result.is_ok(), "{name}: {:?}", result.err());
    }
    let identity: AwsIdentity = serde_json::from_value(sample("awsidentity.yaml")).unwrap();
    assert!(identity.spec.allowed_namespaces.admits("shop", &[].into()));
}
