//! What the server's structure refuses, and what it fills in. Every manifest in `manifests/invalid` is held against this, too, by the
//! command line's tests.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::api::{Spec, Stack, crds, validate};

fn object(changes: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "fargatestack.dev/v1alpha1",
        "kind": "FargateStack",
        "metadata": {"name": "orders", "namespace": "shop", "uid": "u", "managedFields": [{"manager": "kubectl"}]},
        "spec": {"region": "eu-west-1", "service": {"image": {"tag": "1"}, "containerPort": 80}},
    });
    merge(&mut object, changes);
    object
}

fn merge(into: &mut Value, changes: &Value) {
    match (into, changes) {
        (Value::Object(into), Value::Object(changes)) => {
            for (name, value) in changes {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, changes) => *into = changes.clone(),
    }
}

fn refused(spec: &Value) -> Vec<String> {
    admit(&object(&json!({"spec": spec}))).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn each_check_names_the_field_and_what_is_allowed() {
    let cases = [
        (json!({"sevice": {}}), "spec.sevice: unknown field \"spec.sevice\": spec has api, auth, "),
        (json!({"api": {"routes": [{"key": "$default", "auht": 1}]}}), "spec.api.routes[0].auht: unknown field"),
        (json!({"region": null}), "spec.region: Required value: AWS region in which"),
        (json!({"region": 7}), "must be of type string: \"integer\": AWS region in which"),
        (json!({"mode": "Dream"}), "spec.mode: Unsupported value: \"Dream\": supported values: \"Apply\", "),
        (
            json!({"region": "Ireland"}),
            "spec.region: Invalid value: \"Ireland\": spec.region in body should match '^[a-z]",
        ),
        (json!({"tags": {"a": "x".repeat(257)}}), "spec.tags.a: Too long: may not be more than 256 bytes"),
        (
            json!({"api": {"readinessProbe": {"path": ""}}}),
            "spec.api.readinessProbe.path in body should be at least 1 chars",
        ),
        (json!({"service": {"containerPort": 0}}), "should be greater than or equal to 1: TCP port"),
        (json!({"service": {"containerPort": 65536}}), "should be less than or equal to 65535: TCP port"),
        (json!({"service": {"containerPort": 80.5}}), "must be of type integer: \"number\""),
        (
            json!({"api": {"routes": []}}),
            "spec.api.routes: Invalid value: 0: spec.api.routes in body should have at least 1",
        ),
        (json!({"retain": ["Repository", "Repository"]}), "each kind may be listed once"),
        (json!({"network": {"endpoints": {"services": ["logs", "logs"]}}}), "each service may be listed once"),
        (
            json!({"api": {"routes": [{"key": "$default"}, {"key": "$default"}]}}),
            "spec.api.routes[1]: Duplicate value: {\"key\":\"$default\"}",
        ),
        (
            json!({"service": {"taskRolePolicies": ["arn:aws:iam::aws:policy/a", "arn:aws:iam::aws:policy/a"]}}),
            "spec.service.taskRolePolicies[1]: Duplicate value: \"arn:aws:iam::aws:policy/a\"",
        ),
    ];
    for (spec, expected) in cases {
        let found = refused(&spec);
        assert!(found.iter().any(|line| line.contains(expected)), "{spec}: {found:?}");
    }
    let tags: serde_json::Map<String, Value> = (0..41).map(|n| (format!("t{n}"), json!("x"))).collect();
    assert_eq!(refused(&json!({"tags": tags})), ["spec.tags: Too many: 41: must have at most 40 items"]);
}

#[test]
fn a_rule_runs_on_what_has_the_right_structure() {
    let broken = json!({"auth": {"external": {"issuer": "https://a.example", "audience": ["a"]}, "userPool": {}}});
    assert!(refused(&broken).iter().any(|line| line.starts_with("spec.auth: auth.external replaces")), "{broken}");
    let mut worse = broken;
    worse["mode"] = json!("Dream");
    let found = refused(&worse);
    assert!(found.len() == 1 && found[0].starts_with("spec.mode"), "{found:?}");
}

#[test]
fn names_are_those_of_kubernetes() {
    let named = |name: &str| admit(&object(&json!({"metadata": {"name": name}}))).map(drop);
    for name in ["orders", "o", "orders.v2", "4-orders"] {
        assert_eq!(named(name), Ok(()), "{name}");
    }
    for name in ["", "Orders", "or/ders", "-orders", "orders-", "orders..v2", "or_ders", &"o".repeat(254)] {
        assert_eq!(named(name).unwrap_err()[0].field, "metadata.name", "{name}");
    }
}

#[test]
fn secrets_are_not_repeated() {
    for service in [
        json!({"secrets": {"A": "hunter2"}}),
        json!({"secrets": ["hunter2"]}),
        json!({"secrets": {"A": {"hunter2": 1}}}),
        json!({"environment": {"A": "hunter2".repeat(2000)}}),
        json!({"environment": "hunter2"}),
    ] {
        let found = refused(&json!({"service": service}));
        assert!(!found.is_empty() && !found.concat().contains("hunter2"), "{found:?}");
    }
}

#[test]
fn what_is_not_the_users_stays_as_it_is() {
    let status = json!({"conditions": "unreadable", "strange": null});
    let stored = object(&json!({"status": status, "spec": {"tags": null}}));
    let admitted = admit(&stored).unwrap();
    assert_eq!(admitted["metadata"], stored["metadata"]);
    assert_eq!(admitted["status"], json!({"conditions": "unreadable"}));
    assert_eq!(admitted["spec"].get("tags"), None, "a null is a field that is not there");
    assert_eq!(admitted["spec"]["network"]["nat"]["mode"], "Zonal");
}

fn spec(object: Value) -> Spec {
    let stack: Stack = serde_json::from_value(object).unwrap();
    validate(&stack).unwrap()
}

/// The definition's defaults and those of the types are the same, so that it makes no difference whether a server filled them in.
#[test]
fn a_stored_manifest_declares_what_the_written_one_does() {
    for sample in ["minimal", "full", "bring-your-own", "external-issuer"] {
        let path = format!("{}/manifests/samples/{sample}.yaml", env!("CARGO_MANIFEST_DIR"));
        let written: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let stored = admit(&written).unwrap();
        assert_eq!(spec(stored.clone()), spec(written), "{sample}");
        assert_eq!(admit(&stored).unwrap(), stored, "{sample}: nothing is left to be filled in");
    }
}

/// A keyword that nobody checks would let through what the server refuses.
#[test]
fn every_keyword_of_the_definition_is_checked() {
    const CHECKED: [&str; 16] = [
        "additionalProperties",
        "enum",
        "items",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "pattern",
        "properties",
        "required",
        "type",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
    ];
    // Rules are kube's; formats of numbers are bounds of their types; the others say something and demand nothing.
    const OTHERWISE: [&str; 5] = ["default", "description", "format", "title", "x-kubernetes-validations"];
    fn keywords(node: &Value, found: &mut BTreeSet<String>) {
        let Some(fields) = node.as_object() else { return };
        found.extend(fields.keys().cloned());
        fields.get("properties").and_then(Value::as_object).into_iter().flatten().for_each(|it| keywords(it.1, found));
        ["items", "additionalProperties"]
            .iter()
            .filter_map(|name| fields.get(*name))
            .for_each(|it| keywords(it, found));
    }
    let mut found = BTreeSet::new();
    let (_, definition) = crds().remove(0);
    let schema = definition.spec.versions[0].schema.clone().unwrap().open_api_v3_schema.unwrap();
    keywords(&serde_json::to_value(schema).unwrap()["properties"]["spec"], &mut found);
    let known: BTreeSet<String> = CHECKED.iter().chain(&OTHERWISE).map(|name| (*name).to_owned()).collect();
    assert!(found.is_subset(&known), "{:?}", found.difference(&known).collect::<Vec<_>>());
    assert!(CHECKED.iter().all(|name| found.contains(*name)));
}
