//! Every validation rule of the generated definitions, with what it accepts and what it refuses (`tests/schema/*.yaml`).
//!
//! The rules run in kube's own CEL, without an API server. A rule without a case fails the test, and so does a case whose
//! rule is gone. An accepting case must make its rule run: the rule's opposite refuses it. The same cases are held against
//! `api::validate`, which must accept what the schema accepts, and refuse what would be dangerous.

use fargatestack::api::{self, Stack};
use kube::core::cel::{Validator, apply_defaults};
use serde::Deserialize;
use serde_json::{Value, json};

/// What one rule accepts and refuses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Path of the rule's field.
    at: String,
    /// How its message begins.
    says: String,
    /// The spec before an update; none: the object is created.
    from: Option<Value>,
    accept: Vec<Value>,
    reject: Vec<Value>,
}

/// One rule of a definition.
#[derive(Clone, Debug)]
struct Rule {
    at: String,
    pointer: String,
    index: usize,
    message: String,
}

/// A definition, its smallest object and its cases.
struct Suite {
    schema: Value,
    base: Value,
    rules: Vec<Rule>,
    cases: Vec<Case>,
}

const RULES: &str = "x-kubernetes-validations";

fn suite(file: &str, base: Value, cases: &str) -> Suite {
    let (_, definition) = api::crds().into_iter().find(|(name, _)| *name == file).unwrap();
    let schema = definition.spec.versions[0].schema.clone().unwrap().open_api_v3_schema.unwrap();
    let schema = serde_json::to_value(schema).unwrap();
    let mut rules = Vec::new();
    collect(&schema, "", "", &mut rules);
    Suite { schema, base, rules, cases: serde_yaml::from_str(cases).unwrap() }
}

fn stacks() -> Suite {
    let base = json!({
        "apiVersion": "fargatestack.dev/v1alpha1",
        "kind": "FargateStack",
        "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {"region": "eu-west-1", "service": {"image": {"tag": "1.4.2"}, "containerPort": 8080}},
    });
    suite("fargatestacks.yaml", base, include_str!("../schema/fargatestack.yaml"))
}

fn identities() -> Suite {
    let base = json!({
        "apiVersion": "fargatestack.dev/v1alpha1",
        "kind": "AwsIdentity",
        "metadata": {"name": "prod"},
        "spec": {"accountId": "111122223333", "allowedRegions": ["eu-west-1"]},
    });
    suite("awsidentities.yaml", base, include_str!("../schema/awsidentity.yaml"))
}

/// Every rule below `node`, with its path as people write it and as a JSON pointer.
fn collect(node: &Value, at: &str, pointer: &str, rules: &mut Vec<Rule>) {
    for (index, rule) in node.get(RULES).and_then(Value::as_array).into_iter().flatten().enumerate() {
        let message = rule["message"].as_str().expect("every rule has a message").to_owned();
        rules.push(Rule { at: at.to_owned(), pointer: pointer.to_owned(), index, message });
    }
    for (name, child) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        collect(child, &path, &format!("{pointer}/properties/{name}"), rules);
    }
    for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if let Some(child) = node.get(key).filter(|child| child.is_object()) {
            collect(child, &format!("{at}{mark}"), &format!("{pointer}/{key}"), rules);
        }
    }
}

/// The schema with `rule` alone; `turned` into its opposite if asked.
fn alone(schema: &Value, rule: &Rule, opposite: bool) -> Value {
    let mut kept = schema.pointer(&rule.pointer).unwrap()[RULES][rule.index].clone();
    if opposite {
        kept["rule"] = format!("!({})", kept["rule"].as_str().unwrap()).into();
    }
    let mut schema = schema.clone();
    strip(&mut schema);
    schema.pointer_mut(&rule.pointer).unwrap()[RULES] = json!([kept]);
    schema
}

