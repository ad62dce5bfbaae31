//! The structural half of a definition: types, required and unknown fields, enumerations, patterns, bounds, lists without
//! duplicates. Refusals are worded as the API server words them, and add what the definition says of the field.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use regex::Regex;
use serde_json::{Map, Value};

use super::Invalid;

/// The fields of `object` that `schema` does not know, but for those of its top that are `known`.
pub(super) fn unknown(schema: &JSONSchemaProps, object: &Value, known: &[&str]) -> Vec<Invalid> {
    let mut found = Vec::new();
    find_unknown(schema, object, "", known, &mut found);
    found
}

fn find_unknown(schema: &JSONSchemaProps, value: &Value, path: &str, known: &[&str], found: &mut Vec<Invalid>) {
    if let (Value::Array(items), Some(of_items)) = (value, of_items(schema)) {
        for (index, item) in items.iter().enumerate() {
            find_unknown(of_items, item, &format!("{path}[{index}]"), &[], found);
        }
    }
    // A map has no fields that could be unknown.
    let (Value::Object(fields), Some(properties)) = (value, &schema.properties) else { return };
    for (name, value) in fields.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        let at = below(path, name);
        if let Some(field) = properties.get(name) {
            find_unknown(field, value, &at, &[], found);
        } else {
            let fields: Vec<&str> = properties.keys().map(String::as_str).collect();
            let there = if path.is_empty() { "the object" } else { path };
            let message = format!("unknown field \"{at}\": {there} has {}", fields.join(", "));
            found.push(Invalid { field: at, message });
        }
    }
}

/// Where `object`, with its defaults, breaks the structure of `schema`.
pub(super) fn wrong(schema: &JSONSchemaProps, object: &Value) -> Vec<Invalid> {
    let mut judge = Judge(Vec::new());
    judge.hold(schema, object, "");
    judge.0
}

/// What has been found so far.
struct Judge(Vec<Invalid>);

impl Judge {
    fn refuse(&mut self, field: &str, message: String) {
        self.0.push(Invalid { field: field.to_owned(), message });
    }

    /// With the words of the server that repeat the value, and the description of the field.
    fn invalid(&mut self, schema: &JSONSchemaProps, path: &str, value: &Value, should: &str) {
        self.refuse(path, described(schema, format!("Invalid value: {value}: {path} in body should {should}")));
    }

    fn hold(&mut self, schema: &JSONSchemaProps, value: &Value, path: &str) {
        let expected = schema.type_.as_deref().unwrap_or_default();
        let actual = type_of(value);
        if expected != actual && (expected, actual) != ("number", "integer") {
            let message =
                format!("Invalid value: \"{actual}\": {path} in body must be of type {expected}: \"{actual}\"");
            return self.refuse(path, described(schema, message));
        }
        if let Some(allowed) = schema.enum_.as_ref().filter(|allowed| allowed.iter().all(|one| one.0 != *value)) {
            let allowed: Vec<String> = allowed.iter().map(|one| one.0.to_string()).collect();
            self.refuse(path, format!("Unsupported value: {value}: supported values: {}", allowed.join(", ")));
        }
        match value {
            Value::String(text) => self.text(schema, text, value, path),
            Value::Number(number) => self.number(schema, number.as_f64().unwrap_or_default(), value, path),
            Value::Array(items) => self.list(schema, items, path),
            Value::Object(fields) => self.fields(schema, fields, path),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn text(&mut self, schema: &JSONSchemaProps, text: &str, value: &Value, path: &str) {
        let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        if let Some(most) = schema.max_length.filter(|most| length > *most) {
            self.refuse(path, format!("Too long: may not be more than {most} bytes"));
        }
        if let Some(least) = schema.min_length.filter(|least| length < *least) {
            self.invalid(schema, path, value, &format!("be at least {least} chars long"));
        }
        let pattern = schema.pattern.as_deref();
        // A pattern that cannot be read is the definition's defect: nothing passes it.
        if let Some(pattern) = pattern.filter(|it| !Regex::new(it).is_ok_and(|pattern| pattern.is_match(text))) {
            self.invalid(schema, path, value, &format!("match '{pattern}'"));
        }
    }

    fn number(&mut self, schema: &JSONSchemaProps, number: f64, value: &Value, path: &str) {
        if let Some(most) = schema.maximum.filter(|most| number > *most) {
            self.invalid(schema, path, value, &format!("be less than or equal to {most}"));
        }
        if let Some(least) = schema.minimum.filter(|least| number < *least) {
            self.invalid(schema, path, value, &format!("be greater than or equal to {least}"));
        }
    }

    fn list(&mut self, schema: &JSONSchemaProps, items: &[Value], path: &str) {
        let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
        if let Some(most) = schema.max_items.filter(|most| count > *most) {
            self.refuse(path, format!("Too many: {count}: must have at most {most} items"));
        }
        if let Some(least) = schema.min_items.filter(|least| count < *least) {
            self.invalid(schema, path, &count.into(), &format!("have at least {least} items"));
        }
        for (index, item) in items.iter().enumerate() {
            let at = format!("{path}[{index}]");
            if let Some(of_items) = of_items(schema) {
                self.hold(of_items, item, &at);
            }
            let identity = identity(schema, item);
            if identity.is_some() && items[..index].iter().any(|earlier| self::identity(schema, earlier) == identity) {
                self.refuse(&at, format!("Duplicate value: {}", identity.unwrap_or_default()));
            }
        }
    }

    fn fields(&mut self, schema: &JSONSchemaProps, fields: &Map<String, Value>, path: &str) {
        let count = i64::try_from(fields.len()).unwrap_or(i64::MAX);
        if let Some(most) = schema.max_properties.filter(|most| count > *most) {
            self.refuse(path, format!("Too many: {count}: must have at most {most} items"));
        }
        let properties = schema.properties.as_ref();
        for name in schema.required.iter().flatten().filter(|name| !fields.contains_key(*name)) {
            let message = "Required value".to_owned();
            let field = properties.and_then(|properties| properties.get(name));
            let message = field.map_or_else(|| message.clone(), |field| described(field, message.clone()));
            self.refuse(&below(path, name), message);
        }
        for (name, value) in fields {
            let field = properties.and_then(|properties| properties.get(name)).or_else(|| of_values(schema));
            if let Some(field) = field {
                self.hold(field, value, &below(path, name));
            }
        }
    }
}

/// What tells an item of a list from the others, if two may not be the same.
fn identity(schema: &JSONSchemaProps, item: &Value) -> Option<Value> {
    match schema.x_kubernetes_list_type.as_deref()? {
        "set" => Some(item.clone()),
        "map" => {
            let keys = schema.x_kubernetes_list_map_keys.iter().flatten();
            let named = keys.map(|key| (key.clone(), item.get(key).cloned().unwrap_or_default()));
            Some(Value::Object(named.collect()))
        }
        _ => None,
    }
}

fn of_items(schema: &JSONSchemaProps) -> Option<&JSONSchemaProps> {
    match schema.items.as_ref()? {
        JSONSchemaPropsOrArray::Schema(items) => Some(items),
        JSONSchemaPropsOrArray::Schemas(_) => None,
    }
}

/// What the values of a map are.
fn of_values(schema: &JSONSchemaProps) -> Option<&JSONSchemaProps> {
    match schema.additional_properties.as_ref()? {
        JSONSchemaPropsOrBool::Schema(values) => Some(values),
        JSONSchemaPropsOrBool::Bool(_) => None,
    }
}

fn described(schema: &JSONSchemaProps, message: String) -> String {
    match &schema.description {
        Some(description) => format!("{message}: {description}"),
        None => message,
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
