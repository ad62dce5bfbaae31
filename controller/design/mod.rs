//! What a checked [`Spec`] means in AWS: the graph of resources, and what of a plan may run. Pure.
//!
//! - [`wanted`]: which facts the design needs; [`graph`]: from declaration and facts to resources.
//! - `network`, `security`, `endpoints`, `registry`, `roles`, `logs`, `identity`, `ingress`, `service`: its layers; [`names`]: names and
//!   ARNs that follow from the declaration alone.
//! - [`policy`]: what of a plan may run, and a plan as people read it.
//! - [`assumed`]: what a declaration means without AWS; [`picture`]: the architecture, to be drawn.
//!
//! Deliberately absent: any choice that depends on what stands in AWS beyond the facts. Only `spec.network` and what it takes
//! from the other sections (ports, egress, roles in policies) acts so far.

mod assumed;
mod endpoint_policies;
mod endpoints;
mod identity;
mod ingress;
mod logs;
pub mod names;
mod network;
pub mod picture;
pub mod policy;
mod registry;
mod roles;
mod security;
mod service;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod wanted;

use std::collections::BTreeMap;

use engine::{Attributes, Graph, GraphError, Id, Key, Known};

use crate::api::Spec;
use crate::api::spec::Registry;
use crate::aws::facts::Facts;
use crate::aws::owner::SharedStamp;
use crate::aws::{Body, Node};

pub use assumed::{ACCOUNT, Assumption, assumed};
pub use policy::{Policy, Ruling};
pub use wanted::{Remembered, user_pool, wanted};

/// Letters of the slots: one slot per zone.
const SLOTS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// The resources that `spec` declares, marked with `stamp`, and the ids that the user brings.
///
/// `facts` are those of [`wanted`] for the same `spec`.
///
/// # Errors
/// [`GraphError`] if the declaration contradicts itself in a way that validation does not know.
pub fn graph(spec: &Spec, facts: &Facts, stamp: &SharedStamp) -> Result<Graph<Node>, GraphError> {
    let mut draft = Draft::default();
    network::draw(spec, facts, &mut draft);
    security::draw(spec, facts, &mut draft);
    endpoints::draw(spec, facts, &mut draft);
    logs::draw(spec, &mut draft);
    registry::draw(spec, facts, &mut draft);
    roles::draw(spec, facts, &mut draft);
    identity::draw(spec, facts, &mut draft);
    ingress::draw(spec, facts, &mut draft);
    service::draw(spec, facts, &mut draft);
    let Draft { bodies, given } = draft;
    Graph::new(bodies.into_iter().map(|body| Node { body, stamp: stamp.clone() }), given)
}

/// Names that the user chose for resources that are built, by kind: their own marks say whose they are, but no listing shows those.
#[must_use]
pub fn chosen(spec: &Spec) -> BTreeMap<&'static str, String> {
    match &spec.registry {
        Registry::Own(repository) => BTreeMap::from([("repository", repository.name.clone())]),
        Registry::Brought(_) => BTreeMap::new(),
    }
}

/// A graph in the making.
#[derive(Debug, Default)]
struct Draft {
    bodies: Vec<Body>,
    given: Vec<(Key, Known)>,
}

impl Draft {
    /// A resource to build.
    fn node(&mut self, body: impl Into<Body>) {
        self.bodies.push(body.into());
    }

    /// Something that the user brings.
    fn given(&mut self, key: &Key, id: &str) {
        self.given_with(key, id, []);
    }

    /// Something that the user brings, with attributes that others refer to.
    fn given_with<const N: usize>(&mut self, key: &Key, id: &str, attributes: [(&'static str, String); N]) {
        let attributes: Attributes = attributes.into_iter().map(|(name, value)| (name.into(), value)).collect();
        self.given.push((key.clone(), Known { id: Id::from(id), attributes }));
    }
}