fn strip(node: &mut Value) {
    match node {
        Value::Object(fields) => {
            fields.remove(RULES);
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// RFC 7386: null removes.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let fields = target.as_object_mut().unwrap();
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

impl Suite {
    /// The smallest object with `patch` over its spec, and the schema's defaults.
    fn object(&self, patch: &Value) -> Value {
        let mut object = self.base.clone();
        merge(&mut object["spec"], patch);
        apply_defaults(&self.schema, &object)
    }

    fn cases_of<'a>(&'a self, rule: &'a Rule) -> impl Iterator<Item = &'a Case> {
        self.cases.iter().filter(|case| case.at == rule.at && rule.message.starts_with(&case.says))
    }

    /// Holds every rule against its cases and gives every complaint.
    fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for rule in &self.rules {
            let title = format!("{}: {}", rule.at, rule.message);
            let cases: Vec<_> = self.cases_of(rule).collect();
            if cases.is_empty() {
                complaints.push(format!("no case for {title}"));
            }
            for case in cases {
                self.hold(rule, case, &mut |complaint, patch| {
                    complaints.push(format!("{title}\n    {complaint}: {patch}"));
                });
            }
        }
        for case in &self.cases {
            if !self.rules.iter().any(|rule| case.at == rule.at && rule.message.starts_with(&case.says)) {
                complaints.push(format!("no rule for the case {}: {}", case.at, case.says));
            }
        }
        complaints
    }

    fn hold(&self, rule: &Rule, case: &Case, complain: &mut dyn FnMut(String, &Value)) {
        let old = case.from.as_ref().map(|patch| self.object(patch));
        if case.accept.is_empty() || case.reject.is_empty() {
            complain("needs something to accept and something to refuse".into(), &Value::Null);
        }
        for patch in &case.accept {
            let object = self.object(patch);
            if let Err(errors) = Validator::new().validate(&self.schema, &object, old.as_ref()) {
                complain(format!("should be accepted: {errors}"), patch);
            }
            if Validator::new().validate(&alone(&self.schema, rule, true), &object, old.as_ref()).is_ok() {
                complain("is accepted because the rule does not run".into(), patch);
            }
        }
        for patch in &case.reject {
            let object = self.object(patch);
            match Validator::new().validate(&alone(&self.schema, rule, false), &object, old.as_ref()) {
                Ok(()) => complain("should be refused".into(), patch),
                Err(errors) if errors.iter().all(|error| error.message == rule.message) => {}
                Err(errors) => complain(format!("is refused for another reason: {errors}"), patch),
            }
        }
    }
}

#[test]
fn every_rule_of_stacks_accepts_and_refuses() {
    let suite = stacks();
    assert!(suite.rules.len() > 60, "only {} rules were found", suite.rules.len());
    let complaints = suite.complaints();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_rule_of_identities_accepts_and_refuses() {
    let complaints = identities().complaints();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// What the controller makes of an object that the API server let through.
fn validated(suite: &Suite, patch: &Value) -> Result<api::Spec, Vec<api::Invalid>> {
    let stack: Stack = serde_json::from_value(suite.object(patch)).unwrap();
    api::validate(&stack)
}

#[test]
fn the_controller_accepts_what_the_schema_accepts() {
    let suite = stacks();
    for case in &suite.cases {
        for patch in &case.accept {
            let result = validated(&suite, patch);
            assert!(result.is_ok(), "{}: {patch}: {:?}", case.at, result.err());
        }
    }
}

/// Objects stored under older rules come past the API server: what would reach AWS wrongly is refused again.
#[test]
fn the_controller_refuses_again_what_would_be_dangerous() {
    // Bounds that AWS or the schema of an older object keeps anyway, and lists that the controller reads as sets.
    const HARMLESS: [&str; 9] = [
        "each kind may be listed once",
        "each service may be listed once",
        "each flow may be listed once",
        "each provider may be listed once",
        "at least one provider needs a weight above 0",
        "names of variables need 1 to 255",
        "must not contain aws, amazon or cognito",
        "http is allowed for localhost only",
        "allowCredentials needs named origins",
    ];
    let suite = stacks();
    let harmless = |case: &Case| HARMLESS.iter().any(|says| case.says.starts_with(says));
    assert!(HARMLESS.iter().all(|says| suite.cases.iter().any(|case| case.says.starts_with(says))));
    for case in suite.cases.iter().filter(|case| case.from.is_none() && !harmless(case)) {
        for patch in &case.reject {
            assert!(validated(&suite, patch).is_err(), "{}: {}: {patch}", case.at, case.says);
        }
    }
}

#[test]
fn the_committed_definitions_are_the_generated_ones() {
    for (file, definition) in api::crds() {
        let path = format!("{}/crds/{file}", env!("CARGO_MANIFEST_DIR"));
        let committed = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            committed,
            api::to_yaml(&definition).unwrap(),
            "crds/{file} is stale: run `make verify`'s generator"
        );
    }
}
