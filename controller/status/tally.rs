//! Conditions, counted: how many stacks say what, for metrics.

use std::collections::BTreeMap;

use super::conditions::{
    CREDENTIALS, DELETION_BLOCKED, DRIFTED, NOTHING_LEFT, READY, RECONCILING, STALLED, SUSPENDED, WARNING,
};
use super::reasons::Reason;
use super::sections;
use crate::api::Status;
use crate::api::status::{Condition, ConditionStatus};

/// What conditions have in common that are counted together; every word is from a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Said {
    /// Of which condition.
    pub condition: &'static str,
    /// True, False or Unknown.
    pub status: &'static str,
    /// Why; `Other` for a word that this version of the controller does not write.
    pub reason: &'static str,
}

/// How many of `statuses` say what. Conditions that are not the controller's own are left out.
#[must_use]
pub fn tally<'a>(statuses: impl IntoIterator<Item = &'a Status>) -> BTreeMap<Said, u64> {
    let mut counts = BTreeMap::new();
    for said in statuses.into_iter().flat_map(|status| &status.conditions).filter_map(said) {
        *counts.entry(said).or_default() += 1;
    }
    counts
}

fn said(condition: &Condition) -> Option<Said> {
    let whole = [READY, RECONCILING, STALLED, CREDENTIALS, DRIFTED, SUSPENDED, DELETION_BLOCKED, NOTHING_LEFT, WARNING];
    let name = whole.into_iter().chain(sections::ALL).find(|name| *name == condition.type_)?;
    let status = match condition.status {
        ConditionStatus::True => "True",
        ConditionStatus::False => "False",
        ConditionStatus::Unknown => "Unknown",
    };
    let mut words = Reason::ALL.iter().map(|reason| reason.as_str());
    let reason = words.find(|word| *word == condition.reason).unwrap_or("Other");
    Some(Said { condition: name, status, reason })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(conditions: &[(&str, &str, &str)]) -> Status {
        let conditions = conditions.iter().map(|(type_, status, reason)| {
            let time = "2026-11-24T01:00:00Z";
            json!({"type": type_, "status": status, "reason": reason, "message": "", "lastTransitionTime": time})
        });
        serde_json::from_value(json!({"conditions": conditions.collect::<Vec<_>>()})).unwrap()
    }

    #[test]
    fn what_stacks_say_is_counted_under_words_of_closed_lists() {
        let stacks = [
            status(&[("Ready", "True", "Ready"), ("Stalled", "True", "MadeUp")]),
            status(&[("Ready", "True", "Ready"), ("SomebodyElses", "True", "Ready")]),
            status(&[("Ready", "False", "Progressing"), ("ApiReady", "Unknown", "Waiting")]),
        ];
        let counted: Vec<_> =
            tally(&stacks).into_iter().map(|(it, count)| (it.condition, it.status, it.reason, count)).collect();
        let expected = [
            ("ApiReady", "Unknown", "Waiting", 1),
            ("Ready", "False", "Progressing", 1),
            ("Ready", "True", "Ready", 2),
            ("Stalled", "True", "Other", 1),
        ];
        assert_eq!(counted, expected);
    }
}
