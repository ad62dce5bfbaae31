//! Which of the live resources that bear one mark is the one, and how it fits what is declared.

use std::cmp::Reverse;

use crate::rules::Rule;
use crate::view::{Index, View};
use crate::{Change, Comparison, Ids, Key, Live, Node, Phase, Reason, Replace, Verdict, hash};

/// How a live resource fits what is declared.
#[derive(Clone, Debug)]
pub(crate) enum Fit {
    /// As declared.
    Agrees,
    /// Changeable fields differ.
    Differs(Vec<Change>),
    /// Fixed fields differ, which is reported; changeable ones may differ as well, which is repaired.
    Drifted { drift: Vec<Change>, changes: Vec<Change>, reason: Reason },
    /// It has to be replaced.
    Replaced(Vec<Change>, Reason),
    /// An upstream id is not known, so nobody can say.
    Unknown(Key),
}

/// The chosen one and how it fits, or `None` if no live resource can be it. What is going away is never chosen.
///
/// Order of choice: usable before failed; what stays before what has to be replaced, so that a successor is never deleted in
/// favour of its predecessor; then the remembered one, so that a network never moves to a twin; then the better fit; then the
/// one on which more hangs, so that the empty twin goes; then the oldest.
pub(crate) fn choose<N: Node>(view: &View<'_, N>, node: &N, ids: &Ids) -> Option<(Index, Fit)> {
    let key = node.key();
    let remembered = view.memory.records.get(&key).map(|record| &record.id);
    view.marked(&key)
        .iter()
        .copied()
        .filter(|&index| !view.deleting(index) || !view.rules.keep(Rule::DeletingIsNotChosen))
        .map(|index| (index, fit(view, node, view.live(index), ids)))
        .min_by_key(|(index, fit)| {
            let live = view.live(*index);
            (
                matches!(live.phase, Phase::Failed(_)),
                matches!(fit, Fit::Replaced(..)) && view.rules.keep(Rule::AgreementRanksFirst),
                remembered != Some(&live.id) && view.rules.keep(Rule::MemoryRanksTwins),
                misfit(fit),
                Reverse(view.hanging(&live.id).len()),
                live.created.is_none(),
                live.created,
                live.id.clone(),
            )
        })
}

fn misfit(fit: &Fit) -> u8 {
    match fit {
        Fit::Agrees => 0,
        Fit::Differs(_) => 1,
        Fit::Drifted { .. } => 2,
        Fit::Unknown(_) => 3,
        Fit::Replaced(..) => 4,
    }
}

fn fit<N: Node>(view: &View<'_, N>, node: &N, live: &Live<N::Seen>, ids: &Ids) -> Fit {
    let comparison = node.compare(&live.seen, ids);
    match comparison.verdict() {
        Verdict::InSync => Fit::Agrees,
        Verdict::Update(changes) => Fit::Differs(changes),
        Verdict::Unknown(key) => Fit::Unknown(key),
        Verdict::Replace(changes) => match cause(view, node, live, &comparison) {
            (true, reason) if node.replace() != Replace::Never => Fit::Replaced(changes, reason),
            (_, reason) => Fit::Drifted {
                drift: comparison.fixed_changes().to_vec(),
                changes: comparison.changeable().to_vec(),
                reason,
            },
        },
    }
}

/// Whether a difference in a fixed field comes from a changed declaration (or was approved), and what to call it.
fn cause<N: Node>(view: &View<'_, N>, node: &N, live: &Live<N::Seen>, comparison: &Comparison) -> (bool, Reason) {
    if view.memory.approved.contains(&live.key) {
        return (true, Reason::Approved);
    }
    let Some(record) = view.memory.records.get(&live.key) else { return (false, Reason::NotRemembered) };
    if record.id != live.id {
        // Another one was in use since: this is what it superseded.
        return (true, Reason::Superseded);
    }
    let current = comparison.declared().map(|declared| hash::applied(node.version(), declared));
    match (&record.applied, current) {
        (None, _) | (_, None) => (false, Reason::NotRemembered),
        (Some(applied), Some(current)) if *applied == current => {
            (!view.rules.keep(Rule::DriftIsNotReplaced), Reason::Drift)
        }
        (Some(applied), Some(current)) if !hash::same_version(applied, &current) => {
            (!view.rules.keep(Rule::UpgradeIsNotReplaced), Reason::Upgrade)
        }
        (Some(_), Some(_)) => (true, Reason::DeclarationChanged),
    }
}
