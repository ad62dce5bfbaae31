//! Living through a scenario: everything that it lets happen, then calm, then the checks.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Creation, Id, Outcome, Rule, State as Status};

use super::check::{as_declared, only_left};
use super::cloud::{Pace, Resource, Trouble};
use super::kinds::ALL;
use super::look::SETTLE;
use super::scenario::{Event, Scenario, Spec};
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
    let blocked = |state: &Status<Seen>| matches!(state, Status::Blocked(..) | Status::Kept(_) | Status::Reported(..));
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

/// Lets one thing happen.
fn happen(world: &mut World, [what, a, b, c]: Event) {
    let small = usize::from(a % 8);
    match what % 24 {
        0..=3 => {
            for _ in 0..=a % 4 {
                world.pass(&Weather::default());
            }
        }
        4..=6 => {
            const TROUBLES: [Trouble; 5] = [
                Trouble::CrashAfter,
                Trouble::CrashBefore,
                Trouble::ResponseLost,
                Trouble::RequestLost,
                Trouble::Throttled,
            ];
            let trouble = TROUBLES[usize::from(b) % TROUBLES.len()];
            world.pass(&Weather { troubles: BTreeMap::from([(small + 1, trouble)]), ..Weather::default() });
        }
        7 => {
            let before = a % 2 == 0;
            world.pass(&Weather {
                crash_after_announcing: before,
                crash_before_persisting: !before,
                ..Weather::default()
            });
            if b >= 128 {
                // It comes back to sources that fail.
                fail_sources(world, usize::from(b % 8), i64::from(c % 7) + 1);
            }
        }
        8 => {
            world.pass(&Weather { stop_after: Some(small), ..Weather::default() });
        }
        9 => {
            world.pass(&Weather { nothing_goes: true, ..Weather::default() });
        }
        10..=15 => edit(world, what % 24 - 10, a, b, c),
        16..=22 => meddle(world, what % 24 - 16, a, b, c),
        _ => {
            if a > 192 && !world.deleting {
                world.deleting = true;
            } else if a > 64 {
                world.lose_memory();
            }
        }
    }
}

/// Somebody edits the specification.
fn edit(world: &mut World, what: u8, a: u8, b: u8, c: u8) {
    let spec = &mut world.spec;
    let Some(key) = spec.pick(a) else { return spec.add([a, b, c, a]) };
    match what {
        0 => spec.add([a, b, c, a ^ b]),
        1 => {
            spec.nodes.remove(&key);
        }
        2 | 3 => {
            let declared = spec.nodes.get_mut(&key).expect("picked from there");
            if b & 1 == 0 { declared.fixed = b >> 1 & 3 } else { declared.loose = b >> 1 & 3 }
        }
        4 => spec.nodes.get_mut(&key).expect("picked from there").picks = [b, c],
        _ if b < 128 => spec.label = (c < 192).then_some(c % 4),
        // A new version of the controller.
        _ => spec.version = u32::from(c % 2) + 1,
    }
}

/// Something happens to the cloud.
fn meddle(world: &mut World, what: u8, a: u8, b: u8, c: u8) {
    let until = i64::from(b % 7) + 1;
    if what == 0 {
        let now = world.state(|state| state.now);
        // One source, or all of them but the first few.
        if a < 128 {
            world.observer.failing.insert(ALL[usize::from(a) % ALL.len()], now + until);
        } else {
            fail_sources(world, usize::from(a % 8), until);
        }
        return;
    }
    world.state(|state| {
        let now = state.now;
        if what == 1 {
            state.pace = Pace { ready: i64::from(a % 4), delete: i64::from(b % 4), list: i64::from(c % 3) };
            return;
        }
        if what == 2 {
            state.failures = a % 3;
            return;
        }
        let count = state.resources.len().max(1);
        let Some(id) = state.resources.keys().nth(usize::from(a) % count).cloned() else { return };
        let dying = state.dying(&id);
        let in_use = state.resources.values().any(|other| {
            !dying.contains(&other.id) && other.on.iter().chain(&other.within).any(|on| dying.contains(on))
        });
        let Some(resource) = state.resources.get_mut(&id) else { return };
        match what {
            // Lists omit it.
            3 => {
                let since = if now < resource.hidden.1 { resource.hidden.0 } else { now };
                resource.hidden = (since, now + until + 1);
            }
            4 => resource.broken_until = now + until,
            5 => foreign_edit(resource, b, c),
            _ if b < 128 => {
                // Somebody deletes it.
                if !in_use {
                    state.resources.retain(|id, _| !dying.contains(id));
                }
            }
            _ => {
                let twin = twin(resource, c);
                if let Some(twin) = twin {
                    state.resources.insert(twin.id.clone(), twin);
                }
            }
        }
    });
}

/// Every source but the first few fails for a while.
fn fail_sources(world: &mut World, first: usize, passes: i64) {
    let now = world.state(|state| state.now);
    world.observer.failing.extend(ALL[first..].iter().map(|kind| (*kind, now + passes)));
}

fn foreign_edit(resource: &mut Resource, b: u8, c: u8) {
    match b % 4 {
        0 => resource.seen.fixed = c & 3,
        1 => resource.seen.loose = c & 3,
        2 => {
            resource.tags.insert("foreign".to_owned(), c.to_string());
            resource.foreign_tag = true;
        }
        _ => resource.tags.retain(|name, _| !name.starts_with("user-")),
    }
}

/// What a double fault leaves: only where nothing but an intent keeps the cloud from making two.
fn twin(resource: &Resource, c: u8) -> Option<Resource> {
    let mut twin = resource.clone();
    twin.id = Id::from(format!("{}-twin", twin.id));
    twin.created += if c & 1 == 0 { 1 } else { -1 };
    twin.hidden = (0, 0);
    (resource.key.kind.creation == Creation::Intent && resource.gone_at.is_none()).then_some(twin)
}
