//! A plan in words, and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use engine::Change;
use serde_json::{Value, json};

use crate::api::Stack;
use crate::design::policy::{Line, Preview, Verb};
use crate::operator::preview::Outlook;

/// What a plan may do, in the order in which it is counted.
const DEEDS: [Verb; 4] = [Verb::Create, Verb::Update, Verb::Replace, Verb::Delete];

/// One line a step, then a summary and the hash.
pub(super) fn lines(stack: &Stack, outlook: &Outlook, offline: bool) -> String {
    let Outlook { account, region, preview, .. } = outlook;
    let how = if offline { "assumed account" } else { "account" };
    let mut text = format!("{}/{} in {region}, {how} {account}\n\n", stack.namespace(), stack.name());
    if preview.lines.is_empty() {
        return text + "No changes: everything is as declared.\n";
    }
    for line in &preview.lines {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {}", step(line));
    }
    let _ = writeln!(text, "\n{}", summary(preview));
    for (why, count) in held(preview) {
        let _ = writeln!(text, "Held: {count}: {why}.");
    }
    if let Some(hash) = &preview.hash {
        let _ = writeln!(text, "Hash: {hash}");
    }
    text
}

fn step(line: &Line) -> String {
    let Line { verb, key, id, fields, changes: _, left, reason, after, held } = line;
    let mut text = format!("{:<8}{key}", verb.name());
    if let Some(id) = id {
        let _ = write!(text, " ({id})");
    }
    if !fields.is_empty() {
        let _ = write!(text, " [{}]", fields.join(", "));
    }
    let _ = write!(text, ": {reason}");
    if !left.is_empty() {
        let left: Vec<String> = left.iter().map(ToString::to_string).collect();
        let _ = write!(text, "; left alone: {}", left.join(", "));
    }
    if let Some(after) = after {
        let _ = write!(text, "; after {after}");
    }
    if held.is_some() {
        text.push_str("; held");
    }
    text
}

fn summary(preview: &Preview) -> String {
    let deeds: Vec<String> =
        DEEDS.iter().map(|verb| format!("{} to {}", preview.count(*verb), verb.name().to_lowercase())).collect();
    let mut text = format!("Plan: {}", deeds.join(", "));
    for (verb, what) in [(Verb::Wait, "to wait for"), (Verb::Report, "left alone")] {
        let count = preview.count(verb);
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    text + "."
}

/// Why steps do not run, each with how many.
fn held(preview: &Preview) -> BTreeMap<&str, usize> {
    let mut reasons = BTreeMap::new();
    for why in preview.lines.iter().filter_map(|line| line.held.as_deref()) {
        *reasons.entry(why).or_default() += 1;
    }
    reasons
}

/// The same as one object.
///
/// # Errors
/// If it cannot be written as JSON.
pub(super) fn json(stack: &Stack, outlook: &Outlook, offline: bool) -> serde_json::Result<String> {
    let Outlook { account, region, preview, notes } = outlook;
    let all = DEEDS.into_iter().chain([Verb::Wait, Verb::Report]);
    let summary: BTreeMap<String, usize> = all.map(|verb| (verb.name().to_lowercase(), preview.count(verb))).collect();
    let object = json!({
        "stack": format!("{}/{}", stack.namespace(), stack.name()),
        "region": region,
        "account": account,
        "offline": offline,
        "steps": preview.lines.iter().map(step_object).collect::<Vec<_>>(),
        "summary": summary,
        "hash": preview.hash,
        "approvable": preview.approvable,
        "notes": notes,
    });
    serde_json::to_string_pretty(&object).map(|text| text + "\n")
}

fn step_object(line: &Line) -> Value {
    let changes = |changes: &[Change]| {
        let object = |change: &Change| json!({"field": change.field, "from": change.from, "to": change.to});
        changes.iter().map(object).collect::<Vec<_>>()
    };
    let Line { verb, key, id, fields, changes: changed, left, reason, after, held } = line;
    json!({
        "action": verb.name(),
        "key": key,
        "id": id,
        "fields": fields,
        "changes": changes(changed),
        "leftAlone": changes(left),
        "reason": reason,
        "after": after,
        "held": held,
    })
}
