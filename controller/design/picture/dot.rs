//! DOT: <https://graphviz.org/doc/info/lang.html>.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Part, Picture, Shape};

/// `picture` as a directed graph for Graphviz.
#[must_use]
pub fn dot(picture: &Picture) -> String {
    let mut page = Page { text: String::new(), groups: BTreeSet::new() };
    page.groups(&picture.parts);
    page.line(0, &format!("digraph {} {{", quoted(&picture.title)));
    for setting in [
        "compound=true;",
        "fontname=\"Helvetica\";",
        "node [shape=box, fontname=\"Helvetica\"];",
        "edge [fontname=\"Helvetica\", fontsize=10];",
    ] {
        page.line(1, setting);
    }
    for part in &picture.parts {
        page.part(part, 1);
    }
    for arrow in &picture.arrows {
        let mut attributes: Vec<String> = arrow.label.iter().map(|label| format!("label={}", quoted(label))).collect();
        attributes.extend(page.end("ltail", &arrow.from));
        attributes.extend(page.end("lhead", &arrow.to));
        let attributes = if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
        page.line(1, &format!("{} -> {}{attributes};", quoted(&arrow.from), quoted(&arrow.to)));
    }
    page.line(0, "}");
    page.text
}

struct Page {
    text: String,
    /// Ids of what is drawn around others.
    groups: BTreeSet<String>,
}

impl Page {
    fn line(&mut self, depth: usize, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{}{text}", "    ".repeat(depth));
    }

    fn groups(&mut self, parts: &[Part]) {
        for part in parts {
            if let Part::Group(shape, inner) = part {
                self.groups.insert(shape.id.clone());
                self.groups(inner);
            }
        }
    }

    /// An arrow goes from node to node; one from or to a group ends at its border.
    fn end(&self, which: &str, id: &str) -> Option<String> {
        self.groups.contains(id).then(|| format!("{which}={}", quoted(&cluster(id))))
    }

    fn part(&mut self, part: &Part, depth: usize) {
        match part {
            Part::Outside(shape) => self.shape(shape, Some("shape=ellipse"), depth),
            Part::Single(shape) => self.shape(shape, None, depth),
            Part::Group(shape, inner) => {
                self.line(depth, &format!("subgraph {} {{", quoted(&cluster(&shape.id))));
                self.line(depth + 1, &format!("label={};", label(shape)));
                let style = if shape.brought { "style=dashed;" } else { "style=solid;" };
                self.line(depth + 1, style);
                // Graphviz leaves out what holds nothing, and arrows need a node to go to.
                self.line(depth + 1, &format!("{} [shape=point, style=invis];", quoted(&shape.id)));
                for part in inner {
                    self.part(part, depth + 1);
                }
                self.line(depth, "}");
            }
        }
    }

    fn shape(&mut self, shape: &Shape, form: Option<&str>, depth: usize) {
        let form = form.map_or_else(String::new, |form| format!(", {form}"));
        let style = if shape.brought { ", style=dashed" } else { "" };
        self.line(depth, &format!("{} [label={}{form}{style}];", quoted(&shape.id), label(shape)));
    }
}

/// Graphviz draws a border around subgraphs whose name begins so.
fn cluster(id: &str) -> String {
    format!("cluster_{id}")
}

fn label(shape: &Shape) -> String {
    let lines: Vec<String> = shape.label.iter().map(|line| escaped(line)).collect();
    format!("\"{}\"", lines.join("\\n"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// In a quoted string, `"` needs a backslash, and a backslash is an escape of labels.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace(|c: char| c.is_control(), " ")
}
