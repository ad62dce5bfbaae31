//! Whether the declaration is applied in full: what differs from then on was changed by somebody else.

use engine::{Effect, Key, Outcome, Phase, State};

use super::pass::Pass;

/// The generation that is applied in full after a pass, if one is.
///
/// Until then every difference is the declaration's own. A change that the controller makes later (what failed is replaced, a tag
/// stands for another image) has followers that are its own as well, so that it takes anew a pass that leaves nothing to do. What
/// is merely not usable, or cannot be looked at, has none.
pub(super) fn generation<S>(pass: &Pass<'_, S>) -> Option<i64> {
    let before = pass.previous.applied_generation;
    let Some(outcome) = pass.outcome else { return before };
    let stays = before == Some(pass.generation());
    (!wrote(outcome) && (stays || rests(pass, outcome))).then(|| pass.generation())
}

/// Whether the pass changed something, or may have.
fn wrote<S>(outcome: &Outcome<S>) -> bool {
    let perhaps = |state: &State<S>| matches!(state, State::Failed(_, fault) if fault.effect == Effect::Unknown);
    outcome.again || outcome.states.values().any(perhaps)
}

/// Whether nothing of the declaration is left to be done, but what a policy holds back.
fn rests<S>(pass: &Pass<'_, S>, outcome: &Outcome<S>) -> bool {
    !pass.memory.lost && outcome.states.keys().all(|key| rest(outcome, key))
}

fn rest<S>(outcome: &Outcome<S>, key: &Key) -> bool {
    match outcome.states.get(key) {
        Some(
            State::Ready(_)
            | State::Drifted(..)
            | State::Broken(..)
            | State::Withheld(..)
            | State::Reported(..)
            | State::Kept(_),
        ) => true,
        Some(State::Waiting(Some(live), _)) => matches!(live.phase, Phase::Pending(_)),
        // Needs point to smaller keys only, so that this ends.
        Some(State::Blocked(_, by)) => by < key && held_back(outcome, by),
        Some(State::Waiting(None, _) | State::Failed(..) | State::Deleting(_) | State::Deleted(_)) | None => false,
    }
}

/// Whether it is for a policy alone that the resource is not there.
fn held_back<S>(outcome: &Outcome<S>, key: &Key) -> bool {
    match outcome.states.get(key) {
        Some(State::Withheld(..)) => true,
        Some(State::Blocked(_, by)) => by < key && held_back(outcome, by),
        _ => false,
    }
}
