//! Policy documents, compared by what they mean: services answer them in an order and a form of their own.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use serde_json::{Map, Value, json};

/// The one form of everything that IAM reads as the same: every list is a set, a list of one is its element, and `{"AWS": "*"}` as
/// a principal is `"*"`.
#[must_use]
pub fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), member(name, value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(canonical).collect();
            items.sort_by_key(Value::to_string);
            items.dedup();
            match <[Value; 1]>::try_from(items) {
                Ok([only]) => only,
                Err(items) => Value::Array(items),
            }
        }
        scalar => scalar.clone(),
    }
}

fn member(name: &str, value: &Value) -> Value {
    let value = canonical(value);
    if name == "Principal" && value == json!({ "AWS": "*" }) { json!("*") } else { value }
}

/// Whether the document `seen` says the same as `declared`.
#[must_use]
pub fn says(declared: &Value, seen: &str) -> bool {
    serde_json::from_str(seen).is_ok_and(|seen| canonical(declared) == canonical(&seen))
}

/// A document as IAM answers it, percent-encoded; what is no encoding is left as it is.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html>
#[must_use]
pub fn decoded(document: &str) -> String {
    let mut bytes = Vec::with_capacity(document.len());
    let mut rest = document.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let octet = after.get(..2).filter(|_| *byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(octet) = octet.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(octet);
            rest = &after[2..];
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_form_do_not_matter_and_content_does() {
        let declared = json!({"Statement": [{"Action": ["a", "b"], "Resource": ["r"], "Principal": {"AWS": "*"}}]});
        assert!(says(&declared, r#"{"Statement": {"Resource": "r", "Action": ["b", "a"], "Principal": "*"}}"#));
        assert!(!says(&declared, r#"{"Statement": {"Resource": "r", "Action": ["b"], "Principal": "*"}}"#));
        assert!(!says(&declared, "no JSON"));
    }

    #[test]
    fn what_iam_encodes_is_decoded() {
        assert_eq!(decoded("%7B%22a%22%3A%20%22%C3%A9%22%7D"), "{\"a\": \"é\"}");
        assert_eq!(decoded("{\"a\": \"50%\"}"), "{\"a\": \"50%\"}");
    }
}
