//! What tokens name: every path that the code spells out, with aliases, groups, `super` and `self` resolved.
//!
//! A reading, not a parser: it knows `use` trees and inline modules, which is what naming takes. Methods and names that a macro
//! puts together are out of its sight; imports are not.

use std::collections::HashMap;

use crate::tokens::Token;

/// A path that the code names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    /// Its segments, from the crate's root on where that can be told.
    pub path: Vec<String>,
    /// It stands in a `use`.
    pub import: bool,
    /// It is the argument of a `Ref<..>`.
    pub referred: bool,
    /// It looks like the variant of an enum where that is declared: a name of its own.
    pub variant: bool,
}

/// Every path that `tokens` name; `module` is the path of the file's own module, `["crate", "aws", "vpc"]`.
pub fn names(tokens: &[Token], module: &[String]) -> Vec<Named> {
    let mut reader = Reader { tokens, index: 0, module: module.to_vec(), aliases: HashMap::new(), names: Vec::new() };
    reader.read();
    reader.names
}

struct Reader<'a> {
    tokens: &'a [Token],
    index: usize,
    module: Vec<String>,
    aliases: HashMap<String, Vec<String>>,
    names: Vec<Named>,
}

impl Reader<'_> {
    fn text(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| token.text.as_str())
    }

    fn is_name(&self, index: usize) -> bool {
        self.text(index).starts_with(|first: char| first.is_alphabetic() || first == '_')
    }

    fn read(&mut self) {
        let (mut depth, mut inline) = (0_usize, Vec::new());
        while self.index < self.tokens.len() {
            match self.text(self.index) {
                "use" if self.text(self.index + 1) != "<" => {
                    self.index += 1;
                    self.tree(Vec::new());
                    continue;
                }
                "mod" if self.text(self.index + 2) == "{" => {
                    self.module.push(self.text(self.index + 1).to_owned());
                    inline.push(depth);
                    self.index += 2;
                    continue;
                }
                "{" => depth += 1,
                "}" => {
                    depth = depth.saturating_sub(1);
                    if inline.last() == Some(&depth) {
                        inline.pop();
                        self.module.pop();
                    }
                }
                _ if self.is_name(self.index) => {
                    self.path();
                    continue;
                }
                _ => {}
            }
            self.index += 1;
        }
    }

    /// A path outside of imports.
    fn path(&mut self) {
        let start = self.index;
        let line = self.tokens[start].line;
        let mut path = vec![self.text(start).to_owned()];
        while self.text(self.index + 1) == "::" && self.is_name(self.index + 2) {
            self.index += 2;
            path.push(self.text(self.index).to_owned());
        }
        self.index += 1;
        let before = |back: usize| start.checked_sub(back).map_or("", |index| self.text(index));
        // What follows a dot is a field or a method, except for the keyword.
        if before(1) == "." && path != ["await"] {
            return;
        }
        let referred = before(1) == "<" && (before(2) == "Ref" || before(3) == "Ref");
        let next = self.text(self.index);
        let listed = matches!(before(1), "{" | ",") && matches!(next, "," | "}");
        let variant = path.len() == 1 && (listed || next == "(");
        let path = self.resolved(path);
        self.names.push(Named { line, path, import: false, referred, variant });
    }

    /// A `use` tree, from behind `prefix` to its end.
    fn tree(&mut self, mut prefix: Vec<String>) {
        loop {
            let line = self.tokens.get(self.index).map_or(0, |token| token.line);
            match self.text(self.index) {
                "::" => self.index += 1,
                "{" => {
                    self.index += 1;
                    while !matches!(self.text(self.index), "}" | "") {
                        self.tree(prefix.clone());
                        if self.text(self.index) == "," {
                            self.index += 1;
                        }
                    }
                    self.index += 1;
                    return;
                }
                segment => {
                    let segment = segment.to_owned();
                    self.index += 1;
                    if segment != "self" || prefix.is_empty() {
                        prefix.push(segment);
                    }
                    if self.text(self.index) == "::" {
                        continue;
                    }
                    let mut alias = prefix.last().cloned().unwrap_or_default();
                    if self.text(self.index) == "as" {
                        self.text(self.index + 1).clone_into(&mut alias);
                        self.index += 2;
                    }
                    let path = self.resolved(prefix);
                    self.aliases.insert(alias, path.clone());
                    self.names.push(Named { line, path, import: true, referred: false, variant: false });
                    return;
                }
            }
        }
    }

    fn resolved(&self, path: Vec<String>) -> Vec<String> {
        let Some(first) = path.first() else { return path };
        match first.as_str() {
            "self" => [&self.module[..], &path[1..]].concat(),
            "super" => {
                let up = path.iter().take_while(|segment| *segment == "super").count();
                let kept = self.module.len().saturating_sub(up).max(1);
                [&self.module[..kept], &path[up..]].concat()
            }
            first => match self.aliases.get(first) {
                Some(full) => [&full[..], &path[1..]].concat(),
                None => path,
            },
        }
    }
}
