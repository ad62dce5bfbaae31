//! The CEL rules of the manifest, by section, put together from a few phrases.
//!
//! The API server prices every rule before it accepts the definition, and runs all of them even when one fails: so each
//! guards itself against values that another rule refuses (`!isCIDR(x) || ..`), and `[value].all(v, ..)` stands in for
//! the binding CEL lacks. A rule on the values of a map belongs on the map, whose error does not repeat the value. The
//! limits of length and number beside the rules are part of their price.

pub(super) mod api;
pub(super) mod network;
pub(super) mod service;
pub(super) mod stack;

use kube::core::{Message, Rule};

fn rule(expression: impl Into<String>, message: impl Into<String>) -> Rule {
    Rule::new(expression).message(Message::Message(message.into()))
}

/// The value never changes. Only for fields with a default or required ones: others escape by being removed first.
pub(in crate::api) fn fixed(field: &str) -> Rule {
    rule("self == oldSelf", format!("{field} is immutable: restore the old value, or create another stack"))
}

/// The optional `field` never appears, vanishes or changes; for its parent.
pub(in crate::api) fn fixed_optional(field: &str, label: &str) -> Rule {
    rule(
        format!("has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || self.{field} == oldSelf.{field})"),
        format!("{label} is immutable: restore the old value, or create another stack"),
    )
}

/// Each entry of a list is there once. (A list with a default cannot be of type set: server-side apply would merge into
/// it.)
pub(super) fn once(what: &str) -> Rule {
    rule("self.all(x, self.exists_one(y, y == x))", format!("each {what} may be listed once"))
}

/// Exactly one of these optional fields is set.
pub(super) fn one_of(fields: &[&str]) -> Rule {
    let set = fields.iter().map(|field| format!("has(self.{field})")).collect::<Vec<_>>().join(", ");
    rule(format!("[{set}].filter(x, x).size() == 1"), format!("set exactly one of {}", fields.join(", ")))
}
