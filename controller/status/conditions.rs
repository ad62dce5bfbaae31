//! The conditions of a status, and how they are carried from one status to the next.

use engine::{Outcome, State};
use jiff::Timestamp;

use super::causes::{Causes, Course, beside, declared, withheld};
use super::deletion;
use super::exports;
use super::image;
use super::pass::Pass;
use super::problem::Problem;
use super::reasons::Reason;
use super::sections;
use super::wording::{clip, resources};
use crate::api::status::{Condition, ConditionStatus, PlanRecord, ResourceRecord};
use crate::aws::INACTIVE;

pub(super) const READY: &str = "Ready";
pub(super) const RECONCILING: &str = "Reconciling";
pub(super) const STALLED: &str = "Stalled";
pub(super) const CREDENTIALS: &str = "CredentialsReady";
pub(super) const DRIFTED: &str = "Drifted";
pub(super) const SUSPENDED: &str = "Suspended";
pub(super) const DELETION_BLOCKED: &str = "DeletionBlocked";
pub(super) const NOTHING_LEFT: &str = "NothingLeft";
pub(super) const WARNING: &str = "Warning";

/// What a condition comes to.
pub(super) struct Verdict {
    pub(super) status: ConditionStatus,
    pub(super) reason: Reason,
    pub(super) message: String,
}

impl Verdict {
    pub(super) fn yes(reason: Reason, message: String) -> Self {
        Self { status: ConditionStatus::True, reason, message }
    }

    pub(super) fn no(reason: Reason, message: String) -> Self {
        Self { status: ConditionStatus::False, reason, message }
    }
}

/// The condition `type_` among `conditions`.
pub(super) fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == type_)
}

/// Whether the condition `type_` holds.
pub(super) fn holds(conditions: &[Condition], type_: &str) -> bool {
    find(conditions, type_).is_some_and(|condition| condition.status == ConditionStatus::True)
}

/// The list as it grows: over the previous one, from which transition times are carried on.
struct List<'a> {
    previous: &'a [Condition],
    generation: i64,
    now: Timestamp,
    conditions: Vec<Condition>,
}

impl List<'_> {
    fn set(&mut self, type_: &str, verdict: Verdict) {
        let Verdict { status, reason, message } = verdict;
        let before = find(self.previous, type_).filter(|before| before.status == status);
        self.conditions.push(Condition {
            type_: type_.to_owned(),
            status,
            reason: reason.as_str().to_owned(),
            message: clip(&message),
            observed_generation: Some(self.generation),
            last_transition_time: before.map_or(self.now, |before| before.last_transition_time),
        });
    }

    /// An abnormal-true condition: there only while it applies.
    fn note(&mut self, type_: &str, verdict: Option<(Reason, String)>) {
        if let Some((reason, message)) = verdict {
            self.set(type_, Verdict::yes(reason, message));
        }
    }

    /// The last verdict, which nothing new is known about.
    fn keep(&mut self, type_: &str, reason: Reason) {
        match find(self.previous, type_) {
            Some(before) => self.conditions.push(before.clone()),
            None => self.set(
                type_,
                Verdict { status: ConditionStatus::Unknown, reason, message: "not looked at yet".to_owned() },
            ),
        }
    }
}

/// The conditions after a pass. `resources` is the inventory after it.
pub(super) fn conditions<S>(pass: &Pass<'_, S>, resources: &[ResourceRecord]) -> Vec<Condition> {
    let previous = &pass.previous.conditions;
    let mut list = List { previous, generation: pass.generation(), now: pass.now, conditions: Vec::new() };
    let why = pass.problem.map_or(Reason::Suspended, Problem::reason);
    match credentials(pass) {
        Some(verdict) => list.set(CREDENTIALS, verdict),
        None => list.keep(CREDENTIALS, why),
    }
    for section in sections::ALL {
        match pass.outcome {
            Some(outcome) => list.set(section, sections::verdict(pass, outcome, section)),
            None => list.keep(section, why),
        }
    }
    let ready = ready(pass, &list.conditions);
    let blocked = deletion::blocked(pass, resources);
    let stalled = stalled(pass, blocked.as_ref());
    let reconciling = if stalled.is_none() { reconciling(pass) } else { None };
    list.note(DRIFTED, drifted(pass));
    list.note(SUSPENDED, suspended(pass));
    list.note(DELETION_BLOCKED, blocked);
    list.note(NOTHING_LEFT, deletion::nothing_left(pass));
    match find(previous, WARNING).filter(|_| pass.outcome.is_none() && !pass.deleting) {
        Some(before) => list.conditions.push(before.clone()),
        None => list.note(WARNING, warning(pass)),
    }

    let rest = std::mem::take(&mut list.conditions);
    list.set(READY, ready);
    list.note(RECONCILING, reconciling);
    list.note(STALLED, stalled);
    list.conditions.extend(rest);
    list.conditions
}

