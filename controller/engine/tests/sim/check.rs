//! The truth at rest: what stands in the cloud against what is declared.

use std::collections::BTreeSet;

use engine::{Id, Key, Outcome, Phase, Replace, State as Status};

use super::cloud::{Resource, State};
use super::kinds::mode;
use super::toy::{Seen, Toy};
use super::world::World;

/// Whether the cloud is as declared, and nothing else of ours stands.
pub fn as_declared(world: &mut World, outcome: &Outcome<Seen>) -> Result<(), String> {
    let graph = world.spec.graph();
    let lost = world.ever_lost;
    world.state(|state| {
        for (key, toy) in graph.nodes() {
            let live = outcome.states.get(key).and_then(Status::live).ok_or(format!("{key} has no live resource"))?;
            let resource = state.resources.get(&live.id).ok_or(format!("{key}: {} does not exist", live.id))?;
            matches_declaration(state, toy, resource, outcome, lost)?;
        }
        // What data or immutable things hang on stays as long as they do.
        let immovable = |one: &&Resource| graph.nodes().contains_key(&one.key) && mode(one.key.kind) == Replace::Never;
        let holders = state.resources.values().filter(immovable).map(|one| one.id.clone()).collect();
        let held = upstream(state, holders);
        let used: BTreeSet<&Id> = outcome.states.values().filter_map(Status::live).map(|live| &live.id).collect();
        for key in state.resources.values().map(|one| &one.key).collect::<BTreeSet<_>>() {
            let left = state.resources.values().filter(|one| one.key == *key && !used.contains(&one.id));
            let keep = if graph.nodes().contains_key(key) { usize::from(key.kind.keep) } else { 0 };
            let data = graph.nodes().contains_key(key) && key.kind.holds_data;
            let left: Vec<_> = left.filter(|one| !held.contains(&one.id) && !data).map(|one| &one.id).collect();
            if left.len() > keep {
                return Err(format!("{left:?} of {key} are left over"));
            }
        }
        Ok(())
    })
}

fn matches_declaration(
    state: &State,
    toy: &Toy,
    resource: &Resource,
    outcome: &Outcome<Seen>,
    lost: bool,
) -> Result<(), String> {
    let Resource { id, key, seen, tags, attempt, .. } = resource;
    let immutable = mode(key.kind) == Replace::Never;
    let id_of = |key: &Key| {
        let given = state.judge.given.get(key);
        given.or_else(|| outcome.states.get(key).and_then(Status::live).map(|live| &live.id)).map(Id::as_str)
    };
    let linked = |fixed: bool| {
        let links = if fixed { &seen.fixed_links } else { &seen.loose_links };
        let declared: BTreeSet<&Key> =
            toy.links.iter().filter(|link| link.fixed == fixed).map(|link| link.to.key()).collect();
        links.keys().eq(declared) && links.iter().all(|(key, id)| id_of(key) == Some(id))
    };
    let expected = engine::Node::tags(toy, *attempt).unwrap_or_default();
    let outdated = |name: &&String| name.starts_with("user-") && !expected.contains_key(*name);
    let checks = [
        ("its phase", state.phase(resource) == Phase::Ready),
        ("fixed", immutable || seen.fixed == toy.fixed),
        ("loose", seen.loose == toy.loose),
        ("fixed links", immutable || linked(true)),
        ("loose links", linked(false)),
        ("its tags", expected.iter().all(|(name, value)| tags.get(name) == Some(value))),
        // Whoever lost its memory takes it for somebody else's.
        ("a tag of ours that is no longer declared", lost || !tags.keys().any(|name| outdated(&name))),
        ("a tag of somebody else's", tags.contains_key("foreign") == resource.foreign_tag),
    ];
    let wrong = checks.iter().find(|(_, right)| !right);
    wrong.map_or(Ok(()), |(what, _)| Err(format!("{id} of {key}: {what} is not as declared")))
}

/// Whether exactly `stuck`, and what it hangs on, is left.
pub fn only_left(state: &State, stuck: &BTreeSet<Id>) -> Result<(), String> {
    let must = upstream(state, stuck.clone());
    // What cannot be deleted by itself stays with the parent that stays.
    let stays = |one: &&Resource| one.undeletable && one.within.as_ref().is_some_and(|parent| must.contains(parent));
    let within: Vec<Id> = state.resources.values().filter(stays).map(|one| one.id.clone()).collect();
    let must = upstream(state, must.into_iter().chain(within).collect());
    let left: BTreeSet<Id> = state.resources.keys().cloned().collect();
    if left == must { Ok(()) } else { Err(format!("left: {left:?}, although only {must:?} must be")) }
}

/// `ids`, and everything that they hang on.
fn upstream(state: &State, mut ids: BTreeSet<Id>) -> BTreeSet<Id> {
    loop {
        let more: Vec<Id> = ids
            .iter()
            .filter_map(|id| state.resources.get(id))
            .flat_map(|resource| resource.on.iter().chain(&resource.within))
            .filter(|id| state.resources.contains_key(*id) && !ids.contains(*id))
            .cloned()
            .collect();
        if more.is_empty() {
            return ids;
        }
        ids.extend(more);
    }
}
