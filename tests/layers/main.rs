//! The layering of the rooms: what the code of each may not name, and why. `ARCHITECTURE.md` says what each may use.
//!
//! The engine is a crate of its own, so Cargo keeps it from naming other rooms; its row guards what its dependencies allow.
//! Tests and what only tests are compiled with may name anything.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod paths;
mod table;
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};

use check::{File, breaches, kinds, neighbours, snake};
use table::WALLS;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files under `folder`, without those that only tests are compiled with.
fn files(folder: &Path) -> Vec<File> {
    let mut paths = Vec::new();
    collect(folder, &mut paths);
    let texts: Vec<(PathBuf, String)> =
        paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect();
    let test_only: Vec<PathBuf> = texts
        .iter()
        .flat_map(|(path, text)| {
            let inside = match path.file_stem().unwrap().to_str().unwrap() {
                "mod" | "lib" | "main" => path.parent().unwrap().to_owned(),
                _ => path.with_extension(""),
            };
            tokens::read(text).test_modules.into_iter().map(move |module| inside.join(module))
        })
        .collect();
    let relative = |path: &Path| path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
    texts
        .iter()
        .filter(|(path, _)| !test_only.iter().any(|module| path.with_extension("").starts_with(module)))
        .map(|(path, text)| File::of(&relative(path), text))
        .collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path != root().join("controller/engine/tests") {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_room_names_what_it_may_not() {
    let kinds = kinds(&fs::read_to_string(root().join("controller/aws/kinds.rs")).unwrap());
    assert!(!kinds.is_empty(), "the list of kinds was not found");
    let files = files(&root().join("controller"));
    let found: Vec<String> = files
        .iter()
        .flat_map(|file| breaches(file).into_iter().chain(neighbours(file, &kinds)))
        .map(|breach| breach.to_string())
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_room_is_walled() {
    let files = files(&root().join("controller"));
    let open: Vec<&str> = files
        .iter()
        .filter(|file| !WALLS.iter().any(|wall| file.lies_in(wall.place)))
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(open, [""; 0], "files of no room that the table knows");
}

#[test]
fn every_row_finds_what_it_forbids() {
    for wall in WALLS {
        let path = if Path::new(wall.place).extension().is_some() {
            wall.place.to_owned()
        } else {
            format!("{}/sample.rs", wall.place)
        };
        for forbidden in wall.forbidden {
            let named = forbidden.replace('*', "sdk_ec2");
            let text = match named.as_str() {
                "async" => "\nasync fn sample() {}".to_owned(),
                "await" => "\nfn sample() { it.await }".to_owned(),
                _ => format!("\nuse {named}::Thing;"),
            };
            let found = breaches(&File::of(&path, &text));
            assert!(
                found.iter().any(|breach| breach.line == 2 && breach.reason == wall.reason),
                "{path}: {text}: {found:?}"
            );
        }
    }
}

#[test]
fn a_name_is_found_however_it_is_written() {
    let cases = [
        ("a group", "use crate::{\n    api,\n    aws::Vpc,\n};", vec![(2, "crate::api")]),
        ("up and over", "use super::super::status::of;", vec![(1, "crate::status::of")]),
        ("from an inline module", "mod ask { use super::super::super::design; }", vec![(1, "crate::design")]),
        ("an alias", "use kube as k;\nfn f(c: k::Client) {}", vec![(1, "kube"), (2, "kube::Client")]),
        ("without an import", "fn f() -> ::kube::Client {}", vec![(1, "kube::Client")]),
        ("an imported parent", "use std::time;\nfn f() { time::Instant::now() }", vec![(2, "std::time::Instant::now")]),
        ("after a string", "const A: &str = \"\\\"//\"; use kube::Api;", vec![(1, "kube::Api")]),
        ("after a character", "const A: char = '\"'; use kube::Api;", vec![(1, "kube::Api")]),
        ("after tests", "#[cfg(test)]\nmod tests { fn f() { {} } }\nuse kube::Api;", vec![(3, "kube::Api")]),
        ("in a comment", "// kube::Api\n/* use /* kube::Api; */ crate::api */\n//! [`kube::Api`]", vec![]),
        ("in a literal", "const A: &str = \"kube::Api\"; const B: &str = r#\"\"crate::api\"#;", vec![]),
        ("in tests", "#[cfg(test)]\n#[allow(x)]\nmod tests { use kube::Api; }", vec![]),
        ("a field or method", "fn f() { self.kube.api() }", vec![]),
        ("a lifetime", "fn f<'a>(a: &'a str) {}\nuse super::Vpc;", vec![]),
    ];
    for (name, text, expected) in cases {
        let found = breaches(&File::of("controller/aws/sample.rs", text));
        let found: Vec<(usize, &str)> = found.iter().map(|breach| (breach.line, breach.path.as_str())).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_kind_names_another_only_as_a_reference() {
    let kinds = ["Vpc", "NatGateway"].map(str::to_owned);
    let cases = [
        ("a reference", "use super::Vpc;\nstruct A { a: Ref<Vpc>, b: Option<Ref<super::Vpc>> }", vec![]),
        ("itself", "use super::NatGateway;\nfn f(it: &NatGateway, seen: super::NatGatewaySeen) {}", vec![]),
        ("the SDK's type", "use aws_sdk_ec2::types::Vpc;\nfn f(it: &Vpc) {}", vec![]),
        ("a variant of that name", "use super::Vpc;\nenum A { Vpc(Ref<Vpc>) }\nenum B { A, Vpc }", vec![]),
        ("its value", "use super::Vpc;\nfn f(it: &Vpc) {}", vec![2]),
        ("its constant", "use super::Vpc;\nfn f() { Vpc::KIND }", vec![]),
        ("a function of its", "use super::Vpc;\nfn f() { Vpc::read }", vec![2]),
        ("what is seen of it", "use super::VpcSeen;", vec![1]),
        ("its file", "use super::vpc::phase;", vec![1]),
    ];
    for (name, text, expected) in cases {
        let found = neighbours(&File::of("controller/aws/nat_gateway.rs", text), &kinds);
        assert_eq!(found.iter().map(|breach| breach.line).collect::<Vec<_>>(), expected, "{name}");
    }
}

#[test]
fn the_list_of_kinds_is_read() {
    assert_eq!(
        kinds("macro_rules! kinds { () => {} }\nkinds![\n    Vpc,\n    NatGateway, // gone\n];"),
        ["Vpc", "NatGateway"]
    );
    assert_eq!(snake("NatGateway"), "nat_gateway");
}
