//! Approval of a plan: its hash, and what of later plans it covers.

use engine::{Action, Node, Plan, Step};
use sha2::{Digest, Sha256};

use crate::api::status::{Approval, PlanRecord, PlannedStep};

/// Steps that `status.plan` lists at most; a whole network is about 60.
const LISTED: usize = 100;

/// Whether the step has to wait for another one of this plan and will then change something: approved with it, or a plan would need
/// one approval for each of its passes.
pub(super) fn comes<N: Node>(step: &Step<N>) -> bool {
    matches!(step.action, Action::Blocked(_))
}

/// What the step does, or will do once what blocks it is done.
pub(super) fn intended<N: Node>(step: &Step<N>) -> Action {
    match &step.action {
        Action::Blocked(_) if !step.declared() => Action::Delete,
        Action::Blocked(_) if step.id.is_some() => Action::Update,
        Action::Blocked(_) => Action::Create,
        action => action.clone(),
    }
}

/// The hash that people approve: SHA-256, hexadecimal, over the ordered action, key and changed fields of `steps`.
pub(super) fn hash<N: Node>(steps: &[&Step<N>]) -> String {
    let lines: String = steps.iter().map(|step| line(intended(step).name(), step)).collect();
    digest(&lines)
}

/// What is shown of `steps`.
pub(super) fn record<N: Node>(steps: &[&Step<N>], hash: &str) -> PlanRecord {
    let shown = steps.iter().take(LISTED).map(|step| PlannedStep {
        action: title(&intended(step)).to_owned(),
        key: step.key.to_string(),
        fields: fields(step),
        reason: step.reason.to_string(),
    });
    PlanRecord {
        hash: hash.to_owned(),
        steps: shown.collect(),
        more: u32::try_from(steps.len().saturating_sub(LISTED)).unwrap_or(u32::MAX),
    }
}

/// The steps of `replacing` that act and are not in `plain` as well.
pub(super) fn beside<'p, N: Node>(replacing: &'p Plan<N>, plain: &Plan<N>) -> Vec<&'p Step<N>> {
    let same = |step: &Step<N>| {
        let name = intended(step);
        plain.steps().any(|other| {
            (&other.key, &other.id) == (&step.key, &step.id)
                && intended(other).name() == name.name()
                && fields(other) == fields(step)
        })
    };
    replacing.steps().filter(|step| (step.writes() || comes(step)) && !same(step)).collect()
}

/// What is shown of `steps`, which would replace what drifted: why it differs, as `plain` knows.
pub(super) fn offer<N: Node>(steps: &[&Step<N>], hash: &str, plain: &Plan<N>) -> PlanRecord {
    let mut record = record(steps, hash);
    for (shown, step) in record.steps.iter_mut().zip(steps) {
        let why = plain.steps().find(|other| other.key == step.key && !other.drift.is_empty());
        if let Some(why) = why {
            shown.reason = why.reason.to_string();
        }
    }
    record
}

/// `approval`, which also covers what `standing` covers.
pub(super) fn joined(mut approval: Approval, standing: Option<Approval>) -> Approval {
    approval.steps.extend(standing.into_iter().flat_map(|standing| standing.steps));
    approval.steps.sort();
    approval.steps.dedup();
    approval
}

/// The approval of exactly these steps.
///
/// Who approves that a resource is made or replaced also approves what completes it in later passes: to create it once its
/// predecessor is gone, to delete its predecessor, to bring it to what was declared.
pub(super) fn grant<N: Node>(steps: &[&Step<N>], hash: &str, generation: i64) -> Approval {
    let mut hashes = Vec::new();
    for step in steps {
        let intended = intended(step);
        hashes.push(digest(&line(intended.name(), step)));
        match &intended {
            Action::Create => hashes.push(completion(step)),
            // Its fields are known only once what blocks it is there.
            Action::Update if comes(step) => hashes.push(completion(step)),
            Action::Replace(_) => {
                hashes.extend([completion(step), bare(&Action::Create, step), bare(&Action::Delete, step)]);
            }
            Action::None
            | Action::Update
            | Action::Retag
            | Action::Delete
            | Action::Vanish(_)
            | Action::Wait(_)
            | Action::Blocked(_)
            | Action::Report(_)
            | Action::Keep => {}
        }
    }
    hashes.sort();
    hashes.dedup();
    Approval { hash: hash.to_owned(), generation, steps: hashes }
}

/// Whether the step is among those that were approved, or completes one of them.
pub(super) fn covers<N: Node>(approval: &Approval, step: &Step<N>) -> bool {
    let holds = |hash: String| approval.steps.contains(&hash);
    let intended = intended(step);
    let completes = matches!(intended, Action::Update | Action::Retag) && holds(completion(step));
    completes || holds(digest(&line(intended.name(), step)))
}

/// One line: action, key, changed fields. None of them holds a tab or a line's end.
fn line<N: Node>(action: &str, step: &Step<N>) -> String {
    format!("{action}\t{}\t{}\n", step.key, fields(step).join(","))
}

/// The hash of `action` on the step's resource, whatever its fields.
fn bare<N: Node>(action: &Action, step: &Step<N>) -> String {
    digest(&format!("{}\t{}\t\n", action.name(), step.key))
}

fn completion<N: Node>(step: &Step<N>) -> String {
    digest(&format!("complete\t{}\t\n", step.key))
}

/// Names of what changes: fields, then tags.
pub(super) fn fields<N: Node>(step: &Step<N>) -> Vec<String> {
    let tags = step.tags.set.keys().chain(&step.tags.remove);
    let tags = tags.map(|tag| format!("tags[{tag}]"));
    step.changes.iter().map(|change| change.field.to_owned()).chain(tags).collect()
}

fn title(action: &Action) -> &'static str {
    match action {
        Action::Create => "Create",
        Action::Update | Action::Retag => "Update",
        Action::Replace(_) => "Replace",
        Action::Delete => "Delete",
        // Not among steps that write.
        Action::None | Action::Vanish(_) | Action::Wait(_) | Action::Blocked(_) | Action::Report(_) | Action::Keep => {
            "None"
        }
    }
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
