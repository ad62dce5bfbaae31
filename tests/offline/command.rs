//! The command line as its users run it, without AWS: what it prints of the samples (`tests/golden`), what it refuses, and how it ends.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// How a command ended.
#[derive(Debug)]
struct Outcome {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the binary with `input`, in the root of the checkout. It has no credentials, and a proxy that no connection survives: who asks AWS
/// fails.
fn run(arguments: &[&str], input: &str) -> Outcome {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fargatestack"))
        .args(arguments)
        .current_dir(root())
        .env_clear()
        .envs([("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Outcome { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

fn manifests(folder: &str) -> BTreeMap<String, String> {
    let paths = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
    };
    paths.map(named).collect()
}

/// Holds what a command prints against a file of `tests/golden`.
#[track_caller]
fn golden(arguments: &str, file: &str) {
    let outcome = run(&arguments.split(' ').collect::<Vec<_>>(), "");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let path = root().join("tests/golden").join(file);
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let again = format!("if that is meant: `cargo run -- {arguments} > tests/golden/{file}`");
    assert!(outcome.stdout == expected, "{file} differs; {again}\n{}", outcome.stdout);
}

#[test]
fn the_samples_are_planned_as_they_always_were() {
    golden("plan --offline -f manifests/samples/minimal.yaml", "minimal.plan");
    golden("plan --offline --image-pushed -f manifests/samples/full.yaml", "full.plan");
}

#[test]
fn the_samples_are_drawn_as_they_always_were() {
    for sample in ["minimal", "full", "bring-your-own", "external-issuer"] {
        golden(&format!("graph -f manifests/samples/{sample}.yaml"), &format!("{sample}.mmd"));
    }
    golden("graph --format dot -f manifests/samples/minimal.yaml", "minimal.dot");
    golden("graph --format dot -f manifests/samples/full.yaml", "full.dot");
}

#[test]
fn the_document_shows_the_picture() {
    let picture = std::fs::read_to_string(root().join("tests/golden/minimal.mmd")).unwrap();
    let document = std::fs::read_to_string(root().join("docs/command-line.md")).unwrap();
    assert!(
        document.contains(&format!("```mermaid\n{picture}```\n")),
        "docs/command-line.md shows an older tests/golden/minimal.mmd"
    );
}

#[test]
fn both_forms_of_a_plan_say_the_same() {
    let sample = &manifests("manifests/samples")["minimal.yaml"];
    let text = run(&["plan", "--offline", "-f", "-"], sample);
    let json = run(&["plan", "--offline", "-f", "-", "--output", "json", "--account", "444455556666"], sample);
    let object: Value = serde_json::from_str(&json.stdout).unwrap();
    let steps = object["steps"].as_array().unwrap();
    for step in steps {
        let line = format!(
            "  {:<8}{}: {}",
            step["action"].as_str().unwrap(),
            step["key"].as_str().unwrap(),
            step["reason"].as_str().unwrap()
        );
        assert!(text.stdout.lines().any(|it| it == line), "{line}\n{}", text.stdout);
    }
    let hash = object["hash"].as_str().unwrap();
    assert_eq!(hash.len(), 64);
    assert!(text.stdout.ends_with(&format!("Hash: {hash}\n")), "{}", text.stdout);
    assert!(
        text.stdout.contains(&format!("\nPlan: {} to create, 0 to update, 0 to replace, 0 to delete.\n", steps.len()))
    );
    assert_eq!(object["summary"]["create"], steps.len());
    assert_eq!((&object["stack"], &object["account"]), (&"shop/orders".into(), &"444455556666".into()));
    // What the repository lacks is told beside the plan, in both.
    let missing = "shop/orders:1.4.2 does not exist: the service follows";
    assert!(text.stderr.contains(missing) && object["notes"][0].as_str().unwrap().contains(missing), "{}", text.stderr);
}

#[test]
fn the_service_is_planned_once_its_image_is_assumed() {
    let keys = |arguments: &[&str]| {
        let sample = &manifests("manifests/samples")["minimal.yaml"];
        let outcome = run(&[&["plan", "--offline", "-f", "-", "-o", "json"], arguments].concat(), sample);
        let object: Value = serde_json::from_str(&outcome.stdout).unwrap();
        object["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step["key"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (without, with) = (keys(&[]), keys(&["--image-pushed"]));
    let more: Vec<_> = with.iter().filter(|key| !without.contains(key)).collect();
    assert_eq!(more, ["task-definition/main", "ecs-service/main"]);
}

/// Everything that the API server refuses of a manifest alone, the command line refuses in the same words.
#[test]
fn every_invalid_manifest_is_refused_as_it_says() {
    let manifests: Vec<(String, String)> = manifests("manifests/invalid").into_iter().collect();
    let share = |part: &[(String, String)]| part.iter().map(|(file, text)| refused(file, text)).collect::<Vec<_>>();
    // Each starts a process.
    let kinds: Vec<Refusal> = std::thread::scope(|scope| {
        let shares: Vec<_> =
            manifests.chunks(manifests.len() / 4 + 1).map(|part| scope.spawn(move || share(part))).collect();
        shares.into_iter().flat_map(|share| share.join().unwrap()).collect()
    });
    for kind in [Refusal::Update, Refusal::Kind, Refusal::Alone] {
        let count = kinds.iter().filter(|it| **it == kind).count();
        assert!(count > 5, "{kind:?}: {count}");
    }
}

/// Why the command line refuses what a server would refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// An object and its update: only a server has the object as it was.
    Update,
    /// It is no stack.
    Kind,
    /// As the server does.
    Alone,
}

fn refused(file: &str, text: &str) -> Refusal {
    let path = format!("manifests/invalid/{file}");
    let (message, body) = text.strip_prefix("# refused: ").and_then(|rest| rest.split_once('\n')).unwrap();
    let (expected, kind) = if body.contains("\n---\n") {
        ("holds 2 documents: give one FargateStack", Refusal::Update)
    } else if body.contains("\nkind: AwsIdentity\n") {
        ("holds AwsIdentity of fargatestack.dev/v1alpha1: give one FargateStack", Refusal::Kind)
    } else {
        (message, Refusal::Alone)
    };
    let outcome = run(&["graph", "-f", &path], "");
    assert!(outcome.stderr.contains(expected), "{file}: {expected}\n{}", outcome.stderr);
    assert!(outcome.stderr.starts_with(&format!("error: {path}")), "{}", outcome.stderr);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{file}");
    kind
}

#[test]
fn the_exit_code_says_how_it_ended() {
    let sample = "manifests/samples/minimal.yaml";
    let invalid = "manifests/invalid/region-missing.yaml";
    let cases: [(&[&str], i32); 12] = [
        (&["plan", "--offline", "-f", sample], 0),
        (&["plan", "--offline", "--detailed-exitcode", "-f", sample], 2),
        (&["plan", "--offline", "-f", invalid], 2),
        (&["plan", "--offline", "--detailed-exitcode", "-f", invalid], 1),
        (&["plan", "--offline", "-f", "nowhere.yaml"], 1),
        // No credentials.
        (&["plan", "-f", sample], 1),
        (&["plan", "--detailed-exitcode", "-f", sample], 1),
        (&["plan"], 2),
        (&["plan", "--detailed-exitcode"], 1),
        (&["plan", "--account", "444455556666", "-f", sample], 2),
        (&["plan", "--offline", "--account", "4", "-f", sample], 2),
        (&["plan", "--help"], 0),
    ];
    for (arguments, expected) in cases {
        let outcome = run(arguments, "");
        assert_eq!(outcome.code, Some(expected), "{arguments:?}: {}", outcome.stderr);
        assert!(
            expected == 0
                || outcome.code == Some(2) && outcome.stderr.is_empty()
                || !outcome.stderr.is_empty()
                || !outcome.stdout.is_empty()
        );
    }
}

#[test]
fn a_plan_asks_aws_with_what_any_aws_tool_has() {
    let outcome = run(&["plan", "-f", "manifests/samples/minimal.yaml"], "");
    assert!(outcome.stderr.starts_with("error: AWS did not let you in: "), "{}", outcome.stderr);
}

#[test]
fn a_uid_is_said_once() {
    let sample = manifests("manifests/samples")["minimal.yaml"].replace("name: orders\n", "name: orders\n  uid: u-1\n");
    let outcome = run(&["plan", "-f", "-", "--uid", "u-2"], &sample);
    assert!(outcome.stderr.contains("metadata.uid: is u-1, and --uid is u-2"), "{}", outcome.stderr);
    assert_eq!(outcome.code, Some(2));
}

#[test]
fn help_names_every_command() {
    let help = run(&["--help"], "").stdout;
    for command in ["controller", "plan", "graph", "crds", "rbac", "iam-policy"] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command}: {help}");
    }
}
