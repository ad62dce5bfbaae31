//! What is to be said of the service beyond how its resource stands: its tasks, a rollout that failed, and that none is wanted.

use std::time::Duration;

use engine::{Id, Key, Live, Outcome, State};

use super::causes::{Cause, Course};
use super::diagnosis::diagnosis;
use super::pass::Pass;
use super::reasons::Reason;
use crate::api::spec::ImageOwner;
use crate::api::status::{FailedRolloutStatus, RecordedPhase, ResourceRecord, ServiceStatus};
use crate::api::{Stack, Status};
use crate::aws::ecs::revision;
use crate::aws::{FailedRollout, attribute};

const SERVICE: &str = "ecs-service";
const TASK_DEFINITION: &str = "task-definition";

/// How long ECS may take to begin to start tasks before they are missing: its scheduler acts some seconds after a change of the
/// number, or after a Spot task was taken.
const START: Duration = Duration::from_mins(1);

/// The rollout that earlier passes saw fail, and whether the declaration is still the one under which it did.
#[must_use]
pub fn failed_rollout(stack: &Stack) -> Option<FailedRollout> {
    let failed = stack.status.service.as_ref()?.failed_rollout.as_ref()?;
    let FailedRolloutStatus { deployment, task_definition, generation } = failed.clone();
    Some(FailedRollout { deployment, task_definition, stands: stack.metadata.generation == Some(generation) })
}

/// Whether a rollout was under way or had failed when the service was last looked at. One that returned to what was before shows
/// nothing of that itself.
#[must_use]
pub fn rollout_open(status: &Status) -> bool {
    let failed = status.service.as_ref().is_some_and(|service| service.failed_rollout.is_some());
    let moves =
        |record: &ResourceRecord| record.key.split('/').next() == Some(SERVICE) && record.phase != RecordedPhase::Ready;
    failed || status.resources.iter().any(moves)
}

/// The service as it is now, and the id of the declared task definition.
struct View<'a, S> {
    live: &'a Live<S>,
    declared: Option<&'a Id>,
}

impl<'a, S> View<'a, S> {
    fn of(outcome: &'a Outcome<S>) -> Option<Self> {
        let live = |kind: &str| {
            let state = outcome.states.iter().find(|(key, _)| key.kind.name == kind)?.1;
            state.live()
        };
        Some(Self { live: live(SERVICE)?, declared: live(TASK_DEFINITION).map(|live| &live.id) })
    }

    fn attribute(&self, name: &'static str) -> Option<&'a str> {
        self.live.attributes.get(name).map(String::as_str)
    }

    fn number(&self, name: &'static str) -> Option<i32> {
        self.attribute(name)?.parse().ok()
    }

    fn declared(&self) -> Option<&'a str> {
        self.declared.map(Id::as_str)
    }

    /// Whether the service runs something else than what is declared.
    fn elsewhere(&self) -> bool {
        self.attribute(attribute::TASK_DEFINITION) != self.declared()
    }

    /// The deployment by which the declared task definition was last tried, if AWS shows that it failed.
    fn failed(&self) -> Option<&'a str> {
        let failed = self.attribute(attribute::FAILED_TASK_DEFINITION);
        self.attribute(attribute::FAILED_DEPLOYMENT).filter(|_| failed.is_some() && failed == self.declared())
    }
}

/// How many tasks run; as before, if nobody could look.
pub(super) fn replicas<S>(pass: &Pass<'_, S>) -> Option<i32> {
    match pass.outcome {
        Some(outcome) => View::of(outcome).and_then(|view| view.number(attribute::RUNNING)),
        None => pass.previous.replicas,
    }
}

/// The service at a glance; as before, if nobody could look.
pub(super) fn glance<S>(pass: &Pass<'_, S>) -> Option<ServiceStatus> {
    let previous = pass.previous.service.clone();
    let Some(outcome) = pass.outcome else { return previous };
    let view = View::of(outcome);
    let count = |view: &View<'_, S>| {
        let (running, desired) = (view.number(attribute::RUNNING)?, view.number(attribute::DESIRED)?);
        Some(format!("{running}/{desired}"))
    };
    let remembered = previous.as_ref().and_then(|service| service.failed_rollout.as_ref());
    let service = ServiceStatus {
        tasks: view.as_ref().and_then(count),
        failed_rollout: view.as_ref().and_then(|view| remember(view, remembered, pass.generation())),
        ..previous.clone().unwrap_or_default()
    };
    Some(service).filter(|service| *service != ServiceStatus::default())
}

