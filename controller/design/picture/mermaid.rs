//! Mermaid: <https://mermaid.js.org/syntax/flowchart.html>.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Part, Picture, Shape};

/// `picture` as a flowchart.
#[must_use]
pub fn mermaid(picture: &Picture) -> String {
    let mut page = Page::default();
    page.names(&picture.parts);
    page.line(0, "graph TD");
    for part in &picture.parts {
        page.part(part, 1);
    }
    for arrow in &picture.arrows {
        let label =
            arrow.label.as_ref().map_or_else(|| "-->".to_owned(), |label| format!("-- \"{}\" -->", escape(label)));
        let (from, to) = (page.name(&arrow.from), page.name(&arrow.to));
        page.line(1, &format!("{from} {label} {to}"));
    }
    if !page.brought.is_empty() {
        page.line(1, "classDef brought stroke-dasharray: 5 5");
        let brought = page.brought.join(",");
        page.line(1, &format!("class {brought} brought"));
    }
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
    /// Mermaid's ids by ours.
    names: BTreeMap<String, String>,
    brought: Vec<String>,
}

impl Page {
    fn line(&mut self, depth: usize, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{}{text}", "    ".repeat(depth));
    }

    /// Gives every id a name of letters, digits and `_`, no two the same.
    fn names(&mut self, parts: &[Part]) {
        for part in parts {
            let (shape, inner) = match part {
                Part::Outside(shape) | Part::Single(shape) => (shape, &[][..]),
                Part::Group(shape, inner) => (shape, inner.as_slice()),
            };
            let plain = shape.id.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            let mut name = plain.clone();
            for n in 2.. {
                if !self.names.values().any(|taken| *taken == name) {
                    break;
                }
                name = format!("{plain}_{n}");
            }
            self.names.insert(shape.id.clone(), name);
            self.names(inner);
        }
    }

    fn name(&self, id: &str) -> String {
        self.names.get(id).cloned().unwrap_or_default()
    }

    fn part(&mut self, part: &Part, depth: usize) {
        match part {
            Part::Outside(shape) => self.shape(shape, "(", ")", depth),
            Part::Single(shape) => self.shape(shape, "", "", depth),
            Part::Group(shape, inner) => {
                self.note(shape);
                let head = format!("subgraph {}[\"{}\"]", self.name(&shape.id), label(shape));
                self.line(depth, &head);
                for part in inner {
                    self.part(part, depth + 1);
                }
                self.line(depth, "end");
            }
        }
    }

    fn shape(&mut self, shape: &Shape, open: &str, close: &str, depth: usize) {
        self.note(shape);
        let text = format!("{}{open}[\"{}\"]{close}", self.name(&shape.id), label(shape));
        self.line(depth, &text);
    }

    fn note(&mut self, shape: &Shape) {
        if shape.brought {
            let name = self.name(&shape.id);
            self.brought.push(name);
        }
    }
}

fn label(shape: &Shape) -> String {
    shape.label.iter().map(|line| escape(line)).collect::<Vec<_>>().join("<br/>")
}

/// What is markup to Mermaid or to HTML becomes an entity, which Mermaid writes with `#` instead of `&`.
///
/// <https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters>
fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, c| {
        match c {
            '"' | '#' | '&' | '<' | '>' | '`' | ';' => {
                let _ = write!(escaped, "#{};", u32::from(c));
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
        escaped
    })
}
