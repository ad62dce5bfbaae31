//! A source file held against the table.

use std::fmt;

use crate::paths::{self, Named};
use crate::table::{NEIGHBOURS, WALLS};
use crate::tokens;

/// A path that stands where it may not.
#[derive(Debug, PartialEq, Eq)]
pub struct Breach {
    pub file: String,
    pub line: usize,
    pub path: String,
    pub reason: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, path, reason } = self;
        write!(f, "{file}:{line}: names `{path}`: {reason}")
    }
}

/// One source file as the table sees it.
pub struct File {
    /// From the root of the repository, with `/`.
    pub path: String,
    pub names: Vec<Named>,
}

impl File {
    pub fn of(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), names: paths::names(&tokens::read(text).tokens, &module(path)) }
    }

    pub fn lies_in(&self, place: &str) -> bool {
        self.path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn breach(&self, name: &Named, reason: &str) -> Breach {
        let (file, path) = (self.path.clone(), name.path.join("::"));
        Breach { file, line: name.line, path, reason: reason.to_owned() }
    }
}

/// The module that a file is: `controller/aws/vpc.rs` is `crate::aws::vpc`.
pub fn module(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("controller/").trim_start_matches("engine/").trim_end_matches(".rs");
    let segments = inner.split('/').filter(|segment| !matches!(*segment, "mod" | "lib" | "main"));
    std::iter::once("crate").chain(segments).map(str::to_owned).collect()
}

/// Whether `path` is what `forbidden` stands for or lies below it.
pub fn below(path: &[String], forbidden: &str) -> bool {
    let mut forbidden = forbidden.split("::").enumerate();
    forbidden.all(|(at, segment)| match (path.get(at), segment.strip_suffix('*')) {
        (Some(named), Some(beginning)) => named.starts_with(beginning),
        (Some(named), None) => named == segment,
        (None, _) => false,
    })
}

pub fn breaches(file: &File) -> Vec<Breach> {
    let mut found = Vec::new();
    for wall in WALLS.iter().filter(|wall| file.lies_in(wall.place) && !wall.except.contains(&file.path.as_str())) {
        let named = |name: &&Named| wall.forbidden.iter().any(|forbidden| below(&name.path, forbidden));
        found.extend(file.names.iter().filter(named).map(|name| file.breach(name, wall.reason)));
    }
    found
}

/// Breaches of the rule that a kind names another only as `Ref<Kind>`, or by its `KIND`.
pub fn neighbours(file: &File, kinds: &[String]) -> Vec<Breach> {
    let Some(own) = kinds.iter().find(|kind| {
        file.lies_in(&format!("controller/aws/{}.rs", snake(kind)))
            || file.lies_in(&format!("controller/aws/{}", snake(kind)))
    }) else {
        return Vec::new();
    };
    let excused = |name: &Named| NEIGHBOURS.iter().any(|(at, path, _)| file.path == *at && below(&name.path, path));
    let mut found = Vec::new();
    for other in kinds.iter().filter(|kind| *kind != own) {
        let [kind, seen] = ["", "Seen"].map(|suffix| format!("crate::aws::{other}{suffix}"));
        let file_of_it = format!("crate::aws::{}", snake(other));
        for name in &file.names {
            // The constant is what marks name: a kind is read from its parent by the parent's.
            let constant = below(&name.path, &format!("{kind}::KIND"));
            let in_place = constant || below(&name.path, &kind) && (name.import || name.referred);
            let foreign = !name.variant && [&kind, &seen, &file_of_it].iter().any(|path| below(&name.path, path));
            if foreign && !in_place && !excused(name) {
                found.push(
                    file.breach(name, "a kind names another only as `Ref<Kind>`, so that each can be read alone"),
                );
            }
        }
    }
    found
}

pub fn snake(kind: &str) -> String {
    let mut name = String::new();
    for character in kind.chars() {
        if character.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(character.to_lowercase());
    }
    name
}

/// The kinds, as `kinds![...]` lists them.
pub fn kinds(text: &str) -> Vec<String> {
    let tokens = tokens::read(text).tokens;
    let list = tokens.windows(3).position(|tokens| {
        let [a, b, c] = tokens else { return false };
        (a.text.as_str(), b.text.as_str(), c.text.as_str()) == ("kinds", "!", "[")
    });
    let listed = list.map_or(&[][..], |at| &tokens[at + 3..]).iter().take_while(|token| token.text != "]");
    listed.filter(|token| token.text != ",").map(|token| token.text.clone()).collect()
}
