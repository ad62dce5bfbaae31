//! Resource policies of endpoints, compared by what they mean.
//!
//! <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>

use serde_json::{Value, json};

use crate::aws::document::canonical;

/// Whether the policy document `seen` says the same as `declared`, where `None` stands for AWS's default, which allows everything.
pub(super) fn agrees(declared: Option<&Value>, seen: Option<&str>) -> bool {
    let Some(seen) = seen else {
        // Services that take no policy show none.
        return declared.is_none();
    };
    let Ok(seen) = serde_json::from_str::<Value>(seen) else { return false };
    match declared {
        Some(declared) => canonical(declared) == canonical(&seen),
        None => canonical(&full_access()) == canonical(&without_version(seen)),
    }
}

/// The policy that AWS gives to an endpoint that is created without one; some services show it with a version.
fn full_access() -> Value {
    json!({ "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }] })
}

fn without_version(mut policy: Value) -> Value {
    policy.as_object_mut().and_then(|members| members.remove("Version"));
    policy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(action: &Value, resource: &Value) -> Value {
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource }] })
    }

    #[test]
    fn what_means_the_same_agrees() {
        let declared = statement(&json!(["s3:GetObject", "s3:ListBucket"]), &json!("arn:aws:s3:::a/*"));
        let same = [
            ("as declared", declared.to_string()),
            (
                "another order",
                statement(&json!(["s3:ListBucket", "s3:GetObject"]), &json!("arn:aws:s3:::a/*")).to_string(),
            ),
            (
                "lists of one",
                statement(&json!(["s3:GetObject", "s3:ListBucket"]), &json!(["arn:aws:s3:::a/*"])).to_string(),
            ),
            (
                "no list of statements",
                r#"{"Statement": {"Resource": "arn:aws:s3:::a/*", "Action": ["s3:GetObject", "s3:ListBucket"],
                    "Principal": {"AWS": ["*"]}, "Effect": "Allow"}, "Version": "2012-10-17"}"#
                    .to_owned(),
            ),
        ];
        for (name, seen) in same {
            assert!(agrees(Some(&declared), Some(&seen)), "{name}");
        }
    }

    #[test]
    fn what_means_something_else_differs() {
        let declared = statement(&json!("s3:GetObject"), &json!("arn:aws:s3:::a/*"));
        let mut denied = declared.clone();
        denied["Statement"][0]["Effect"] = json!("Deny");
        let other = [
            ("another action", Some(statement(&json!("s3:*"), &json!("arn:aws:s3:::a/*")).to_string())),
            (
                "one action more",
                Some(statement(&json!(["s3:GetObject", "s3:*"]), &json!("arn:aws:s3:::a/*")).to_string()),
            ),
            ("another resource", Some(statement(&json!("s3:GetObject"), &json!("*")).to_string())),
            ("another effect", Some(denied.to_string())),
            ("another version", Some(without_version(declared.clone()).to_string())),
            ("not JSON", Some("allow".to_owned())),
            ("none", None),
        ];
        for (name, seen) in other {
            assert!(!agrees(Some(&declared), seen.as_deref()), "{name}");
        }
    }

    #[test]
    fn no_declared_policy_is_full_access_with_or_without_a_version() {
        let versioned = |version: &str| {
            let mut policy = full_access();
            policy["Version"] = json!(version);
            policy.to_string()
        };
        let full =
            [None, Some(full_access().to_string()), Some(versioned("2008-10-17")), Some(versioned("2012-10-17"))];
        for seen in full {
            assert!(agrees(None, seen.as_deref()), "{seen:?}");
        }
        assert!(!agrees(None, Some(&statement(&json!("s3:GetObject"), &json!("*")).to_string())));
        assert!(!agrees(None, Some(&statement(&json!("*"), &json!("arn:aws:s3:::a/*")).to_string())));
    }
}
