//! What is desired: nodes, and the ids that the user gives.

use std::collections::BTreeMap;

use crate::{Key, Known, Node};

/// A graph that cannot be: a defect of the code that built it, never of the user's input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// The same key twice.
    #[error("{0} is declared twice")]
    Duplicate(Key),
    /// A need that is neither a node nor given.
    #[error("{0} needs {1}, which is neither declared nor given")]
    Missing(Key, Key),
    /// A need that does not point to an earlier kind.
    #[error("{0} needs {1}, which does not come before it in creation order")]
    Backwards(Key, Key),
}

/// The desired resources of one stack.
#[derive(Clone, Debug)]
pub struct Graph<N> {
    nodes: BTreeMap<Key, N>,
    given: BTreeMap<Key, Known>,
}

impl<N> Default for Graph<N> {
    fn default() -> Self {
        Self { nodes: BTreeMap::new(), given: BTreeMap::new() }
    }
}

impl<N: Node> Graph<N> {
    /// Builds a graph.
    ///
    /// # Errors
    /// [`GraphError`] when it contradicts itself.
    pub fn new(
        nodes: impl IntoIterator<Item = N>,
        given: impl IntoIterator<Item = (Key, Known)>,
    ) -> Result<Self, GraphError> {
        let mut graph = Self { nodes: BTreeMap::new(), given: given.into_iter().collect() };
        for node in nodes {
            let key = node.key();
            if graph.given.contains_key(&key) || graph.nodes.insert(key.clone(), node).is_some() {
                return Err(GraphError::Duplicate(key));
            }
        }
        for (key, node) in &graph.nodes {
            for need in node.needs() {
                if need.key.kind >= key.kind {
                    return Err(GraphError::Backwards(key.clone(), need.key));
                }
                if !graph.nodes.contains_key(&need.key) && !graph.given.contains_key(&need.key) {
                    return Err(GraphError::Missing(key.clone(), need.key));
                }
            }
        }
        Ok(graph)
    }

    /// The declared resources, by key.
    #[must_use]
    pub fn nodes(&self) -> &BTreeMap<Key, N> {
        &self.nodes
    }

    /// What the user brings: ids that are used and never touched.
    #[must_use]
    pub fn given(&self) -> &BTreeMap<Key, Known> {
        &self.given
    }
}
