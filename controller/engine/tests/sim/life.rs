//! Living through a scenario: everything that it lets happen, then calm, then the checks.

use std::collections::BTreeSet;

use engine::{Id, Outcome, Phase, Rule, State as Status};

use super::check::{as_declared, only_left};
use super::cloud::Resource;
use super::fate::happen;
use super::look::SETTLE;
use super::scenario::{Scenario, Spec};
use super::toy::Seen;
use super::world::{Weather, World};

/// Passes after which everything must have come to rest, waits and repeated failures included.
const PATIENCE: usize = 60;

/// Lives through `scenario` with a planner that keeps every rule but `broken`.
pub fn live(scenario: &Scenario, broken: Option<Rule>) -> Result<(), String> {
    let mut world = World::new(Spec::new(&scenario.nodes), broken);
    for event in &scenario.events {
        happen(&mut world, *event);
        flawless(&mut world)?;
        if world.released {
            return nothing_left(&mut world, &BTreeSet::new());
        }
    }
    calm(&mut world);
    match scenario.finish % 4 {
        _ if world.deleting => delete(&mut world, scenario.finish),
        0 | 1 => settle(&mut world).map(|_| ()),
        2 => delete(&mut world, scenario.finish),
        _ => {
            settle(&mut world)?;
            delete(&mut world, scenario.finish)
        }
    }
}

/// Passes until a change of specification is done, from rest and with nothing going wrong.
pub fn passes_to_change(before: &Spec, after: &Spec) -> Result<usize, String> {
    let mut world = World::new(before.clone(), None);
    settle(&mut world)?;
    world.spec = after.clone();
    settle(&mut world)
}

fn flawless(world: &mut World) -> Result<(), String> {
    world.state(|state| state.judge.violations.first().map_or(Ok(()), |violation| Err(violation.clone())))
}

fn nothing_left(world: &mut World, stuck: &BTreeSet<Id>) -> Result<(), String> {
    world.state(|state| {
        // Nobody could know of what was hidden for longer than a window and is remembered by nobody.
        let (now, window) = (state.now, SETTLE);
        let known = state.judge.suspected.clone();
        state
            .resources
            .retain(|id, resource| known.contains(id) || now >= resource.hidden.1 || now - resource.hidden.0 < window);
        only_left(state, stuck)
    })
}

/// Whatever goes wrong stops going wrong.
pub fn calm(world: &mut World) {
    world.observer.failing.clear();
    world.state(|state| {
        state.failures = 0;
        let now = state.now;
        for resource in state.resources.values_mut() {
            resource.hidden.1 = resource.hidden.1.min(now);
            resource.broken_until = 0;
            resource.undeletable = false;
        }
    });
}

/// From calm to rest: as declared, and then not one write.
pub fn settle(world: &mut World) -> Result<usize, String> {
    let weather = Weather::default();
    for passes in 0..PATIENCE {
        let outcome = world.pass(&weather).ok_or("it died in calm weather")?;
        flawless(world)?;
        world.approve(&outcome);
        if !at_rest(world, &outcome) {
            continue;
        }
        as_declared(world, &outcome)?;
        // Proofs of what is gone take a window; after that memory stays as well.
        for extra in 0..2 * SETTLE {
            let memory = world.memory.clone();
            let outcome = world.pass(&weather).ok_or("it died in calm weather")?;
            flawless(world)?;
            if !at_rest(world, &outcome) || !outcome.announced.is_empty() {
                return Err(format!("it does not stay: {}", brief(&outcome)));
            }
            if extra > SETTLE && memory != world.memory {
                return Err(format!("memory does not stay: {memory:?} {:?}", world.memory));
            }
        }
        return Ok(passes);
    }
    let outcome = world.pass(&weather);
    Err(format!("it does not come to rest: {}", outcome.as_ref().map(brief).unwrap_or_default()))
}

/// Deletes the stack, perhaps with something that cannot be deleted, or with what is to be kept.
fn delete(world: &mut World, finish: u8) -> Result<(), String> {
    world.deleting = true;
    world.retained = finish & 4 == 4;
    let retained = world.retained;
    let stuck: BTreeSet<Id> = world.state(|state| {
        let pick = usize::from(finish >> 4);
        let stuck =
            (finish & 8 == 8).then(|| state.resources.values_mut().filter(|one| one.gone_at.is_none()).nth(pick));
        if let Some(Some(resource)) = stuck {
            resource.undeletable = true;
        }
        let held = state.resources.values().filter(|one| one.undeletable || (retained && one.key.kind.holds_data));
        // What is within something goes with it, even if it cannot be deleted by itself.
        let parent = |one: &Resource| one.within.as_ref().is_some_and(|id| state.resources.contains_key(id));
        held.filter(|one| one.gone_at.is_none() && !parent(one)).map(|one| one.id.clone()).collect()
    });
    let weather = Weather::default();
    for _ in 0..PATIENCE {
        let outcome = world.pass(&weather).ok_or("it died in calm weather")?;
        flawless(world)?;
        if world.released {
            return nothing_left(world, &BTreeSet::new());
        }
        if let Err(remaining) = outcome.ended()
            && let Some(id) = stuck.iter().find(|id| !remaining.iter().any(|one| one.id.as_ref() == Some(id)))
        {
            return Err(format!("{id} is in the way, and not named: {remaining:?}"));
        }
    }
    if stuck.is_empty() {
        let outcome = world.pass(&weather);
        return Err(format!("the deletion does not end: {}", outcome.as_ref().map(brief).unwrap_or_default()));
    }
    nothing_left(world, &stuck)
}

/// Whether nothing is on its way. What something immutable hangs on stays blocked, which the check of the truth looks at.
fn at_rest(world: &World, outcome: &Outcome<Seen>) -> bool {
    let blocked = |state: &Status<Seen>| match state {
        Status::Blocked(..) | Status::Reported(..) => true,
        // An old generation may still fail.
        Status::Kept(live) => live.phase == Phase::Ready,
        _ => false,
    };
    outcome.states.values().all(Status::settled)
        && outcome.others.iter().all(|other| blocked(&other.state))
        && outcome.effects == 0
        && world.approved.is_empty()
}

/// What is not at rest.
fn brief(outcome: &Outcome<Seen>) -> String {
    let states = outcome.states.iter().filter(|(_, state)| !state.settled());
    let states = states.map(|(key, state)| format!("{key} {}", line(state)));
    let others = outcome.others.iter().map(|other| format!("{} of {} {}", other.id, other.key, line(&other.state)));
    states.chain(others).collect::<Vec<_>>().join("; ")
}

fn line(state: &Status<Seen>) -> String {
    let why = match state {
        Status::Waiting(_, why) | Status::Broken(_, why) | Status::Withheld(_, why) | Status::Reported(_, why) => why,
        Status::Failed(_, fault) => &fault.to_string(),
        Status::Blocked(_, key) => &key.to_string(),
        Status::Ready(_) | Status::Drifted(..) | Status::Kept(_) | Status::Deleting(_) | Status::Deleted(_) => "",
    };
    format!("{} {why}", state.name())
}
