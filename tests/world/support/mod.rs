//! What tests of the real control plane share: a world, kubectl and a client.
//!
//! A world is a kube-apiserver and an AWS emulator of this test process (`tests/env/README.md`). It ends when the process
//! does, however that ends: its launcher watches the pipe.

#![allow(clippy::manual_assert, clippy::match_wild_err_arm, reason = "what a failure tells is asked for with await")]

pub mod argocd;
pub mod audit;
pub mod chart;
pub mod cloud;
pub mod container;
pub mod controller;
pub mod emulator;
pub mod stack;
mod user;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use controller::Controller;
use kube::config::{KubeConfigOptions, Kubeconfig};

/// Longer than any wait on a loaded machine; what takes so long never comes.
pub const PATIENCE: Duration = Duration::from_mins(10);

/// A running world.
#[derive(Debug)]
pub struct World {
    launcher: Mutex<Option<Child>>,
    values: BTreeMap<String, String>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    /// It succeeded.
    pub success: bool,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Outcome {
    /// What it printed; fails the test if it did not succeed.
    #[track_caller]
    pub fn expect_success(self) -> String {
        assert!(self.success, "{}{}", self.stdout, self.stderr);
        self.stdout
    }
}

/// The checkout.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The controller's binary: the one that the Makefile says, which is the image's, or else cargo's own.
pub fn binary() -> PathBuf {
    std::env::var_os("FARGATESTACK_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_fargatestack").into(), PathBuf::from)
}

/// The manifests in `folder` of the checkout, by name, in order.
pub fn manifests(folder: &str) -> BTreeMap<String, String> {
    let files: BTreeMap<_, _> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    assert!(!files.is_empty(), "{folder} holds no manifest");
    files
}

/// Asks until there is an answer; fails the test when there is none for [`PATIENCE`].
#[expect(clippy::disallowed_methods, reason = "looks again until there is an answer")]
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "not within {} minutes: {what}", PATIENCE.as_secs() / 60);
        std::thread::sleep(Duration::from_millis(100));
    }
}

impl World {
    /// The world that the tests of this binary share; started by the first that asks.
    pub fn shared() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(Self::start)
    }

    /// A world of its own: for tests that break something in it. Ends when dropped.
    pub fn start() -> Self {
        let mut launcher = Command::new("python3")
            .arg(root().join("tests/env/world"))
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 starts the world");
        let mut line = String::new();
        BufReader::new(launcher.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the world did not start: its launcher says why above");
        Self { launcher: Mutex::new(Some(launcher)), values: serde_json::from_str(&line).unwrap() }
    }

    /// A world of one test's own, and what ends it when the test is over: no other test waits for its machine then.
    pub fn own() -> (&'static Self, Ending) {
        let world: &'static Self = Box::leak(Box::new(Self::start()));
        (world, Ending { world, controller: None })
    }

    fn end(&self) {
        if let Some(mut launcher) = self.launcher.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(launcher.stdin.take());
            let _ = launcher.wait();
        }
    }

    /// One of the values that `tests/env/README.md` lists.
    #[track_caller]
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).unwrap_or_else(|| panic!("the world has no {name}"))
    }

    /// All of them, as environment variables; PATH holds the pinned tools.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut environment = self.values.clone();
        environment.insert("PATH".into(), format!("{}:{path}", self.value("PATH_PREPEND")));
        environment
    }

    /// Runs kubectl as the administrator, with `input` as its standard input.
    pub fn kubectl(&self, arguments: &[&str], input: &str) -> Outcome {
        self.tool("kubectl", arguments, input)
    }

    /// Runs one of the world's tools as the administrator, with `input` as its standard input.
    pub fn tool(&self, name: &str, arguments: &[&str], input: &str) -> Outcome {
        let mut child = Command::new(PathBuf::from(self.value("PATH_PREPEND")).join(name))
            .args(arguments)
            .envs(self.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the world's tool starts");
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        Outcome {
            success: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs a command of the launcher (`tests/env/README.md`) on this world, and gives what it printed.
    pub fn launch(&self, arguments: &[&str]) -> String {
        let output = Command::new("python3")
            .arg(root().join("tests/env/world"))
            .args(arguments)
            .args(["--state-dir", self.value("STATE_DIR")])
            .output()
            .expect("python3 starts the launcher");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Applies the definitions of `crds/` and waits until the API server serves them. Doing it again does nothing.
    pub fn install_crds(&self) {
        self.install(&manifests("crds").into_values().collect::<Vec<_>>().join("---\n"));
    }

    /// Applies `definitions` and waits until the API server serves them.
    pub fn install(&self, definitions: &str) {
        self.kubectl(&["apply", "--server-side", "-f", "-"], definitions).expect_success();
        // Waiting for a condition fails at once while a new definition has no conditions at all.
        for state in ["jsonpath={.status.conditions}", "condition=Established"] {
            let wait = ["wait", "--for", state, "--timeout=60s", "-f", "-"];
            self.kubectl(&wait, definitions).expect_success();
        }
    }

    /// Makes the namespace `name`, if it is not there.
    pub fn namespace(&self, name: &str) {
        let manifest = format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n");
        self.kubectl(&["apply", "--server-side", "-f", "-"], &manifest).expect_success();
    }

    /// A client as the administrator, of the runtime that calls.
    pub async fn client(&self) -> kube::Client {
        let kubeconfig = Kubeconfig::read_from(self.value("KUBECONFIG")).unwrap();
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
        kube::Client::try_from(config).unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ends a world, and the controller in it before, when it is dropped.
#[derive(Debug)]
#[must_use = "the world ends when this is dropped"]
pub struct Ending {
    world: &'static World,
    controller: Option<&'static Controller>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(controller) = self.controller {
            controller.abandon();
        }
        self.world.end();
    }
}
