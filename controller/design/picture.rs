//! The architecture as a picture: what of a declaration's graph people draw on a board. Pure.
//!
//! Drawn is where something stands and who speaks to whom; what is not declared is not drawn, and what the user brings is drawn
//! as brought. [`compose`] turns the graph into a [`Picture`], [`mermaid`] and [`dot`] write it down.
//!
//! Deliberately absent: rules, roles, policies, tables and log groups. They are in the plan, line by line.

mod compose;
mod dot;
mod gateway;
mod mermaid;
mod network;
#[cfg(test)]
mod tests;

pub use compose::compose;
pub use dot::dot;
pub use mermaid::mermaid;

/// Something that is drawn as a box: alone, or around others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shape {
    /// Unique in the picture.
    id: String,
    /// Lines of its label.
    label: Vec<String>,
    /// The user brings it.
    brought: bool,
}

impl Shape {
    fn new<const N: usize>(id: impl Into<String>, label: [String; N]) -> Self {
        Self { id: id.into(), label: label.into(), brought: false }
    }

    /// The same, of the user's own.
    fn brought(mut self) -> Self {
        self.brought = true;
        self.label.push("(brought)".to_owned());
        self
    }
}

/// A part of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// A person, or what is not in this account.
    Outside(Shape),
    Single(Shape),
    Group(Shape, Vec<Part>),
}

/// Who speaks to whom, or what leads where.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Arrow {
    from: String,
    to: String,
    label: Option<String>,
}

/// What is drawn, in a stable order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    title: String,
    parts: Vec<Part>,
    arrows: Vec<Arrow>,
}

impl Picture {
    fn arrow(&mut self, from: &str, to: &str, label: Option<String>) {
        self.arrows.push(Arrow { from: from.to_owned(), to: to.to_owned(), label });
    }
}