/// What is to be remembered of a failed rollout: with the generation under which it was first seen, so that a later one tries it
/// again; nothing any more once the service is on the declared task definition, or another one is declared.
fn remember<S>(
    view: &View<'_, S>,
    remembered: Option<&FailedRolloutStatus>,
    generation: i64,
) -> Option<FailedRolloutStatus> {
    let declared = view.declared()?;
    let remembered = remembered.filter(|failed| failed.task_definition == declared);
    match (view.failed(), remembered) {
        (Some(shown), Some(remembered)) if remembered.deployment == shown => Some(remembered.clone()),
        (Some(shown), _) => {
            Some(FailedRolloutStatus { deployment: shown.to_owned(), task_definition: declared.to_owned(), generation })
        }
        (None, Some(remembered)) if view.elsewhere() => Some(remembered.clone()),
        (None, _) => None,
    }
}

/// What is the matter with the service, if it is the service that `key` names and more is to be said than its state does.
pub(super) fn cause<S>(pass: &Pass<'_, S>, key: &Key, state: &State<S>) -> Option<Cause> {
    let outcome = pass.outcome.filter(|_| key.kind.name == SERVICE && !pass.deleting)?;
    let view = View::of(outcome).filter(|view| state.live().is_some_and(|live| live.id == view.live.id))?;
    let reported = match state {
        State::Ready(_) | State::Drifted(..) | State::Waiting(..) | State::Broken(..) => true,
        // Says why itself.
        _ => false,
    };
    if !reported {
        return None;
    }
    let stopped = view.attribute(attribute::STOPPED).map(|stopped| diagnosis(outcome, stopped));
    let because = |text: String| match &stopped {
        Some(diagnosis) => format!("{key}: {text}: {diagnosis}"),
        None => format!("{key}: {text}"),
    };
    if let Some((reason, text)) = failure(pass, &view, matches!(state, State::Ready(_) | State::Drifted(..))) {
        return Some(Cause { reason, text: because(text), course: Course::Stuck });
    }
    match state {
        State::Waiting(Some(_), why) if stopped.is_some() => {
            Some(Cause { reason: Reason::Progressing, text: because(why.clone()), course: Course::Moves })
        }
        State::Broken(_, why) if stopped.is_some() && !starting(pass, key, state) => {
            Some(Cause { reason: Reason::Broken, text: because(why.clone()), course: Course::Moves })
        }
        State::Ready(_) | State::Drifted(..) if view.number(attribute::DESIRED) == Some(0) => Some(Cause {
            reason: Reason::ScaledToZero,
            text: format!("{key}: no task is wanted, so that no request is served: scale it up"),
            course: Course::Rests,
        }),
        _ => None,
    }
}

/// Whether all that the service lacks are tasks that ECS is about to start, while others work: no outage, unless it lasts.
pub(super) fn starting<S>(pass: &Pass<'_, S>, key: &Key, state: &State<S>) -> bool {
    let State::Broken(live, _) = state else { return false };
    let to_start = key.kind.name == SERVICE && live.attributes.contains_key(attribute::TO_START);
    let name = key.to_string();
    let before = pass.previous.resources.iter().find(|record| record.key == name);
    let since = before.filter(|record| record.phase == RecordedPhase::Broken).map_or(pass.now, |record| record.since);
    to_start && Duration::try_from(pass.now.duration_since(since)).is_ok_and(|age| age < START)
}

/// Why what is declared is not rolled out, and is not going to be. `works`: the service runs and is reached all the same.
fn failure<S>(pass: &Pass<'_, S>, view: &View<'_, S>, works: bool) -> Option<(Reason, String)> {
    const REMEDY: &str = "it is tried again when the declaration changes";
    let declared = view.declared()?;
    let remembered = pass.facts.and_then(|facts| facts.failed_rollout.as_ref());
    let remembered = remembered.is_some_and(|failed| failed.stands && failed.task_definition == declared);
    let others_decide = pass.spec.is_some_and(|spec| spec.service.image_owner == ImageOwner::External);
    let why = view.attribute(attribute::FAILURE).map(|why| format!(" ({})", super::diagnosis::steady(why)));
    let why = why.unwrap_or_default();
    let (declared, running) = (revision(declared), view.attribute(attribute::TASK_DEFINITION).map_or("", revision));
    if view.elsewhere() && (view.failed().is_some() || remembered && !others_decide) {
        let text = format!("the rollout of {declared} failed{why} and {running} runs on; {REMEDY}");
        return Some((Reason::RolledBack, text));
    }
    if view.failed().is_some() && works {
        let text =
            format!("the rollout of what else is declared failed{why} and {running} runs on as before; {REMEDY}");
        return Some((Reason::RolledBack, text));
    }
    // Of the service's own task definition, whoever it is from.
    let failed = view.failed().is_some() || view.attribute(attribute::FAILURE).is_some() && !view.elsewhere();
    failed.then(|| (Reason::RolloutFailed, format!("the rollout of {running} failed{why}; {REMEDY}")))
}

#[cfg(test)]
mod tests;