/// Whether AWS lets us in; `None` if nobody tried.
fn credentials<S>(pass: &Pass<'_, S>) -> Option<Verdict> {
    let refused = pass.problem.filter(|problem| problem.of_credentials() == Some(true));
    match (refused, pass.account) {
        (Some(problem), _) => Some(Verdict::no(problem.reason(), problem.message())),
        (None, Some(account)) => Some(Verdict::yes(Reason::Ready, format!("acts in account {account}"))),
        (None, None) => None,
    }
}

/// The worst of the children: a problem, leftovers, then the sections.
fn ready<S>(pass: &Pass<'_, S>, children: &[Condition]) -> Verdict {
    if let Some(problem) = pass.problem {
        return Verdict::no(problem.reason(), problem.message());
    }
    if pass.deleting {
        return Verdict::no(Reason::Deleting, "being deleted".to_owned());
    }
    let mut worst: Option<(Reason, String)> = None;
    let mut consider = |reason: Reason, message: String| {
        if worst.as_ref().is_none_or(|(before, _)| reason > *before) {
            worst = Some((reason, message));
        }
    };
    if let Some(outcome) = pass.outcome {
        for section in sections::ALL {
            let Verdict { status, reason, message } = sections::verdict(pass, outcome, section);
            if status != ConditionStatus::True {
                consider(reason, message);
            }
        }
        let leftovers = beside(pass, outcome);
        if let Some(reason) = leftovers.reason() {
            consider(reason, format!("what was superseded is still there: {}", leftovers.message()));
        }
    }
    let stale = children
        .iter()
        .any(|child| child.status != ConditionStatus::True || child.observed_generation != Some(pass.generation()));
    if pass.outcome.is_none() && stale {
        consider(Reason::Suspended, "suspended before everything was as declared".to_owned());
    }
    match worst {
        Some((reason, message)) => Verdict::no(reason, message),
        None => Verdict::yes(Reason::Ready, "everything is as declared and usable".to_owned()),
    }
}

/// Everything of an outcome, declared or beside.
fn all<S>(pass: &Pass<'_, S>) -> Option<(Causes, Causes)> {
    pass.outcome.map(|outcome| (declared(pass, outcome, |_| true), beside(pass, outcome)))
}

/// Whether something of an outcome is on its way.
pub(super) fn moves<S>(pass: &Pass<'_, S>) -> bool {
    let causes = all(pass).is_some_and(|(declared, beside)| declared.any(Course::Moves) || beside.any(Course::Moves));
    causes || pass.outcome.is_some_and(|outcome| outcome.again)
}

/// Somebody has to do something, and nothing goes on until then.
fn stalled<S>(pass: &Pass<'_, S>, blocked: Option<&(Reason, String)>) -> Option<(Reason, String)> {
    if pass.suspended() {
        return None;
    }
    if let Some(problem) = pass.problem.filter(|problem| !problem.passes()) {
        return Some((problem.reason(), problem.message()));
    }
    if let Some((reason, message)) = blocked.filter(|_| !moves_beside(pass)) {
        return Some((*reason, message.clone()));
    }
    let (declared, beside) = all(pass)?;
    let stuck = |causes: &Causes| causes.any(Course::Stuck).then(|| (causes.list[0].reason, causes.message()));
    let taken = || exports::verdict(pass).filter(|(reason, _)| *reason == Reason::Conflict);
    if moves(pass) { None } else { stuck(&declared).or_else(|| stuck(&beside)).or_else(taken) }
}

/// Whether a blocked deletion goes on elsewhere. What is refused for want of something else to go first does not.
fn moves_beside<S>(pass: &Pass<'_, S>) -> bool {
    let going = |outcome: &Outcome<S>| {
        let on_its_way =
            |state: &State<S>| matches!(state, State::Deleting(_) | State::Deleted(_) | State::Waiting(..));
        outcome.again
            || outcome.others.iter().any(|other| on_its_way(&other.state) && pass.unread(other.key.kind).is_none())
    };
    pass.outcome.is_some_and(going)
}

