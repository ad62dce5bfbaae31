//! What the toy cloud's calls do, and when it refuses.

use std::collections::{BTreeMap, BTreeSet};

use engine::{
    Attributes, Class, Creation, Deletion, Effect, Fault, Id, Ids, Key, Live, Phase, Replace, TagChange, Tags, Until,
};

use super::cloud::{Resource, State, fault};
use super::kinds::mode;
use super::toy::{Link, Seen, Toy};

impl State {
    fn refuse<T>(&mut self, operation: &'static str, why: &str, because: Option<&Id>) -> Result<T, Fault> {
        self.judge.refused(operation, why, because);
        Err(fault(operation, Class::NotYet, Effect::None, why))
    }

    /// Names that must be unique carry key, attempt and hash where a successor comes first; else they are the key's slot.
    fn name(toy: &Toy, ids: &Ids, attempt: u32) -> String {
        match mode(toy.key.kind) {
            Replace::CreateFirst => format!("{} {attempt} {}", toy.key, toy.mark(ids)),
            Replace::DeleteFirst | Replace::Never => toy.key.to_string(),
        }
    }

    pub fn create(&mut self, toy: &Toy, ids: &Ids, attempt: u32) -> Result<Live<Seen>, Fault> {
        let token = format!("{} {attempt} {}", toy.key, toy.mark(ids));
        if toy.key.kind.creation == Creation::Token
            && let Some(id) = self.tokens.get(&token)
        {
            // The same resource, though it may be dead by now.
            return match self.resources.get(id) {
                Some(resource) => Ok(self.live(resource)),
                None => Ok(Self::corpse(id.clone(), toy, attempt)),
            };
        }
        for link in &toy.links {
            let id = ids.of(&link.to).expect("created only when every reference resolves").clone();
            if let Err(why) = self.usable(&id, link.until) {
                return self.refuse("Create", why, None);
            }
        }
        let name = Self::name(toy, ids, attempt);
        let unique = toy.key.kind.creation == Creation::NaturalKey || mode(toy.key.kind) == Replace::DeleteFirst;
        let holder = self.resources.values().find(|other| unique && other.name == name).map(|other| other.id.clone());
        if let Some(holder) = holder {
            return self.refuse("Create", "AlreadyExists", Some(&holder));
        }
        self.judge_create(&toy.key, attempt);
        let resource = self.build(toy, ids, attempt, name);
        self.tokens.insert(token, resource.id.clone());
        let live = self.live(&resource);
        self.judge.made(&resource.id);
        self.resources.insert(resource.id.clone(), resource);
        Ok(live)
    }

    fn build(&mut self, toy: &Toy, ids: &Ids, attempt: u32, name: String) -> Resource {
        self.serial += 1;
        let id = Id::from(format!("{}-{}", toy.key.kind.name, self.serial));
        let of = |link: &Link| ids.of(&link.to).expect("checked before").clone();
        let links = |fixed: bool| {
            let links = toy.links.iter().filter(move |link| link.fixed == fixed);
            links.map(|link| (link.to.key().clone(), of(link).to_string())).collect::<BTreeMap<_, _>>()
        };
        let seen = Seen { fixed: toy.fixed, loose: toy.loose, fixed_links: links(true), loose_links: links(false) };
        let fails = self.failures > 0 && !toy.key.kind.holds_data;
        self.failures -= u8::from(fails);
        Resource {
            made: (seen.fixed, seen.fixed_links.clone()),
            seen,
            on: toy.links.iter().filter(|link| link.holds && !link.within).map(of).collect(),
            within: toy.links.iter().find(|link| link.within).map(of),
            tags: engine::Node::tags(toy, attempt).unwrap_or_default(),
            created: self.now,
            ready_at: self.now + self.pace.ready,
            fails,
            broken_until: 0,
            gone_at: None,
            hidden: (self.now, self.now + 1 + self.pace.list),
            undeletable: false,
            foreign_tag: false,
            key: toy.key.clone(),
            attempt,
            name,
            id,
        }
    }

    /// What a token returns whose resource is long gone.
    fn corpse(id: Id, toy: &Toy, attempt: u32) -> Live<Seen> {
        Live {
            key: toy.key.clone(),
            attempt,
            id,
            attributes: Attributes::new(),
            phase: Phase::Deleting,
            seen: Seen::default(),
            on: Vec::new(),
            within: None,
            tags: Tags::new(),
            created: None,
        }
    }

