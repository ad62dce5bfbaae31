//! The documents: what they point to is there, what they quote is what stands, and the lists that they promise are complete.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fargatestack::status::Reason;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Path and text of every document.
fn documents() -> Vec<(PathBuf, String)> {
    let folders = ["", "docs", "charts/fargatestack", "tests/env", "tests/env/aws"];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    let documents = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    documents.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// A document without its fenced blocks, whose brackets are not links.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The targets of the links in a document; what is code is none.
fn links(text: &str) -> Vec<String> {
    let text = prose(text);
    let targets: String = text.lines().flat_map(|line| line.split('`').step_by(2).chain(["\n"])).collect();
    targets.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let text = prose(text);
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |character: &char| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_');
    headings.map(|heading| heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

/// What is wrong with a link from `document`, if anything. Links to other sites are taken as they are.
fn broken(document: &Path, own: &str, link: &str) -> Option<String> {
    if link.starts_with("https://") {
        return None;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { document.to_owned() } else { document.parent().unwrap().join(file) };
    if !target.exists() {
        return Some(format!("{}: {link}: no such file", document.display()));
    }
    let there = if file.is_empty() { own.to_owned() } else { fs::read_to_string(&target).unwrap_or_default() };
    let found = anchor.is_empty() || anchors(&there).contains(anchor);
    (!found).then(|| format!("{}: {link}: no such heading", document.display()))
}

#[test]
fn every_link_leads_somewhere() {
    let documents = documents();
    assert!(documents.len() > 5, "the documents were not found");
    let broken: Vec<String> = documents
        .iter()
        .flat_map(|(path, text)| links(text).into_iter().filter_map(|link| broken(path, text, &link)))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_broken_link_is_found() {
    let document = root().join("README.md");
    let own = "# What it is\n[a](#what-it-is) [b](Makefile) [c](nowhere.md) [d](#nowhere)\n```\n[e](fenced)\n```\n";
    let found: Vec<String> = links(own).iter().filter_map(|link| broken(&document, own, link)).collect();
    assert!(found.len() == 2 && found[0].contains("nowhere.md") && found[1].contains("#nowhere"), "{found:?}");
}

/// The tests that a document names in code, as `file::function`.
fn tests_named(text: &str) -> Vec<(&str, &str)> {
    let named = text.split('`').skip(1).step_by(2).filter_map(|code| code.split_once("::"));
    named.filter(|(file, _)| Path::new(file).extension().is_some_and(|extension| extension == "rs")).collect()
}

#[test]
fn every_test_that_shows_the_plan_exists() {
    let document = text("docs/architecture-plan.md");
    let named = tests_named(&document);
    assert!(named.len() > 20, "{named:?}");
    let missing = named.iter().filter(|(file, function)| !text(file).contains(&format!("fn {function}(")));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&(&str, &str)>::new());
}

/// The targets of make that a document names in code.
fn targets(text: &str) -> Vec<&str> {
    let starts = ["`make ", "\nmake ", "$(make -s "];
    let rests = starts.iter().flat_map(|start| text.split(start).skip(1));
    rests.filter_map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next()).collect()
}

#[test]
fn every_make_target_that_is_named_exists() {
    let makefile = text("Makefile");
    let documents = documents();
    let named: Vec<(&PathBuf, &str)> =
        documents.iter().flat_map(|(path, text)| targets(text).into_iter().map(move |target| (path, target))).collect();
    assert!(named.len() > 10, "the targets were not found");
    for (path, target) in named {
        let exists = makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
        assert!(exists, "{}: there is no `make {target}`", path.display());
    }
}

#[test]
fn the_readme_quotes_the_sample() {
    let sample = text("manifests/samples/minimal.yaml");
    let sample: Vec<&str> = sample.lines().filter(|line| !line.starts_with('#')).collect();
    let readme = text("README.md");
    let quoted = readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap_or_default();
    assert_eq!(quoted.lines().collect::<Vec<_>>(), sample);
}

/// Name and text of every reason in the troubleshooting guide.
fn explained(text: &str) -> Vec<(&str, &str)> {
    let reasons = text.split_once("\n## Reasons\n").expect("the chapter").1;
    reasons.split("\n### ").skip(1).filter_map(|section| section.split_once('\n')).collect()
}

#[test]
fn every_reason_has_an_anchor_and_says_what_to_do() {
    let text = text("docs/troubleshooting.md");
    let explained = explained(&text);
    let names: Vec<&str> = explained.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        Reason::ALL.iter().map(|reason| reason.as_str()).collect::<Vec<_>>(),
        "from the mildest to the worst"
    );
    for (name, text) in explained {
        let (meaning, advice) = text.split_once("\n\n**Do:** ").unwrap_or_else(|| panic!("{name}: what to do?"));
        assert!(!meaning.trim().is_empty() && !advice.trim().is_empty(), "{name}");
    }
}

/// The stacks that documents show in full.
fn stacks(text: &str) -> Vec<&str> {
    let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks
        .filter(|block| block.starts_with("apiVersion: fargatestack.dev/") && block.contains("kind: FargateStack"))
        .collect()
}

#[test]
fn every_stack_in_the_documents_is_accepted() {
    let documents = documents();
    let shown: Vec<(&PathBuf, &str)> =
        documents.iter().flat_map(|(path, text)| stacks(text).into_iter().map(move |stack| (path, stack))).collect();
    assert!(shown.len() >= 2, "{shown:?}");
    for (path, stack) in shown {
        let plan = ["plan", "--offline", "-f", "-"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_fargatestack"));
        let mut child = command.args(plan).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stack.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{}: it is refused", path.display());
    }
}

/// The conditions, as the status room names them.
fn conditions() -> Vec<String> {
    let source = text("controller/status/conditions.rs") + &text("controller/status/sections.rs");
    let constants = source.lines().filter(|line| line.starts_with("pub(super) const ") && line.contains(": &str = "));
    let names = constants.filter_map(|line| Some(line.split_once('"')?.1.split_once('"')?.0.to_owned()));
    names.collect()
}

#[test]
fn every_condition_is_explained() {
    let conditions = conditions();
    assert!(conditions.len() > 8, "the conditions were not found");
    let text = text("docs/conditions.md");
    let table = text.split("## Annotations").next().unwrap();
    let unexplained: Vec<&String> =
        conditions.iter().filter(|name| !table.contains(&format!("| `{name}` |"))).collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
}

/// Flag, environment variable and default of every setting of the controller, as a row of the table of the documentation begins.
fn settings() -> BTreeSet<String> {
    let help =
        Command::new(env!("CARGO_BIN_EXE_fargatestack")).args(["controller", "--help"]).env_clear().output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let settings = help.split("\n      --").skip(1).filter_map(|setting| {
        let flag = setting.split([' ', '\n']).next()?;
        let part =
            |name: &str| Some(setting.split_once(&format!("[{name}: "))?.1.split_once(']')?.0.trim_end_matches('='));
        let default = part("default").map_or_else(String::new, |default| format!("`{default}`"));
        Some(format!("| `--{flag}` | `{}` | {default} |", part("env")?).replace("|  |", "| |"))
    });
    settings.collect()
}

#[test]
fn every_setting_is_documented_and_nothing_else() {
    let settings = settings();
    assert!(settings.len() > 10, "the settings were not found");
    let text = text("docs/operations.md");
    let rows = text.lines().filter(|line| line.starts_with("| `--"));
    let documented: BTreeSet<String> =
        rows.map(|line| line.splitn(5, '|').take(4).collect::<Vec<_>>().join("|") + "|").collect();
    assert_eq!(documented, settings);
}
