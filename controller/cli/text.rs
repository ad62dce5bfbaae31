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

#[cfg(test)]
mod tests {
    use super::*;

    fn line(verb: Verb, key: &str, reason: &str) -> Line {
        let (fields, changes, left) = (Vec::new(), Vec::new(), Vec::new());
        Line { verb, key: key.into(), id: None, fields, changes, left, reason: reason.into(), after: None, held: None }
    }

    fn change(field: &'static str) -> Change {
        Change { field, from: Some("1".into()), to: Some("2".into()) }
    }

    fn outlook(lines: Vec<Line>) -> Outlook {
        let hash = lines.iter().any(|line| line.verb <= Verb::Delete).then(|| "h".to_owned());
        let preview = Preview { lines, hash, approvable: true };
        Outlook { account: "111122223333".into(), region: "eu-west-1".into(), preview, notes: vec!["a word".into()] }
    }

    fn stack() -> Stack {
        serde_json::from_value(json!({"metadata": {"name": "orders", "namespace": "shop"}})).unwrap()
    }

    /// A plan with everything that a line can say.
    fn everything() -> Outlook {
        let id = Some("sg-1".to_owned());
        let held = Some("waits for approval".to_owned());
        outlook(vec![
            Line { after: Some("vpc/main".into()), ..line(Verb::Create, "subnet/a", "declared") },
            Line {
                id: id.clone(),
                fields: vec!["rules".into(), "tags[team]".into()],
                changes: vec![change("rules")],
                held: held.clone(),
                ..line(Verb::Update, "security-group/task", "differs")
            },
            Line {
                id: id.clone(),
                left: vec![change("name")],
                ..line(Verb::Report, "security-group/api", "cannot change")
            },
            Line { held, ..line(Verb::Replace, "security-group/api", "drift") },
            line(Verb::Wait, "nat-gateway/a", "not listed"),
            Line { id, ..line(Verb::Delete, "security-group/old", "not declared") },
        ])
    }

    #[test]
    fn a_line_says_all_that_is_known_of_a_step() {
        let expected = "shop/orders in eu-west-1, account 111122223333\n\n  \
             Create  subnet/a: declared; after vpc/main\n  \
             Update  security-group/task (sg-1) [rules, tags[team]]: differs; held\n  \
             Report  security-group/api (sg-1): cannot change; left alone: name: 1 -> 2\n  \
             Replace security-group/api: drift; held\n  \
             Wait    nat-gateway/a: not listed\n  \
             Delete  security-group/old (sg-1): not declared\n\n\
             Plan: 1 to create, 1 to update, 1 to replace, 1 to delete, 1 to wait for, 1 left alone.\n\
             Held: 2: waits for approval.\n\
             Hash: h\n";
        assert_eq!(lines(&stack(), &everything(), false), expected);
    }

    #[test]
    fn nothing_to_do_is_said() {
        let text = lines(&stack(), &outlook(Vec::new()), true);
        assert_eq!(
            text,
            "shop/orders in eu-west-1, assumed account 111122223333\n\nNo changes: everything is as declared.\n"
        );
    }

    #[test]
    fn json_says_the_same_and_the_values() {
        let object: Value = serde_json::from_str(&json(&stack(), &everything(), false).unwrap()).unwrap();
        assert_eq!(
            object["summary"],
            json!({"create": 1, "update": 1, "replace": 1, "delete": 1, "wait": 1, "report": 1})
        );
        assert_eq!(
            (&object["hash"], &object["approvable"], &object["offline"]),
            (&json!("h"), &json!(true), &json!(false))
        );
        assert_eq!((&object["account"], &object["notes"]), (&json!("111122223333"), &json!(["a word"])));
        let update = json!({
            "action": "Update", "key": "security-group/task", "id": "sg-1", "fields": ["rules", "tags[team]"],
            "changes": [{"field": "rules", "from": "1", "to": "2"}], "leftAlone": [], "reason": "differs", "after": null,
            "held": "waits for approval",
        });
        assert_eq!(object["steps"][1], update);
        assert_eq!(object["steps"][2]["leftAlone"][0]["field"], "name");
    }
}