    fn usable(&self, id: &Id, until: Until) -> Result<(), &'static str> {
        if self.bystanders.contains(id) {
            return Ok(());
        }
        match self.resources.get(id).map(|resource| self.phase(resource)) {
            None | Some(Phase::Deleting) => Err("NotFound"),
            Some(Phase::Failed(_)) => Err("Failed"),
            Some(Phase::Pending(_) | Phase::Broken(_)) if until == Until::Ready => Err("NotReady"),
            Some(Phase::Ready | Phase::Pending(_) | Phase::Broken(_)) => Ok(()),
        }
    }

    pub fn update(&mut self, toy: &Toy, id: &Id, ids: &Ids) -> Result<Live<Seen>, Fault> {
        let Some(mut resource) = self.resources.get(id).cloned() else {
            return self.refuse("Update", "NotFound", None);
        };
        for link in toy.links.iter().filter(|link| !link.fixed) {
            let target = ids.of(&link.to).expect("updated only when every reference resolves").clone();
            if let Err(why) = self.usable(&target, link.until) {
                return self.refuse("Update", why, None);
            }
            let key = link.to.key().clone();
            let old = resource.seen.loose_links.insert(key, target.to_string());
            resource.on.retain(|on| Some(on.as_str()) != old.as_deref());
            if link.holds && !link.within {
                resource.on.push(target);
            }
        }
        let declared: BTreeSet<&Key> = toy.links.iter().filter(|link| !link.fixed).map(|link| link.to.key()).collect();
        let (kept, dropped): (BTreeMap<_, _>, BTreeMap<_, _>) =
            resource.seen.loose_links.into_iter().partition(|(key, _)| declared.contains(key));
        resource.on.retain(|on| !dropped.values().any(|id| id == on.as_str()));
        resource.seen.loose_links = kept;
        resource.seen.loose = toy.loose;
        let live = self.live(&resource);
        self.resources.insert(id.clone(), resource);
        Ok(live)
    }

    pub fn retag(&mut self, id: &Id, change: &TagChange) -> Result<(), Fault> {
        let Some(resource) = self.resources.get_mut(id) else {
            return self.refuse("Retag", "NotFound", None);
        };
        resource.tags.extend(change.set.clone());
        resource.tags.retain(|name, _| !change.remove.contains(name));
        Ok(())
    }

    pub fn delete(&mut self, id: &Id) -> Result<Deletion, Fault> {
        let Some(resource) = self.resources.get(id).cloned() else { return Ok(Deletion::Gone) };
        if resource.undeletable {
            return Err(fault("Delete", Class::Denied, Effect::None, "AccessDenied"));
        }
        let dying = self.dying(id);
        let alive = self.resources.values().filter(|other| !dying.contains(&other.id));
        let mut holds = alive.flat_map(|other| other.on.iter().chain(&other.within).map(move |on| (&other.id, on)));
        if let Some((holder, held)) = holds.find(|(_, on)| dying.contains(*on)) {
            // Foreseeable only if both ends of the hold can be known.
            let because = if self.judge.knows(held) { holder.clone() } else { held.clone() };
            return self.refuse("Delete", "DependencyViolation", Some(&because));
        }
        self.judge_delete(id, &dying);
        for id in dying {
            let now = self.now;
            if self.pace.delete == 0 {
                self.resources.remove(&id);
            } else if let Some(resource) = self.resources.get_mut(&id) {
                resource.gone_at = resource.gone_at.or(Some(now + self.pace.delete));
            }
        }
        Ok(if self.pace.delete == 0 { Deletion::Gone } else { Deletion::Going })
    }

    /// `id` and everything within it.
    pub fn dying(&self, id: &Id) -> BTreeSet<Id> {
        let mut dying = BTreeSet::from([id.clone()]);
        loop {
            let more: Vec<Id> = self
                .resources
                .values()
                .filter(|other| other.within.as_ref().is_some_and(|parent| dying.contains(parent)))
                .map(|other| other.id.clone())
                .filter(|id| !dying.contains(id))
                .collect();
            if more.is_empty() {
                return dying;
            }
            dying.extend(more);
        }
    }
}