/// The way to what is declared is not at its end, and goes on by itself.
fn reconciling<S>(pass: &Pass<'_, S>) -> Option<(Reason, String)> {
    if pass.suspended() {
        return None;
    }
    if let Some(problem) = pass.problem {
        return problem.passes().then(|| (problem.reason(), problem.message()));
    }
    let outcome = pass.outcome?;
    let (declared, beside) = all(pass)?;
    if pass.deleting {
        let message = if outcome.others.is_empty() {
            "nothing is listed any more; looked at until that is certain".to_owned()
        } else {
            format!("{} left: {}", resources(outcome.others.len()), beside.message())
        };
        return Some((Reason::Deleting, message));
    }
    if pass.memory.lost {
        let message = "the status was lost; it is rebuilt from the marks in AWS before anything absent is created";
        return Some((Reason::MemoryLost, message.to_owned()));
    }
    let causes = if declared.reason() >= beside.reason() { declared } else { beside };
    // The pass that finds the image goes on by itself.
    let missing = image::missing(pass);
    let rests = causes.list.iter().all(|cause| cause.course == Course::Rests);
    match causes.reason() {
        Some(_) if rests && !outcome.again => missing,
        Some(reason) => Some((reason, causes.message())),
        None if outcome.again => Some((Reason::Progressing, "changed just now; AWS is looked at once more".to_owned())),
        None => missing.or_else(|| exports::verdict(pass)),
    }
}

/// What differs and is left alone.
fn drifted<S>(pass: &Pass<'_, S>) -> Option<(Reason, String)> {
    let outcome = pass.outcome?;
    let differences = outcome.states.iter().filter_map(|(key, state)| match state {
        State::Drifted(_, changes) => {
            let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
            Some(format!("{key}: {}", changes.join(", ")))
        }
        State::Withheld(_, why) if withheld(pass) == Reason::DriftReported => Some(format!("{key}: {why}")),
        _ => None,
    });
    let mut told: Vec<String> = differences.collect();
    if told.is_empty() {
        return None;
    }
    told.extend(pass.held.and_then(|held| replacement(outcome, held)));
    Some((Reason::DriftReported, told.join("; ")))
}

/// How what differs in a fixed field can be replaced, if `held` is a plan of that.
fn replacement<S>(outcome: &Outcome<S>, held: &PlanRecord) -> Option<String> {
    let drifted = |key: &str| {
        outcome.states.iter().any(|(one, state)| matches!(state, State::Drifted(..)) && one.to_string() == key)
    };
    let replaces = held.steps.iter().any(|step| step.action == "Replace" && drifted(&step.key));
    let hash = &held.hash;
    replaces.then(|| format!("status.plan replaces it, when the annotation fargatestack.dev/approve: {hash} says so"))
}

fn suspended<S>(pass: &Pass<'_, S>) -> Option<(Reason, String)> {
    let message = "spec.suspend is set: AWS is left alone until it is unset";
    pass.suspended().then(|| (Reason::Suspended, message.to_owned()))
}

/// What deserves attention and stops nothing. A pass that could not look keeps the last word.
fn warning<S>(pass: &Pass<'_, S>) -> Option<(Reason, String)> {
    let mut warnings: Vec<(Reason, String)> = Vec::new();
    if let Some(spec) = pass.spec.filter(|spec| spec.network.uses_public_address_space()) {
        let network = &spec.network;
        let message = format!(
            "spec.network: {} and {} are not both private (172.16.0.0/12 is, 172.10.0.0/16 is not): hosts on the internet that \
             have such addresses cannot be reached from the VPC; 100.64.0.0/16 is a private alternative for ecsCidr",
            network.vpc_cidr, network.ecs_cidr
        );
        warnings.push((Reason::PublicAddressSpace, message));
    }
    for other in pass.outcome.into_iter().flat_map(|outcome| &outcome.others) {
        if let State::Reported(_, why) = &other.state {
            warnings.push((Reason::TwinReported, format!("{} ({}): {why}", other.key, other.id)));
        }
    }
    warnings.extend(pass.outcome.and_then(inactive).map(|message| (Reason::VpcLinkInactive, message)));
    for warning in pass.facts.into_iter().flat_map(|facts| &facts.warnings) {
        warnings.push((Reason::of_warning(warning.reason), warning.message.clone()));
    }
    let reason = warnings.first()?.0;
    Some((reason, warnings.into_iter().map(|(_, message)| message).collect::<Vec<_>>().join("; ")))
}

/// What is said of a VPC link that AWS has put to sleep: it still counts as ready, for traffic wakes it.
fn inactive<S>(outcome: &Outcome<S>) -> Option<String> {
    let lives = outcome.states.iter().filter(|(key, _)| key.kind.name == "vpc-link").map(|(_, state)| state.live());
    let asleep = lives.flatten().find(|live| live.attributes.contains_key(INACTIVE))?;
    Some(format!(
        "{} ({}): AWS took its interfaces away, since nothing used it for 60 days; the first requests fail for some minutes until \
         it is back",
        asleep.key, asleep.id
    ))
}
