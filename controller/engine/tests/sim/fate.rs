//! What can happen to a stack, decoded from the bytes of an event.

use std::collections::BTreeMap;

use engine::{Creation, Id};

use super::cloud::{Pace, Resource, Trouble};
use super::kinds::ALL;
use super::scenario::Event;
use super::world::{Weather, World};

/// Lets one thing happen.
pub fn happen(world: &mut World, [what, a, b, c]: Event) {
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
            // Lists omit it. Not a twin that was only just put there: to be unknown, unlisted and needed at once are three faults.
            3 if resource.hidden.1 == 0 => {}
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
